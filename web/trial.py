"""Whose phone the page ``/deneme`` of a demo is, and under which settings there is such a page."""

from __future__ import annotations

from typing import NamedTuple

from settings import Settings


class Trial(NamedTuple):
    """The invented person of a demo: a canonical number and e-mail."""

    phone: str
    email: str


def allowed(settings: Settings) -> bool:
    """Whether a phone may be shown: on a development site alone, whose messages go into a file and nowhere else."""
    carriers = (settings.sms_gateway, settings.mail_gateway, settings.voice_gateway)
    return not settings.https and all(each is None or each.scheme == "file" for each in carriers)


class PanelTrial(NamedTuple):
    """The invented people of a demo's panel: e-mails, and the secret of the operator's app for codes."""

    owner: str
    operator: str
    secret: str


PANEL = PanelTrial("derya@cinarpazar.example", "isletmen@izin.example", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
