"""What each POST route answers a browser once it has done its work."""

from __future__ import annotations

import re
from enum import Enum
from functools import cache

import httpx2
from starlette.routing import Route

from izin import app
from providers import routes as api
from web.rendering.assets import Assets


class PostAnswer(Enum):
    LEADS = "303 to a page that shows what was done"
    DOOR = "the same to a form of its page; 200 to a program (RFC 8058)"
    MACHINE = "answers programs and carriers, no browser"
    SCRIPT = "JSON for a script of the page that asks"
    LOOKS = "200: it records nothing, and what is looked for stands in no address"
    SECRET = "200: it shows a new secret, this once"
    FILE = "200: a file; the page stays"


# But for calls of the API, which are MACHINE, every route that does not LEAD.
ANSWERS = {
    "/k/{code}": PostAnswer.DOOR,
    "/q/{code}": PostAnswer.DOOR,
    "/u/{token}": PostAnswer.DOOR,
    "/haber/{token}": PostAnswer.DOOR,
    "/hooks/twilio/voice": PostAnswer.MACHINE,
    "/hooks/{carrier}/{door}": PostAnswer.MACHINE,
    "/events/{secret}": PostAnswer.MACHINE,
    "/iys/push": PostAnswer.MACHINE,
    "/dogrula": PostAnswer.LOOKS,  # a file, of which nothing is kept; a record number leads
    "/giris/anahtar-sor": PostAnswer.SCRIPT,
    "/izinler/anahtar-sor": PostAnswer.SCRIPT,
    "/panel/giris/ikinci/anahtar-sor": PostAnswer.SCRIPT,
    "/panel/hesap/ikinci-adim/anahtar-sor": PostAnswer.SCRIPT,
    "/panel/hesap/kurtarma": PostAnswer.SECRET,  # recovery codes
    "/panel/hesap/ikinci-adim/uygulama/kod": PostAnswer.SECRET,  # with the first second step
    "/panel/hesap/ikinci-adim/anahtar": PostAnswer.SECRET,
    "/panel/{company:number}/programlar": PostAnswer.SECRET,  # a program's password
    "/panel/{company:number}/programlar/{program:number}/sifre": PostAnswer.SECRET,
    "/panel/{company:number}/programlar/deneme-alani": PostAnswer.SECRET,
    "/panel/{company:number}/programlar/bildirim/{push:number}/imza": PostAnswer.SECRET,
    "/panel/{company:number}/programlar/olaylar": PostAnswer.SECRET,  # the address for a mailing service
    "/panel/{company:number}/kasalar/yeni": PostAnswer.SECRET,  # a till's address
    "/panel/isletmen/kutuk": PostAnswer.LOOKS,  # an address and names
    "/panel/{company:number}/kutuk": PostAnswer.LOOKS,
    "/panel/isletmen/veri-talepleri/{datarequest:number}/kopya": PostAnswer.FILE,  # the person's record
    "/panel/isletmen/ara": PostAnswer.LOOKS,  # a number or e-mail at all companies; the look is noted
    "/panel/isletmen/imza": PostAnswer.LOOKS,  # a line to be compared
    "/panel/isletmen/kutuk/indir": PostAnswer.FILE,
    "/panel/{company:number}/kutuk/indir": PostAnswer.FILE,
    "/panel/{company:number}/adres": PostAnswer.LOOKS,  # a number or e-mail; only the look itself is noted
    "/panel/{company:number}/kanit/goster": PostAnswer.LOOKS,  # the evidence of one consent; only the look is noted
    "/panel/{company:number}/kanit/belge": PostAnswer.FILE,  # the same as a document
    "/panel/isletmen/denetim/islem": PostAnswer.FILE,  # the same at any company
    "/panel/{company:number}/adres/kanit": PostAnswer.FILE,  # a person's history with its proofs
    "/panel/{company:number}/liste": PostAnswer.FILE,  # a list, of which nothing is stored
    "/panel/{company:number}/iys/reddedilenler": PostAnswer.LOOKS,
    "/panel/{company:number}/raporlar/denetle": PostAnswer.LOOKS,  # a file to be checked
    "/panel/{company:number}/raporlar/{brand:number}/indir": PostAnswer.FILE,
    "/panel/{company:number}/reddedenler/indir": PostAnswer.FILE,
    "/panel/{company:number}/sorgu/dosyalar/{export:number}/indir": PostAnswer.FILE,
    "/panel/{company:number}/yuklemeler/{upload:number}/reddedilenler": PostAnswer.FILE,
    "/panel/{company:number}/bayiler/{brand:number}/toplu/hatali": PostAnswer.FILE,
    "/panel/{company:number}/baglantilar": PostAnswer.FILE,  # a long list leads to the files
    "/panel/{company:number}/baglantilar/dosyalar/{linkfile:number}/indir": PostAnswer.FILE,
    "/deneme/arama": PostAnswer.LOOKS,  # a step of a demo's call, whose words are gone once they were heard
}
# Every other one. A new route belongs into one of the two.
_LEADING = """
/izinler/{brand:number}/{channel}/{identity} /izinler/geri-al/{act:number} /izinler/reddet /izinler/bundan-sonrasi
/izinler/yeni-numara /izinler/yaninda /izinler/yaninda/kod /izinler/yaninda/kod/yeniden /izinler/yaninda/bitir
/izinler/haber /izinler/sorular /izinler/sustular /izinler/sikayetler /izinler/sikayet/{brand:number}/sayim
/makbuz /gonderen /izinler/sikayet/{brand:number}
/gonderen/sayim /sustu/{token} /k/{code}/makbuz/{number} /q/{code}/makbuz/{number}
/u/{token}/makbuz/{number} /o/{word} /o/{word}/kod /o/{word}/kod/yeniden /kasa/{key} /kasa/{key}/iptal
/giris /giris/kod /giris/kod/yeniden /giris/kod/ara /giris/kod/metin /giris/metin /giris/ekle
/izinler/yaninda/hepsi /izinler/yaninda/geri-al /giris/anahtar /izinler/anahtar /izinler/anahtar/sil
/izinler/yaninda/kalici /izinler/yaninda/kalici/kod /izinler/yardim/ac /izinler/yardim/bitir
/izinler/isletme /izinler/isletme/ekle /izinler/isletme/alan-adi /izinler/isletme/reddet
/izinler/isletme/geri-al /izinler/isletme/ayril /panel/isletmen/hatlar/{lineclaim:number}/karar
/giris/ekle/kod /giris/ekle/kod/yeniden /giris/ekle/kod/ara /giris/numara /cikis /cikis/hepsi /deneme/sms
/panel/giris /panel/giris/kod /panel/giris/kod/yeniden /panel/giris/ikinci /panel/giris/ikinci/anahtar /panel/cikis
/panel/davet /panel/basvuru /panel/basvuru/kod /panel/basvuru/sirket /panel/hesap/cikis-hepsi
/panel/hesap/ikinci-adim/uygulama /panel/hesap/ikinci-adim/{factor:number}/kaldir
/panel/isletmen/gelen/tamam /panel/isletmen/gelen/ret /panel/isletmen/giden/{message:number}/yeniden
/panel/isletmen/giden/{message:number}/birak /panel/isletmen/girisler
/panel/isletmen/basvurular/{application:number}/onayla /panel/isletmen/basvurular/{application:number}/reddet
/panel/isletmen/istekler/karar /panel/isletmen/istekler/iys /panel/isletmen/saglayicilar/{provider:number}/durum
/panel/isletmen/saglayicilar/{provider:number}/iletisim /panel/{company:number}/kullanicilar/iletisim
/panel/isletmen/saglayicilar/{provider:number}/paket /panel/isletmen/ortaklar/{partner:number}/ad
/panel/isletmen/ortaklar/{partner:number}/durum /panel/isletmen/kurallar/ortak /panel/isletmen/kurallar/donem
/panel/ortak/kisiler /panel/ortak/kisiler/{partnerperson:number}/kapat
/panel/ortak/davetler/{partnerinvitation:number}/geri-al
/panel/isletmen/ortaklar /panel/isletmen/ortaklar/{partner:number}/davet
/panel/isletmen/kurallar/gunler /panel/isletmen/kisiler /panel/isletmen/kisiler/{staff:number}/kapat
/panel/{company:number}/yukle /panel/{company:number}/yukle/tek
/panel/{company:number}/yuklemeler/{upload:number}/uygula /panel/{company:number}/yuklemeler/{upload:number}/sil
/panel/{company:number}/yuklemeler/{upload:number}/sutunlar
/panel/{company:number}/yuklemeler/{upload:number}/tarihler
/panel/{company:number}/yuklemeler/{upload:number}/sayfalar /panel/{company:number}/yuklemeler/{upload:number}/markalar
/panel/{company:number}/yuklemeler/{upload:number}/bayiler /panel/{company:number}/bayiler/{brand:number}/toplu
/panel/{company:number}/yuklemeler/{upload:number}/geri-al /panel/{company:number}/sorgu/dosya
/panel/{company:number}/raporlar/{brand:number}/mutabakat /panel/{company:number}/masa
/panel/{company:number}/genel/ipuclari /panel/{company:number}/reddedenler/aldim /panel/hesap/bildirimler
/panel/{company:number}/masa/arayan
/panel/{company:number}/masa/geri-al /panel/{company:number}/markalar /panel/{company:number}/markalar/vazgec
/panel/{company:number}/markalar/{brand:number} /panel/{company:number}/markalar/{brand:number}/durum
/panel/{company:number}/bayiler/{brand:number} /panel/{company:number}/bayi/{dealer:number}
/panel/{company:number}/bayi/{dealer:number}/kaldir /panel/{company:number}/programlar/bildirim
/panel/{company:number}/programlar/bildirim/{push:number}/dene
/panel/{company:number}/programlar/bildirim/{push:number}/bicim
/panel/{company:number}/programlar/bildirim/{push:number}/yeniden
/panel/{company:number}/programlar/bildirim/{push:number}/kaldir
/panel/{company:number}/programlar/olaylar/{feedback:number}/kapat
/panel/{company:number}/programlar/gonderim/{delivery:number}
/panel/{company:number}/programlar/{program:number}/aglar /panel/{company:number}/programlar/{program:number}/kapat
/panel/{company:number}/programlar/{program:number}/yetki /panel/{company:number}/programlar/deneme-alani/bosalt
/panel/{company:number}/ortaklar/{brand:number} /panel/{company:number}/ortaklar/{brand:number}/geri-al
/panel/{company:number}/iys /panel/{company:number}/iys/kaldir /panel/{company:number}/iys/dene
/panel/{company:number}/iys/karsilastir /panel/{company:number}/iys/baslat /panel/{company:number}/iys/simdi
/panel/{company:number}/kullanicilar/davet /panel/{company:number}/kullanicilar/kural
/panel/{company:number}/kullanicilar/{colleague:number} /panel/{company:number}/kullanicilar/{colleague:number}/kapat
/panel/{company:number}/davetler/{invitation:number}/geri-al
/panel/isletmen/formlar/{askedform:number}/karar /panel/{company:number}/formlar/yeni
/izinler/verilerim/basvuru /izinler/verilerim/sil /panel/isletmen/veri-talepleri
/panel/isletmen/veri-talepleri/{datarequest:number}/kod /panel/isletmen/veri-talepleri/{datarequest:number}/dogrula
/panel/{company:number}/mektuplar
/panel/isletmen/veri-talepleri/{datarequest:number}/karar /panel/isletmen/veri-talepleri/{datarequest:number}/kisiyi-sil
/panel/{company:number}/formlar/{form:number}/duzelt /panel/{company:number}/formlar/{form:number}/gonder
/panel/{company:number}/formlar/{form:number}/cek /panel/{company:number}/formlar/{form:number}/kapat
/panel/{company:number}/kasalar/{till:number}/kapat /izinler/itiraz /panel/{company:number}/kanit
"""
LEADS = frozenset(_LEADING.split())


def posts() -> list[str]:
    """The paths of every POST route."""
    table = [*app.routes(Assets()), *app.trial_routes(), *api.routes()]
    return [one.path for one in table if isinstance(one, Route) and "POST" in (one.methods or ())]


def route(path: str) -> str:
    """The LEADS route of a path, "" for none."""
    return next((name for name, pattern in _patterns().items() if pattern.fullmatch(path)), "")


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(re.sub(r"\{\w+(:number)?\}", _piece, name)) for name in sorted(LEADS)}


def _piece(found: re.Match[str]) -> str:
    return "[0-9]+" if found[1] else "[^/]+"


def check_post(response: httpx2.Response) -> None:
    """No page answers a form that was sent to a route that LEADS, but to refuse it; a file leaves its page there."""
    asked = response.request
    if asked.method != "POST" or asked.headers.get("hx-request") or response.status_code != 200:
        return
    if response.headers.get("content-disposition", "").startswith("attachment"):
        return
    assert not route(asked.url.path), f"{route(asked.url.path)} answers a browser's POST with a page"
