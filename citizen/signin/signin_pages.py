"""The pages of sign-in: address, code, and the states in which no code is taken."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.session import intent
from citizen.session.session import Session
from consents.instants import ISTANBUL, SECOND, day_of, moment
from consents.people import recipients
from consents.registry import Registry
from gateways.carrier import Kind
from gateways.outbox import outbox
from settings import Settings
from trust import passkey_store, passkeys
from trust.codes import codes
from trust.codes.codes import CodeOutcome
from trust.codes.pending import Pending, Purpose
from trust.codes.reach import CALL, MAIL, SMS, carrier
from web import cookies, pages, process
from web.rendering import texts
from web.rendering.texts import mark

_NO_CODE_THERE = {  # numbers that no code can be sent to; their page shows which doors work for them
    "landline": mark("Bu bir sabit hat. SMS gelmediği için kod gönderemiyoruz; izinlerini burada gösteremeyiz."),
    "service": mark("Bu bir şirket numarası (444, 0850, 0800). Kod gönderemiyoruz; izinlerini burada gösteremeyiz."),
    "premium": mark("Bu ücretli bir servis numarası. Kod gönderemiyoruz; izinlerini burada gösteremeyiz."),
    "abroad": mark("Bu ülkenin numaralarına kod gönderemiyoruz; bu numaranın izinlerini burada gösteremeyiz."),
    "fixed": mark("Bu numaraya SMS gelmediği için kod gönderemiyoruz; izinlerini burada gösteremeyiz."),
}
_FAULTS = {
    "passkey": mark("Bu telefonla girilemedi. Yeniden deneyin ya da kod isteyin."),
    "lapsed": mark("Kodsuz girişin süresi doldu. Bir kez kodla girin; sonra yine kodsuz girersiniz."),
    "none": mark("Bu tarayıcıda istenmiş bir kod yok. Numaranızı veya e-postanızı yazın, yeni kod gönderelim."),
    "empty": mark("Cep telefonu numaranızı veya e-postanızı yazın."),
    "masked": mark("Numaranın bütün rakamlarını yazın."),
    "short": mark("Bu numaranın rakamları eksik. Başındaki 0 ile birlikte 11 rakam yazın."),
    "length": mark("Bu numaranın rakamları eksik ya da fazla. Başındaki 0 ile birlikte 11 rakam yazın."),
    "range": mark("Böyle bir numara yok. Rakamları gözden geçirin."),
    "mail": mark("Buraya cep telefonu numarası yazın; kod yakınınızın telefonuna gelir."),
    "own": mark("Bu numara zaten sizin. Yakınınızın numarasını yazın."),
    "country": mark("Bu numaranın hangi ülkeden olduğu anlaşılmıyor. 05 ile ya da + ve ülke koduyla başlayarak yazın."),
    **_NO_CODE_THERE,
}
_MAIL_FAULTS = {
    "nonascii": mark("E-postada ç, ğ, ı, ö, ş, ü gibi harfler olamaz. E-postanızı gözden geçirin."),
    "space": mark("E-postada boşluk olamaz. E-postanızı gözden geçirin."),
}
_UNREADABLE = mark("Bunu numara ya da e-posta olarak okuyamadık. Gözden geçirip yeniden yazın.")
CODE_FAULTS = {
    CodeOutcome.FORMAT: mark("Kod 6 rakamdan oluşur. Mesajdaki 6 rakamı yazın."),
    CodeOutcome.WRONG: mark("Kod yanlış. Mesajdaki 6 rakamı yeniden yazın."),
    CodeOutcome.SUPERSEDED: mark("Bu, önceki mesajdaki kod. En son gelen mesajdaki kodu yazın."),
    CodeOutcome.EXPIRED: mark("Kodun süresi doldu. Yeni kod isteyin."),
    CodeOutcome.USED: mark("Bu kod kullanıldı. Yeni kod isteyin."),
}

_HEARD_FAULTS = CODE_FAULTS | {  # of a code that was read aloud
    CodeOutcome.FORMAT: mark("Kod 6 rakamdan oluşur. Duyduğunuz 6 rakamı yazın."),
    CodeOutcome.WRONG: mark("Kod yanlış. Duyduğunuz 6 rakamı yeniden yazın."),
    CodeOutcome.SUPERSEDED: mark("Bu, önceki aramadaki kod. En son aramada duyduğunuz kodu yazın."),
}


CALLED = "arama"  # in the query: the last code is read aloud in a call, though the number takes SMS
_TICKING = 120  # seconds that are counted down on the page


class WayLook(NamedTuple):
    """A sign-in page: where it leads, whether it adds or helps, whether somebody is signed in."""

    path: str
    adds: bool
    signed_in: bool
    helps: bool = False

    @property
    def code_path(self) -> str:
        return f"{self.path}/kod"


class Way(NamedTuple):
    """Sign-in, adding, or helping: its paths, the purpose of its codes, the key of its cookie."""

    path: str
    purpose: Purpose
    holder: bytes | None
    session: Session | None

    @property
    def place(self) -> WayLook:
        return WayLook(self.path, self.purpose is Purpose.ADD, self.session is not None, self.purpose is Purpose.HELP)

    @property
    def code_path(self) -> str:
        return self.place.code_path

    @property
    def adds(self) -> bool:
        return self.place.adds


class AddressLook(NamedTuple):
    """The page for the address. ``fault``: the error, in words; ``kind``: why it gets no code, as in ``reach``.
    ``refusing``: refusals that wait for the code; ``lost``: one found no room; ``down``: failing carriers.
    ``ended``: after a session; ``helping``: a relative's number is asked for next. ``passkeys``: taken here;
    ``known``: this browser made one."""

    way: WayLook
    fault: str
    kind: str
    ended: bool
    refusing: int
    lost: bool
    down: tuple[Kind, ...]
    helping: bool
    passkeys: bool
    known: bool


class CodeLook(NamedTuple):
    """The page for the code. ``by``: its carrier. ``counted``: the tries left are shown; ``used``: already redeemed;
    ``renewed``: not the first; ``too_soon``: asked too early; ``waiting``: until a new one, ``ticking`` by seconds.
    ``calls``: a call is offered; ``called``: the last one was a call. ``texts``: SMS login is offered."""

    way: WayLook
    by: Kind
    fault: str
    counted: bool
    used: bool
    too_soon: bool
    renewed: bool
    waiting: bool
    ticking: bool
    minutes: int
    calls: bool
    called: bool
    refusing: int
    lost: bool
    down: tuple[Kind, ...]
    texts: bool


def address_fault(given: str, fault: str) -> str:
    """The marked sentence about a typed address that takes no code; ``fault``: as in ``reach``."""
    if "@" in given and fault != "mail":
        return _MAIL_FAULTS.get(fault, _UNREADABLE)
    return _FAULTS.get(fault, _UNREADABLE)


async def address(request: Request, way: Way, *, given: str = "", fault: str = "") -> Response:
    """Asks for a number or an e-mail; ``fault``: why the given one is not taken, as in ``reach``."""
    kept = intent.read(request)
    look = AddressLook(
        way=way.place,
        fault=pages.text(request, address_fault(given, fault)) if fault else "",
        kind=fault if fault in _NO_CODE_THERE else "",
        ended=way.session is None and not fault and cookies.key_in(request, cookies.SESSION) is not None,
        refusing=len(kept.refusals),
        lost=kept.lost,
        down=await _down(request, SMS, MAIL),
        helping=way.purpose is Purpose.SIGN_IN and kept.page.startswith("/izinler/yaninda"),
        passkeys=way.purpose is Purpose.SIGN_IN and takes_passkeys(_state(request)[1]),
        known=way.purpose is Purpose.SIGN_IN and await _made_passkey(request),
    )
    status = 422 if fault else 200
    return pages.fill(request, "citizen/signin/address.html", look, {"given": given}, status=status)


async def code(
    request: Request, way: Way, row: Pending, outcome: CodeOutcome = CodeOutcome.OK, left: int = 0
) -> Response:
    """Asks for the code; ``outcome``: of the given one, ``left``: tries that remain."""
    registry, settings = _state(request)
    now = registry.store.now()
    until = await registry.store.read(codes.locked_until, registry.keyring, settings, row, now)
    if until:
        return _locked(request, until, now, outcome)
    wait = max(0, -(-(row.again_at(settings) - now) // SECOND))
    calls = may_call(request, row)
    called = calls and CALLED in request.query_params
    by = CALL if called else carrier(row.address)
    kept = intent.read(request)
    fault = (_HEARD_FAULTS if by == CALL else CODE_FAULTS).get(outcome, "")
    status = 429 if outcome is CodeOutcome.WAIT else 422 if fault else 200
    look = CodeLook(
        way=way.place,
        by=by,
        fault=fault and pages.text(request, fault),
        counted=outcome in (CodeOutcome.WRONG, CodeOutcome.SUPERSEDED) and left > 0,
        used=outcome is CodeOutcome.USED,
        too_soon=outcome is CodeOutcome.WAIT,
        renewed=row.asked > 1,
        waiting=wait > 0,
        ticking=wait < _TICKING,
        minutes=settings.code_minutes,
        calls=calls,
        called=called,
        refusing=len(kept.refusals),
        lost=kept.lost,
        down=await _down(request, by),
        texts=may_send_text(request, row),
    )
    clock = "%H:%M:%S" if wait < _TICKING else "%H:%M"
    values = {
        "masked": recipients.mask(row.address),
        "left": str(left),
        "renewed_at": f"{moment(row.asked_at).astimezone(ISTANBUL):%H:%M}",
        "wait": str(wait),
        "again_at": moment(row.again_at(settings)).astimezone(ISTANBUL).strftime(clock),
    }
    headers = {"retry-after": str(wait)} if status == 429 else None
    return pages.fill(request, "citizen/signin/code.html", look, values, status=status, headers=headers)


def takes_passkeys(settings: Settings) -> bool:
    return settings.passkey_days > 0 and passkeys.possible(settings)


async def _made_passkey(request: Request) -> bool:
    registry, settings = _state(request)
    device = cookies.key_in(request, cookies.DEVICE)
    if device is None or not takes_passkeys(settings):
        return False
    now = registry.store.now()
    found: bool = await registry.store.read(passkey_store.in_browser, settings, device, now)
    return found


def may_call(request: Request, row: Pending) -> bool:
    """Whether a call may read the code to a number that takes SMS: where a voice carrier is set up."""
    if row.purpose == Purpose.HELP:
        return False
    return _state(request)[1].voice_gateway is not None and carrier(row.address) == SMS


def may_send_text(request: Request, row: Pending) -> bool:
    here = process.of(request)
    reachable = here.settings.optout_number or here.trial
    return (
        bool(here.settings.signs_in_by_text and reachable)
        and row.purpose == Purpose.SIGN_IN
        and carrier(row.address) == SMS
    )


def _locked(request: Request, until: int, now: int, outcome: CodeOutcome) -> Response:
    """Shows until when no code is taken, and what still works; only the browser that caused it sees this."""
    opens = moment(until + 60 * SECOND - 1).astimezone(ISTANBUL)  # rounded up to a minute, so never too early
    today = opens.date() == day_of(now)
    when = f"{opens:%H:%M}" if today else wording.moment(texts.language(request)[0], until + 60 * SECOND - 1)
    status = 200 if outcome is CodeOutcome.OK else 422
    return pages.render(request, "citizen/signin/locked.html", status=status, opens_at=when)


def spent(request: Request, way: Way, row: Pending | None, outcome: CodeOutcome) -> Response:
    """Explains that no codes are sent now, to anyone or to this network, and what still works."""
    network = outcome is CodeOutcome.NETWORK
    return pages.render(
        request,
        "citizen/signin/spent.html",
        status=429 if network else 503,
        headers={"retry-after": "3600"},
        network=network,
        way=way.place,
        texts=row is not None and may_send_text(request, row),
    )


async def _down(request: Request, *carriers: Kind) -> tuple[Kind, ...]:
    registry, _ = _state(request)
    now = registry.store.now()
    return tuple([kind for kind in carriers if await registry.store.read(outbox.down, kind, now)])


def _state(request: Request) -> tuple[Registry, Settings]:
    return process.of(request).registry, process.of(request).settings
