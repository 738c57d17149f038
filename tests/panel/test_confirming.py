"""What cannot be undone asks once more: each POST of the panel's table is one of four kinds, and a new one has to be.

A confirmed one has a page at its own path that names what it is about and what ends; no other page has its form.
"""

from __future__ import annotations

import re
from enum import Enum

import pytest

from panel.gate import PanelRoute
from panel.panel_routes import ROUTES
from panel.rights import Membership, Permission, Role, Staff
from panel.uploads.upload_store import UploadState
from providers.callers import partners
from tests import ROOT
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, Colleague, Office, Seat
from tests.panel.things import THINGS
from tests.panel.uploads.uploads import applied, file, rows, work
from tests.web.client import refused_for

HARMLESS = "harmless"  # it looks, sends, tries or adds something that can be taken away again
UNDOABLE = "undoable"  # the same page, or the same person's next press, brings back what was
STATED = "stated"  # for good, on a page of its own that says so and asks for a reason, a code or a choice
CONFIRMED = "confirmed"  # for good, with a second step
OWNER = Membership(Role.OWNER, Permission.MEMBER)
BRAND = BRANDS[CINAR][0]

KINDS = {
    # coming in and leaving
    "/panel/giris": HARMLESS,
    "/panel/giris/kod": HARMLESS,
    "/panel/giris/kod/yeniden": HARMLESS,
    "/panel/davet": HARMLESS,
    "/panel/basvuru": HARMLESS,
    "/panel/basvuru/kod": HARMLESS,
    "/panel/basvuru/sirket": HARMLESS,
    "/panel/giris/ikinci": HARMLESS,
    "/panel/giris/ikinci/anahtar-sor": HARMLESS,
    "/panel/giris/ikinci/anahtar": HARMLESS,
    "/panel/cikis": UNDOABLE,
    "/panel/hesap/cikis-hepsi": UNDOABLE,
    "/panel/hesap/bildirimler": UNDOABLE,
    # one's own second step: set up again at once
    "/panel/hesap/kurtarma": UNDOABLE,
    "/panel/hesap/ikinci-adim/uygulama": HARMLESS,
    "/panel/hesap/ikinci-adim/uygulama/kod": UNDOABLE,
    "/panel/hesap/ikinci-adim/anahtar-sor": HARMLESS,
    "/panel/hesap/ikinci-adim/anahtar": UNDOABLE,
    "/panel/hesap/ikinci-adim/{factor:number}/kaldir": UNDOABLE,
    # a partner's own
    "/panel/ortak/kisiler": UNDOABLE,
    "/panel/ortak/kisiler/{partnerperson:number}/kapat": CONFIRMED,
    "/panel/ortak/davetler/{partnerinvitation:number}/geri-al": UNDOABLE,
    # the operator's
    "/panel/isletmen/gelen/tamam": STATED,
    "/panel/isletmen/gelen/ret": STATED,
    "/panel/isletmen/giden/{message:number}/yeniden": HARMLESS,
    "/panel/isletmen/giden/{message:number}/birak": STATED,
    "/panel/isletmen/girisler": STATED,
    "/panel/isletmen/basvurular/{application:number}/onayla": STATED,
    "/panel/isletmen/basvurular/{application:number}/reddet": STATED,
    "/panel/isletmen/hatlar/{lineclaim:number}/karar": STATED,
    "/panel/isletmen/veri-talepleri": HARMLESS,
    "/panel/isletmen/veri-talepleri/{datarequest:number}/kod": HARMLESS,
    "/panel/isletmen/veri-talepleri/{datarequest:number}/dogrula": HARMLESS,
    "/panel/{company:number}/mektuplar": HARMLESS,
    "/panel/isletmen/veri-talepleri/{datarequest:number}/karar": STATED,
    "/panel/isletmen/veri-talepleri/{datarequest:number}/kopya": HARMLESS,
    "/panel/isletmen/veri-talepleri/{datarequest:number}/kisiyi-sil": CONFIRMED,
    "/panel/isletmen/formlar/{askedform:number}/karar": STATED,
    "/panel/isletmen/istekler/karar": STATED,
    "/panel/isletmen/istekler/iys": STATED,
    "/panel/isletmen/saglayicilar/{provider:number}/durum": UNDOABLE,
    "/panel/isletmen/saglayicilar/{provider:number}/paket": UNDOABLE,
    "/panel/isletmen/saglayicilar/{provider:number}/iletisim": UNDOABLE,
    "/panel/{company:number}/kullanicilar/iletisim": UNDOABLE,
    "/panel/isletmen/ortaklar": HARMLESS,
    "/panel/isletmen/ortaklar/{partner:number}/davet": UNDOABLE,
    "/panel/isletmen/ortaklar/{partner:number}/ad": UNDOABLE,
    "/panel/isletmen/ortaklar/{partner:number}/durum": UNDOABLE,
    "/panel/isletmen/kurallar/ortak": UNDOABLE,
    "/panel/isletmen/kurallar/donem": UNDOABLE,
    "/panel/isletmen/kurallar/gunler": UNDOABLE,
    "/panel/isletmen/kisiler": UNDOABLE,
    "/panel/isletmen/kisiler/{staff:number}/kapat": CONFIRMED,
    "/panel/isletmen/kutuk": HARMLESS,
    "/panel/isletmen/kutuk/indir": HARMLESS,
    "/panel/isletmen/ara": HARMLESS,
    "/panel/isletmen/imza": HARMLESS,
    "/panel/{company:number}/kutuk/indir": HARMLESS,
    # a company's
    "/panel/{company:number}/yukle": HARMLESS,
    "/panel/{company:number}/yukle/tek": STATED,
    "/panel/{company:number}/yuklemeler/{upload:number}/uygula": UNDOABLE,
    "/panel/{company:number}/yuklemeler/{upload:number}/sutunlar": HARMLESS,
    "/panel/{company:number}/yuklemeler/{upload:number}/tarihler": HARMLESS,
    "/panel/{company:number}/yuklemeler/{upload:number}/sayfalar": HARMLESS,
    "/panel/{company:number}/yuklemeler/{upload:number}/markalar": HARMLESS,
    "/panel/{company:number}/yuklemeler/{upload:number}/bayiler": HARMLESS,
    "/panel/{company:number}/yuklemeler/{upload:number}/sil": UNDOABLE,
    "/panel/{company:number}/yuklemeler/{upload:number}/geri-al": CONFIRMED,
    "/panel/{company:number}/yuklemeler/{upload:number}/reddedilenler": HARMLESS,
    "/panel/{company:number}/kanit": STATED,
    "/panel/{company:number}/adres": HARMLESS,
    "/panel/{company:number}/adres/kanit": HARMLESS,
    "/panel/{company:number}/kanit/goster": HARMLESS,
    "/panel/{company:number}/kanit/belge": HARMLESS,
    "/panel/isletmen/denetim/islem": HARMLESS,
    "/panel/{company:number}/liste": HARMLESS,
    "/panel/{company:number}/sorgu/dosya": HARMLESS,
    "/panel/{company:number}/sorgu/dosyalar/{export:number}/indir": HARMLESS,
    "/panel/{company:number}/raporlar/denetle": HARMLESS,
    "/panel/{company:number}/raporlar/{brand:number}/indir": HARMLESS,
    "/panel/{company:number}/raporlar/{brand:number}/mutabakat": STATED,
    "/panel/{company:number}/genel/ipuclari": UNDOABLE,
    "/panel/{company:number}/reddedenler/indir": HARMLESS,
    "/panel/{company:number}/reddedenler/aldim": STATED,
    "/panel/{company:number}/masa": UNDOABLE,
    "/panel/{company:number}/masa/arayan": HARMLESS,
    "/panel/{company:number}/masa/geri-al": UNDOABLE,
    "/panel/{company:number}/markalar": STATED,
    "/panel/{company:number}/markalar/vazgec": UNDOABLE,
    "/panel/{company:number}/markalar/{brand:number}": UNDOABLE,
    "/panel/{company:number}/markalar/{brand:number}/durum": UNDOABLE,
    "/panel/{company:number}/bayiler/{brand:number}": HARMLESS,
    "/panel/{company:number}/bayiler/{brand:number}/toplu": HARMLESS,
    "/panel/{company:number}/bayiler/{brand:number}/toplu/hatali": HARMLESS,
    "/panel/{company:number}/bayi/{dealer:number}": UNDOABLE,
    "/panel/{company:number}/bayi/{dealer:number}/kaldir": CONFIRMED,
    "/panel/{company:number}/formlar/yeni": HARMLESS,
    "/panel/{company:number}/formlar/{form:number}/duzelt": HARMLESS,
    "/panel/{company:number}/formlar/{form:number}/gonder": UNDOABLE,
    "/panel/{company:number}/formlar/{form:number}/cek": UNDOABLE,
    "/panel/{company:number}/formlar/{form:number}/kapat": CONFIRMED,
    "/panel/{company:number}/kasalar/yeni": HARMLESS,
    "/panel/{company:number}/kasalar/{till:number}/kapat": CONFIRMED,
    "/panel/{company:number}/programlar": HARMLESS,
    "/panel/{company:number}/programlar/bildirim": HARMLESS,
    "/panel/{company:number}/programlar/deneme-alani": HARMLESS,
    "/panel/{company:number}/programlar/deneme-alani/bosalt": HARMLESS,  # made-up data, which each night throws away
    "/panel/{company:number}/programlar/bildirim/{push:number}/dene": HARMLESS,
    "/panel/{company:number}/programlar/bildirim/{push:number}/bicim": UNDOABLE,
    "/panel/{company:number}/programlar/bildirim/{push:number}/yeniden": HARMLESS,
    "/panel/{company:number}/programlar/bildirim/{push:number}/imza": CONFIRMED,
    "/panel/{company:number}/programlar/bildirim/{push:number}/kaldir": CONFIRMED,
    "/panel/{company:number}/programlar/olaylar": HARMLESS,
    "/panel/{company:number}/programlar/olaylar/{feedback:number}/kapat": CONFIRMED,
    "/panel/{company:number}/programlar/gonderim/{delivery:number}": HARMLESS,
    "/panel/{company:number}/programlar/{program:number}/aglar": UNDOABLE,
    "/panel/{company:number}/programlar/{program:number}/yetki": UNDOABLE,
    "/panel/{company:number}/programlar/{program:number}/sifre": CONFIRMED,
    "/panel/{company:number}/programlar/{program:number}/kapat": CONFIRMED,
    "/panel/{company:number}/ortaklar/{brand:number}": UNDOABLE,
    "/panel/{company:number}/ortaklar/{brand:number}/geri-al": CONFIRMED,
    "/panel/{company:number}/baglantilar": HARMLESS,
    "/panel/{company:number}/baglantilar/dosyalar/{linkfile:number}/indir": HARMLESS,
    "/panel/{company:number}/iys": UNDOABLE,
    "/panel/{company:number}/iys/kaldir": UNDOABLE,
    "/panel/{company:number}/iys/dene": HARMLESS,
    "/panel/{company:number}/iys/karsilastir": HARMLESS,
    "/panel/{company:number}/iys/baslat": STATED,
    "/panel/{company:number}/iys/simdi": HARMLESS,
    "/panel/{company:number}/iys/reddedilenler": HARMLESS,
    "/panel/{company:number}/kullanicilar/davet": UNDOABLE,
    "/panel/{company:number}/kullanicilar/kural": UNDOABLE,
    "/panel/{company:number}/kullanicilar/{colleague:number}": UNDOABLE,
    "/panel/{company:number}/kullanicilar/{colleague:number}/kapat": CONFIRMED,
    "/panel/{company:number}/davetler/{invitation:number}/geri-al": UNDOABLE,
    "/panel/{company:number}/kutuk": HARMLESS,
}
SURE = [path for path, kind in KINDS.items() if kind == CONFIRMED]
_NUMBER = re.compile(r"\{(\w+):number\}")


