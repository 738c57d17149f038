"""WordPress itself with the plugin, on PHP's own server and a MariaDB of its own, both gone with the block."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests import HOST, ROOT, free_port, listening

TREE = ROOT / "var/connectors/wordpress/usr/share/wordpress"
PLUGIN = ROOT / "connectors/wordpress/izin"
ADMIN, PASSWORD = "yonetici", "Çok gizli bir parola 7"
# Mails go into a file; WordPress asks nobody but this machine, and its cron runs when wp-cron.php is called.
CONFIG = """<?php
define('DB_NAME', 'wordpress'); define('DB_USER', 'root'); define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:%(socket)s'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
foreach (array('AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE') as $one) {
    define($one . '_KEY', "a key for tests $one"); define($one . '_SALT', "a salt for tests $one");
}
$table_prefix = 'wp_';
define('WP_HTTP_BLOCK_EXTERNAL', true); define('WP_ACCESSIBLE_HOSTS', '127.0.0.1');
define('DISABLE_WP_CRON', true); define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_DEBUG', true); define('WP_DEBUG_DISPLAY', false); define('WP_DEBUG_LOG', '%(log)s');
if (!defined('ABSPATH')) { define('ABSPATH', __DIR__ . '/'); }
require_once ABSPATH . 'wp-settings.php';
"""
MAILS = """<?php
add_filter('pre_wp_mail', static function ($done, $mail) {
    file_put_contents('%(mails)s', wp_json_encode($mail) . "\\n", FILE_APPEND | LOCK_EX);
    return true;
}, 10, 2);
add_filter('pre_http_request', static function ($done) {
    return file_exists('%(away)s') ? new WP_Error('away', 'away') : $done;
});
"""


class Blog:
    """One WordPress."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address

    def php(self, code: str) -> str:
        """Output of PHP code within WordPress."""
        done = subprocess.run(
            ["php", "-r", f"$_SERVER['HTTP_HOST'] = '{self.address[7:]}'; require 'wp-load.php'; {code}"],
            cwd=self.folder / "www",
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def value(self, code: str) -> Any:
        """Of a PHP expression."""
        return json.loads(self.php(f"echo json_encode({code});"))

    def work(self, rounds: int = 3) -> None:
        """What the cron does, without its pauses after a fault."""
        self.php(f"for ($i = 0; $i < {rounds}; $i++) {{ Izin_Queue::resume(); Izin_Queue::work(); sleep(1); }}")

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """WordPress reaches nobody while the block runs."""
        (self.folder / "away").touch()
        try:
            yield
        finally:
            (self.folder / "away").unlink()

    @contextmanager
    def constants(self, **values: object) -> Iterator[None]:
        """Of wp-config.php while the block runs."""
        config = self.folder / "www/wp-config.php"
        before = config.read_text("utf-8")
        lines = "".join(f"define('IZIN_{name}', '{value}');" for name, value in values.items())
        config.write_text(before.replace("<?php", f"<?php {lines}", 1), "utf-8")
        try:
            yield
        finally:
            config.write_text(before, "utf-8")

    def mails(self, to: str) -> list[str]:
        """Texts of the mails to an address."""
        file = self.folder / "mails"
        sent = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
        return [mail["message"] for mail in sent if mail["to"] == to]

    def log(self) -> str:
        """What PHP complained of."""
        file = self.folder / "debug.log"
        return file.read_text("utf-8") if file.exists() else ""

    @contextmanager
    def cron(self, every: float = 2) -> Iterator[None]:
        """Calls wp-cron.php, as a host's own cron does, while the block runs."""
        stop = threading.Event()

        def call() -> None:
            while not stop.wait(every):
                httpx2.get(f"{self.address}/wp-cron.php", timeout=60)

        thread = threading.Thread(target=call)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(60)


@contextmanager
def wordpress(language: str = "tr_TR") -> Iterator[Blog]:
    """A fresh WordPress with the plugin active, while the block runs."""
    assert TREE.exists(), "bash connectors/needs.sh wordpress"
    with tempfile.TemporaryDirectory(prefix="izin-wordpress-") as made:
        folder = Path(made)
        www, socket = folder / "www", folder / "sql"
        shutil.copytree(TREE, www, ignore_dangling_symlinks=True)
        names = {"socket": socket, "log": folder / "debug.log", "mails": folder / "mails", "away": folder / "away"}
        (www / "wp-config.php").write_text(CONFIG % names, "utf-8")
        (www / "wp-content/mu-plugins").mkdir()
        (www / "wp-content/mu-plugins/mails.php").write_text(MAILS % names, "utf-8")
        shutil.copytree(PLUGIN, www / "wp-content/plugins/izin")
        with _mariadb(folder / "data", socket), _php(www) as address:
            blog = Blog(folder, address)
            form = {
                "weblog_title": "Fidan & Kitap",
                "user_name": ADMIN,
                "admin_password": PASSWORD,
                "admin_password2": PASSWORD,
                "admin_email": "yonetici@example.com",
                "language": language,
            }
            answer = httpx2.post(f"{address}/wp-admin/install.php?step=2", data=form, timeout=120)
            assert answer.status_code == 200, answer.text
            blog.php(
                "require_once ABSPATH . 'wp-admin/includes/plugin.php'; update_option('users_can_register', 1);"
                "$fault = activate_plugin('izin/izin.php'); if (is_wp_error($fault)) { exit(1); }"
            )
            yield blog


@contextmanager
def _mariadb(data: Path, socket: Path) -> Iterator[None]:
    server = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")
    assert server, "bash connectors/needs.sh wordpress"
    who = f"--user={getpass.getuser()}"
    make = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", who, "--skip-test-db"]
    subprocess.run([*make, "--auth-root-authentication-method=normal"], check=True, capture_output=True)
    words = [f"--datadir={data}", f"--socket={socket}", "--skip-networking", f"--pid-file={data}/pid", who]
    with subprocess.Popen([server, "--no-defaults", *words], stderr=subprocess.DEVNULL) as running:
        try:
            ask = ["mariadb", "--no-defaults", f"--socket={socket}", "-uroot", "-e", "CREATE DATABASE wordpress"]
            while subprocess.run(ask, capture_output=True).returncode:
                assert running.poll() is None, "MariaDB did not start"
                time.sleep(0.2)
            yield
        finally:
            running.terminate()


@contextmanager
def _php(www: Path) -> Iterator[str]:
    port = free_port()
    env = {**os.environ, "PHP_CLI_SERVER_WORKERS": "4"}
    command = ["php", "-d", "display_errors=0", "-S", f"{HOST}:{port}", "-t", www]
    with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL, start_new_session=True) as running:
        try:
            while not listening(port):
                assert running.poll() is None, "PHP did not start"
                time.sleep(0.05)
            yield f"http://{HOST}:{port}"
        finally:
            os.killpg(running.pid, 15)  # its workers too
