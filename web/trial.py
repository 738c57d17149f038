"""The trial phone ``/deneme`` of a demo, and the settings that allow it."""

from __future__ import annotations

from typing import NamedTuple

from settings import Settings


class Trial(NamedTuple):
    """The invented person of a demo: a canonical number and e-mail."""

    phone: str
    email: str


def allowed(settings: Settings) -> bool:
    """Whether a phone may be shown: on a development site alone, with messages in a file only."""
    carriers = (settings.sms_gateway, settings.mail_gateway, settings.voice_gateway)
    return not settings.https and all(each is None or each.scheme == "file" for each in carriers)


class PanelTrial(NamedTuple):
    """The invented people of a demo's panel: e-mails, and the operator's TOTP secret."""

    owner: str
    operator: str
    secret: str


PANEL = PanelTrial("derya@cinarpazar.example", "isletmen@izin.example", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
