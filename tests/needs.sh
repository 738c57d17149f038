#!/usr/bin/env bash
# What the tests need beside Python: a browser, a C compiler for the power-cut test, an IMAP server. Installs what is missing
# through Debian's package manager; elsewhere it says what to install.
set -euo pipefail

missing=()
command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
command -v gcc >/dev/null || missing+=(gcc libc6-dev)
PATH="$PATH:/usr/sbin" command -v dovecot >/dev/null && [ -e /usr/lib/dovecot/imap ] || missing+=(dovecot-imapd)
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "The tests need: ${missing[*]}. Install them and run make test again." >&2
    exit 1
fi
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get -qq -o DPkg::Lock::Timeout=300 update
$sudo apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}" >/dev/null
