"""What an operator changes by command stands in the log of acts: who (by the login that typed it), what, of whom, from,
to, why."""

from __future__ import annotations

import asyncio
import io
import shlex
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
from sqlalchemy import text as sql

import settings
from asking import forms
from asking.forms import FormTexts
from consents import ledger
from consents.brands.companies import BadCompany
from consents.keys import Keyring
from consents.people import register
from consents.queries import log_rows
from consents.registry import Registry
from consents.store import Snapshot, Statement, StoreUnavailable, Transaction
from consents.store.engines import sqlite_library
from consents.terms import Channel, Identity
from evidence import checkpoints, log
from izin import cli, jobs
from izin.operations import maintenance_commands, site_commands
from izin.operations import registry as opening
from panel.accounts import factors
from panel.audit import audit_log, audit_texts, os_logins
from panel.audit.change import Change
from tests import ROOT
from tests.conftest import SECRET, Opener
from tests.panel.audit.command_tables import NOTED, TYPED_IN, UNNOTED
from tests.panel.changes import note
from tests.providers.uploads.conftest import GOOD, HEADER
from trust import limits
from trust.codes.limits import code_limits

Line = tuple[str, int | None, int | None, str, str, str, str]
"""What is noted: word, iysCode, brandCode, object, before, after, why."""

C, B = 600100, 600101
NETWORK = "192.0.2.0/24"
REFUSED = None
ASK_FIRST = {"erase", "reopen"}  # they read an address, and have tests of their own
LOGIN = {"login": "izin", "sudo": "derya", "host": "db 1"}
TYPED = "login=izin sudo=derya host='db 1'"


class Step(NamedTuple):
    """A command as it is typed, and its lines; REFUSED: it fails, and notes nothing. ``{dealer}``: the last one added;
    ``{name}``: the number of the program of that name. ``given``: what is made before it."""

    typed: str
    lines: list[Line] | None
    given: Callable[[Transaction, Keyring], None] = lambda transaction, keyring: None


def with_passkey(transaction: Transaction, keyring: Keyring) -> None:
    factors.add_passkey(transaction, keyring, 1, b"credential", b"public", 0, "telefon")


def version(number: int, promise: str) -> str:
    """As the log keeps a version of the form that the steps make."""
    texts = FormTexts(
        "Çınar Bebek", forms.bits((Channel.MESAJ,)), Identity.BIREYSEL.code, promise, "https://cinar.example/metin"
    )
    return f"{number} {forms.digest(texts)} Çınar Bebek"


def shown(promise: str) -> str:
    """The digest that deciding about that version asks for."""
    return version(0, promise).split()[1]


WEEKLY, MONTHLY = "Haftada bir indirim haberi", "Ayda bir yeni ürün haberi"
FORM_ADD = "form add --brand 600101 --title 'Çınar Bebek' --channel mesaj --notice https://cinar.example/metin"

