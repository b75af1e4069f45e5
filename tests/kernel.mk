# SPDX-License-Identifier: MIT OR Apache-2.0
# Host tests of the kernel: its portable core and page tables on a fake machine.

KERNEL_HOST_SOURCES := $(filter-out kernel/core/memory.c kernel/core/panic.c,$(sort $(wildcard \
	kernel/core/*.c))) kernel/arch/x86_64/paging.c kernel/arch/x86_64/frame.c kernel/arch/x86_64/iommu.c \
	$(sort $(wildcard tests/host/kernel/fake/*.c))
KERNEL_HOST_FLAGS   := -Itests/host/kernel/fake -Ikernel/include -Ikernel/arch/x86_64/include \
	-Ikernel/core -std=c17 -fno-strict-aliasing -Dsched_yield=kernel_sched_yield -Wno-thread-safety

# The core is compiled once for all tests and once for all fuzzers.
$(foreach kind,host fuzz,$(eval $(call compile_rules,$(kind)/kernel,$$(CFLAGS_$(kind)) \
	$$(KERNEL_HOST_FLAGS))))
# The short ways' calling convention has no room for a sanitizer's stack.
$(foreach kind,host fuzz,$(eval $(call objects,$(kind)/kernel,$(wildcard kernel/core/fastpath*.c)): \
	KERNEL_HOST_FLAGS += -O1 -fno-sanitize=all))
KERNEL_HOST_OBJECTS = $(call objects,$(1)/kernel,$(KERNEL_HOST_SOURCES))

# $(1): name, $(2): sources
define kernel_test
$(call host_program,host,$(1),$(2),$(KERNEL_HOST_FLAGS),-lcmocka)
$(BUILD)/tests/host/$(1): $(call KERNEL_HOST_OBJECTS,host)
$(call add_test,host/$(1),$(BUILD)/tests/host/$(1),$(BUILD)/tests/host/$(1))
endef

$(foreach part,ipc ipc_end timeout,$(eval $(call kernel_test,kernel_$(part),$(addprefix tests/host/kernel/,$(part)_test.c ipc_fixture.c))))
$(foreach part,object space platform thread,$(eval $(call kernel_test,kernel_$(part),$(addprefix tests/host/kernel/,$(part)_test.c object_fixture.c))))
$(eval $(call kernel_test,kernel_dma,tests/host/kernel/dma_test.c))
$(eval $(call kernel_test,kernel_methods,tests/host/kernel/method_test.c))
$(eval $(call kernel_test,kernel_fastpath,tests/host/kernel/fastpath_test.c))
$(eval $(call kernel_test,kernel_entries,tests/host/kernel/entry_test.c))
$(eval $(call kernel_test,kernel_capability_model,$(addprefix tests/host/kernel/,\
	capability_model_test.c capability_model.c)))
$(eval $(call kernel_test,kernel_ipc_property,tests/host/kernel/ipc_property_test.c))

# --- libraries --------------------------------------------------------------------------------------

$(eval $(call host_test,sha256,tests/host/lib/sha256_test.c lib/hash/sha256.c,-Ilib))
$(eval $(call host_test,estate,tests/host/lib/estate_test.c lib/estate/estate.c,-Ilib/include -fno-strict-aliasing))

# --- fuzzing ----------------------------------------------------------------------------------------

$(eval $(call host_program,fuzz,kernel_syscall,tests/fuzz/kernel_syscall.c,$(KERNEL_HOST_FLAGS) \
	-Itests/host/kernel,))
$(BUILD)/tests/fuzz/kernel_syscall: $(call KERNEL_HOST_OBJECTS,fuzz)
$(eval $(call add_test,fuzz/kernel_syscall,tools/fuzz.sh $(BUILD)/tests/fuzz/kernel_syscall \
	$(FUZZ_SECONDS),$(BUILD)/tests/fuzz/kernel_syscall))

# --- models -----------------------------------------------------------------------------------------

$(foreach model,ipc session transaction,$(eval $(call add_test,model/$(model),tests/model/run.sh \
	tests/model/$(model).pml $(BUILD)/model/$(model),)))
