cat words.txt | sort | head -n 2
cat words.txt | while read l; do echo "<$l>"; done
echo a b c | { read x y; echo "$y-$x"; }
printf '%s\n' 3 1 2 | sort -n | tr '\n' ' '; echo
x=1; echo 2 | read x; echo $x
f() { while read l; do echo "f $l $1"; done; }; v=shared; cat words.txt | f arg
cat words.txt | (read a; read b; echo $b $a)
true | false; echo $?; false | true; echo $?; ! true | false; echo $?
cat <<A | tr a-z A-Z
here $v
A
(echo sub; echo shell) | cat
cat words.txt | if grep -q beta; then echo found; else echo lost; fi
set -- p q; echo z | (cat; echo "$@" $#)
echo 1 | sed s/1/one/ 2>/dev/null | wc -c | tr -d ' ' >/dev/null; echo
yes | head -n 3
