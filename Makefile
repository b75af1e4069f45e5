# SPDX-License-Identifier: MIT OR Apache-2.0
# Craton's build. `make help` lists what it can do.
#
# mk/        tools, flags and rules
# */*.mk     each component says what it consists of, with the functions of mk/rules.mk
# build/     everything that is made; `make clean` removes it

BUILD ?= build
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

DEPS      := $(BUILD)/.deps
GENERATED := $(BUILD)/gen/.stamp

include mk/tools.mk
include mk/flags.mk
include mk/rules.mk

# Engines of files come before who runs them.
ENGINES    := $(foreach engine,ext4 fat exfat iso9660,services/$(engine)/service.mk)
COMPONENTS := $(wildcard lib/sodium/sodium.mk drivers/drivers.mk lib/lib.mk kernel/kernel.mk boot/boot.mk) $(ENGINES) \
	$(filter-out $(ENGINES),$(wildcard services/*/service.mk)) $(wildcard \
	drivers/*/driver.mk wasm/wasm.mk apps/apps.mk apps/native/native.mk apps/ports/ports.mk tests/*.mk tests/system/spec/spec.mk)
include $(COMPONENTS)
include mk/image.mk mk/targets.mk
