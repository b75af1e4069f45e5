# SPDX-License-Identifier: MIT OR Apache-2.0
"""syscall.h: user-side stubs (C23, x86-64), and the headers of the service protocols."""

import ctext

PROLOGUE = """\
#pragma once

#include "abi/abi.h"

// Registers. In: rax number; rdi, rsi, rdx, rbx arguments 0..3; r8, r9, r10, r12, r13, r14 words.
// Out: rax status; rdi badge; rsi info; rdx result or notification bits; the words.
// rcx, r11, r15 and rbx are lost, and in calls that can block all vector registers.

struct message {
	uint64_t info;  // message_info(); in: what to send, out: what was received
	uint64_t badge; // out: of the capability that the sender used
	uint64_t extra; // out: bits of a bound notification (then there is no message)
	uint64_t words[6];
};

#define ABI_VECTOR_CLOBBERS \\
	, "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \\
		"xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
#define ABI_NO_CLOBBERS

// Defines a function that enters the kernel with four arguments and the words of `m`, and
// stores what comes back there.
#define ABI_DEFINE_ENTER(function, clobbers) \\
	[[nodiscard, gnu::always_inline]] static inline status_t function(uint64_t number, \\
		uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, struct message *m) \\
	{ \\
		register uint64_t r8 __asm__("r8") = m->words[0]; \\
		register uint64_t r9 __asm__("r9") = m->words[1]; \\
		register uint64_t r10 __asm__("r10") = m->words[2]; \\
		register uint64_t r12 __asm__("r12") = m->words[3]; \\
		register uint64_t r13 __asm__("r13") = m->words[4]; \\
		register uint64_t r14 __asm__("r14") = m->words[5]; \\
		__asm__ volatile("syscall" \\
			: "+a"(number), "+D"(a0), "+S"(a1), "+d"(a2), "+b"(a3), "+r"(r8), "+r"(r9), \\
			  "+r"(r10), "+r"(r12), "+r"(r13), "+r"(r14) \\
			: \\
			: "rcx", "r11", "r15", "memory", "cc" clobbers); \\
		m->badge = a0; \\
		m->info = a1; \\
		m->extra = a2; \\
		m->words[0] = r8; \\
		m->words[1] = r9; \\
		m->words[2] = r10; \\
		m->words[3] = r12; \\
		m->words[4] = r13; \\
		m->words[5] = r14; \\
		return (status_t)number; \\
	}

// The same for calls without words: only `result` (rdx) comes back.
#define ABI_DEFINE_ENTER_PLAIN(function, clobbers) \\
	[[nodiscard, gnu::always_inline]] static inline status_t function(uint64_t number, \\
		uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t *result) \\
	{ \\
		__asm__ volatile("syscall" \\
			: "+a"(number), "+D"(a0), "+S"(a1), "+d"(a2), "+b"(a3) \\
			: \\
			: "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", \\
			"cc" clobbers); \\
		*result = a2; \\
		return (status_t)number; \\
	}

ABI_DEFINE_ENTER(abi_enter, ABI_NO_CLOBBERS)
ABI_DEFINE_ENTER(abi_enter_blocking, ABI_VECTOR_CLOBBERS)
ABI_DEFINE_ENTER_PLAIN(abi_enter_plain, ABI_NO_CLOBBERS)
ABI_DEFINE_ENTER_PLAIN(abi_enter_plain_blocking, ABI_VECTOR_CLOBBERS)

"""

# Calls whose single result (rdx) has a name; the description may also name it in `results`.
RESULT_NAMES = {"wait": "bits", "futex_wake": "woken", "futex_requeue": "woken", "abi": "hash"}


def function(result, name, parameters, body, text):
    head = f"[[nodiscard]] static inline {result} {name}({', '.join(parameters) or 'void'})\n"
    return f"{ctext.comment(text)}{head}{{\n{body}}}\n"


def padded(arguments, count):
    return ", ".join([*arguments, *["0"] * (count - len(arguments))])


def message_stub(call):
    """Handles first, then the message in place of `info`, then the other numbers."""
    receives = call.name in ("call", "reply_recv", "recv")
    numbers = [a for a in call.args if a.kind != "handle" and a.name != "info"]
    parameters = [f"handle_t {a.name}" for a in call.args if a.kind == "handle"]
    parameters.append(f"{'' if receives else 'const '}struct message *m")
    parameters += [f"uint64_t {a.name}" for a in numbers]
    values = ["m->info" if a.name == "info" else a.name for a in call.args]
    enter = "abi_enter_blocking" if call.blocking else "abi_enter"
    body = "" if receives else "\tstruct message copy = *m;\n"
    body += (f"\treturn {enter}(SYSCALL_{call.name.upper()}, {padded(values, 4)}, "
             f"{'m' if receives else '&copy'});\n")
    return function("status_t", f"sys_{call.name}", parameters, body, call.text)


