# SPDX-License-Identifier: MIT OR Apache-2.0
# Programs that the build uses, and how it reports what it does.

LLVM     ?= 19
CC       := clang-$(LLVM)
LD       := ld.lld-$(LLVM)
LLD_LINK := lld-link-$(LLVM)
AR       := llvm-ar-$(LLVM)
OBJCOPY  := llvm-objcopy-$(LLVM)
FORMAT   := clang-format-$(LLVM)
TIDY     := clang-tidy-$(LLVM)
PYTHON   := python3

# V=1 shows whole commands. $(call say,CC,path) is the short line otherwise.
ifeq ($(V),1)
Q   :=
say  = @:
else
Q   := @
say  = @printf '  %-8s %s\n' '$(1)' '$(2)'
endif

# The same source gives the same bytes: no time stamps, no paths of this machine.
ifndef SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH := $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
endif
export SOURCE_DATE_EPOCH
export LC_ALL := C
export PYTHONDONTWRITEBYTECODE := 1