STEPS = [
    Step("provider add --code 600100 --title 'Çınar  A.Ş.' --mersis 0859042390600010",
         [("provider-added", C, None, "provider 600100", "", "Çınar A.Ş., 0859042390600010", "")]),
    Step("provider add --code 600100 --title 'Başka A.Ş.'", REFUSED),
    Step("provider add --code 600200 --title 'Işık A.Ş.'",
         [("provider-added", 600200, None, "provider 600200", "", "Işık A.Ş.", "")]),
    Step("provider pause --provider 600100 --reason ' borcu  var '",
         [("provider-paused", C, None, "provider 600100", "active", "paused", "borcu var")]),
    Step("provider pause --provider 600100 --reason yine", REFUSED),
    Step("provider close --provider 600100 --reason ' '", REFUSED),
    Step("provider close --provider 600100 --reason kapandı",
         [("provider-closed", C, None, "provider 600100", "paused", "closed", "kapandı")]),
    Step("provider reopen --provider 600100 --reason ödedi",
         [("provider-reopened", C, None, "provider 600100", "closed", "active", "ödedi")]),
    Step("provider reopen --provider 9 --reason x", REFUSED),
    Step("provider package --provider 600100", []),
    Step("provider package --provider 600100 --package İLETİ-25 --reason başvuru",
         [("package-changed", C, None, "provider 600100", "-", "İLETİ-25", "başvuru")]),
    Step("provider package --provider 600100 --package İLETİ-25 --reason yine", []),
    Step("provider package --provider 600100 --package İLETİ-9 --reason x", REFUSED),
    Step("provider package --provider 600100 --none", REFUSED),
    Step("provider package --provider 600100 --none --reason bitti",
         [("package-changed", C, None, "provider 600100", "İLETİ-25", "-", "bitti")]),
    Step("brand add --provider 600100 --code 600101 --title 'Çınar' --name çınar --header 'CINAR AS'",
         [("brand-added", C, B, "brand 600101", "", "Çınar", ""),
          ("brand-names-changed", C, B, "brand 600101", "", "CINAR", ""),
          ("brand-headers-changed", C, B, "brand 600101", "", "CINAR AS", "")]),
    Step("brand add --provider 600200 --code 600201 --title 'Işık' --header 'CINAR AS'", REFUSED),
    Step("brand add --provider 600200 --code 600201 --title 'Işık'",
         [("brand-added", 600200, 600201, "brand 600201", "", "Işık", "")]),
    Step("brand rename --brand 600101 --title 'Çınar Bebek' --reason '  yeni   ad '",
         [("brand-renamed", C, B, "brand 600101", "Çınar", "Çınar Bebek", "yeni ad")]),
    Step("brand rename --brand 600101 --title 'Çınar Bebek' --reason yine", []),
    Step("brand rename --brand 600101 --title ' ' --reason x", REFUSED),
    Step("brand names --brand 600101 --name bebek --name çınar --reason kısa",
         [("brand-names-changed", C, B, "brand 600101", "CINAR", "BEBEK, CINAR", "kısa")]),
    Step("brand names --brand 600101", []),
    Step("brand names --brand 600201 --name bebek --reason x", REFUSED),
    Step("brand headers --brand 600101 --header 'CINAR BEBEK' --reason tescil",
         [("brand-headers-changed", C, B, "brand 600101", "CINAR AS", "CINAR BEBEK", "tescil")]),
    Step("brand headers --brand 600101 --header AS", REFUSED),
    Step("brand headers --brand 600101 --none --reason bitti",
         [("brand-headers-changed", C, B, "brand 600101", "CINAR BEBEK", "", "bitti")]),
    Step("brand number --brand 600101 --number 4545",
         [("brand-numbers-changed", C, B, "brand 600101", "", "4545", "")]),
    Step("brand number --brand 600101 --number 4545", []),
    Step("brand number --brand 600201 --number 4545", REFUSED),
    Step("brand number --brand 600101 --number '0532 000 00 99'",
         [("brand-numbers-changed", C, B, "brand 600101", "4545", "+905320000099, 4545", "")]),
    Step("brand numbers --brand 600101", []),
    Step("brand numbers --brand 600101 --remove '0532 000 00 99'",
         [("brand-numbers-changed", C, B, "brand 600101", "+905320000099, 4545", "4545", "")]),
    Step("brand numbers --brand 600101 --remove 4646", REFUSED),
    Step("brand sms-onay --brand 600101 --off", []),
    Step("brand sms-onay --brand 600101 --on",
         [("brand-sms-onay-changed", C, B, "brand 600101", "off", "on", "")]),
    Step("brand sms-onay --brand 600101 --off",
         [("brand-sms-onay-changed", C, B, "brand 600101", "on", "off", "")]),
    Step("brand sms-onay --brand 9 --on", REFUSED),
    Step("brand close --brand 600201 --reason ' '", REFUSED),
    Step("brand close --brand 600201 --reason bitti",
         [("brand-closed", 600200, 600201, "brand 600201", "", "", "bitti")]),
    Step("brand close --brand 600201 --reason bitti", REFUSED),
    Step("brand reopen --brand 600201 --reason yeniden",
         [("brand-reopened", 600200, 600201, "brand 600201", "", "", "yeniden")]),
    Step("form add --brand 600101 --title Başka --channel MESAJ --promise 'Haftada bir' --notice https://a.example",
         REFUSED),
    Step(f"{FORM_ADD} --promise 'Haftada  bir indirim haberi'",
         [("form-added", C, B, "form 1", "", version(1, WEEKLY), ""),
          ("form-submitted", C, B, "form 1", "", version(1, WEEKLY), "")]),
    Step("form list --waiting", []),
    Step("till add --brand 600101 --label 'Kadıköy, 2. kasa' --form 1", REFUSED),
    Step(f"{FORM_ADD} --form 1 --promise '{MONTHLY}'", REFUSED),
    Step("form show 1", []),
    Step("form show 9", REFUSED),
    Step(f"form publish 1 --digest {shown(MONTHLY)}", REFUSED),
    Step(f"form publish 1 --digest {shown(WEEKLY)[:11]}", REFUSED),
    Step(f"form refuse 1 --digest {shown(MONTHLY)} --reason belirsiz", REFUSED),
    Step("form publish 1", REFUSED),
    Step(f"form publish 1 --digest {shown(WEEKLY)[:12]} --reason tamam",
         [("form-published", C, B, "form 1", "", version(1, WEEKLY), "tamam")]),
    Step(f"form publish 1 --digest {shown(WEEKLY)}", REFUSED),
    Step(f"{FORM_ADD} --form 1 --promise '{MONTHLY}'",
         [("form-changed", C, B, "form 1", version(1, WEEKLY), version(2, MONTHLY), ""),
          ("form-submitted", C, B, "form 1", "", version(2, MONTHLY), "")]),
    Step(f"form refuse 1 --digest {shown(MONTHLY)} --reason ' '", REFUSED),
    Step(f"form refuse 1 --digest {shown(WEEKLY)} --reason belirsiz", REFUSED),
    Step(f"form refuse 1 --digest {shown(MONTHLY)} --reason belirsiz",
         [("form-refused", C, B, "form 1", "", version(2, MONTHLY), "belirsiz")]),
    Step(f"form refuse 1 --digest {shown(MONTHLY)} --reason yine", REFUSED),
    Step("till add --brand 600101 --label 'Kadıköy, 2. kasa' --form 1",
         [("till-added", C, B, "till 1", "", "till Kadıköy, 2. kasa", "")]),
    Step("till add --brand 600101 --label Vitrin --poster", REFUSED),
    Step("till add --brand 600101 --label Vitrin --poster --form 1",
         [("till-added", C, B, "till 2", "", "poster Vitrin", "")]),
    Step("till list --brand 600101", []),
    Step("till end 1", [("till-ended", C, B, "till 1", "till Kadıköy, 2. kasa", "", "")]),
    Step("till end 1", REFUSED),
    Step("till end 9", REFUSED),
    Step("form end 1", [("form-ended", C, B, "form 1", version(2, MONTHLY), "", "")]),
    Step("form end 1", REFUSED),
    Step("form list --brand 600101", []),
    Step("dealer add --brand 600101 --title 'Birinci  Bayi' --external ' 34-1'",
         [("dealer-added", C, B, "dealer {dealer}", "", "Birinci Bayi, active, 34-1", "")]),
    Step("dealer add --brand 600101 --title 'İkinci' --external 34-1", REFUSED),
    Step("dealer change --brand 600101 --dealer {dealer} --title Merkez --status passive --external ''",
         [("dealer-changed", C, B, "dealer {dealer}", "Birinci Bayi, active, 34-1", "Merkez, passive", "")]),
    Step("dealer change --brand 600101 --dealer {dealer} --title Şube --status gone", REFUSED),
    Step("dealer change --brand 600101 --dealer {dealer}", []),
    Step("dealer change --brand 600101 --dealer {dealer} --title 'A, active'",
         [("dealer-changed", C, B, "dealer {dealer}", "Merkez, passive", '"A, active", passive', "")]),
    Step("dealer change --brand 600101 --dealer {dealer} --title A --status active --external passive",
         [("dealer-changed", C, B, "dealer {dealer}", '"A, active", passive', "A, active, passive", "")]),
    Step("dealer end --brand 600101 --dealer {dealer}",
         [("dealer-ended", C, B, "dealer {dealer}", "A, active, passive", "", "")]),
    Step("dealer end --brand 600101 --dealer {dealer}", REFUSED),
    Step("dealer add --brand 600101 --title Bayi --external '34\u202e1'", REFUSED),
    Step(f"dealer add --brand 600101 --title Bayi --external {'x' * 65}", REFUSED),
    Step("dealer add --brand 600101 --title Bayi --external ' '",
         [("dealer-added", C, B, "dealer {dealer}", "", "Bayi, active", "")]),
    Step("dealer change --brand 600101 --dealer {dealer} --external '34\x1b[2J'", REFUSED),
    Step(f"api-user add --provider 600100 --username {'x' * 65}", REFUSED),
    Step("api-user add --provider 600100 --username 'ci\u202enar'", REFUSED),
    Step("api-user add --provider 600100 --username cinar",
         [("program-added", C, None, "program {cinar} cinar", "", "cinar", "")]),
    Step("api-user add --provider 600200 --username cinar", REFUSED),
    Step("api-user password --provider 600100 --username cinar",
         [("program-renewed", C, None, "program {cinar} cinar", "", "", "")]),
    Step("api-user password --provider 600100 --username cinar --seen anothers", REFUSED),
    Step(f"api-user networks --provider 600100 --username cinar --network {NETWORK}",
         [("program-networks-changed", C, None, "program {cinar} cinar", "-", NETWORK, "")]),
    Step(f"api-user networks --provider 600100 --username cinar --network {NETWORK}", []),
    Step("api-user networks --provider 600100 --username cinar --network x", REFUSED),
    Step("api-user rights --provider 600100 --username cinar --reads-only --brand 600101",
         [("program-rights-changed", C, None, "program {cinar} cinar", "read write all", "read 600101", "")]),
    Step("api-user rights --provider 600100 --username cinar --reads-only --brand 600101", []),
    Step("api-user rights --provider 600100 --username cinar --brand 600201", REFUSED),
    Step("api-user end --provider 600100 --username cinar",
         [("program-ended", C, None, "program {cinar} cinar", "cinar", "", "")]),
    Step("api-user end --provider 600100 --username cinar", []),
    Step("partner add --code 900 --title ' Ortak  A.Ş.'",
         [("partner-added", None, None, "partner 900", "", "Ortak A.Ş.", "")]),
    Step("partner add --code 900 --title x", REFUSED),
    Step("partner user --partner 900 --username ortak",
         [("program-added", None, None, "partner 900, program {ortak} ortak", "", "ortak", "")]),
    Step("partner password --partner 900 --username ortak",
         [("program-renewed", None, None, "partner 900, program {ortak} ortak", "", "", "")]),
    Step(f"partner networks --partner 900 --username ortak --network {NETWORK}",
         [("program-networks-changed", None, None, "partner 900, program {ortak} ortak", "-", NETWORK, "")]),
    Step("partner end --partner 900 --username ortak",
         [("program-ended", None, None, "partner 900, program {ortak} ortak", "ortak", "", "")]),
    Step("partner end --partner 900 --username cinar", REFUSED),
    Step("partner grant --partner 900 --brand 600101 --mesaj write",
         [("partner-granted", C, B, "partner 900", "", "arama=none mesaj=write eposta=none", "")]),
    Step("partner grant --partner 900 --brand 600101 --arama read --agreements",
         [("partner-granted", C, B, "partner 900", "arama=none mesaj=write eposta=none",
           "arama=read mesaj=none eposta=none agreements", "")]),
    Step("partner grant --partner 900 --brand 600101 --arama read --agreements", []),
    Step("partner grant --partner 900 --brand 600101", REFUSED),
    Step("partner grant --partner 900 --brand 600101 --agreements", REFUSED),
    Step("partner grant --partner 901 --brand 600101 --arama read", REFUSED),
    Step("partner grant --partner 900 --brand 600101 --via",
         [("partner-granted", C, B, "partner 900", "arama=read mesaj=none eposta=none agreements",
           "arama=none mesaj=none eposta=none via", "")]),
    Step("partner revoke --partner 900 --brand 600101",
         [("partner-revoked", C, B, "partner 900", "arama=none mesaj=none eposta=none via", "", "")]),
    Step("partner revoke --partner 900 --brand 600101", REFUSED),
    Step("partner only", []),
    Step("partner only --below 250000", [("partner-rule-changed", None, None, "", "off", "250000", "")]),
    Step("partner only --below 250000", []),
    Step("partner only --below 0", REFUSED),
    Step("partner only --off", [("partner-rule-changed", None, None, "", "250000", "off", "")]),
    Step("partner only --off", []),
    Step("partner rename --partner 900 --title Yeni",
         [("partner-renamed", None, None, "partner 900", "Ortak A.Ş.", "Yeni", "")]),
    Step("partner close --partner 900 --reason bitti",
         [("partner-closed", None, None, "partner 900", "active", "closed", "bitti")]),
    Step("partner reopen --partner 900 --reason yeniden",
         [("partner-reopened", None, None, "partner 900", "closed", "active", "yeniden")]),
    Step("window open --size large --load-until 2030-12-31 --check-until 2031-02-15",
         [("window-opened", None, None, "", "", "large 2030-12-31 2031-02-15", "")]),
    Step("window open --size large --load-until 2030-12-31 --check-until 2031-02-15", REFUSED),
    Step("window change --window 1 --load-until 2030-11-30 --check-until 2031-01-15",
         [("window-changed", None, None, "window 1", "2030-12-31 2031-02-15", "2030-11-30 2031-01-15", "")]),
    Step("window change --window 1 --load-until 2030-11-30 --check-until 2031-01-15", []),
    Step("window change --window 7 --load-until 2030-11-30 --check-until 2031-01-15", REFUSED),
    Step("links --brand 600101 --channel MESAJ --addresses a.txt",
         [("links-minted", C, B, "brand 600101", "", "MESAJ 2", "")]),
    Step("links --brand 600101 --channel MESAJ --addresses nothing.txt", REFUSED),
    Step("links --brand 600101 --channel MESAJ --addresses bad.txt", REFUSED),
    Step("links --brand 600101 --channel MESAJ --addresses empty.txt", []),
    Step("import a.csv --brand 600101 --initial --dry-run", []),
    Step("import a.csv --brand 600101 --initial",
         [("import-started", C, B, "brand 600101", "", "batch 1 initial", "")]),
    Step("import a.csv --brand 600101", [("import-started", C, B, "brand 600101", "", "batch 2", "")]),
    Step("import --take-back 2", REFUSED),
    Step("import --take-back 1", [("import-taken-back", C, B, "brand 600101", "", "batch 1", "")]),
    Step("import --take-back 1", []),
    Step("import --take-back 9", REFUSED),
    Step("import a.csv --brand 9", REFUSED),
    Step("import nothing.csv --brand 600101", REFUSED),
    Step("panel-user add --email derya@example.com --provider 600100 --role user",
         [("person-added", C, None, "person 1", "", "user see,load,report,administer,desk,evidence", "")]),
    Step("panel-user add --email derya@example.com --provider 600100 --role user", []),
    Step("panel-user add --email derya@example.com --provider 600100 --operator",
         [("staff-changed", None, None, "person 1", "", "operator", ""),
          ("person-added", C, None, "person 1", "user see,load,report,administer,desk,evidence", "owner", "")]),
    Step("panel-user add --email derya@example.com --provider 600100 --operator", []),
    Step("panel-user add --email derya@example.com --provider 9", REFUSED),
    Step("panel-user end --email derya@example.com --second-step", []),
    Step("panel-user end --email derya@example.com --second-step",
         [("factor-removed", None, None, "person 1", "", "", "")], with_passkey),
    Step("panel-user end --email derya@example.com --provider 600200", []),
    Step("panel-user end --email derya@example.com",
         [("person-ended", C, None, "person 1", "owner", "", ""),
          ("person-ended", None, None, "person 1", "operator", "", "")]),
    Step("panel-user end --email nobody@example.com", REFUSED),
]  # fmt: skip


