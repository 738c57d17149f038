"""A stolen file shows no reason that somebody typed, no applicant's number and no address of a reason.

Which forms ask for a reason follows from the table of routes and the handlers' sources: a new one needs a row here.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text as sql

from consents import state
from consents.brands import company_changes
from consents.queries import recorded
from consents.registry import Registry, prepare
from consents.store import Snapshot, Statement, Transaction
from consents.store.engines import sqlite_library
from evidence import log
from panel.audit import audit_log
from panel.audit.audit_log import AuditSearch
from panel.gate import PanelRoute
from panel.panel_routes import ROUTES
from panel.rights import Membership, Permission, Role, Staff
from tests import ROOT
from tests.conftest import SECRET, Opener
from tests.consents.test_first_step import before as before
from tests.consents.test_schema import empty_url as empty_url
from tests.panel.brands.forms import seen
from tests.panel.changes import note
from tests.panel.companies import test_joining
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, Colleague, Office
from tests.panel.operations import test_waiting
from tests.panel.seen import SeenDeeds
from tests.panel.things import THINGS, form
from trust import record_numbers

DESK, AT = "/panel/isletmen", f"/panel/{CINAR}"
NUMBER, WHO = "5320000077", "Kanarya Yilmaz"
WHY = f"{WHO} telefonla aradı"  # a number is refused there: tests/panel/retention/test_reasons.py
OLD = f"{WHO} 0{NUMBER} numarasından aradı"  # as it was taken before
BRAND = BRANDS[CINAR][0]


def _application(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
    test_joining.apply(here)
    return operator.post(f"{DESK}/basvurular/1/reddet", data={"why": WHY})


def _sign_in(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
    test_waiting.close_sign_in(here, test_waiting.FROM)
    return operator.post(f"{DESK}/girisler", data={"address": test_waiting.FROM, "why": WHY})


def _provider(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
    operator.post(f"{DESK}/saglayicilar/{CINAR}/durum", data={"deed": "pause", "why": WHY})
    return operator.post(f"{DESK}/saglayicilar/{CINAR}/durum", data={"deed": "reopen", "why": WHY})


def _package(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
    page = f"{DESK}/saglayicilar/{CINAR}"
    shown = {"seen": seen(operator.get(page)), "package": "İLETİ-25", "why-package": WHY}
    return operator.post(f"{page}/paket", data=shown)


def _partner(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
    page = f"{DESK}/ortaklar/{THINGS['partner'](here, CINAR)}"
    return operator.post(f"{page}/durum", data={"seen": seen(operator.get(page)), "deed": "close", "why-state": WHY})


def _brand(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
    page = f"{AT}/markalar/{BRAND}"
    given = {"title": "Yeni ad", "name": "YENIAD", "headers": "YENI AD", "numbers": "+908500000001", "why": WHY}
    return owner.post(page, data={"seen": seen(owner.get(page)), **given})


def _brand_state(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
    page = f"{AT}/markalar/{BRANDS[CINAR][1]}"
    return owner.post(f"{page}/durum", data={"seen": seen(owner.get(page)), "why-state": WHY})


def _call(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
    word = {"address": f"0{NUMBER}", "key": f"{BRAND} MESAJ", "status": "RET", "why": WHY}
    assert operator.shown(f"{AT}/masa", data=word).status_code == 200
    return owner.shown(f"{AT}/masa", data={**word, "key": f"{BRAND} ARAMA"})


def _text(here: Office, operator: Colleague, owner: Colleague, heard: bool) -> httpx2.Response:
    number = test_waiting.comes(here, name=f"m{heard}")
    if heard:
        return operator.post(f"{DESK}/gelen/ret", data=test_waiting.said(number, heard=WHY))
    return operator.post(f"{DESK}/gelen/tamam", data={"text": str(number), "why": WHY})


def _number(here: Office) -> str:
    """The record number of an act about one person."""
    stands = here.registry.store.read_now(state.of_key, SeenDeeds(here).allowed())
    assert stands is not None
    assert stands.provider is not None
    event = stands.provider.event
    return record_numbers.of_act(
        here.registry.keyring, here.registry.store.read_now(recorded.events, [event])[event].act
    )


def _form(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
    at = f"{DESK}/formlar/{form(here, CINAR, waits=True)}"
    return operator.post(f"{at}/karar", data={"deed": "reddet", "why": WHY, "seen": seen(operator.get(at))})


# What is sent with a reason: by the path of the line.
REASONED: dict[str, Callable[[Office, Colleague, Colleague], httpx2.Response]] = {
    f"{DESK}/gelen/tamam": lambda here, operator, owner: _text(here, operator, owner, False),
    f"{DESK}/gelen/ret": lambda here, operator, owner: _text(here, operator, owner, True),
    f"{DESK}/giden/{{message:number}}/birak": lambda here, operator, owner: operator.post(
        f"{DESK}/giden/{THINGS['message'](here, 0)}/birak", data={"why": WHY}
    ),
    f"{DESK}/girisler": _sign_in,
    f"{DESK}/basvurular/{{application:number}}/reddet": _application,
    f"{DESK}/saglayicilar/{{provider:number}}/durum": _provider,
    f"{DESK}/saglayicilar/{{provider:number}}/paket": _package,
    f"{DESK}/ortaklar/{{partner:number}}/durum": _partner,
    "/panel/{company:number}/adres": lambda here, operator, owner: operator.post(
        f"{AT}/adres", data={"address": f"0{NUMBER}", "why": WHY}
    ),
    f"{DESK}/ara": lambda here, operator, owner: operator.post(
        f"{DESK}/ara", data={"address": f"0{NUMBER}", "why": WHY}
    ),
    **{
        path: lambda here, operator, owner, at=at: operator.post(at, data={"address": f"0{NUMBER}", "why": WHY})
        for path, at in (
            (f"{DESK}/kutuk", f"{DESK}/kutuk"),
            (f"{DESK}/kutuk/indir", f"{DESK}/kutuk/indir"),
            ("/panel/{company:number}/kutuk", f"{AT}/kutuk"),
            ("/panel/{company:number}/kutuk/indir", f"{AT}/kutuk/indir"),
        )
    },
    "/panel/{company:number}/masa": _call,
    "/panel/{company:number}/adres/kanit": lambda here, operator, owner: operator.post(
        f"{AT}/adres/kanit", data={"address": f"0{NUMBER}", "why": WHY}
    ),
    **{
        path: lambda here, operator, owner, at=at: operator.post(at, data={"islem": _number(here), "why": WHY})
        for path, at in (
            ("/panel/{company:number}/kanit/goster", f"{AT}/kanit/goster"),
            ("/panel/{company:number}/kanit/belge", f"{AT}/kanit/belge"),
            (f"{DESK}/denetim/islem", f"{DESK}/denetim/islem"),
        )
    },
    "/panel/{company:number}/masa/arayan": lambda here, operator, owner: operator.post(
        f"{AT}/masa/arayan", data={"address": f"0{NUMBER}", "why": WHY}
    ),
    "/panel/{company:number}/markalar/{brand:number}": _brand,
    "/panel/{company:number}/markalar/{brand:number}/durum": _brand_state,
    f"{DESK}/formlar/{{askedform:number}}/karar": _form,
    f"{DESK}/istekler/karar": lambda here, operator, owner: operator.post(
        f"{DESK}/istekler/karar", data={"claim": "1", "deed": "reddet", "why-1": WHY}
    ),
}
# They need a site that speaks with İYS, and are tried there.
ELSEWHERE = {
    *("/panel/{company:number}/iys/reddedilenler", "/panel/{company:number}/iys/kaldir"),
    f"{DESK}/istekler/iys",
    f"{DESK}/hatlar/{{lineclaim:number}}/karar",  # sealed as tests/consents/test_rotation.py reads it
}


def asks_why(line: PanelRoute) -> bool:
    """Whether the handler, or a function of its module that it calls, reads a reason out of the form."""
    module, source = sys.modules[line.handler.__module__], inspect.getsource(line.handler)
    called = [getattr(module, name, None) for name in re.findall(r"\b(_?[a-z]\w*)\(", source)]
    own = [one for one in called if inspect.isfunction(one) and one.__module__ == line.handler.__module__]
    return any(re.search(r'"(why|heard)[\w{}-]*"', text) for text in (source, *map(inspect.getsource, own)))


def plain(file: Path, folder: Path) -> bytes:
    """What lies in a database's file, its log and a backup of it."""
    backup = folder / "backup.db"
    with closing(sqlite_library().connect(file)) as source, closing(sqlite_library().connect(backup)) as copy:
        source.backup(copy)
    return b"".join(one.read_bytes() for one in (file, Path(f"{file}-wal"), backup))


