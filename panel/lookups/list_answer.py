"""Which addresses of a company's list a brand may write to, by channel, at one moment: the answer, signed with the
log's key, and the workbook of it. Only a consent allows (status ONAY); of what waits, is erased or unknown, none does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from consents import state
from consents.brands.companies import KnownBrand
from consents.channels import SPECS
from consents.people import register
from consents.registry import Registry
from consents.rules import ONAY
from consents.store import Snapshot
from consents.terms import Channel, Identity, Status
from evidence import receipts
from evidence.checkpoints import LogKey
from evidence.tlog import signed_trees
from panel.audit import looks
from panel.audit.change import Change
from panel.lookups import address_facts, query_export
from panel.people import brakes
from panel.rights import Member
from providers.uploads import address_lists
from providers.uploads.address_lists import ListedAddress
from providers.uploads.files import workbooks
from settings import Settings
from web.rendering import when
from web.rendering.texts import catalogue, mark

NONE = "NONE"  # no consent and no refusal is recorded
_AT_ONCE = 1000  # addresses of a statement
_YES, _NO_REFUSED = mark("Evet"), mark("Hayır: ret")
# Businesses need no consent before, but a record, so that they can refuse.
_NO_RECORD = {Identity.BIREYSEL: mark("Hayır: kayıt yok"), Identity.TACIR: mark("Kayıt yok: önce kaydedin")}
_ADDRESS, _UNREADABLE = mark("Numara veya e-posta"), mark("Okunamadı")
_ABOUT, _LIST, _MAY = mark("Özet"), mark("Liste"), mark("%(channel)s izinli")
_AS = {Identity.BIREYSEL: mark("bireysel"), Identity.TACIR: mark("tacir veya esnaf")}
_KEEP = mark(
    "İmzalı yanıt bu dosyanın içindedir (%(name)s). Dosyayı indirdiğiniz gibi saklayın: yeniden kaydedilince imza "
    "silinir. Denetlemek için: izin verify-receipt DOSYA --key ANAHTAR"
)


class ListQuestion(NamedTuple):
    """``brand`` and identity that would write to these addresses; ``campaign``: the company's own name for that, "" of
    none."""

    brand: KnownBrand
    identity: Identity
    listed: list[ListedAddress]
    campaign: str = ""


class ListAnswer(NamedTuple):
    """``at``: µs; ``stands``: by canonical address, of each of its channels ONAY, RET or NONE; ``signed``: the file."""

    at: int
    stands: dict[str, dict[Channel, str]]
    signed: str


def noted(change: Change, member: Member, brand: KnownBrand) -> bool:
    """Logs a list to check, before it is read; False, without an entry, above the person's limit."""
    if not brakes.may_check(change.transaction, change.keyring, member.person.id):
        return False
    change.note(looks.CHECKED, f"brand {brand.code}", provider=member.at.id, brand=brand)
    return True


def answer(snapshot: Snapshot, registry: Registry, member: Member, asked: ListQuestion, site: Settings) -> ListAnswer:
    """Some 0.2 s for 10,000 addresses: blocking."""
    at, newest = registry.store.now(), signed_trees.newest(snapshot, LogKey.of(registry.keyring), site.log_quorum)
    stands = _stands(snapshot, registry, asked)
    answered: dict[str, dict[str, list[str]]] = {}
    for address, of in stands.items():
        for channel, status in of.items():
            answered.setdefault(str(channel), {}).setdefault(status, []).append(address)
    content = {
        "format": receipts.LIST,
        "registry": site.site_name,
        "company": member.at.title,
        "code": member.at.code,
        "brand": asked.brand.code,
        "title": asked.brand.title,
        "identity": str(asked.identity),
        **({"campaign": asked.campaign} if asked.campaign else {}),
        "made": receipts.iso(at),
        "answer": answered,
        "checkpoint": newest.note if newest else None,
        **receipts.outside(newest, site.log_quorum),
    }
    return ListAnswer(at, stands, receipts.sign_document(registry.keyring, content))


