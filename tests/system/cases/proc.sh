# SPDX-License-Identifier: MIT OR Apache-2.0
for p in /proc/*; do cat $p/name; cat $p/parent >/dev/null; done
ls /proc/32; cat /proc/32/name /proc/32/parent; wc -l </proc/32/memory
ls /proc >a; wc -l <a; sleep 60 & ls /proc >b; wc -l <b; kill $!; wait; ls /proc >c; cmp -s b c; echo $?; wc -l <c
echo x >/proc/32/name; rm /proc/32/name; mkdir /proc/1; cat /proc/1/name; echo $?
cd /proc/32 && cat name; cd ../.. && pwd
