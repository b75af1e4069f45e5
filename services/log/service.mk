# SPDX-License-Identifier: MIT OR Apache-2.0
# The log service.

$(eval $(call program,log,services/log/main.c services/log/ring.c,svc/log))
$(eval $(call host_test,log_ring,tests/host/services/log_ring_test.c services/log/ring.c lib/print/print.c \
	tests/host/services/estate_host.c,-Ilib/include -Iservices/log -Itests/host/services))
