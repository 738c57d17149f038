"""The log of acts: nobody changes it, and who does so in the database itself is found by ``izin verify``."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import text as sql

from consents.brands import brand_changes
from consents.care import audit
from consents.queries import log_rows
from consents.registry import Registry
from consents.rules import Reconsent
from consents.store import Statement, Transaction
from consents.terms import Actor
from evidence import log
from panel.audit import audit_log, audit_texts
from panel.audit.audit_log import AuditSearch
from panel.audit.change import AuditedWork, Change
from panel.brands import brand_actions
from panel.companies import company_actions
from panel.rights import Membership, Permission, Role, Staff
from panel.uploads import receiving
from tests.panel.changes import changed, note
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, Office
from tests.web.client import refused_for

OWNER = Membership(Role.OWNER, Permission.MEMBER)
ADDRESS = "+905320000001"
STAFF_LOG = "/panel/isletmen/kutuk"


def some(registry: Registry) -> list[int]:
    """Three acts of a command."""

    def work(change: Change) -> list[int]:
        return [change.note("person-added", f"person {n}", why="neden", address=ADDRESS) for n in range(3)]

    found: list[int] = changed(registry, work)
    return found


def run(registry: Registry, *statements: str) -> None:
    def work(transaction: Transaction) -> None:
        for statement in statements:
            transaction.run(Statement(sql(statement)))

    registry.store.write_now(work)


def verified(registry: Registry) -> str | None:
    found: str | None = registry.store.read_now(audit_log.verify, registry.keyring)
    return found


def test_what_was_recorded_is_whole_and_covered_by_the_log(registry: Registry) -> None:
    some(registry)
    assert verified(registry) is None
    log.extend(registry)
    assert registry.store.read_now(log.verify, registry.keyring) is None
    assert registry.store.read_now(audit.verify, Reconsent.CONFIRM) is None


@pytest.mark.parametrize(
    "deed", ["UPDATE panel_act SET what = 'x'", "UPDATE panel_act SET words_digest = mark", "DELETE FROM panel_act"]
)
def test_the_database_refuses_to_change_it(registry: Registry, deed: str) -> None:
    some(registry)
    with pytest.raises(Exception, match="panel_act is history and cannot be changed"):
        run(registry, deed)
    assert len(registry.store.read_now(audit_log.find, registry.keyring, AuditSearch())) == 3


TAMPERING = [
    ("UPDATE panel_act SET words = x'00' WHERE id = 2", "panel act 2 is not what was recorded"),
    (
        "UPDATE panel_act SET words = (SELECT words FROM panel_act WHERE id = 1) WHERE id = 2",
        "panel act 2 is not what was recorded",
    ),
    ("UPDATE panel_act SET words_digest = mark WHERE id = 2", "panel act 2 is not what was recorded"),
    (
        "UPDATE panel_act SET (words, words_digest) = (SELECT words, words_digest FROM panel_act WHERE id = 1) "
        "WHERE id = 2",
        "panel act 2 is not what was recorded",
    ),
    ("UPDATE panel_act SET at = at + 1 WHERE id = 2", "panel act 2 is not what was recorded"),
    ("UPDATE panel_act SET mark = NULL WHERE id = 2", "panel act 2 is not what was recorded"),
    ("DELETE FROM panel_act WHERE id = 2", "panel act 2 is missing"),
    ("DELETE FROM panel_act WHERE id = 3", "panel act 3 is missing"),
    ("DELETE FROM panel_act", "panel act 1 is missing"),
]


@pytest.mark.parametrize(("deed", "fault"), TAMPERING)
def test_who_goes_round_that_is_found(sqlite_url: str, open_registry: Any, deed: str, fault: str) -> None:
    registry = open_registry(sqlite_url)
    assert some(registry) == [1, 2, 3]
    run(registry, "DROP TRIGGER panel_act_no_update", "DROP TRIGGER panel_act_no_delete", deed)
    assert verified(registry) == fault


def test_a_row_that_was_put_in_is_found(sqlite_url: str, open_registry: Any) -> None:
    from consents import ledger

    registry = open_registry(sqlite_url)
    some(registry)
    other = registry.keyring.seal_evidence({"other": 1})
    number = registry.store.write_now(ledger.note, Actor.STAFF, other)
    run(
        registry,
        "INSERT INTO panel_act (id, at, what, object, words, words_digest) "
        f"VALUES ({number}, 1, 'signed-in', '', x'', x'')",
    )
    assert verified(registry) == f"panel act {number} stands in no history"


def test_both_rows_taken_out_leave_a_gap_in_the_signed_history(sqlite_url: str, open_registry: Any) -> None:
    registry = open_registry(sqlite_url)
    some(registry)
    log.extend(registry)
    for table in ("panel_act", "act"):
        run(registry, f"DROP TRIGGER {table}_no_delete", f"DELETE FROM {table} WHERE id = 3")
    assert verified(registry) is None
    assert "act 3 is missing" in str(registry.store.read_now(log.verify, registry.keyring))


def test_the_signed_history_has_the_operators_deeds_as_its_own_and_the_companys_as_the_companys(
    office: OpenOffice,
) -> None:
    here = office()
    company = here.id_of(CINAR)
    owner = here.person("sahip@example.com", OWNER)
    people = (None, here.person("isletmen@example.com", Staff.OPERATOR), owner)
    numbers = [note(here.registry, "provider-paused", one, provider=company) for one in people]
    acts = here.registry.store.read_now(log_rows.acts, numbers[0], numbers[-1])
    actors = {one.id: Actor.of(one.actor) for one in acts}
    assert [actors[number] for number in numbers] == [Actor.STAFF, Actor.STAFF, Actor.PROVIDER]


def test_it_is_looked_through_by_person_kind_and_address(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    invite(here, owner, "bir@example.com")
    invite(here, owner, "iki@example.com")
    page = owner.get(f"/panel/{CINAR}/kutuk").text
    assert page.count("Kişi davet edildi</strong>") == 2
    assert "bir@example.com" in page
    log_of = f"/panel/{CINAR}/kutuk"
    assert "Böyle bir kayıt yok" in owner.post(log_of, data={"what": "person-ended"}).text
    assert owner.post(log_of, data={"person": str(owner.number)}).text.count("davet edildi</strong>") == 2
    refused_for(owner.post(log_of, data={"address": "olmaz"}), 422, "Bunu numara ya da e-posta olarak okuyamadık.")
    desk = {"address": "0532 000 00 01", "key": "600101 MESAJ", "status": "RET", "why": "Aradı"}
    assert owner.shown(f"/panel/{CINAR}/masa", data=desk).status_code == 200
    found = owner.post(log_of, data={"address": ADDRESS}).text
    assert found.count("<strong>Ret kaydedildi</strong>") == 1
    assert "5320000001" not in found.replace("value=", "") or ADDRESS in found
    assert "Böyle bir kayıt yok" in owner.post(log_of, data={"address": "+905320000002"}).text


@pytest.mark.parametrize(("language", "word"), [("tr", "komut"), ("en", "command")])
def test_it_is_looked_through_by_what_was_typed(office: OpenOffice, language: str, word: str) -> None:
    """At a company what was typed about it alone, and on the operator's page what was typed at all."""
    here = office()
    owner, operator = here.somebody(OWNER), here.somebody(Staff.OPERATOR)
    company, other = here.id_of(CINAR), here.id_of(600200)
    deeds = (
        ("brand-renamed", owner.number, company, "by the owner"),
        ("provider-paused", operator.number, company, "by the operator"),
        ("brand-renamed", None, company, "typed of Çınar"),
        ("brand-closed", None, company, "typed of Çınar too"),
        ("brand-renamed", None, other, "typed of Işık"),
        ("application-sent", None, None, "by a visitor"),
    )
    for what, by, provider, why in deeds:
        note(here.registry, what, by, provider=provider, why=why)

    def found(page: str) -> set[str]:
        return {why for *_, why in deeds if f" {why}</small>" in page}

    for reader, place, typed in (
        (owner, f"/panel/{CINAR}/kutuk", {"typed of Çınar", "typed of Çınar too"}),
        (operator, f"/panel/{CINAR}/kutuk", {"typed of Çınar", "typed of Çınar too"}),
        (operator, STAFF_LOG, {"typed of Çınar", "typed of Çınar too", "typed of Işık"}),
    ):
        everything = reader.get(f"{place}?lang={language}").text
        assert f'<option value="commands">{word}</option>' in everything
        assert found(everything) > typed
        chosen = reader.post(f"{place}?lang={language}", data={"person": "commands"}).text
        assert found(chosen) == typed
        assert f'<option value="commands" selected>{word}</option>' in chosen
        both = reader.post(f"{place}?lang={language}", data={"person": "commands", "what": "brand-closed"}).text
        assert found(both) == {"typed of Çınar too"}
        first = reader.post(place, data={"person": "commands", "before": str(_number_of(here, "brand-closed"))}).text
        assert found(first) == {"typed of Çınar"}


