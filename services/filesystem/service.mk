# SPDX-License-Identifier: MIT OR Apache-2.0
# A file system in a process of its own; its engines as code of the program, or as a WASM module in it.

FILE_ENGINES    := services/filesystem/engines.c $(EXT4_CORE) $(FAT_CORE) $(EXFAT_CORE) $(ISO9660_CORE)
FILESYSTEM_CORE := $(addprefix services/filesystem/,volume.c operations.c)
$(eval $(call program,filesystem,services/filesystem/main.c $(FILESYSTEM_CORE) lib/block/client.c lib/random/random.c \
	$(FILE_ENGINES),svc/filesystem))

FILESYSTEM_MODULE := $(BUILD)/filesystem/module
CFLAGS_engine = --target=wasm32-unknown-unknown -std=c23 -O2 -nostdlibinc -g0 -fno-ident \
	$(WARNINGS) -ffile-prefix-map=$(CURDIR)/= -I$(BUILD)/gen/include -Ilib/include -Ilib -Iservices $(ENGINE_CFLAGS)
$(BUILD)/obj/engine/lib/runtime/string.o: ENGINE_CFLAGS += -fno-builtin
$(eval $(call compile_rules,engine,$$(CFLAGS_engine)))
# Its memory is the volume's (VOLUME_MEMORY); the stack lies below the data, so that running out of it is a trap.
$(FILESYSTEM_MODULE).wasm: $(call objects,engine,services/filesystem/module/guest.c lib/print/print.c \
		lib/runtime/string.c $(FILE_ENGINES))
	@mkdir -p $(@D)
	$(call say,WASM,$@)
	$(Q)$(CC) --target=wasm32-unknown-unknown -nostdlib -Wl,--no-entry -Wl,--export=__heap_base -Wl,--stack-first -Wl,-z,stack-size=32768 \
		-Wl,--initial-memory=2097152 -Wl,--max-memory=2097152 -Wl,--gc-sections -Wl,--strip-all $^ -o $@
$(FILESYSTEM_MODULE).cwasm: $(FILESYSTEM_MODULE).wasm $(BUILD)/bin/wasm
	$(call say,CWASM,$@)
	$(Q)$(WASM_TOOL) compile $< -o $@

PROGRAM_LIBS_filesystem-wasm := $(BUILD)/user/lib/libwasm_runtime.a
FILESYSTEM_MODULE_HOST := $(addprefix services/filesystem/module/,host.c engine.c image.S)
$(eval $(call program,filesystem-wasm,services/filesystem/main.c $(FILESYSTEM_CORE) $(FILESYSTEM_MODULE_HOST) lib/block/client.c lib/random/random.c,svc/filesystem-wasm))
FILESYSTEM_IMAGE := $(BUILD)/obj/user/services/filesystem/module/image.o
$(FILESYSTEM_IMAGE): $(FILESYSTEM_MODULE).cwasm
$(FILESYSTEM_IMAGE): USER_CFLAGS += -DMODULE_IMAGE='"$(FILESYSTEM_MODULE).cwasm"'
