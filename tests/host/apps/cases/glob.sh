echo *.txt; echo dir/*; echo */*; echo [aw]*; echo ?.c; echo nomatch*; echo "*.txt" \*.txt '*'
echo */; echo dir/sub/*.c; echo ./*.c; echo .*x; set -f; echo *; set +f
x='*.c'; echo $x "$x"; for f in *.c; do echo $f; done
echo [!a-v]*; echo d*r/n[u]m*; echo dir//num*
case words.txt in *.txt) echo ok;; esac
touch .hidden 'sp ace'; echo *; echo .h*; for f in *; do echo "<$f>"; done