class Typed(NamedTuple):
    status: int
    out: str
    err: str


class Izin:
    """The command, in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def __call__(self, *words: str, text: str = "") -> Typed:
        self.monkeypatch.setattr("sys.argv", ["izin", *words])
        self.monkeypatch.setattr("sys.stdin", io.StringIO(text))
        with pytest.raises(SystemExit) as end:
            cli.main()
        told = self.capsys.readouterr()
        return Typed(int(end.value.code or 0), told.out, told.err)


@pytest.fixture
def fresh(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Izin:
    """A database that was migrated, and nothing more."""
    return _izin(database_url, tmp_path, monkeypatch, capsys)


@pytest.fixture
def izin(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Izin:
    return _izin(sqlite_url, tmp_path, monkeypatch, capsys)


def _izin(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Izin:
    monkeypatch.chdir(folder)
    (folder / "a.txt").write_text("0532 000 00 01\n\n+905320000002\n")
    (folder / "a.csv").write_text(f"{HEADER}\n{GOOD.replace('2026', '2020')}\n")
    (folder / "bad.txt").write_text("kimse\n")
    (folder / "empty.txt").write_text("\n")
    for name, value in {"DATABASE_URL": url, "SECRET_KEY": SECRET, "WITNESS_FILE": str(folder / "witness")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os_logins, "here", lambda: LOGIN)
    return Izin(monkeypatch, capsys)


_CODES = Statement(sql("SELECT 'provider', id, code FROM provider UNION ALL SELECT 'brand', id, code FROM brand"))
_USERS = Statement(sql("SELECT username, id FROM api_user"))


def noted(registry: Registry) -> list[tuple[Any, ...]]:
    """Every line: person, and the rest of a Line."""
    codes = {(kind, number): code for kind, number, code in registry.store.read_now(Snapshot.all, _CODES)}
    acts = registry.store.read_now(audit_log.find, registry.keyring, audit_log.AuditSearch(), 10_000)
    return [
        (one.person, one.what, codes.get(("provider", one.provider)), codes.get(("brand", one.brand)), *one[6:10])
        for one in reversed(acts)
    ]


def users(registry: Registry) -> dict[str, int]:
    def read(snapshot: Snapshot) -> dict[str, int]:
        return dict(snapshot.all(_USERS))

    return registry.store.read_now(read)


def commands(group: Any, *path: str) -> Iterator[str]:
    """The words of every command."""
    for name, one in getattr(group, "commands", {}).items():
        yield from commands(one, *path, name)
    if not hasattr(group, "commands"):
        yield " ".join(path)


def command_of(step: Step) -> str:
    words = shlex.split(step.typed)
    return words[0] if words[0] in ("links", "import") else " ".join(words[:2])


def test_of_every_command_it_is_known_whether_it_is_noted() -> None:
    """Who adds a command says here under which word the log has it, or why it has none."""
    there = set(commands(typer.main.get_command(cli.app)))
    assert there == NOTED.keys() | UNNOTED.keys()
    assert NOTED.keys() & UNNOTED.keys() == set()
    assert set().union(*NOTED.values()) <= audit_texts.WORDS.keys()


def test_who_reads_a_reason_is_said_where_it_is_asked_for() -> None:
    def asked(group: Any, *path: str) -> Iterator[tuple[str, str]]:
        for name, one in getattr(group, "commands", {}).items():
            yield from asked(one, *path, name)
        for option in group.params:
            if option.name == "reason":
                yield path[0], option.help or ""

    found = list(asked(typer.main.get_command(cli.app)))
    assert {told for room, told in found if room in ("provider", "brand")} == {
        "Why; it stays with the change, and the company reads it."
    }
    rooms = {"provider", "brand", "partner", "application", "outbox", "messages", "claims", "iys", "lines", "form"}
    assert {room for room, _ in found} == rooms
    assert [told for room, told in found if not told or (room == "partner" and "company" in told)] == []


def test_every_noted_command_is_typed_by_a_test_and_under_each_of_its_words() -> None:
    found: dict[str, set[str]] = {}
    for step in STEPS:
        if step.lines:
            found.setdefault(command_of(step), set()).update(line[0] for line in step.lines)
    assert {name: words for name, words in NOTED.items() if name not in {*TYPED_IN, *ASK_FIRST}} == found
    for name, place in TYPED_IN.items():
        said = (ROOT / place).read_text(encoding="utf-8")
        assert {word for word in NOTED[name] if f'"{word}"' not in said} == set(), name


def test_each_command_is_noted_as_the_panel_notes_it(fresh: Izin, database_url: str, open_registry: Opener) -> None:
    registry, secrets = open_registry(database_url), []
    said: dict[str, str] = {}
    expected: list[Line] = []
    titles = {C: "Çınar A.Ş.", 600200: "Işık A.Ş.", None: "-"}
    for step in STEPS:
        registry.store.write_now(step.given, registry.keyring)
        done = fresh(*shlex.split(step.typed.format(**said)))
        if step.lines is REFUSED:
            assert (done.status > 0, "Traceback" in done.err) == (True, False), step.typed
        else:
            assert done.status == 0, f"{step.typed}: {done.err}"
        if step.typed.startswith("dealer add") and step.lines:
            said["dealer"] = done.out.strip()
        if step.lines and step.lines[0][0] in ("program-added", "program-renewed"):
            secrets.append(done.out.strip())
            said |= {name: str(number) for name, number in users(registry).items()}
        expected += [(*line[:3], line[3].format(**said), *line[4:]) for line in step.lines or []]
        assert noted(registry) == [(None, *line) for line in expected], step.typed
    shown: list[list[str]] = []
    before: tuple[str, ...] = ()
    while lines := fresh("acts", *before).out.splitlines():
        shown += [line.split("\t") for line in lines]
        before = ("--before", shown[-1][0])
    about = {"person 1": "derya@example.com"}
    assert [line[2:] for line in reversed(shown)] == [
        [TYPED, what, titles[provider], *(part or "-" for part in (about.get(named, named), was, becomes, why))]
        for what, provider, _, named, was, becomes, why in expected
    ]
    assert len(secrets) == 4
    assert all(len(secret) == 32 for secret in secrets)
    kept = repr(noted(registry)) + repr(shown)
    assert [secret for secret in secrets if secret in kept] == []
    whole = fresh("verify")
    assert (whole.status, whole.err) == (0, ""), whole.err
    loaded = 2  # what the first file recorded is an act itself, and so is that it was taken back
    assert f"newest checkpoint: {len(expected) + loaded} " in whole.out


def test_a_form_is_shown_as_its_reader_gets_it_with_the_digest_of_the_log(
    izin: Izin, sqlite_url: str, open_registry: Opener, tmp_path: Path
) -> None:
    (tmp_path / "notice.txt").write_text(
        f"Çınar A.Ş. numaranızı indirim haberi için işler.\ndigest {'f' * 64}\n", "utf-8"
    )
    izin("provider", "add", "--code", "600100", "--title", "Çınar A.Ş.")
    izin("brand", "add", "--provider", "600100", "--code", "600101", "--title", "Çınar", "--name", "cinar")
    add = ("form", "add", "--brand", "600101", "--title", "Çınar", "--promise", WEEKLY, "--notice-file", "notice.txt")
    for more in (("--channel", "MESAJ", "--identity", "TACIR"), ("--channel", "EPOSTA")):
        number = izin(*add, *more).out.strip()
        done = izin("form", "show", number)
        assert done.status == 0, done.err
        lines = [line.split("\t", 1) for line in done.out.splitlines()]
        shown = dict(lines)
        logged = noted(open_registry(sqlite_url))[-1][6]
        assert logged == f"1 {shown['digest']} Çınar"
        assert shown["form"] == f"{number}, version 1, waiting"
        assert (shown["title"], shown["promise"], shown["channels"]) == ("Çınar", WEEKLY, more[1])
        assert shown["brand"] == "600101 Çınar, 600100 Çınar A.Ş."
        assert [name for name, _ in lines].count("digest") == 1
        sms = [value for name, value in lines if name == "sms"]
        if more[1] == "MESAJ":
            assert shown["identity"] == "TACIR"
            assert len(sms) == 3
            assert "CINAR isletmenize reklam SMS'i gondersin mi?" in sms[0]
        else:
            assert (shown["identity"], sms, shown["subject"]) == ("BIREYSEL", [], "Çınar size yazabilir mi?")
        stale = izin("form", "publish", number, "--digest", "0" * 64)
        assert (stale.status, "has another digest" in stale.err) == (1, True), stale
        assert izin("form", "publish", number, "--digest", shown["digest"][:12].upper()).status == 0


def test_what_cannot_be_noted_is_not_done(izin: Izin, sqlite_url: str, open_registry: Opener) -> None:
    """The change and its line are one transaction: where the second fails, the first is undone."""
    registry, file = open_registry(sqlite_url), Path(sqlite_url.removeprefix("sqlite:///"))
    said: dict[str, str] = {}
    record = Change.note

    def fail(*_: object, **__: object) -> int:
        raise BadCompany("the log is full")

    for step in STEPS:
        if not step.lines:
            continue
        registry.store.write_now(step.given, registry.keyring)
        words = shlex.split(step.typed.format(**said))
        before = dump(file)
        izin.monkeypatch.setattr(Change, "note", fail)
        refused = izin(*words)
        assert (refused.status, refused.err) == (1, "izin: the log is full\n"), step.typed
        assert dump(file) == before, step.typed
        izin.monkeypatch.setattr(Change, "note", record)
        done = izin(*words)
        assert done.status == 0, step.typed
        assert dump(file) != before
        if step.typed.startswith("dealer add"):
            said["dealer"] = done.out.strip()


def dump(file: Path) -> dict[str, list[Any]]:
    """All that is in a database, by table."""
    with closing(sqlite_library().connect(file)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: database.execute(f"SELECT * FROM {table}").fetchall() for table in tables}


def test_a_password_is_printed_before_the_log_is_signed_which_may_fail(
    izin: Izin, sqlite_url: str, open_registry: Opener
) -> None:
    """Another program may hold the write lock then: the change stands, and nobody could read the password again."""
    assert izin("provider", "add", "--code", "600100", "--title", "Çınar").status == 0
    assert izin("partner", "add", "--code", "900", "--title", "Ortak").status == 0
    assert izin("brand", "add", "--provider", "600100", "--code", "600101", "--title", "Çınar").status == 0
    printed: list[str] = []
    sign = log.extend

    def locked(*_: object) -> None:
        printed.append(izin.capsys.readouterr().out)
        raise StoreUnavailable("the database is locked")

    izin.monkeypatch.setattr(log, "extend", locked)
    for typed, length in (
        ("api-user add --provider 600100 --username cinar", 32),
        ("api-user password --provider 600100 --username cinar", 32),
        ("partner user --partner 900 --username ortak", 32),
        ("partner password --partner 900 --username ortak", 32),
        ("dealer add --brand 600101 --title Bayi", 8),
        ("brand number --brand 600101 --number 4545", 4),
    ):
        done = izin(*shlex.split(typed))
        assert done.status == 0, typed
        assert len(printed.pop().strip()) == length, typed
        assert done.err.startswith("izin: the database is locked\nizin: what was recorded stays;"), typed
    izin.monkeypatch.setattr(log, "extend", sign)
    assert izin("partner", "rename", "--partner", "900", "--title", "Yeni") == (0, "", "")
    whole = izin("verify")
    assert (whole.status, f"newest checkpoint: {len(noted(open_registry(sqlite_url)))} " in whole.out) == (0, True)


def test_what_steers_a_terminal_is_not_shown(izin: Izin, sqlite_url: str, open_registry: Opener) -> None:
    """Names that were taken before they were looked at."""
    registry = open_registry(sqlite_url)
    note(registry, "partner-renamed", before="a\x1b[2J\tb", after="c\u202ed", why="e\nf")
    shown = izin("acts").out.rstrip("\n").split("\t")[-3:]
    assert shown == ["a\ufffd[2J b", "c\ufffdd", "e f"]


def test_an_older_line_has_no_login_and_is_shown_as_it_was(izin: Izin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os_logins, "here", dict)
    assert izin("partner", "add", "--code", "900", "--title", "Ortak").status == 0
    monkeypatch.setattr(os_logins, "here", lambda: LOGIN)
    assert izin("partner", "rename", "--partner", "900", "--title", "Yeni").status == 0
    shown = [line.split("\t")[2:4] for line in izin("acts").out.splitlines()]
    assert shown == [[TYPED, "partner-renamed"], ["-", "partner-added"]]
    assert izin("verify").status == 0


@pytest.mark.parametrize("words", ["partner add --code 900 --title Ortak", "reopen", "erase"])
def test_the_login_is_looked_up_before_a_command_opens_the_registry(
    izin: Izin, sqlite_url: str, open_registry: Opener, words: str
) -> None:
    """A directory of logins that hangs must keep nobody waiting for the write lock."""
    registry = open_registry(sqlite_url)
    limit = code_limits.wrong_of(registry.keyring, "+905320000001")
    registry.store.write_now(limits.note, limit, registry.store.now())
    enrol(registry, "+905320000001")
    asked: list[str] = []
    opened = opening.open_registry

    def look() -> dict[str, str]:
        asked.append("login")
        return LOGIN

    def open_it() -> AbstractContextManager[Registry]:
        asked.append("registry")
        return opened()

    izin.monkeypatch.setattr(os_logins, "here", look)
    for module in (opening, maintenance_commands):
        izin.monkeypatch.setattr(module, "open_registry", open_it)
    assert izin(*shlex.split(words), text="0532 000 00 01\n").status == 0
    assert asked == ["login", "registry", "login"], "what was looked up is kept, so the second time asks nobody"


@pytest.mark.parametrize("end", [BadCompany("refused"), typer.Exit(3)])
def test_what_a_command_recorded_before_it_was_refused_is_signed(
    izin: Izin, sqlite_url: str, open_registry: Opener, end: Exception
) -> None:
    def refused() -> None:
        with cli._recording() as registry:
            note(registry, "iys-round-asked")
            raise end

    with pytest.raises(type(end)):
        refused()
    assert open_registry(sqlite_url).store.read_now(checkpoints.last_size) == 1


def test_a_sign_in_that_is_opened_again_is_noted_by_a_mark_of_its_address(
    izin: Izin, sqlite_url: str, open_registry: Opener
) -> None:
    registry, address = open_registry(sqlite_url), "+905320000001"
    limit = code_limits.wrong_of(registry.keyring, address)
    registry.store.write_now(limits.note, limit, registry.store.now())
    assert izin("reopen", text="0532 000 00 02\n").status == 1
    assert noted(registry) == []
    assert izin("reopen", text="0532 000 00 01\n").status == 0
    assert noted(registry) == [(None, "sign-in-reopened", None, None, "", "", "", "")]
    for looked, found in ((address, 1), ("+905320000002", 0)):
        wanted = audit_log.AuditSearch(address=looked)
        assert len(registry.store.read_now(audit_log.find, registry.keyring, wanted)) == found
    assert izin("verify").status == 0


def test_an_erasure_is_noted_and_never_of_whom(fresh: Izin, database_url: str, open_registry: Opener) -> None:
    """Not by a mark either: whoever knows the address could find it by that."""
    registry, address = open_registry(database_url), "+905320000001"
    enrol(registry, address)
    line = (None, "address-erased", None, None, "", "", "", "")
    for typed, status, lines in (
        ("0532 000 00 02", 1, 0),
        ("nobody", 2, 0),
        ("0532 000 00 01", 0, 1),
        ("0532 000 00 01", 0, 2),  # it may take what came since
        ("0532 000 00 02", 1, 2),
    ):
        assert fresh("erase", text=f"{typed}\n").status == status
        assert noted(registry) == [line] * lines, typed
    wanted = audit_log.AuditSearch(address=address)
    assert registry.store.read_now(audit_log.find, registry.keyring, wanted) == []
    for act in registry.store.read_now(audit_log.find, registry.keyring, audit_log.AuditSearch()):
        assert act.mark is None
    notes = registry.store.read_now(lambda snapshot: list(log_rows.notes(snapshot)))
    assert len(notes) == 2
    for _, sealed in notes:
        assert registry.keyring.unseal_evidence(bytes(sealed)).keys() == {audit_log.EVIDENCE, "salt", *LOGIN}
    shown = [one.split("\t")[2:] for one in fresh("acts").out.splitlines()]
    assert shown == [[TYPED, "address-erased", "-", "-", "-", "-", "-"]] * 2
    assert fresh("acts", "--provider", "600100").status == 1, "there is no company that could read of it"
    assert fresh("verify").status == 0


def test_an_erasure_and_its_line_are_one_transaction(izin: Izin, sqlite_url: str, open_registry: Opener) -> None:
    registry, file = open_registry(sqlite_url), Path(sqlite_url.removeprefix("sqlite:///"))
    enrol(registry, "+905320000001")
    before = dump(file)

    def fail(*_: object, **__: object) -> int:
        raise BadCompany("not now")

    for module, name in ((Change, "note"), (register, "_digest")):
        with izin.monkeypatch.context() as patch:
            patch.setattr(module, name, fail)
            assert izin("erase", text="0532 000 00 01\n").status == 1
        assert dump(file) == before, name
    assert izin("erase", text="0532 000 00 01\n").status == 0
    assert noted(registry) == [(None, "address-erased", None, None, "", "", "", "")]


def test_where_nothing_is_taken_back_nothing_is_noted(izin: Izin, sqlite_url: str, open_registry: Opener) -> None:
    for words in (
        "provider add --code 600100 --title Çınar",
        "brand add --provider 600100 --code 600101 --title Çınar",
        "import a.csv --brand 600101 --initial",
    ):
        assert izin(*shlex.split(words)).status == 0
    before = dump(Path(sqlite_url.removeprefix("sqlite:///")))

    def fail(*_: object) -> None:
        raise BadCompany("not now")

    izin.monkeypatch.setattr(ledger, "undo", fail)
    assert izin("import", "--take-back", "1") == (1, "", "izin: not now\n")
    assert dump(Path(sqlite_url.removeprefix("sqlite:///"))) == before


def enrol(registry: Registry, address: str) -> None:
    """Somebody whom the registry knows."""
    registry.store.write_now(register.enrol, registry.keyring, register.person(registry.keyring, address))


def test_the_first_command_on_a_fresh_database_is_witnessed_and_a_site_starts_after_it(
    fresh: Izin, database_url: str, open_registry: Opener, tmp_path: Path
) -> None:
    """Its line is the first act of the registry: the witness has to begin before it."""
    added = fresh("provider", "add", "--code", "600100", "--title", "Çınar A.Ş.")
    assert added == (0, "600100\n", "")
    seen = (tmp_path / "witness").read_text(encoding="utf-8")
    assert [line.split()[1] for line in seen.splitlines() if not line.startswith("#")] == ["0", "1"], seen
    whole = fresh("verify")
    assert (whole.status, whole.err, "newest checkpoint: 1 " in whole.out) == (0, "", True)
    started: list[object] = []
    fresh.monkeypatch.setattr("web.server.run", lambda site, *place: started.append(site))
    fresh.monkeypatch.setattr("gc.freeze", lambda: None)
    fresh.monkeypatch.setattr(site_commands, "_can_listen", lambda *_: None)
    served = fresh("serve", "--quiet")
    assert (served.status, len(started)) == (0, 1)
    assert [line for line in served.err.splitlines() if "itness" in line] == []
    asyncio.run(jobs._checkpoint(open_registry(database_url), settings.load()))
    assert fresh("brand", "add", "--provider", "600100", "--code", "600101", "--title", "Çınar").err == ""
    for words in (("verify",), ("verify", "--since-checkpoint"), ("migrate",)):
        done = fresh(*words)
        assert (done.status, done.err) == (0, ""), words


def test_the_log_page_says_it_in_words() -> None:
    """A title is shown as it is, a state as a word; a partner's program by both their kinds."""

    def translate(text: str) -> str:
        return {"Şirket": "Company", "İş ortağı": "Partner", "Program": "Program", "açık": "open"}.get(text, text)

    assert audit_texts.value(translate, "provider-added", "Kanarya user A.Ş.", {}) == "Kanarya user A.Ş."
    for what in ("provider-paused", "partner-closed"):
        assert audit_texts.value(translate, what, "active", {}) == "open"
    assert audit_texts.thing(translate, "partner 900, program 3 ortak, x") == "Partner 900, Program 3 ortak, x"
    assert audit_texts.thing(translate, "program 3 a, b") == "Program 3 a, b"


