#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Runs a libFuzzer program for a bounded time. New inputs are kept below build/fuzz.
# usage: fuzz.sh program seconds

set -eu
name=$(basename "$1")
corpus="${BUILD:-build}/fuzz/$name"
mkdir -p "$corpus"
exec "$1" -max_total_time="$2" -max_len=65536 -rss_limit_mb=1024 -print_final_stats=1 \
	-artifact_prefix="$corpus-crash-" -seed=1 "$corpus"