def _number_of(here: Office, what: str) -> int:
    (found,) = here.registry.store.read_now(audit_log.find, here.registry.keyring, AuditSearch(what=what))
    return found.id


@pytest.mark.parametrize(
    ("language", "loading", "erasure", "old"),
    [
        ("tr", "Dosyanın komutla yüklenmesi başladı", "Bir numara veya e-posta silindi", "yükleme 7, eski kayıtlar"),
        ("en", "Loading of a file by command began", "A number or e-mail was erased", "load 7, old records"),
    ],
)
def test_a_file_that_is_loaded_is_the_companys_to_read_and_an_erasure_is_not(
    office: OpenOffice, language: str, loading: str, erasure: str, old: str
) -> None:
    here = office()
    brand = here.registry.store.read_now(brand_changes.known, 600101)
    changed(here.registry, receiving.started, brand, 7, True)
    note(here.registry, "address-erased")
    at_company, at_operator = f"/panel/{CINAR}/kutuk", STAFF_LOG
    for reader, place, shown in (
        (here.somebody(OWNER), at_company, [loading]),
        (here.somebody(OWNER, 600200), "/panel/600200/kutuk", []),
        (here.somebody(Staff.OPERATOR), at_company, [loading]),
        (here.somebody(Staff.OPERATOR), at_operator, [erasure, loading]),
        (here.somebody(Staff.AUDITOR), at_operator, [erasure, loading]),
    ):
        page = reader.get(f"{place}?lang={language}").text.replace("\N{NON-BREAKING HYPHEN}", "-")
        assert [one for one in re.findall("<strong>([^<]+)</strong>", page) if one in (loading, erasure)] == shown
        assert (f"600101<small>{old}</small>" in page) == (loading in shown)


