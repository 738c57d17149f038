"""“Verilerim”: a copy at once, who received the record, who looked, requests with their day, and the erasure."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import text as sql

from citizen.receipts import data_requests
from citizen.receipts.data_requests import DataRequestState
from consents.brands import companies
from consents.care import audit
from consents.people import register
from consents.rules import Reconsent
from consents.store import Statement, Transaction
from panel.accounts import account_store
from panel.audit import looks
from panel.audit.change import Change
from panel.rights import Staff
from tests.citizen.consents.town import AYSE, CINAR, CINAR_MINI, ISIK, MAIL, MEHMET, Town, Visitor, text, town
from tests.conftest import Clock, Opener
from tests.web.client import refused_for
from web import cookies

PAGE, ASK, ERASE = "/izinler/verilerim", "/izinler/verilerim/basvuru", "/izinler/verilerim/sil"
RECEIVED = {"received_by", "looked_at_by", "requests"}


def form_mark(visitor: Visitor) -> str:
    found = re.search(r'name="n" value="([0-9a-f]+)"', visitor.get(ERASE).text)
    assert found
    return found[1]


def looked(
    here: Town, person: str, address: str, *, about: str = "", company: int | None = None, what: str = looks.LOOKED
) -> None:
    """An entry as the panel's pages write it."""

    def work(transaction: Transaction) -> None:
        by = account_store.find(transaction, here.registry.keyring, person)
        assert by is not None
        provider = companies.provider_id(transaction, company) if company else None
        change = Change(transaction, here.registry.keyring, by.id)
        change.note(what, about, why="2026/114 sayılı şikâyet", provider=provider, address=address)

    here.registry.store.write_now(work)


@pytest.fixture
def people(here: Town) -> None:
    def work(transaction: Transaction) -> None:
        keyring = here.registry.keyring
        for name, staff in (("ada", Staff.NONE), ("isletmen", Staff.OPERATOR), ("denetci", Staff.AUDITOR)):
            person = account_store.enrol(transaction, keyring, f"{name}@example.com")
            account_store.set_staff(transaction, person.id, staff)

    here.registry.store.write_now(work)


def read_of(visitor: Visitor) -> str:
    """The page as it is read."""
    return text(visitor.get(PAGE).text).replace("\u00a0", " ").replace(" ,", ",")


def copy_of(visitor: Visitor) -> dict[str, object]:
    found: dict[str, object] = json.loads(visitor.get(f"{PAGE}.json").content)
    return found


