"""Which login of the machine typed a command stands sealed beside its line; the operator reads it, companies do not."""

from __future__ import annotations

import os
import pwd
import shlex
import socket
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from consents.queries import log_rows
from consents.registry import Registry
from consents.store import Statement, Transaction
from evidence import log
from panel.audit import audit_log, os_logins
from panel.audit.audit_log import AuditSearch
from panel.brands import brand_actions
from panel.operations import audit_lines
from panel.rights import Membership, Permission, Role, Staff
from tests.panel.audit.command_tables import NOTED
from tests.panel.changes import changed, note
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, Office

OWNER = Membership(Role.OWNER, Permission.MEMBER)
STAFF_LOG, LOG = "/panel/isletmen/kutuk", f"/panel/{CINAR}/kutuk"
TYPED = {"login": "kayitci", "sudo": "derya", "host": "db1.example"}


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    """Each test asks the system, and leaves nothing of its own behind."""
    os_logins.here.cache_clear()
    yield
    os_logins.here.cache_clear()


@pytest.fixture
def derya(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host is Derya's, who has become the login ``kayitci``."""
    monkeypatch.setattr(pwd, "getpwuid", lambda number: SimpleNamespace(pw_name="kayitci"))
    monkeypatch.setattr(socket, "gethostname", lambda: "db1.example")
    monkeypatch.setenv("SUDO_USER", "derya")


def test_it_is_the_effective_user_and_not_what_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "baska")
    monkeypatch.delenv("SUDO_USER", raising=False)
    effective = pwd.getpwuid(os.geteuid()).pw_name
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    assert os_logins.here() == {"login": effective, "host": socket.gethostname()}


def test_whoever_became_another_by_sudo_stands_beside(derya: None) -> None:
    assert os_logins.here() == TYPED
    assert os_logins.words(TYPED) == "login=kayitci sudo=derya host=db1.example"


def test_where_the_system_has_no_name_the_number_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 3_999_999_999)
    assert os_logins.here()["login"] == "3999999999"


def test_on_windows_the_system_is_asked_for_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "geteuid")
    monkeypatch.setattr(os, "getlogin", lambda: "Ayşe Kaya")
    monkeypatch.setattr(socket, "gethostname", lambda: "PC")
    monkeypatch.delenv("SUDO_USER", raising=False)
    assert os_logins.here() == {"login": "Ayşe Kaya", "host": "PC"}
    assert shlex.split(os_logins.words(os_logins.here())) == ["login=Ayşe Kaya", "host=PC"]


def test_what_is_not_known_keeps_no_command_from_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise OSError("nobody knows")

    monkeypatch.delattr(os, "geteuid")
    monkeypatch.setattr(os, "getlogin", fail)
    monkeypatch.setattr(socket, "gethostname", fail)
    monkeypatch.delenv("SUDO_USER", raising=False)
    assert os_logins.here() == {}
    assert os_logins.words({}) == ""


def test_names_are_short_and_can_be_shown(monkeypatch: pytest.MonkeyPatch, registry: Registry) -> None:
    """A variable may hold bytes of no text, which JSON could not be written of."""
    monkeypatch.setitem(os.environb, b"SUDO_USER", b"de\xffr\x1b[2J\nya" + b"x" * 500)
    assert os_logins.here()["sudo"] == "de\ufffdr\ufffd[2J\ufffdya" + "x" * 89
    note(registry, "partner-added")
    assert evidence(registry)[1]["sudo"] == os_logins.here()["sudo"]


def evidence(registry: Registry) -> dict[int, dict[str, object]]:
    """What is sealed beside each line, by its number, without the salt."""
    notes = registry.store.read_now(lambda snapshot: list(log_rows.notes(snapshot)))
    opened = {number: registry.keyring.unseal_evidence(bytes(sealed)) for number, sealed in notes}
    return {number: {name: one[name] for name in one if name != "salt"} for number, one in opened.items()}


