"""The mail of an invitation."""

from __future__ import annotations

from consents.keys import Keyring
from consents.store import Transaction
from gateways.outbox import outbox
from panel.accounts.invitations import LIFE
from settings import Settings
from web.rendering import texts, when
from web.rendering.texts import mark

# Without the company's name, which a company gives itself: a stranger reads the subject as the site's own words.
_SUBJECT = mark("%(site)s paneline davet edildiniz")
_LINES = (
    mark("Merhaba,"),
    mark("Şirket panelinde çalışmak üzere davet edildiniz. Şirketin kendine verdiği ad: “%(company)s”"),
    mark("Daveti kabul etmek için:\n%(url)s"),
    mark("Davet şu zamana kadar geçerlidir ve bir kez kullanılır: %(until)s"),
    mark("Böyle bir davet beklemiyorsanız bir şey yapmanız gerekmez."),
)


def post(
    transaction: Transaction, keyring: Keyring, settings: Settings, language: str, email: str, token: str, company: str
) -> None:
    """Posts the mail, with lower priority than sign-in codes. Its link alone signs nobody in."""
    translate = texts.catalogue(language).gettext
    until = transaction.now + LIFE
    values = {
        "site": settings.site_name,
        "company": company,
        "url": f"{settings.public_url}/panel/davet?d={token}",
        "until": when.moment(language, until),
    }
    lines = [translate(line) % values for line in _LINES]
    outbox.post(
        transaction,
        keyring,
        kind="mail",
        to=email,
        subject=translate(_SUBJECT) % values,
        text="\n\n".join([*lines, settings.operator_title or settings.site_name]) + "\n",
        expires_at=until,
    )
