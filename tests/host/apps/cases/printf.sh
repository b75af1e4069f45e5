printf '%s %d %5d|%-5d|%05d %x %X %o %c %%\n' str 42 42 42 42 255 255 8 char
printf '%s\n' a b c; printf '%d %s\n' 1 a 2; printf 'no args\n'; printf '%s|'; echo
printf '%b' 'tab\there\n'; printf 'esc\t\101\n'; printf '%.3s|%10s|%-10s|\n' abcdef right left
printf '%5.2f %e %g\n' 3.14159 1000 0.5; printf '%i\n' -5; printf '%u\n' 7
printf '%d\n' 0x10 010 "'A"; printf '%*d|\n' 6 42; printf '\\n\n'; printf '%s\n' 'a\nb'
printf '%d\n' abc 2>/dev/null; echo $?
echo -n no newline; echo; echo a   b
