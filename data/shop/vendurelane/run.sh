#!/bin/sh
# Installs a real Vendure shop outside the checkout, starts it on a free port of
# this computer, runs the tests that need it, and stops it.
#
# Needs node 20 or later, npm, a C++ compiler where better-sqlite3 has no built
# binary, and go. The shop is installed once, below
# ${XDG_CACHE_HOME:-~/.cache}/greffier/vendure; that takes some minutes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/greffier/vendure
orders=${VENDURE_ORDERS:-40}

# One folder for each set of versions.
install=$cache/$(cksum <"$here/package.json" | cut -d' ' -f1)
if [ ! -e "$install/installed" ]; then
	command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or later" >&2; exit 1; }
	mkdir -p "$install"
	cp "$here/package.json" "$install/"
	echo "installing the shop into $install ..." >&2
	(cd "$install" && npm install --no-audit --no-fund --loglevel=error)
	: >"$install/installed"
fi
cp "$here/shop.js" "$here/seed.js" "$here/products.csv" "$install/"

work=$(mktemp -d)
shop=
stop() {
	if [ -n "$shop" ]; then
		kill "$shop" 2>/dev/null || true
		wait "$shop" 2>/dev/null || true
	fi
	rm -rf "$work"
}
trap stop EXIT
trap 'exit 1' INT TERM

port=$(node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
VENDURE_DISABLE_TELEMETRY=true
VENDURE_PASSWORD=$(node -e 'console.log(require("crypto").randomBytes(18).toString("hex"))')
export VENDURE_DISABLE_TELEMETRY VENDURE_PASSWORD
mkdir "$work/shop"
node "$install/shop.js" "$port" "$work/shop" >"$work/shop.log" 2>&1 &
shop=$!
n=0
until grep -q '^ready' "$work/shop.log"; do
	n=$((n + 1))
	if [ "$n" -gt 180 ] || ! kill -0 "$shop" 2>/dev/null; then
		echo "the shop did not start:" >&2
		cat "$work/shop.log" >&2
		exit 1
	fi
	sleep 1
done
echo "filling the shop ..." >&2
node "$install/seed.js" "http://127.0.0.1:$port" "$orders"

cd "$root"
VENDURE_URL="http://127.0.0.1:$port/admin-api" VENDURE_USER=superadmin VENDURE_ORDERS=$orders \
	CGO_ENABLED=0 go test -count=1 -tags shops -run '^TestVendureShop$' ${GOTESTFLAGS:-} ./data/shop
