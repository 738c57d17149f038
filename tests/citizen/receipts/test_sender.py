"""Bu mesajı kim gönderdi? Everybody learns the brand that a message names, a signed-in citizen also what stands."""

from __future__ import annotations

import html
import json
import re

import pytest

from tests.citizen.consents.town import AYSE, CINAR, MEHMET, Town, Visitor

PATH = "/gonderen"
SMS = "Sepette %50 indirim! CINARMKT magazalarinda. RET yaz 3838'e gonder. B001"
UNKNOWN = "Tanidiginiz bir sirketten: bedava tatil! B001"


def seen(markup: str) -> str:
    main = markup[markup.index("<main") :]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", main)))


def test_who_is_not_signed_in_learns_the_brand_and_nothing_of_anybody(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = Visitor(here.client, "")
    assert "Bu mesajı kim gönderdi?" in visitor.get(PATH).text
    answer = visitor.post(PATH, text=SMS)
    assert answer.status_code == 200
    shown = seen(answer.text)
    assert "Mesajda adı geçen marka: Çınar" in shown
    assert "Çınar Mağazacılık A.Ş." in shown
    assert f'href="/izinler/{CINAR}"' in answer.text
    for word in ("beri", "Reddettiniz", "kaydı yok", "Kararınızı"):
        assert word not in shown


@pytest.mark.parametrize(
    ("status", "shown"), [("ONAY", "Size reklam gönderebilir, şu günden beri"), (None, "İzin kaydı yok.")]
)
def test_a_signed_in_citizen_sees_what_stands(here: Town, status: str | None, shown: str) -> None:
    if status:
        here.told(AYSE, CINAR, status=status)
    here.told(MEHMET, CINAR)
    page = seen(here.sign_in(AYSE).post(PATH, text=SMS).text)
    assert shown in page


def test_who_is_closed_to_new_brands_reads_so_instead_of_being_asked_to_refuse(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    visitor.post("/izinler/bundan-sonrasi", way=["MESAJ-BIREYSEL"])
    assert "Şimdiden reddedin" in seen(visitor.post(PATH, text=SMS).text), "calls are open"
    visitor.post("/izinler/bundan-sonrasi", way=["ARAMA-BIREYSEL", "ARAMA-TACIR", "MESAJ-TACIR"])
    page = seen(visitor.post(PATH, text=SMS).text)
    assert "İzin kaydı yok. Kapalı: yeni markalara kapalısınız" in page
    assert "Şimdiden reddedin" not in page


def test_the_button_refuses_every_open_channel_of_the_brand(here: Town) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, CINAR, channel="ARAMA")
    visitor = here.sign_in(AYSE)
    form = visitor.post(PATH, sender="CINARMKT").text
    fields = dict(
        re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[form.index("/izinler/reddet") :])
    )
    visitor.post("/izinler/reddet", **{name: fields[name] for name in ("n", "scope", "code")})
    page = seen(visitor.post(PATH, text=SMS).text)
    assert "Reddettiniz" in page
    assert "Telefonla arama, SMS" in page
    assert "Yine de geldiyse şikâyet edin" in page


def test_a_new_holder_reads_no_day_from_before_their_time(here: Town) -> None:
    here.told(AYSE, CINAR, ago=900, status="RET", source="HS_ISLAK_IMZA")
    visitor = here.sign_in(AYSE)
    assert "Reddedildi: " in seen(visitor.post(PATH, text=SMS).text), "by the company's word, not the citizen's"
    visitor.post("/izinler/yeni-numara", new="1")
    page = seen(visitor.post(PATH, text=SMS).text)
    assert "Reddedildi" in page
    assert not re.search(r"20[0-9]{2}", page)


def test_the_name_beside_the_message_is_read_too(here: Town) -> None:
    assert "Mesajda adı geçen marka: Çınar" in seen(
        Visitor(here.client, "").post(PATH, sender="CINARMKT", text="").text
    )


def test_an_unknown_sender_leads_to_a_complaint(here: Town) -> None:
    visitor = Visitor(here.client, "")
    answer = visitor.post(PATH, text=UNKNOWN, sender="BEDAVATTL")
    letter = re.search(r"<textarea[^>]*readonly[^>]*>(.*?)</textarea>", answer.text, re.DOTALL)
    assert letter
    written = html.unescape(letter[1])
    assert "T.C. Ticaret Bakanlığı" in written
    assert "Gönderen: BEDAVATTL" in written
    assert UNKNOWN in written
    assert 'href="https://tiss.ticaret.gov.tr"' in answer.text
    saved = visitor.post(PATH, text=UNKNOWN, sender="BEDAVATTL", download="1")
    assert saved.text == written


def test_nothing_typed_is_asked_for_again(here: Town) -> None:
    answer = Visitor(here.client, "").post(PATH, text="  ", sender="")
    assert answer.status_code == 422
    assert "Mesajı ya da gönderenin adını yazın." in seen(answer.text)


def test_a_message_shared_from_another_app_is_read(here: Town) -> None:
    target = json.loads(Visitor(here.client, "").get("/manifest.webmanifest").text)["share_target"]
    assert (target["action"], target["method"]) == (PATH, "POST")
    shared = dict.fromkeys(target["params"].values(), "") | {target["params"]["text"]: SMS}
    assert "Mesajda adı geçen marka: Çınar" in seen(Visitor(here.client, "").post(target["action"], **shared).text)


def test_nothing_of_the_message_is_kept(here: Town, capsys: pytest.CaptureFixture[str]) -> None:
    Visitor(here.client, "").post(PATH, text="gizli kelime CINARMKT 05320000099")
    assert "gizli" not in capsys.readouterr().out
