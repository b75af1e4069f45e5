# SPDX-License-Identifier: MIT OR Apache-2.0
# The tests of engines (services/vfs/service.mk), with the engines as a WASM module in a library that stands for the process.

FILESYSTEM_HOST_WASM := $(BUILD)/tests/host/filesystem-wasm.so
$(eval $(call compile_rules,host/filesystem-wasm,$$(CFLAGS_host) -fPIC -fvisibility=hidden -D_GNU_SOURCE -Iwasm/include -Iwasm -Ilib/include -Ilib \
	-Iservices @$(WASM_HASH_FILE) -DMODULE_IMAGE='"$(FILESYSTEM_MODULE).cwasm"'))
FILESYSTEM_HOST_WASM_OBJECTS := $(call objects,host/filesystem-wasm,$(FILESYSTEM_HOST_SOURCES) $(FILESYSTEM_MODULE_HOST) \
	$(WASM_RUNTIME) $(WASM_SHARED))
$(FILESYSTEM_HOST_WASM_OBJECTS): $(WASM_HASH_FILE) $(FILESYSTEM_MODULE).cwasm
$(FILESYSTEM_HOST_WASM): $(FILESYSTEM_HOST_WASM_OBJECTS)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_host) -shared -o $@ $^
$(foreach test,$(VFS_ENGINE_TESTS),$(eval $(call add_test,host/$(test)_wasm,VFS_PLACEMENT=process VFS_FILESYSTEM=$(FILESYSTEM_HOST_WASM) \
	VFS_CUTS=40 $(BUILD)/tests/host/$(test),$(BUILD)/tests/host/$(test) $(FILESYSTEM_HOST_WASM))))
