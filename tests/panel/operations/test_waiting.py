"""The operator's desk: each act clears what it says, is noted, and of two who do the same one does it."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text as sql

from consents import business_days, state
from consents.brands import companies
from consents.columns import stored
from consents.instants import DAY
from consents.people import register
from consents.rules import RET
from consents.state import Key
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Channel, Identity, Source
from gateways.received import Received
from optout import public as optout
from optout.sms import inbound_messages
from panel.operations import inbox_actions
from panel.operations.inbox_actions import ReadWord, StaleText
from panel.rights import Member, Membership, Permission, Principal, Role, Staff
from tests.conftest import NOON
from tests.panel.changes import changed
from tests.panel.conftest import OpenOffice
from tests.panel.office import NO_RIGHT, Colleague, Office
from tests.panel.things import THINGS
from tests.web.client import refused_for
from trust import limits
from trust.codes.limits import code_limits

DESK = "/panel/isletmen"
SETTLED = "Siz okurken başka biri bu iletiyi sonuçlandırdı."
BRAND, CODE = "Marka 600101", 600101
FROM = "+905320000001"
OUTBOX = Statement(sql("SELECT state, tries, sealed IS NULL, error FROM outbox WHERE id = :id"))
FAILED = Statement(sql("UPDATE outbox SET error = :error WHERE id = :id"))
SILENT = Statement(
    sql("UPDATE push_connection SET works = :no, tries = 3, error = :error, next_try_at = :at WHERE id = :id")
)
CHANGING = Statement(sql("INSERT INTO rotation (id, begun_at, moved_at, done, total) VALUES (1, :at, :at, 100, 300)"))
DOWN = Statement(sql("INSERT INTO carrier (kind, failing_since, failed_at) VALUES ('sms', :at, :at)"))
RESTS = Statement(sql("INSERT INTO gateway_rest (name, kind, rests_until) VALUES ('ikinci', 'sms', :at)"))
LATE = Statement(sql("INSERT INTO refusals_taken (brand, event, untaken, oldest) VALUES (:brand, 0, 3, :at)"))


def comes(here: Office, text: str = "beni aramayin artik", sender: str = FROM, name: str = "m1") -> int:
    """A message that a person has to read; its number."""
    keyring, inbound = here.registry.keyring, Received("file", name, sender, "3838", text, here.clock.now)
    here.registry.store.write_now(lambda t: inbound_messages.keep(t, keyring, inbound, None, unclear=True))
    return waiting(here)[-1]


def waiting(here: Office) -> list[int]:
    return [one.id for one in here.registry.store.read_now(inbound_messages.unclear, here.registry.keyring)]


def refused(here: Office, address: str = FROM) -> set[tuple[str, str, bool]]:
    """(channel, identity, by himself) of what stands refused at the brand."""

    def look(snapshot: Snapshot) -> set[tuple[str, str, bool]]:
        brand = companies.known_brand(snapshot, CODE)
        person = register.find(snapshot, here.registry.keyring, register.person(here.registry.keyring, address))
        assert brand is not None
        if person is None:
            return set()
        found = {
            (channel, identity): state.of_key(snapshot, Key(person, brand.id, channel.code, identity.code))
            for channel in Channel
            for identity in Identity
        }
        return {
            (str(channel), str(identity), one.citizen is not None and one.citizen.source == Source.IYS_CM.code)
            for (channel, identity), one in found.items()
            if one is not None and one.status == RET
        }

    return here.registry.store.read_now(look)


def said(number: int, **more: str) -> dict[str, str]:
    return {"text": str(number), "brand": BRAND, "channel-mesaj": "1", "heard": "Aranmak istemiyor", **more}


def tile(page: str, name: str) -> str:
    """What a tile says; "" where nothing of it waits."""
    found = re.search(rf'<li class="tile [a-z]+"><h2>(?:<a [^>]*>)?{name}.*?</li>', page, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


def test_each_thing_that_waits_has_a_tile(office: OpenOffice) -> None:
    here = office()
    comes(here)
    THINGS["message"](here, 0)
    THINGS["application"](here, 0)
    at = stored(here.clock.now)
    brand = here.registry.store.read_now(companies.known_brand, CODE)
    assert brand is not None

    def work(transaction: Transaction) -> None:
        transaction.run(DOWN, {"at": at})
        transaction.run(RESTS, {"at": at + 60})
        transaction.run(LATE, {"brand": brand.id, "at": at})

    here.registry.store.write_now(work)
    page = here.somebody(Staff.OPERATOR).get(DESK).text
    for name, count in [
        ("Okunacak iletiler", 1), ("Gönderilemeyen iletiler", 1), ("Başvurular", 1), ("Taşıyıcılar", 2),
        ("Alınmayan retler", 3),
    ]:  # fmt: skip
        assert tile(page, name).startswith(f"{name} {count} En eskisi: 24 Kasım 2026 Salı, "), name
    assert tile(page, "Kapalı girişler") == ""


def test_an_auditor_sees_counts_and_no_text(office: OpenOffice) -> None:
    here = office()
    number = comes(here)
    message = THINGS["message"](here, 0)
    auditor = here.somebody(Staff.AUDITOR)
    page = auditor.get(DESK).text
    assert tile(page, "Okunacak iletiler").startswith("Okunacak iletiler 1")
    assert f"{DESK}/gelen" not in page
    assert f"{DESK}/giden" not in page
    assert auditor.get(f"{DESK}/gelen").status_code == 403
    assert auditor.get(f"{DESK}/giden").status_code == 403
    for path, data in [
        ("gelen/tamam", {"text": str(number), "why": "x"}), ("gelen/ret", said(number)),
        (f"giden/{message}/yeniden", {}), (f"giden/{message}/birak", {"why": "x"}),
        ("girisler", {"address": FROM, "why": "x"}),
    ]:  # fmt: skip
        refused_for(auditor.post(f"{DESK}/{path}", data=data), 403, NO_RIGHT)
    for path in ("almayanlar", "girisler", "durum"):
        shown = auditor.get(f"{DESK}/{path}")
        assert shown.status_code == 200
        assert f'action="{DESK}' not in shown.text
    assert (waiting(here), here.acts()) == ([number], [])


def test_texts_are_read_one_at_a_time(office: OpenOffice) -> None:
    here = office()
    first, second = comes(here), comes(here, "bugün arayan kimdi", name="m2")
    operator = here.somebody(Staff.OPERATOR)
    page = operator.get(f"{DESK}/gelen").text
    assert ("beni aramayin artik" in page, "bugün arayan" in page, "+90 532 ••• •• 01" in page) == (True, False, True)
    assert "5320000001" not in page
    assert f"sonra={first}" in page
    assert "bugün arayan" in operator.get(f"{DESK}/gelen?sonra={first}").text
    assert "beni aramayin" in operator.get(f"{DESK}/gelen?sonra={second}").text, "after the last comes the first"
    assert (waiting(here), here.acts()) == ([first, second], []), "reading changes nothing"


def test_a_text_is_settled_with_a_reason(office: OpenOffice) -> None:
    here = office()
    number, operator = comes(here), here.somebody(Staff.OPERATOR)
    at = f"{DESK}/gelen/tamam"
    refused_for(operator.post(at, data={"text": str(number), "why": "  "}), 422, "Ne yaptığınızı kısaca yazın.")
    assert waiting(here) == [number]
    assert operator.post(at, data={"text": str(number), "why": "Soruydu, yanıtlandı"}).status_code == 303
    assert (waiting(here), here.acts()) == ([], ["text-settled"])
    assert "Soruydu, yanıtlandı" in operator.get(f"{DESK}/kutuk").text
    assert refused(here) == set()
    refused_for(operator.post(at, data={"text": str(number), "why": "x"}), 409, SETTLED)
    assert here.acts() == ["text-settled"]


@pytest.mark.parametrize("brand", [BRAND, "marka 600101", str(CODE), f"{BRAND} ({CODE})"])
def test_a_refusal_in_a_text_is_its_writers_own_word(office: OpenOffice, brand: str) -> None:
    here = office()
    number, operator = comes(here), here.somebody(Staff.OPERATOR)
    both = said(number, brand=brand, **{"channel-arama": "1"})
    assert operator.post(f"{DESK}/gelen/ret", data=both).status_code == 303
    assert refused(here) == {(way, who, True) for way in ("MESAJ", "ARAMA") for who in ("BIREYSEL", "TACIR")}
    assert waiting(here) == []
    assert here.acts() == ["refusal-recorded", "refusal-recorded", "text-settled"]
    assert FROM[1:] not in operator.get(f"{DESK}/kutuk").text


def test_a_text_may_refuse_several_brands_at_once(office: OpenOffice) -> None:
    here = office()
    number, operator = comes(here), here.somebody(Staff.OPERATOR)
    every = here.registry.store.read_now(here.registry.brands.book, here.clock.now).brands
    unclear = operator.post(f"{DESK}/gelen/ret", data=said(number, **{"brand-3": "Yok Böyle Marka"}))
    assert (unclear.status_code, "Yok Böyle Marka" in unclear.text, '<details class="more" open>' in unclear.text) == (
        422,
        True,
        True,
    )
    assert refused(here) == set(), "all or nothing"
    second = next(one for one in every if one.code != CODE)
    more = {"brand-2": str(second.code), "brand-4": BRAND}
    assert operator.post(f"{DESK}/gelen/ret", data=said(number, **more)).status_code == 303
    assert here.acts() == ["refusal-recorded", "refusal-recorded", "text-settled"], "the same brand once"
    assert waiting(here) == []


def test_a_refusal_in_a_mail_is_about_mails(office: OpenOffice) -> None:
    here = office()
    number, operator = comes(here, sender="ayse@example.com"), here.somebody(Staff.OPERATOR)
    assert "channel-mesaj" not in operator.get(f"{DESK}/gelen").text.replace('id="channel-mesaj"', "")
    refused_for(operator.post(f"{DESK}/gelen/ret", data=said(number)), 409, SETTLED)  # no SMS goes to an e-mail
    mail = {**said(number), "channel-eposta": "1"}
    del mail["channel-mesaj"]
    assert operator.post(f"{DESK}/gelen/ret", data=mail).status_code == 303
    assert refused(here, "ayse@example.com") == {("EPOSTA", who, True) for who in ("BIREYSEL", "TACIR")}


FAULTS = [{"brand": ""}, {"brand": "Marka"}, {"brand": "999999"}, {"channel-mesaj": None}, {"heard": " "}]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_refusal_that_is_not_whole_records_nothing(office: OpenOffice, fault: dict[str, str | None]) -> None:
    here = office()
    number, operator = comes(here), here.somebody(Staff.OPERATOR)
    data = {name: value for name, value in {**said(number), **fault}.items() if value is not None}
    shown = operator.post(f"{DESK}/gelen/ret", data=data)
    assert shown.status_code == 422
    assert "beni aramayin artik" in shown.text, "the same message is read on"
    assert (refused(here), waiting(here), here.acts()) == (set(), [number], [])


def test_no_consent_can_be_recorded_from_a_text(office: OpenOffice) -> None:
    here = office()
    number, operator = comes(here, "evet izin veriyorum"), here.somebody(Staff.OPERATOR)
    assert "ONAY" not in operator.get(f"{DESK}/gelen").text
    operator.post(f"{DESK}/gelen/ret", data=said(number, status="ONAY"))
    assert {who for _, who, _ in refused(here)} == {"BIREYSEL", "TACIR"}
    assert "consent-declared" not in here.acts()


def test_nothing_can_be_recorded_for_a_name(office: OpenOffice) -> None:
    here = office()
    number, operator = comes(here, sender="BANKA"), here.somebody(Staff.OPERATOR)
    assert f"{DESK}/gelen/ret" not in operator.get(f"{DESK}/gelen").text
    refused_for(operator.post(f"{DESK}/gelen/ret", data=said(number)), 409, SETTLED)
    assert waiting(here) == [number]


def together(here: Office, posts: Sequence[tuple[Colleague, str, dict[str, str]]]) -> list[httpx2.Response]:
    """The answers to posts that are made at the same time, in one process."""

    async def press(browser: Colleague, path: str, data: dict[str, str]) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=here.asgi)
        origin = here.settings.public_url
        async with httpx2.AsyncClient(transport=transport, base_url=origin) as client:
            headers = {"Cookie": f"panel={browser.cookies['panel']}", "Origin": origin}
            return await client.post(path, data=data, headers=headers)

    async def all_of_them() -> list[httpx2.Response]:
        return list(await asyncio.gather(*(press(*post) for post in posts)))

    return asyncio.run(all_of_them())


@pytest.mark.parametrize("deeds", [("tamam", "ret"), ("ret", "tamam"), ("tamam", "tamam")])
def test_of_two_operators_one_settles_a_text(office: OpenOffice, deeds: tuple[str, str]) -> None:
    here = office()
    number = comes(here)
    forms = {"tamam": {"text": str(number), "why": "Okundu"}, "ret": said(number)}
    answers = together(here, [(here.somebody(Staff.OPERATOR), f"{DESK}/gelen/{one}", forms[one]) for one in deeds])
    first, late = sorted(answers, key=lambda answer: answer.status_code)
    assert first.status_code == 303
    refused_for(late, 409, SETTLED)
    assert here.acts().count("text-settled") == 1
    assert bool(refused(here)) is (deeds[answers.index(first)] == "ret"), "of whoever came too late nothing is recorded"


def test_a_refusal_goes_back_where_its_message_cannot_be_settled(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office()
    number, operator = comes(here), here.somebody(Staff.OPERATOR)
    monkeypatch.setattr(optout, "settle_message", lambda transaction, number: False)
    brand = here.registry.store.read_now(inbox_actions.brand, here.registry.brands, here.clock.now, BRAND)
    assert brand is not None
    member = Member(Principal(operator.number, operator.email, Staff.OPERATOR, b"", b""))
    word = ReadWord(number, (brand,), (Channel.MESAJ,), "Aranmak istemiyor")
    with pytest.raises(StaleText):
        changed(here.registry, inbox_actions.refuse, here.registry, member, word, by=operator.number)
    assert (refused(here), waiting(here), here.acts()) == (set(), [number], [])


def outbox_row(here: Office, number: int) -> tuple[object, ...]:
    row = here.registry.store.read_now(lambda snapshot: snapshot.one(OUTBOX, {"id": number}))
    assert row is not None
    return tuple(row)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("TimeoutError", "Taşıyıcı zamanında yanıt vermedi."),
        ("smtp SMTPConnectTimeoutError", "Taşıyıcı zamanında yanıt vermedi."),
        ("http ClientConnectorDNSError", "Taşıyıcıya bağlanılamadı."),
        ("smtp 550", "Taşıyıcı almadı (smtp 550)."),
        ("verimor MESSAGE_TOO_LONG", "Taşıyıcı almadı (verimor MESSAGE_TOO_LONG)."),
        ("smtp 535", "Taşıyıcı hesabımızı kabul etmedi (smtp 535)."),
        ("twilio answer without a SID", "Taşıyıcının yanıtı anlaşılmadı"),
        ("file PermissionError", "Sunucudaki dosyaya yazılamadı."),
        ("OperationalError", "Bu sitedeki bir hata yüzünden gönderilemedi."),
        ("expired", "Vaktinde gönderilemedi."),
    ],
)
def test_why_a_message_was_not_sent_is_written_in_words(office: OpenOffice, error: str, words: str) -> None:
    here = office()
    number, operator = THINGS["message"](here, 0), here.somebody(Staff.OPERATOR)
    here.registry.store.write_now(lambda transaction: transaction.run(FAILED, {"id": number, "error": error}))
    for path in ("giden", f"giden/{number}"):
        page = operator.get(f"{DESK}/{path}").text
        assert words in page
        assert "Error" not in page, "the class is in the log alone"


def test_a_message_is_tried_again(office: OpenOffice) -> None:
    here = office()
    number, operator = THINGS["message"](here, 0), here.somebody(Staff.OPERATOR)
    shown = operator.get(f"{DESK}/giden").text
    assert ("+90 532 ••• •• 09" in shown, "5320000009" in shown, "Merhaba" in shown) == (True, False, False)
    answer = operator.post(f"{DESK}/giden/{number}/yeniden")
    assert answer.status_code == 303
    assert outbox_row(here, number)[0] == "waiting"
    assert here.acts() == ["message-retried"]
    assert "yeniden deneniyor" in operator.get(answer.headers["location"]).text


def test_a_message_is_dropped_with_a_reason_and_then_gone(office: OpenOffice) -> None:
    here = office()
    number, operator = THINGS["message"](here, 0), here.somebody(Staff.OPERATOR)
    at = f"{DESK}/giden/{number}/birak"
    refused_for(operator.post(at, data={"why": " "}), 422, "Neden vazgeçildiğini yazın.")
    assert outbox_row(here, number)[:3] == ("waiting", 2, 0)
    assert operator.post(at, data={"why": "Numara yanlış"}).status_code == 303
    kept = outbox_row(here, number)
    assert (kept[0], bool(kept[2]), kept[3]) == ("given_up", True, "dropped:")
    assert tile(operator.get(DESK).text, "Gönderilemeyen iletiler") == ""
    assert operator.post(at, data={"why": "Yine"}).status_code == 404
    assert here.acts() == ["message-dropped"]


def test_of_two_operators_one_drops_a_message(office: OpenOffice) -> None:
    here = office()
    number, one, other = THINGS["message"](here, 0), here.somebody(Staff.OPERATOR), here.somebody(Staff.OPERATOR)
    at = f"{DESK}/giden/{number}/birak"
    answers = together(here, [(one, at, {"why": "bir"}), (other, at, {"why": "iki"})])
    assert 303 in {answer.status_code for answer in answers}
    assert here.acts() == ["message-dropped"]


def close_sign_in(here: Office, address: str) -> None:
    limit = code_limits.wrong_of(here.registry.keyring, address)
    here.registry.store.write_now(limits.note, limit, here.clock.now)


def test_a_closed_sign_in_is_opened_for_whoever_has_shown_that_it_is_his(office: OpenOffice) -> None:
    here = office()
    operator, at = here.somebody(Staff.OPERATOR), f"{DESK}/girisler"
    why = {"address": "0532 000 00 01", "why": "Şubeye kimliğiyle geldi"}
    refused_for(operator.post(at, data=why), 422, "Bu adresin girişi kapalı değil.")  # it is not closed
    close_sign_in(here, FROM)
    faults = ({"why": " "}, "Adresin ona ait olduğunu nasıl gösterdiğini yazın."), ({"address": "05"}, "okuyamadık")
    for fault, sentence in faults:
        refused_for(operator.post(at, data={**why, **fault}), 422, sentence)
    assert here.acts() == []
    assert operator.post(at, data=why).status_code == 303
    assert here.acts() == ["sign-in-reopened"]
    refused_for(operator.post(at, data=why), 422, "Bu adresin girişi kapalı değil.")  # it is open
    log = operator.post(f"{DESK}/kutuk", data={"address": FROM, "why": "Girişi açılan kişi"}).text
    assert "Şubeye kimliğiyle geldi" in log
    other = {"address": "+905320000002", "why": "Girişi açılan kişi"}
    assert "Şubeye" not in operator.post(f"{DESK}/kutuk", data=other).text


@pytest.mark.parametrize(("days", "over"), [(2, False), (7, True)])
def test_untaken_refusals_stand_with_their_last_day(office: OpenOffice, days: int, over: bool) -> None:
    here = office()
    brand = here.registry.store.read_now(companies.known_brand, CODE)
    assert brand is not None
    oldest = here.clock.now - days * DAY
    here.registry.store.write_now(lambda t: t.run(LATE, {"brand": brand.id, "at": stored(oldest)}))
    page = here.somebody(Staff.AUDITOR).get(f"{DESK}/almayanlar").text
    row = re.sub(r"<[^>]+>", " ", page[page.index("<tbody>") : page.index("</tbody>")])
    assert BRAND in row
    assert f" {business_days.stop_by(oldest).day} Kasım 2026" in row
    assert ("geçti" in row) is over


def test_why_a_connection_takes_nothing_is_written_as_its_company_reads_it(office: OpenOffice) -> None:
    here = office()
    number, at = THINGS["push"](here, 600_100), stored(here.clock.now)
    silent = {"id": number, "no": False, "at": at}
    here.registry.store.write_now(lambda t: t.run(SILENT, {**silent, "error": "ClientConnectorDNSError"}))
    page = here.somebody(Staff.AUDITOR).get(f"{DESK}/almayanlar").text
    assert "Bu adres bulunamadı. Alan adını denetleyin." in page
    assert "Error" not in page


def test_the_health_page_names_what_fails(office: OpenOffice, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    place.mkdir()
    here = office(BACKUP_PATH=str(place))
    operator = here.somebody(Staff.OPERATOR)
    assert "Yedek bulunamadı" in operator.get(f"{DESK}/durum").text
    file = place / "izin.db"
    file.write_text("x")
    for age, old in ((1, False), (3, True)):
        at = (NOON - age * DAY) // 1_000_000
        os.utime(file, (at, at))
        assert ("İki günden eski" in operator.get(f"{DESK}/durum").text) is old
        assert bool(tile(operator.get(DESK).text, "Yedek")) is old
    here.registry.store.write_now(lambda t: t.run(DOWN, {"at": stored(NOON)}))
    here.registry.store.write_now(lambda t: t.run(RESTS, {"at": stored(here.clock.now + DAY)}))
    page = operator.get(f"{DESK}/durum").text
    assert "beri yanıt yok" in page
    assert "ikinci" in page
    assert "Anahtarlar" not in page
    here.registry.store.write_now(lambda t: t.run(CHANGING, {"at": stored(NOON)}))
    assert "300 satırdan 100 tanesine bakıldı" in operator.get(f"{DESK}/durum").text


def test_only_the_innermost_page_is_marked_in_the_menu(office: OpenOffice) -> None:
    page = office().somebody(Staff.OPERATOR).get(f"{DESK}/durum").text
    marked = re.findall(r'<a href="([^"?]+)[^>]* aria-current="page"', page)
    assert marked == [f"{DESK}/durum"]


def test_the_companys_people_see_none_of_it(office: OpenOffice) -> None:
    owner = office().somebody(Membership(Role.OWNER, Permission.MEMBER))
    for path in ("", "/gelen", "/giden", "/almayanlar", "/girisler", "/durum"):
        assert owner.get(DESK + path).status_code == 403
