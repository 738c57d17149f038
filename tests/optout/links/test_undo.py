"""Who may take a refusal by link back: the browser that made it, and nobody else who holds the same link."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import text as sql

from consents.people import register
from consents.rules import RET
from consents.store import Snapshot, Statement
from consents.terms import Door
from optout.links import link_notices
from optout.links.link_notices import Notice
from tests.citizen.consents.test_told_as_it_is import by_door
from tests.citizen.consents.town import AYSE, CINAR, ISIK, MAIL, MEHMET, Town, text, town
from tests.conftest import NOON, Clock, Opener
from tests.optout.links import door
from trust.codes.limits import code_budgets

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
_DOORS = Statement(sql("SELECT door FROM act WHERE actor = 1 ORDER BY id"))
_ACTS = Statement(sql("SELECT count(*) FROM act"))


def link(here: Town) -> str:
    here.told(AYSE, CINAR)
    return door.link(here, AYSE)


def scanned(here: Town) -> str:
    return link(here).replace("/k/", "/q/")


def mail(here: Town) -> str:
    """Of a browser that has shown that it is no stranger."""
    here.told(MAIL, CINAR, "EPOSTA")
    path = door.mail(here)
    door.proved(here, path, "ays")
    return path


def of_mail(here: Town) -> str:
    here.told(MAIL, CINAR, "EPOSTA")
    return door.link(here, MAIL, "EPOSTA")


WAYS: list[Callable[[Town], str]] = [link, scanned, mail, of_mail]


def stands(here: Town, way: Callable[[Town], str]) -> str:
    return door.stands(here, MAIL, "EPOSTA") if way in (mail, of_mail) else door.stands(here, AYSE)


def acts(here: Town) -> int:
    row = here.registry.store.read_now(Snapshot.one, _ACTS)
    assert row is not None
    return int(row[0])


# -- another client ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_who_refused_may_take_it_back(here: Town, way: Callable[[Town], str]) -> None:
    path = way(here)
    done = door.press(here, path)
    assert stands(here, way) == "RET"
    assert "Geri alındı" in door.posted(here, path, door.fields(done, "Geri al")).text
    assert stands(here, way) == "ONAY"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("bare", [True, False])
def test_another_client_with_the_same_link_is_never_shown_the_undo(
    here: Town, way: Callable[[Town], str], bare: bool
) -> None:
    """The brand, say, which minted the link and wrote the mail."""
    path = way(here)
    undo = door.fields(door.press(here, path), "Geri al")
    door.another_browser(here)
    opened = here.client.get(path)
    again = door.posted(here, path, {"reddet": "1"} if bare else door.fields(opened, "reddet"))
    assert "Reddettiniz" in again.text
    assert 'name="undo"' not in again.text
    for page in (again, here.client.get(path)):
        assert undo["undo"].partition(".")[2] not in page.text
        if 'name="nonce"' in page.text:
            theirs = re.findall(r'name="nonce" value="([^"]+)"', page.text)[0]
            act = undo["undo"].partition(".")[0]
            tried = door.posted(here, path, {"nonce": theirs, "undo": f"{act}.{theirs.partition('.')[0]}"})
            assert "ret buradan geri alınamaz" in text(tried.text)
    assert stands(here, way) == "RET"


def test_each_forgery_one_change_away_from_a_good_undo_changes_nothing(here: Town) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, ISIK)
    here.told(MEHMET, CINAR)
    ayse, mehmet = door.link(here, AYSE), door.link(here, MEHMET)
    second, other_brand = door.link(here, AYSE), door.link(here, AYSE, brand=ISIK)
    good = door.fields(door.press(here, ayse), "Geri al")["undo"]
    of_mehmet = door.fields(door.press(here, mehmet), "Geri al")["undo"]
    of_isik = door.fields(door.press(here, other_brand), "Geri al")["undo"]
    act, _, nonce = good.partition(".")
    swapped = nonce[:-1] + ("A" if nonce[-1] != "A" else "Q")
    forged = [
        (ayse, act),  # the bare number of the act
        (ayse, f"{act}."),
        (ayse, f"{act}.{swapped}"),  # another letter
        (ayse, f"{act}.{of_mehmet.partition('.')[2]}"),  # somebody's nonce, with this act
        (ayse, f"{of_mehmet.partition('.')[0]}.{nonce}"),  # this nonce, with somebody's act
        (ayse, f"{of_isik.partition('.')[0]}.{nonce}"),
        (ayse, f"{int(act) + 99}.{nonce}"),  # no act
        (ayse, f"0{act}.{nonce}x"),
        (mehmet, good),  # on the page of another recipient
        (other_brand, good),  # of another brand
        (second, good),  # of another link about the same
        (ayse.replace("/k/", "/q/"), good),  # through another door
    ]
    before = door.events(here)
    for path, undo in forged:
        answer = door.posted(here, path, {"undo": undo})
        assert answer.status_code == 200
        assert "ret buradan geri alınamaz" in text(answer.text), undo
    assert door.events(here) == before
    assert {door.stands(here, AYSE), door.stands(here, MEHMET), door.stands(here, AYSE, brand=ISIK)} == {"RET"}
    assert "Geri alındı" in door.posted(here, ayse, {"undo": good}).text, "and the good one is good"


def test_the_signed_in_undo_is_of_ones_own_acts_alone(here: Town) -> None:
    """The number of an act is no secret: one change away is another's session, and an act of another door."""
    here.told(AYSE, CINAR)
    here.told(AYSE, ISIK)
    here.told(MEHMET, CINAR)
    ayse, mehmet = here.sign_in(AYSE), here.sign_in(MEHMET)
    ayse.refuse(CINAR)
    number = acts(here)
    for browser in (mehmet.press, mehmet.post):
        assert browser(f"/izinler/geri-al/{number}").status_code == 404
    assert here.client.post(f"/izinler/geri-al/{number}").headers["location"] == "/giris"
    ayse.press(f"/izinler/geri-al/{by_door(here, Door.SMS, brand=ISIK)}")
    assert (door.stands(here, AYSE), door.stands(here, AYSE, brand=ISIK)) == ("RET", "RET")
    ayse.press(f"/izinler/geri-al/{number}")
    assert door.stands(here, AYSE) == "ONAY"


