"""The tiles of the operator's first page: each thing that may wait, how many, since when, and where it is cleared."""

from __future__ import annotations

from typing import NamedTuple

from panel.joining.applications import Application
from web.operating.desk_view import BackupState, DeskView
from web.operating.national_view import NationalView

DESK = "/panel/isletmen"


class WaitingTile(NamedTuple):
    """``what``: a word of the template; ``many``: how many wait; ``since``: the oldest (µs); ``path``: its page.

    ``urgent``: people or their refusals are kept waiting, or the registry is at risk.
    """

    what: str
    many: int
    since: int | None
    path: str
    urgent: bool = False


def tiles(view: DeskView, waiting: list[Application], national: list[NationalView], now: int) -> list[WaitingTile]:
    """All of them, those with something first; ``now``: µs. ``national``: companies that are kept the same at İYS."""
    asked = min((one.asked_at for one in waiting), default=None)
    stale = int(view.backup(now) is not BackupState.FRESH)
    down = min(view.carriers.values(), default=None)
    late = [one.oldest for one in national if one.light != "ok" and one.oldest is not None]
    found = [
        WaitingTile(
            "iys", sum(bool(one.faults) for one in national), min(late, default=None), f"{DESK}/iys", bool(late)
        ),
        WaitingTile("untaken", view.untaken, view.oldest_untaken, f"{DESK}/almayanlar", urgent=True),
        WaitingTile("texts", view.texts, view.oldest_text, f"{DESK}/gelen", urgent=True),
        WaitingTile("parked", view.failing + view.given_up, view.oldest_parked, f"{DESK}/giden"),
        WaitingTile("claims", view.claims, view.oldest_claim, f"{DESK}/istekler"),
        WaitingTile("applications", len(waiting), asked, f"{DESK}/basvurular"),
        WaitingTile("sign-in", view.sign_in.closing, None, f"{DESK}/girisler"),
        WaitingTile("pushes", view.pushes, None, f"{DESK}/almayanlar"),
        WaitingTile("carriers", len(view.carriers) + len(view.resting), down, f"{DESK}/durum", urgent=True),
        WaitingTile("workers", int(view.idle), view.workers.lived_at, f"{DESK}/durum", urgent=True),
        WaitingTile("clock", len(view.clocks), None, f"{DESK}/durum", urgent=True),
        WaitingTile("witness", int(bool(view.witness)), None, f"{DESK}/durum", urgent=True),
        WaitingTile("backup", stale, view.backup_at, f"{DESK}/durum"),
        WaitingTile("disks", len(view.disks), None, f"{DESK}/durum", urgent=True),
    ]
    return sorted(found, key=lambda tile: (tile.many == 0, not tile.urgent if tile.many else False))
