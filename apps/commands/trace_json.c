// SPDX-License-Identifier: MIT OR Apache-2.0
// See trace_json.h.
#include "trace_json.h"

#include "../lib/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <system_names.h>

#define COUNT(table) (sizeof table / sizeof table[0])
#define NAME_OF(table, number) \
	((number) < COUNT(table) && table[number] ? table[number] : "unknown")

// Numbers of "processes" that are none, far above those of programs.
constexpr uint64_t PID_CPUS = 1000000, PID_INIT = 1000001, PID_ENDED = 1000002;
constexpr unsigned CPUS = 64, METHOD_SHIFT = 24;

// A thread that occurs in the trace.
struct thread {
	uint64_t id, pid, begin_ns, last_ns;
	const char *name;
	uint64_t call, handle; // the call that it is in, as in the trace
	char message[48];      // what it asks of whom
	bool in_call;
};

struct cpu {
	uint64_t begin_ns;
	uint64_t thread; // that runs; 0: none
	bool seen;
};

static struct {
	struct output *to;
	struct thread *threads;
	size_t count, capacity;
	struct cpu cpus[CPUS];
	uint64_t messages;
	bool any;
} json;

// --- Writing ----------------------------------------------------------------------------------

static void string_put(const char *text)
{
	output_char(json.to, '"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < ' ' || c >= 0x7f)
			output_char(json.to, '?');
		else if (c == '"' || c == '\\')
			output_format(json.to, "\\%c", c);
		else
			output_char(json.to, *text);
	}
	output_char(json.to, '"');
}

// The begin of an event; the caller adds more fields and closes it.
static void event_open(const char *phase, const char *name, uint64_t pid, uint64_t tid)
{
	output_string(json.to, json.any ? ",\n{\"ph\":\"" : "\n{\"ph\":\"");
	json.any = true;
	output_format(
		json.to, "%s\",\"pid\":%" PRIu64 ",\"tid\":%" PRIu64 ",\"name\":", phase, pid, tid);
	string_put(name);
}

static void time_put(const char *field, uint64_t ns)
{
	output_format(json.to, ",\"%s\":%" PRIu64 ".%03u", field, ns / 1000, (unsigned)(ns % 1000));
}

static void event_close(void)
{
	output_char(json.to, '}');
}

static void slice_open(const char *name, uint64_t pid, uint64_t tid, uint64_t begin, uint64_t end)
{
	event_open("X", name, pid, tid);
	time_put("ts", begin);
	time_put("dur", end > begin ? end - begin : 0);
}

static void metadata_put(const char *what, uint64_t pid, uint64_t tid, const char *name)
{
	event_open("M", what, pid, tid);
	output_string(json.to, ",\"args\":{\"name\":");
	string_put(name);
	output_char(json.to, '}');
	event_close();
}

// --- Threads ----------------------------------------------------------------------------------

static struct thread *thread_find(uint64_t id)
{
	for (size_t i = 0; i < json.count; i++)
		if (json.threads[i].id == id)
			return &json.threads[i];
	return nullptr;
}

static struct thread *thread_add(uint64_t id, uint64_t pid, const char *name)
{
	json.threads = array_room(json.threads, json.count, &json.capacity, sizeof *json.threads);
	struct thread *thread = &json.threads[json.count++];
	*thread = (struct thread){.id = id, .pid = pid, .name = name};
	metadata_put("thread_name", pid, id, name ? name : "ended");
	return thread;
}

static struct thread *thread_get(uint64_t id)
{
	struct thread *thread = thread_find(id);
	return thread ? thread : thread_add(id, PID_ENDED, nullptr);
}

