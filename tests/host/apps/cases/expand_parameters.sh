x=hello; unset y; e=
echo ${x:-d} ${y:-d} ${e:-d} ${e-d} ${y-d} ${x:+set} ${y:+set} ${e:+set} ${e+set}
echo ${y:=assigned} $y ${#x} ${#y}
f=/usr/local/lib/a.tar.gz
echo ${f#*/} ${f##*/} ${f%.*} ${f%%.*} ${f%/*}
echo "${x}world" $x.txt "$x"'$x' \$x
set -- a 'b c' d
echo $# $1 "$2" ${3} "$*" "$@"
for i in "$@"; do echo "<$i>"; done
for i in $@; do echo "[$i]"; done
for i; do echo "($i)"; done
IFS=,; echo "$*"; v=1,2,,3; for i in $v; do echo "{$i}"; done
unset IFS
v='  a   b  '; for i in $v; do echo "|$i|"; done
echo "a${y:+"quoted $x"}b" ${z:-"two  spaces"} ${z:-'single'}
set --; for i in "$@"; do echo never; done; echo "x$@y" $#
for i in "" ''; do echo "empty<$i>"; done
echo ${10:-none} ${x%l*} ${x#h?}
a='*'; echo "$a" ${a#'*'}end
echo "${x#"he"}"
n=5; echo $((n*2+1)) $(( (n > 3) ? 10 : 20 )) $((n=7)) $n $((n%4)) $((1<<4|3)) $((-7/2)) $((0x1f)) $((010)) $((!n)) $((n==7&&1||0))
echo $((n += 3)) $n $((~0)) $(( 2 * (3 + 4) )) $(($n-1))
