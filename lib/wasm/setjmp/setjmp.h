// SPDX-License-Identifier: MIT OR Apache-2.0
// setjmp and longjmp for wasm32 (C23 7.13), which WASI's C library lacks. The compiler turns calls
// of setjmp into the functions of setjmp.c; longjmp throws a WebAssembly exception. Compile with
// -mllvm -wasm-enable-sjlj -mexception-handling, and link setjmp.o.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned long jmp_buf[4];

__attribute__((returns_twice)) int setjmp(jmp_buf);
_Noreturn void longjmp(jmp_buf, int);

// There is no signal mask.
typedef jmp_buf sigjmp_buf;
#define setjmp                 setjmp
#define _setjmp(buf)           setjmp(buf)
#define _longjmp(buf, value)   longjmp(buf, value)
#define sigsetjmp(buf, save)   ((void)(save), setjmp(buf))
#define siglongjmp(buf, value) longjmp(buf, value)

#ifdef __cplusplus
}
#endif
