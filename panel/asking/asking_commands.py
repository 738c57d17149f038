"""``izin form``, ``izin till``: what the panel's pages of forms and tills do, by the same functions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

import settings
from asking.public import form_checks, forms, tills
from consents import dates
from consents.brands import book
from consents.brands.book import BrandEntry
from consents.brands.companies import BadCompany
from consents.registry import Registry
from consents.store import Snapshot
from consents.terms import Channel, Identity
from panel.asking import asking_actions, till_pages
from panel.audit.change import Change
from panel.command_arguments import Reason, do
from providers.arguments import BrandCode, known_brand
from settings import Settings

form_app = typer.Typer(help="What brands ask citizens: forms, published by the operator.", no_args_is_help=True)
till_app = typer.Typer(help="Tills and posters that ask with a brand's form.", no_args_is_help=True)

DIGEST = 12  # characters of a digest that name a version, at least
FormNumber = Annotated[int, typer.Argument(help="The form's number (formId), as the list has it.")]
Shown = Annotated[
    str,
    typer.Option("--digest", help="The digest that izin form show printed, or its first 12 characters at least."),
]
TillNumber = Annotated[int, typer.Argument(help="The till's number, as the list has it.")]


@form_app.command("add")
def add_form(
    context: typer.Context,
    brand: BrandCode,
    title: Annotated[str, typer.Option(help="The brand as the person reads it.")],
    channel: Annotated[list[str], typer.Option(help="ARAMA, MESAJ or both; or EPOSTA. May be given twice.")],
    promise: Annotated[str, typer.Option(help="What is sent, and how often.")],
    notice: Annotated[str, typer.Option(help="The https address of the notice about personal data.")] = "",
    notice_file: Annotated[Path | None, typer.Option(help="The notice's text instead, as a UTF-8 file.")] = None,
    identity: Annotated[str, typer.Option(help="BIREYSEL or TACIR.")] = "BIREYSEL",
    form: Annotated[int | None, typer.Option(help="The next version of this form, instead of a new one.")] = None,
) -> None:
    """Makes a form, or its next version, submits it, and prints its number; the operator then publishes it."""
    try:
        channels = forms.bits(tuple(dict.fromkeys(Channel[one.upper()] for one in channel)))
        whom = Identity[identity.upper()].code
    except KeyError as bad:
        raise BadCompany(f"{bad.args[0]}: channels are ARAMA, MESAJ, EPOSTA, identities BIREYSEL, TACIR") from bad
    text = notice if notice_file is None else _text(notice_file)
    wanted = forms.FormTexts(title, channels, whom, promise, text)
    do(context, _submit, brand, form, wanted, report=typer.echo)


@form_app.command("show")
def show_form(context: typer.Context, form: FormNumber) -> None:
    """Prints the last version of a form as its reader gets it, and its digest, which publish and refuse ask for."""
    with context.obj() as registry:
        for name, value in registry.store.read_now(_shown, registry, settings.load(), form):
            typer.echo(f"{name}\t{value}")


@form_app.command("publish")
def publish_form(
    context: typer.Context,
    form: FormNumber,
    shown: Shown,
    reason: Annotated[str, typer.Option(help="Why; it stays with the change, and the company reads it.")] = "",
) -> None:
    """Publishes the version of a form that waits, if it is the one that was shown; requests show it from now on."""
    do(context, _decide, asking_actions.publish, form, shown, reason)


@form_app.command("refuse")
def refuse_form(context: typer.Context, form: FormNumber, shown: Shown, reason: Reason) -> None:
    """Refuses the version of a form that waits, if it is the one that was shown."""
    do(context, _decide, asking_actions.refuse, form, shown, reason)


@form_app.command("end")
def end_form(context: typer.Context, form: FormNumber) -> None:
    """Ends a form: nothing is asked with it any more. Consents that it took stay."""
    do(context, _with_brand, asking_actions.end, form)


@form_app.command("list")
def list_forms(
    context: typer.Context,
    brand: Annotated[int | None, typer.Option(help="Of this brand (brandCode) alone.")] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Those alone that wait for the operator.")] = False,
) -> None:
    """Prints a line for each form: number, brand, last version, its state, channels, title, the version that is asked
    with; tabs between."""
    with context.obj() as registry:
        for line in registry.store.read_now(_form_lines, brand, waiting):
            typer.echo("\t".join(line))


@till_app.command("add")
def add_till(
    context: typer.Context,
    brand: BrandCode,
    label: Annotated[str, typer.Option(help="Where it stands, for the company's own list; no person's name.")],
    form: Annotated[int | None, typer.Option(help="The published form it asks with; without one it verifies.")] = None,
    poster: Annotated[bool, typer.Option("--poster", help="A printed QR instead of a clerk's screen.")] = False,
) -> None:
    """Adds a till or poster and prints its number and its address, which cannot be shown again."""
    kind = tills.POSTER if poster else tills.TILL
    address = settings.load().public_url
    do(
        context, _add_till, brand, kind, form, label,
        report=lambda made: typer.echo(f"{made[0]}\t{address}{till_pages.path(made[1])}"),
    )  # fmt: skip


@till_app.command("end")
def end_till(context: typer.Context, till: TillNumber) -> None:
    """Ends a till or poster: its address opens nothing any more."""
    do(context, _end_till, till)


@till_app.command("list")
def list_tills(context: typer.Context, brand: BrandCode) -> None:
    """Prints a line for each till and poster of a brand: number, kind, open or ended, form, label; tabs between."""
    with context.obj() as registry:
        for one in registry.store.read_now(lambda snapshot: tills.of_brand(snapshot, known_brand(snapshot, brand).id)):
            state = "open" if one.ended_at is None else "ended"
            typer.echo("\t".join([str(one.id), one.kind, state, str(one.form or "-"), one.label]))


def _submit(change: Change, brand: int, form: int | None, wanted: forms.FormTexts) -> int:
    entry, chosen = _entry(change.transaction, known_brand(change.transaction, brand).id), settings.load()
    if form is not None and (head := forms.find(change.transaction, form)) is not None and head.brand != entry.id:
        raise BadCompany(f"form {form} is another brand's")
    number = asking_actions.save(change, chosen, entry, form, wanted)
    asking_actions.submit(change, chosen, entry, number)
    return number


def _decide(change: Change, action: Callable[..., Any], form: int, shown: str, why: str) -> None:
    _head(change.transaction, form)
    last = forms.versions(change.transaction, form)[0]
    if len(shown) < DIGEST or not forms.digest(last.texts).startswith(shown.lower()):
        raise BadCompany(
            f"version {last.number} of form {form} has another digest: look at it with izin form show {form}"
        )
    _with_brand(change, action, form, why)


def _with_brand(change: Change, action: Callable[..., Any], form: int, *more: str) -> None:
    action(change, _entry(change.transaction, _head(change.transaction, form).brand), form, *more)


def _head(snapshot: Snapshot, form: int) -> forms.FormHead:
    head = forms.find(snapshot, form)
    if head is None:
        raise BadCompany(f"there is no form {form}: izin form list")
    return head


def _add_till(change: Change, brand: int, kind: str, form: int | None, label: str) -> tuple[int, str]:
    entry = _entry(change.transaction, known_brand(change.transaction, brand).id)
    return asking_actions.add_till(change, entry, kind, form, label)


def _end_till(change: Change, till: int) -> None:
    found = tills.by_id(change.transaction, till)
    if found is None:
        raise BadCompany(f"there is no till {till}: izin till list")
    asking_actions.end_till(change, _entry(change.transaction, found.brand), found)


def _entry(snapshot: Snapshot, brand: int) -> BrandEntry:
    return book.read(snapshot).by_id[brand]


def _shown(snapshot: Snapshot, registry: Registry, chosen: Settings, form: int) -> list[tuple[str, str]]:
    head, version = _head(snapshot, form), forms.versions(snapshot, form)[0]
    brand, asked = _entry(snapshot, head.brand), version.texts
    lines = [
        ("form", f"{form}, version {version.number}, {version.state if head.ended_at is None else 'ended'}"),
        ("brand", f"{brand.code} {brand.title}, {brand.company_code} {brand.company_title}"),
        ("title", asked.title),
        ("promise", asked.promise),
        ("channels", ",".join(asked.named)),
        ("identity", str(Identity.of(asked.identity))),
        *(("sms", one.text) for one in form_checks.previews(chosen, brand, asked, registry.store.now())),
    ]
    if not form_checks.by_phone(asked.channels):
        mail = form_checks.mail(chosen, brand, asked)
        lines += [("subject", mail.subject), ("mail", mail.shown.strip())]
    lines += [("notice", asked.notice), ("digest", forms.digest(asked))]
    return [
        (name, value.replace("\n", "\n\t")) for name, value in lines
    ]  # no text may look like a line of another name


def _form_lines(snapshot: Snapshot, brand: int | None, waiting: bool) -> list[list[str]]:
    known = book.read(snapshot).by_id
    brands = list(known) if brand is None else [known_brand(snapshot, brand).id]
    return [
        [
            str(one.last.form),
            str(known[one.brand].code),
            str(one.last.number),
            "ended" if one.ended_at is not None else str(one.last.state),
            ",".join(map(str, forms.channels_in(one.last.texts.channels))),
            one.last.texts.title,
            str(one.asked_with or "-"),
            "-" if one.last.submitted_at is None else dates.wire(one.last.submitted_at),
        ]
        for one in forms.listed(snapshot, brands)
        if not waiting or (one.last.state is forms.FormState.WAITING and one.ended_at is None)
    ]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise BadCompany(f"{file} cannot be read as UTF-8 ({fault})") from fault
