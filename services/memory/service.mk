# SPDX-License-Identifier: MIT OR Apache-2.0
# The memory service.

$(eval $(call program,memory,$(addprefix services/memory/,main.c pool.c space.c fault.c object.c shared.c code.c),svc/memory))
