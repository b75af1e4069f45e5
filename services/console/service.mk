# SPDX-License-Identifier: MIT OR Apache-2.0
# The console service: serial port and terminal.

$(eval $(call program,console,$(addprefix services/console/,main.c terminal.c uart.c ports.c),svc/console))

$(eval $(call host_test,terminal,tests/host/services/terminal_test.c services/console/terminal.c \
	tests/host/services/estate_host.c,-Ilib/include -Iservices/console -Itests/host/services))
$(eval $(call host_test,uart,tests/host/services/uart_test.c services/console/uart.c services/console/terminal.c \
	tests/host/services/estate_host.c,-Ilib/include -Iservices/console -Itests/host/services))
