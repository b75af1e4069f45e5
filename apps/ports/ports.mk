# SPDX-License-Identifier: MIT OR Apache-2.0
# Programs of others, built from Debian's sources for wasm32-wasi. Nothing of theirs is in this tree.

# What POSIX has and WASI lacks, as far as these programs ask for it; and setjmp.
PORTS_POSIX  := apps/ports/posix
PORT_CFLAGS   = --target=wasm32-wasi -O2 -g0 -w -fno-ident -nostdlibinc \
	-isystem $(PORTS_POSIX)/include -isystem $(WASI_SYSROOT)/include/wasm32-wasi -Ilib/wasm -I$(BUILD)/gen/wasm/include \
	-include $(PORTS_POSIX)/include/posix.h -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_PROCESS_CLOCKS \
	-ffile-prefix-map=$(CURDIR)/= -ffile-prefix-map=$(BUILD)/=
PORT_LIBS     = -L$(WASI_LIB) -lc -lm -lwasi-emulated-signal -lwasi-emulated-process-clocks $(WASM_RT)
SETJMP_CFLAGS := -isystem lib/wasm/setjmp -mllvm -wasm-enable-sjlj -mexception-handling
$(eval $(call compile_rules,posix,$$(CFLAGS_wasm32) -isystem $(PORTS_POSIX)/include -D_WASI_EMULATED_SIGNAL))

PORT_OBJECTS := $(call objects,posix,$(wildcard $(PORTS_POSIX)/*.c)) $(call objects,wasm32,$(LIB_WASM))
define port_link
@mkdir -p $(@D)
	$(call say,WASM,$@)
	$(Q)$(APPS_CC) $(LDFLAGS_wasm32) $(WASI_LIB)/crt1-command.o $(filter %.o,$^) $(PORT_LIBS) -o $@
endef

# $(1): name, $(2): sources, $(3): flags
define port
$(call compile_rules,port-$(1),$$(PORT_CFLAGS) $(3))
$(BUILD)/apps/ports/$(1).wasm: $(call objects,port-$(1),$(2)) $(PORT_OBJECTS)
	$$(port_link)
$(call bundle_file,bin/$(1),$(BUILD)/apps/ports/$(1).cwasm)
endef

include $(wildcard apps/ports/*/port.mk) apps/ports/tests.mk
