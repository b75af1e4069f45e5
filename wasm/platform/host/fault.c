// SPDX-License-Identifier: MIT OR Apache-2.0
// Linux signals as wasm_runtime_handle_fault's fault hook.
#include "platform/host/host.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>

static void handle_signal(int number, siginfo_t *info, void *context)
{
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
	struct wasm_fault fault = {
		.kind = number == SIGILL ? WASM_FAULT_INSTRUCTION : WASM_FAULT_ACCESS,
		.pc = (uint64_t)registers[REG_RIP],
		.address = (uint64_t)info->si_addr,
		.sp = (uint64_t)registers[REG_RSP],
		.context = (uint64_t)registers[REG_R15],
		.frame = (uint64_t)registers[REG_RBP],
	};
	if (wasm_runtime_handle_fault(&fault)) {
		registers[REG_RIP] = (greg_t)fault.resume_pc;
		registers[REG_RSP] = (greg_t)fault.resume_sp;
		registers[REG_RDI] = (greg_t)fault.resume_argument;
		return;
	}
	signal(number, SIG_DFL); // returning repeats the fault, with its default action
}

static bool install_handler(int number)
{
	struct sigaction action = {
		.sa_sigaction = handle_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	sigemptyset(&action.sa_mask);
	return sigaction(number, &action, nullptr) == 0;
}

static bool install_handlers(void)
{
	return install_handler(SIGSEGV) && install_handler(SIGBUS) && install_handler(SIGILL);
}

// The stack lives as long as the thread; it is found by its key's destructor.
static pthread_key_t stack_key;

static void free_stack(void *memory)
{
	(void)sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, nullptr);
	free(memory);
}

static void make_stack_key(void)
{
	(void)pthread_key_create(&stack_key, free_stack);
}

enum wasm_status host_fault_install(void)
{
	constexpr size_t SIZE = 64 * 1024;
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_stack_key);
	if (!install_handlers())
		return WASM_PLATFORM;
	if (pthread_getspecific(stack_key) != nullptr)
		return WASM_OK;
	stack_t stack = {.ss_sp = malloc(SIZE), .ss_size = SIZE};
	if (stack.ss_sp == nullptr)
		return WASM_NO_MEMORY;
	pthread_setspecific(stack_key, stack.ss_sp);
	return sigaltstack(&stack, nullptr) == 0 ? WASM_OK : WASM_PLATFORM;
}
