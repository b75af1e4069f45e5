i=0; s=x; while [ $i -lt 200 ]; do s="($s"; i=$((i+1)); done; (eval "$s") 2>/dev/null; [ $? -ne 0 ] && echo refused
i=0; s=; while [ $i -lt 12 ]; do s="$s$s x"; i=$((i+1)); done; set -- $s; echo $#
(eval 'echo "unclosed') 2>/dev/null; [ $? -ne 0 ] && echo unclosed
(: ${undefined?message}) 2>/dev/null; [ $? -ne 0 ] && echo unset
(echo $((1/0))) 2>/dev/null; [ $? -ne 0 ] && echo division