@pytest.mark.parametrize("with_nonce", [True, False])
def test_after_a_mail_programs_one_click_there_is_no_undo(here: Town, with_nonce: bool) -> None:
    """Also where it posts what it has read on the page."""
    path = mail(here)
    nonce = door.fields(here.client.get(path), "reddet")["nonce"]
    for form in ({**ONE_CLICK, "nonce": nonce} if with_nonce else ONE_CLICK, ONE_CLICK):
        assert 'name="undo"' not in door.posted(here, path, form).text
    for undo in (f"{acts(here)}.{nonce}", f"{acts(here)}"):
        door.posted(here, path, {"undo": undo})
    assert door.stands(here, MAIL, "EPOSTA") == "RET"


# -- who refuses first, so as to take it back later --------------------------------------------------------------------


def _by_link(here: Town, path: str) -> None:
    door.posted(here, path, {"status": "RET"})


def _by_second_link(here: Town, path: str) -> None:
    door.press(here, door.link(here, AYSE), "Reddi kesinleştir")


def _by_page(here: Town, path: str) -> None:
    for identity in ("BIREYSEL", "TACIR"):
        here.sign_in(AYSE).refuse(CINAR, identity=identity)


@pytest.mark.parametrize("affirm", [_by_link, _by_second_link, _by_page])
def test_a_refusal_said_again_by_the_citizen_outlives_the_undo_of_the_first(
    here: Town, clock: Clock, affirm: Callable[[Town, str], None]
) -> None:
    """Else the brand would refuse by its own link, let him refuse in vain, and take its own refusal back."""
    path = link(here)
    undo = door.fields(door.press(here, path), "Geri al")
    clock.forward(minutes=2)
    affirm(here, path)
    answer = door.posted(here, path, undo)
    assert door.stands(here, AYSE) == "RET"
    assert "Geri alındı" not in answer.text
    assert not door.waiting(here), "nothing came back, so nothing is told"


def test_what_is_said_again_and_again_grows_history_once(here: Town, clock: Clock) -> None:
    path = link(here)
    door.press(here, path)
    before = acts(here)
    for _ in range(20):
        door.posted(here, path)
        clock.forward(seconds=5)
    assert acts(here) == before + 1
    opened = door.fields(here.client.get(door.link(here, MEHMET)), "reddet")
    for _ in range(20):
        door.posted(here, path, opened)
    assert acts(here) == before + 1


