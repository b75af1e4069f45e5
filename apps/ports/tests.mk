# SPDX-License-Identifier: MIT OR Apache-2.0
# The ports against the same sources built for this machine.

PORTS_TEST := $(BUILD)/tests/ports
$(PORTS_TEST)/lua: $(addprefix $(LUA)/,$(LUA_FILES))
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) -O1 -w -DLUA_USE_POSIX $^ -o $@ -lm

# SQLite's own speed test, which prints a hash of what it computed.
$(SQLITE)/test/speedtest1.c: $(SQLITE)/.amalgamation ;
$(PORTS_TEST)/speedtest: $(SQLITE)/sqlite3.c $(SQLITE)/test/speedtest1.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) -O1 -w -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION $^ -o $@ -lm
$(BUILD)/apps/ports/speedtest.wasm: $(call objects,port-sqlite3,$(SQLITE)/sqlite3.c $(SQLITE)/test/speedtest1.c \
		apps/ports/sqlite/craton_vfs.c) $(PORT_OBJECTS)
	$(port_link)

$(eval $(call add_test,system/ports,$(PYTHON) tests/system/ports_test.py $(PORTS_TEST)/lua $(PORTS_TEST)/speedtest \
	$(BUILD)/apps/ports/speedtest.wasm,$(LOADER) $(BUILD)/craton.bundle $(PORTS_TEST)/lua $(PORTS_TEST)/speedtest \
	$(BUILD)/apps/ports/speedtest.wasm))
