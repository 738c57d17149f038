"""Table ``panel_notice``: notices sent, each once to a person; and the kinds that a person has switched off."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntFlag

from sqlalchemy import bindparam, select, text, update

from consents.columns import stored
from consents.store import Snapshot, Statement, Transaction, Value, table
from panel.tables import NOTICES_KEPT, PanelNotice, PanelUser

_notice, _user = table(PanelNotice), table(PanelUser)
_SENT: Value[str] = Statement(
    select(_notice.c.about).where(_notice.c.person == bindparam("person"), _notice.c.kind == bindparam("kind"))
)
_KEEP = Statement(
    text(
        "INSERT INTO panel_notice (person, kind, about, at) VALUES (:person, :kind, :about, :at) "
        "ON CONFLICT (person, kind, about) DO NOTHING"
    )
)
_AGED: Value[str] = Statement(
    select(_notice.c.about).where(
        _notice.c.person == bindparam("person"), _notice.c.kind == bindparam("kind"), _notice.c.at < bindparam("before")
    )
)
_RENEW = Statement(text("UPDATE panel_notice SET at = :at WHERE person = :person AND kind = :kind AND about = :about"))
_MUTED: Value[int] = Statement(select(_user.c.muted).where(_user.c.id == bindparam("person")))
_MUTE = Statement(update(_user).where(_user.c.id == bindparam("person")).values(muted=bindparam("what")))


class NoticeKind(IntFlag):
    """A kind of notice; the store keeps the number. ``GUIDE`` is no mail: the first steps of the overview."""

    UNTAKEN = 1  # refusals that the company has not taken
    PUSH = 2  # a push connection that failed for the third time
    SYNC = 4  # the sync with İYS stands still
    APPLICATION = 8  # an application that waits for the operator
    PACKAGE = 16  # a package that is nearly full
    LOAD = 32  # a file that could not be loaded
    GUIDE = 64
    FORM = 128  # a form that waits for the operator
    FORM_DECIDED = 256  # the operator's decision about one
    DATA_REQUEST = 512  # a request about one's own data that has waited for twenty days
    DISPUTE = 1024  # a citizen denies a consent that the company declared
    OLD = 2048  # consents of HS_2015 that nobody has renewed, once a year


MAILS = (
    NoticeKind.UNTAKEN,
    NoticeKind.PUSH,
    NoticeKind.SYNC,
    NoticeKind.APPLICATION,
    NoticeKind.PACKAGE,
    NoticeKind.LOAD,
    NoticeKind.FORM,
    NoticeKind.FORM_DECIDED,
    NoticeKind.DATA_REQUEST,
    NoticeKind.DISPUTE,
    NoticeKind.OLD,
)
OF_OPERATOR = (NoticeKind.APPLICATION, NoticeKind.FORM, NoticeKind.DATA_REQUEST)


def muted(snapshot: Snapshot, person: int) -> NoticeKind:
    return NoticeKind(snapshot.value(_MUTED, {"person": person}) or 0)


def mute(transaction: Transaction, person: int, what: NoticeKind) -> None:
    """Replaces what the person has switched off."""
    transaction.run(_MUTE, {"person": person, "what": int(what)})


def unsent(snapshot: Snapshot, person: int, kind: NoticeKind, about: Iterable[str]) -> list[str]:
    """Those subjects of which the person has had no notice."""
    sent = set(snapshot.column(_SENT, {"person": person, "kind": int(kind)}))
    return [one for one in about if one not in sent]


def aged(snapshot: Snapshot, person: int, kind: NoticeKind, about: Iterable[str], now: int) -> list[str]:
    """Those subjects whose row has stood for half of its time; ``now``: µs."""
    values = {"person": person, "kind": int(kind), "before": stored(now - NOTICES_KEPT // 2)}
    old = set(snapshot.column(_AGED, values))
    return [one for one in about if one in old]


def renew(transaction: Transaction, person: int, kind: NoticeKind, about: Iterable[str]) -> None:
    """Keeps the rows of these subjects from now on."""
    for one in about:
        values = {"person": person, "kind": int(kind), "about": one, "at": stored(transaction.now)}
        transaction.run(_RENEW, values)


def keep(transaction: Transaction, person: int, kind: NoticeKind, about: Iterable[str]) -> None:
    for one in about:
        values = {"person": person, "kind": int(kind), "about": one, "at": stored(transaction.now)}
        transaction.run(_KEEP, values)
