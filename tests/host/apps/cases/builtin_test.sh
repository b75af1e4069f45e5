t() { "$@"; echo $?; }
t test a = a; t test a = b; t [ a != b ]; t [ -n x ]; t [ -z x ]; t [ -z '' ]; t [ x ]; t [ '' ]; t [ ]
t [ 1 -eq 1 ]; t [ 1 -lt 2 ]; t [ 2 -le 1 ]; t [ 3 -gt 2 ]; t [ 3 -ge 4 ]; t [ 3 -ne 4 ]; t [ ' 3' -eq 3 ]
t [ -e words.txt ]; t [ -f dir ]; t [ -d dir ]; t [ -s empty ]; t [ -s words.txt ]; t [ -e nope ]; t [ -r words.txt ]
t [ ! -e nope ]; t [ a = a -a b = b ]; t [ a = b -o b = b ]; t [ '(' a = a ')' ]; t [ ! a ]; t [ ! '' ]
t [ = = = ]; t [ -n ]; t [ ! ]; t [ -t 0 ]
t [ x -eq 1 ] 2>/dev/null; t [ a = ] 2>/dev/null; t [ a b c ] 2>/dev/null; t [ a 2>/dev/null
