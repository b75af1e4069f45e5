ln words.txt hard; cmp hard words.txt; echo $?; find . -name hard; ln nope x 2>/dev/null; echo $?
ln hard again; stat again | grep -o 'Links: [0-9]*'; echo more >>again; tail -n 1 words.txt; mkdir d; ln words.txt d; ls d
ln hard again 2>/dev/null; echo $?; ln -f hard again 2>/dev/null; echo $?; ln -f words.txt new; rm hard words.txt; cat new | tail -n 1; stat new | grep -o 'Links: [0-9]*'
ln d e 2>/dev/null; echo $?; ln -s new soft; ln -f new soft; ln -f new new 2>/dev/null; echo $?; cat soft | tail -n 1; stat soft | grep -o "Links: [0-9]*"; ls