@pytest.mark.parametrize(("language", "word"), [("tr", "başvuran"), ("en", "applicant")])
def test_an_application_is_no_command(office: OpenOffice, language: str, word: str) -> None:
    here = office()
    note(here.registry, "application-sent", about="application 1", after="Deniz A.Ş.")
    page = here.somebody(Staff.AUDITOR).get(f"{STAFF_LOG}?lang={language}").text
    assert f">{word}</td>" in next(row for row in page.split("<tr>") if "Deniz A.Ş." in row)


def test_what_was_typed_is_found_by_an_index(sqlite_url: str, open_registry: Any) -> None:
    """A log of millions of people's acts is not gone through for a command."""
    registry = open_registry(sqlite_url)
    asked, _ = audit_log._finding((), True).bound("sqlite", {})
    plan_of = Statement(sql(f"EXPLAIN QUERY PLAN {asked}"))
    plan = registry.store.read_now(lambda snapshot: snapshot.all(plan_of, {"before_id": 9, "most": 5}))
    assert "panel_act_person (person=? AND id<?)" in str(plan)


def test_another_companys_acts_are_not_shown(office: OpenOffice) -> None:
    here = office()
    owner, other = here.somebody(OWNER), here.somebody(OWNER, 600200)
    invite(here, owner, "bir@example.com")
    assert "bir@example.com" not in other.get("/panel/600200/kutuk").text


def invite(here: Office, owner: Any, email: str) -> None:
    data = {"email": email, "role": "user", "right": "see", "scope": "all"}
    assert owner.post(f"/panel/{CINAR}/kullanicilar/davet", data=data).status_code == 303


