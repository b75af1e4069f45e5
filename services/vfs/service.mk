# SPDX-License-Identifier: MIT OR Apache-2.0
# The virtual file system.

VFS_CORE := $(addprefix services/vfs/,vfs.c files.c names.c walk.c volume.c description.c pipe.c lock.c sheet.c \
	bundlefs.c devfs.c tmpfs.c tmpfs_node.c tmpfs_entry.c tmpfs_data.c \
	cache_page.c cache_object.c cache_work.c cached_file.c page_map.c blocks.c) boot/common/bundle.c lib/hash/sha256.c lib/random/random.c
$(eval $(call program,vfs,$(VFS_CORE) $(addprefix services/vfs/,main.c later.c share.c wall_time.c),svc/vfs))

VFS_TEST       := $(addprefix tests/host/services/,vfs_fixture.c share_host.c estate_host.c)
VFS_TEST_FLAGS := -Ilib/include -Iboot/include -Iservices/vfs -Itests/host/services -Ilib
$(foreach part,bundle walk tmpfs contents description volume devices lock,$(eval $(call host_test,vfs_$(part),\
	tests/host/services/vfs_$(part)_test.c tests/host/services/vfs_forms.c $(VFS_CORE) $(VFS_TEST),$(VFS_TEST_FLAGS))))
$(eval $(call host_test,vfs_window,tests/host/services/vfs_window_test.c $(VFS_CORE) $(VFS_TEST),$(VFS_TEST_FLAGS)))
$(eval $(call host_test,vfs_pipe,tests/host/services/vfs_pipe_test.c $(VFS_CORE) $(VFS_TEST),$(VFS_TEST_FLAGS)))
$(eval $(call host_test,vfs_kill,tests/host/services/vfs_kill_test.c \
	$(filter-out services/vfs/blocks.c,$(VFS_CORE)) $(VFS_TEST),$(VFS_TEST_FLAGS)))
VFS_CALLERS := $(addprefix tests/host/services/,vfs_callers.c vfs_disk.c) services/vfs/later.c lib/service/waiting.c
$(foreach part,cache cache_kill,$(eval $(call host_test,vfs_$(part),\
	tests/host/services/vfs_$(part)_test.c $(VFS_CALLERS) $(VFS_CORE) $(VFS_TEST),$(VFS_TEST_FLAGS))))
$(eval $(call fuzzer,vfs_messages,tests/fuzz/vfs_messages.c services/vfs/later.c lib/service/waiting.c $(VFS_CORE) $(VFS_TEST),$(VFS_TEST_FLAGS),-lcmocka))
