# SPDX-License-Identifier: MIT OR Apache-2.0
# SQLite and its shell. Its own scripts put its sources together (they need tclsh); its file layer is ours.

SQLITE := $(BUILD)/source/sqlite
$(eval $(call source,sqlite,))

$(SQLITE)/sqlite3.c $(SQLITE)/shell.c $(SQLITE)/sqlite3.h: $(SQLITE)/.amalgamation ;
$(SQLITE)/.amalgamation: $(SQLITE)/.stamp
	$(call say,SQLITE,$(SQLITE)/sqlite3.c)
	$(Q)cd $(SQLITE) && { CC=$(firstword $(CC)) ./configure --disable-tcl --disable-readline && \
		$(MAKE) sqlite3.c shell.c; } >configure.log 2>&1 || { tail -20 configure.log; exit 1; }
	@touch $@
$(BUILD)/obj/port-sqlite3/apps/ports/sqlite/craton_vfs.o: $(SQLITE)/sqlite3.h

# dlopen, threads and fork are not there; temporary tables live in memory.
$(eval $(call port,sqlite3,$(SQLITE)/sqlite3.c $(SQLITE)/shell.c apps/ports/sqlite/craton_vfs.c,-Os -std=gnu23 -I$(SQLITE) \
	-DSQLITE_OS_OTHER=1 -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_TEMP_STORE=3 \
	-DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_MATH_FUNCTIONS \
	-DSQLITE_ENABLE_DBSTAT_VTAB -DHAVE_READLINE=0))