def test_each_form_that_asks_for_a_reason_is_tried() -> None:
    found = {line.path for line in ROUTES if line.method == "POST" and asks_why(line)}
    assert found == REASONED.keys() | ELSEWHERE
    assert "test_sealed_words.plain(" in (ROOT / "tests/panel/operations/test_iys.py").read_text(encoding="utf-8")


def test_no_reason_stands_in_plain_in_the_file_its_log_or_a_backup(office: OpenOffice, tmp_path: Path) -> None:
    here = office()
    operator, owner = here.somebody(Staff.OPERATOR), here.somebody(Membership(Role.OWNER, Permission.MEMBER))
    for path, send in REASONED.items():
        answer = send(here, operator, owner)
        assert answer.status_code in (200, 303), (path, answer.text)
    said = [act.why for act in here.registry.store.read_now(audit_log.find, here.registry.keyring, AuditSearch())]
    assert said.count(WHY) >= len(REASONED), "each has its line, and the line has the reason"
    kept = here.registry.store.read_now(company_changes.of_provider, here.registry.keyring, CINAR)
    assert [one.reason for one in kept].count(WHY) >= 4
    lies = plain(Path(here.registry.store.engine.url.database or ""), tmp_path)
    assert f"Şirket {CINAR}".encode() in lies, "what may be read is found, so the rest would be"
    for secret in (WHO, NUMBER, "aradı", test_joining.tax_number(), "Deniz Örnek", "908500000001 ", "kisi1@"):
        assert secret.encode() not in lies, secret


