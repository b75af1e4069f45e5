# SPDX-License-Identifier: MIT OR Apache-2.0
# How things are built, and the functions with which a component's .mk says what there is:
#
#   $(call objects,VARIANT,SOURCES)              the objects of some sources
#   $(eval $(call program,NAME,SOURCES,PLACE))   a user program; PLACE is its path in the bundle;
#                                                libraries besides the common ones: PROGRAM_LIBS_NAME
#   $(eval $(call bundle_file,PLACE,FILE))       any file for the bundle
#   $(eval $(call host_test,NAME,SOURCES,FLAGS)) a cmocka program, run by `make test`
#   $(eval $(call fuzzer,NAME,SOURCES,FLAGS,LIBS)) a libFuzzer program, run briefly by `make test`
#   $(eval $(call add_test,NAME,COMMAND,NEEDS))  anything else that `make test` shall run
#   $(eval $(call add_bench,NAME,COMMAND,NEEDS)) a benchmark
#
# Sources below $(BUILD)/gen and $(BUILD)/source are named with that prefix.
#
#   $(eval $(call source,NAME,FILES))            files of a line of mk/sources.txt, below $(BUILD)/source/NAME

VARIANTS := kernel user pvh uefi

objects = $(foreach s,$(2),$(BUILD)/obj/$(1)/$(basename $(patsubst $(BUILD)/%,%,$(s))).o)

# Sources of others (mk/sources.txt) have flags of their own: FOREIGN_NAME; their warnings are not ours.
foreign_name = $(firstword $(subst /, ,$(patsubst $(BUILD)/source/%,%,$(1))))
foreign = $(if $(filter $(BUILD)/source/%,$(1)),-w $(FOREIGN_$(call foreign_name,$(1))))

# $(1): folder below obj/, $(2): flags
define compile_rules
$(BUILD)/obj/$(1)/%.o: %.c mk/flags.mk | $(GENERATED)
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$$(Q)$$(CC) $(2) -MMD -MP -c -o $$@ $$<
$(BUILD)/obj/$(1)/%.o: %.S mk/flags.mk | $(GENERATED)
	@mkdir -p $$(@D)
	$$(call say,AS,$$<)
	$$(Q)$$(CC) $(2) -D__ASSEMBLER__=1 -MMD -MP -c -o $$@ $$<
$(BUILD)/obj/$(1)/%.o: $(BUILD)/%.c mk/flags.mk | $(GENERATED)
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$$(Q)$$(CC) $$(call foreign,$$<) $(2) -MMD -MP -c -o $$@ $$<
endef
$(foreach v,$(VARIANTS),$(eval $(call compile_rules,$(v),$$(CFLAGS_$(v)))))

ARCHIVES ?= build/archives

define source
$(BUILD)/source/$(1)/.stamp: mk/sources.txt tools/source.py | $(DEPS)
	$$(call say,SOURCE,$(1))
	$$(Q)$(PYTHON) tools/source.py $(1) $$(@D) $(ARCHIVES)
	@touch $$@
$(addprefix $(BUILD)/source/$(1)/,$(2)): $(BUILD)/source/$(1)/.stamp ;
endef

# An unchanged generated file keeps its time stamp, so nothing is rebuilt for it.
$(BUILD)/gen/%: $(GENERATED) ;

# --- user programs and the bundle -----------------------------------------------------------------

BUNDLE_FILES :=
BUNDLE_SPECS :=

# Symbols stay in the file beside it; what is loaded needs none.
%.stripped: %
	$(Q)$(OBJCOPY) --strip-all $< $@

define bundle_file
BUNDLE_FILES += $(2)
BUNDLE_SPECS += $(1)=$(2)
endef

define program
$(BUILD)/user/$(1): $$(call objects,user,$(2)) $$(PROGRAM_LIBS_$(1)) $$(USER_LIBS)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(LD) $$(LDFLAGS_pie) -o $$@ $$^
$(if $(3),$(call bundle_file,$(3),$(BUILD)/user/$(1).stripped))
endef

# --- tests ----------------------------------------------------------------------------------------

TEST_NEEDS :=
TEST_LINES :=
BENCH_NEEDS :=
BENCH_LINES :=
define newline


endef

# A test is a line `name<TAB>command`; success is exit status 0.
wanted = $(if $(T),$(findstring $(T),$(1)),yes)
define add_test
TEST_NEEDS += $(if $(call wanted,$(1)),$(3))
TEST_LINES += $(1)	$(2)$$(newline)
endef

# The same for `make bench`; the command prints lines `name value unit`.
define add_bench
BENCH_NEEDS += $(3)
BENCH_LINES += $(1)	$(2)$$(newline)
endef

# Programs with the same flags share their objects: a folder for each set of flags, named after it.
FLAG_FOLDERS :=
space := $(subst ,, )
flag_folder = $(1)/flags$(subst =,,$(subst ",,$(subst ',,$(subst /,_,$(subst $(space),,$(strip $(2)))))))
define host_objects
ifeq ($(filter $(1),$(FLAG_FOLDERS)),)
FLAG_FOLDERS += $(1)
$(call compile_rules,$(1),$(2))
endif
endef

# $(1): kind, $(2): name, $(3): sources, $(4): flags, $(5): libraries
define host_program
$(call host_objects,$(call flag_folder,$(1),$(4)),$$(CFLAGS_$(1)) $(4))
$(BUILD)/tests/$(1)/$(2): $(call objects,$(call flag_folder,$(1),$(4)),$(3))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(CFLAGS_$(1)) -o $$@ $$^ $(5)
endef

define host_test
$(call host_program,host,$(1),$(2),$(3),-lcmocka -lm)
$(call add_test,host/$(1),$(BUILD)/tests/host/$(1),$(BUILD)/tests/host/$(1))
endef

FUZZ_SECONDS ?= 5
define fuzzer
$(call host_program,fuzz,$(1),$(2),$(3),$(4))
$(call add_test,fuzz/$(1),tools/fuzz.sh $(BUILD)/tests/fuzz/$(1) $(FUZZ_SECONDS),$(BUILD)/tests/fuzz/$(1))
endef

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
