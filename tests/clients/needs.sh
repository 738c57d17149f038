#!/usr/bin/env bash
# What make long needs for the clients: node and npm, a generator of Python clients in a venv of its own (its versions are
# not the site's), PHP and Mono. Installs what is missing through Debian's package manager.
set -euo pipefail

missing=()
command -v npm >/dev/null || missing+=(npm)
command -v php >/dev/null || missing+=(php-cli)
command -v mcs >/dev/null && command -v mono >/dev/null || missing+=(mono-mcs mono-runtime libmono-system-net-http4.0-cil libmono-system-runtime-serialization4.0-cil)
if [ ${#missing[@]} -gt 0 ]; then
    command -v apt-get >/dev/null || { echo "make long needs: ${missing[*]}. Install them and run it again." >&2; exit 1; }
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo"
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get -qq -o DPkg::Lock::Timeout=300 update
    $sudo apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}" >/dev/null
fi
venv=.venv/clients
[ -x $venv/bin/openapi-python-client ] && exit 0
.venv/bin/python -m venv $venv
$venv/bin/python -m pip install -q --require-hashes -r requirements-clients.lock
