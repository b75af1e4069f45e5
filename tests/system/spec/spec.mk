# SPDX-License-Identifier: MIT OR Apache-2.0
# The official suite inside the system.

SPEC_RUNTIME := $(filter-out services/wasm/main.c,$(wildcard services/wasm/*.c services/wasm/*.S))
SPEC_TOOLS   := $(WASM_WAT) $(filter-out wasm/tools/wast/wast.c,$(wildcard wasm/tools/wast/*.c))
$(BUILD)/user/spec: $(call objects,user,tests/system/spec/main.c $(SPEC_RUNTIME)) $(call wasm_objects,user,$(SPEC_TOOLS)) \
		$(BUILD)/user/lib/libwasm_runtime.a $(BUILD)/user/lib/libwasm_compiler.a $(USER_LIBS)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LD) $(LDFLAGS_pie) -o $@ $^
$(BUILD)/obj/user/tests/system/spec/main.o: CFLAGS_user += -Iservices/wasm -Iwasm

$(eval $(call add_test,system/spec,$(PYTHON) tests/system/spec_test.py $(WASM_SCRIPTS) $(WASM_SUITE),\
	$(LOADER) $(BUILD)/craton.bundle $(BUILD)/user/spec.stripped $(WASM_TOOL) $(WASM_MADE_SCRIPTS)))
