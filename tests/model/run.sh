#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Checks a spin model exhaustively: run.sh model.pml work-folder
# Success: the whole state space was searched without an error.

set -eu
model=$(realpath "$1")
work=$2
mkdir -p "$work"
cd "$work"
spin -a "$model" >spin.log
cc -O2 -w -DSAFETY -DCOLLAPSE -DMEMLIM=1500 -o pan pan.c
timeout 60 ./pan -m200000 -n >pan.log || { cat pan.log; exit 1; }
cat pan.log
grep -q 'errors: 0' pan.log
! grep -q 'max search depth too small\|Search not completed' pan.log
