ps; ps -q; free; free -k; svc; svc restart tmpfs; echo $?; svc stop nothing 2>&1; echo $?
log; log -l warn; log -n 1; log -s init; caps; caps init | head -n 1; caps nobody 2>&1; df; df -h; uptime; uname -a; hostname
poweroff 2>&1; echo $?; kill 12345 2>&1; echo $?; kill -9 2>&1; sleep x 2>&1; ls --help; wc -z 2>&1; echo $?
help wc; help cd; kill --help; echo $?; echo --help; svc --help; help nosuch 2>&1; type cd ls nosuch; command -v wc cd; echo $?; pwd; cd dir; pwd; cd ../..; pwd; cd desk; cd nope 2>&1 | cut -d: -f3-
ls -l words.txt | cut -c1-8; ls -lh dir/sub | wc -l; du dir | cut -f2; tree dir; stat words.txt | head -n 2; alias ll='ls -1'; ll dir
eval 'll dir'; history; trap; set -x; echo traced 2>&1; { set +x; } 2>/dev/null; cmds.wasm wc -l words.txt; cmds.wasm 2>&1 | head -n 1; cmds.wasm bogus 2>&1
lspci; lspci -v; lsblk; lsblk -b; mount; mount vdb /tmp 2>&1; mount vda /mnt 2>&1; mount -r vdx /nowhere 2>&1; mount vda 2>&1; echo $?; umount /mnt; echo $?; umount /home 2>&1; umount 2>&1; echo $?
