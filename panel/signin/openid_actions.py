"""Sign-in by OpenID Connect: limits, and the change in the store."""

from __future__ import annotations

from urllib.parse import urlsplit

from consents.instants import HOUR, MINUTE
from consents.registry import Registry
from consents.store import Transaction
from panel.accounts import account_store
from panel.signin import signin_actions
from panel.signin.signin_actions import Browser, SignedIn
from settings import Settings
from trust import limits
from trust.codes.codes import CodeOutcome, CodeVerdict
from trust.limits import Limit
from trust.pseudonyms import mark, neighbourhood

MOST_PER_HOUR = 1000  # requests to the issuer, from all clients
WAITS = 10 * MINUTE  # µs that a sign-in at the issuer may take


def may_go(transaction: Transaction, registry: Registry, settings: Settings, ip: str, answer: str = "") -> bool:
    """Counts one step of a sign-in at the issuer; False above the limit of this client or all. ``answer``: the
    returned state; False for a repeated one."""
    keyring = registry.keyring
    everybody = Limit(mark(keyring, "openid-all", ""), MOST_PER_HOUR, HOUR, slot=MINUTE)
    own = Limit(mark(keyring, "openid", neighbourhood(ip)), settings.codes_sent_per_ip, 5 * MINUTE)
    once = Limit(mark(keyring, "openid-state", answer), 1, WAITS)
    return limits.take_all(transaction, [everybody, once if answer else own])


def host(settings: Settings) -> str:
    """The issuer's host, for the sign-in page; "" for none."""
    return urlsplit(settings.oidc_issuer).hostname or "" if settings.oidc_issuer else ""


def sign_in(
    transaction: Transaction, registry: Registry, settings: Settings, email: str, browser: Browser
) -> SignedIn | None:
    """Begins the session of the person with this e-mail, verified by the issuer; None for an unknown one. The second
    step stays the panel's own."""
    person = account_store.find(transaction, registry.keyring, email)
    if person is None or person.ended_at is not None:
        return None
    verdict = CodeVerdict(CodeOutcome.OK, email)
    return signin_actions.begin(transaction, registry, settings, person, browser, verdict)
