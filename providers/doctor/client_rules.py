"""Rules over the last calls of one key, oldest first. Each finds one way in which programs go wrong; what the calls do
not show, as a wait of minutes that has not passed yet, is no finding."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from consents.instants import HOUR, MINUTE, SECOND
from providers.callers.call_log import DoneCall
from providers.doctor.findings import SHOWN, Finding

PATIENCE = 15 * MINUTE  # how long a program may take to ask for results, or to send something again
OFTEN = 30 * SECOND  # between two questions about one list; İYS asks for minutes
_PERMANENT = frozenset({400, 403, 404, 413, 422})
_SIGN_IN, _LISTS, _SINGLES, _RESULTS, _FEED = (
    *("/oauth2/token", "/consents/request", "/consents"),
    *("/consents/request/{requestId}", "/consents/changes"),
)

Rule = Callable[[Sequence[DoneCall], int], Iterator[Finding]]


def examine(calls: Sequence[DoneCall], now: int, others: Sequence[DoneCall] = ()) -> list[Finding]:
    """``calls``: of one key, oldest first; ``others``: its owner's other keys ask for results; ``now``: µs."""
    return [*_lists(calls, others, now), *(found for rule in _RULES for found in rule(calls, now))]


def _fact(call: DoneCall, name: str) -> str:
    return next((word[len(name) + 1 :] for word in call.note.split() if word.startswith(f"{name}=")), "")


def _number(call: DoneCall, name: str) -> int:
    found = _fact(call, name)
    return int(found) if found.isdecimal() else 0


def _of(calls: Sequence[DoneCall], method: str, *ends: str) -> list[DoneCall]:
    return [call for call in calls if call.method == method and call.path.endswith(ends)]


def _found(word: str, calls: Sequence[DoneCall], count: int | None = None, **values: object) -> Iterator[Finding]:
    """A finding, where there are calls that show it."""
    if calls:
        yield Finding(word, count or len(calls), values, calls[-SHOWN:])


