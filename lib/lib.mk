# SPDX-License-Identifier: MIT OR Apache-2.0
# Libraries of native programs. Everything links with libcraton; unused parts fall away.

LIBCRATON_SOURCES := $(sort $(wildcard lib/runtime/*.c lib/runtime/*.S lib/estate/*.c lib/print/*.c lib/service/*.c \
	lib/builder/*.c lib/native/*.c lib/pipe/*.c lib/random/*.c lib/driver/*.c lib/block/*.c lib/virtio/*.c)) lib/hash/crc.c boot/common/elf.c \
	$(SODIUM_HASH)
USER_CFLAGS       += -Iboot/include -Iwasm/include -Ilib -Iservices
LIBCRATON         := $(BUILD)/user/lib/libcraton.a
USER_LIBS         := $(LIBCRATON)

$(LIBCRATON): $(call objects,user,$(LIBCRATON_SOURCES))
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

PIPE_FLAGS := -Ilib/include -Ilib
$(eval $(call host_test,pipe_ring,tests/host/lib/pipe_ring_test.c lib/pipe/ring.c,$(PIPE_FLAGS)))
$(eval $(call fuzzer,pipe_ring,tests/fuzz/pipe_ring.c lib/pipe/ring.c,$(PIPE_FLAGS)))
$(eval $(call host_test,suspect,tests/host/lib/suspect_test.c lib/service/suspect.c,-Ilib/include))
$(eval $(call host_test,utf,tests/host/lib/utf_test.c lib/text/utf.c,-Ilib/include -Ilib))
$(eval $(call host_test,crc,tests/host/lib/crc_test.c lib/hash/crc.c,-Ilib))
BLOCK_FLAGS := -Ilib/include -Ilib
$(eval $(call host_test,partition,tests/host/lib/partition_test.c lib/block/partition.c lib/hash/crc.c lib/print/print.c,$(BLOCK_FLAGS)))
$(eval $(call fuzzer,partition,tests/fuzz/partition.c lib/block/partition.c lib/hash/crc.c lib/print/print.c,$(BLOCK_FLAGS)))
$(foreach part,block block_disk,$(eval $(call host_test,$(part),$(addprefix tests/host/lib/,$(part)_test.c block_fixture.c) \
	$(addprefix lib/block/,server.c pieces.c client.c partition.c) lib/hash/crc.c lib/print/print.c lib/print/debug.c \
	tests/host/services/estate_host.c,-include tests/host/lib/block_calls.h -Itests/host/services $(BLOCK_FLAGS))))
$(eval $(call host_test,storm,tests/host/lib/storm_test.c lib/driver/storm.c,-Ilib/include))
$(eval $(call host_test,block_run,tests/host/lib/block_run_test.c lib/block/run.c lib/driver/storm.c lib/print/print.c,$(BLOCK_FLAGS)))
$(eval $(call host_test,blake2b,tests/host/lib/blake2b_test.c $(SODIUM_HASH),-Ilib))
$(eval $(call host_test,ed25519,tests/host/lib/ed25519_test.c $(SODIUM_SIGNATURE),-Ilib))
