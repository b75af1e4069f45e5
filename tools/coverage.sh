#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Prints line and branch coverage of the host tests that were run in a build folder with COVERAGE=1.
# usage: coverage.sh build/coverage

set -eu
build=$1
llvm-profdata-19 merge -sparse -o "$build/all.profdata" $(find "$build/log/tests" -name '*.profraw')
objects=""
for program in "$build"/tests/host/*; do
	[ ! -x "$program" ] || objects="$objects -object $program"
done
# shellcheck disable=SC2086
llvm-cov-19 report --show-functions=false --show-region-summary=false \
	--instr-profile="$build/all.profdata" --ignore-filename-regex='(^|/)(tests|gen)/' ${objects# -object}
