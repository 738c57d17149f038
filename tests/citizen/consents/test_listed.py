"""A brand of the list: one button refuses all its open channels for one identity, in place and without script."""

from __future__ import annotations

import re
from html import unescape

import pytest

from consents import dates
from consents.care import aging
from consents.queries import timeline
from consents.rules import ONAY, RET
from consents.store import StoreUnavailable
from settings import load
from tests.citizen.consents.states import WAYS
from tests.citizen.consents.test_choices import acts, stands
from tests.citizen.consents.town import (
    AYSE,
    CINAR,
    CINAR_MINI,
    ISIK,
    MEHMET,
    YABANCI,
    Town,
    Visitor,
    listed,
    place,
    rows,
    text,
)
from tests.conftest import SECRET, Clock

RESULT = "/izinler/sonuc"
STANDING = "/izinler/bundan-sonrasi"


def buttons(page: str, brand: int) -> list[tuple[str, dict[str, str]]]:
    """The buttons of a brand of the list: what is heard, and the fields that they send."""
    found = []
    for form in place(page, brand).split("<form ")[1:]:
        fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
        found.append((unescape(form.partition('aria-label="')[2].partition('"')[0]), dict(fields)))
    return found


@pytest.fixture
def visitor(here: Town) -> Visitor:
    """AYSE: Çınar may call and text her, and text her business; Işık may text her."""
    for channel in ("ARAMA", "MESAJ"):
        here.told(AYSE, CINAR, channel)
    here.told(AYSE, CINAR, identity="TACIR")
    here.told(AYSE, ISIK)
    return here.sign_in(AYSE)


def of_cinar(here: Town) -> list[int]:
    """What stands of Çınar: calls and SMS to her, SMS to her business."""
    keys = (("ARAMA", "BIREYSEL"), ("MESAJ", "BIREYSEL"), ("MESAJ", "TACIR"))
    return [stands(here, AYSE, CINAR, *key).status for key in keys]


def test_one_press_refuses_all_channels_of_one_identity_and_leaves_the_other(here: Town, visitor: Visitor) -> None:
    (own, fields), (business, _) = buttons(visitor.get("/izinler").text, CINAR)
    assert own == "Reddet: Çınar, Telefonla arama, SMS · kendiniz için"
    assert business == "Reddet: Çınar, SMS · işletmeniz için"
    before = acts(here)
    answer = visitor.press("/izinler/reddet", **fields)
    assert acts(here) == before + 1
    assert of_cinar(here) == [RET, RET, ONAY]
    assert stands(here, AYSE, ISIK).status == ONAY
    assert listed(answer.text) == {CINAR: "open"}, "it may still write to her business"
    shown = text(answer.text)
    assert "Reddettiniz : Telefonla arama, SMS (kendiniz için)" in shown
    assert "Durması için son gün: 27 Kasım 2026 Cuma" in shown
    assert "Kayıt no:" in shown
    assert [heard for heard, _ in buttons(answer.text, CINAR)] == ["Geri al: Çınar", business]


def test_a_second_press_is_answered_as_the_first(here: Town, visitor: Visitor) -> None:
    first = visitor.refuse_listed(CINAR, "BIREYSEL").text
    before = acts(here)
    assert visitor.refuse_listed(CINAR, "BIREYSEL").text == first
    assert acts(here) == before


def test_a_press_long_after_says_that_it_stands_already(here: Town, visitor: Visitor, clock: Clock) -> None:
    visitor.refuse_listed(ISIK)
    clock.forward(days=2)
    before = acts(here)
    answer = here.sign_in(AYSE).refuse_listed(ISIK)
    assert listed(answer.text) == {ISIK: "refused"}
    assert "Zaten böyle kayıtlıydı" in text(answer.text)
    assert "Geri al" not in text(answer.text)
    assert acts(here) == before


