echo one > out; echo two >> out; cat < out; cat out out > both; wc -l < both | tr -d ' '
echo err >&2 2>/dev/null; { echo o; echo e >&2; } > all 2>&1; cat all
ls nope 2>/dev/null; echo $?
cat < nope 2>/dev/null; [ $? -ne 0 ] && echo failed
exec 3> three; echo to3 >&3; exec 3>&-; cat three
while read l; do echo "r $l"; done < words.txt
exec 4< words.txt; read a <&4; read b <&4; echo $a $b; exec 4<&-
f() { echo in f; echo err >&2; }; f > fo 2> fe; cat fo fe
{ echo x; } 2>&1 >/dev/null | cat
> created; [ -e created ] && echo created
echo a>b; cat b
echo n 1>out2 2>&1; cat out2
if true; then echo inif; fi > ifout; cat ifout
for i in 1 2; do echo $i; done > forout; cat forout
cat <<A <<B
first
A
second
B
read x <<E
  spaced value  
E
echo "<$x>"
exec > execout; echo hidden; cat execout >&2
