# SPDX-License-Identifier: MIT OR Apache-2.0
# The process service.

$(eval $(call program,process,$(addprefix services/process/,main.c table.c start.c runtime_image.c \
	session.c peers.c program_file.c native.c),svc/process))

$(eval $(call add_test,system/limits,$(PYTHON) tests/system/limits_test.py,$(LOADER) $(BUILD)/craton.bundle))