# -- how often ---------------------------------------------------------------------------------------------------------


def test_a_refusal_is_taken_back_three_times_a_day_and_made_without_end(here: Town, clock: Clock) -> None:
    path = link(here)
    for _ in range(3):
        clock.forward(minutes=1)
        door.posted(here, path, door.fields(door.press(here, path), "Geri al"))
        assert door.stands(here, AYSE) == "ONAY"
    clock.forward(minutes=1)
    done = door.press(here, path)
    assert "Reddettiniz" in done.text
    assert 'name="undo"' not in done.text
    further = door.press(here, door.link(here, AYSE, "ARAMA"), "reddet")
    assert 'name="undo"' not in further.text, "a brand may mint as many links as it likes"
    assert "Geri al" in door.press(here, door.link(here, AYSE, brand=ISIK)).text
    clock.forward(hours=24, seconds=1)
    here.sign_in(AYSE).press(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="ONAY")
    assert "Geri al" in door.press(here, path).text


def test_one_link_does_not_grow_history_without_bound(here: Town, clock: Clock) -> None:
    path = link(here)
    form = door.fields(here.client.get(path), "reddet")
    for _ in range(40):
        clock.forward(seconds=5)
        done = door.posted(here, path, form)
        if 'name="undo"' in done.text:
            door.posted(here, path, door.fields(done, "Geri al"))
    assert acts(here) == 1 + 3 * 2 + 1
    assert door.stands(here, AYSE) == "RET"


def test_a_second_press_of_the_undo_is_no_second_undo(here: Town, clock: Clock) -> None:
    path = link(here)
    undo = door.fields(door.press(here, path), "Geri al")
    for _ in range(5):
        assert "Geri alındı" in door.posted(here, path, undo).text
    assert len(door.waiting(here)) == 1
    assert acts(here) == 3


# -- the notice --------------------------------------------------------------------------------------------------------


def test_every_undo_is_told_to_the_number(here: Town, clock: Clock) -> None:
    path = link(here)
    door.posted(here, path, door.fields(door.press(here, path), "Geri al"))
    (notice,) = door.waiting(here)
    assert (notice["kind"], notice["to"]) == ("sms", AYSE)
    assert notice["text"] == (
        "CINAR icin reddiniz baglantidan geri alindi, onceki durum gecerli. Kayit: 24.11.2026 12:00. "
        "Siz yapmadiysaniz RET CINAR yazin."
    )
    page = door.posted(here, path, door.fields(here.client.get(path), "reddet"))
    assert "Bunu bir SMS ile de bildirdik" in door.posted(here, path, door.fields(page, "Geri al")).text
    assert len(door.waiting(here)) == 2


def test_every_undo_is_told_to_the_mail_with_one_click_in_it(here: Town) -> None:
    path = mail(here)
    door.posted(here, path, door.fields(door.press(here, path), "Geri al"))
    (notice,) = door.waiting(here)
    assert (notice["kind"], notice["to"]) == ("mail", MAIL)
    assert "Reddiniz geri alındı: Çınar" in notice["subject"]
    assert "Kayıt: 24 Kasım 2026 Salı, 12:00" in notice["text"]
    assert "was taken back" in notice["text"]
    again = notice["headers"]["List-Unsubscribe"].strip("<>").partition("/u/")[2]
    door.posted(here, f"/u/{again}", ONE_CLICK)
    assert door.stands(here, MAIL, "EPOSTA") == "RET"


def undone(here: Town, brand: int) -> str:
    """The page after a refusal of a brand was taken back by its link."""
    here.told(AYSE, brand)
    path = door.link(here, AYSE, brand=brand)
    return door.posted(here, path, door.fields(door.press(here, path), "Geri al")).text