def _lists(calls: Sequence[DoneCall], others: Sequence[DoneCall], now: int) -> Iterator[Finding]:
    """Accepted lists whose results nobody asked for, or only before they were there, and nobody asks again."""
    asked = defaultdict[bytes, list[DoneCall]](list)
    for call in _of(calls, "GET", _RESULTS):
        asked[call.about].append(call)
    elsewhere = {call.about: call.at for call in others}  # the last time
    accepted = [call for call in _of(calls, "POST", _LISTS) if call.status == 202 and call.at < now - PATIENCE]
    yield from _found(
        "not-stored", [call for call in accepted if call.about and call.about not in {*asked, *elsewhere}]
    )
    last = [found[-1] for about, found in asked.items() if elsewhere.get(about, 0) <= found[-1].at]
    yield from _found("asked-early", [call for call in last if _fact(call, "enqueue") and call.at < now - PATIENCE])
    often = {
        about: [(one, two) for one, two in pairwise(found) if two.at - one.at < OFTEN] for about, found in asked.items()
    }
    most = max(often.values(), key=len, default=[])
    if len(most) >= 3:
        seconds = min((two.at - one.at) // SECOND for one, two in most)
        yield from _found("asked-often", [two for _, two in most], len(most) + 1, seconds=seconds)


def _bad_rows(calls: Sequence[DoneCall], _: int) -> Iterator[Finding]:
    """A list refused for a few items, whose others did not come with the brand's next list."""
    sent = _of(calls, "POST", _LISTS)
    lost = []
    for place, call in enumerate(sent):
        items, faulty = call.items or 0, _number(call, "faulty")
        if call.status == 422 and 0 < faulty < items:
            following = next((one for one in sent[place + 1 :] if one.path == call.path), None)
            if following is None or following.items not in (items, items - faulty):
                lost.append(call)
    if lost:
        worst = max(lost, key=lambda call: call.items or 0)
        yield from _found("one-bad-row", lost, items=worst.items, faulty=_number(worst, "faulty"))
    long = [call for call in sent if call.code == "H091"]
    yield from _found("list-too-long", long, items=max([call.items or 0 for call in long], default=0))


def _repeats(calls: Sequence[DoneCall], _: int) -> Iterator[Finding]:
    """The same body once more: a list, though items of it were stored or named by ``index``; or a refused one."""
    lists, refused = defaultdict[bytes, list[DoneCall]](list), defaultdict[bytes, list[DoneCall]](list)
    for call in calls:
        if call.method != "POST" or not call.digest or "once" in call.note.split():
            continue
        if call.path.endswith(_LISTS) and (call.status == 202 or _number(call, "faulty")):
            lists[call.digest].append(call)
        elif call.status in _PERMANENT and call.code != "Z404":
            refused[call.digest].append(call)
    most = max(lists.values(), key=len, default=[])
    if len(most) > 1:
        yield from _found("list-again", most)
    most = max(refused.values(), key=len, default=[])
    if len(most) > 1:
        yield from _found("same-refused", most, code=most[-1].code)


def _given_up(calls: Sequence[DoneCall], now: int) -> Iterator[Finding]:
    """Consents that failed for the moment, and whose body never came again."""
    sent = [call for call in _of(calls, "POST", _LISTS, _SINGLES) if call.digest]
    last = {call.digest: call for call in sent}  # of each body
    failed = [call for call in last.values() if call.status == 429 or call.status >= 500]
    yield from _found("given-up", [call for call in failed if call.at < now - PATIENCE])


def _paths(calls: Sequence[DoneCall], _: int) -> Iterator[Finding]:
    yield from _found("unknown-path", [call for call in calls if "unknown-path" in call.note.split()])
    named = ("field=iysCode", "field=brandCode")
    yield from _found("placeholder", [call for call in calls if call.status == 422 and call.note.startswith(named)])


def _tokens(calls: Sequence[DoneCall], now: int) -> Iterator[Finding]:
    signed_in = [call for call in _of(calls, "POST", _SIGN_IN) if call.status == 200 and "password" in call.note]
    early = [two for one, two in pairwise(signed_in) if two.at - one.at < HOUR]
    used = [call for call in calls if not call.path.endswith(_SIGN_IN)]
    if not used:
        if len(signed_in) > 1 and signed_in[-1].at < now - PATIENCE:
            yield from _found("token-unused", signed_in)
    elif len(early) >= 4:
        yield from _found("token-each-call", early)
    old = [call for call in _of(calls, "POST", _SIGN_IN) if call.status == 400 and "refresh" in call.note]
    yield from _found("old-refresh", old)


def _pauses(calls: Sequence[DoneCall], _: int) -> Iterator[Finding]:
    held = [call for call in calls if call.status == 429]
    if len(held) >= 3:
        yield from _found("no-pause", held)


def _shapes(calls: Sequence[DoneCall], _: int) -> Iterator[Finding]:
    """Values that no reader takes, by what is wrong with them."""
    by_shape = defaultdict[str, list[DoneCall]](list)
    for call in calls:
        by_shape[_fact(call, "shape")].append(call)
    short, iso = by_shape.pop("short-id", []), by_shape.pop("iso-date", [])
    by_shape.pop("", None)
    for shape, found in by_shape.items():
        yield Finding("number-shape", len(found), {}, found[-SHOWN:], shape=shape)
    yield from _found("date-shape", iso)
    yield from _found("short-id", short)
    ahead = [call for call in calls if _number(call, "ahead")]
    yield from _found("date-ahead", ahead, minutes=max([_number(call, "ahead") for call in ahead], default=0))
    for name in ("pending", "source", "limit", "offset"):
        wrong = [call for call in calls if call.method == "GET" and call.status == 422 and _fact(call, "field") == name]
        yield from _found("wrong-query", wrong, field=name)


def _cursors(calls: Sequence[DoneCall], _: int) -> Iterator[Finding]:
    """The feed read from one place again and again, or from an earlier one; by brand and source."""
    pages = [call for call in _of(calls, "GET", _FEED) if call.status == 200 and call.items]
    read = Counter(call.digest for call in pages)
    digest, times = max(read.items(), key=lambda one: one[1], default=(b"", 0))
    if times >= 3:
        yield from _found("cursor-stands", [call for call in pages if call.digest == digest], times)
    feeds = defaultdict[tuple[str, str], list[DoneCall]](list)
    for call in pages:
        feeds[call.path, _fact(call, "source")].append(call)
    back = [
        two
        for found in feeds.values()
        for one, two in pairwise(found)
        if 0 < _number(two, "after") < _number(one, "after")
    ]
    if len(back) >= 2:
        yield from _found("cursor-back", back)


_RULES: tuple[Rule, ...] = (
    *(_bad_rows, _given_up, _repeats, _paths, _tokens),
    *(_pauses, _shapes, _cursors),
)
