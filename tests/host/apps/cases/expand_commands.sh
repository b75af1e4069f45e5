echo $(echo a b) "$(echo 'c  d')" `echo e`
x=$(cat words.txt); echo "$x"
echo "$(echo "nested $(echo deep "$(echo er)")")"
y=`echo \`echo back\``; echo $y
echo $(cat words.txt | sort | head -n 2)
echo "lines: $(cat words.txt | wc -l | tr -d ' ')"
false; echo "$?"; x=$(false); echo $?; x=$(exit 5); echo $?
echo $(for i in 1 2 3; do echo $i; done)
f() { echo "f:$1"; }; echo $(f arg) $(f "$(f in)")
v=outer; echo $(v=inner; echo $v) $v
echo "$(case x in x) echo yes;; esac)"
echo $(( $(echo 3) + `echo 4` ))
cat <<X
body $(echo cmd) $v \$v `echo bq` $((1+1))
X
cat <<'X'
literal $v $(echo no)
X
cat <<-X
	tabs $v
	X
echo pre$(printf 'a\n\n\n')post
