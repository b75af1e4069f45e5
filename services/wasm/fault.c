// SPDX-License-Identifier: MIT OR Apache-2.0
/* Faults come as upcalls: those that the memory service did not resolve, and illegal instructions
 * and the like at once. The engine says whether one is a trap of compiled code. Any other one is a
 * defect of this program, which ends then. */
#include "program.h"

#include <abi/syscall.h>
#include <abi/wasm_imports.h>
#include <craton/print.h>

#define TRAP_STATUS    134u
#define FLAG_DIRECTION 0x400u
#define DIRECT_FAULTS \
	(1u << FAULT_ILLEGAL | 1u << FAULT_ARITHMETIC | 1u << FAULT_PROTECTION | 1u << FAULT_DEBUG)

void upcall_entry(void);
[[noreturn]] void upcall_handle(struct upcall_frame *frame);

[[noreturn]] static void fault_exit(const struct upcall_frame *frame)
{
	char text[128];

	print_to(text, sizeof(text), "the runtime failed: fault %lu at 0x%lx, address 0x%lx",
		frame->kind, frame->registers.rip, frame->address);
	log_line(0, text);
	program_exit(TRAP_STATUS, EXIT_CAUSE_RUNTIME_LOST, frame->registers.rip);
}

void upcall_handle(struct upcall_frame *frame)
{
	struct wasm_fault fault = {
		.kind = frame->kind == FAULT_ILLEGAL ? WASM_FAULT_INSTRUCTION : WASM_FAULT_ACCESS,
		.pc = frame->registers.rip,
		.address = frame->address,
		.sp = frame->registers.rsp,
		.context = frame->registers.r15,
		.frame = frame->registers.rbp,
	};

	if (frame->kind > FAULT_DEBUG || !wasm_runtime_handle_fault(&fault))
		fault_exit(frame);
	frame->registers.rip = fault.resume_pc;
	frame->registers.rsp = fault.resume_sp;
	frame->registers.rdi = fault.resume_argument;
	frame->registers.rflags &= ~(uint64_t)FLAG_DIRECTION;
	(void)!sys_upcall_return();
	runtime_abort("the kernel did not take the upcall's frame");
}

status_t faults_init(const struct process_start *start)
{
	return thread_set_upcall(start->handles[PROCESS_SLOT_THREAD],
		(uint64_t)(uintptr_t)upcall_entry, stack_of_upcalls(),
		start->handles[PROCESS_SLOT_UPCALL_FRAME], PROCESS_UPCALL_ADDRESS, DIRECT_FAULTS);
}
