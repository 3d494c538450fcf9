# What programs do with files. Each part runs by itself, as `sh -eu`, and finds everything equal when it ends with 0 and
# says nothing. $M is the mount, $P an ordinary folder with the same content, $OUT an empty folder.

#: cmp
cd "$P"; find . -type f -exec sh -c 'for f; do cmp "$f" "$M/$f" || exit 1; done' sh {} +

#: cp
cp "$M/app.yml/mega" "$M/app.yml/small" "$OUT"; cmp "$OUT/mega" "$P/app.yml/mega"
cp -p "$M/app.yml/empty" "$OUT/preserved"; [ ! -s "$OUT/preserved" ]
[ "$(stat -c %a.%Y "$OUT/preserved")" = "$(stat -c %a.%Y "$M/app.yml/empty")" ]

#: cp -r
cp -r "$M" "$OUT/copy"; grep -q current "$OUT/copy/.secretary/status"; diff -r -x .secretary "$OUT/copy" "$P"

#: cp -a
cp -a "$M/app.yml" "$OUT/copy"; diff -r "$OUT/copy" "$P/app.yml"; chmod -R u+w "$OUT/copy"

#: install
install -m 0600 "$M/app.yml/binary" "$OUT/x"; cmp "$OUT/x" "$P/app.yml/binary"

#: tar
tar -C "$M" --exclude=.secretary -cf "$OUT/a.tar" .
list() { tar -tvf "$1" | grep -v '^d' | awk '{ print $3, $6, $7 }' | sort; }
tar -C "$P" -cf "$OUT/b.tar" .
list "$OUT/a.tar" >"$OUT/a"; list "$OUT/b.tar" >"$OUT/b"; cmp "$OUT/a" "$OUT/b"
mkdir "$OUT/x"; tar -C "$OUT/x" -xf "$OUT/a.tar"; diff -r "$OUT/x" "$P"; chmod -R u+w "$OUT/x"

#: tar of everything
tar -C "$M" -cf - . | tar -tf - >"$OUT/list"; grep -qx ./.secretary/status "$OUT/list"

#: grep -r
(cd "$M"; grep -rlw needle . | sort) >"$OUT/a"; (cd "$P"; grep -rlw needle . | sort) >"$OUT/b"
[ "$(wc -l <"$OUT/a")" = 2 ]; cmp "$OUT/a" "$OUT/b"

#: find
(cd "$M"; find . -path ./.secretary -prune -o -type f -size -100c -newermt 2020-01-01 -print | sort) >"$OUT/a"
(cd "$P"; find . -type f -size -100c -print | sort) >"$OUT/b"; cmp "$OUT/a" "$OUT/b"

#: ls -l
list() { (cd "$1"; ls -lR . | awk '/^-/ { print $5, $9, $10 }'); }
list "$M" >"$OUT/a"; list "$P" >"$OUT/b"; cmp "$OUT/a" "$OUT/b"

#: wc
(cd "$M"; wc app.yml/*/key* app.yml/mega web.json/tls/key) >"$OUT/a"
(cd "$P"; wc app.yml/*/key* app.yml/mega web.json/tls/key) >"$OUT/b"; cmp "$OUT/a" "$OUT/b"
[ "$(wc -c <"$M/app.yml/page-and-one")" = 4097 ]

#: diff -r
diff -r -x .secretary "$M" "$P"

#: du
(cd "$M"; du -b app.yml/[a-l]*) >"$OUT/a"; [ -s "$OUT/a" ]
[ "$(du -b "$M/app.yml/mega" | cut -f1)" = 1048576 ]

#: sha256sum
(cd "$P"; find . -type f -exec sha256sum {} +) >"$OUT/sums"; cd "$M"; sha256sum --quiet --strict -c "$OUT/sums"

#: dd
dd if="$M/app.yml/mega" of="$OUT/a" bs=777 skip=3 count=500 status=none
dd if="$P/app.yml/mega" of="$OUT/b" bs=777 skip=3 count=500 status=none; cmp "$OUT/a" "$OUT/b"
dd if="$M/app.yml/mega" of="$OUT/c" bs=64k iflag=direct status=none; cmp "$OUT/c" "$P/app.yml/mega"

#: head, tail, tac, sort, od
for command in 'head -c 5000' 'tail -c 5000' tac sort od; do
    $command "$M/app.yml/binary" >"$OUT/a"; $command "$P/app.yml/binary" >"$OUT/b"; cmp "$OUT/a" "$OUT/b"
done

#: test
[ -r "$M/app.yml/small" ]; [ ! -w "$M/app.yml/small" ]; [ ! -x "$M/app.yml/small" ]; [ -s "$M/app.yml/small" ]
[ -f "$M/app.yml/empty" ]; [ ! -s "$M/app.yml/empty" ]; [ -d "$M/app.yml" ]; [ ! -e "$M/app.yml/none" ]

#: stat -f
[ "$(stat -f -c %T "$M")" = fuseblk ] || [ "$(stat -f -c %T "$M")" = fuse ]; df "$M" >"$OUT/df"

#: getfattr
getfattr --absolute-names -n user.secretary.source "$M/app.yml/small" | grep -q app.yml:1:10
[ "$(getfattr --absolute-names -d "$M/app.yml/small" | grep -c '^user.secretary')" = 5 ]

#: sh
read -r line <"$M/app.yml/many/key 7"; [ "$line" = "value 7" ]; [ "$(cat "$M/app.yml/small")" = hunter2 ]

#: python3
exec python3 "$PROGRAMS/reader.py"

#: node
exec node "$PROGRAMS/reader.js"
