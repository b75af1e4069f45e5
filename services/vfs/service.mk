# SPDX-License-Identifier: MIT OR Apache-2.0
# The virtual file system.

VFS_CORE := $(addprefix services/vfs/,vfs.c files.c names.c walk.c volume.c description.c pipe.c lock.c sheet.c watch.c \
	bundlefs.c devfs.c procfs.c fixed_names.c tmpfs.c tmpfs_node.c tmpfs_entry.c tmpfs_data.c \
	cache_page.c cache_object.c cache_run.c cache_work.c cached_file.c page_map.c blocks.c) boot/common/bundle.c lib/print/print.c $(SODIUM_HASH) lib/random/random.c lib/pipe/ring.c
$(eval $(call program,vfs,$(VFS_CORE) $(addprefix services/vfs/,main.c later.c share.c wall_time.c drive.c mounts.c diskfs.c enginefs.c enginefs_page.c enginefs_names.c page_io.c remote.c remote_calls.c remote_disk.c remote_link.c) $(FILE_ENGINES),svc/vfs))

VFS_TEST       := $(addprefix tests/host/services/,vfs_fixture.c share_host.c estate_host.c)
VFS_TEST_FLAGS := -Ilib/include -Iboot/include -Iservices/vfs -Itests/host/services -Ilib
$(foreach part,bundle walk tmpfs contents description volume devices procfs lock watch,$(eval $(call host_test,vfs_$(part),\
	tests/host/services/vfs_$(part)_test.c tests/host/services/vfs_forms.c $(VFS_CORE) $(VFS_TEST),$(VFS_TEST_FLAGS))))
$(eval $(call host_test,vfs_window,tests/host/services/vfs_window_test.c $(VFS_CORE) $(VFS_TEST),$(VFS_TEST_FLAGS)))
$(eval $(call host_test,vfs_pipe,tests/host/services/vfs_pipe_test.c $(VFS_CORE) $(VFS_TEST),$(VFS_TEST_FLAGS)))
$(eval $(call host_test,vfs_kill,tests/host/services/vfs_kill_test.c \
	$(filter-out services/vfs/blocks.c,$(VFS_CORE)) $(VFS_TEST),$(VFS_TEST_FLAGS)))
$(eval $(call host_test,vfs_drive,tests/host/services/vfs_drive_test.c services/vfs/drive.c lib/block/client.c \
	tests/host/services/estate_host.c,-include tests/host/services/drive_calls.h $(VFS_TEST_FLAGS)))
VFS_CALLERS := $(addprefix tests/host/services/,vfs_callers.c vfs_disk.c) services/vfs/later.c lib/service/waiting.c
VFS_MOUNTS  := $(addprefix services/vfs/,mounts.c diskfs.c enginefs.c enginefs_page.c enginefs_names.c page_io.c remote.c remote_calls.c remote_disk.c) \
	tests/host/services/vfs_remote.c
VFS_NONE    := tests/host/services/vfs_no_mounts.c
$(foreach part,cache cache_kill,$(eval $(call host_test,vfs_$(part),\
	tests/host/services/vfs_$(part)_test.c $(VFS_CALLERS) $(VFS_NONE) $(VFS_CORE) $(VFS_TEST),$(VFS_TEST_FLAGS))))
VFS_ENGINE_TESTS := vfs_engine vfs_engine_cases
$(foreach test,$(VFS_ENGINE_TESTS),$(eval $(call host_test,$(test),$(addprefix tests/host/services/,$(test)_test.c vfs_engine_volume.c vfs_drive.c) \
	$(VFS_CALLERS) $(VFS_MOUNTS) $(FILE_ENGINES) $(VFS_CORE) $(VFS_TEST),$(VFS_TEST_FLAGS) -Iservices -Iservices/ext4)))
# The same with the engine in a process of its own; that is a library here.
FILESYSTEM_HOST := $(BUILD)/tests/host/filesystem.so
FILESYSTEM_HOST_SOURCES := tests/host/services/filesystem_host.c $(FILESYSTEM_CORE) lib/block/client.c lib/print/print.c
$(eval $(call compile_rules,host/filesystem,$$(CFLAGS_host) -fPIC -fvisibility=hidden -Ilib/include -Ilib -Iservices))
$(FILESYSTEM_HOST): $(call objects,host/filesystem,$(FILESYSTEM_HOST_SOURCES) $(FILE_ENGINES))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_host) -shared -o $@ $^
$(foreach test,$(VFS_ENGINE_TESTS),$(eval $(call add_test,host/$(test)_process,VFS_PLACEMENT=process VFS_FILESYSTEM=$(FILESYSTEM_HOST) \
	VFS_CUTS=200 $(BUILD)/tests/host/$(test),$(BUILD)/tests/host/$(test) $(FILESYSTEM_HOST))))
$(eval $(call fuzzer,engine_volume,tests/fuzz/engine_volume.c tests/host/services/vfs_drive.c $(VFS_CALLERS) $(VFS_MOUNTS) $(FILE_ENGINES) \
	$(VFS_CORE) $(VFS_TEST),$(VFS_TEST_FLAGS) -Iservices -Iservices/ext4,-lcmocka))
$(eval $(call fuzzer,remote_answers,tests/fuzz/remote_answers.c tests/host/services/vfs_drive.c $(VFS_CALLERS) \
	$(filter services/%,$(VFS_MOUNTS)) $(FILE_ENGINES) $(VFS_CORE) $(VFS_TEST),\
	$(VFS_TEST_FLAGS) -Iservices -Iservices/ext4,-lcmocka))
