# SPDX-License-Identifier: MIT OR Apache-2.0
# Parts of libsodium, for every variant: SODIUM_HASH and SODIUM_SIGNATURE are sources that programs name among their own.

SODIUM        := $(BUILD)/source/sodium/src/libsodium
SODIUM_HASHES := $(addprefix crypto_generichash/blake2b/ref/,blake2b-ref.c blake2b-compress-ref.c generichash_blake2b.c)
SODIUM_SIGNS  := crypto_sign/ed25519/ref10/open.c crypto_sign/ed25519/ref10/sign.c \
	crypto_core/ed25519/ref10/ed25519_ref10.c crypto_hash/sha512/cp/hash_sha512_cp.c crypto_verify/sodium/verify.c
$(eval $(call source,sodium,$(addprefix src/libsodium/,$(SODIUM_HASHES) $(SODIUM_SIGNS))))

# Made into operations on pairs of numbers BLAKE2b takes more instructions, not fewer. And one loader is compiled for
# Windows' ABI, but not by Microsoft's compiler.
FOREIGN_sodium := -Ilib/sodium/include -I$(SODIUM)/include/sodium -ffunction-sections -fdata-sections -DHAVE_TI_MODE \
	-fno-vectorize -fno-slp-vectorize \
	-DNATIVE_LITTLE_ENDIAN -DCONFIGURED=1 -U_MSC_VER

SODIUM_HASH      := lib/hash/blake2b.c lib/sodium/support.c $(addprefix $(SODIUM)/,$(SODIUM_HASHES))
SODIUM_SIGNATURE := lib/signature/ed25519.c lib/sodium/support.c $(addprefix $(SODIUM)/,$(SODIUM_SIGNS))
