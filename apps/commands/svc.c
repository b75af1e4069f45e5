// SPDX-License-Identifier: MIT OR Apache-2.0
// svc: the supervisor's services, and telling it to restart, stop or start one.
#include "command.h"
#include "system.h"

#include <craton.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int services_list(void)
{
	size_t count;
	struct service_record *services =
		records_get(INFO_KIND_SERVICES, 0, sizeof *services, &count);
	output_format(&out, "%-12s %-10s %-7s %5s %8s %5s %9s %9s %8s %s\n", "SERVICE", "STATE",
		"HEALTH", "PID", "RESTARTS", "HANGS", "UP", "CPU", "MEMORY", "DETAIL");
	for (size_t i = 0; i < count; i++) {
		char up[24], cpu[24], memory[16];
		duration_format(up, services[i].uptime_ns);
		duration_format(cpu, services[i].cpu_ns);
		size_format(memory, services[i].memory);
		output_format(&out, "%-12.32s %-10s %-7s %5llu %8u %5u %9s %9s %8s %.64s\n",
			(const char *)services[i].name, service_state_name(services[i].state),
			service_health_name(services[i].health),
			(unsigned long long)services[i].pid, services[i].restarts,
			services[i].hangs, up, cpu, services[i].memory ? memory : "-",
			(const char *)services[i].detail);
	}
	free(services);
	return 0;
}

int command_svc(int count, char **arguments)
{
	static const struct {
		const char *name;
		int operation;
	} operations[] = {{"restart", CRATON_SERVICE_RESTART}, {"stop", CRATON_SERVICE_STOP},
		{"start", CRATON_SERVICE_START}};
	if (count == 1 || (count == 2 && strcmp(arguments[1], "list") == 0))
		return services_list();
	if (count != 3)
		die_usage();
	for (size_t i = 0; i < 3; i++) {
		if (strcmp(arguments[1], operations[i].name) != 0)
			continue;
		int error = craton_service_control(arguments[2], operations[i].operation);
		if (error == ENOENT)
			die("there is no service `%s'; `svc' lists them", arguments[2]);
		if (error == EACCES)
			die("%s is refused: it is not signed by this system's key; sign it "
			    "with the key that the system was built with (`make "
			    "SIGNING_KEY=...')",
				arguments[2]);
		if (error == EPERM)
			die("%s %s: not permitted: this program lacks the capability for it",
				arguments[1], arguments[2]);
		if (error)
			die("%s %s: %s", arguments[1], arguments[2], strerror(error));
		return 0;
	}
	die_usage();
}
