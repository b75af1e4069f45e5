echo 'a  b' "c  d" e\ \ f
echo "a'b" 'a"b' "a\"b" a\"b "\$x" "\\"
echo "line
two" 'and
three'
echo a\
b
echo "a\
b"
# a comment
echo not#comment # comment
echo '' "" | cat
x='a b'; y=$x; echo "$y"; z="$x"c; echo $z
echo "$x"$x'$x'
echo {a} } { a=b
echo "`echo "in back"`"
echo ${x:-"}"} "${x#a }" '${x}'
echo if then fi; echo "if"; 'echo' quoted-command; e\cho esc
echo a;echo b
