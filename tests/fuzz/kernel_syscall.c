// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes as system calls of several threads with any registers and message pages, faults,
// interrupts and time, on the fake machine. The kernel must keep its invariants and never panic.
#include "fake/invariants.h"
#include "fake/iommu.h"
#include "fake/user.h"

#define WORKERS 4
#define OBJECTS 24

struct input {
	const uint8_t *bytes;
	size_t left;
};

static struct worker workers[WORKERS];
static uint64_t first_object;

static uint8_t byte(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->bytes++;
}

static uint64_t word(struct input *in)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | byte(in);
	return value;
}

/* Mostly what is worth trying: handles that exist, slots, small numbers, edges. */
static uint64_t value(struct input *in)
{
	uint8_t kind = byte(in);

	switch (kind >> 5) {
	case 0:
		return kind & 31u;
	case 1:
	case 2:
		return user_handle(first_object + kind % OBJECTS);
	case 3:
		return first_object + kind % 32u;
	case 4:
		return user_handle(CNODE_RESERVED + kind % 16u);
	case 5:
		return fake_now + ((uint64_t)(kind & 31u) << 15);
	case 6:
		return (uint64_t)1 << byte(in) % 64u;
	default:
		return kind == 0xff ? TIME_NEVER : word(in);
	}
}

static void make_all(void)
{
	static const uint8_t types[OBJECTS] = {OBJECT_ENDPOINT, OBJECT_ENDPOINT, OBJECT_REPLY,
		OBJECT_REPLY, OBJECT_REPLY, OBJECT_NOTIFICATION, OBJECT_NOTIFICATION, OBJECT_CNODE,
		OBJECT_ADDRESS_SPACE, OBJECT_PAGE_TABLE, OBJECT_PAGE_TABLE, OBJECT_PAGE_TABLE,
		OBJECT_FRAME, OBJECT_FRAME, OBJECT_DMA_SPACE, OBJECT_THREAD, OBJECT_SCHED_CONTEXT,
		OBJECT_UNTYPED};

	first_object = user_slot();
	for (uint64_t i = 1; i < OBJECTS + 32; i++)
		(void)user_slot();
	for (uint64_t i = 0; i < OBJECTS; i++) {
		uint64_t size =
			types[i] == OBJECT_CNODE ? 3 : PAGE_SHIFT + (types[i] == OBJECT_UNTYPED);

		if (types[i] != OBJECT_NULL)
			FAKE_CHECK(user_invoke(user_memory(), METHOD_UNTYPED_RETYPE, types[i], size,
					   1, fake_info->cnode, first_object + i) == OK);
	}
}

static void start(uint32_t cpu_total)
{
	fake_iommu_count = 1;
	fake_iommu_capability[0] = FAKE_IOMMU_CAPABILITY;
	user_boot(cpu_total);
	FAKE_CHECK(user_invoke(fake_info->iommu, METHOD_IOMMU_START, 0) == OK);
	for (uint32_t i = 0; i < WORKERS; i++)
		workers[i] = user_worker((uint8_t)(150 + i * 10), i % cpu_total);
	make_all();
	for (uint32_t i = 0; i < WORKERS; i++)
		(void)user_invoke(workers[i].handle, METHOD_THREAD_RESUME, 0);
}

/* Power-off ends the machine, and what the input does afterwards means nothing. */
static bool ends_machine(const struct thread *t)
{
	const struct slot *slot = user_slot_at(user_index(t->frame.args[0]) & 0xfff);

	return t->frame.number == SYSCALL_INVOKE && slot->type == OBJECT_PLATFORM &&
	       t->frame.args[1] == METHOD_PLATFORM_POWER;
}

static void system_call(struct input *in, struct cpu *cpu)
{
	struct thread *t = cpu->entry.current;

	if (t == NULL)
		return;
	t->frame.number = byte(in) % 18u;
	for (int i = 0; i < 4; i++)
		t->frame.args[i] = value(in);
	for (int i = 0; i < 6; i++)
		t->frame.words[i] = value(in);
	if (t->frame.number == SYSCALL_INVOKE)
		t->frame.args[1] %= 16;
	if (!ends_machine(t))
		fake_syscall(cpu);
}

static void message(struct input *in, struct cpu *cpu)
{
	struct thread *t = cpu->entry.current;

	if (t == NULL || t->message == NULL)
		return;
	for (int i = 0; i < 4; i++)
		t->message->send_handles[i] = value(in);
	t->message->receive_cnode = fake_info->cnode;
	t->message->receive_index = value(in);
	t->message->receive_count = value(in);
}

static void step(struct input *in)
{
	uint8_t what = byte(in);
	struct cpu *cpu = cpus[what % cpu_count];

	switch (what >> 4) {
	case 0 ... 9:
		system_call(in, cpu);
		break;
	case 10:
		message(in, cpu);
		break;
	case 11:
		fake_fault(cpu, byte(in) % 8u, value(in), byte(in));
		break;
	case 12:
		fake_pass((uint64_t)byte(in) << 12);
		break;
	case 13:
		fake_interrupt(cpu, &cpu->arch.irqs[byte(in) % 4u]);
		break;
	case 14:
		fake_timer(cpu);
		break;
	default:
		fake_settle();
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};

	start(1 + byte(&in) % FAKE_CPUS);
	for (int steps = 0; in.left > 0 && steps < 400; steps++)
		step(&in);
	fake_settle();
	invariants_check();
	fake_end();
	return 0;
}
