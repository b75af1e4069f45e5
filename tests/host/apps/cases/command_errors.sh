nope 2>/dev/null; echo $?
dir 2>/dev/null; ./dir 2>/dev/null; echo $?
./words.bin 2>/dev/null; printf '\0\1\2' > binary; ./binary 2>/dev/null; echo $?
{ ./dir; } 2>&1 | cut -d: -f3-
{ nope; } 2>&1 | cut -d: -f3-
sh -c 'if' 2>/dev/null; echo $?
crash divide 2>&1; echo $?
crash unreachable 2>&1; echo $?
crash bounds 2>&1; echo $?
crash exit; echo $?
./script.sh arg; echo $?
cat > d.sh <<'X'
f() { f; }; f
X
sh d.sh 2>/dev/null; echo $((128 * ($? != 0)))
echo after
