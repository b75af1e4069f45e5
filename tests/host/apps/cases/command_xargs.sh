echo a b c | xargs echo; printf 'a\nb\nc\n' | xargs -n 2 echo; printf 'x y\nz\n' | xargs -I @ echo '<@>'; echo '"a b" c' | xargs -n 1 echo; xargs echo none < /dev/null; xargs -r echo none < /dev/null
printf 'a b\0c\0' | xargs -0 -n 1 echo; ls *.txt | xargs cat | wc -l | tr -d ' '; echo words.txt | xargs head -n 1; echo x | xargs false; echo $?; echo x | xargs nosuchcommand 2>/dev/null; echo $?
env A=1 sh -c 'echo $A'; A=5 env | grep '^A='; which nosuchthing; echo $?; date -u -d @0 +%Y-%m-%d; date -u -d @1700000000 '+%F %T %j %a'; date -u -d @86399
sleep 0.01; du -s nope 2>/dev/null; echo $?
