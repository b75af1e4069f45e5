# SPDX-License-Identifier: MIT OR Apache-2.0
# Libraries of native programs. Everything links with libcraton; unused parts fall away.

LIBCRATON_SOURCES := $(sort $(wildcard lib/runtime/*.c lib/runtime/*.S lib/estate/*.c lib/print/*.c lib/service/*.c \
	lib/builder/*.c lib/native/*.c lib/pipe/*.c lib/random/*.c)) boot/common/elf.c
USER_CFLAGS       += -Iboot/include -Iwasm/include -Ilib
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
$(eval $(call host_test,crc,tests/host/lib/crc_test.c lib/hash/crc.c,-Ilib))
