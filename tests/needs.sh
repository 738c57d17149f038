#!/usr/bin/env bash
# What the tests need beside Python: a browser, a C compiler for the power-cut test, an IMAP server, a balancer and a
# pooler for sites of several processes. Installs what is missing through Debian's package manager; elsewhere it says what to install.
set -euo pipefail

shell=chromium-headless-shell # Chromium without windows: a page takes a third of the time. Chromium itself will do.
missing=()
command -v $shell >/dev/null || missing+=($shell)
command -v gcc >/dev/null || missing+=(gcc libc6-dev)
PATH="$PATH:/usr/sbin" command -v dovecot >/dev/null && [ -e /usr/lib/dovecot/imap ] || missing+=(dovecot-imapd)
for program in haproxy pgbouncer; do
    PATH="$PATH:/usr/sbin" command -v $program >/dev/null || missing+=($program)
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    [ "${missing[*]}" = $shell ] && command -v chromium >/dev/null && exit 0
    echo "The tests need: ${missing[*]}. Install them and run make test again." >&2
    exit 1
fi
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
export DEBIAN_FRONTEND=noninteractive
install() { $sudo apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" >/dev/null; }
$sudo apt-get -qq -o DPkg::Lock::Timeout=300 update
install "${missing[@]}" || install "${missing[@]/$shell/chromium}"
