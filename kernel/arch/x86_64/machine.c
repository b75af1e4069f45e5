// SPDX-License-Identifier: MIT OR Apache-2.0
/* The rest of what the portable core asks of the machine: see machine.h. */
#include <arch/asm.h>
#include <arch/features.h>
#include <arch/machine.h>
#include <arch/stacks.h>
#include <arch/trap.h>
#include <arch/vector.h>
#include <kernel/space.h>

#define DEBUG_CONSOLE 0xe9u
#define DEBUG_EXIT    0xf4u
#define PANIC_STATUS  0x7eu
#define RESET_PORT    0xcf9u

bool arch_copy_bytes(void *to, const void *from, size_t size);

void arch_flush_requested(struct cpu *cpu)
{
	if (cpu->drop_space)
		cr3_write(cpus[0]->entry.kernel_root);
	else
		cr3_write(cr3_read());
	cpu->drop_space = false;
	cpu->flush_request = false;
}

/* --- user memory
 * -------------------------------------------------------------------------------------- */

static bool is_user_range(uint64_t address, size_t size)
{
	return address < ABI_USER_ADDRESS_END && size <= ABI_USER_ADDRESS_END - address;
}

static void user_access_begin(void)
{
	if (features.smap)
		__asm__ volatile("stac" ::: "memory");
}

static void user_access_end(void)
{
	if (features.smap)
		__asm__ volatile("clac" ::: "memory");
}

bool arch_copy_from_user(void *to, uint64_t from, size_t size)
{
	bool copied;

	if (!is_user_range(from, size))
		return false;
	user_access_begin();
	copied = arch_copy_bytes(to, (const void *)(uintptr_t)from, size);
	user_access_end();
	return copied;
}

bool arch_copy_to_user(uint64_t to, const void *from, size_t size)
{
	bool copied;

	if (!is_user_range(to, size))
		return false;
	user_access_begin();
	copied = arch_copy_bytes((void *)(uintptr_t)to, from, size);
	user_access_end();
	return copied;
}

/* --- ports, console, end
 * -------------------------------------------------------------------------------- */

uint64_t arch_port_in(uint16_t port, uint64_t width)
{
	uint32_t value = 0;

	if (width == 1) {
		value = in8(port);
	} else if (width == 2) {
		uint16_t word;

		__asm__ volatile("inw %1, %0" : "=a"(word) : "Nd"(port));
		value = word;
	} else {
		__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	}
	return value;
}

void arch_port_out(uint16_t port, uint64_t width, uint64_t value)
{
	if (width == 1)
		out8(port, (uint8_t)value);
	else if (width == 2)
		__asm__ volatile("outw %0, %1" : : "a"((uint16_t)value), "Nd"(port));
	else
		__asm__ volatile("outl %0, %1" : : "a"((uint32_t)value), "Nd"(port));
}

void arch_console_put(char byte)
{
	out8(DEBUG_CONSOLE, (uint8_t)byte);
}

void arch_halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt" ::: "memory");
}

void arch_reset(void)
{
	out8(RESET_PORT, 0x02);
	out8(RESET_PORT, 0x06);
	arch_halt();
}

void arch_panic_exit(void)
{
	out8(DEBUG_EXIT, PANIC_STATUS);
	arch_halt();
}

bool arch_is_kernel_stack(uint64_t address)
{
	uint64_t top = cpu_self()->entry.kernel_stack;

	return (address & 7) == 0 && address < top && top - address <= KERNEL_STACK_SIZE;
}
