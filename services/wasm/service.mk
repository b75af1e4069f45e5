# SPDX-License-Identifier: MIT OR Apache-2.0
# The native program that runs WASM programs.

# Not named `wasm`: that is the folder of the engine's objects.
PROGRAM_LIBS_wasm-run := $(BUILD)/user/lib/libwasm_runtime.a
$(eval $(call program,wasm-run,$(sort $(wildcard services/wasm/*.c services/wasm/*.S)),svc/wasm))

# The shell's and the commands' cases inside the system.
$(eval $(call add_test,system/cases,$(PYTHON) tests/system/cases.py,$(BUILD)/boot/craton.elf $(BUILD)/craton.bundle))
# A person at the terminal, while services are restarted.
$(eval $(call add_test,system/terminal,$(PYTHON) tests/system/terminal.py,$(BUILD)/boot/craton.elf $(BUILD)/craton.bundle))
