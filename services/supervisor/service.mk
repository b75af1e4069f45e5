# SPDX-License-Identifier: MIT OR Apache-2.0
# The supervisor, and the manifests that it reads.

$(eval $(call program,supervisor,$(wildcard services/supervisor/*.c) $(SODIUM_SIGNATURE),svc/supervisor))
$(BUILD)/obj/user/services/supervisor/signature.o: USER_CFLAGS += --embed-dir=$(dir $(DRIVER_KEY))
$(BUILD)/obj/user/services/supervisor/signature.o: $(DRIVER_KEY)

MANIFESTS := $(filter-out services/echo/%,$(sort $(wildcard services/*/manifest.toml \
	drivers/*/manifest.toml)))
$(BUILD)/manifests: $(MANIFESTS) services/supervisor/service.mk tools/manifest.py $(GENERATED)
	$(call say,GEN,$@)
	$(Q)$(PYTHON) tools/manifest.py --abi abi --out $@ $(MANIFESTS)

$(eval $(call bundle_file,manifests,$(BUILD)/manifests))
