x=1; y='it'"'"'s'; f() { echo "f $1 $x $y"; }; g() { cat <<E
here $x
E
}
echo go | { read w; f $w; g; echo "$y" "$#"; x=2; }; echo $x
set -- 'a  b' c; echo | { cat; echo "$1" $#; for i; do echo "<$i>"; done; shift; echo $1; }
readonly r=ro; echo | { echo $r; }; export e=exp; echo | { sh -c 'echo $e'; }
v=$(f in | tr a-z A-Z); echo "$v"; v=$(g; x=9; echo $x); echo "$v" $x
(cd dir; ls) | sort; ls | wc -l | tr -d ' ' > count; (exit 3); echo $?; (exit 3) | cat; echo $?
exec 5> five; echo | { cat; echo to5 >&5; }; exec 5>&-; cat five
echo a | while read l; do case $l in a) echo got a;; esac; if true; then (echo inner); fi; done
{ echo 1; echo 2; } | { while read n; do s=$((s+n)); done; echo $s; }
a=$(echo x | { read q; echo "$q$q"; }); echo $a; echo $(echo $(echo $(f deep)))
set -e; echo $(false; echo not reached) end; (set +e; false; echo in); echo | false || echo caught
