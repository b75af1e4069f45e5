wc words.txt; wc -l words.txt lines.txt; wc -w < lines.txt; wc -c words.txt; wc -lw noeol; cat words.txt | wc
wc nope 2>/dev/null; echo $?; wc empty; wc -c binary noeol empty; echo ok