static void threads_name(const struct thread_record *threads, size_t count)
{
	metadata_put("process_name", PID_CPUS, 0, "CPUs");
	metadata_put("process_name", PID_ENDED, 0, "unknown");
	for (size_t i = 0; i < count; i++) {
		uint64_t pid = threads[i].pid ? threads[i].pid : PID_INIT;
		if (threads[i].thread == 0 || thread_find(threads[i].thread))
			continue;
		metadata_put("process_name", pid, threads[i].thread, (const char *)threads[i].name);
		(void)thread_add(threads[i].thread, pid, (const char *)threads[i].name);
	}
}

// --- Calls ------------------------------------------------------------------------------------

static void call_name(char name[96], const struct thread *thread)
{
	unsigned number = thread->call & 255, object = thread->call >> 8 & 255;
	unsigned method = thread->call >> 16 & 255;
	const char *what = NAME_OF(syscall_names, number);
	for (size_t i = 0; object && i < COUNT(method_names); i++)
		if (method_names[i].object == object && method_names[i].method == method)
			what = method_names[i].name;
	snprintf(name, 96, "%s%s%s", what, thread->message[0] ? " " : "", thread->message);
}

static void call_put(struct thread *thread, uint64_t end, int64_t status, bool finished)
{
	char name[96];
	call_name(name, thread);
	slice_open(name, thread->pid, thread->id, thread->begin_ns, end);
	output_format(json.to, ",\"args\":{\"argument\":\"0x%" PRIx64 "\"", thread->handle);
	if (finished && status <= 0 && -status < (int64_t)COUNT(error_names))
		output_format(
			json.to, ",\"status\":\"%s\"", NAME_OF(error_names, (uint64_t)-status));
	if (!finished)
		output_string(json.to, ",\"unfinished\":true");
	output_char(json.to, '}');
	event_close();
	thread->in_call = false;
	thread->last_ns = end;
}

static void call_begin(const struct trace_entry *entry)
{
	struct thread *thread = thread_get(entry->thread);
	// Clocks of CPUs may differ by a little: a thread's calls never overlap.
	thread->begin_ns = entry->time_ns > thread->last_ns ? entry->time_ns : thread->last_ns;
	thread->call = entry->a;
	thread->handle = entry->b;
	thread->message[0] = 0;
	thread->in_call = true;
}

static void call_end(const struct trace_entry *entry)
{
	struct thread *thread = thread_get(entry->thread);
	if (thread->in_call)
		call_put(thread,
			entry->time_ns > thread->begin_ns ? entry->time_ns : thread->begin_ns,
			(int64_t)entry->a, true);
}

// --- Messages ---------------------------------------------------------------------------------

static void flow_put(const char *phase, uint64_t id, const struct thread *thread, uint64_t ns)
{
	event_open(phase, "message", thread->pid, thread->id);
	time_put("ts", ns);
	output_format(json.to, ",\"cat\":\"ipc\",\"id\":%" PRIu64 "%s", id,
		*phase == 'f' ? ",\"bp\":\"e\"" : "");
	event_close();
}

static void message_put(const struct trace_entry *entry)
{
	uint64_t sender = entry->a >> 32, label = entry->b >> 32;
	(void)thread_get(sender); // adding one may move them
	struct thread *to = thread_get(entry->a & 0xffffffff);
	struct thread *from = thread_get(sender);
	if (from->in_call && from->name && to->name)
		for (size_t i = 0; i < COUNT(protocol_names); i++)
			if (protocol_names[i].method == label >> METHOD_SHIFT &&
				strcmp(protocol_names[i].service, to->name) == 0)
				snprintf(from->message, sizeof from->message, "%s.%s", to->name,
					protocol_names[i].name);
	json.messages++;
	flow_put("s", json.messages, from, entry->time_ns);
	flow_put("f", json.messages, to, entry->time_ns);
}

// --- CPUs -------------------------------------------------------------------------------------

