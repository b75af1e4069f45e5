echo one & wait; (echo two; exit 4) & wait $!; echo $?; true & p=$!; wait $p; echo $?
{ echo grp; } & wait; sleep 0 & wait; echo x | cat & wait; wait 99999; echo $?; cat & wait; echo end
