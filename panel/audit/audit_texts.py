"""The closed list of logged actions, of pages and commands, with the log's sentence for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from web.rendering.texts import mark

# The word that the log keeps -> what people read. A word stays for ever, because the log holds it.
WORDS = {
    "signed-in": mark("Giriş yapıldı"),
    "signed-out-everywhere": mark("Bütün oturumlar kapatıldı"),
    "factor-added": mark("İkinci adım eklendi"),
    "factor-removed": mark("İkinci adım kaldırıldı"),
    "second-step-closed": mark("İkinci adım uygulama kodlarına kapatıldı"),
    "recovery-made": mark("Yeni kurtarma kodları alındı"),
    "recovery-used": mark("Kurtarma kodu kullanıldı"),
    "person-added": mark("Kişi komutla eklendi"),
    "person-invited": mark("Kişi davet edildi"),
    "invitation-withdrawn": mark("Davet geri alındı"),
    "person-joined": mark("Davet kabul edildi"),
    "person-changed": mark("Yetkiler değiştirildi"),
    "person-ended": mark("Kişinin erişimi kapatıldı"),
    "staff-changed": mark("İşletmeci görevi değiştirildi"),
    "rule-changed": mark("İkinci adım kuralı değiştirildi"),
    "application-sent": mark("Başvuru yapıldı"),
    "application-approved": mark("Başvuru onaylandı"),
    "application-refused": mark("Başvuru reddedildi"),
    "provider-added": mark("Şirket eklendi"),
    "provider-paused": mark("Şirketin kayıtları durduruldu"),
    "provider-reopened": mark("Şirket yeniden açıldı"),
    "provider-closed": mark("Şirket kapatıldı"),
    "contact-changed": mark("Şirkette aranacak kişi değiştirildi"),
    "brand-added": mark("Marka eklendi"),
    "brand-renamed": mark("Markanın adı değiştirildi"),
    "brand-names-changed": mark("Markanın kısa adları değiştirildi"),
    "brand-headers-changed": mark("Markanın SMS başlıkları değiştirildi"),
    "brand-numbers-changed": mark("Markanın ret numaraları değiştirildi"),
    "brand-sms-onay-changed": mark("Markaya SMS ile onay verilmesi açıldı ya da kapatıldı"),
    "brand-closed": mark("Marka kapatıldı"),
    "brand-reopened": mark("Marka yeniden açıldı"),
    "claim-made": mark("Ad ya da numara istendi"),
    "claim-withdrawn": mark("Ad ya da numara isteğinden vazgeçildi"),
    "claim-accepted": mark("Ad ya da numara isteği onaylandı"),
    "claim-refused": mark("Ad ya da numara isteği kabul edilmedi"),
    "lines-accepted": mark("İşletmenin hatları onaylandı"),
    "lines-refused": mark("İşletmenin hatları kabul edilmedi"),
    "form-added": mark("Onay formu eklendi"),
    "form-changed": mark("Onay formunun taslağı değişti"),
    "form-submitted": mark("Onay formu yayımlanmaya gönderildi"),
    "form-withdrawn": mark("Onay formu geri çekildi"),
    "form-published": mark("Onay formu yayımlandı"),
    "form-refused": mark("Onay formu yayımlanmadı"),
    "form-ended": mark("Onay formu kapatıldı"),
    "till-added": mark("Kasa ya da afiş eklendi"),
    "till-ended": mark("Kasa ya da afiş kapatıldı"),
    "dealer-added": mark("Bayi eklendi"),
    "dealers-added": mark("Bayiler topluca eklendi"),
    "dealer-changed": mark("Bayi değiştirildi"),
    "dealer-ended": mark("Bayi kaldırıldı"),
    "program-added": mark("Program eklendi"),
    "program-renewed": mark("Programın şifresi değiştirildi"),
    "program-networks-changed": mark("Programın ağları değiştirildi"),
    "program-rights-changed": mark("Programın yetkileri değiştirildi"),
    "program-ended": mark("Programın erişimi kapatıldı"),
    "feedback-opened": mark("Olay adresi alındı"),
    "feedback-ended": mark("Olay adresi kapatıldı"),
    "push-registered": mark("Bildirim bağlantısı kuruldu"),
    "push-removed": mark("Bildirim bağlantısı kaldırıldı"),
    "push-secret-renewed": mark("Bildirimlerin imza anahtarı yenilendi"),
    "push-form-changed": mark("Bildirimlerin biçimi değiştirildi"),
    "push-rewound": mark("Bildirimler bir günden başlayarak yeniden gönderildi"),
    "push-resent": mark("Bildirim yeniden gönderildi"),
    "push-tried": mark("Bildirim bağlantısı denendi"),
    "partner-added": mark("İş ortağı eklendi"),
    "partner-renamed": mark("İş ortağının adı değiştirildi"),
    "partner-closed": mark("İş ortağı kapatıldı"),
    "partner-reopened": mark("İş ortağı yeniden açıldı"),
    "partner-granted": mark("İş ortağına yetki verildi"),
    "partner-revoked": mark("İş ortağının yetkisi alındı"),
    "links-minted": mark("Kısa bağlantılar alındı"),
    "link-file-made": mark("Kısa bağlantıların dosyası hazırlandı"),
    "link-file-fetched": mark("Kısa bağlantıların dosyası indirildi"),
    "package-changed": mark("Şirketin paketi değiştirildi"),
    "partner-rule-changed": mark("İş ortağıyla çalışma kuralı değiştirildi"),
    "window-opened": mark("Geçiş dönemi açıldı"),
    "window-changed": mark("Geçiş dönemi değiştirildi"),
    "desk-undone": mark("Çağrı masasında kaydedilen geri alındı"),
    "refusal-recorded": mark("Ret kaydedildi"),
    "consent-declared": mark("Onay bildirildi"),
    "evidence-attached": mark("Bir onaya kanıt eklendi"),
    "dispute-answered": mark("Onay itirazına kanıtla yanıt verildi"),
    "consent-withdrawn": mark("İtiraz edilen onay geri çekildi"),
    "log-exported": mark("İşlem geçmişi indirildi"),
    "text-settled": mark("Gelen ileti sonuçlandırıldı"),
    "message-retried": mark("Gönderilemeyen ileti yeniden denendi"),
    "message-dropped": mark("Gönderilemeyen iletiden vazgeçildi"),
    "sign-in-reopened": mark("Kapalı giriş yeniden açıldı"),
    "address-erased": mark("Bir numara veya e-posta silindi"),
    "data-destroyed": mark("Süresi dolan veriler imha edildi"),
    "address-erased-itself": mark("Bir kişi kendi kaydını sildi"),
    "data-request-entered": mark("Veri talebi yazıldı"),
    "data-request-passed-on": mark("Veri mektubu iletildi"),
    "data-request-code-sent": mark("Veri talebi için kod gönderildi"),
    "data-request-proved": mark("Veri talebi kodla kanıtlandı"),
    "data-request-answered": mark("Veri talebi cevaplandı"),
    "data-request-refused": mark("Veri talebi kabul edilmedi"),
    "data-copied": mark("Bir kişinin kaydının kopyası alındı"),
    "file-uploaded": mark("Dosya yüklendi"),
    "file-reread": mark("Dosyanın nasıl okunacağı yazıldı"),
    "file-applied": mark("Dosyanın uygulanması istendi"),
    "file-loaded": mark("Dosya uygulandı"),
    "file-dropped": mark("Dosya silindi"),
    "file-taken-back": mark("Dosyanın geri alınması istendi"),
    "file-undone": mark("Dosya geri alındı"),
    "import-started": mark("Dosyanın komutla yüklenmesi başladı"),
    "import-taken-back": mark("Dosyanın komutla geri alınması başladı"),
    "refusals-downloaded": mark("Hatalı satırlar indirildi"),
    "export-asked": mark("İzinlerin dosyası istendi"),
    "export-made": mark("İzinlerin dosyası hazırlandı"),
    "export-fetched": mark("İzinlerin dosyası indirildi"),
    "report-fetched": mark("Günlük rapor indirildi"),
    "refusals-fetched": mark("Ret listesi indirildi"),
    "refusals-taken": mark("Retlerin alındığı bildirildi"),
    "report-agreed": mark("Günlük raporda mutabık kalındı"),
    "address-looked-at": mark("Bir numara veya e-postaya bakıldı"),
    "looks-too-fast": mark("Çok hızlı arka arkaya kişilere bakılmak istendi"),
    "number-not-found": mark("Bilinmeyen bir kayıt numarası arandı"),
    "list-checked": mark("Bir liste denetlendi"),
    "evidence-made": mark("Bir kişinin kanıt belgesi alındı"),
    "iys-set-up": mark("İYS bağlantısı kaydedildi"),
    "iys-tried": mark("İYS bağlantısı denendi"),
    "iys-compared": mark("İYS ile farkların sayılması istendi"),
    "iys-removed": mark("İYS bağlantısı kaldırıldı"),
    "iys-vouched": mark("İYS numarasının şirketin olduğu onaylandı"),
    "iys-started": mark("İYS ile eşitlik başlatıldı"),
    "iys-round-asked": mark("İYS ile hemen eşitleme istendi"),
    "iys-dealer-numbered": mark("Bayinin İYS numarası elle verildi"),
    "iys-push-asked": mark("İYS'den bildirim istendi"),
}
# What an act is about: the first word of its object.
THINGS = {
    "act": mark("Kayıt"),
    "application": mark("Başvuru"),
    "auditor": mark("Denetçi"),
    "brand": mark("Marka"),
    "data-request": mark("Veri talebi"),
    "dealer": mark("Bayi"),
    "desk": mark("Çağrı masası"),
    "dispute": mark("Onay itirazı"),
    "export": mark("Dosya"),
    "form": mark("Onay formu"),
    "iys": mark("İYS"),
    "lines": mark("Hat isteği"),
    "message": mark("İleti"),
    "partner": mark("İş ortağı"),
    "program": mark("Program"),
    "provider": mark("Şirket"),
    "push": mark("Bildirim bağlantısı"),
    "feedback": mark("Olay adresi"),
    "text": mark("Gelen ileti"),
    "till": mark("Kasa"),
    "upload": mark("Dosya"),
    "window": mark("Geçiş dönemi"),
}
ROLES = ("auditor", "desk")  # of a look's entry: as what somebody looked, without a number
# Words of people and states, as the log keeps them; only acts about those are read so, for a title may be such a word.
_VALUES = {
    "owner": mark("hesap sahibi"),
    "manager": mark("yönetici"),
    "user": mark("çalışan"),
    "see": mark("izinleri görme"),
    "load": mark("izin yükleme"),
    "report": mark("rapor alma"),
    "administer": mark("marka, bayi ve program yönetme"),
    "desk": mark("çağrı masasını kullanma"),
    "evidence": mark("onayların kanıtını görme"),
    "operator": mark("siteyi işleten"),
    "auditor": mark("denetçi"),
    "active": mark("açık"),
    "paused": mark("durdurulmuş"),
    "closed": mark("kapalı"),
}
# Levels, channels and switches, in lines that hold nothing else.
_OTHER_BRAND = mark("başka markalar")  # of the company, which the reader may not see
_LEVELS = {"none": mark("yetkisiz"), "read": mark("okur"), "write": mark("okur ve yazar")}
_CHANNELS = {"arama": mark("Telefonla arama"), "mesaj": mark("SMS"), "eposta": mark("E-posta")}
_RIGHTS = {"agreements": mark("gün raporları"), "via": mark("onay sorar")}
_SWITCHES = {"on": mark("açık"), "off": mark("kapalı")}
_DEALER_STATES = {"active": mark("açık"), "passive": mark("pasif")}
_DEALER_NUMBERS = {"learnt": mark("İYS'nin listesinden"), "refused": mark("İYS'de yok")}
_TAKEN, _NOT_TAKEN = mark("alındı"), mark("alınmadı")
_LOADS = {"batch": mark("yükleme"), "initial": mark("eski kayıtlar")}
_TILLS = {"till": mark("kasa"), "poster": mark("afiş")}
_VERSION = mark("%(number)s. sürüm: %(title)s (SHA-256 %(digest)s)")
# Who typed a command, by the names of panel/audit/os_logins.py.
_TYPED = {"login": mark("sistem kullanıcısı"), "sudo": mark("sudo ile"), "host": mark("makine")}
_READ = (
    "person-", "staff-", "provider-paused", "provider-reopened", "provider-closed",
    "partner-closed", "partner-reopened",
)  # fmt: skip
_DEALER = re.compile(r'("(?:[^"\\]|\\.)*"|[^,"][^,]*), (active|passive)(, .*)?')
_FORM = re.compile(r"(\d+) ([0-9a-f]{64}) (.*)")
_LOAD = re.compile(r"batch (\d+)( initial)?")
_BRANDS = re.compile(r" ?\bbrands ([0-9,]+)")


def thing(translate: Callable[[str], str], about: str) -> str:
    """An action's object, translated by ``translate``; a partner's program is named after the partner."""
    kind, _, rest = about.partition(" ")
    partner, comma, program = rest.partition(", ")
    if kind == "partner" and comma:
        return f"{thing(translate, f'{kind} {partner}')}, {thing(translate, program)}"
    if kind in ROLES and not rest:
        return translate(THINGS[kind])
    return f"{translate(THINGS[kind])} {rest}" if kind in THINGS and rest else about


def value(translate: Callable[[str], str], what: str, kept: str, brands: dict[int, str]) -> str:
    """A value before or after an action. ``brands``: titles by internal id."""
    if what in _FORMATS:
        return _FORMATS[what](translate, kept)
    if not what.startswith(_READ):
        return kept
    bare, *numbers = _BRANDS.split(kept)
    role, _, rights = bare.partition(" ")
    parts = [translate(_VALUES.get(word, word)) for word in (role, *rights.split(",")) if word]
    if numbers:
        parts += dict.fromkeys(brands.get(int(number), translate(_OTHER_BRAND)) for number in numbers[0].split(","))
    return ", ".join(parts)


def typed(translate: Callable[[str], str], names: Mapping[str, str]) -> str:
    """The login and machine of a command."""
    return "; ".join(f"{translate(_TYPED[name])}: {value}" for name, value in names.items())


def _granted(translate: Callable[[str], str], kept: str) -> str:
    """A partner's rights: "arama=read mesaj=none eposta=none agreements via"."""
    shown = []
    for word in kept.split():
        channel, _, level = word.partition("=")
        known = channel in _CHANNELS and level in _LEVELS
        shown.append(
            f"{translate(_CHANNELS[channel])}: {translate(_LEVELS[level])}"
            if known
            else translate(_RIGHTS.get(word, word))
        )
    return "; ".join(shown)


