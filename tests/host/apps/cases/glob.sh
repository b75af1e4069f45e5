echo *.txt; echo dir/*; echo */*; echo [aw]*; echo ?.k; echo nomatch*; echo "*.txt" \*.txt '*'
echo */; echo dir/sub/*.k; echo ./*.k; echo .*x; set -f; echo *; set +f
x='*.k'; echo $x "$x"; for f in *.k; do echo $f; done
echo [!a-v]*; echo d*r/n[u]m*; echo dir//num*
case words.txt in *.txt) echo ok;; esac
touch .hidden 'sp ace'; echo *; echo .h*; for f in *; do echo "<$f>"; done
