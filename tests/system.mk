# SPDX-License-Identifier: MIT OR Apache-2.0
# Tests and benchmarks of the kernel from inside: first tasks of their own.

$(eval $(call program,system_test,$(addprefix tests/system/,main.c capability.c ipc.c memory.c sched.c),))
$(eval $(call program,kernel_bench,tests/system/bench.c,))

SYSTEM_NEEDS := $(BUILD)/boot/craton.elf $(KERNEL).stripped
RUN_SYSTEM   := $(PYTHON) tests/system/system_test.py

$(foreach cpus,1 2 4,$(eval $(call add_test,system/kernel-$(cpus)-cpu,\
	$(RUN_SYSTEM) system_test --smp $(cpus),$(SYSTEM_NEEDS) $(BUILD)/user/system_test)))
$(eval $(call add_bench,kernel,$(RUN_SYSTEM) kernel_bench --icount,\
	$(SYSTEM_NEEDS) $(BUILD)/user/kernel_bench))
