"""The clients of other languages, and what generators make of the document, each against a served site.
``tests/clients/needs.sh`` installs what they need (``make long``)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import LONG, ROOT
from tests.clients.conftest import CINAR, Served, blocks
from tests.providers.api.shops import add_shop

CLIENTS = ROOT / "clients"
GENERATORS = ROOT / ".venv" / "clients" / "bin"
TYPESCRIPT = CLIENTS / "typescript"
LIBRARIES = "System.Net.Http", "System.Runtime.Serialization"


@contextmanager
def storing(site: Served) -> Iterator[None]:
    """A worker that stores lists."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(0.2):
            site.store_lists()

    worker = threading.Thread(target=work)
    worker.start()
    yield
    done.set()
    worker.join()


def run(site: Served, *command: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> str:
    """What a program prints that knows the site by its environment. Errors: AssertionError with its output."""
    named = {"IZIN_URL": site.url, "IZIN_USER": "cinar", "IZIN_PASSWORD": site.password, "IZIN_BRAND": str(CINAR)}
    with storing(site):
        done = subprocess.run(
            list(map(str, command)), cwd=cwd, env=os.environ | named | dict(env or {}), capture_output=True, text=True
        )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.skipif(not LONG, reason="make long: npm installs packages")
@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_typescript_client(site: Served, language: str) -> None:
    add_shop(site.desk.program("cinar"), 1)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=TYPESCRIPT, check=True, capture_output=True)
    name = "openapi.json" if language == "tr" else "openapi.en.json"
    # The types are made of either document: a text must not break a comment.
    types = ["npx", "openapi-typescript", f"../../docs/{name}", "-o", "src/schema.ts"]
    subprocess.run(types, cwd=TYPESCRIPT, check=True, capture_output=True)
    subprocess.run(["npx", "tsc"], cwd=TYPESCRIPT, check=True, capture_output=True)
    example = TYPESCRIPT / "readme.ts"
    own = """
declare const consents: import("izin-client").Consent[];
declare function loadCursor(): Promise<string | undefined>;
declare function saveCursor(after: string): Promise<void>;
declare function store(movements: import("izin-client").Movement[]): Promise<void>;
"""
    try:
        example.write_text(blocks("typescript/README.md")[1] + own, "utf-8")
        strict = ["--noEmit", "--strict", "--target", "ES2022", "--module", "NodeNext", "--types", "node"]
        checked = subprocess.run(["npx", "tsc", *strict, example.name], cwd=TYPESCRIPT, capture_output=True, text=True)
    finally:
        example.unlink()
    assert checked.returncode == 0, checked.stdout
    assert "# fail 0" in run(site, "node", "--test", "--test-reporter=tap", "test/", cwd=TYPESCRIPT)


@pytest.mark.skipif(not LONG, reason="make long: a generator is installed")
@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_generated_python_package(site: Served, tmp_path: Path, language: str) -> None:
    name = "openapi.json" if language == "tr" else "openapi.en.json"
    target = tmp_path / "izin_api_client"
    config = ["--config", Path(__file__).with_name("generator.yml")]
    paths = ["--path", ROOT / "docs" / name, "--output-path", target]
    made = subprocess.run(
        [GENERATORS / "openapi-python-client", "generate", "--meta", "setup", "--fail-on-warning", *config, *paths],
        env=os.environ | {"PATH": f"{GENERATORS}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert (target / "izin_api_client").is_dir()
    add_shop(site.desk.program("cinar"), 1)
    program = Path(__file__).with_name("generated.py")
    assert run(site, GENERATORS / "python", program, env={"PYTHONPATH": str(target)}) == "done\n"


@pytest.mark.skipif(shutil.which("php") is None, reason="php-cli is not installed")
def test_the_php_client(site: Served) -> None:
    assert run(site, "php", CLIENTS / "php" / "smoke.php") == "done\n"


@pytest.mark.skipif(shutil.which("php") is None, reason="php-cli is not installed")
def test_the_examples_for_php(site: Served, tmp_path: Path) -> None:
    ours = {
        "Izin.php": str(CLIENTS / "php" / "Izin.php"),
        "https://izin.example.com": site.url,
        "cinar-crm": "cinar",
        "PASSWORD": site.password,
        "/var/lib/crm/izin-tokens.json": str(tmp_path / "tokens.json"),
        "Izin\\Client::turkishTime(new DateTime())": "'2026-11-23 10:15:00'",
    }
    text = "\n".join(blocks("php/README.md"))
    for theirs, own in ours.items():
        assert theirs in text
        text = text.replace(theirs, own)
    stubs = """<?php
function load_cursor() { return null; }
function store(array $movements) {}
function save_cursor(string $after) {}
$consents = [['recipient' => '+905320000002', 'type' => 'MESAJ', 'status' => 'RET', 'source' => 'HS_WEB',
              'consentDate' => '2026-11-23 10:15:00']];
"""
    program = tmp_path / "example.php"
    program.write_text(f"{stubs}{text}\necho implode($allowed);", "utf-8")
    assert re.fullmatch("0 [0-9a-f]{64}\n[+]905320000001", run(site, "php", program))


@pytest.mark.skipif(shutil.which("mcs") is None, reason="Mono's compiler is not installed")
def test_the_csharp_client(site: Served, tmp_path: Path) -> None:
    program, example = tmp_path / "smoke.exe", tmp_path / "Example.cs"
    first, second = blocks("csharp/README.md")
    given = (
        "IReadOnlyList<Consent> consents, Func<string> LoadCursor, Action<string> SaveCursor, Action<Movement[]> Store"
    )
    body = first.removeprefix("using Izin;") + second
    start = "using System; using System.Collections.Generic; using System.Threading.Tasks; using Izin;\n"
    example.write_text(f"{start}class Example {{ async Task Run({given}) {{ {body} }} }}", "utf-8")
    compiled = subprocess.run(
        [
            "mcs",
            "-langversion:latest",
            f"-out:{program}",
            *(f"-r:{one}.dll" for one in LIBRARIES),
            *sorted((CLIENTS / "csharp").glob("*.cs")),
        ],
        capture_output=True,
        text=True,
    )
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    assert run(site, "mono", program) == "done\n"