def _switch(translate: Callable[[str], str], kept: str) -> str:
    return translate(_SWITCHES[kept]) if kept in _SWITCHES else kept


def _dealer(translate: Callable[[str], str], kept: str) -> str:
    """Title, state and own code; an ambiguous one is shown unchanged."""
    parts = _DEALER.fullmatch(kept)
    return f"{parts[1]}, {translate(_DEALER_STATES[parts[2]])}{parts[3] or ''}" if parts else kept


def _numbered(translate: Callable[[str], str], kept: str) -> str:
    return ", ".join(translate(_DEALER_NUMBERS[word]) if word in _DEALER_NUMBERS else word for word in kept.split())


def _load(translate: Callable[[str], str], kept: str) -> str:
    """A load's number, and whether it was of old records: "batch 12 initial"."""
    parts = _LOAD.fullmatch(kept)
    if not parts:
        return kept
    return f"{translate(_LOADS['batch'])} {parts[1]}" + (f", {translate(_LOADS['initial'])}" if parts[2] else "")


def _posted(translate: Callable[[str], str], kept: str) -> str:
    # The connection's page has the reason in words.
    kind, _, status = kept.partition(" ")
    if kept == "taken":
        return translate(_TAKEN)
    return translate(_NOT_TAKEN) + (f" ({status})" if kind == "status" else "")