def test_the_log_page_says_levels_switches_and_states_in_words() -> None:
    words = {"okur": "reads", "yetkisiz": "no right", "pasif": "passive", "açık": "open", "kapalı": "closed"}
    words |= {"yükleme": "load", "eski kayıtlar": "old ones"}
    for what, kept, shown in (
        (
            "partner-granted",
            "arama=read mesaj=none eposta=none agreements via",
            "Telefonla arama: reads; SMS: no right; E-posta: no right; gün raporları; onay sorar",
        ),
        ("brand-sms-onay-changed", "on", "open"),
        ("partner-rule-changed", "off", "closed"),
        ("partner-rule-changed", "250000", "250000"),
        ("dealer-changed", "Merkez, active", "Merkez, open"),
        ("dealer-changed", '"A, active", active, passive', '"A, active", open, passive'),
        ("dealer-changed", "A, B, active", "A, B, active"),
        ("iys-dealer-numbered", "71234567 learnt", "71234567, İYS'nin listesinden"),
        ("iys-dealer-numbered", "-", "-"),
        ("import-started", "batch 12", "load 12"),
        ("import-started", "batch 12 initial", "load 12, old ones"),
        ("import-started", "batch 12 late", "batch 12 late"),
        ("import-taken-back", "batch 12", "load 12"),
        ("push-tried", "taken", "alındı"),
        ("push-tried", "status 503", "alınmadı (503)"),
        ("push-resent", "ClientConnectorDNSError", "alınmadı"),
    ):
        assert audit_texts.value(lambda text: words.get(text, text), what, kept, {}) == shown, (what, kept)
