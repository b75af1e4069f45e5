# SPDX-License-Identifier: MIT OR Apache-2.0
# The compile worker.

PROGRAM_LIBS_compile := $(BUILD)/user/lib/libwasm_compiler.a
$(eval $(call program,compile,$(wildcard services/compile/*.c),svc/compile))

$(eval $(call add_test,system/compile,$(PYTHON) tests/system/compile_test.py,\
	$(LOADER) $(BUILD)/craton.bundle $(BUILD)/bin/wasm $(BUILD)/apps/cmds.wasm $(BUILD)/apps/demos/hello.wasm))
