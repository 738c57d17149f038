"""Mails to the panel's people: what happened, until when, and the page where it is settled. In Turkish, because the
language of somebody who is not signed in is not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from panel.accounts.notice_store import NoticeKind
from panel.signin import signin_mails
from panel.signin.signin_mails import PanelMail
from settings import Settings
from web.rendering import texts
from web.rendering.texts import mark

LANGUAGE = "tr"
SHOWN = 10  # occasions that one mail names
_GREETING = mark("Merhaba,")
_SUBJECTS = {
    NoticeKind.UNTAKEN: mark("%(count)s ret alınmadı: %(company)s"),
    NoticeKind.PUSH: mark("Programınız bildirim almıyor: %(company)s"),
    NoticeKind.SYNC: mark("İYS ile eşitlik durdu: %(company)s"),
    NoticeKind.APPLICATION: mark("Yeni şirket başvurusu bekliyor"),
    NoticeKind.PACKAGE: mark("Paketiniz dolmak üzere: %(company)s"),
    NoticeKind.LOAD: mark("Dosyanız yüklenemedi: %(company)s"),
    NoticeKind.FORM: mark("Onay formu yayımlanmayı bekliyor"),
    NoticeKind.FORM_DECIDED: mark("Onay formunuza karar verildi: %(company)s"),
    NoticeKind.DATA_REQUEST: mark("%(count)s veri talebi cevap bekliyor"),
    NoticeKind.DISPUTE: mark("%(count)s kişi onayının kanıtını istiyor: %(company)s"),
    NoticeKind.OLD: mark("%(count)s eski onayınız yenilenmedi: %(company)s"),
}
_LEADS = {
    NoticeKind.UNTAKEN: mark(
        "Vatandaşların bu retlerini şirketiniz henüz almadı. Kanuna göre üç iş günü içinde ileti göndermeyi bırakmanız "
        "gerekir."
    ),
    NoticeKind.PUSH: mark("Bildirimler şu bağlantıda üç kez üst üste alınamadı. Deneme kendiliğinden sürer."),
    NoticeKind.SYNC: mark("Şirketinizin hareketleri İYS'ye gitmiyor:"),
    NoticeKind.APPLICATION: mark("Bir şirketin başvurusu kararınızı bekliyor:"),
    NoticeKind.PACKAGE: mark("Paketinizin beşte dördü doldu. Dolunca yeni numara ve e-posta için onay kaydedilmez."),
    NoticeKind.LOAD: mark("Şu dosyanın yüklenmesi bitirilemedi:"),
    NoticeKind.FORM: mark("Bir markanın onay formu kararınızı bekliyor:"),
    NoticeKind.FORM_DECIDED: mark("Siteyi işleten onay formunuza baktı:"),
    NoticeKind.DATA_REQUEST: mark("Bu talepler yirmi gündür bekliyor. Cevap için en çok otuz gün vardır (KVKK m.13)."),
    NoticeKind.DISPUTE: mark(
        "Bildirdiğiniz onaylara itiraz edildi. Beş iş günü içinde kanıt gösterin ya da onayı geri çekin. Yanıt "
        "verilmezse onay reddedilir."
    ),
    NoticeKind.OLD: mark(
        "Bu onaylar 1 Mayıs 2015'ten önce alındı (HS_2015) ve o günden beri yenilenmedi. Geçerlidir; ama kişiler "
        "listelerinde “Eski kayıt” olarak görür."
    ),
}
_ACTS = {
    NoticeKind.UNTAKEN: mark("Listeyi indirin ya da aldığınızı bildirin: %(url)s"),
    NoticeKind.PUSH: mark("Adresi deneyin ve düzeltin: %(url)s"),
    NoticeKind.SYNC: mark("Nedenine bakın ve düzeltin: %(url)s"),
    NoticeKind.APPLICATION: mark("Bakın ve karar verin: %(url)s"),
    NoticeKind.PACKAGE: mark("Paketinize bakın: %(url)s"),
    NoticeKind.LOAD: mark("Dosyanın sayfasına bakın: %(url)s"),
    NoticeKind.FORM: mark("Kişinin göreceği hâliyle bakın ve karar verin: %(url)s"),
    NoticeKind.FORM_DECIDED: mark("Formların sayfası: %(url)s"),
    NoticeKind.DATA_REQUEST: mark("Cevaplayın: %(url)s"),
    NoticeKind.DISPUTE: mark("İtirazlara bakın ve yanıt verin: %(url)s"),
    NoticeKind.OLD: mark("Listeye bakın; kişilere yeniden sorun ya da geri çekin: %(url)s"),
}
_LINES = {
    NoticeKind.UNTAKEN: mark("%(title)s: %(number)s ret, son gün %(about)s"),
    NoticeKind.PUSH: mark("%(title)s, %(about)s"),
    NoticeKind.SYNC: mark("%(about)s"),
    NoticeKind.APPLICATION: mark("%(title)s"),
    NoticeKind.PACKAGE: mark("%(title)s paketi: %(about)s"),
    NoticeKind.LOAD: mark("Yükleme %(number)s: %(about)s"),
    NoticeKind.FORM: mark("%(title)s: %(about)s"),
    NoticeKind.FORM_DECIDED: mark("%(title)s: %(about)s"),
    NoticeKind.DATA_REQUEST: mark("%(title)s, son gün %(about)s"),
    NoticeKind.DISPUTE: mark("%(title)s: %(number)s itiraz, ilk son gün %(about)s"),
    NoticeKind.OLD: mark("%(title)s: %(number)s onay"),
}
_LEAST = mark("en az %(count)s")
_MORE = mark("ve %(count)s tane daha")
_STOP = mark("Bu türden e-postaları hesabınızda kapatabilirsiniz: %(url)s")
FORM_PUBLISHED, FORM_REFUSED = mark("yayımlandı"), mark("yayımlanmadı. Nedeni: %(why)s")
# What the account page calls each kind.
NAMES = {
    NoticeKind.UNTAKEN: mark("Alınmayan retler"),
    NoticeKind.PUSH: mark("Üç kez alınamayan bildirimler"),
    NoticeKind.SYNC: mark("İYS ile eşitliğin durması"),
    NoticeKind.APPLICATION: mark("Bekleyen şirket başvuruları"),
    NoticeKind.PACKAGE: mark("Paketin beşte dördünün dolması"),
    NoticeKind.LOAD: mark("Yüklenemeyen dosyalar"),
    NoticeKind.FORM: mark("Bekleyen onay formları"),
    NoticeKind.FORM_DECIDED: mark("Onay formlarına verilen kararlar"),
    NoticeKind.DATA_REQUEST: mark("Yirmi gündür bekleyen veri talepleri"),
    NoticeKind.DISPUTE: mark("Onay itirazları"),
    NoticeKind.OLD: mark("2015'ten beri yenilenmeyen onaylar"),
}


class NoticeLine(NamedTuple):
    """A line of the list: ``title`` of the brand, package or company, ``about`` in words; ``number``: of a file, or how
    many refusals, at least so many if not ``whole``."""

    title: str
    about: str = ""
    number: int = 0
    whole: bool = True


def mail(settings: Settings, kind: NoticeKind, company: str, path: str, lines: Sequence[NoticeLine]) -> PanelMail:
    """``company``: its title, "" for the operator's people; ``path``: of the page where it is settled."""
    translate = texts.catalogue(LANGUAGE).gettext
    named = [translate(_LINES[kind]) % {**one._asdict(), "number": _counted([one])} for one in lines[:SHOWN]]
    if len(lines) > SHOWN:
        named.append(translate(_MORE) % {"count": len(lines) - SHOWN})
    paragraphs = [
        translate(_GREETING),
        translate(_LEADS[kind]),
        "\n".join(f"- {one}" for one in named),
        translate(_ACTS[kind]) % {"url": f"{settings.public_url}{path}"},
        translate(_STOP) % {"url": f"{settings.public_url}/panel/hesap"},
    ]
    subject = translate(_SUBJECTS[kind]) % {"company": company, "count": _counted(lines).capitalize()}
    return PanelMail(" ".join(subject.split()), signin_mails.letter(settings, paragraphs))


def _counted(lines: Sequence[NoticeLine]) -> str:
    total = str(sum(one.number for one in lines))
    least = texts.catalogue(LANGUAGE).gettext(_LEAST)
    return total if all(one.whole for one in lines) else least % {"count": total}