def test_every_post_is_of_a_kind() -> None:
    assert KINDS.keys() == {line.path for line in ROUTES if line.method == "POST"}


@pytest.mark.parametrize("path", SURE)
def test_who_may_do_it_may_see_the_page_before_it(path: str) -> None:
    asks: dict[str, PanelRoute] = {line.method: line for line in ROUTES if line.path == path}
    assert asks.keys() == {"GET", "POST"}
    assert (asks["GET"].needs, asks["GET"].staff) == (asks["POST"].needs, asks["POST"].staff)


def test_no_other_page_has_its_form() -> None:
    ends = "|".join({path.rsplit("/", 1)[1] for path in SURE} - {"geri-al", "imza"})
    ends += "|yuklemeler.*geri-al|ortaklar.*geri-al|bildirim.*imza"
    form = re.compile(rf"<form action=\"\{{\{{ href\((?!.*davetler)(?!.*ikinci-adim).*(?:{ends})'\)")
    found = [
        (one.name, hit[0])
        for one in (ROOT / "templates/panel").rglob("*.html")
        if one.name != "account.html"  # a second step of their own, set up again at once
        for hit in form.finditer(one.read_text())
    ]
    assert not found


class Place(Enum):
    """What a page must name besides what ends."""

    UPLOAD = "izinler.csv"
    PARTNER = "Örnek İş Ortağı"
    PUSH = "crm.example/izin"


