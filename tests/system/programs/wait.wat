;; SPDX-License-Identifier: MIT OR Apache-2.0
;; memory.atomic.wait of a program in the system: ends with 0 if a wait for 30 ms gives 2 and lasts that
;; long, one for another value gives 1 at once, and nobody is there to be woken.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1 2 shared)
  (func $now (result i64)
    (drop (call $clock (i32.const 1) (i64.const 1) (i32.const 0)))
    (i64.load (i32.const 0)))
  (func (export "_start") (local $begin i64) (local $took i64)
    (local.set $begin (call $now))
    (if (i32.ne (memory.atomic.wait32 (i32.const 64) (i32.const 0) (i64.const 30000000)) (i32.const 2))
      (then (call $exit (i32.const 1))))
    (local.set $took (i64.sub (call $now) (local.get $begin)))
    (if (i64.lt_u (local.get $took) (i64.const 30000000)) (then (call $exit (i32.const 2))))
    (if (i32.ne (memory.atomic.wait64 (i32.const 64) (i64.const 5) (i64.const -1)) (i32.const 1))
      (then (call $exit (i32.const 3))))
    (if (memory.atomic.notify (i32.const 64) (i32.const -1)) (then (call $exit (i32.const 4))))
    (if (i32.ne (memory.grow (i32.const 1)) (i32.const 1)) (then (call $exit (i32.const 5))))
    (call $exit (i32.const 0))))
