"""``/panel/deneme``: the mailbox of a demo's invented people, and the codes of the operator's app.

On every other site it is 404.
"""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from consents.instants import SECOND
from gateways.file import file_tail
from gateways.outbox import outbox
from gateways.outbox.outbox import Readable
from panel import panel_pages
from panel.entry import totp
from web import process
from web.process import Process
from web.trial import PANEL, allowed

_SHOWN, _READ = 10, 200  # mails


async def show(request: Request) -> Response:
    """The newest mails first."""
    here = process.of(request)
    if here.trial is None or not allowed(here.settings):
        raise HTTPException(404)
    step = here.registry.store.now() // SECOND // totp.STEP
    code = totp.code_of(PANEL.secret, step)
    mails = await _mails(here)
    return panel_pages.render(request, None, "panel/entry/mailbox.html", mails=mails, code=code, invented=PANEL)


async def _mails(here: Process) -> list[Readable]:
    """What waits, and what the carrier's file has: the outbox forgets a code once it is sent."""
    waiting = await here.registry.store.read(outbox.readable, here.registry.keyring, _READ)
    sent = await asyncio.to_thread(file_tail.tail, here.settings.mail_gateway.path)
    known = {(mail.to, mail.text) for mail in waiting}
    found = [*waiting, *(mail for mail in sent if (mail.to, mail.text) not in known)]
    theirs = [mail for mail in found if mail.to in (PANEL.owner, PANEL.operator)]
    return sorted(theirs, key=lambda mail: mail.at, reverse=True)[:_SHOWN]