def thing(here: Office, browser: Colleague, path: str) -> tuple[str, list[str]]:
    """The path of something that can be ended, and what its page has to name."""
    (name,) = (one for one in _NUMBER.findall(path) if one != "company")
    at = path.replace("{company:number}", str(CINAR))
    if name == "upload":
        number = applied(here, browser, rows(3)).id
        return at.replace("{upload:number}", str(number)), [Place.UPLOAD.value, "3"]
    number = THINGS[name](here, CINAR)
    at = at.replace(f"{{{name}:number}}", str(number))
    if name == "brand":
        partner = THINGS["partner"](here, CINAR)
        here.registry.store.write_now(partners.grant, partner, BRAND, (1, 0, 0))
        return f"{at}?ortak={partner}", [Place.PARTNER.value, f"Marka {BRAND}"]
    named = {
        "push": [Place.PUSH.value],
        "feedback": [f"Marka {BRAND}", "Amazon SES"],
        "dealer": ["Bayi"],
        "program": ["program-"],
        "form": ["Marka 600100"],
        "till": ["Kasa 1"],
        "datarequest": ["•• 44"],
    }
    return at, named.get(name, ["@example.com"])


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("path", SURE)
def test_it_says_what_it_does_and_does_it_once(office: OpenOffice, path: str) -> None:
    here = office()
    kinds = {"isletmen": Staff.OPERATOR, "ortak": Seat(owner=True)}
    browser = here.somebody(kinds.get(path.split("/")[2], OWNER))
    at, named = thing(here, browser, path)
    before = len(here.acts())
    page = browser.get(at)
    assert page.status_code == 200
    assert len(here.acts()) == before, "to look changes nothing"
    for name in named:
        assert name in page.text
    assert "geri alınamaz" in page.text
    assert ">Vazgeç</a>" in page.text
    main = page.text[page.text.index("<main") :]
    forms = re.findall(r'<form action="([^"?]+)', main)
    assert forms == [at.partition("?")[0]], "its one form posts to its own path"
    english = browser.get(f"{at}{'&' if '?' in at else '?'}lang=en").text
    assert "cannot be undone" in english
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', main))
    done = browser.post(forms[0], data=hidden)
    assert done.status_code == (200 if path.endswith(("/sifre", "/imza")) else 303), (
        "a secret stands on one answer alone"
    )
    assert len(here.acts()) == before + 1
    again = browser.post(forms[0], data=hidden)
    assert again.status_code in (303, 404, 409, 422)
    assert len(here.acts()) == before + 1, "back and once more: nothing is done twice"


@pytest.mark.usefixtures("read_here")
def test_a_file_whose_day_is_over_is_not_offered(office: OpenOffice) -> None:
    here = office()
    browser = here.somebody(OWNER)
    number = applied(here, browser, rows(1)).id
    at = f"/panel/{CINAR}/yuklemeler/{number}"
    here.clock.forward(hours=24.1)
    browser = here.somebody(OWNER)
    assert browser.get(f"{at}/geri-al").headers["location"].startswith(at)
    refused_for(browser.post(f"{at}/geri-al"), 409, "Bu artık yapılamıyor.")
    work(here)
    assert file(here, number).state is UploadState.LOADED
