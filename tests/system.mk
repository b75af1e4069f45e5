# SPDX-License-Identifier: MIT OR Apache-2.0
# Tests and benchmarks of the kernel from inside: first tasks of their own.

$(eval $(call program,system_test,$(addprefix tests/system/,main.c capability.c ipc.c irq.c memory.c sched.c trace.c),))
$(eval $(call program,kernel_bench,$(addprefix tests/system/bench/,bench.c kernel.c),))
$(eval $(call program,growth_bench,$(addprefix tests/system/bench/,bench.c growth.c),))

SYSTEM_NEEDS := $(BUILD)/boot/craton.elf $(KERNEL).stripped
RUN_SYSTEM   := $(PYTHON) tests/system/system_test.py

$(foreach cpus,1 2 4,$(eval $(call add_test,system/kernel-$(cpus)-cpu,\
	$(RUN_SYSTEM) system_test --smp $(cpus) --options log=debug,$(SYSTEM_NEEDS) $(BUILD)/user/system_test)))
# The kernel finds out by itself whether the processor needs isolation: Intel's before RDCL_NO do,
# with and without XSAVE; AMD's do not.
# $(1): model, $(2): CPUs, $(3): isolation
cpu_test = $(eval $(call add_test,system/kernel-on-$(1)-$(2)-cpu,\
	$(RUN_SYSTEM) system_test --cpu $(1) --smp $(2) --isolation $(3),\
	$(SYSTEM_NEEDS) $(BUILD)/user/system_test))
$(call cpu_test,Haswell,1,on)
$(call cpu_test,Haswell,4,on)
$(call cpu_test,Penryn,1,on)
$(call cpu_test,EPYC,1,off)
# Kernel isolation on a processor that would not ask for it.
$(foreach cpus,1 4,$(eval $(call add_test,system/kernel-isolated-$(cpus)-cpu,\
	$(RUN_SYSTEM) system_test --smp $(cpus) --options kpti=on,\
	$(SYSTEM_NEEDS) $(BUILD)/user/system_test)))
$(foreach cpus,1 4,$(eval $(call add_test,system/shell-isolated-$(cpus)-cpu,\
	SMP=$(cpus) OPTIONS=kpti=on TIMEOUT=300 CMD='svc && wc /share/text/LICENSE-APACHE && exit 17' \
	$(PYTHON) tools/run.py --expect 17,$(LOADER) $(BUILD)/craton.bundle)))
$(foreach cpus,1 4,$(eval $(call add_test,system/isolation-$(cpus)-cpu,\
	$(PYTHON) tests/system/isolation_test.py --smp $(cpus),$(LOADER) $(BUILD)/craton.bundle)))

# $(1): name, $(2): program, $(3): arguments
kernel_bench = $(eval $(call add_bench,$(1),$(RUN_SYSTEM) $(2) --icount $(3),\
	$(SYSTEM_NEEDS) $(BUILD)/user/$(2)))
$(call kernel_bench,kernel,kernel_bench,)
$(call kernel_bench,kernel-isolated,kernel_bench,--options kpti=on)
$(call kernel_bench,kernel-several-cpus,kernel_bench,--smp 2)
$(call kernel_bench,kernel-growth,growth_bench,)

$(eval $(call program,test_client,tests/restart/client/client.c,))
$(eval $(call program,test_killer,tests/restart/killer/killer.c,))

RESTART_MANIFESTS := services/echo/manifest.toml tests/restart/client/manifest.toml \
	tests/restart/killer/manifest.toml
$(BUILD)/tests/restart/manifests: $(RESTART_MANIFESTS) tools/manifest.py $(GENERATED)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/manifest.py --abi abi --out $@ $(RESTART_MANIFESTS)

RESTART_FILES := init=$(BUILD)/user/init.stripped svc/supervisor=$(BUILD)/user/supervisor.stripped \
	svc/echo=$(BUILD)/user/echo.stripped svc/test_client=$(BUILD)/user/test_client \
	svc/test_killer=$(BUILD)/user/test_killer manifests=$(BUILD)/tests/restart/manifests
RESTART_NEEDS := $(SYSTEM_NEEDS) $(foreach f,$(RESTART_FILES),$(lastword $(subst =, ,$(f))))

$(eval $(call add_test,system/restart-10000-kills,$(RUN_SYSTEM) $(RESTART_FILES),$(RESTART_NEEDS)))

# Panics, in user mode and idle, with and without isolation; the record after a warm reboot.
# $(1): kind, $(2): CPUs, $(3): isolation
define crash_test
$(call add_test,system/crash-$(1)-$(2)-cpu-kpti-$(3),$(PYTHON) tests/system/crash_test.py $(1) --smp $(2) \
	--kpti $(3),$(LOADER) $(BUILD)/craton.bundle)
endef
$(eval $(call crash_test,reboot,1,off))
$(eval $(call crash_test,reboot,4,on))
$(eval $(call crash_test,kaslr,1,off))
$(foreach kind,stack nmi machine-check,$(eval $(call crash_test,$(kind),1,off)))
$(foreach kind,stack nmi machine-check,$(eval $(call crash_test,$(kind),4,on)))

