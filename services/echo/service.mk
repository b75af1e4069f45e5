# SPDX-License-Identifier: MIT OR Apache-2.0
# A toy service for tests: in their bundles only.

$(eval $(call program,echo,services/echo/echo.c,))
