# SPDX-License-Identifier: MIT OR Apache-2.0
# The first task.

$(eval $(call program,init,services/init/init.c,init))
