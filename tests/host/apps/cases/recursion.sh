f() { f; }
(f) 2>&1 | cut -d: -f3-
g() { echo "$(g)"; }
h() { [ $1 -eq 0 ] && echo bottom || h $(($1 - 1)); }
h 60
cat > self.sh <<'E'
. ./self.sh
E
(. ./self.sh) 2>&1 | cut -d: -f3- | head -c 60; echo
s='a'; i=0
while [ $i -lt 300 ]; do s='${x:-'"$s"'}'; i=$((i+1)); done
(eval "echo $s") 2>/dev/null; echo $?
s=1; i=0
while [ $i -lt 300 ]; do s="($s)"; i=$((i+1)); done
(echo $(($s))) 2>/dev/null; echo $?