$(eval $(call program,test_hang,tests/restart/hang/hang.c,))
HANG_MANIFESTS := services/echo/manifest.toml tests/restart/hang/manifest.toml
$(BUILD)/tests/restart/hang_manifests: $(HANG_MANIFESTS) tools/manifest.py $(GENERATED)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/manifest.py --abi abi --out $@ $(HANG_MANIFESTS)
HANG_FILES := $(filter init=% svc/supervisor=% svc/echo=%,$(RESTART_FILES)) svc/test_client=$(BUILD)/user/test_hang \
	manifests=$(BUILD)/tests/restart/hang_manifests
HANG_NEEDS := $(SYSTEM_NEEDS) $(foreach f,$(HANG_FILES),$(lastword $(subst =, ,$(f))))

# Services that hang are noticed, those that work long are not.
$(foreach cpus,1 2,$(eval $(call add_test,system/heartbeat-$(cpus)-cpu,\
	$(RUN_SYSTEM) $(HANG_FILES) --smp $(cpus),$(HANG_NEEDS))))

# All services are killed while the shell works.
$(foreach cpus,1 4,$(eval $(call add_test,system/chaos-$(cpus)-cpu,\
	$(PYTHON) tests/system/chaos_test.py --smp $(cpus),$(LOADER) $(BUILD)/craton.bundle)))

# What files and pipes cost a program.
$(eval $(call wasm_program,tests/files_bench.wasm,tests/system/programs/files_bench.c $(LIB_WASM)))
$(eval $(call add_bench,files,APP=$(BUILD)/apps/tests/files_bench.wasm ICOUNT=1 $(PYTHON) tools/run.py,\
	$(LOADER) $(BUILD)/craton.bundle $(BUILD)/apps/tests/files_bench.wasm))

$(eval $(call add_bench,boot/direct,$(PYTHON) tests/system/boot_bench.py,$(LOADER) $(BUILD)/craton.bundle))
$(eval $(call add_bench,boot/uefi,$(PYTHON) tests/system/boot_bench.py --uefi,$(BUILD)/craton.img))

# What starting a program costs.
$(eval $(call wasm_program,tests/process_bench.wasm,tests/system/programs/process_bench.c $(LIB_WASM)))
$(eval $(call add_bench,process,APP=$(BUILD)/apps/tests/process_bench.wasm ICOUNT=1 $(PYTHON) tools/run.py,\
	$(LOADER) $(BUILD)/craton.bundle $(BUILD)/apps/tests/process_bench.wasm))

# Vector registers of programs, alone and beside another program that uses them.
$(BUILD)/obj/wasm32/tests/system/programs/vectors.o: CFLAGS_wasm32 += -msimd128
$(eval $(call wasm_program,tests/vectors.wasm,tests/system/programs/vectors.c $(LIB_WASM)))
$(foreach cpus,1 2,$(eval $(call add_test,system/vectors-$(cpus)-cpu,\
	SMP=$(cpus) TIMEOUT=100 APP=$(BUILD)/apps/tests/vectors.wasm $(PYTHON) tools/run.py --expect 0,\
	$(LOADER) $(BUILD)/craton.bundle $(BUILD)/apps/tests/vectors.wasm)))

# A program with a shared memory waits.
$(BUILD)/apps/tests/wait.wasm: tests/system/programs/wait.wat $(WASM_TOOL)
	@mkdir -p $(@D)
	$(Q)$(WASM_TOOL) wat $< -o $@
$(eval $(call add_test,system/wait,TIMEOUT=100 APP=$(BUILD)/apps/tests/wait.wasm $(PYTHON) tools/run.py --expect 0,\
	$(LOADER) $(BUILD)/craton.bundle $(BUILD)/apps/tests/wait.wasm))

# Programs that talk to each other, one of them started again and again.
$(eval $(call wasm_program,tests/channel.wasm,tests/system/programs/channel.c $(LIB_WASM)))
$(foreach cpus,1 2,$(eval $(call add_test,system/channel-$(cpus)-cpu,SMP=$(cpus) TIMEOUT=300 \
	APP=$(BUILD)/apps/tests/channel.wasm $(PYTHON) tools/run.py --expect 0,\
	$(LOADER) $(BUILD)/craton.bundle $(BUILD)/apps/tests/channel.wasm)))

# A device that tries to reach beyond what its driver was granted, and disks behind an IOMMU.
$(eval $(call program,test_driver,tests/system/edu/edu.c,))
IOMMU_NEEDS := $(LOADER) $(BUILD)/craton.bundle $(BUILD)/user/test_driver.stripped $(BUILD)/user/test_driver.stripped.sig tests/system/edu/manifest.toml
$(foreach part,beyond open kills bridge,$(eval $(call add_test,system/iommu-$(part),\
	$(PYTHON) tests/system/iommu_test.py $(part),$(IOMMU_NEEDS))))
$(foreach cpus,1 4,$(eval $(call add_test,system/iommu-disks-$(cpus)-cpu,\
	$(PYTHON) tests/system/iommu_test.py disks --smp $(cpus),$(IOMMU_NEEDS))))
$(foreach part,disks kills,$(eval $(call add_test,system/iommu-hotplug-$(part),\
	$(PYTHON) tests/system/hotplug_test.py $(part) --smp 2 --iommu,$(IOMMU_NEEDS))))
