"""One consent decided on the page: recorded, answered in place, repeated without harm; on another's number never."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from sqlalchemy import text as sql
from starlette.exceptions import HTTPException
from starlette.requests import Request

from citizen.consents import choices
from citizen.session import session as sessions
from citizen.session.intent import KeptIntent
from consents import history, state
from consents.queries import timeline
from consents.rules import BEKLIYOR, ONAY, RET
from consents.state import Key
from consents.store import Statement, StoreUnavailable
from consents.terms import Channel, Door, Identity, Source
from tests.citizen.consents.town import (
    AYSE,
    CINAR,
    DAY,
    ISIK,
    MAIL,
    MEHMET,
    YABANCI,
    Town,
    Visitor,
    listed,
    place,
    rows,
    text,
)
from tests.conftest import NOON, Clock
from tests.web.client import refused_for
from web.cookies import key as cookie_key

ROW = f"/izinler/{CINAR}/MESAJ/BIREYSEL"
NAME = f"{CINAR}-MESAJ-BIREYSEL"
_ACTS = Statement(sql("SELECT count(*) FROM act"))
_DISPUTES = Statement(sql("SELECT id FROM act WHERE disputed ORDER BY id"))
_OUTBOX = Statement(sql("SELECT sealed, secret, expires_at FROM outbox ORDER BY id"))


def stands(town: Town, address: str, brand: int, channel: str = "MESAJ", identity: str = "BIREYSEL") -> Any:
    """What stands for a key."""
    key = Key(town.person(address), town.brand(brand), Channel(channel).code, Identity(identity).code)
    return town.registry.store.read_now(state.of_key, key)


def acts(town: Town) -> int:
    row = town.registry.store.read_now(lambda snapshot: snapshot.one(_ACTS))
    assert row
    return int(row[0])


def sent(town: Town) -> list[dict[str, Any]]:
    """What waits in the outbox, opened."""
    found = town.registry.store.read_now(lambda snapshot: snapshot.all(_OUTBOX))
    return [town.registry.keyring.unseal_evidence(bytes(row[0])) for row in found]


def test_a_refusal_stands_and_is_answered_with_its_row(here: Town) -> None:
    here.told(AYSE, CINAR)
    answer = here.sign_in(AYSE).press(ROW, status="RET")
    assert answer.status_code == 200
    assert rows(answer.text) == {NAME: "RET"}
    said = text(answer.text)
    assert "Reddettiniz" in said
    assert "Kaydedildi: 24 Kasım 2026 Salı, 12:00" in said
    assert "Durması için son gün: 27 Kasım 2026 Cuma" in said
    assert "Geri al" in said
    word = stands(here, AYSE, CINAR).citizen
    assert (word.status, word.source, word.at) == (RET, Source.IYS_WEB.code, NOON)


def test_the_root_of_the_answer_carries_the_rows_id_and_takes_the_focus(here: Town) -> None:
    answer = here.sign_in(AYSE).press(ROW, status="RET").text
    assert answer.startswith(f'<div class="way" id="c-{NAME}" data-status="RET" tabindex="-1" autofocus>')
    assert 'hx-swap-oob="innerHTML:#live"' in answer
    stale = f'<p id="stale" hx-swap-oob="true"><a href="/izinler/{CINAR}">Son değişikliğinizi de göster</a></p>'
    assert stale in answer, "the history below is from before"
    assert 'id="count"' not in answer, "a brand's page has no count"
    visitor = here.sign_in(AYSE)
    here.told(AYSE, ISIK)
    answer = visitor.refuse_listed(ISIK).text
    opening = f'<section class="listed" id="m-{ISIK}" data-status="refused" tabindex="-1" autofocus>'
    assert answer.startswith(opening)
    assert 'hx-swap-oob="innerHTML:#live"' in answer
    assert '<h1 id="count" hx-swap-oob="true">Reklam izni olan marka yok</h1>' in answer


def test_a_brand_that_asks_and_may_call_counts_alike_on_the_list_and_beside_a_brand(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR, "ARAMA")
    here.told(AYSE, ISIK)
    here.sign_in(AYSE).refuse(CINAR)
    clock.forward(days=2)
    here.told(AYSE, CINAR, ago=1)
    visitor = here.sign_in(AYSE)
    page = visitor.get("/izinler").text
    assert rows(visitor.get(f"/izinler/{CINAR}").text)[NAME] == "BEKLIYOR"
    assert listed(page) == {CINAR: "open", ISIK: "open"}
    assert "Kararınızı bekliyor: SMS" in text(place(page, CINAR))
    assert '<h1 id="count">2 marka size reklam gönderebiliyor</h1>' in page
    assert "Reklam gönderebilenler (2)" in text(page)
    assert 'id="waiting"' not in page, "the brand that asks is one of the two"
    assert "2 marka size reklam gönderebiliyor" in text(visitor.get("/izinler/reddet").text)
    beside = visitor.refuse_listed(ISIK).text
    assert '<h1 id="count" hx-swap-oob="true">1 marka size reklam gönderebiliyor</h1>' in beside
    assert '<span class="soft" id="n-open" hx-swap-oob="true">(1)</span>' in beside
    assert '<span class="soft" id="n-refused" hx-swap-oob="true">(1)</span>' in beside


def test_without_htmx_the_brands_page_follows_with_a_notice(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    answer = visitor.post(ROW, status="RET")
    assert answer.headers["location"].startswith(f"/izinler/{CINAR}?act=")
    page = text(visitor.follow(answer).text)
    assert "Reddettiniz Çınar SMS'leri · +90 532 ••• •• 01" in page
    assert "SMS'ler en geç şu günün sonunda durmalı: 27 Kasım 2026 Cuma" in page
    assert "Geri almak için son saat: 25 Kasım 2026 Çarşamba, 12:00" in page


def test_on_a_brands_page_the_answer_leads_back_there(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    answer = visitor.post(f"{ROW}?b={CINAR}", status="RET")
    assert answer.headers["location"].startswith(f"/izinler/{CINAR}?act=")
    assert "Reddettiniz" in text(visitor.follow(answer).text)


def test_a_language_asked_for_stays_in_the_answer(here: Town) -> None:
    here.told(AYSE, CINAR)
    answer = here.sign_in(AYSE).press(f"{ROW}?lang=en", status="RET")
    assert "You refused" in answer.text
    assert "lang=en" in answer.text
    assert "Must stop by: Friday 27 November 2026" in text(answer.text)


def test_a_repeat_changes_nothing_and_is_answered_as_the_first_time(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    first = visitor.press(ROW, status="RET").text
    before = acts(here)
    assert visitor.press(ROW, status="RET").text == first
    location = visitor.post(ROW, status="RET").headers["location"]
    assert acts(here) == before
    assert "Reddettiniz" in text(visitor.get(location).text)


def test_a_repeat_long_after_says_that_it_stands_already(here: Town, clock: Clock) -> None:
    here.sign_in(AYSE).press(ROW, status="RET")
    clock.forward(days=3)
    again = text(here.sign_in(AYSE).press(ROW, status="RET").text)
    assert "Zaten böyle kayıtlıydı" in again
    assert "Geri al" not in again


def test_a_refusal_made_with_others_is_not_undone_from_its_row(here: Town) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, ISIK)
    visitor = here.sign_in(AYSE)
    visitor.post("/izinler/reddet", scope="all")
    answer = text(visitor.press(ROW, status="RET").text)
    assert "Geri al" not in answer, "its undo would take back the other brand's refusal too"


def test_two_tabs_that_disagree_leave_the_last_word(here: Town) -> None:
    here.told(AYSE, CINAR)
    one, other = here.sign_in(AYSE), here.sign_in(AYSE)
    one.press(ROW, status="RET")
    other.press(ROW, status="ONAY")
    one.press(ROW, status="RET")
    assert stands(here, AYSE, CINAR).status == RET


def test_a_first_approval_is_told_apart_from_a_later_one(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    visitor.press(ROW, status="ONAY")
    assert stands(here, AYSE, CINAR).citizen.source == Source.IYS_WEB_YENI.code
    visitor.press(ROW, status="RET")
    visitor.press(ROW, status="ONAY")
    assert stands(here, AYSE, CINAR).citizen.source == Source.IYS_WEB.code


def test_a_refusal_in_advance_is_recorded_like_any(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    visitor.press(ROW, status="RET")
    assert stands(here, AYSE, CINAR).citizen.source == Source.IYS_WEB.code
    assert here.told(AYSE, CINAR, ago=1) in ("H178", "pending")


def test_an_approval_is_told_to_the_number_the_same_day(here: Town) -> None:
    answer = here.sign_in(AYSE).press(ROW, status="ONAY")
    (message,) = sent(here)
    assert message["to"] == AYSE
    assert message["text"] == (
        "CINAR icin bu numaraya reklam SMS'i onayi verildi. Kayit: 24.11.2026 12:00. "
        "Siz yapmadiysaniz ya da vazgectiyseniz RET CINAR yazin."
    )
    assert "Size bir bildirim gönderdik." in text(answer.text)


def test_an_approval_of_calls_says_so_and_a_mail_goes_to_an_e_mail(here: Town) -> None:
    here.sign_in(AYSE).press(f"/izinler/{ISIK}/ARAMA/BIREYSEL?lang=en", status="ONAY")
    here.sign_in(MAIL).press(f"/izinler/{CINAR}/EPOSTA/BIREYSEL", status="ONAY")
    call, mail = sent(here)
    assert call["text"].startswith(f"Consent to advertising calls of {ISIK} was given for this number.")
    assert call["text"].endswith(f"RET {ISIK} ARAMA.")
    assert mail["to"] == MAIL
    assert mail["subject"] == "Onay verildi: Çınar"
    assert "Kayıt: 24 Kasım 2026 Salı, 12:00" in mail["text"]


def test_refusals_repeats_and_landlines_bring_no_message(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    visitor.press(ROW, status="RET")
    visitor.press(ROW, status="ONAY")
    visitor.press(ROW, status="ONAY")
    answer = here.sign_in("+902120000001").press(f"/izinler/{CINAR}/ARAMA/BIREYSEL", status="ONAY")
    assert len(sent(here)) == 1
    assert "bildirim" not in text(answer.text)


def test_the_question_is_answered_either_way(here: Town, clock: Clock) -> None:
    here.sign_in(AYSE).press(ROW, status="RET")
    clock.forward(days=3)
    here.told(AYSE, CINAR, ago=1)
    assert stands(here, AYSE, CINAR).status == BEKLIYOR
    visitor = here.sign_in(AYSE)
    assert listed(visitor.get("/izinler").text) == {CINAR: "waiting"}
    page = visitor.get(f"/izinler/{CINAR}").text
    question = page[page.index('data-status="BEKLIYOR"') :]
    one_step, _, second = question[: question.index("</details>")].partition("<details>")
    assert set(re.findall(r'name="status" value="(\w+)"', one_step)) == {"RET"}
    assert re.findall(r'name="status" value="(\w+)"', second) == ["ONAY"], "a consent takes a second step"
    act = visitor.press(ROW, status="ONAY")
    assert rows(act.text) == {NAME: "ONAY"}
    number = act.text.partition("geri-al/")[2].partition("?")[0]
    undone = visitor.press(f"/izinler/geri-al/{number}?b={CINAR}").text
    assert rows(undone) == {NAME: "BEKLIYOR"}
    assert 'tabindex="-1" autofocus' in undone
    assert "Geri alındı, önceki durum geçerli." in text(undone)
    assert rows(visitor.press(ROW, status="RET").text) == {NAME: "RET"}


def test_a_consent_that_was_never_given_is_refused_and_noted(here: Town, clock: Clock) -> None:
    here.sign_in(AYSE).press(ROW, status="RET")
    clock.forward(days=3)
    here.told(AYSE, CINAR, ago=1)
    visitor = here.sign_in(AYSE)
    assert 'name="never" value="1"' in visitor.get(f"/izinler/{CINAR}").text
    answer = visitor.press(ROW, status="RET", never="1")
    assert "“Bu onayı ben vermedim” dediğinizi de kaydettik." in text(answer.text)
    (last, *_) = here.registry.store.read_now(timeline.entries, here.person(AYSE))
    assert last.evidence
    assert here.registry.keyring.unseal_evidence(last.evidence)["disputed"] is True
    assert "Onayı sizin vermediğinizi bildirdiniz." in text(visitor.get(f"/izinler/{CINAR}").text)
    assert disputes(here) == [last.act]


def disputes(town: Town) -> list[int]:
    """The acts that the company is shown as a dispute."""
    return [row[0] for row in town.registry.store.read_now(lambda snapshot: snapshot.all(_DISPUTES))]


@pytest.mark.parametrize("by_script", [True, False], ids=["htmx", "plain form"])
def test_an_onay_that_the_company_declared_is_disputed_on_its_page(here: Town, by_script: bool) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    assert 'name="never"' not in visitor.get("/izinler").text
    page = visitor.get(f"/izinler/{CINAR}").text
    assert page.count('name="never" value="1"') == 1
    assert 'aria-label="Bu onayı ben vermedim: Çınar SMS' in page
    form = {"status": "RET", "never": "1"}
    path = f"{ROW}?b={CINAR}"
    if by_script:
        assert "“Bu onayı ben vermedim” dediğinizi de kaydettik." in text(visitor.press(path, **form).text)
    else:
        assert "Onayı sizin vermediğinizi bildirdiniz." in text(visitor.follow(visitor.post(path, **form)).text)
    assert disputes(here) == [2]
    assert stands(here, AYSE, CINAR).status == RET
    page = visitor.get(f"/izinler/{CINAR}").text
    assert 'name="never"' not in page
    assert "Onayı sizin vermediğinizi bildirdiniz. Bunu reddinizle birlikte şirkete bildiriyoruz." in text(page)


def test_a_dispute_that_is_taken_back_stays_in_the_history(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    visitor.press(ROW, status="RET", never="1")
    assert rows(visitor.press(f"/izinler/geri-al/2?b={CINAR}").text) == {NAME: "ONAY"}
    page = visitor.get(f"/izinler/{CINAR}").text
    assert "Onayı sizin vermediğinizi bildirdiniz." in text(page)
    assert "Sonra geri alındı" in text(page)
    assert 'name="never" value="1"' in page, "it may be disputed again"


def test_ones_own_onay_is_no_companys_word_to_dispute(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    visitor.press(ROW, status="ONAY")
    assert 'name="never"' not in visitor.get(f"/izinler/{CINAR}").text
    visitor.press(ROW, status="RET", never="1")  # whatever a form says
    assert disputes(here) == []
    assert stands(here, AYSE, CINAR).status == RET


def test_the_evidence_names_the_session_and_nothing_personal(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    visitor.press(ROW, status="RET")
    (entry,) = here.registry.store.read_now(timeline.entries, here.person(AYSE))
    assert (entry.door, entry.evidence is not None) == (Door.PAGE, True)
    evidence = here.registry.keyring.unseal_evidence(entry.evidence or b"")
    assert evidence["session"] == cookie_key(visitor.cookie.removeprefix("sid=")).hex()
    assert AYSE not in json.dumps(evidence)


@pytest.mark.parametrize(
    "path",
    [
        "/izinler/999999/MESAJ/BIREYSEL",
        "/izinler/99999999999999999999999/MESAJ/BIREYSEL",
        f"/izinler/{CINAR}/FAX/BIREYSEL",
        f"/izinler/{CINAR}/MESAJ/KURUM",
        f"/izinler/{CINAR}/EPOSTA/BIREYSEL",
        f"/izinler/{CINAR}/mesaj/bireysel",
    ],
)
def test_what_is_no_consent_of_this_number_is_not_found(here: Town, path: str) -> None:
    before = acts(here)
    assert here.sign_in(AYSE).press(path, status="RET").status_code == 404
    assert acts(here) == before


@pytest.mark.parametrize("form", [{}, {"status": ""}, {"status": "BEKLIYOR"}, {"status": "ret"}, {"never": "1"}])
def test_a_wish_that_is_none_changes_nothing(here: Town, form: dict[str, str]) -> None:
    before = acts(here)
    refused_for(here.sign_in(AYSE).press(ROW, **form), 422, "Yazdığınızı okuyamadık")
    assert acts(here) == before


def test_every_form_of_a_page_acts_on_the_number_the_page_shows(here: Town) -> None:
    here.told(AYSE, CINAR)
    here.told(MEHMET, CINAR)
    visitor = here.sign_in(AYSE, MEHMET)
    page = visitor.get(f"/izinler/{CINAR}?a=1").text
    assert "+90 532 ••• •• 01" in page
    mark = page.partition(f"{ROW}?n=")[2][:8]
    assert f'name="n" value="{mark}"' in place(visitor.get("/izinler?a=1").text, CINAR)
    answer = visitor.post(f"{ROW}?n={mark}", status="RET")
    assert stands(here, AYSE, CINAR).status == RET
    assert stands(here, MEHMET, CINAR).status == ONAY
    assert "+90 532 ••• •• 01" in text(visitor.follow(answer).text), "the notice is about the number acted on"


def test_a_form_about_a_number_not_proved_here_is_not_found(here: Town) -> None:
    here.told(AYSE, CINAR)
    mark = here.sign_in(AYSE).get(f"/izinler/{CINAR}").text.partition(f"{ROW}?n=")[2][:8]
    assert here.sign_in(YABANCI).press(f"{ROW}?n={mark}", status="RET").status_code == 404
    assert stands(here, AYSE, CINAR).status == ONAY


def test_a_store_that_cannot_save_shows_the_row_again_and_acknowledges_nothing(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)

    async def full(*_: object) -> None:
        raise StoreUnavailable("disk full")

    monkeypatch.setattr(type(here.registry.store), "write", full)
    answer = visitor.press(ROW, status="RET")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "120"
    assert rows(answer.text) == {NAME: "ONAY"}
    assert "henüz kaydedilmedi" in text(answer.text)
    assert 'name="status" value="RET"' in answer.text, "the same button again"
    assert "hx-swap-oob" not in answer.text
    whole = visitor.post(ROW, status="RET")
    assert whole.status_code == 503
    assert "henüz kaydedilmedi" in text(whole.text)


def test_the_row_that_was_not_saved_shows_nothing_from_before_its_holders_time(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.told(AYSE, CINAR, ago=900, status="RET", source="HS_ISLAK_IMZA")
    visitor = here.sign_in(AYSE)
    visitor.post("/izinler/yeni-numara", new="1")

    async def full(*_: object) -> None:
        raise StoreUnavailable("disk full")

    monkeypatch.setattr(type(here.registry.store), "write", full)
    shown = text(visitor.press(ROW, status="ONAY").text)
    assert "henüz kaydedilmedi" in shown
    assert "imzaladığınız" not in shown
    assert "2024" not in shown


def finished(here: Town, visitor: Visitor, intent: KeptIntent) -> str | None:
    """What sign-in does with a kept intent."""
    headers = [(b"cookie", visitor.cookie.encode()), (b"host", b"127.0.0.1:8000")]
    app = here.client.app.app  # type: ignore[attr-defined]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/giris/kod",
        "query_string": b"",
        "headers": headers,
        "app": app,
    }

    async def work() -> str | None:
        request = Request(scope)
        session = await sessions.current(request)
        assert session
        return await choices.finish(request, session, intent)

    return asyncio.run(work())


def test_a_kept_refusal_is_made_after_the_code(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    path = finished(here, visitor, KeptIntent(ROW, {"status": "RET"}))
    assert path
    assert stands(here, AYSE, CINAR).status == RET
    assert "Reddettiniz" in text(visitor.get(path).text)


def test_a_kept_refusal_of_everything_is_made_after_the_code(here: Town) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, ISIK)
    visitor = here.sign_in(AYSE)
    path = finished(here, visitor, KeptIntent("/izinler/reddet", {"scope": "all"}))
    assert path
    assert path.startswith("/izinler/sonuc?act=")
    assert "2 markayı reddettiniz" in text(visitor.get(path).text)


def test_nothing_else_comes_out_of_a_sign_in(here: Town) -> None:
    here.told(AYSE, CINAR)
    here.sign_in(MEHMET).press(ROW, status="RET")
    before = acts(here)
    visitor = here.sign_in(MEHMET)
    mark = here.sign_in(AYSE).get(f"/izinler/{CINAR}").text.partition(f"{ROW}?n=")[2][:8]
    assert finished(here, visitor, KeptIntent(f"{ROW}?n={mark}", {"status": "RET"})) is None, "another number"
    assert finished(here, visitor, KeptIntent("/izinler/reddet", {"scope": "all", "n": mark})) is None
    for path, status in ((ROW, "ONAY"), ("/izinler/999999/MESAJ/BIREYSEL", "RET"), (f"/izinler/{CINAR}", "RET")):
        with pytest.raises(HTTPException):
            finished(here, visitor, KeptIntent(path, {"status": status}))
    assert acts(here) == before


def test_an_act_shows_its_own_notice_and_no_other(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    visitor.post(ROW, status="RET")
    act = here.registry.store.read_now(timeline.last_own, here.person(AYSE))
    assert act
    assert here.registry.store.read_now(history.act, act[0])
    for number in ("0", "1", "999", "x", "-1", "9" * 30, ""):
        assert "Kaydedildi:" not in text(visitor.get(f"/izinler?act={number}").text)
    assert "Kaydedildi:" not in text(here.sign_in(YABANCI).get(f"/izinler?act={act[0]}").text)
    clock.now += DAY + 1
    late = text(here.sign_in(AYSE).get(f"/izinler?act={act[0]}").text)
    assert "Kaydedildi" in late
    assert "Geri al" not in late