def test_the_log_speaks_the_language_of_who_reads_it(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    wish = {"email": "yeni@example.com", "role": "user", "right": ["see", "desk"], "scope": "some", "brand": "600101"}
    owner.post(f"/panel/{CINAR}/kullanicilar/davet", data=wish)
    owner.post(f"/panel/{CINAR}/markalar", data={"title": "user see"})
    turkish, english = (owner.get(f"/panel/{CINAR}/kutuk?lang={language}").text for language in ("tr", "en"))
    assert "<small>çalışan, izinleri görme, çağrı masasını kullanma, Marka 600101</small>" in turkish
    assert "<small>staff, see consents, use the call desk, Marka 600101</small>" in english
    assert re.search(r"Marka \d{6}<small>user see<", turkish), "a title stays as it is"
    assert re.search(r"Brand \d{6}<small>user see<", english)


def test_a_company_sees_what_the_operator_changed_of_it_by_command(office: OpenOffice) -> None:
    here = office()
    owner, other = here.somebody(OWNER), here.somebody(OWNER, 600200)
    changed(here.registry, brand_actions.set_headers, 600101, ["CINAR AS"], "tescil belgesi")
    changed(here.registry, company_actions.add, 600300, "Kanarya user A.Ş.", None)
    page = owner.get(f"/panel/{CINAR}/kutuk").text
    line = next(row for row in page.split("<tr>") if "tescil belgesi" in row)
    for said in (">komut<", "<strong>Markanın SMS başlıkları değiştirildi</strong>", "Marka 600101<small>", "CINAR AS"):
        assert said in line
    assert "tescil belgesi" not in other.get("/panel/600200/kutuk").text
    assert "Kanarya" not in page
    assert "Şirket 600300<small>Kanarya user A.Ş.</small>" in here.somebody(Staff.AUDITOR).get(STAFF_LOG).text


def test_a_company_reads_what_the_operator_changed_and_neither_who_nor_what_was_looked_at(office: OpenOffice) -> None:
    here = office()
    owner, operator, auditor = here.somebody(OWNER), here.somebody(Staff.OPERATOR), here.somebody(Staff.AUDITOR)
    for one, why in ((operator, "Şikâyet geldi"), (auditor, "Olağan denetim")):
        assert one.post(f"/panel/{CINAR}/adres", data={"address": ADDRESS, "why": why}).status_code == 200
    word = {"address": ADDRESS, "key": "600101 MESAJ", "status": "RET", "why": "Santrale söyledi"}
    assert operator.shown(f"/panel/{CINAR}/masa", data=word).status_code == 200
    log_of = f"/panel/{CINAR}/kutuk"
    for page in (owner.get(log_of).text, owner.post(log_of, data={"address": ADDRESS}).text):
        assert "<strong>Ret kaydedildi</strong>" in page
        assert ">siteyi işleten</td>" in page
        assert "Santrale söyledi" in page
        for secret in ("Şikâyet geldi", "Olağan denetim", "bakıldı</strong>", operator.email, auditor.email):
            assert secret not in page, secret
    for number in (operator.number, auditor.number):
        assert "Böyle bir kayıt yok" in owner.post(log_of, data={"person": str(number)}).text
    for reader, place in ((operator, log_of), (auditor, log_of), (auditor, STAFF_LOG)):
        page = reader.get(place).text
        assert page.count("bakıldı</strong>") == 2
        assert all(said in page for said in ("Şikâyet geldi", "Olağan denetim", operator.email, auditor.email))
    assert owner.post(f"/panel/{CINAR}/adres", data={"address": ADDRESS}).status_code == 200
    assert owner.get(log_of).text.count("bakıldı</strong>") == 1, "what its own people look at is there"


@pytest.mark.parametrize("place", [STAFF_LOG, f"/panel/{CINAR}/kutuk"])
@pytest.mark.parametrize("staff", [Staff.OPERATOR, Staff.AUDITOR])
def test_the_operators_people_search_it_for_an_address_with_a_reason_alone(
    office: OpenOffice, place: str, staff: Staff
) -> None:
    here = office()
    company = here.id_of(CINAR)
    changed(here.registry, lambda change: change.note("desk-undone", provider=company, address=ADDRESS, why="tanık"))
    reader = here.somebody(staff)
    for path in (place, f"{place}/indir"):
        for why in ("", "bak", "x" * 600):
            refused = reader.post(path, data={"address": ADDRESS, "why": why})
            refused_for(refused, 422, "Neden baktığınızı birkaç sözcükle yazın")
            assert ("tanık" in refused.text, "Böyle bir kayıt yok" in refused.text) == (False, False)
    assert here.acts() == ["desk-undone"], "nothing was looked at"
    look = {"address": ADDRESS, "why": "2026/114 sayılı şikâyet"}
    page = reader.post(place, data=look).text
    assert page.count("tanık") == 1
    assert 'value="2026/114 sayılı şikâyet"' in page.split("/indir")[1], "the file asks with the same reason"
    assert here.acts() == ["desk-undone", "address-looked-at"]
    assert "tanık" in reader.post(f"{place}/indir", data=look).text
    assert here.acts() == ["desk-undone", "address-looked-at", "address-looked-at", "log-exported"]
    (own, *_) = here.registry.store.read_now(audit_log.find, here.registry.keyring, AuditSearch(address=ADDRESS))
    assert (own.what, own.person, own.why) == ("address-looked-at", reader.number, "2026/114 sayılı şikâyet")
    assert reader.post(place, data={"what": "desk-undone"}).text.count("tanık") == 1
    assert len(here.acts()) == 4, "a search without an address looks at nobody"
    owner = here.somebody(OWNER).post(f"/panel/{CINAR}/kutuk", data={"address": ADDRESS}).text
    assert ("tanık" in owner, "2026/114" in owner) == (True, False), "a company never sees who audits it"


def test_sixty_searches_of_it_for_an_address_an_hour_with_all_other_looks(office: OpenOffice) -> None:
    here = office()
    auditor = here.somebody(Staff.AUDITOR)
    look = {"address": ADDRESS, "why": "Olağan denetim 12"}
    ways = (STAFF_LOG, f"/panel/{CINAR}/kutuk", f"{STAFF_LOG}/indir", "/panel/isletmen/ara")
    for turn in range(60):
        here.clock.now += 20_000_000
        assert auditor.post(ways[turn % 4], data=look).status_code == 200
    noted = here.acts()
    assert noted.count("address-looked-at") == 60
    for way in ways:
        refused_for(auditor.post(way, data=look), 429, "en çok 60 adrese")
    refused = auditor.post(STAFF_LOG, data=look).text
    assert "Olağan denetim 12</small>" not in refused, "nothing is shown"
    assert here.acts() == noted
    assert auditor.post(STAFF_LOG, data={"what": "signed-in"}).status_code == 200
    assert here.somebody(Staff.OPERATOR).post(STAFF_LOG, data=look).status_code == 200, "the limit is a person's"


def test_people_with_some_brands_read_of_them_and_of_their_own_acts_alone(office: OpenOffice) -> None:
    """Every kind of act, at their brand, at another, and about the whole company."""
    here = office()
    company = here.id_of(CINAR)
    own, other = (here.registry.store.read_now(brand_changes.known, code) for code in BRANDS[CINAR])
    some = Membership(Role.MANAGER, Permission.MEMBER, frozenset({own.id}))
    reader, colleague = here.somebody(some), here.somebody(some)
    whole = here.somebody(OWNER)
    kinds = list(audit_texts.WORDS)

    def work(change: Change) -> None:
        for kind in kinds:
            change.note(kind, provider=company, brand=own.id, why="at the own brand")
            change.note(kind, provider=company, brand=other.id, why="at another brand")
            change.note(kind, provider=company, why="at the whole company")

    everybody = (reader.number, colleague.number, whole.number, None)
    for person in everybody:
        here.registry.store.write_now(AuditedWork(here.registry.keyring, person, work))
    for one, sees in ((reader, True), (colleague, True), (whole, False)):
        wanted = AuditSearch(provider=company, brands_of=one.number if sees else 0)
        found = here.registry.store.read_now(audit_log.find, here.registry.keyring, wanted, 10_000)
        read = Counter((act.what, act.why, act.person == one.number) for act in found)
        for kind in kinds:
            for why, mine, times in (
                ("at the own brand", True, 1),
                ("at the own brand", False, 3),
                ("at another brand", True, 0 if sees else 1),
                ("at another brand", False, 0 if sees else 3),
                ("at the whole company", True, 1),
                ("at the whole company", False, 0 if sees else 3),
            ):
                assert read[kind, why, mine] == times, (kind, why, mine)
    page = reader.post(f"/panel/{CINAR}/kutuk", data={"what": "rule-changed"}).text
    assert Counter(re.findall("at (?:the|another) [a-z ]+", page)) == {"at the own brand": 4, "at the whole company": 1}
