# SPDX-License-Identifier: MIT OR Apache-2.0
# The trace service.

$(eval $(call program,trace,services/trace/main.c services/trace/buffers.c,svc/trace))

$(foreach cpus,1 2,$(eval $(call add_test,system/trace-$(cpus)-cpu,$(PYTHON) tests/system/trace_test.py --smp $(cpus),\
	$(LOADER) $(BUILD)/craton.bundle)))