$(eval $(call fuzzer,vfs_messages,tests/fuzz/vfs_messages.c $(VFS_NONE) services/vfs/later.c lib/service/waiting.c $(VFS_CORE) $(VFS_TEST),$(VFS_TEST_FLAGS),-lcmocka))

# On disks of this machine's making, in the system.
DISK_TEST := $(PYTHON) tests/system/disk_test.py
DISK_NEEDS := $(LOADER) $(BUILD)/craton.bundle
$(eval $(call add_test,system/disk-trees,$(DISK_TEST) trees,$(DISK_NEEDS)))
$(eval $(call add_test,system/fat-trees,$(DISK_TEST) trees --kind fat,$(DISK_NEEDS)))
$(eval $(call add_test,system/exfat-trees,$(DISK_TEST) trees --kind exfat,$(DISK_NEEDS)))
$(eval $(call add_test,system/exfat-kills,$(DISK_TEST) kills --kind exfat --smp 4 --count 60,$(DISK_NEEDS)))
$(eval $(call add_test,system/fat-kills,$(DISK_TEST) kills --kind fat --smp 4 --count 60,$(DISK_NEEDS)))
$(eval $(call add_test,system/disk-kills-fused,$(DISK_TEST) kills --placement fused --smp 2 --count 60,$(DISK_NEEDS)))
$(eval $(call add_test,system/fat-kills-fused,$(DISK_TEST) kills --kind fat --placement fused --count 60,$(DISK_NEEDS)))
$(foreach kind,ext4 fat exfat,$(eval $(call add_test,system/$(kind)-hostile-fused,$(DISK_TEST) hostile --kind $(kind) --placement fused,$(DISK_NEEDS))))
$(foreach kind,ext4 exfat,$(eval $(call add_test,system/$(kind)-kills-wasm,$(DISK_TEST) kills --kind $(kind) --placement wasm --smp 2 --count 40,$(DISK_NEEDS))))
$(eval $(call add_test,system/ext4-hostile-wasm,$(DISK_TEST) hostile --placement wasm,$(DISK_NEEDS)))
$(eval $(call add_test,system/filesystem-silent,$(DISK_TEST) silent,$(DISK_NEEDS)))
$(eval $(call add_test,system/exfat-power,$(DISK_TEST) power --kind exfat,$(DISK_NEEDS)))
$(eval $(call add_test,system/exfat-log,$(DISK_TEST) log --kind exfat --count 80,$(DISK_NEEDS)))
$(eval $(call add_test,system/fat-power,$(DISK_TEST) power --kind fat,$(DISK_NEEDS)))
$(eval $(call add_test,system/fat-log,$(DISK_TEST) log --kind fat --count 80,$(DISK_NEEDS)))
$(eval $(call add_test,system/exfat-large,$(DISK_TEST) large --kind exfat --count 8000,$(DISK_NEEDS)))
$(eval $(call add_test,system/exfat-strange,$(DISK_TEST) strange,$(DISK_NEEDS)))
$(eval $(call add_test,system/fat-runs,$(DISK_TEST) runs,$(DISK_NEEDS)))
$(eval $(call add_test,system/fat-large,$(DISK_TEST) large --kind fat,$(DISK_NEEDS)))
$(foreach kind,fat exfat,$(foreach part,full hostile,$(eval $(call add_test,system/$(kind)-$(part),$(DISK_TEST) $(part) --kind $(kind),$(DISK_NEEDS)))))
$(eval $(call add_test,system/iso,$(DISK_TEST) iso,$(DISK_NEEDS)))
$(eval $(call add_test,system/disk-tables,$(DISK_TEST) tables,$(DISK_NEEDS)))
$(eval $(call add_test,system/disk-kills-1-cpu,$(DISK_TEST) kills --count 100,$(DISK_NEEDS)))
$(eval $(call add_test,system/disk-kills-4-cpu,$(DISK_TEST) kills --count 100 --smp 4,$(DISK_NEEDS)))
$(eval $(call add_test,system/disk-power,$(DISK_TEST) power,$(DISK_NEEDS)))
$(eval $(call add_test,system/disk-buses,$(DISK_TEST) buses --smp 2,$(DISK_NEEDS)))
$(foreach bus,nvme sata,$(eval $(call add_test,system/$(bus)-kills,$(DISK_TEST) kills --bus $(bus) --count 50 --smp 2,$(DISK_NEEDS))))
$(foreach bus,nvme sata,$(foreach part,errors trees vanish,$(eval $(call add_test,system/$(bus)-$(part),$(DISK_TEST) $(part) --bus $(bus),$(DISK_NEEDS)))))
$(foreach part,errors full hostile vanish stuck,$(eval $(call add_test,system/disk-$(part),$(DISK_TEST) $(part),$(DISK_NEEDS))))
$(eval $(call add_test,system/nvme-stuck,$(DISK_TEST) stuck --bus nvme,$(DISK_NEEDS)))
$(eval $(call add_bench,disk,$(PYTHON) tests/system/disk_bench.py,$(DISK_NEEDS)))
$(eval $(call add_test,system/disk-log,$(DISK_TEST) log --count 1000,$(DISK_NEEDS)))
