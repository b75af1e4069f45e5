x=1; export x; sh -c 'echo $x'; y=2; sh -c 'echo "<$y>"'; y=3 sh -c 'echo $y'; echo $y
export z=4; sh -c 'echo $z'; unset z; sh -c 'echo "<$z>"'
set -- a b c; shift; echo $# $1; shift 2; echo $#; set a b; echo "$@"; set -- -x; echo $1
readonly r=5; (r=6) 2>/dev/null; echo $? $r
while getopts ab:c o -a -b val -c rest; do echo "$o"; done; echo $OPTIND
OPTIND=1; while getopts xy: o -xyv foo; do echo "$o"; done; echo $OPTIND
printf 'a b\\c d\n' > in; read p q < in; echo "$p|$q"; read -r p q < in; printf '%s|%s\n' "$p" "$q"
printf 'l1\nl2' > in; { read a; read b; echo $? $a $b; } < in
echo 'a:b:c' > in; IFS=: read a b < in; echo "$a $b"; IFS=: read a b c d < in; echo "$a $b $c <$d>"
echo '  x  y  ' > in; read a < in; echo "<$a>"; read a b < in; echo "<$a><$b>"
. ./lib.sh; echo $? $sourced; f arg; unset -f f; f 2>/dev/null; echo $?
trap 'echo bye' EXIT
set -u; (echo $undefined) 2>/dev/null; echo $?; set +u
eval 'echo a; echo b'; eval; echo $?
command -v cd; command echo via command
sh script.sh one 'two three'; echo $?; sh -c 'echo $0 $1' name arg
echo $- | tr -cd 'e'; cd dir; cd ..; cd dir/sub; cd - >/dev/null; ls dir; exit 9