static void cpu_stretch_end(unsigned number, uint64_t now)
{
	struct cpu *cpu = &json.cpus[number];
	if (!cpu->thread)
		return;
	const struct thread *thread = thread_get(cpu->thread);
	slice_open(thread->name ? thread->name : "unknown", PID_CPUS, PID_CPUS + number,
		cpu->begin_ns, now);
	output_format(json.to, ",\"args\":{\"thread\":%" PRIu64 ",\"process\":%" PRIu64 "}",
		thread->id, thread->pid);
	event_close();
}

static void cpu_begin(const struct trace_entry *entry)
{
	struct cpu *cpu = &json.cpus[entry->cpu];
	char name[16];
	snprintf(name, sizeof name, "CPU %u", (unsigned)entry->cpu);
	metadata_put("thread_name", PID_CPUS, PID_CPUS + entry->cpu, name);
	*cpu = (struct cpu){.begin_ns = entry->time_ns, .thread = entry->thread, .seen = true};
}

static void cpu_switch(const struct trace_entry *entry)
{
	struct cpu *cpu = &json.cpus[entry->cpu];
	cpu_stretch_end(entry->cpu, entry->time_ns);
	cpu->begin_ns = entry->time_ns;
	cpu->thread = entry->a;
}

static void instant_put(
	const char *name, uint64_t pid, uint64_t tid, const struct trace_entry *entry)
{
	event_open("i", name, pid, tid);
	time_put("ts", entry->time_ns);
	output_format(json.to,
		",\"s\":\"t\",\"args\":{\"a\":\"0x%" PRIx64 "\",\"b\":\"0x%" PRIx64 "\"}", entry->a,
		entry->b);
	event_close();
}

static void fault_put(const struct trace_entry *entry)
{
	char name[48];
	const struct thread *thread = thread_get(entry->thread);
	snprintf(name, sizeof name, "%s fault", NAME_OF(fault_names, entry->b));
	instant_put(name, thread->pid, thread->id, entry);
}

static void interrupt_put(const struct trace_entry *entry)
{
	char name[48];
	snprintf(name, sizeof name, "irq line %u", (unsigned)entry->b);
	instant_put(name, PID_CPUS, PID_CPUS + entry->cpu, entry);
}

// --- All --------------------------------------------------------------------------------------

static void entry_put(const struct trace_entry *entry)
{
	if (entry->cpu >= CPUS)
		return;
	if (!json.cpus[entry->cpu].seen)
		cpu_begin(entry);
	switch (entry->event) {
	case EVENT_SYSCALL_ENTER:
		call_begin(entry);
		break;
	case EVENT_SYSCALL_EXIT:
		call_end(entry);
		break;
	case EVENT_SWITCH:
		cpu_switch(entry);
		break;
	case EVENT_IRQ:
		interrupt_put(entry);
		break;
	case EVENT_FAULT:
		fault_put(entry);
		break;
	case EVENT_IPC:
		message_put(entry);
		break;
	default:
		instant_put(
			NAME_OF(event_names, entry->event), PID_CPUS, PID_CPUS + entry->cpu, entry);
	}
}

// Of equal times, each CPU's own order stays.
static int by_time(const void *left, const void *right)
{
	const struct trace_entry *a = left, *b = right;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->cpu != b->cpu)
		return a->cpu < b->cpu ? -1 : 1;
	return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static void rest_put(uint64_t end)
{
	for (unsigned i = 0; i < CPUS; i++)
		if (json.cpus[i].seen)
			cpu_stretch_end(i, end);
	for (size_t i = 0; i < json.count; i++)
		if (json.threads[i].in_call)
			call_put(&json.threads[i], end, 0, false);
}

void trace_json(struct output *to, struct trace_entry *entries, size_t count,
	const struct thread_record *threads, size_t thread_count)
{
	json.to = to;
	qsort(entries, count, sizeof *entries, by_time);
	output_string(to, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
	threads_name(threads, thread_count);
	for (size_t i = 0; i < count; i++)
		entry_put(&entries[i]);
	rest_put(count ? entries[count - 1].time_ns : 0);
	output_string(to, "\n]}\n");
	free(json.threads);
}