def test_acts_from_before_they_were_sealed_are_still_whole(before: str, open_registry: Opener) -> None:
    """Their evidence has the digest of the plain words (docs/decisions/0036)."""
    prepare(before, SECRET)  # later steps
    registry = open_registry(before)
    read = registry.store.read_now
    acts = read(audit_log.find, registry.keyring, AuditSearch())
    assert [(one.before, one.after, one.why) for one in acts] == [("eski", "yeni", f"{OLD} {n}") for n in (2, 1)]
    (change,) = read(company_changes.of_provider, registry.keyring, 600100)
    assert (change.reason, change.detail) == (OLD, "eski → yeni")
    application = read(Snapshot.one, Statement(sql("SELECT tax, why FROM provider_application")))
    assert application is not None
    assert [registry.keyring.unseal_data(bytes(one)).decode() for one in application] == ["8590423909", OLD]
    assert read(audit_log.verify, registry.keyring) is None
    log.extend(registry)
    note(registry, "person-added", about="person 1", why="x")
    assert read(audit_log.verify, registry.keyring) is None
    assert read(log.verify, registry.keyring) is None
    _tamper(registry, acts[1].id)
    assert read(audit_log.verify, registry.keyring) == f"panel act {acts[1].id} is not what was recorded"


def _tamper(registry: Registry, act: int) -> None:
    """Other words under the right seal, and their own digest."""
    words, committed = registry.keyring.seal_evidence({"before": "eski", "after": "yeni", "why": "başka"})

    def work(transaction: Transaction) -> None:
        on_table = " ON panel_act" if transaction.dialect == "postgresql" else ""
        transaction.run(Statement(sql(f"DROP TRIGGER panel_act_no_update{on_table}")))
        change = Statement(sql("UPDATE panel_act SET words = :words, words_digest = :committed WHERE id = :act"))
        transaction.run(change, {"words": words, "committed": committed, "act": act})

    registry.store.write_now(work)


@pytest.mark.parametrize("table", ["panel_act", "company_change"])
def test_what_is_sealed_alone_may_be_sealed_again(registry: Registry, table: str) -> None:
    triggers = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE name = :name",
        "postgresql": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = :name",
    }
    found = registry.store.read_now(
        Snapshot.one, Statement(sql(triggers[registry.store.dialect])), {"name": f"{table}_no_update"}
    )
    assert found is not None
    columns = re.search(r"UPDATE OF ([\w, ]+) ON", found[0])
    assert columns
    there = {column.name for column in _table(table).columns}
    assert there - set(columns[1].split(", ")) == ({"words"} if table == "panel_act" else {"reason"})


def _table(name: str) -> object:
    from consents.tables import metadata

    return metadata.tables[name]
