// SPDX-License-Identifier: MIT OR Apache-2.0
/* Put before the memory service's sources: its system calls go to memory_kernel.c. */
#pragma once

#include <abi/syscall.h>

#define FAKE(name) fake_##name

status_t FAKE(untyped_retype)(handle_t untyped, uint64_t type, uint64_t size, uint64_t count,
	handle_t cnode, uint64_t index, uint64_t *tag);
status_t FAKE(untyped_info)(handle_t untyped, uint64_t *size, uint64_t *used, uint64_t *address);
status_t FAKE(untyped_reset)(handle_t untyped);
status_t FAKE(cnode_copy)(
	handle_t cnode, uint64_t index, handle_t source, uint64_t rights, uint64_t *tag);
status_t FAKE(cnode_move)(handle_t cnode, uint64_t index, handle_t source, uint64_t *tag);
status_t FAKE(cnode_delete)(handle_t cnode, uint64_t index);
status_t FAKE(cnode_revoke)(handle_t cnode, uint64_t index);
status_t FAKE(cnode_inspect)(handle_t cnode, uint64_t index, uint64_t *type, uint64_t *rights,
	uint64_t *badge, uint64_t *tag, uint64_t *detail);
status_t FAKE(address_space_map)(handle_t space, handle_t frame, uint64_t offset, uint64_t address,
	uint64_t pages, uint64_t flags, uint64_t *missing);
status_t FAKE(address_space_give_tables)(
	handle_t space, handle_t cnode, uint64_t index, uint64_t count);
status_t FAKE(address_space_protect)(handle_t space, handle_t frame, uint64_t flags);
status_t FAKE(dma_space_map)(handle_t space, handle_t frame, uint64_t offset, uint64_t address,
	uint64_t pages, uint64_t flags, uint64_t *missing);
status_t FAKE(dma_space_give_tables)(
	handle_t space, handle_t cnode, uint64_t index, uint64_t count);
status_t FAKE(frame_physical)(handle_t frame, uint64_t *address, uint64_t *size);
status_t FAKE(sys_signal)(handle_t notification);

#define untyped_retype            FAKE(untyped_retype)
#define untyped_info              FAKE(untyped_info)
#define untyped_reset             FAKE(untyped_reset)
#define cnode_copy                FAKE(cnode_copy)
#define cnode_move                FAKE(cnode_move)
#define cnode_delete              FAKE(cnode_delete)
#define cnode_revoke              FAKE(cnode_revoke)
#define cnode_inspect             FAKE(cnode_inspect)
#define address_space_map         FAKE(address_space_map)
#define address_space_give_tables FAKE(address_space_give_tables)
#define address_space_protect     FAKE(address_space_protect)
#define dma_space_map             FAKE(dma_space_map)
#define dma_space_give_tables     FAKE(dma_space_give_tables)
#define frame_physical            FAKE(frame_physical)
#define sys_signal                FAKE(sys_signal)
