mkdir d1 d1/d2; mkdir -p p/q/r; mkdir d1 2>/dev/null; echo $?; ls; ls -a dir; ls -1 dir; ls -d dir; ls dir dir/sub; ls -R dir; ls -r; ls nope 2>/dev/null; echo $?; ls -A dir;
cp words.txt w2; cat w2; cp words.txt dir/numbers d1; ls d1; cp -r dir copy; ls -R copy; cp dir x 2>/dev/null; echo $?; cp nope x 2>/dev/null; echo $?; cp words.txt words.txt 2>/dev/null; echo $?
mv w2 w3; ls w*; mv w3 d1; ls d1; mv d1/w3 d1/numbers p; ls p; mv p moved; ls -d p 2>/dev/null; ls moved; mv nope x 2>/dev/null; echo $?
rm moved/w3; ls moved; rm nope 2>/dev/null; echo $?; rm -f nope; echo $?; rm moved 2>/dev/null; echo $?; rm -r moved copy; ls; rmdir d1/d2; ls d1; rmdir d1 2>/dev/null; echo $?; rm -rf d1; rmdir dir 2>/dev/null; echo $?
touch new1 new2; ls new*; touch -c none; ls none 2>/dev/null; ln -s words.txt link; cat link; readlink link; rm link; cat words.txt | head -n 1
:; mkdir -p a/b; mkdir -p a/b; echo $?; rmdir -p a/b; ls -d a 2>/dev/null; cp words.txt lines.txt nodir 2>/dev/null; echo $?; ls -S *.txt | head -n 2
cmp old.k new.k; echo $?; cmp -s old.k old.k; echo $?; cmp old.k nope 2>/dev/null; echo $?; printf 'lin' > short; cmp noeol short 2>/dev/null; echo $?
diff old.k new.k; echo $?; diff -u old.k new.k | tail -n +3; diff old.k old.k; echo $?; diff words.txt noeol; diff -q old.k new.k; diff empty words.txt; diff words.txt empty; diff nope words.txt 2>/dev/null; echo $?; diff -u empty words.txt | tail -n +3
sha256sum words.txt binary empty lines.txt; sha256sum words.txt binary > sums; sha256sum -c sums; echo x > words.txt; sha256sum -c sums 2>/dev/null; echo $?; printf abc | sha256sum
hexdump -C words.txt; hexdump -C binary | head -n 20; hexdump -C -n 20 -s 5 lines.txt; hexdump -C empty
find . | sort; find dir -type f | sort; find . -name '*.k' | sort; find . -type d | sort; find . -maxdepth 1 -name 'd*'; find . -empty | sort; find dir ! -name '*.k' | sort
find . -name '*.k' -o -name '*.h' | sort; find nope 2>/dev/null; echo $?; find dir -name numbers -print; find . -name 'new*' -delete; ls new* 2>/dev/null; find dir -size +0c -type f | sort
sync words.txt; echo $?; sync; echo $?; sync nope 2>/dev/null; echo $?; sync words.txt dir; echo $?
