head -n 3 lines.txt; head -2 words.txt; head -c 7 words.txt; echo; head words.txt dir/numbers; head -n 0 words.txt
tail -n 3 lines.txt; tail -2 words.txt; tail -c 7 words.txt; tail -n +3 words.txt; tail -c +10 words.txt; tail noeol; echo
tail -n 2 words.txt dir/numbers; cat lines.txt | tail -n 5; tail -n 0 words.txt; tail -n 100 words.txt
cat -n words.txt; cat words.txt noeol words.txt; echo; cat - < words.txt; cat nope 2>/dev/null; echo $?
nl words.txt; nl -b a lines.txt | head -n 20; rev words.txt; rev noeol; echo
cut -d: -f2 table.txt; cut -d: -f1,3 table.txt | head -n 5; cut -c2-4 words.txt; cut -b1 words.txt; cut -f1 lines.txt | head -n 9
cut -d: -f2- lines.txt | sort | uniq; cut -s -d: -f2 lines.txt | head -n 4; cut -c-2,4 words.txt
tr a-z A-Z < words.txt; tr -d aeiou < words.txt; tr -s a-z < words.txt; tr -cd 'a\n' < words.txt; tr '[:lower:]' '[:upper:]' < words.txt
tr abc x < words.txt; tr -c 'a-z\n' _ < lines.txt | head -n 5; tr '\n' ' ' < words.txt; echo; tr -ds a-e l < words.txt; tr '\141' '\102' < words.txt
tee t1 t2 < words.txt; cat t1 t2; echo more | tee -a t1 >/dev/null; cat t1
seq 5; seq 2 4; seq 1 3 10; seq 5 -2 -3; seq -s, 3; seq -w 8 11; seq 0.5 0.25 1.5; seq 3 1
basename /a/b/c.txt .txt; basename /; basename a/; dirname /a/b/c; dirname a; dirname /; dirname /a; dirname a//b/; basename x.k .k
yes abc | head -n 2; echo a b | tee /dev/null; sleep 0; true; echo $?; false; echo $?; printf '%s-%s\n' a b c
