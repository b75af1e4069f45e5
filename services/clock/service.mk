# SPDX-License-Identifier: MIT OR Apache-2.0
# The clock service.

$(eval $(call program,clock,services/clock/main.c services/clock/rtc.c lib/calendar/calendar.c,svc/clock))
$(eval $(call host_test,rtc,tests/host/services/rtc_test.c services/clock/rtc.c lib/calendar/calendar.c,-Iservices/clock -Ilib -Ilib/include))