def plain_stub(call):
    parameters = [f"{ctext.c_type(a.kind)} {a.name}" for a in call.args]
    named = call.results[0].name if call.results else RESULT_NAMES.get(call.name)
    enter = "abi_enter_plain_blocking" if call.blocking else "abi_enter_plain"
    body = f"\tuint64_t ignored;\n" if not named else ""
    if named:
        parameters.append(f"uint64_t *{named}")
    body += (f"\treturn {enter}(SYSCALL_{call.name.upper()}, "
             f"{padded([a.name for a in call.args], 4)}, {named or '&ignored'});\n")
    return function("status_t", f"sys_{call.name}", parameters, body, call.text)


def invoke_stub(call):
    body = "\treturn abi_enter(SYSCALL_INVOKE, object, method, 0, 0, m);\n"
    return function("status_t", "sys_invoke",
                    ["handle_t object", "uint64_t method", "struct message *m"], body,
                    call.text + " Arguments and results are in `m`: words; the first result in "
                    "`extra`.")


def syscall_stub(call):
    if call.name == "invoke":
        return invoke_stub(call)
    return message_stub(call) if call.words else plain_stub(call)


def method_stub(method):
    """Results go out through pointers, last; null means: not wanted."""
    parameters = [f"handle_t {method.object}"]
    parameters += [f"{ctext.c_type(a.kind)} {a.name}" for a in method.args]
    parameters += [f"uint64_t *{r.name}" for r in method.results]
    words = ", ".join(a.name for a in method.args)
    body = f"\tstruct message m = {{.words = {{{words}}}}};\n"
    constant = f"METHOD_{method.object.upper()}_{method.name.upper()}"
    call = f"sys_invoke({method.object}, {constant}, &m)"
    if not method.results:
        body += f"\treturn {call};\n"
    else:
        body += f"\tstatus_t status = {call};\n"
        for place, result in enumerate(method.results):
            source = "m.extra" if place == 0 else f"m.words[{place - 1}]"
            body += f"\tif ({result.name})\n\t\t*{result.name} = {source};\n"
        body += "\treturn status;\n"
    return function("status_t", f"{method.object}_{method.name}", parameters, body, method.text)


def syscall_h(abi):
    out = ctext.banner("abi/kernel.toml", "System calls and methods for user programs (x86-64, C23).")
    out += PROLOGUE + "\n".join(syscall_stub(s) for s in abi.syscalls)
    return out + "\n" + "\n".join(method_stub(m) for m in abi.methods)


# --- service protocols ------------------------------------------------------------------------


def protocol_h():
    """What every protocol's header needs."""
    out = ctext.banner("abi/gen/model.py", "Common to all service protocols.")
    out += '#pragma once\n\n#include "abi/abi.h"\n\n'
    return out + ctext.c_enum("restart_class", [
        ("RESTART_PURE", 0), ("RESTART_REPLAY", 1), ("RESTART_ONCE", 2)],
        "What a repeated request may do: nothing new, nothing harmful, or it must be recognised.")


def lookup(result, name, rows, fallback):
    """A function from a method's number to something constant."""
    cases = "".join(f"\tcase {number}:\n\t\treturn {value};\n" for number, value in rows)
    return (f"static inline {result}{name}(uint64_t method)\n{{\n\tswitch (method) {{\n{cases}"
            f"\tdefault:\n\t\treturn {fallback};\n\t}}\n}}\n")


def words_struct(name, params):
    """Arguments or results as they lie in a message's words; nothing for none."""
    fields = "".join(f"\t{ctext.c_type(p.kind)} {p.name};\n" for p in params)
    return f"struct {name} {{\n{fields}}};\n" if params else ""


def service_lookups(service):
    names = [(m.number, f'"{m.name}"') for m in service.methods]
    classes = [(m.number, f"RESTART_{m.restart.upper()}") for m in service.methods]
    return "\n".join([
        "// \"?\" for a number that is no method.\n"
        + lookup("const char *", f"{service.name}_method_name", names, '"?"'),
        "// RESTART_PURE for a number that is no method: repeating it does no harm.\n"
        + lookup("enum restart_class ", f"{service.name}_restart_class", classes, "RESTART_PURE")])


def service_words(service):
    structs = [text for m in service.methods
               for text in (words_struct(f"{service.name}_{m.name}_args", m.args),
                            words_struct(f"{service.name}_{m.name}_results", m.results)) if text]
    return "// Arguments and results, in the order of the message's words.\n" + "\n".join(structs)


def service_h(service):
    upper = service.name.upper()
    out = ctext.banner(f"abi/services/{service.name}.toml", service.text)
    out += '#pragma once\n\n#include "abi/protocol.h"\n\n'
    out += f"#define {upper}_PROTOCOL_ID {service.id}\n\n"
    out += ctext.c_enum(f"{service.name}_method",
                        [(f"{upper}_{m.name.upper()}", m.number) for m in service.methods])
    out += "\n// X(name, number, restart class, argument count, result count)\n"
    out += ctext.list_macro(f"{upper}_METHOD_LIST", [
        f"{m.name}, {m.number}, RESTART_{m.restart.upper()}, {len(m.args)}, {len(m.results)}"
        for m in service.methods])
    parts = [service_lookups(service), ctext.types(service.structs, service.enums),
             service_words(service)]
    return out + "\n" + "\n".join(p for p in parts if p)
