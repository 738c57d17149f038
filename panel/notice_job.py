"""Mails to the panel's people about what runs out or stands still, each once, to those who may act. One transaction a
mail, with its rows in ``panel_notice``; one that fails is tried again at the next run, and the others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from asking.public import forms
from citizen.public import data_requests
from consents import business_days, standing_counts
from consents.brands import packages, provider_list, provider_states
from consents.brands.book import BrandEntry
from consents.brands.provider_states import ProviderState
from consents.care import aging
from consents.channels import OF_CODE
from consents.dates import day_bounds
from consents.instants import DAY, ISTANBUL, day_of, moment
from consents.queries import reports
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from gateways.outbox import outbox
from national import public as national
from panel.accounts import account_store, memberships, notice_store
from panel.accounts.account_store import PanelPerson
from panel.accounts.memberships import Colleague
from panel.accounts.notice_store import NoticeKind
from panel.companies import application_store
from panel.rights import Permission, Staff
from panel.signin import notice_mails
from panel.signin.notice_mails import NoticeLine
from panel.uploads import upload_store
from providers.deliveries import untaken_refusals
from providers.disputes import disputes
from providers.disputes.disputes import Dispute
from providers.push import push_store
from settings import Settings
from web.logs import Alone
from web.rendering import texts, when

MOST = 200  # mails of one run; the rest follow in the next
TRIES = 3  # failed pushes in a row
OPENS = 8  # o'clock in Türkiye, when a business day's mails go out
LAST = 3  # business days of the law
NEARLY = 0.8  # of a package
_KEPT = 2 * DAY  # µs: a notice is of use for so long


class Occasion(NamedTuple):
    """A reason for a mail. ``provider``: internal id, None for the operator's people; ``brand``: internal id, None for
    the whole company; ``right``: what its readers may do; ``keys``: each is sent to a person once; ``person``: its only
    reader, None for all."""

    kind: NoticeKind
    provider: int | None
    brand: int | None
    right: Permission
    path: str
    keys: tuple[str, ...]
    line: NoticeLine
    person: int | None = None


class NoticeMail(NamedTuple):
    """A mail to send."""

    person: PanelPerson
    company: str
    occasions: list[Occasion]


class NoticeRenewal(NamedTuple):
    """Notices of a person about what still stands: their rows would be deleted, and they sent again."""

    person: int
    kind: NoticeKind
    keys: list[str]


async def send(registry: Registry, settings: Settings) -> None:
    """Sends what is due."""
    renewals: list[NoticeRenewal] = []
    mails = await asyncio.to_thread(due, registry, renewals.append, settings.hs_2015_old_days)
    for renewal in renewals:
        await registry.store.write(notice_store.renew, *renewal)
    for one in mails:
        with Alone("notice_failed", kind=one.occasions[0].kind.name):
            await registry.store.write(_post, registry, settings, one)
    if mails:
        outbox.arrived(registry)


def due(
    registry: Registry, renew: Callable[[NoticeRenewal], None] = lambda _: None, old_days: int = 0
) -> list[NoticeMail]:
    """At most ``MOST`` mails; blocking. A finder that fails stops no other. ``renew`` gets the notices to keep longer;
    ``old_days``: setting HS_2015_OLD_DAYS."""
    now = registry.store.now()
    found = list[Occasion]()
    for finder in FINDERS:
        with Alone("notice_failed", kind=finder.__name__), registry.store.snapshot(passing=True) as snapshot:
            found += finder(snapshot, registry, now)
    if aging.is_past_2015(now, old_days):
        with Alone("notice_failed", kind="old"), registry.store.snapshot(passing=True) as snapshot:
            found += old_consents(snapshot, registry, now)
    with registry.store.snapshot(passing=True) as snapshot:
        return list(islice(_mails(snapshot, registry, found, renew), MOST))


def _mails(
    snapshot: Snapshot, registry: Registry, found: Sequence[Occasion], renew: Callable[[NoticeRenewal], None]
) -> Iterator[NoticeMail]:
    grouped: dict[tuple[int | None, NoticeKind], list[Occasion]] = {}
    for one in found:
        grouped.setdefault((one.provider, one.kind), []).append(one)
    titles = {one.id: one.title for one in provider_list.by_id(snapshot, sorted({p for p, _ in grouped if p}))}
    for (provider, kind), occasions in grouped.items():
        if provider is not None and provider_states.of_provider(snapshot, provider) is ProviderState.CLOSED:
            continue  # nobody may act: the pages are closed to its people
        readers: list[tuple[PanelPerson, list[Occasion]]] = []
        with Alone("notice_failed", kind=kind.name):
            readers = list(_readers(snapshot, registry, provider, occasions))
        for person, mine in readers:
            sent = {key for one in mine for key in one.keys}
            news = set(notice_store.unsent(snapshot, person.id, kind, sent))
            if old := notice_store.aged(snapshot, person.id, kind, sent, registry.store.now()):
                renew(NoticeRenewal(person.id, kind, old))
            theirs = [one for one in mine if news.intersection(one.keys)]
            if theirs and kind not in notice_store.muted(snapshot, person.id):
                yield NoticeMail(person, titles.get(provider or 0, ""), theirs)


def _readers(
    snapshot: Snapshot, registry: Registry, provider: int | None, occasions: Sequence[Occasion]
) -> Iterator[tuple[PanelPerson, list[Occasion]]]:
    """People who may act, each with what concerns them."""
    if provider is None:
        for person in account_store.staff(snapshot, registry.keyring):
            if person.staff is Staff.OPERATOR:
                yield person, list(occasions)
        return
    people = memberships.colleagues(snapshot, registry.keyring, provider)
    for one in people:
        mine = [occasion for occasion in occasions if _concerns(one, occasion, people)]
        if mine:
            yield one.person, mine


def _concerns(one: Colleague, about: Occasion, people: Sequence[Colleague]) -> bool:
    """Whether an occasion is for a colleague: for its own person while that person may act, else for all who may."""
    if not _may_act(one, about):
        return False
    own_may_act = any(about.person == other.person.id and _may_act(other, about) for other in people)
    return not own_may_act or one.person.id == about.person


def _may_act(one: Colleague, about: Occasion) -> bool:
    active = one.person.ended_at is None and one.person.staff is Staff.NONE
    seen = about.brand is None or one.membership.sees(about.brand)
    return active and about.right in one.membership.all_rights and seen


def _post(transaction: Transaction, registry: Registry, settings: Settings, one: NoticeMail) -> None:
    """Posts the mail unless another worker has."""
    kind = one.occasions[0].kind
    keys = notice_store.unsent(transaction, one.person.id, kind, {key for about in one.occasions for key in about.keys})
    if not keys:
        return
    notice_store.keep(transaction, one.person.id, kind, keys)
    lines = [about.line for about in one.occasions]
    mail = notice_mails.mail(settings, kind, one.company, one.occasions[0].path, lines)
    outbox.post(
        transaction,
        registry.keyring,
        kind="mail",
        to=one.person.email,
        subject=mail.subject,
        text=mail.text,
        expires_at=transaction.now + _KEPT,
    )


def untaken(snapshot: Snapshot, registry: Registry, now: int) -> list[Occasion]:
    """Refusals of earlier days, on the first, second and third business day after each."""
    today = day_of(now)
    if moment(now).astimezone(ISTANBUL).hour < OPENS or not business_days.is_business_day(today):
        return []
    book = registry.brands.book(snapshot, now).by_id
    last = reports.recorded_before(snapshot, day_bounds(today)[0])
    found = []
    for one in untaken_refusals.open_of(snapshot, list(book), last):
        brand = book[one.brand]
        keys = {
            f"{brand.id}.{day_of(at)}.{place}"
            for at in one.recorded
            for place in [max((n for n in range(1, LAST + 1) if business_days.days_after(at, n) <= today), default=0)]
            if place
        }
        stop_by = day_bounds(business_days.stop_by(one.oldest))[0]
        line = NoticeLine(brand.title, when.day(notice_mails.LANGUAGE, stop_by), one.refusals, one.whole)
        found.append(_of_brand(NoticeKind.UNTAKEN, brand, Permission.REPORT, "reddedenler", sorted(keys), line))
    return found


def pushes(snapshot: Snapshot, registry: Registry, now: int) -> list[Occasion]:
    """Connections at their third failure in a row or later: their cursor stands still until they work again."""
    book = registry.brands.book(snapshot, now).by_id
    translate = texts.catalogue(notice_mails.LANGUAGE).gettext
    return [
        _of_brand(
            NoticeKind.PUSH,
            book[one.brand],
            Permission.ADMINISTER,
            "programlar/bildirim",
            [f"{one.brand}.{one.channel}.{one.cursor}"],
            NoticeLine(book[one.brand].title, translate(OF_CODE[one.channel].short)),
        )
        for one in push_store.silent(snapshot)
        if one.tries >= TRIES and one.brand in book
    ]


def syncs(snapshot: Snapshot, registry: Registry, now: int) -> list[Occasion]:
    """Companies whose sync needs a person, or whose oldest refusal İYS lacks for over a business day."""
    found = []
    for one in national.list_all(snapshot, registry.keyring, now):
        why = one.paused_by
        if one.started_at is None or not (one.light == "red" or national.needs_a_person(why)):
            continue
        if national.needs_a_person(why):
            key, about = f"{why}.{day_of(now):%Y-%m}", national.explain_pause(why or "", notice_mails.LANGUAGE)
        else:
            oldest = one.oldest or now
            key, about = f"late.{day_of(oldest)}", when.moment(notice_mails.LANGUAGE, oldest)
        path = f"/panel/{one.provider_code}/iys"
        found.append(
            Occasion(NoticeKind.SYNC, one.provider, None, Permission.ADMINISTER, path, (key,), NoticeLine("", about))
        )
    return found


def applications(snapshot: Snapshot, registry: Registry, now: int) -> list[Occasion]:
    return [
        Occasion(
            NoticeKind.APPLICATION,
            None,
            None,
            Permission.MEMBER,
            "/panel/isletmen/basvurular",
            (str(one.id),),
            NoticeLine(one.title),
        )
        for one in application_store.waiting(snapshot, registry.keyring)
    ]


def full_packages(snapshot: Snapshot, registry: Registry, now: int) -> list[Occasion]:
    return [
        Occasion(
            NoticeKind.PACKAGE,
            provider.id,
            None,
            Permission.ADMINISTER,
            f"/panel/{provider.code}/ortaklar",
            (f"{held.package.name}.{held.since}",),
            NoticeLine(held.package.name, f"{held.used} / {held.package.addresses}"),
        )
        for number, held in packages.nearly_full(snapshot, NEARLY)
        for provider in provider_list.by_id(snapshot, [number])
    ]


def failed_loads(snapshot: Snapshot, registry: Registry, now: int) -> list[Occasion]:
    book = registry.brands.book(snapshot, now).by_id
    return [
        _of_brand(
            NoticeKind.LOAD,
            book[one.brand],
            Permission.LOAD,
            f"yuklemeler/{one.number}",
            [str(one.id)],
            NoticeLine(book[one.brand].title, one.name, one.number),
        )._replace(person=one.person)
        for one in upload_store.failed(snapshot, registry.keyring, now - _KEPT)
        if one.brand in book
    ]


def waiting_forms(snapshot: Snapshot, registry: Registry, now: int) -> list[Occasion]:
    book = registry.brands.book(snapshot, now).by_id
    return [
        Occasion(
            NoticeKind.FORM,
            None,
            None,
            Permission.MEMBER,
            "/panel/isletmen/formlar",
            (f"{version.form}.{version.number}.{version.submitted_at}",),  # withdrawn, it keeps its number
            NoticeLine(book[brand].title, version.texts.title),
        )
        for brand, version in forms.waiting(snapshot)
        if brand in book
    ]


def late_data_requests(snapshot: Snapshot, registry: Registry, now: int) -> list[Occasion]:
    """One, with their count; again on a day on which others have become late."""
    if (late := data_requests.late(snapshot, registry.keyring, now)) is None:
        return []
    line = NoticeLine(late.oldest.number, when.day(notice_mails.LANGUAGE, late.oldest.due_at), late.total)
    keys = str(day_of(late.newest_at)), *([f"letter {late.letter}"] if late.letter else [])
    path = "/panel/isletmen/veri-talepleri"
    return [Occasion(NoticeKind.DATA_REQUEST, None, None, Permission.MEMBER, path, keys, line)]


def decided_forms(snapshot: Snapshot, registry: Registry, now: int) -> list[Occasion]:
    book = registry.brands.book(snapshot, now).by_id
    translate = texts.catalogue(notice_mails.LANGUAGE).gettext
    found = []
    for brand, version in forms.decided(snapshot, now - _KEPT):
        if brand not in book:
            continue
        word = notice_mails.FORM_PUBLISHED if version.refused_at is None else notice_mails.FORM_REFUSED
        line = NoticeLine(
            f"{book[brand].title}, {version.texts.title}",
            translate(word) % {"why": forms.reason(registry.keyring, version)},
        )
        keys = [f"{version.form}.{version.number}"]
        found.append(_of_brand(NoticeKind.FORM_DECIDED, book[brand], Permission.ADMINISTER, "formlar", keys, line))
    return found


def disputed(snapshot: Snapshot, registry: Registry, now: int) -> list[Occasion]:
    """Open disputes, each once."""
    book = registry.brands.book(snapshot, now).by_id
    found: dict[int, list[Dispute]] = {}
    after = 0
    while page := disputes.all_open(snapshot, after):
        for one in page:
            found.setdefault(one.brand, []).append(one)
        after = page[-1].id
    return [
        _of_brand(
            NoticeKind.DISPUTE,
            book[brand],
            Permission.LOAD,
            "itirazlar",
            [str(one.id) for one in of_brand],  # by no time: to deny and undo in turn sends no second mail
            NoticeLine(
                book[brand].title,
                when.day(notice_mails.LANGUAGE, min(one.due_at for one in of_brand) - 1),
                len(of_brand),
            ),
        )
        for brand, of_brand in found.items()
        if brand in book
    ]


def old_consents(snapshot: Snapshot, registry: Registry, now: int) -> list[Occasion]:
    """Brands with consents of HS_2015 that nobody has renewed, by the worker's counts; once a calendar year."""
    book, year = registry.brands.book(snapshot, now).by_id, day_of(now).year
    path = "sorgu?status=ONAY&source=HS_2015&brand="
    return [
        _of_brand(
            NoticeKind.OLD,
            book[brand],
            Permission.ADMINISTER,
            f"{path}{book[brand].code}",
            [f"{brand}.{year}"],
            NoticeLine(book[brand].title, number=amount),
        )
        for brand, held in standing_counts.every_kept(snapshot).items()
        if brand in book and (amount := sum(n.amount for n in held.kinds if aging.is_unrenewed(n.status, n.source)))
    ]


def _of_brand(
    kind: NoticeKind, brand: BrandEntry, right: Permission, path: str, keys: Sequence[str], line: NoticeLine
) -> Occasion:
    return Occasion(kind, brand.company, brand.id, right, f"/panel/{brand.company_code}/{path}", tuple(keys), line)


FINDERS: Sequence[Callable[[Snapshot, Registry, int], list[Occasion]]] = (
    untaken, pushes, syncs, applications, full_packages, failed_loads, waiting_forms, decided_forms,
    late_data_requests, disputed,
)  # fmt: skip
