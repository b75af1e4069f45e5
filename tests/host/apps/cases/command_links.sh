ln words.txt hard; cmp hard words.txt; echo $?; find . -name hard; ln nope x 2>/dev/null; echo $?