def test_it_is_sealed_for_commands_alone(office: OpenOffice, derya: None) -> None:
    here = office()
    person = here.person("isletmen@example.com", Staff.OPERATOR)
    deeds = [("partner-added", None), ("partner-added", person), *((what, None) for what in audit_log.BY_VISITORS)]
    for deed in deeds:
        number = note(here.registry, *deed)
        found = evidence(here.registry)[number]
        assert found.pop(audit_log.EVIDENCE)
        assert found == (TYPED if deed == deeds[0] else {}), deed


def test_no_command_notes_what_visitors_do() -> None:
    assert set().union(*NOTED.values()) & set(audit_log.BY_VISITORS) == set()


def test_who_changes_what_was_sealed_is_found(registry: Registry, derya: None) -> None:
    keyring, number = registry.keyring, note(registry, "partner-added")
    log.extend(registry)
    assert registry.store.read_now(log.verify, keyring) is None
    (kept,) = registry.store.read_now(lambda snapshot: list(log_rows.notes(snapshot)))
    plain = keyring.unseal_evidence(bytes(kept[1]))
    assert plain["login"] == "kayitci"

    def forge(transaction: Transaction) -> None:
        sealed, _ = keyring.seal_evidence({**plain, "login": "baska"})
        statement = Statement(text("UPDATE act SET evidence = :sealed WHERE id = :id"))
        transaction.run(statement, {"sealed": sealed, "id": number})

    registry.store.write_now(forge)
    assert registry.store.read_now(audit_log.verify, keyring) is None, "the line itself is as it was"
    assert f"act {number}" in str(registry.store.read_now(log.verify, keyring))


def change_headers(here: Office) -> None:
    changed(here.registry, brand_actions.set_headers, 600101, ["CINAR AS"], "tescil belgesi")


def test_the_operator_reads_it_and_a_company_does_not(office: OpenOffice, derya: None) -> None:
    here = office()
    change_headers(here)
    for kind in (Staff.OPERATOR, Staff.AUDITOR):
        reader = here.somebody(kind)
        for language, said in (
            ("tr", 'komut<small class="far">sistem kullanıcısı: kayitci; sudo ile: derya; makine: db1.example</small>'),
            ("en", 'command<small class="far">system login: kayitci; by sudo: derya; host: db1.example</small>'),
        ):
            assert said in reader.get(f"{STAFF_LOG}?lang={language}").text
    for kind in (OWNER, Staff.OPERATOR):
        reader = here.somebody(kind)
        pages = [reader.get(LOG).text, reader.post(LOG, data={"what": "brand-headers-changed"}).text]
        for page in pages:
            line = next(row for row in page.split("<tr>") if "tescil belgesi" in row)
            assert ">komut</td>" in line
            assert [name for name in TYPED.values() if name in page] == []


def test_an_old_line_is_shown_as_before(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose evidence holds the digest alone."""
    here = office()
    monkeypatch.setattr(os_logins, "here", lambda: {})
    change_headers(here)
    (found,) = evidence(here.registry).values()
    assert found.keys() == {audit_log.EVIDENCE}
    page = here.somebody(Staff.OPERATOR).get(STAFF_LOG).text
    assert ">komut</td>" in next(row for row in page.split("<tr>") if "tescil belgesi" in row)
    (line,) = here.registry.store.read_now(audit_lines.read, here.registry.keyring, AuditSearch(), True).lines
    assert (line.who, line.typed) == ("", {})


def test_it_is_read_only_where_it_is_asked_for(office: OpenOffice, derya: None) -> None:
    here = office()
    change_headers(here)
    read, keyring = here.registry.store.read_now, here.registry.keyring
    for asked, told in (((), {}), ((False,), {}), ((True,), TYPED)):
        (line,) = read(audit_lines.read, keyring, AuditSearch(), *asked).lines
        assert line.typed == told
