// SPDX-License-Identifier: MIT OR Apache-2.0
/* Heartbeats: see craton/health.h. */
#include <abi/syscall.h>
#include <craton/health.h>

#define CPU_LEAST_NS  3000000000u
#define CPU_BOOTS     20u /* or as long as so many starts of the system */
#define IDLE_LEAST_NS 6000000000u

struct health_limits health_limits_for(uint64_t boot_ns, uint64_t cpu_count)
{
	uint64_t cpu = boot_ns * CPU_BOOTS;

	return (struct health_limits){
		.cpu_ns = cpu > CPU_LEAST_NS ? cpu : CPU_LEAST_NS,
		.idle_ns = cpu > IDLE_LEAST_NS ? cpu : IDLE_LEAST_NS,
		.cpu_count = cpu_count,
	};
}

/* Of the CPU that was idle for the shortest time. */
static uint64_t idle_time(handle_t platform, uint64_t cpu_count)
{
	uint64_t least = UINT64_MAX;

	for (uint64_t cpu = 0; cpu < cpu_count; cpu++) {
		uint64_t idle, interrupts, switches, longest, spurious;

		if (platform_statistics(platform, cpu, &idle, &interrupts, &switches, &longest,
			    &spurious) != OK)
			return 0;
		least = idle < least ? idle : least;
	}
	return least;
}

/* Waits for something else than the answer to a call. */
static bool is_blocked(uint64_t state)
{
	return state != THREAD_STATE_READY && state != THREAD_STATE_CALLING;
}

bool health_check(struct health *health, const struct built *service, handle_t platform,
	const struct health_limits *limits)
{
	uint64_t state, priority, time, faults, id;
	uint64_t idle = idle_time(platform, limits->cpu_count);

	if (thread_info(service->thread, &state, &priority, &time, &faults, &id) != OK)
		return false;
	if (health->asked == 0) {
		health->cpu_at = time;
		health->idle_at = idle;
		health->asked = 1;
		builder_ping(service);
		return false;
	}
	if (time - health->cpu_at > limits->cpu_ns)
		return true;
	return is_blocked(state) && idle - health->idle_at > limits->idle_ns;
}

void health_answered(struct health *health)
{
	health->asked = 0;
	health->answered = 1;
}

void health_reset(struct health *health)
{
	health->asked = 0;
	health->answered = 0;
}