def test_a_press_after_another_brands_refusal_offers_that_ones_undo_to_nobody(here: Town, visitor: Visitor) -> None:
    here.told(AYSE, CINAR_MINI, status="RET")
    visitor.refuse_listed(ISIK)
    before = acts(here)
    stale = visitor.refuse_listed(CINAR_MINI).text
    assert listed(stale) == {CINAR_MINI: "refused"}
    assert "Zaten böyle kayıtlıydı" in text(stale)
    assert "Geri al" not in text(stale), "it would take another brand's refusal back"
    assert acts(here) == before


def test_a_press_after_a_refusal_of_all_offers_no_undo_of_all(here: Town, visitor: Visitor) -> None:
    visitor.post("/izinler/reddet", scope="all")
    assert "Geri al" not in text(visitor.refuse_listed(ISIK).text), "it was refused with others"
    assert of_cinar(here) == [RET, RET, RET]


def test_its_undo_is_answered_in_place(here: Town, visitor: Visitor) -> None:
    answer = visitor.refuse_listed(CINAR, "BIREYSEL").text
    undo = re.search(r'action="(/izinler/geri-al/[^"]+)"', answer)
    assert undo
    undone = visitor.press(unescape(undo[1]))
    assert listed(undone.text) == {CINAR: "open"}
    assert "Geri alındı, önceki durum geçerli." in text(undone.text)
    assert '<h1 id="count" hx-swap-oob="true">2 marka size reklam gönderebiliyor</h1>' in undone.text
    assert len(buttons(undone.text, CINAR)) == 2
    assert of_cinar(here) == [ONAY, ONAY, ONAY]


def test_its_undo_that_comes_too_late_says_so(here: Town, visitor: Visitor, clock: Clock) -> None:
    undo = re.search(r'action="(/izinler/geri-al/[^"]+)"', visitor.refuse_listed(ISIK).text)
    assert undo
    clock.forward(hours=24, seconds=1)
    answer = here.sign_in(AYSE).press(unescape(undo[1]).partition("?")[0])
    assert "Geri alma süresi dolmuş, hiçbir şey değişmedi." in text(answer.text)
    assert listed(answer.text) == {ISIK: "refused"}
    assert stands(here, AYSE, ISIK).status == RET


def test_a_later_refusal_of_what_was_never_allowed_does_not_hide_the_day_to_stop_by(
    here: Town, visitor: Visitor, clock: Clock
) -> None:
    visitor.refuse_listed(ISIK)
    clock.forward(hours=1)
    visitor = here.sign_in(AYSE)
    visitor.press(f"/izinler/{ISIK}/ARAMA/BIREYSEL", status="RET")
    shown = place(visitor.get("/izinler").text, ISIK)
    assert "Durması için son gün: 27 Kasım 2026 Cuma" in text(shown)
    assert "gönderemez" not in text(shown), "its SMS may come until then"
    clock.forward(days=4)
    shown = place(here.sign_in(AYSE).get("/izinler").text, ISIK)
    assert "Durması için son gün" not in text(shown)


def test_without_script_the_result_has_its_undo(here: Town, visitor: Visitor) -> None:
    _, fields = buttons(visitor.get("/izinler").text, CINAR)[0]
    answer = visitor.post("/izinler/reddet", **fields)
    assert answer.headers["location"].startswith(f"{RESULT}?act=")
    page = visitor.follow(answer).text
    assert "Çınar markasını reddettiniz" in text(page)
    undo = re.search(r'action="(/izinler/geri-al/[^"]+)"', page)
    assert undo
    notice = text(visitor.follow(visitor.post(unescape(undo[1]))).text)
    assert "Geri alındı 1 marka size yeniden yazabilir." in notice
    assert of_cinar(here) == [ONAY, ONAY, ONAY]


