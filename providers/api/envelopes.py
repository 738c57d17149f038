"""The envelopes of errors of İYS's services that ask people (API document 3.2.0), which differ from its other calls:
ViA has codes of its own, ViA Pass wraps codes. Here the codes of all calls are translated into theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from consents.languages import Sentence

WrittenFault = Mapping[str, Any]  # one fault as it is written: code, message, perhaps location and value

_SUBSYSTEM, _FORM, _CLIENT = "ERR-SYS-0007", "ERR-VLD-001", "ERR-SYS-0001"
_OWN = ("ERR-", "OTP-")  # codes of ViA Pass itself
_LONGEST_CODE = 15  # digits of an iysCode
PASS_SENTENCES = {
    _CLIENT: Sentence("İstek okunamadı. Yolu, yöntemi ve gövdeyi belgeyle karşılaştırın."),
    "ERR-SYS-0002": Sentence("Sistem şu an yoğun. Biraz sonra yeniden deneyin."),
    "ERR-SYS-0004": Sentence("Beklenmeyen bir hata oldu. Biraz sonra yeniden deneyin."),
    "ERR-SYS-0005": Sentence("Bu hizmet sağlayıcı için yetkiniz yok. Kodu denetleyin."),
    "ERR-SYS-0006": Sentence("Erişim anahtarı yok, geçersiz ya da yetkisiz."),
    _SUBSYSTEM: Sentence("İşlem yapılamadı. Nedeni subSystemErrorInfo içinde yazar."),
    "ERR-SYS-0009": Sentence("requestId yazılmamış. Başlatma yanıtındaki requestId değerini yazın."),
    _FORM: Sentence("Bir alan eksik ya da hatalı."),
    "OTP-ERROR-001": Sentence("Böyle bir doğrulama yok. Başlatma yanıtındaki requestId değerini yazın."),
    "OTP-ERROR-002": Sentence("Böyle bir işlem yok. Başlatma yanıtındaki requestId değerini yazın."),
    "OTP-ERROR-010": Sentence("Gövdede yalnız requestId olabilir. Öbür alanları çıkarın."),
}


class ErrorEnvelope(NamedTuple):
    """``codes``: of other calls -> its own; ``statuses``: by its own codes, where they differ; ``body``: (path, status,
    faults as written) -> (status, JSON); ``traced``: its errors name the request in a header."""

    codes: Mapping[str, str]
    statuses: Mapping[str, int]
    body: Callable[[str, int, Sequence[WrittenFault]], tuple[int, dict[str, Any]]]
    traced: bool = False

    def code(self, code: str, value: Any) -> str:
        if code == "H190" and isinstance(value, str) and len(value) > _LONGEST_CODE:
            return "H1039"
        return self.codes.get(code, code)


def _via(path: str, status: int, faults: Sequence[WrittenFault]) -> tuple[int, dict[str, Any]]:
    """A list of errors, and the first one at the top too: the document has both forms."""
    return status, {"errors": list(faults)} | {name: faults[0][name] for name in ("message", "code")}


def _of_pass(path: str, status: int, faults: Sequence[WrittenFault]) -> tuple[int, dict[str, Any]]:
    first = faults[0]
    code = str(first["code"])
    if code.startswith(_OWN):
        return status, _plain(code)
    if status == 401:
        return status, _plain("ERR-SYS-0006")
    if code == "H1040" and "/subscription/" not in path:
        by_file = "/get-clarification-file/" in path
        return status, {"errorCode": f"ERR-SYS-000{6 if by_file else 5}", "errorMessage": first["message"]}
    if status == 400 and all("location" in fault for fault in faults):
        fields = [{"field": str(fault["location"][0]), "message": fault["message"]} for fault in faults]
        return status, _plain(_FORM) | {"data": fields}
    wrapped = {"status": status, "errors": [{name: fault[name] for name in ("code", "message")} for fault in faults]}
    outer = 400 if status in (422, 429) else status
    return outer, _plain(_SUBSYSTEM) | {"subSystemErrorInfo": wrapped}


def _plain(code: str) -> dict[str, Any]:
    return {"errorCode": code, "errorMessage": PASS_SENTENCES[code].text()}


_BOTH = {"H353": "H1040", "H190": "H1029", "H520": "H1092"}
_AS_400 = {"H1029": 400, "H1039": 400, "H1092": 400}
VIA, PASS = "/via/", "/otp-management/"
_VIA = ErrorEnvelope(_BOTH | {"H351": "H1045", "H014": "H1016", "H015": "H1019", "Z405": "H1044"}, _AS_400, _via)
_PASS = ErrorEnvelope(
    _BOTH
    | {
        "H1041": _CLIENT,
        "H1042": _CLIENT,
        "H014": _CLIENT,
        "H015": "ERR-SYS-0004",
        "H123": "ERR-SYS-0002",
        "H124": "H083",
        "Z404": _CLIENT,
        "Z405": _CLIENT,
    },
    _AS_400,
    _of_pass,
    traced=True,
)


def of_path(path: str) -> ErrorEnvelope | None:
    """None for the calls that have İYS's usual one."""
    return _VIA if path.startswith(VIA) else _PASS if path.startswith(PASS) else None