def test_all_brands_together_write_to_one_number_three_times_a_day(
    here: Town, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """A company may make brands without end, and declare consents for any number."""
    said = "Bunu bir SMS ile de bildirdik"
    for brand in (CINAR, CINAR, ISIK):
        clock.forward(minutes=1)
        assert said in undone(here, brand)
    assert "undo_notice_dropped" not in capsys.readouterr().out
    clock.forward(minutes=1)
    page = undone(here, ISIK)
    assert "önceki durum geçerli" in page, "the right to take it back stays"
    assert said not in page
    assert '"event": "undo_notice_dropped", "kind": "sms", "reason": "address"' in capsys.readouterr().out
    assert [message["to"] for message in door.waiting(here)] == [AYSE] * 3
    clock.forward(hours=24)
    assert said in undone(here, CINAR)


def test_notices_of_undos_have_a_budget_of_their_own(
    here: Town, clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = code_budgets.budget
    monkeypatch.setattr(code_budgets, "budget", lambda *given, **named: real(*given, **named)._replace(most=1))
    undone(here, CINAR)
    clock.forward(minutes=1)
    undone(here, ISIK)
    assert '"event": "undo_notice_dropped", "kind": "sms", "reason": "budget"' in capsys.readouterr().out
    assert len(door.waiting(here)) == 1
    assert here.client.post("/giris", data={"address": AYSE}).status_code == 303, "codes go on"


@pytest.mark.parametrize(
    ("channels", "how"), [((0,), "RET W ARAMA yazin"), ((1,), "RET W yazin"), ((0, 1), "RET W HEPSI yazin")]
)
def test_the_notice_fits_one_sms_and_says_how_to_refuse_again(here: Town, channels: tuple[int, ...], how: str) -> None:
    listed = here.registry.store.read_now(door.shelf(here).book, NOON).by_code[CINAR]._replace(name="W" * 11)
    for by_sms, words in ((True, how.replace("W", "W" * 11)), (False, "sitemizde yeniden reddedin")):
        told = link_notices.sms(Notice(listed, by_sms, "https://izin.example", dict), channels, NOON)
        assert len(told) <= 155
        assert told.isascii()
        assert told.endswith(f"Siz yapmadiysaniz {words}.")


@pytest.mark.parametrize("number", ["+902120000001", "+4915123456789", "+908500000001"])
def test_where_an_undo_cannot_be_told_there_is_none(here: Town, number: str) -> None:
    here.told(number, CINAR, "ARAMA")
    path = door.link(here, number, "ARAMA")
    done = door.press(here, path)
    assert "Reddettiniz" in done.text
    assert 'name="undo"' not in done.text
    nonce = "A" * 22
    assert "Geri alındı" not in door.posted(here, path, {"undo": f"{acts(here)}.{nonce}"}).text


def test_an_erased_person_is_refused_for_and_gets_no_undo(here: Town) -> None:
    path = link(here)
    undo = door.fields(door.press(here, path), "Geri al")
    keyring = here.registry.keyring
    here.registry.store.write_now(register.erase, keyring, register.person(keyring, AYSE))
    assert "Geri alındı" not in door.posted(here, path, undo).text
    assert 'name="undo"' not in door.press(here, door.link(here, AYSE, "ARAMA")).text


# -- the QR ------------------------------------------------------------------------------------------------------------


def test_an_act_by_a_scanned_qr_says_so(here: Town) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, CINAR, "ARAMA")
    path = door.link(here, AYSE).replace("/k/", "/q/")
    page = here.client.get(path)
    assert f'action="{path}"' in page.text, "what is pressed there is still the scanned way"
    done = door.press(here, path)
    door.posted(here, path, door.fields(done, "Aramaları da reddet"))
    door.posted(here, path, door.fields(done, "Geri al"))
    door.press(here, path.replace("/q/", "/k/"))
    rows = [row[0] for row in here.registry.store.read_now(Snapshot.all, _DOORS)]
    assert rows == [Door.QR.code, Door.QR.code, Door.QR.code, Door.LINK.code]
    story = text(here.sign_in(AYSE).get(f"/izinler/{CINAR}").text)
    assert "Siz, QR kodla reddettiniz" in story
    assert here.client.get("/q/00000000000000").status_code == 404


def test_on_both_databases_only_the_browser_that_refused_takes_back(registry: object, open_registry: Opener) -> None:
    with town(registry) as here:  # type: ignore[arg-type]
        path = link(here)
        undo = door.fields(door.press(here, path), "Geri al")
        door.another_browser(here)
        assert 'name="undo"' not in door.posted(here, path, {"status": str(RET)}).text
        door.posted(here, path, {"undo": undo["undo"].partition(".")[0]})
        assert door.stands(here, AYSE) == "RET"
        door.posted(here, path, undo)
        assert door.stands(here, AYSE) == "ONAY"
        assert len(door.waiting(here)) == 1