def test_the_copy_holds_the_whole_record_and_who_received_it(here: Town) -> None:
    here.told(AYSE, CINAR, ago=40)
    here.told(AYSE, CINAR_MINI)
    visitor = here.sign_in(AYSE)
    page = read_of(visitor)
    assert "1 şirket aldı" in page
    assert "Çınar Mağazacılık A.Ş. Çınar, Zambak. 24 Kasım 2026 gününden beri." in page
    assert "Işık" not in page
    copy = copy_of(visitor)
    assert copy.keys() >= RECEIVED | {"brands", "address"}
    (received,) = copy["received_by"]  # type: ignore[misc]
    assert (received["company"], received["brands"], received["national_registry"]) == (
        "Çınar Mağazacılık A.Ş.", ["Çınar", "Zambak"], False,
    )  # fmt: skip
    pdf = visitor.get(f"{PAGE}.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["content-disposition"] == 'attachment; filename="verilerim.pdf"'
    assert "Hiç kimse almadı." in text(here.sign_in(MEHMET).get(PAGE).text)


def test_who_looked_shows_the_company_and_the_way_and_no_person(here: Town, people: None, clock: Clock) -> None:
    looked(here, "ada@example.com", AYSE, about=looks.DESK, company=600100)
    clock.forward(minutes=5)
    looked(here, "ada@example.com", AYSE, about=looks.DESK, company=600100)
    clock.forward(days=1)
    looked(here, "ada@example.com", AYSE, company=600100, what=looks.PROVED)
    looked(here, "isletmen@example.com", AYSE, company=600100)
    looked(here, "ada@example.com", MEHMET, company=600100)
    page = read_of(here.sign_in(AYSE))
    assert page.count("Çınar Mağazacılık A.Ş., çağrı merkezi, 24 Kasım 2026") == 1, "one line an hour"
    assert "Çınar Mağazacılık A.Ş., kanıt belgesi, 25 Kasım 2026" in page
    assert "Siteyi işleten, kişi arama, 25 Kasım 2026" in page
    for secret in ("ada@example.com", "isletmen", "2026/114", "şikâyet"):
        assert secret not in page
        assert secret not in json.dumps(copy_of(here.sign_in(AYSE)), ensure_ascii=False)


def test_many_looks_of_one_person_hide_no_other(here: Town, people: None, clock: Clock) -> None:
    looked(here, "isletmen@example.com", AYSE)

    def work(transaction: Transaction) -> None:
        by = account_store.find(transaction, here.registry.keyring, "ada@example.com")
        assert by is not None
        change = Change(transaction, here.registry.keyring, by.id)
        provider = companies.provider_id(transaction, 600100)
        for _ in range(2100):
            change.note(looks.LOOKED, why="2026/114 sayılı şikâyet", provider=provider, address=AYSE)

    here.registry.store.write_now(work)
    page = read_of(here.sign_in(AYSE))
    assert page.count("Çınar Mağazacılık A.Ş., kişi arama, 24 Kasım 2026") == 1, "one line an hour"
    assert "Siteyi işleten, kişi arama, 24 Kasım 2026" in page


def test_the_copy_has_all_looks_and_the_page_the_newest(here: Town, people: None, clock: Clock) -> None:
    for _ in range(102):
        looked(here, "ada@example.com", AYSE, company=600100)
        clock.forward(hours=1)
    visitor = here.sign_in(AYSE)
    page = read_of(visitor)
    assert page.count("Çınar Mağazacılık A.Ş., kişi arama") == 100
    assert "Daha eskileri kaydınızın kopyasındadır." in page
    found = copy_of(visitor)["looked_at_by"]
    assert isinstance(found, list)
    assert len(found) == 102
    days = [one["day"] for one in found]
    assert (days, days[-1]) == (sorted(days, reverse=True), "2026-11-24")


def test_an_auditor_shows_after_the_delay_by_role_alone(here: Town, people: None, clock: Clock) -> None:
    looked(here, "denetci@example.com", AYSE, about=looks.AUDITOR)

    def left(transaction: Transaction) -> None:
        auditor = account_store.find(transaction, here.registry.keyring, "denetci@example.com")
        assert auditor is not None
        account_store.set_staff(transaction, auditor.id, Staff.NONE)

    here.registry.store.write_now(left)
    clock.forward(days=29, hours=23)
    early = here.sign_in(AYSE)
    assert "Hiç kimse bakmadı." in text(early.get(PAGE).text), "also where the auditor has left"
    assert copy_of(early)["looked_at_by"] == []
    clock.forward(hours=2)
    late = here.sign_in(AYSE)
    assert "Denetçi, 24 Kasım 2026" in read_of(late)
    assert copy_of(late)["looked_at_by"] == [{"who": "auditor", "company": None, "how": None, "day": "2026-11-24"}]


def test_the_delay_is_a_setting(sqlite_url: str, open_registry: Opener) -> None:
    with town(open_registry(sqlite_url), AUDIT_LOOK_DELAY="0") as here:

        def work(transaction: Transaction) -> None:
            keyring = here.registry.keyring
            person = account_store.enrol(transaction, keyring, "denetci@example.com")
            account_store.set_staff(transaction, person.id, Staff.AUDITOR)

        here.registry.store.write_now(work)
        looked(here, "denetci@example.com", AYSE)
        assert "Denetçi, 24 Kasım" in read_of(here.sign_in(AYSE))


def test_a_request_has_its_number_its_day_and_its_answer(here: Town, clock: Clock) -> None:
    visitor = here.sign_in(AYSE)
    for form in ({}, {"text": "yanlış"}, {"kind": "copy", "text": "x"}, {"kind": "erasure"}):
        refused_for(visitor.post(ASK, **form), 422, "Ne istediğinizi seçin.")
    refused_for(visitor.post(ASK, kind="correction"), 422, "Ne olduğunu kısaca yazın.")
    done = visitor.follow(visitor.post(ASK, kind="correction", text="Numaram yanlış <b>"))
    assert "Başvurunuz alındı. Numarası: 2026/1." in text(done.text)
    page = read_of(visitor)
    assert "Yanlış bir kayıt düzeltilsin 2026/1 · Cevap bekliyor, son gün: 24 Aralık 2026" in page
    assert visitor.get(f"{PAGE}/1.pdf").status_code == 404, "there is no answer yet"
    close = data_requests.close, here.registry.keyring, 1, DataRequestState.ANSWERED, "Düzelttik.\nSelamlar", 7
    assert here.registry.store.write_now(*close)
    assert not here.registry.store.write_now(*close), "the second to answer changes nothing"
    page = read_of(visitor)
    assert "Cevaplandı: 24 Kasım 2026" in page
    assert visitor.get(f"{PAGE}/1.pdf").content.startswith(b"%PDF")
    assert here.sign_in(MEHMET).get(f"{PAGE}/1.pdf").status_code == 404, "somebody else's number opens nothing"
    assert "2026/1" not in here.sign_in(MEHMET).get(PAGE).text


def test_a_flood_of_requests_ends_at_the_limits_of_the_address(here: Town, clock: Clock) -> None:
    visitor = here.sign_in(AYSE)
    form = {"kind": "objection", "text": "itiraz"}
    answers = [visitor.post(ASK, **form) for _ in range(6)]
    assert [one.status_code for one in answers] == [303, 303, 303, 429, 429, 429]
    for one in answers[3:]:
        refused_for(one, 429, "Çok başvurunuz var.")
    for number in (1, 2, 3):
        close = data_requests.close, here.registry.keyring, number, DataRequestState.REFUSED, "Olmaz.", 7
        assert here.registry.store.write_now(*close)
    assert [visitor.post(ASK, **form).status_code for _ in range(2)] == [303, 303]
    refused_for(visitor.post(ASK, **form), 429, "ya da 30 gün sonra")
    assert here.sign_in(MEHMET).post(ASK, **form).status_code == 303, "others have their own"
    clock.forward(days=31)
    assert here.sign_in(AYSE).post(ASK, **form).status_code == 303


def test_a_flood_by_free_addresses_ends_at_the_limit_of_the_network(
    here: Town, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_requests, "A_NETWORK", 4)
    form = {"kind": "objection", "text": "itiraz"}
    answers = [here.sign_in(f"bedava{place}@example.com").post(ASK, **form) for place in range(6)]
    assert [one.status_code for one in answers] == [303] * 4 + [429] * 2
    refused_for(answers[-1], 429, "Bulunduğunuz ağdan bugün çok başvuru geldi.")
    waiting = here.registry.store.read_now(data_requests.waiting, here.registry.keyring)
    assert len(waiting) == 4
    clock.forward(days=1, hours=1)
    assert here.sign_in("bedava9@example.com").post(ASK, **form).status_code == 303


def test_an_erasure_refuses_erases_and_ends_the_session(here: Town) -> None:
    here.told(AYSE, CINAR)
    here.told(MEHMET, CINAR)
    visitor = here.sign_in(AYSE)
    visitor.post(ASK, kind="objection", text="gizli sözlerim")
    assert "geri alınamaz" in text(visitor.get(ERASE).text)
    unsent = visitor.post(ERASE)
    assert (unsent.status_code, "location" in unsent.headers) == (422, False), "no mark of a number"
    assert "1 şirket aldı" in text(visitor.get(PAGE).text)
    gone = visitor.post(ERASE, n=form_mark(visitor))
    assert gone.status_code == 303
    page = here.client.get(gone.headers["location"])
    assert "Başvuru numaranız: 2026/2." in text(page.text)
    assert visitor.get(PAGE).headers["location"] == "/giris"
    assert here.client.get("/izinler/verilerim/silindi").status_code == 404
    keyring, snapshot = here.registry.keyring, here.registry.store.snapshot()
    with snapshot as read:
        recipient = register.find(read, keyring, register.person(keyring, AYSE))
        assert recipient is not None
        assert register.erased_among(read, [recipient]) == {recipient}
        left = read.all(Statement(sql("SELECT id, who, address, words, answer, state FROM data_request ORDER BY id")))
        assert left == [(1, None, None, None, None, 3), (2, None, None, None, None, 1)]
        assert audit.verify(read, Reconsent.CONFIRM) is None
        acts = read.all(Statement(sql("SELECT what, person, mark FROM panel_act")))
        assert acts == [("address-erased-itself", None, None)], "the entry names nobody"
    again = here.sign_in(AYSE)
    assert "2026/" not in text(again.get(PAGE).text).partition("İsteklerim")[2], "erased requests name nobody"
    assert "Hiç kimse almadı." in text(again.get(PAGE).text)
    assert "1 şirket aldı" in text(here.sign_in(MEHMET).get(PAGE).text)


def test_an_address_without_a_record_is_erased_too(here: Town) -> None:
    visitor = here.sign_in(MEHMET)
    assert visitor.post(ERASE, n=form_mark(visitor)).status_code == 303
    assert visitor.get("/izinler").headers["location"] == "/giris"


def test_only_the_number_of_the_form_is_erased(here: Town) -> None:
    here.told(AYSE, CINAR)
    here.told(MAIL, ISIK, "EPOSTA")
    visitor = here.sign_in(AYSE, MAIL)
    visitor.post(ERASE, n=form_mark(visitor))
    keyring = here.registry.keyring
    with here.registry.store.snapshot() as read:
        numbers = {one: register.find(read, keyring, register.person(keyring, one)) for one in (AYSE, MAIL)}
        erased = register.erased_among(read, [number for number in numbers.values() if number])
    assert erased == {numbers[MAIL]}, "the page was about the e-mail"
    stranger = here.sign_in(MEHMET)
    refused_for(stranger.post(ERASE, n=form_mark(here.sign_in(AYSE))), 404, "Hiçbir şey değişmedi.")


def test_a_session_without_a_code_neither_reads_nor_erases(here: Town) -> None:
    here.told(AYSE, CINAR)
    whole = here.sign_in(AYSE)
    mark, key = form_mark(whole), cookies.key(whole.cookie.removeprefix("sid="))

    def becomes(column: str, value: object) -> None:
        change = Statement(sql(f"UPDATE session SET {column} = :value WHERE key = :key"))
        here.registry.store.write_now(lambda transaction: transaction.run(change, {"value": value, "key": key}))

    becomes("limited", True)
    tried = [whole.get(PAGE), whole.get(f"{PAGE}.json"), whole.get(ERASE), whole.post(ERASE, n=mark)]
    for answer in (*tried, whole.post(ASK, kind="objection", text="x")):
        assert answer.status_code == 303 or "size gelen kodla girmeniz gerekir" in text(answer.text)
        assert "Çınar" not in answer.text
    with here.registry.store.snapshot() as read:
        recipient = register.find(read, here.registry.keyring, register.person(here.registry.keyring, AYSE))
        assert recipient is not None
        assert not register.erased_among(read, [recipient])


def test_a_numbers_new_holder_sees_nothing_of_the_last_one(here: Town, people: None, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    old = here.sign_in(AYSE)
    old.post(ASK, kind="correction", text="benim sözlerim")
    close = data_requests.close, here.registry.keyring, 1, DataRequestState.ANSWERED, "Cevap.", 7
    assert here.registry.store.write_now(*close)
    looked(here, "ada@example.com", AYSE, company=600100)
    clock.forward(days=400)
    new = here.sign_in(AYSE)
    new.post("/izinler/yeni-numara", new="1")
    page = text(new.get(PAGE).text)
    assert "2026/1" not in page
    assert "Hiç kimse bakmadı." in page
    assert new.get(f"{PAGE}/1.pdf").status_code == 404
    copy = copy_of(new)
    assert copy["requests"] == copy["looked_at_by"] == []
