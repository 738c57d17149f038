"""Whether people may sign in by OpenID Connect, and where."""

from __future__ import annotations

from urllib.parse import urlsplit

from settings import Settings


def name(settings: Settings) -> str:
    """The host that signs people in, as the sign-in page names it; "" where there is none."""
    return urlsplit(settings.oidc_issuer).hostname or "" if settings.oidc_issuer else ""
