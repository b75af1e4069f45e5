sourced=yes
f() { echo in f "$1"; }
return 3
