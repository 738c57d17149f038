#!/usr/bin/env bash
# What the connectors are tried on: the real programs, through Debian's package manager and npm. Nothing of it is
# started here, and WordPress is unpacked into var/connectors, so that no web server is installed for it.
set -euo pipefail
cd "$(dirname "$0")/.."
kept=var/connectors
mkdir -p $kept

sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
export DEBIAN_FRONTEND=noninteractive
updated=""
# Installs the packages where the program is missing or none is named: install PROGRAM PACKAGE...
install() {
    # type -P: a function of this file bears the name mailman too.
    PATH="$PATH:/usr/sbin:/usr/lib/mailman3/bin" type -P "$1" >/dev/null && return
    command -v apt-get >/dev/null || { echo "Missing: ${1:-${*:2}}. Install it and try again." >&2; exit 1; }
    [ -n "$updated" ] || $sudo apt-get -qq -o DPkg::Lock::Timeout=300 update
    updated=yes
    $sudo apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${@:2}" >/dev/null
}

# Whether PHP has all of its parts: php-cli alone, as the clients' tests install it, lacks them.
php_is_whole() {
    local part parts
    command -v php >/dev/null || return 1
    parts=$(php -m)
    for part in curl mbstring xml mysqli gd; do grep -qix $part <<<"$parts" || return 1; done
}

wordpress() {
    php_is_whole || install "" php-cli php-curl php-mbstring php-xml php-mysql php-gd
    php_is_whole || { echo "Missing: PHP's curl, mbstring, xml, mysqli or gd" >&2; exit 1; }
    install xgettext gettext # reads the plugin's texts
    install mariadbd mariadb-server-core
    install mariadb mariadb-client-core
    [ -e $kept/wordpress/usr/share/wordpress/wp-load.php ] && return
    rm -rf $kept/wordpress $kept/debs
    mkdir -p $kept/wordpress $kept/debs
    (cd $kept/debs && apt-get -qq download wordpress wordpress-l10n wordpress-theme-twentytwentyfive php-getid3 \
        libjs-cropper libjs-lodash libjs-underscore 2>/dev/null)
    for package in $kept/debs/*.deb; do dpkg-deb -x "$package" $kept/wordpress; done
    rm -rf $kept/debs
}

mailman() { install mailman mailman3; }

spreadsheet() { install soffice libreoffice-calc-nogui; }

n8n() {
    install node nodejs
    install npm npm
    (cd connectors/n8n && npm ci --silent --no-audit --no-fund --ignore-scripts)
}

for one in "${@:-wordpress}"; do $one; done
