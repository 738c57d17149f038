"""Push connections: made, listed, removed (İYS “push”). One is made when its address has taken the test record, and
begins with the next movement; the past is in the feed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from consents import dates
from consents.keys import Keyring
from consents.languages import Sentence, mark_in
from consents.store import Snapshot, Transaction
from consents.terms import Channel
from providers.api import bodies, endpoint, wire
from providers.api.answers import Answer, Fault, Refusal
from providers.api.endpoint import Call, Right
from providers.callers.partners import WRITE_LEVEL
from providers.callers.token_store import Caller
from providers.cases.meanings import CHANNELS
from providers.push import push_connections, push_targets, pusher, signing
from providers.push.push_connections import Foreign, MadeConnection, OfAllBrands, PushTarget, WantedConnection
from providers.push.push_targets import BadTarget
from providers.push.pusher import NotTaken
from providers.push.signing import SigningSecret

FIELDS = ("url", "type", "username", "password")
SIGN_FIELD = "secret"  # not İYS's: of a registration by the provider itself
MOST = push_connections.ACTIVE * len(Channel)

# İYS uses these codes for other things in its other calls; so the sentences stand here.
USERNAME = Sentence("Kullanıcı adı (username) eksik ya da geçersiz. İki nokta içermeyen bir ad yazın.")
PASSWORD = Sentence("Parola (password) eksik ya da geçersiz.")
SECRET = Sentence("İmza sırrı (secret) geçersiz. whsec_ ile başlayıp 24–64 baytın base64'ü ile sürmelidir.")
LATE = Sentence("Adres beş saniye içinde yanıt vermedi. Adresi denetleyip yeniden deneyin.")
PRIVATE = Sentence(mark_in("api", "Bu adres internete açık değil. Herkese açık bir adres yazın."))
WHOLE = Sentence(
    "Bu bağlantı bütün markalar için kurulmuş. Bütün markalarda yetkili bir anahtarla ya da panelde değiştirin."
)
FULL = Sentence("Bir markanın her izin türü için en çok iki bağlantısı olabilir. Önce birini kaldırın.")


@endpoint.requires(Right.WRITE)
async def register(call: Call) -> Answer:
    """Makes all connections of the list or none; an existing URL and type gets the new user and password. 403 H353 for
    another's URL; 422 H191 where an address does not answer within five seconds, H530 where it answers without
    success."""
    wanted = _wanted_list(call, await bodies.read_object(call.request, "H530"))
    call.may(*{one.channel for one in wanted})
    targets = await call.registry.store.read(_in_form, call.registry.keyring, call.of_brand.id, wanted, call.caller)
    tried = await asyncio.gather(*(_try(call, one, place) for place, one in enumerate(targets)))
    if faults := [fault for fault in tried if fault is not None]:
        raise Refusal(422, *faults)
    return await call.write(_register, call.registry.keyring, call.of_brand.id, wanted, call.caller)


@endpoint.requires(Right.WRITE)
async def listing(call: Call) -> Answer:
    """The connections of the channels that the caller may write, without users and passwords."""
    return await call.read(_list, call.registry.keyring, call.of_brand.id, _writable(call))


@endpoint.requires(Right.WRITE)
async def unregister(call: Call) -> Answer:
    """Ends one connection of this URL and type; a partner must give its user and password too."""
    body = await bodies.read_object(call.request, "H530")
    wanted, faults = _wanted(call, body, None)
    if wanted is None:
        raise Refusal(422, *faults)
    call.may(wanted.channel)
    return await call.write(_unregister, call.registry.keyring, call.of_brand.id, wanted, call.caller)


def _wanted_list(call: Call, body: dict[str, Any]) -> list[WantedConnection]:
    """Errors: Refusal 422 with every fault."""
    given = body.get("connection")
    if faults := bodies.unknown(body, ("connection",)):
        raise Refusal(422, *faults)
    if not isinstance(given, list) or not 1 <= len(given) <= MOST:
        raise Refusal(422, Fault("H530", ("connection",)))
    own = () if call.caller.partner is not None else (SIGN_FIELD,)
    judged = [_wanted(call, one, place, own) for place, one in enumerate(given)]
    if faults := [fault for _, faults in judged for fault in faults]:
        raise Refusal(422, *faults)
    return [one for one, _ in judged if one is not None]


def _wanted(
    call: Call, given: Any, place: int | None, own: Sequence[str] = ()
) -> tuple[WantedConnection | None, list[Fault]]:
    """One connection, or its faults, which repeat no URL or password. ``own``: fields beside İYS's."""
    if not isinstance(given, dict):
        return None, [Fault("H530", place=place)]
    values: list[Any] = [given.get(name) for name in (*FIELDS, SIGN_FIELD)]
    url, kind, username, password, secret = values
    faults = [Fault("H118", (name,), place=place) for name in given if name not in (*FIELDS, *own)]
    faults += _faults_of_url(url, call.settings.push_private, place)
    if kind is None:
        faults.append(Fault("H111", ("type",), place=place))
    elif not isinstance(kind, str) or kind not in CHANNELS:
        faults.append(Fault("H117", ("type",), bodies.shown(kind), place))
    if not isinstance(username, str) or not push_connections.fits_as_user(username):
        faults.append(Fault("H093", ("username",), place=place, message=USERNAME))
    if not isinstance(password, str) or not push_connections.fits(password):
        faults.append(Fault("H093", ("password",), place=place, message=PASSWORD))
    if SIGN_FIELD in given and not (isinstance(secret, str) and signing.fits(secret)):
        faults.append(Fault("H093", (SIGN_FIELD,), place=place, message=SECRET))
    if faults:
        return None, faults
    signs = (SigningSecret(secret, None),) if secret else ()
    return WantedConnection(CHANNELS[kind].code, PushTarget(url, username, password, signs)), []


