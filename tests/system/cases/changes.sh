# SPDX-License-Identifier: MIT OR Apache-2.0
mkdir w; changes -n 9 w >told & sleep 0.5; : >w/f; mv w/f w/g; ln -s x w/l; chmod 600 w/g; sleep 0.5; echo b >>w/g; sleep 0.5; mkdir w/d; rm w/l; rmdir w/d; wait; cat told
echo one >t; changes -n 4 t w >told & sleep 0.5; : >t; sleep 0.5; mv t w/t; sleep 0.5; rm w/t; wait; sort told
changes 2>&1; echo $?; changes nothing 2>&1; changes /dev/null 2>&1; echo $?
seq 3 >log; tail -n 1 -f log >seen & sleep 0.5; echo 4 >>log; sleep 0.5; echo 5 >>log; sleep 0.5; kill $!; wait; cat seen
