"""Who signs people in by OpenID Connect, and what happens in the store when somebody has."""

from __future__ import annotations

from urllib.parse import urlsplit

from consents.registry import Registry
from consents.store import Transaction
from panel.entry import panel_entry
from panel.entry.panel_entry import Browser, SignedIn
from panel.people import panel_users
from settings import Settings
from trust.codes.codes import CodeOutcome, CodeVerdict


def host(settings: Settings) -> str:
    """The host that signs people in, as the sign-in page names it; "" where there is none."""
    return urlsplit(settings.oidc_issuer).hostname or "" if settings.oidc_issuer else ""


def sign_in(
    transaction: Transaction, registry: Registry, settings: Settings, email: str, browser: Browser
) -> SignedIn | None:
    """Begins the session of whoever has this e-mail, which the issuer has verified; None where the panel knows nobody.

    The second step stays the panel's own.
    """
    person = panel_users.find(transaction, registry.keyring, email)
    if person is None or person.ended_at is not None:
        return None
    verdict = CodeVerdict(CodeOutcome.OK, email)
    return panel_entry.begin(transaction, registry, settings, person, browser, verdict)
