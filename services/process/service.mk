# SPDX-License-Identifier: MIT OR Apache-2.0
# The process service.

# The engine's identity, texts and image format; nothing of its compiler.
PROGRAM_LIBS_process := $(BUILD)/user/lib/libwasm_runtime.a
$(eval $(call program,process,$(addprefix services/process/,main.c table.c start.c image.c \
	session.c peers.c program_file.c native.c code_cache.c compile.c channel.c),svc/process))

$(eval $(call add_test,system/limits,$(PYTHON) tests/system/limits_test.py,$(LOADER) $(BUILD)/craton.bundle))
