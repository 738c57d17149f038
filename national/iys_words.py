"""Explains İYS's codes, and pauses of the sync, to companies and the operator, with remedies; also for ``izin iys``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from web.rendering import texts
from web.rendering.texts import mark

_REFUSED = {
    "H467": mark("İYS üç iş gününden eski onayı almaz. Gerekiyorsa kişiden yeniden onay alın."),
    "H162": mark("İYS'ye göre tarih gelecekte. Bu makinenin saatini ayarlayın, sonra şimdi eşitleyin."),
    "H525": mark("İYS'deki paketinizde yer kalmadı. Paketi büyütün, sonra şimdi eşitleyin."),
    "H119": mark("İYS bu kaynaktan kayıt almıyor. İYS'ye başvurun, sonra şimdi eşitleyin."),
    "H174": mark("İYS'de bu kişi zaten reddetmiş. Onayın İYS'de neden olmadığına bakın."),
    "H175": mark("İYS'de önce bir onay olmalı. İYS'deki kayıtlarınıza bakın."),
    "H178": mark("İYS daha yeni bir karar biliyor ve bir türlü uzlaşılamadı. Kişinin İYS'deki kaydına bakın."),
    "unread": mark("İYS'nin yanıtı okunamadı. Kişinin İYS'deki kaydına bakın, sonra şimdi eşitleyin."),
    "erased": mark("Kişi silindi, adresi artık bilinmiyor. İYS'deki kaydını orada siz reddedin."),
}
_UNKNOWN = mark("İYS bu kodu belgesinde açıklamıyor. Kodu İYS'ye sorun, sonra şimdi eşitleyin.")
_SIGN_IN = mark("İYS bu kullanıcı adını ya da parolayı kabul etmiyor. Aşağıya doğrusunu yazın.")
_SIGN_IN_TYPED = mark("İYS bu kullanıcı adını ya da parolayı kabul etmiyor. Doğrusunu verin: izin iys add …")
_PAUSED = {
    "unreachable": mark("İYS'ye ulaşılamıyor. Kendiliğinden yeniden denenir."),
    "H084": mark("İYS bir saat boyunca yeni giriş almıyor. Bir şey yapmanız gerekmez."),
    "iys-taken": mark(
        "Başka bir şirket bu numaranın kendisinin olduğunu İYS'de gösterdi. Numara sizinse siteyi işletene yazın; "
        "yanlışsa aşağıda düzeltin."
    ),
    "not started": mark("Eşitlik henüz başlatılmadı."),
    **dict.fromkeys(("sign-in", "H250", "H251", "401"), _SIGN_IN),
    **dict.fromkeys(
        ("H353", "H355", "403"),
        mark("Bu kullanıcının bu şirket ya da marka için yetkisi yok. İYS panelinde yetki verin, numarayı denetleyin."),
    ),
    **dict.fromkeys(
        ("H520", "H521", "H522", "H437"), mark("İYS'deki hesabınız ya da aboneliğiniz kapalı. İYS'ye başvurun.")
    ),
    **dict.fromkeys(
        ("H083", "H124", "429"), mark("İYS isteklerin seyrelmesini istiyor. Kendiliğinden yeniden denenir.")
    ),
}
BY_ITSELF = frozenset({"unreachable", "H083", "H084", "H086", "H089", "H124", "429"})  # pauses that end by themselves
_OTHER = mark("İYS isteği kabul etmedi. Kendiliğinden yeniden denenir; sürerse bu kodla İYS'ye başvurun.")


def refusal(code: str, language: str, documented: Mapping[str, Any]) -> str:
    """Why İYS refuses a movement, and the remedy. ``documented``: İYS's own sentences, by code."""
    if code not in _REFUSED and code in documented:
        return str(documented[code].text(language))
    return texts.shown(language).gettext(_REFUSED.get(code, _UNKNOWN))


def refused(code: str, language: str) -> str:
    """The same for a command, without İYS's own sentences."""
    return texts.catalogue(language).gettext(_REFUSED.get(code, _OTHER))


def pause(code: str, language: str) -> str:
    return texts.shown(language).gettext(_PAUSED.get(code, _OTHER))


def pause_typed(code: str, language: str) -> str:
    sentence = _PAUSED.get(code, _OTHER)
    return texts.catalogue(language).gettext(_SIGN_IN_TYPED if sentence is _SIGN_IN else sentence)