def _stands(snapshot: Snapshot, registry: Registry, asked: ListQuestion) -> dict[str, dict[Channel, str]]:
    people = {one.address: register.person(registry.keyring, one.address) for one in asked.listed if one.address}
    found: dict[str, dict[Channel, str]] = {}
    rest = iter(people.items())
    while some := dict(islice(rest, _AT_ONCE)):
        numbers = register.find_all(snapshot, registry.keyring, list(some.values()))
        erased = register.erased_among(snapshot, numbers.values())
        standing = state.of_brand(snapshot, asked.brand.id, numbers.values())
        words = {(key.recipient, key.channel, key.identity): one.status for key, one in standing.items()}
        for address, person in some.items():
            recipient = numbers.get(person.sealed, 0)
            keys = {one: (recipient, one.code, asked.identity.code) for one in address_facts.channels_of(address)}
            found[address] = {
                channel: _word(words.get(key), erased=recipient in erased) for channel, key in keys.items()
            }
    return found


def _word(status: int | None, *, erased: bool) -> str:
    """What waits for the citizen is refused until they decide (rule L4); an erased person shows only as refused (rule
    L15)."""
    if status is None or (erased and status == ONAY):
        return NONE
    return str(Status.ONAY if status == ONAY else Status.RET)


def counts(found: ListAnswer) -> dict[Channel, int]:
    """Of each channel how many addresses may be written to."""
    return {one: len(_allowed(found, one)) for one in Channel}


def _allowed(found: ListAnswer, channel: Channel) -> list[str]:
    return [address for address, of in found.stands.items() if of.get(channel) == Status.ONAY]


def rows(language: str, asked: ListQuestion, found: ListAnswer) -> list[list[str]]:
    """A header, and each line of the list in its order."""
    translate = catalogue(language).gettext
    words = {
        str(Status.ONAY): translate(_YES),
        str(Status.RET): translate(_NO_REFUSED),
        NONE: translate(_NO_RECORD[asked.identity]),
    }
    listed = [[translate(_ADDRESS), *(translate(SPECS[one].short) for one in Channel), translate(_UNREADABLE)]]
    for one in asked.listed:
        of: Mapping[Channel, str] = found.stands.get(one.address, {})
        fault = address_lists.sentence(one) if one.fault else None
        why = fault.text(language) if fault else translate(_UNREADABLE) if one.fault else ""
        shown = query_export.cell(one.address) if one.address else one.typed
        listed.append([shown, *(words[of[channel]] if channel in of else "" for channel in Channel), why])
    return listed


def workbook(language: str, asked: ListQuestion, found: ListAnswer) -> bytes:
    """Sheets: the list, of each channel the addresses that may be written to, and what was asked; the signed answer is
    attached."""
    translate, content = catalogue(language).gettext, json.loads(found.signed)
    sheets: dict[str, Sequence[Sequence[str]]] = {translate(_LIST): rows(language, asked, found)}
    for channel in Channel:
        if allowed := _allowed(found, channel):
            name = translate(_MAY) % {"channel": translate(SPECS[channel].short)}
            sheets[name] = [[translate(_ADDRESS)], *([query_export.cell(one)] for one in allowed)]
    sheets[translate(_ABOUT)] = _about(language, asked, found, content)
    return workbooks.workbook(sheets, (receipts.LIST_FILE, found.signed.encode()))


def _about(language: str, asked: ListQuestion, found: ListAnswer, content: Mapping[str, Any]) -> list[list[str]]:
    translate = catalogue(language).gettext
    unread = sum(not one.address for one in asked.listed)
    return [
        [translate(mark("Site")), content["registry"]],
        [translate(mark("Şirket")), f"{content['company']} ({content['code']})"],
        [translate(mark("Marka")), f"{asked.brand.title} ({asked.brand.code})"],
        [translate(mark("Alıcı tipi")), translate(_AS[asked.identity])],
        [translate(mark("Denetlendiği zaman")), when.moment(language, found.at)],
        [translate(mark("Satır")), str(len(asked.listed))],
        [translate(_UNREADABLE), str(unread)],
        *(
            [translate(_MAY) % {"channel": translate(SPECS[one].short)}, str(count)]
            for one, count in counts(found).items()
        ),
        [translate(mark("Açık anahtar")), content["verifier"]],
        [translate(mark("İmza")), translate(_KEEP) % {"name": receipts.LIST_FILE}],
    ]
