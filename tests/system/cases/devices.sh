# SPDX-License-Identifier: MIT OR Apache-2.0
cat </dev/zero | head -c 5 | wc -c; cat /dev/null; wc -c </dev/null
echo gone >/dev/null; echo $?; echo gone >>/dev/zero; echo $?; cat words.txt >/dev/null 2>&1; echo $?
head -c 40000 /dev/zero >zeros; wc -c <zeros; head -c 40000 /dev/zero | cmp - zeros; echo $?
head -c 16 /dev/random >a; head -c 16 /dev/random >b; wc -c <a; cmp -s a b; echo $?
stat /dev/null | grep -o 'character'; ls /dev | grep -x -e null -e random -e tty -e zero; [ -e /dev/null ]; echo $?
{ echo one; cat; } </dev/null | tee /dev/null
