"""Hears in each of Mailman's processes who joins and leaves. It only writes the spool, and never stops Mailman."""

from __future__ import annotations

import functools
import logging
import os
from contextlib import contextmanager

from mailman.config import config
from mailman.interfaces.mailinglist import IMailingList
from mailman.interfaces.member import MemberRole, SubscriptionEvent, UnsubscriptionEvent
from mailman.interfaces.pending import IPendings
from mailman.interfaces.plugin import IPlugin
from mailman.interfaces.subscriptions import SubscriptionConfirmationNeededEvent
from zope import event as events
from zope.component import getUtility
from zope.interface import implementer

from izin_mailman import settings
from izin_mailman.settings import Settings
from izin_mailman.spool import Spool

log = logging.getLogger("mailman.plugins")
_own = False  # while the runner itself removes somebody, as İzin said


@implementer(IPlugin)
class Plugin:
    """Named in [plugin.izin]."""

    resource = None

    def pre_hook(self) -> None:
        """Nothing is needed before the database."""

    def post_hook(self) -> None:
        events.subscribers.append(_hear)


@functools.cache
def site() -> Settings:
    """Errors: as ``settings.read``."""
    (path,) = (one["configuration"] for name, one in config.plugin_configs if name == "izin")
    return settings.read(path)


def spool() -> Spool:
    return Spool(os.path.join(config.DATA_DIR, "izin.db"))


def pending(mlist: IMailingList) -> set[str]:
    """E-mails that have yet to confirm, or wait for the moderator."""
    found = getUtility(IPendings).find(mlist=mlist, pend_type="subscription")
    return {one["email"].lower() for _, one in found}


@contextmanager
def own_change():
    """What is changed within is İzin's word and does not go back to it."""
    global _own
    _own = True
    try:
        yield
    finally:
        _own = False


def _hear(event: object) -> None:
    try:
        if isinstance(event, SubscriptionConfirmationNeededEvent):
            if event.mlist.list_id in site().lists:
                spool().asked(event.mlist.list_id, event.email)
        elif isinstance(event, (SubscriptionEvent, UnsubscriptionEvent)) and not _own:
            _moved(event)
    except Exception:
        log.exception("izin: a change was not noted")


def _moved(event: SubscriptionEvent | UnsubscriptionEvent) -> None:
    name, member = event.mlist.list_id, event.member
    one = site().lists.get(name)
    if one is None or member.role is not MemberRole.member:
        return
    email = member.address.email
    if isinstance(event, UnsubscriptionEvent):
        spool().add(name, one.brand, email, "RET")
    elif spool().was_asked(name, email) and email.lower() not in pending(event.mlist):
        spool().add(name, one.brand, email, "ONAY")
    else:
        # The owner added them: their own consent, if there is one, was given elsewhere and is reported from there.
        log.info("izin: a member of %s did not confirm themselves; nothing is reported", name)
