# SPDX-License-Identifier: MIT OR Apache-2.0
# The memory service.

$(eval $(call program,memory,$(addprefix services/memory/,main.c pool.c slot.c space.c fault.c object.c shared.c code.c dma.c),svc/memory))

# main.c, pool.c and slot.c are included by the fixture.
MEMORY_TEST := $(addprefix tests/host/services/,memory_fixture.c memory_kernel.c estate_host.c) \
	$(addprefix services/memory/,space.c fault.c object.c shared.c code.c dma.c)
$(foreach part,memory memory_kill,$(eval $(call host_test,$(part),tests/host/services/$(part)_test.c $(MEMORY_TEST),\
	-include tests/host/services/memory_calls.h -Ilib/include -Iservices/memory -Itests/host/services)))