def _form(translate: Callable[[str], str], kept: str) -> str:
    """A form's version: number, digest of its texts, title."""
    parts = _FORM.fullmatch(kept)
    if not parts:
        return kept
    return translate(_VERSION) % {"number": parts[1], "digest": parts[2][:12], "title": parts[3]}


def _till(translate: Callable[[str], str], kept: str) -> str:
    kind, _, label = kept.partition(" ")
    return f"{label} ({translate(_TILLS[kind])})" if kind in _TILLS else kept


_FORMATS: dict[str, Callable[[Callable[[str], str], str], str]] = {
    "brand-sms-onay-changed": _switch,
    "dealer-added": _dealer,
    "dealer-changed": _dealer,
    "dealer-ended": _dealer,
    **dict.fromkeys(
        (
            "form-added",
            "form-changed",
            "form-submitted",
            "form-withdrawn",
            "form-published",
            "form-refused",
            "form-ended",
        ),
        _form,
    ),
    "till-added": _till,
    "till-ended": _till,
    "import-started": _load,
    "import-taken-back": _load,
    "iys-dealer-numbered": _numbered,
    "partner-granted": _granted,
    "partner-revoked": _granted,
    "partner-rule-changed": _switch,
    "push-resent": _posted,
    "push-tried": _posted,
}
