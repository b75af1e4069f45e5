// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the portable core asks of the machine, as functions; each architecture defines them, and the
 * host tests' fake machine does. <arch/machine.h> includes this and adds what is inline: cpu_self,
 * cpu_here, and the steps of a switch (arch_space_switch, arch_tls_switch, arch_thread_unload,
 * arch_thread_load, arch_thread_switch), and arch_relax. */
#ifndef KERNEL_MACHINE_H
#define KERNEL_MACHINE_H

#include <kernel/cpu.h>

/* Sets this CPU's timer to the absolute time `when`. */
void arch_timer_set(struct cpu *cpu, time_ns when);

/* Has another CPU enter the kernel. */
void arch_send_reschedule(struct cpu *cpu);

/* The same, and returns when it is there: its registers are saved and it uses no user memory. */
void arch_pull_into_kernel(struct cpu *cpu);

/* What others asked of this CPU: forget translations, drop its address space. */
void arch_flush_requested(struct cpu *cpu);

/* Releases the kernel lock and sleeps until an interrupt, which re-enters the kernel. */
NORETURN void arch_idle(struct cpu *cpu);

/* Whether every system call of this CPU goes the general way, where it is recorded. */
void arch_set_entry(bool general);

/* One byte to the kernel's console. */
void arch_console_put(char byte);

/* Port input and output of 1, 2 or 4 bytes. */
uint64_t arch_port_in(uint16_t port, uint64_t width);
void arch_port_out(uint16_t port, uint64_t width, uint64_t value);

/* Stops all other CPUs for good. */
void arch_stop_others(void);
NORETURN void arch_halt(void);
NORETURN void arch_reset(void);

/* Copies between the kernel and the current user address space. False: some of it is not mapped
 * so, or not user memory. */
NODISCARD bool arch_copy_from_user(void *to, uint64_t from, size_t size);
NODISCARD bool arch_copy_to_user(uint64_t to, const void *from, size_t size);

/* Interrupt lines and messages; see kernel/irq.h. */
struct irq;
NODISCARD status_t arch_irq_allocate_line(uint64_t line, uint64_t flags, struct irq **irq);
NODISCARD status_t arch_irq_allocate_msi(
	uint64_t cpu, struct irq **irq, uint64_t *address, uint64_t *data);
void arch_irq_free(struct irq *irq);
void arch_irq_mask(struct irq *irq, bool masked);

/* What makes a message-signalled interrupt: a write of `*data` to `*address`. */
void arch_irq_message(const struct irq *irq, uint64_t *address, uint64_t *data);

/* IOMMUs, by number from 0 on: see kernel/dma.h and the `iommu` methods in abi/kernel.toml. */
struct address_space;
struct dma_space;
struct slice;
/* The table of the firmware that describes them, NULL and 0 if there is none. */
const uint8_t *arch_iommu_table(uint64_t *size);
/* Of DMA spaces' tables; 0: there is no IOMMU that can be used. */
uint32_t arch_iommu_levels(void);
/* Addresses of devices are below this. */
uint64_t arch_iommu_address_end(void);
NODISCARD status_t arch_iommu_unit(uint64_t number, uint64_t *address);
NODISCARD status_t arch_iommu_start(uint64_t number, struct slice *slice);
/* Where the unit's tables of devices come from; NULL: there is no such unit. */
struct address_space *arch_iommu_tables(uint64_t number);
NODISCARD status_t arch_iommu_attach(uint64_t number, uint64_t requester, struct dma_space *space);
NODISCARD status_t arch_iommu_detach(uint64_t number, uint64_t requester);
/* No device is attached to the space any more, and no IOMMU knows of it. */
void arch_iommu_release(struct dma_space *space);
/* The next fault: requester, address, reason. ERR_NOT_FOUND: there is none. */
NODISCARD status_t arch_iommu_fault(uint64_t number, uint64_t fault[3]);
NODISCARD status_t arch_iommu_bind(uint64_t number, const struct irq *irq);
void arch_iommu_forget_irq(const struct irq *irq);
/* The first page from `start` on, and below `end`, with an IOMMU's registers; else `end`. */
uint64_t arch_iommu_next_registers(uint64_t start, uint64_t end);

#endif
