# SPDX-License-Identifier: MIT OR Apache-2.0
# Drivers are programs with a signature, which the supervisor asks for:
#
#   $(eval $(call driver,NAME,SOURCES))    the driver NAME, as `drv/NAME` and `drv/NAME.sig` of the bundle
#
# SIGNING_KEY=FILE: an Ed25519 key of your own; its public half goes into the supervisor.

SIGNING_KEY ?= drivers/keys/development.pem
DRIVER_KEY  := $(BUILD)/keys/driver.pub

# 32 bytes at the end of the standard form. An unchanged key keeps its time stamp.
$(DRIVER_KEY): FORCE
	@mkdir -p $(@D)
	@openssl pkey -in $(SIGNING_KEY) -pubout -outform DER | tail -c 32 >$@.new
	@openssl pkey -in $(SIGNING_KEY) -noout -text_pub | grep -q ED25519 || \
		{ echo "SIGNING_KEY=$(SIGNING_KEY) is no Ed25519 key: openssl genpkey -algorithm ed25519 makes one" >&2; rm -f $@.new; exit 1; }
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

%.sig: % $(DRIVER_KEY)
	$(call say,SIGN,$@)
	$(Q)openssl pkeyutl -sign -inkey $(SIGNING_KEY) -rawin -in $< -out $@

define driver
$(call program,$(1),$(2),drv/$(1))
$(call bundle_file,drv/$(1).sig,$(BUILD)/user/$(1).stripped.sig)
endef

$(eval $(call add_test,system/driver-signatures,$(PYTHON) tests/system/signature_test.py,$(BUILD)/boot/craton.elf $(BUILD)/craton.bundle))
