// SPDX-License-Identifier: MIT OR Apache-2.0
/* I/O APICs and the vectors that drivers' interrupts get. */
#include <arch/apic.h>
#include <arch/machine.h>
#include <arch/physmap.h>
#include <arch/vectors.h>

#define IOAPIC_MAX      8u
#define ISA_LINES       16u
#define REG_VERSION     1u
#define REG_REDIRECTION 0x10u
#define REDIRECT_MASKED 0x10000u
#define REDIRECT_LEVEL  0x8000u
#define REDIRECT_LOW    0x2000u
#define MSI_BASE        0xfee00000u

struct ioapic {
	volatile uint32_t *select;
	volatile uint32_t *window;
	uint32_t first;
	uint32_t lines;
};

static struct ioapic ioapics[IOAPIC_MAX]; /* of the machine, not of users */
static uint32_t ioapic_count;
static struct {
	uint32_t line;
	uint32_t flags;
	bool set;
} overrides[ISA_LINES];

static uint32_t ioapic_read(const struct ioapic *io, uint32_t reg)
{
	*io->select = reg;
	return *io->window;
}

static void ioapic_write(const struct ioapic *io, uint32_t reg, uint32_t value)
{
	*io->select = reg;
	*io->window = value;
}

void ioapic_add(uint64_t physical, uint32_t first)
{
	struct ioapic *io = &ioapics[ioapic_count];

	if (ioapic_count == IOAPIC_MAX)
		return;
	ioapic_count++;
	io->select = virtual_of(physical);
	io->window = virtual_of(physical + 0x10);
	io->first = first;
	io->lines = (ioapic_read(io, REG_VERSION) >> 16 & 0xff) + 1;
	for (uint32_t i = 0; i < io->lines; i++)
		ioapic_write(io, REG_REDIRECTION + 2 * i, REDIRECT_MASKED);
}

void ioapic_override(uint32_t isa, uint32_t line, uint32_t flags)
{
	if (isa >= ISA_LINES)
		return;
	overrides[isa].line = line;
	overrides[isa].flags = flags;
	overrides[isa].set = true;
}

static struct ioapic *ioapic_of(uint32_t line)
{
	for (uint32_t i = 0; i < ioapic_count; i++) {
		if (line >= ioapics[i].first && line - ioapics[i].first < ioapics[i].lines)
			return &ioapics[i];
	}
	return NULL;
}

/* A free (CPU, vector) pair. */
static struct irq *vector_allocate(struct cpu *cpu)
{
	for (uint32_t i = 0; i < ARCH_IRQ_COUNT; i++) {
		struct irq *irq = &cpu->arch.irqs[i];

		if (irq->used)
			continue;
		*irq = (struct irq){.used = true,
			.cpu = (uint8_t)cpu->id,
			.vector = (uint8_t)(VECTOR_FIRST_IRQ + i)};
		return irq;
	}
	return NULL;
}

static bool line_in_use(uint32_t line)
{
	for (uint32_t i = 0; i < ARCH_IRQ_COUNT; i++) {
		if (cpus[0]->arch.irqs[i].used && cpus[0]->arch.irqs[i].line == line)
			return true;
	}
	return false;
}

status_t arch_irq_allocate_line(uint64_t line, uint64_t flags, struct irq **irq)
{
	uint32_t redirect =
		((flags & 1) != 0 ? REDIRECT_LEVEL : 0) | ((flags & 2) != 0 ? REDIRECT_LOW : 0);
	struct ioapic *io;

	if (line < ISA_LINES && overrides[line].set) {
		if ((overrides[line].flags & 3) == 3)
			redirect |= REDIRECT_LOW;
		if ((overrides[line].flags >> 2 & 3) == 3)
			redirect |= REDIRECT_LEVEL;
		line = overrides[line].line;
	}
	io = line <= UINT32_MAX ? ioapic_of((uint32_t)line) : NULL;
	if (io == NULL)
		return ERR_NOT_FOUND;
	if (line_in_use((uint32_t)line))
		return ERR_BUSY;
	*irq = vector_allocate(cpus[0]);
	if (*irq == NULL)
		return ERR_TOO_MANY;
	(*irq)->line = (uint32_t)line;
	ioapic_write(io, REG_REDIRECTION + 2 * ((uint32_t)line - io->first) + 1,
		cpus[0]->entry.apic_id << 24);
	ioapic_write(io, REG_REDIRECTION + 2 * ((uint32_t)line - io->first),
		redirect | REDIRECT_MASKED | (*irq)->vector);
	return OK;
}

status_t arch_irq_allocate_msi(uint64_t cpu, struct irq **irq, uint64_t *address, uint64_t *data)
{
	if (cpu >= cpu_count)
		return ERR_RANGE;
	if (cpus[cpu]->entry.apic_id > 0xff) /* has no room in the address */
		return ERR_NOT_SUPPORTED;
	*irq = vector_allocate(cpus[cpu]);
	if (*irq == NULL)
		return ERR_TOO_MANY;
	(*irq)->line = IRQ_MSI;
	arch_irq_message(*irq, address, data);
	return OK;
}

void arch_irq_message(const struct irq *irq, uint64_t *address, uint64_t *data)
{
	*address = MSI_BASE | (uint64_t)cpus[irq->cpu]->entry.apic_id << 12;
	*data = irq->vector;
}

void arch_irq_mask(struct irq *irq, bool masked)
{
	struct ioapic *io = ioapic_of(irq->line);
	uint32_t reg;
	uint32_t value;

	if (io == NULL)
		return;
	reg = REG_REDIRECTION + 2 * (irq->line - io->first);
	value = ioapic_read(io, reg) & ~REDIRECT_MASKED;
	ioapic_write(io, reg, masked ? value | REDIRECT_MASKED : value);
}

void arch_irq_free(struct irq *irq)
{
	if (irq->line != IRQ_MSI)
		arch_irq_mask(irq, true);
	*irq = (struct irq){0};
}
