"""What can be wrong with a program, in words: what its last calls show, what to do, and where the guide has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from consents.languages import Sentence, mark
from providers.callers.call_log import DoneCall

GUIDE = "/gelistirici/rehber"
SHOWN = 5  # calls of a finding

TOKEN, FIRST, LIST, FEED, PUSH, PATHS = "token", "consent", "consent", "feed", "register", "key"  # ids of the guide


class FindingKind(NamedTuple):
    """``loses``: consents or refusals get lost by it; ``guide``: where the guide has it."""

    loses: bool
    guide: str
    text: str


KINDS: dict[str, FindingKind] = {
    "not-stored": FindingKind(
        True,
        LIST,
        mark(
            "{count} liste 202 aldı ve sonucu hiç sorulmadı. 202, sıraya alındı demektir; kaydedildi demek değildir. "
            "Sonucu requestId ile sorun."
        ),
    ),
    "asked-early": FindingKind(
        True,
        LIST,
        mark(
            "{count} listenin sonucu yalnız hazır olmadan soruldu (enqueue) ve bir daha sorulmadı. Beş dakika sonra "
            "yeniden sorun."
        ),
    ),
    "asked-often": FindingKind(
        False,
        LIST,
        mark(
            "Aynı listenin sonucu {count} kez, {seconds} saniye arayla soruldu. Beş dakikada bir sorun, sonuç gelince "
            "bırakın."
        ),
    ),
    "one-bad-row": FindingKind(
        True,
        LIST,
        mark(
            "{faulty} hatalı kayıt {items} kayıtlık listeyi geri çevirdi ve kalanlar gelmedi. index ile gösterilen "
            "kayıtları çıkarıp kalanları hemen gönderin."
        ),
    ),
    "list-again": FindingKind(
        False,
        LIST,
        mark(
            "Aynı liste baştan {count} kez gönderildi. Yanıttaki index hangi kaydın kaldığını gösterir; yalnız onu "
            "düzeltip gönderin."
        ),
    ),
    "list-too-long": FindingKind(
        True, LIST, mark("{items} kayıtlık liste geri çevrildi. Bir listede en çok 1.000 kayıt olur; bölüp gönderin.")
    ),
    "given-up": FindingKind(
        True,
        FIRST,
        mark(
            "{count} kayıt 429 ya da 5xx yanıtı aldı ve bir daha gönderilmedi. Biraz bekleyip aynısını yeniden "
            "gönderin."
        ),
    ),
    "same-refused": FindingKind(
        False,
        FIRST,
        mark(
            "Geri çevrilen kayıt hiç değişmeden {count} kez gönderildi ({code}). Aynı kayıt hep aynı yanıtı alır; "
            "düzeltin."
        ),
    ),
    "unknown-path": FindingKind(
        True,
        PATHS,
        mark(
            "Bu sitede olmayan bir adres ya da yöntem {count} kez çağrıldı. Adresi başvuru sayfasındakiyle değiştirin."
        ),
    ),
    "placeholder": FindingKind(
        True,
        PATHS,
        mark(
            "Adreste şirket ya da marka numarasının yerinde başka bir şey var ({count} çağrı). iysCode ve brandCode "
            "yerine kendi numaralarınızı yazın."
        ),
    ),
    "token-each-call": FindingKind(
        False,
        TOKEN,
        mark(
            "Önceki jeton geçerliyken {count} kez şifreyle yeni jeton alındı. access_token iki saat geçerlidir; "
            "saklayın, bitince refresh_token ile yenileyin (yoksa H084)."
        ),
    ),
    "token-unused": FindingKind(
        True,
        TOKEN,
        mark(
            "{count} kez jeton alındı ve hiç kullanılmadı. Yanıttaki alanın adı access_token; "
            "Authorization: Bearer ile gönderin."
        ),
    ),
    "old-refresh": FindingKind(
        False,
        TOKEN,
        mark(
            "Kullanılmış ya da süresi dolmuş refresh_token {count} kez gönderildi. Her yenileme yeni bir refresh_token "
            "verir; onu saklayın."
        ),
    ),
    "no-pause": FindingKind(
        False,
        FIRST,
        mark("{count} çağrı hız sınırına takıldı (429). Retry-After kadar bekleyin; çok kaydı bir listeyle gönderin."),
    ),
    "number-shape": FindingKind(
        True,
        FIRST,
        mark("{count} çağrıda numara İYS'nin biçiminde değildi: {shape}. Doğrusu +90 ve on hane: +905320000001."),
    ),
    "date-ahead": FindingKind(
        True,
        FIRST,
        mark(
            "{count} çağrıda tarih ileri bir saatti (en çok {minutes} dakika). consentDate Türkiye saatiyle yazılır; "
            "saat dilimini denetleyin."
        ),
    ),
    "date-shape": FindingKind(
        True, FIRST, mark("{count} çağrıda tarih yanlış biçimdeydi. Doğrusu boşlukla: 2026-01-31 15:04:05.")
    ),
    "short-id": FindingKind(
        False,
        FEED,
        mark("{count} çağrıda transactionId kısaltılmıştı. 64 hanenin hepsini saklayın; kısası başkasına uyabilir."),
    ),
    "cursor-stands": FindingKind(
        False,
        FEED,
        mark("Aynı sayfa {count} kez okundu. Her yanıttaki after değerini saklayıp sonraki çağrıda gönderin."),
    ),
    "cursor-back": FindingKind(
        False,
        FEED,
        mark(
            "after değeri {count} kez geriye gitti. Kayıtları sıralamayın; son yanıttaki after değerini olduğu gibi "
            "gönderin."
        ),
    ),
    "wrong-query": FindingKind(
        False, FEED, mark("{count} çağrıda {field} değeri tanınmadı. Başvuru sayfasındaki değerlerden birini yazın.")
    ),
    "push-slow": FindingKind(
        False,
        PUSH,
        mark(
            "Bildirim alıcınız {count} kez {seconds} saniyeden geç yanıt verdi ya da hiç vermedi. Önce 200 yanıtlayın, "
            "sonra işleyin; sınır beş saniyedir."
        ),
    ),
    "push-error-text": FindingKind(
        True,
        PUSH,
        mark(
            "Bildirim alıcınız {count} kez hata yazıp 200 yanıtladı. 200 aldık demektir ve bir daha gönderilmez; "
            "hatada 500 yanıtlayın."
        ),
    ),
}
STRAYS: dict[str, FindingKind] = {
    "api-key": FindingKind(
        True, TOKEN, mark("Başlıkta API anahtarı gönderiliyor. Önce jeton alın, Authorization: Bearer ile gönderin.")
    ),
    "basic": FindingKind(
        True, TOKEN, mark("Çağrılarda Basic kimlik doğrulama var. Önce jeton alın, Authorization: Bearer ile gönderin.")
    ),
    "client-credentials": FindingKind(
        True, TOKEN, mark("Jeton başka bir yöntemle isteniyor. grant_type password, username ve password gönderin.")
    ),
    "no-token": FindingKind(
        True,
        TOKEN,
        mark("Çağrılar boş ya da undefined jetonla geliyor. Yanıttaki alanın adı access_token, accessToken değil."),
    ),
    "no-bearer": FindingKind(
        True, TOKEN, mark("Authorization başlığında Bearer yok. Bearer, bir boşluk ve jeton yazın.")
    ),
    "path": FindingKind(
        True,
        PATHS,
        mark("Bu sitede olmayan bir adres çağrılıyor (örneğin /v1). Adresi başvuru sayfasındakiyle değiştirin."),
    ),
}
SHAPES: dict[str, str] = {
    "zero-after-90": mark("90'dan sonra sıfır var (+900…)"),
    "two-zeros": mark("00 ile başlıyor"),
    "leading-zero": mark("0 ile başlıyor"),
    "no-plus": mark("başında + yok"),
    "no-country": mark("başında +90 yok"),
    "separators": mark("içinde boşluk ya da işaret var"),
    "not-text": mark("tırnaksız, sayı olarak yazılmış"),
}


class Finding(NamedTuple):
    """``values``: of the sentence's braces; ``shape``: a word of ``SHAPES``; ``calls``: some that show it, oldest
    first; ``posts``: numbers of deliveries that do."""

    word: str
    times: int
    values: Mapping[str, Any] = MappingProxyType({})
    calls: Sequence[DoneCall] = ()
    posts: Sequence[int] = ()
    shape: str = ""

    @property
    def kind(self) -> FindingKind:
        return KINDS.get(self.word) or STRAYS[self.word]

    @property
    def guide(self) -> str:
        """The path of the guide's line."""
        return f"{GUIDE}#{self.kind.guide}"

    def text(self, language: str) -> str:
        shape = {"shape": Sentence(SHAPES[self.shape]).text(language)} if self.shape else {}
        return Sentence(self.kind.text, {"count": self.times, **self.values, **shape}).text(language)
