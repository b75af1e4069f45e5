grep a words.txt; grep -v a words.txt; grep -c a lines.txt; grep -n eta lines.txt | head -n 5; grep -i alpha lines.txt | sort | uniq -c; grep -l a words.txt lines.txt empty
grep -L a words.txt empty; grep -w 10 lines.txt | uniq; grep -x 10 lines.txt | uniq; grep -o '[a-z]*ta' words.txt; grep -F 'x:y' lines.txt | head -n 2
grep -E 'a(l|m)' words.txt; grep 'a\(l\|m\)' words.txt; grep -E '^.{4}$' lines.txt | uniq; grep '^$' lines.txt | wc -l | tr -d ' '; grep -e alpha -e beta words.txt
grep -r x dir; grep -rn one .  | sort; grep -h a words.txt lines.txt | head -n 3; grep -H beta words.txt; grep -q beta words.txt; echo $?; grep -q nope words.txt; echo $?; grep a nope 2>/dev/null; echo $?
grep -m 2 a lines.txt; grep -on a words.txt; grep 'a b c$' lines.txt | head -n 1; grep '[[:digit:]]' lines.txt | sort -u; grep -E '(' words.txt 2>/dev/null; echo $?; cat words.txt | grep -n d -
grep -c '' empty; grep -vc a lines.txt; grep -io 'ALPHA' lines.txt | sort -u; grep -E 'x{2}|z' table.txt | head -n 4; grep '\.' lines.txt | uniq; grep -s a nope; echo $?
grep -E 'al(pha)?|b' words.txt; grep -ow alpha lines.txt | uniq; printf 'foobar foo\n' | grep -ow foo; printf 'a.b\nacb\n' | grep -F a.b; printf 'ab\n' | grep -c 'b*'
