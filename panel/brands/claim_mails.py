"""The mail with the operator's decision on a claim."""

from __future__ import annotations

from consents.brands import provider_list
from consents.instants import DAY
from gateways.outbox import outbox
from panel.audit.change import Change
from panel.brands.claim_store import ClaimKind, ClaimState, CompanyClaim
from panel.signin import signin_mails
from settings import Settings
from web.rendering import texts
from web.rendering.texts import mark

_NOTICE = 7 * DAY  # µs: a decision is of use for so long
_GREETING = mark("Merhaba,")
KINDS = {
    ClaimKind.NUMBER: mark("Ret numarası"),
    ClaimKind.NAME: mark("SMS'te kısa ad"),
    ClaimKind.HEADER: mark("SMS başlığı"),
    ClaimKind.TITLE: mark("Markanın adı"),
    ClaimKind.BRAND: mark("Marka numarası"),
}
_SUBJECTS = {
    ClaimState.ACCEPTED: mark("İsteğiniz onaylandı: %(value)s"),
    ClaimState.REFUSED: mark("İsteğiniz kabul edilmedi: %(value)s"),
}
_LINES = {
    ClaimState.ACCEPTED: mark("Onaylandı ve şimdi geçerli. %(kind)s: %(value)s"),
    ClaimState.REFUSED: mark("Kabul edilmedi. %(kind)s: %(value)s"),
}
_WHY = mark("Nedeni: %(why)s")
_URL = mark("Markanın sayfası: %(url)s")


def post(
    change: Change, settings: Settings, language: str, email: str, claim: CompanyClaim, state: ClaimState, why: str
) -> None:
    """``state``: the decision."""
    translate = texts.catalogue(language).gettext
    (company,) = provider_list.by_id(change.transaction, [claim.provider])
    path = f"/{provider_list.brand(change.transaction, claim.brand).code}" if claim.brand is not None else ""
    values = {
        "kind": translate(KINDS[claim.kind]),
        "value": claim.value,
        "why": why,
        "url": f"{settings.public_url}/panel/{company.code}/markalar{path}",
    }
    lines = [_GREETING, _LINES[state], *([_WHY] if why else []), _URL]
    outbox.post(
        change.transaction,
        change.keyring,
        kind="mail",
        to=email,
        subject=translate(_SUBJECTS[state]) % values,
        text=signin_mails.letter(settings, [translate(line) % values for line in lines]),
        expires_at=change.transaction.now + _NOTICE,
    )
