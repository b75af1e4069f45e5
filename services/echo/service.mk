# SPDX-License-Identifier: MIT OR Apache-2.0
# A toy service for tests.

$(eval $(call program,echo,services/echo/echo.c,svc/echo))