def _faults_of_url(url: Any, private: bool, place: int | None) -> list[Fault]:
    if not isinstance(url, str):
        return [Fault("H531", ("url",), place=place)]
    try:
        push_targets.check(url, private=private)
    except BadTarget as fault:
        if fault.reason == "private":
            return [Fault("H530", ("url",), place=place, message=PRIVATE)]
        return [Fault("H531", ("url",), place=place)]
    return []


def _in_form(
    snapshot: Snapshot, keyring: Keyring, brand: int, wanted: Sequence[WantedConnection], caller: Caller
) -> list[PushTarget]:
    return [push_connections.in_form(snapshot, keyring, brand, one, caller.partner) for one in wanted]


async def _try(call: Call, target: PushTarget, place: int) -> Fault | None:
    try:
        owner, private = call.of_brand.company_code, call.settings.push_private
        await pusher.post(target, wire.PUSH_TEST, owner=owner, private=private, seconds=pusher.SECONDS)
    except NotTaken as fault:
        if fault.late:
            return Fault("H191", ("url",), place=place, message=LATE)
        message = PRIVATE if fault.reason == "address private" else None
        return Fault("H530", ("url",), place=place, message=message)
    return None


def _writable(call: Call) -> tuple[int, ...]:
    if call.caller.partner is None:
        return endpoint.CHANNELS
    levels = call.caller.grants[call.of_brand.id].channels
    return tuple(channel for channel in endpoint.CHANNELS if levels[channel] >= WRITE_LEVEL)


def _register(
    transaction: Transaction, keyring: Keyring, brand: int, wanted: Sequence[WantedConnection], caller: Caller
) -> Answer:
    register, of_some = push_connections.register, caller.brands is not None
    try:
        place = register(transaction, keyring, brand, wanted, caller.partner, of_some=of_some)
    except Foreign:
        raise Refusal(403, Fault("H353")) from None
    except OfAllBrands:
        raise Refusal(403, Fault("H353", message=WHOLE)) from None
    if place is not None:
        raise Refusal(422, Fault("H530", ("type",), place=place, message=FULL))
    return Answer(200, {"message": "Bağlantı oluşturuldu"})


def _list(snapshot: Snapshot, keyring: Keyring, brand: int, channels: Sequence[int]) -> Answer:
    found = push_connections.of_brand(snapshot, keyring, brand)
    return Answer(200, [_fields(one) for one in found if one.channel in channels])


def _fields(one: MadeConnection) -> dict[str, Any]:
    return {
        "url": one.target.url,
        "type": str(Channel.of(one.channel)),
        "registerTime": dates.wire(one.registered_at),
        "status": "Bağlantı Oluşturuldu" if one.works else "Bağlantı Oluşturulamadı",
    }


def _unregister(
    transaction: Transaction, keyring: Keyring, brand: int, wanted: WantedConnection, caller: Caller
) -> Answer:
    unregister, of_some = push_connections.unregister, caller.brands is not None
    try:
        found = unregister(transaction, keyring, brand, wanted, caller.partner, of_some=of_some)
    except OfAllBrands:
        raise Refusal(403, Fault("H353", message=WHOLE)) from None
    if not found:
        raise Refusal(422, Fault("H530", ("url",)))
    return Answer(200, {"message": "Bağlantı Kaldırıldı"})
