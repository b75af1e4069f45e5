# SPDX-License-Identifier: MIT OR Apache-2.0
# The supervisor, and the manifests that it reads.

$(eval $(call program,supervisor,services/supervisor/supervisor.c services/supervisor/machine.c,svc/supervisor))

MANIFESTS := $(sort $(wildcard services/*/manifest.toml drivers/*/manifest.toml))
$(BUILD)/manifests: $(MANIFESTS) tools/manifest.py $(GENERATED)
	$(call say,GEN,$@)
	$(Q)$(PYTHON) tools/manifest.py --abi abi --out $@ $(MANIFESTS)

$(eval $(call bundle_file,manifests,$(BUILD)/manifests))
