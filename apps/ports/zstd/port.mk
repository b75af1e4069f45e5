# SPDX-License-Identifier: MIT OR Apache-2.0
# zstd's command line: compression and decompression, without threads, benchmarks and dictionary builder.

ZSTD_FILES := $(addprefix lib/common/,debug.c entropy_common.c error_private.c fse_decompress.c pool.c threading.c \
		xxhash.c zstd_common.c) \
	$(addprefix lib/compress/,fse_compress.c hist.c huf_compress.c zstd_compress.c zstd_compress_literals.c \
		zstd_compress_sequences.c zstd_compress_superblock.c zstd_double_fast.c zstd_fast.c zstd_lazy.c \
		zstd_ldm.c zstd_opt.c zstdmt_compress.c) \
	$(addprefix lib/decompress/,huf_decompress.c zstd_ddict.c zstd_decompress.c zstd_decompress_block.c) \
	$(addprefix programs/,fileio.c fileio_asyncio.c timefn.c util.c zstdcli.c)
ZSTD := $(BUILD)/source/zstd
$(eval $(call source,zstd,$(ZSTD_FILES)))
$(eval $(call port,zstd,$(addprefix $(ZSTD)/,$(ZSTD_FILES)),-Os -I$(ZSTD)/lib -I$(ZSTD)/lib/common -I$(ZSTD)/programs \
	-DZSTD_NOBENCH -DZSTD_NODICT -DZSTD_NOTRACE -DZSTD_LEGACY_SUPPORT=0 -DXXH_NAMESPACE=ZSTD_ -DZSTD_DISABLE_ASM))
