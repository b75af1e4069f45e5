#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Installs the Debian packages of mk/packages.txt that are missing, and says which.
# usage: deps.sh [--check]     --check only reports; its status is 1 if something is missing

set -eu
list="$(dirname "$0")/../mk/packages.txt"

command -v dpkg-query >/dev/null || {
	echo "deps: this is no Debian system. Install by hand what mk/packages.txt names." >&2
	exit 1
}

missing=""
for package in $(sed 's/#.*//' "$list"); do
	state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "Missing packages:$missing"
[ "${1:-}" != --check ] || exit 1

run=""
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "deps: run as root: apt-get install --no-install-recommends$missing" >&2
		exit 1
	}
	run=sudo
fi

# shellcheck disable=SC2086
install() {
	$run env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
}
echo "Installing them with apt-get."
install || { $run apt-get update && install; } || {
	echo "deps: apt-get could not install:$missing" >&2
	exit 1
}
