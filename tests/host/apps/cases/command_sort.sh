sort words.txt; sort lines.txt; sort -r lines.txt; sort -u lines.txt; sort -n lines.txt; sort -rn lines.txt; sort -f words.txt lines.txt | head -n 30
sort -t: -k2n table.txt; sort -t: -k1,1 -k2,2nr table.txt; sort -t : -k 3 table.txt; sort -k2 dir/numbers; sort -nu lines.txt; sort -t: -k3,3 -u table.txt
sort -o sorted words.txt; cat sorted; sort empty; sort noeol; sort nope 2>/dev/null; echo $?; sort -b lines.txt | head -n 3; sort -fu lines.txt
uniq lines.txt | head -n 40; sort lines.txt | uniq -c; sort lines.txt | uniq -d; sort lines.txt | uniq -u; uniq words.txt out; cat out; uniq < noeol
