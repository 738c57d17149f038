"""Forms that change something: read, applied in one transaction, answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from consents.brands.companies import BadCompany, KnownBrand
from panel import panel_pages
from panel.accounts import memberships
from panel.audit.change import AuditedWork
from panel.people import brakes
from panel.rights import Member
from web import pages, process
from web.rendering import texts
from web.rendering.texts import mark

T = TypeVar("T")
SEEN = "seen"  # the hidden field with the mark of what was shown; also the id of the heading


class FormResult(NamedTuple):
    """The result of a change. ``faults``: (input's id, sentence), empty on success; ``status``: HTTP."""

    value: Any = None
    faults: tuple[tuple[str, str], ...] = ()
    status: int = 200


UNSENT = FormResult()  # of a page whose form was not sent


async def write(request: Request, member: Member, work: Callable[..., T], *arguments: Any) -> T:
    """Runs ``work(change, *arguments)``, a change by this member, and returns its result."""
    registry = process.of(request).registry
    return await registry.store.write(AuditedWork(registry.keyring, member.person.id, work), *arguments)


async def attempt(request: Request, member: Member, work: Callable[..., Any], *arguments: Any) -> FormResult:
    """``write``, with its rule's error, if any."""
    try:
        return FormResult(await write(request, member, work, *arguments))
    except (FieldFault, StaleChange) as fault:
        return refused(request, fault)


def refused(request: Request, fault: Exception) -> FormResult:
    """409 for an edit conflict, 422 for a rule's error."""
    if isinstance(fault, StaleChange):
        return FormResult(None, ((SEEN, pages.text(request, STALE)),), 409)
    assert isinstance(fault, FieldFault)
    message = sentence(texts.language(request)[0], fault.why, fault.about)
    return FormResult(None, ((fault.place, message),), 422)


def page(
    request: Request, member: Member, template: str, result: FormResult, given: Mapping[str, str], **context: Any
) -> Response:
    """A page with a form. ``template``: within ``templates/panel``. ``given``: the typed values, kept after a rule's
    error; after an edit conflict the form shows the current ones."""
    typed = given if result.status == 422 else {}
    done = "" if result.faults else next(iter(request.query_params), "")
    about = {"faults": result.faults, "given": typed, "done": done, **context}
    return panel_pages.render(request, member, f"panel/{template}", status=result.status, **about)


async def brands(request: Request, member: Member) -> list[KnownBrand]:
    """The company's brands that the member sees."""
    return await process.of(request).registry.store.read(memberships.brands, member)


def whole(member: Member) -> bool:
    """Whether they work for all brands: programs and new brands concern the whole company."""
    return member.brands is None


def not_whole(request: Request, member: Member) -> Response:
    """The answer to people who work for some brands only."""
    return panel_pages.render(request, member, "panel/turned_away.html", status=403, missing=False, closed=False)


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def line(text: str, most: int = 500) -> str:
    """One line of text."""
    return " ".join(text.split())[:most]


def number(text: str, digits: int = 17) -> int:
    """A number of at most so many digits; 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else 0


class StaleChange(Exception):
    """The object was changed since the page was drawn."""


class FieldFault(Exception):
    """A rule's error at a field. ``place``: the input's id; ``why``, ``about``: of ``BadCompany``."""

    def __init__(self, place: str, why: str, about: str = "") -> None:
        super().__init__(why)
        self.place, self.why, self.about = place, why, about


@contextmanager
def at(place: str) -> Iterator[None]:
    """Reports errors of the block at this input; a missing reason at its own."""
    try:
        yield
    except BadCompany as bad:
        raise FieldFault(
            "why" if bad.why in ("reason", "reason-address") and not place.startswith("why") else place,
            bad.why,
            bad.about,
        ) from bad


def seen(*what: object) -> str:
    """A mark of the shown values, which the form sends back."""
    return sha256(repr(what).encode()).hexdigest()[:20]


def unchanged(stands: str, shown: str) -> None:
    """Errors: StaleChange unless the form was drawn with the current values."""
    if stands != shown:
        raise StaleChange


STALE = mark("Siz bakarken başka biri bunu değiştirdi. Şimdi geçerli olan aşağıda; isterseniz yeniden değiştirin.")
_OTHER = mark("Bu değişiklik yapılamadı. Sayfayı yenileyip yeniden deneyin.")
_REASONS = "reason", "reason-address"
_SENTENCES = {
    "reason": mark("Nedenini yazın (en çok 500 karakter); değişiklikle birlikte saklanır."),
    "reason-short": brakes.NO_REASON,
    "reason-address": brakes.ADDRESS_IN_REASON,
    "looks-many": brakes.TOO_MANY_LOOKS,
    "title": mark("1 ile 255 karakter arasında bir ad yazın."),
    "title-own": mark("Şirketinizin “%(about)s” adlı bir markası var; yukarıdaki listeden açabilirsiniz."),
    "code": mark("Marka numarası bir ile dokuz arası rakamdır."),
    "code-taken": mark("%(about)s numarası başka bir markanın. Başka bir numara yazın ya da boş bırakın."),
    "code-six": mark("İYS marka numarası altı rakamdır. Yoksa boş bırakın; boş bir numara verilir."),
    "brands-many": mark("Bir günde en çok %(about)s marka eklenir. Yarın devam edin ya da siteyi işletene yazın."),
    "title-link": mark("“%(about)s” bir bağlantı gibi görünüyor. Noktadan sonra boşluk bırakın, web adresi yazmayın."),
    "claims-many": mark(
        "Şirketinizin %(about)s isteği bekliyor. Karar verilince ya da birinden vazgeçince yenisini yazın."
    ),
    "claim-stale": mark("Bu istek artık beklemiyor."),
    "name-many": mark("Bir markanın en çok üç kısa adı olabilir; bekleyenler de sayılır."),
    "header-many": mark("Bir markanın en çok %(about)s SMS başlığı olabilir; bekleyenler de sayılır."),
    "name-link": mark("“%(about)s” bir bağlantı gibi görünüyor. Noktasız yazın."),
    "name-form": mark("“%(about)s” olmaz: 1 ile 11 arası harf ya da rakam yazın."),
    "name-word": mark(
        "SMS'te “%(about)s” başka bir anlama gelir. Bir komut ya da yalnızca rakam olmayan bir ad yazın."
    ),
    "name-asked": mark("“%(about)s” kasa ve afiş kelimelerine benziyor (K7M2P4 gibi). Başka bir ad yazın."),
    "name-taken": mark("“%(about)s” başka bir markanın adı; SMS'te ikisi ayırt edilemez. Başka bir ad yazın."),
    "name-alike": mark("SMS'te “%(about)s” yazılınca bu marka başka bir markayla karışır. Daha farklı bir ad yazın."),
    "number": mark("“%(about)s” bir numara değil: 3 ile 15 arası rakam yazın."),
    "number-shared": mark("%(about)s sitenin kendi numarası, bütün markalar paylaşır; bir markanın olamaz."),
    "number-service": mark("%(about)s bir acil yardım ya da bilgi hattı; bir markanın olamaz."),
    "number-mobile": mark("%(about)s bir cep numarası. Cep numarasını yalnız siteyi işleten ekler; ona yazın."),
    "number-many": mark("Bir markanın en çok %(about)s ret numarası olabilir; bekleyenler de sayılır."),
    "number-taken": mark("%(about)s başka bir markanın ret numarası."),
    "state": mark("Marka zaten bu durumda."),
    "external-taken": mark("Markanın “%(about)s” kodlu bir bayisi var. Başka bir kod yazın."),
    "external": mark("Kod en çok 64 karakterdir ve sekiz haneli bir sayı olamaz."),
    "dealer-again": mark("“%(about)s” adlı bayiyi az önce eklediniz. Aynı adla bir daha eklemek için bir kod yazın."),
    "dealer-status": mark("Bayi açık ya da pasif olur."),
    "dealer-linked": mark(
        "Bu bayiden alınmış ya da bayinin kullandığı onaylar var. Önce yetkilerini alın ya da pasif yapın."
    ),
    "dealer-waits": mark("Bu bayiyi adlandırabilecek bir yükleme sırada. Biraz sonra yeniden deneyin."),
    "username": mark("Bu ad boş ya da alınmış. Başka bir ad yazın."),
    "username-own": mark(
        "Bu adla bir programınız var. Şifresini bilmiyorsanız programı yukarıdaki listeden açıp yeni şifre alın."
    ),
    "username-form": mark("En çok 64 harf, rakam, nokta, tire ya da alt çizgi yazın."),
    "username-test": mark("test_ ile başlayan adlar deneme anahtarlarınındır. Başka bir ad yazın."),
    "username-ended": mark("Bu programın erişimi kapatılmış. Başka adla yeni bir program ekleyin."),
    "programs-most": mark("En çok %(about)s program açık olabilir. Gerekmeyen birini kapatın."),
    "network": mark("Her satıra bir ağ yazın. Örnek: 192.0.2.0/24 ya da 2001:db8::/32"),
    "networks-many": mark("En çok 50 ağ yazılabilir."),
    "key-brands": mark("En az bir marka seçin ya da bütün markalar deyin."),
    "brand": mark("Bir marka seçin."),
    "channel": mark("Kanalı seçin."),
    "url": mark("https:// ile başlayan bir adres yazın."),
    "url-private": mark("Bu adres internete açık değil. Herkese açık bir adres yazın."),
    "url-late": mark("Adres beş saniye içinde yanıt vermedi. Adresi denetleyip yeniden deneyin."),
    "url-unknown": mark("Bu adres bulunamadı. Alan adını denetleyin."),
    "url-unreachable": mark("Sunucuya bağlanılamadı. Açık olduğunu ve güvenlik duvarını denetleyin."),
    "url-certificate": mark("Sunucunuzun güvenlik sertifikası geçerli değil."),
    "url-account": mark("Sunucunuz adı ya da parolayı kabul etmedi (%(about)s)."),
    "url-path": mark("Sunucunuzda bu yol yok (%(about)s). Adresin sonunu denetleyin."),
    "url-moved": mark("Sunucunuz başka bir adrese yönlendirdi (%(about)s). Son adresi yazın."),
    "url-broken": mark("Sunucunuz %(about)s hatası verdi."),
    "url-refused": mark("Sunucunuz kaydı kabul etmedi (%(about)s)."),
    "push-ours": mark("Bu sitedeki bir hata yüzünden gönderilemedi; yeniden denenir."),
    "push-body": mark("Gövdenin biçimini seçin."),
    "push-sign": mark("Bildirimin nasıl doğrulanacağını seçin."),
    "push-no-secret": mark("Önce bir imza anahtarı alın."),
    "push-day": mark("Son %(about)s gün içinde bir gün yazın."),
    "push-username": mark("İki nokta içermeyen bir ad yazın."),
    "push-password": mark("Bir parola yazın."),
    "push-closed": mark("Kapalı bir marka için bağlantı kurulmaz. Başka bir marka seçin ya da markayı yeniden açın."),
    "feedback-form": mark("Bir hizmet seçin."),
    "feedback-key": mark("Hizmetin verdiği anahtarı yazın: 8 ile 200 karakter, boşluksuz."),
    "feedback-full": mark("Bir markanın en çok on olay adresi olur. Önce birini kapatın."),
    "push-full": mark("Bir markanın her kanalda en çok iki bağlantısı olur. Önce birini kaldırın."),
    "push-whole": mark(
        "Bu adresle bütün markalar için bir bağlantı var. Onu yalnız bütün markalarda çalışanlar değiştirir."
    ),
    "contact-name": mark("Adı en çok 120 karakterle yazın."),
    "contact-phone": mark("Telefonu rakamlarla yazın. Örnek: 0212 000 00 00"),
    "contact-email": mark("Bir e-posta adresi yazın. Örnek: ad@sirket.example"),
    "partner": mark("Bir iş ortağı seçin."),
    "partner-code": mark("İş ortağının İYS'deki numarası bir ile dokuz arası rakamdır."),
    "partner-taken": mark("%(about)s numaralı bir iş ortağı var. Yukarıdaki listeden açabilirsiniz."),
    "partner-state": mark("İş ortağı zaten bu durumda."),
    "levels": mark("En az bir kanalda okuma ya da yazma, ya da onay sorma yetkisi verin."),
    "file": mark("Her satırında bir numara ya da e-posta olan bir dosya seçin."),
    "file-long": mark("Dosyada en çok %(about)s satır olabilir. Dosyayı bölün."),
    "file-many": mark("Şu anda %(about)s dosyanız hazırlanıyor. Biri bitince yenisini isteyin."),
    "file-none": mark("Dosyada bu kanalla ulaşılabilecek bir numara ya da e-posta yok."),
    "brand-closed": mark("Kapalı bir marka için yeni bağlantı verilmez; eski bağlantıları reddetmeye devam eder."),
    "package": mark("Bir paket seçin."),
    "addresses": mark("1 ya da daha büyük bir sayı yazın."),
    "size": mark("Şirketlerin büyüklüğünü seçin."),
    "day": mark("Günü yıl-ay-gün olarak yazın. Örnek: 2026-12-31"),
    "window-open": mark("Bu büyüklük için açık bir dönem var. Onun günlerini değiştirin ya da bitmesini bekleyin."),
    "window-far": mark("Son kontrol günü beş yıldan uzak olamaz. Yılı denetleyin."),
    "window-order": mark("Son kontrol günü, son yükleme gününden önce olamaz."),
    "iys-code": mark("İYS numarası bir ile dokuz arası rakamdır."),
    "iys-taken": mark(
        "Başka bir şirket bu İYS numarasının kendisinin olduğunu İYS'de gösterdi. Numarayı denetleyin; doğruysa siteyi "
        "işletene yazın."
    ),
    "iys-verified": mark("Şirketin İYS numarası %(about)s, İYS doğruladı. Değiştirmek için önce bağlantıyı kaldırın."),
    "iys-user": mark("İYS'deki API kullanıcısının adını yazın."),
    "iys-password": mark("Kullanıcının İYS'deki parolasını yazın."),
    "form-title": mark("Başlığı en çok %(about)s harfle yazın."),
    "form-title-brand": mark(
        "Başlıkta markanın adı ya da kısa adı geçmeli: %(about)s. Adı değişecekse önce Markalar sayfasında isteyin."
    ),
    "form-channels": mark("Telefonla arama, SMS ya da ikisini; e-posta için ayrı bir form seçin."),
    "form-no-name": mark("Markanın SMS'te kısa adı yok. Önce Markalar sayfasında bir kısa ad verin."),
    "form-promise": mark("Ne göndereceğinizi ve ne sıklıkta olacağını 10 ile %(about)s harf arasında yazın."),
    "form-promise-link": mark("Buraya bağlantı yazılmaz. Noktadan sonra boşluk bırakın, web adresi yazmayın."),
    "form-declares": mark(
        "“%(about)s” okuyanın beyanıdır; buraya yazılmaz. Metin bilgi verir, izni site ayrıca sorar (KVKK 2026/347)."
    ),
    "form-notice": mark("Aydınlatma metninin https adresini ya da metnin kendisini (100 ile %(about)s harf) yazın."),
    "form-notice-address": mark(
        "Adres https:// ile başlamalı ve en çok %(about)s harf olmalı; Türkçe harf ve boşluk olmaz."
    ),
    "form-notice-short": mark("%(about)s metnin yerini gizler. Şirketinizin kendi adresini yazın."),
    "form-notice-host": mark(
        "Adresin alan adı SMS'e sığmıyor. En çok %(about)s harf olabilir; metnin kendisini de yazabilirsiniz."
    ),
    "form-brand-closed": mark("Kapalı bir marka için kimseye sorulmaz."),
    "forms-many": mark("Bir markanın en çok %(about)s formu olabilir. Önce birini kapatın."),
    "forms-wait": mark("Bu markanın %(about)s formu bekliyor. Karar verilince yenisini gönderin."),
    "form-waits": mark("Bu form siteyi işletenin kararını bekliyor. Değiştirmek için önce geri çekin."),
    "form-no-draft": mark("Gönderilecek bir taslak yok."),
    "form-none-waits": mark("Bu form artık beklemiyor ya da siz bakarken değişti."),
    "form-ended": mark("Bu form kapalı."),
    "asking-day": mark("Bir günde en çok %(about)s kez olur. Yarın devam edin."),
    "till-label": mark("Nerede durduğunu en çok 40 harfle yazın. Örnek: Kadıköy, 2. kasa"),
    "till-form": mark("Neyi soracağını seçin. Afiş için yayımlanmış bir form gerekir."),
    "tills-many": mark("Bir markanın en çok %(about)s açık kasası olabilir. Önce birini kapatın."),
    "till-ended": mark("Bu kasa kapalı."),
    "evidence-none": mark("Bu hareket koduyla yanıt bekleyen bir onay yok. Listeyi yenileyin."),
    "evidence-many": mark("Bir onaya en çok %(about)s kanıt eklenir."),
    "evidence-empty": mark("En az bir alanı doldurun."),
    "evidence-field": mark(
        "Bu alan çok uzun ya da geçersiz. Web adresi https:// ile başlar; özet 64 harf ve rakamdır."
    ),
    "evidence-refused": mark("Onay geri çekilemedi (%(about)s). Siteyi işletene yazın."),
    "evidence-answer": mark("Nasıl yanıt vereceğinizi seçin."),
    "evidence-file": mark("Dosya en çok %(about)s MB olabilir. Özetini kendiniz de yazabilirsiniz."),
    "window-over": mark("Son yükleme günü geçmiş bir gün olamaz."),
}

# Why a word is reserved until the operator accepts it: the reasons of consents/brands/reserved_names.csv.
RESERVED = {
    "registry": mark("izin sistemlerinin adı"),
    "authority": mark("bir kamu kurumunu düşündürür"),
    "bank": mark("bir bankayı düşündürür"),
    "telecom": mark("bir telefon şirketini düşündürür"),
    "site": mark("bu sitenin adı"),
}


def sentence(language: str, why: str, about: str = "") -> str:
    """The sentence of a rule's error."""
    message = texts.shown(language).gettext(_SENTENCES.get(why, _OTHER))
    return message % {"about": about} if "%(about)s" in message else message