def test_what_could_not_be_saved_leaves_the_brand_with_its_button_and_says_so(
    here: Town, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise StoreUnavailable("disk full")

    monkeypatch.setattr(type(here.registry.store), "write", full)
    answer = visitor.refuse_listed(CINAR, "BIREYSEL")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "120"
    assert listed(answer.text) == {CINAR: "open"}
    assert "henüz kaydedilmedi" in text(answer.text)
    assert len(buttons(answer.text, CINAR)) == 2, "the same buttons again"
    assert "Geri al" not in text(answer.text)


@pytest.mark.parametrize(
    ("query", "after"),
    [
        ("channel=ARAMA", [RET, ONAY, ONAY]),
        ("channel=MESAJ", [ONAY, RET, ONAY]),
        ("identity=TACIR", [ONAY, ONAY, RET]),
        ("status=ONAY", [RET, RET, ONAY]),
        ("q=%C3%A7%C4%B1nar", [RET, RET, ONAY]),
    ],
)
def test_a_button_of_a_narrowed_list_refuses_what_is_shown_there(
    here: Town, visitor: Visitor, query: str, after: list[int]
) -> None:
    _, fields = buttons(visitor.get(f"/izinler?{query}").text, CINAR)[0]
    visitor.press("/izinler/reddet", **fields)
    assert of_cinar(here) == after


def test_a_brand_that_waits_keeps_the_refusal_or_leads_to_the_approval(here: Town, clock: Clock) -> None:
    here.sign_in(AYSE).refuse(CINAR)
    clock.forward(days=2)
    assert here.told(AYSE, CINAR, ago=1) == "pending"
    visitor = here.sign_in(AYSE)
    page = visitor.get("/izinler").text
    assert listed(page) == {CINAR: "waiting"}
    shown = text("<section" + place(page, CINAR))
    assert shown == "Çınar SMS Son gün: 26 Aralık 2026 Reddim kalsın Onay ver…"
    assert f'href="/izinler/{CINAR}" aria-label="Onay ver…: Çınar"' in place(page, CINAR)
    ((heard, fields),) = buttons(page, CINAR)
    assert heard == "Reddim kalsın: Çınar, SMS"
    answer = visitor.press("/izinler/reddet", **fields)
    assert listed(answer.text) == {CINAR: "refused"}
    assert "Bu marka size reklam gönderemez." in text(answer.text), "it has no day: nothing was allowed"
    assert stands(here, AYSE, CINAR).status == RET


def test_an_identity_that_only_asks_beside_one_that_may_be_reached_keeps_its_refusal(here: Town, clock: Clock) -> None:
    here.sign_in(AYSE).refuse(CINAR)
    clock.forward(days=2)
    here.told(AYSE, CINAR, ago=1)
    here.told(AYSE, CINAR, identity="TACIR")
    visitor = here.sign_in(AYSE)
    page = visitor.get("/izinler").text
    assert [heard for heard, _ in buttons(page, CINAR)] == [
        "Reddim kalsın: Çınar, SMS · kendiniz için",
        "Reddet: Çınar, SMS · işletmeniz için",
    ]
    assert "Kararınızı bekliyor: SMS · kendiniz için" in text(place(page, CINAR))


def test_a_foreign_or_unknown_act_has_no_result(here: Town, visitor: Visitor) -> None:
    act = visitor.post("/izinler/reddet", scope="all").headers["location"].rpartition("=")[2]
    assert "2 markayı reddettiniz" in text(visitor.get(f"{RESULT}?act={act}").text)
    stranger = here.sign_in(YABANCI)
    assert stranger.get(f"{RESULT}?act={act}").headers["location"] == "/izinler"
    for number in ("0", "1", "999", "x", "-1", "9" * 30, ""):
        answer = visitor.get(f"{RESULT}?act={number}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/izinler")


def test_the_result_says_what_comes_next(here: Town, visitor: Visitor) -> None:
    page = visitor.follow(visitor.post("/izinler/reddet", scope="all")).text
    assert "<title>2 markayı reddettiniz – İzin</title>" in page
    assert re.search(r'<h1 tabindex="-1" autofocus>', page)
    assert f'href="{STANDING}">Yeni markalar da yazmasın' in page
    assert "/izinler/haber" in page
    assert re.search(r'href="/makbuz/\d+\.ics"', page)
    visitor.post(STANDING, way=WAYS)
    act = here.registry.store.read_now(timeline.last_own, here.person(AYSE))
    assert act
    page = visitor.get(f"{RESULT}?act={act[0]}").text
    assert "<title>Yeni markalara kapandınız – İzin</title>" in page
    assert f'href="{STANDING}">Yeni markalar da yazmasın</a></li>\n</ul>' not in page.partition("Sırada ne var?")[2]


def test_the_result_after_an_undo_says_so_and_offers_none(here: Town, visitor: Visitor) -> None:
    act = visitor.post("/izinler/reddet", scope="all").headers["location"].rpartition("=")[2]
    visitor.post(f"/izinler/geri-al/{act}")
    page = visitor.get(f"{RESULT}?act={act}").text
    assert "<title>Geri alındı – İzin</title>" in page
    assert "geri-al" not in page


def test_the_directory_says_what_stands_for_each_brand(here: Town, visitor: Visitor) -> None:
    visitor.refuse(ISIK)
    page = visitor.get("/markalar").text
    assert listed(page) == {CINAR: "open", ISIK: "refused", CINAR_MINI: "none"}
    assert "Zambak Kayıt yok" in text(page)
    visitor.post(STANDING, way=WAYS)
    page = visitor.get("/markalar").text
    assert listed(page) == {CINAR: "refused", ISIK: "refused", CINAR_MINI: "none"}
    assert "Zambak Kapalı: yeni markalara kapalısınız" in text(page)
    assert "Kayıt yok" not in text(page)
    own = visitor.get(f"/izinler/{CINAR_MINI}").text
    assert set(rows(own).values()) == {"YOK"}
    assert text(own).count("Kapalı: yeni markalara kapalısınız") == 4
    assert 'value="RET"' not in own, "what is closed is not refused once more"


def test_a_part_of_a_standing_refusal_closes_its_channel_alone(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    visitor.post(STANDING, way=["MESAJ-BIREYSEL"])
    page = visitor.get(f"/izinler/{CINAR}").text
    sms, calls = (
        page.partition(f'id="c-{CINAR}-{channel}-BIREYSEL"')[2].partition("</form>")[0]
        for channel in ("MESAJ", "ARAMA")
    )
    assert "Kapalı: yeni markalara kapalısınız" in sms
    assert "Kayıt yok" in calls
    assert "Kapalı" not in calls
    assert "Zambak Kayıt yok" in text(visitor.get("/markalar").text), "not all of it is closed"
    undone = re.search(
        r'action="(/izinler/geri-al/[^"]+)"', visitor.press(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="ONAY").text
    )
    assert undone
    answer = visitor.press(unescape(undone[1]))
    assert "Kapalı: yeni markalara kapalısınız" in text(answer.text), "also in the answer of a button"


def test_a_permission_of_before_2015_is_shown_as_old_until_somebody_says_something(
    here: Town, visitor: Visitor, clock: Clock
) -> None:
    since = (here.now - dates.DAWN) / 86_400_000_000
    here.told(MEHMET, CINAR, source="HS_2015", ago=since)
    here.told(MEHMET, ISIK, source="HS_WEB")
    old, words = here.sign_in(MEHMET), "Eski kayıt: 1 Mayıs 2015'ten beri yenilenmedi."

    def shown() -> tuple[bool, bool]:
        page = old.get("/izinler").text
        assert words not in text(place(page, ISIK))
        return words in text(place(page, CINAR)), words in text(old.get(f"/izinler/{CINAR}").text)

    assert shown() == (True, True)
    here.told(MEHMET, CINAR, source="HS_WEB", ago=1)
    assert shown() == (False, False)
    here.told(MEHMET, CINAR, "ARAMA", source="HS_2015", ago=since)
    assert shown() == (True, True)
    old.refuse(CINAR, "ARAMA")
    assert shown() == (False, False)


def test_the_setting_names_the_day_from_which_it_is_old() -> None:
    days = load({"SECRET_KEY": SECRET}).hs_2015_old_days
    last = dates.DAWN + days * 86_400_000_000
    assert [aging.is_past_2015(now, days) for now in (last - 1, last)] == [False, True]
    assert not aging.is_past_2015(last, 0), "0: never"
