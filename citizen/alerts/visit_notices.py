"""Notifies a person by SMS of the first change that a helper makes to their consents in a visit, and of each change by
a lasting helper. Same transaction as the change: somebody who obtained a code by fraud cannot change anything
unnoticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from citizen.alerts import owner_notices
from citizen.session import assisted_session_store
from citizen.session.session import Session, Visit
from citizen.wording import plain_mask, short_site
from consents import history
from consents.instants import DAY
from consents.languages import SOURCE
from consents.registry import Registry
from consents.store import Prefetch, Transaction, prefetches
from consents.store.prefetching import prefetch_of
from gateways.outbox import outbox
from settings import Settings
from web import process
from web.rendering import texts
from web.rendering.texts import mark

# Plain ASCII in every language and within one message of 155 septets whatever the values.
_SMS = mark("%(site)s: verdiginiz kodla %(helper)s reklam izinlerinizi degistirdi. Istemediyseniz 24 saatte %(back)s.")


class Unnoticed(Exception):
    """Nothing was changed: the relative would not hear that their helper lets brands in again."""


async def write(
    request: Request, session: Session, work: Callable[..., Any], *arguments: Any, opens: bool = False
) -> Any:
    """Runs a write; in an assisted session it also notifies the person whose consents change. Where no notice can go
    a refusal stands; ``Unnoticed`` where the write may bring an approval back (``opens``)."""
    here = process.of(request)
    if session.visit is None:
        return await here.registry.store.write(work, *arguments)
    language = texts.language(request)[0]
    if session.visit.delegation is None:
        text = sms(here.settings, language, session.visit, session.current.address)
    else:
        text = owner_notices.helper_acted(here.settings, language, session.visit.address, session.current.address)
    whole = here.registry, here.settings, session, text, opens, work, arguments
    done = await here.registry.store.write(_write, *whole)
    outbox.arrived(here.registry)
    return done


def sms(settings: Settings, language: str, visit: Visit, owner: str) -> str:
    """``owner``: who reads it, canonical."""
    back = owner_notices.way_back(settings, language, owner)
    values = {"site": short_site(settings.site_name), "helper": plain_mask(visit.helper), "back": back}
    return texts.catalogue(language).gettext(_SMS) % values


def _first(*given: Any) -> Prefetch | None:
    *_, work, arguments = given
    return prefetch_of(work, arguments)


@prefetches(_first)
def _write(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    session: Session,
    notice: str,
    opens: bool,
    work: Callable[..., Any],
    arguments: tuple[Any, ...],
) -> Any:
    before = history.act_of_last(transaction)
    done = work(transaction, *arguments)
    if history.act_of_last(transaction) == before:
        return done
    to, until = session.current.address, transaction.now + DAY
    if session.visit is not None and session.visit.delegation is not None:
        if not owner_notices.post(transaction, registry.keyring, settings, SOURCE, to, notice) and opens:
            raise Unnoticed
    elif assisted_session_store.mark_notified(transaction, session.key):
        outbox.post(transaction, registry.keyring, kind="sms", to=to, text=notice, expires_at=until)
    return done
