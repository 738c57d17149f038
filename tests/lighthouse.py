"""Lighthouse looks at the pages of a demo, signed out and signed in. Run by ``make lighthouse``; fails below 100 × 4.

It comes from npm and is installed into var/lighthouse; the browser is that of the tests. Not part of ``make test``: it
needs the network the first time, and its first score depends on the machine.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any

import httpx2

from tests import ROOT
from tests.browsing import ARGS
from tests.tryout import CHROMIUM, demo_site, sign_in

VERSION = "12.8.2"
FOLDER = ROOT / "var" / "lighthouse"
SCORES = ("performance", "accessibility", "best-practices", "seo")
OPEN = ("/", "/giris", "/yardim", "/gizlilik", "/dogrula", "/makbuz", "/deneme", "/m/600101", "/?lang=en")
SIGNED_IN = (
    "/izinler",
    "/izinler/600101",
    "/izinler/reddet?scope=all",
    "/belgelerim",
    "/izinler/kayit",
    "/izinler/bundan-sonrasi",
    "/izinler/haber",
    "/izinler/yaninda",
    "/markalar",
    "/izinler?lang=en",
)
TRIES = 3  # of a page whose speed was not 100: another program may have had the processor
# What search engines want to know; pages that are the citizen's alone, or stand on paper, ask not to be found by them.
TO_BE_FOUND = "is-crawlable,meta-description"
_INDEXED = {"/", "/?lang=en", "/giris", "/yardim", "/gizlilik"}
# Pages whose addresses hold numbers: found by a link on a brand's page.
_LINKED = {"a receipt": r'href="(/makbuz/[0-9]+)"', "a complaint": r'href="(/izinler/sikayet/[^"]+)"'}
_BRAND = re.compile(r'href="(/izinler/[0-9]{6})"')


def main() -> int:
    """Prints four scores a page; 1 where one of them is below 100, 2 where Lighthouse cannot run."""
    if (lacking := _lacking()) is not None:
        print(lacking, file=sys.stderr)
        return 2
    low: list[str] = []
    print(f"{'page':<32}" + "".join(f"{name:>16}" for name in SCORES))
    with demo_site() as address:
        cookies = sign_in(address)
        for path in (*OPEN, *SIGNED_IN, *_linked(address, cookies)):
            scores, faults = _best(address + path, {} if path in OPEN else cookies, path)
            print(f"{path:<32}" + "".join(f"{score:>16}" for score in scores), flush=True)
            for fault in faults:  # also of a page that rounds up to 100
                print(f"    {fault}")
            low += [f"{path}: {name} {score}" for name, score in zip(SCORES, scores, strict=True) if score < 100]
    print("below 100:\n    " + "\n    ".join(low) if low else "100 × 4 for every page")
    return 1 if low else 0


def _linked(address: str, cookies: Mapping[str, str]) -> list[str]:
    """A page of each kind of ``_LINKED``, in the order of their names."""
    found: dict[str, str] = {}
    with httpx2.Client(base_url=address, cookies=dict(cookies)) as browser:
        for brand in dict.fromkeys(_BRAND.findall(browser.get("/izinler").text)):
            page = browser.get(brand).text
            for name, pattern in _LINKED.items():
                if name not in found and (link := re.search(pattern, page)):
                    found[name] = unescape(link[1])
            if len(found) == len(_LINKED):
                return [found[name] for name in sorted(found)]
    raise AssertionError(f"the demo shows no page of {_LINKED.keys() - found.keys()}")


def _lacking() -> str | None:
    """What keeps Lighthouse from running, with the way to get it; None where it is ready."""
    for program, package in (("node", "nodejs"), ("npm", "npm")):
        if shutil.which(program) is None:
            return f"make lighthouse needs {program} 18 or newer: install it (Debian: apt-get install {package})"
    if not Path(CHROMIUM).exists():
        return f"make lighthouse needs {CHROMIUM}, as the tests do: bash tests/needs.sh"
    if not _program().exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(FOLDER), "--no-fund", "--no-audit", "--silent"]
        if subprocess.run([*command, f"lighthouse@{VERSION}"], check=False).returncode:
            return "npm could not fetch lighthouse: look at the network, or at npm's registry and proxy settings"
    return None


def _program() -> Path:
    return FOLDER / "node_modules" / ".bin" / "lighthouse"


def _best(url: str, cookies: Mapping[str, str], path: str) -> tuple[list[int], list[str]]:
    """The scores of a page, and what took points from them; the best of some tries, because speed varies."""
    found = [_look(url, cookies, path)]
    while found[-1][0][0] < 100 and min(found[-1][0][1:]) == 100 and len(found) < TRIES:
        found.append(_look(url, cookies, path))
    return max(found)


def _look(url: str, cookies: Mapping[str, str], path: str) -> tuple[list[int], list[str]]:
    more = [] if path in _INDEXED else [f"--skip-audits={TO_BE_FOUND}"]
    if cookies:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        more.append(f"--extra-headers={json.dumps(headers)}")
    command = [
        str(_program()), url, "--quiet", "--output=json", "--output-path=stdout",
        f"--chrome-flags=--headless=new {' '.join(ARGS)}", f"--only-categories={','.join(SCORES)}", *more,
    ]  # fmt: skip
    done = subprocess.run(command, env={**os.environ, "CHROME_PATH": CHROMIUM}, stdout=subprocess.PIPE, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["finalDisplayedUrl"] == url, f"{url} led to {report['finalDisplayedUrl']}"
    scores = [round(100 * (report["categories"][name]["score"] or 0)) for name in SCORES]
    return scores, list(_faults(report))


def _faults(report: dict[str, Any]) -> list[str]:
    """The audits that count and were not passed, each once."""
    counted = {ref["id"] for name in SCORES for ref in report["categories"][name]["auditRefs"] if ref["weight"]}
    failed = (audit for name, audit in report["audits"].items() if name in counted and audit["score"] is not None)
    return [f"{audit['id']}: {audit['title']} ({audit['score']})" for audit in failed if audit["score"] < 1]


if __name__ == "__main__":
    sys.exit(main())
