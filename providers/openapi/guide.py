"""``/gelistirici/rehber``: from a key to the first consent, the feed and the push, in five steps and five languages.
The programs are the files of ``snippets``; tests run them against a site."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from providers.callers.program_keys import TEST_MARK
from web import pages, process
from web.logs import SANDBOX
from web.rendering.texts import mark

PROGRAMS = {"curl": "curl", "python": "Python", "typescript": "TypeScript", "php": "PHP", "csharp": "C#"}
# How a reader starts the program and its receiver.
RUN = {
    "curl": ("bash izin.sh", ""),
    "python": ("python3 izin.py", "python3 alici.py"),
    "typescript": ("node izin.mjs", "node alici.mjs"),
    "php": ("php izin.php", "php -S 0.0.0.0:8080 alici.php"),
    "csharp": ("dotnet run", "dotnet run"),
}
STEPS = ("key", "token", "consent", "feed", "register")
CITIZEN = "citizen"  # how somebody refuses in the sandbox, before the feed is read
RECEIVER = "receiver"  # a program of its own, which the last step needs; none in curl
PATH = "/gelistirici/rehber"
PUSH_URL, PORT = "https://api.sirketiniz.example/iys", "8080"
OWN_URL = f"http://127.0.0.1:{PORT}/iys"  # of a receiver beside a site that only this machine can open
# Only the sandbox signs with it; a real connection gets one that nobody else knows.
SANDBOX_SIGN = "whsec_ZGVuZW1lLWFsYW5pLWljaW4taGVya2VzaW4tYmlsZGlnaQ=="
_USERNAME_HERE, _PASSWORD_HERE, _SECRET_HERE = mark("KULLANICI_ADI"), mark("ŞİFRE"), mark("UZUN_BİR_PAROLA")
_SIGN_HERE = mark("whsec_İMZA_SIRRI")
_SNIPPETS = Path(__file__).with_name("snippets")
_HEAD = re.compile(r"^=== (\w+)\n", re.MULTILINE)
_GAP = re.compile(r"@([A-Z]+)@")
_NUMBER = re.compile(r"[0-9]{1,9}")
_USERNAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


class SnippetValues(NamedTuple):
    """What stands in the programs. Nothing of it is secret: the password is the reader's to put in. ``sign``: signs
    pushes."""

    base: str
    iys: str
    brand: str
    name: str
    password: str
    secret: str
    sign: str
    url: str = PUSH_URL
    port: str = PORT


async def page(request: Request) -> Response:
    """``kod``: the programming language; ``ortam``: “deneme” for the sandbox, where there is one; ``sirket``,
    ``marka``, ``ad``: numbers and user name to fill in."""
    query, here = request.query_params, process.of(request)
    code = known(query.get("kod", ""))
    given = {
        "sirket": _fitting(_NUMBER, query.get("sirket", "")),
        "marka": _fitting(_NUMBER, query.get("marka", "")),
        "ad": _fitting(_USERNAME, query.get("ad", "")),
    }
    sandbox = _sandbox(request, given["ad"])
    own = bool(sandbox and here.own_machine)
    numbers = "".join(f"&{name}={value}" for name, value in given.items() if value)
    values = SnippetValues(
        here.settings.public_url + (SANDBOX if sandbox else ""),
        given["sirket"] or "IYSCODE",
        given["marka"] or "BRANDCODE",
        given["ad"] or _test_key(sandbox, given["sirket"]) or pages.text(request, _USERNAME_HERE),
        pages.text(request, _PASSWORD_HERE),
        pages.text(request, _SECRET_HERE),
        SANDBOX_SIGN if sandbox else pages.text(request, _SIGN_HERE),
        OWN_URL if own else PUSH_URL,
    )
    return pages.render(
        request,
        "providers/guide.html",
        code=code,
        programs=PROGRAMS,
        run=RUN[code],
        given=given,
        numbers=numbers,
        kept=numbers + ("" if sandbox is None else "&ortam=deneme" if sandbox else "&ortam=gercek"),
        sandbox=sandbox,
        steps=fill(code, values),
        own=own,
        answers=sections("answers"),
    )


def known(code: str) -> str:
    """A language of the guide: the one named, else curl."""
    return code if code in PROGRAMS else next(iter(PROGRAMS))


def is_name(text: str) -> bool:
    """Whether the guide takes it for the name of a key."""
    return _USERNAME.fullmatch(text) is not None


def _sandbox(request: Request, name: str) -> bool | None:
    """Whether the lines call the sandbox: as asked, else unless a real key is named; None where the site has none."""
    if not process.of(request).settings.sandbox:
        return None
    asked = request.query_params.get("ortam", "")
    return asked == "deneme" if asked in ("deneme", "gercek") else not name or name.startswith(TEST_MARK)


def _test_key(sandbox: bool | None, company: str) -> str:
    """The name that the panel gives a company's first test key; "" for none."""
    return f"{TEST_MARK}{company}" if sandbox and company else ""


def fill(code: str, values: SnippetValues) -> dict[str, str]:
    """The parts of a language's program, filled in; all but the receiver make one program, in the order of STEPS."""
    gaps = values._asdict()
    return {step: _GAP.sub(lambda gap: gaps[gap[1].lower()], text) for step, text in sections(code).items()}


@cache
def sections(name: str) -> dict[str, str]:
    """The parts of a file of ``snippets`` by their heads."""
    _, *parts = _HEAD.split((_SNIPPETS / f"{name}.txt").read_text("utf-8"))
    return {head: text.rstrip("\n") for head, text in zip(parts[::2], parts[1::2], strict=True)}


def _fitting(form: re.Pattern[str], text: str) -> str:
    return text if form.fullmatch(text) else ""
