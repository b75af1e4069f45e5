if true; then echo t; else echo e; fi
if false; then echo t; elif true; then echo ei; else echo e; fi
if false; then echo no; fi; echo $?
i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done
until [ $i -eq 0 ]; do i=$((i-1)); echo u$i; done
for x in a b c; do [ $x = b ] && continue; echo $x; done
for x in 1 2 3; do for y in 1 2 3; do [ $y = 2 ] && continue 2; [ $x = 3 ] && break 2; echo $x$y; done; done
case abc in a*) echo star;; *) echo other;; esac
case "a b" in "a b") echo quoted;; esac
case x in [a-c]) echo no;; [!a-w]) echo range;; esac
case foo in bar|foo|baz) echo alt;; esac
case '*' in '\*') echo no;; \*) echo lit;; esac
f() { echo "$# $1"; return 4; echo never; }
f a b; echo $?
g() { local v=in; echo $v; v=changed; }; v=out; g; echo $v
r() { [ $1 -gt 0 ] || return 0; echo r$1; r $(($1-1)); }; r 3
true && echo and || echo or; false && echo and || echo or
! true; echo $?; ! false; echo $?
{ echo grouped; echo lines; }
( v=sub; cd dir; echo $v; exit 3 ); echo $? $v
x=1 eval 'echo $x'; y=2; eval "echo \$y"
: ; echo $?
while true; do break; done; echo done $?
for i in 1 2; do echo $i; done | cat
echo a; echo b & wait; echo c
if [ -f words.txt -a -d dir ] && test ! -e nope; then echo files; fi
false || { echo brace; false; } || echo last
set -e; false || true; if false; then :; fi; ! true; echo still
( set -e; false; echo never ); echo never2
