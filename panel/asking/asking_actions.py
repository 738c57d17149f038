"""Actions on a company's forms and tills, and the operator's decisions about forms, for pages and commands, each with
its audit entry. Errors: BadCompany; then abandon the transaction."""

from __future__ import annotations

from collections.abc import Sequence

from asking.public import form_checks, forms, tills
from consents.brands import brand_changes, company_changes, spelling
from consents.brands.book import BrandEntry
from consents.brands.companies import BadCompany
from consents.instants import DAY
from consents.store import Snapshot
from panel.audit.change import Change
from settings import Settings
from trust import limits
from trust.limits import Limit
from trust.pseudonyms import mark

MOST_FORMS = 20  # open ones of a brand; people of a company alone have these limits
MOST_WAITING = 10  # versions of a brand that wait for the operator
MOST_TILLS = 200  # open ones of a brand
FORMS_A_DAY = 50  # new forms and submissions of a company
TILLS_A_DAY = 200  # new ones of a company


def save(change: Change, settings: Settings, brand: BrandEntry, form: int | None, texts: forms.FormTexts) -> int:
    """Writes a draft: of a new form (None), or the next version of one; the form's number."""
    if brand.closed:
        raise BadCompany(f"brand {brand.code} is closed: nothing is asked for it", "form-brand-closed")
    texts = form_checks.cleaned(texts)
    check(change.transaction, settings, brand, texts)
    if form is None:
        opened = [one for one in forms.of_brand(change.transaction, brand.id) if one.ended_at is None]
        if change.by is not None and len(opened) >= MOST_FORMS:
            raise BadCompany(f"a brand has at most {MOST_FORMS} forms", "forms-many", str(MOST_FORMS))
        _bound(change, brand.company, "forms", FORMS_A_DAY)
        form = forms.make(change.transaction, brand.id)
        what, before = "form-added", ""
    else:
        last = _open(change.transaction, form)
        if last.state is forms.FormState.WAITING:
            raise BadCompany(f"version {last.number} of form {form} waits for a decision", "form-waits")
        if last.texts == texts and last.state is forms.FormState.DRAFT:
            return form
        what, before = "form-changed", _in_log(last)
    number = forms.draft(change.transaction, form, texts)
    _note(change, what, brand, form, before, _in_log(_version(change.transaction, form, number)))
    return form


def submit(change: Change, settings: Settings, brand: BrandEntry, form: int) -> int:
    """Passes the draft to the operator; its number."""
    last = _open(change.transaction, form)
    if last.state is not forms.FormState.DRAFT:
        raise BadCompany(f"form {form} has no draft", "form-no-draft")
    check(change.transaction, settings, brand, last.texts)
    waiting = [one for one in forms.listed(change.transaction, [brand.id]) if one.last.state is forms.FormState.WAITING]
    if change.by is not None and len(waiting) >= MOST_WAITING:
        raise BadCompany(f"{MOST_WAITING} forms of the brand wait already", "forms-wait", str(MOST_WAITING))
    _bound(change, brand.company, "forms", FORMS_A_DAY)
    forms.submit(change.transaction, form, last.number)
    _note(change, "form-submitted", brand, form, after=_in_log(last))
    return last.number


def withdraw(change: Change, brand: BrandEntry, form: int) -> None:
    """Makes the waiting version a draft again."""
    last = _open(change.transaction, form)
    if not forms.withdraw(change.transaction, form, last.number):
        raise BadCompany(f"no version of form {form} waits", "form-none-waits")
    _note(change, "form-withdrawn", brand, form, after=_in_log(last))


def publish(change: Change, brand: BrandEntry, form: int, why: str = "") -> int:
    """Publishes the waiting version, which requests show from now on; its number."""
    last = _waiting(change.transaction, form)
    forms.publish(change.transaction, form, last.number)
    _note(change, "form-published", brand, form, after=_in_log(last), why=" ".join(why.split()))
    return last.number


def refuse(change: Change, brand: BrandEntry, form: int, why: str) -> int:
    """Refuses the waiting version with a reason that the company reads; its number."""
    reason, last = company_changes.checked(why), _waiting(change.transaction, form)
    forms.refuse(change.transaction, form, last.number, change.keyring.seal_data(reason.encode()))
    _note(change, "form-refused", brand, form, after=_in_log(last), why=reason)
    return last.number


def end(change: Change, brand: BrandEntry, form: int) -> None:
    """Ends a form: nothing is asked with it any more."""
    found = forms.versions(change.transaction, form)
    if not found or not forms.end(change.transaction, form):
        raise BadCompany(f"form {form} is not open", "form-ended")
    _note(change, "form-ended", brand, form, _in_log(found[0]))


def add_till(change: Change, brand: BrandEntry, kind: str, form: int | None, label: str) -> tuple[int, str]:
    """A new till or poster: (its number, its key), which is stored as a hash alone. ``form``: a published one of the
    brand; None for a till that only verifies numbers."""
    label = " ".join(label.split())
    if brand.closed:
        raise BadCompany(f"brand {brand.code} is closed: nothing is asked for it", "form-brand-closed")
    if not 1 <= len(label) <= tills.LABEL or not label.isprintable() or spelling.is_link(label):
        raise BadCompany(f"a label has 1 to {tills.LABEL} printable characters and no link", "till-label")
    if form is None and kind == tills.POSTER:
        raise BadCompany("a poster needs a form", "till-form")
    if form is not None and form not in {head.id for head, _ in published(change.transaction, brand.id)}:
        raise BadCompany(f"form {form} is no published form of brand {brand.code}", "till-form")
    opened = [one for one in tills.of_brand(change.transaction, brand.id) if one.ended_at is None]
    if change.by is not None and len(opened) >= MOST_TILLS:
        raise BadCompany(f"a brand has at most {MOST_TILLS} tills", "tills-many", str(MOST_TILLS))
    _bound(change, brand.company, "tills", TILLS_A_DAY)
    number, key = tills.make(change.transaction, brand.id, kind, form, label)
    change.note("till-added", f"till {number}", after=f"{kind} {label}", provider=brand.company, brand=brand.id)
    return number, key


def end_till(change: Change, brand: BrandEntry, till: tills.AskingTill) -> None:
    """Ends a till: its address opens nothing any more."""
    if not tills.end(change.transaction, brand.id, till.id):
        raise BadCompany(f"till {till.id} has ended", "till-ended")
    before = f"{till.kind} {till.label}"
    change.note("till-ended", f"till {till.id}", before, provider=brand.company, brand=brand.id)


def check(snapshot: Snapshot, settings: Settings, brand: BrandEntry, texts: forms.FormTexts) -> None:
    """Errors: BadCompany of the first fault."""
    for fault in form_checks.find_faults(settings, brand, called(snapshot, brand), texts):
        raise BadCompany(str(fault), fault.why, fault.about)


def called(snapshot: Snapshot, brand: BrandEntry) -> Sequence[str]:
    """The brand's short names and SMS headers."""
    names, headers = brand_changes.names(snapshot, brand.id)
    return [*names, *headers]


def published(snapshot: Snapshot, brand: int) -> list[tuple[forms.FormHead, forms.Version]]:
    """The brand's open forms that may be asked with, each with the version that is shown."""
    found = ((head, forms.published(snapshot, head.id)) for head in forms.of_brand(snapshot, brand))
    return [(head, version) for head, version in found if head.ended_at is None and version is not None]


def _bound(change: Change, company: int, what: str, most: int) -> None:
    """Counts one more of today for a company's people. Errors: BadCompany."""
    daily = Limit(mark(change.keyring, "asking actions", f"{what} {company}"), most, DAY)
    if change.by is not None and not limits.take(change.transaction, daily):
        raise BadCompany(f"a company adds at most {most} {what} a day", "asking-day", str(most))


def _open(snapshot: Snapshot, form: int) -> forms.Version:
    """The last version of a form that has not ended."""
    head, found = forms.find(snapshot, form), forms.versions(snapshot, form)
    if head is None or head.ended_at is not None or not found:
        raise BadCompany(f"form {form} is not open", "form-ended")
    return found[0]


def _waiting(snapshot: Snapshot, form: int) -> forms.Version:
    last = _open(snapshot, form)
    if last.state is not forms.FormState.WAITING:
        raise BadCompany(f"no version of form {form} waits: see izin form list --waiting", "form-none-waits")
    return last


def _version(snapshot: Snapshot, form: int, number: int) -> forms.Version:
    found = forms.version(snapshot, form, number)
    assert found is not None
    return found


def _in_log(version: forms.Version) -> str:
    """A version in the audit log: number, the digest of its texts, title."""
    return f"{version.number} {forms.digest(version.texts)} {version.texts.title}"


def _note(
    change: Change, what: str, brand: BrandEntry, form: int, before: str = "", after: str = "", why: str = ""
) -> None:
    change.note(what, f"form {form}", before, after, why, provider=brand.company, brand=brand.id)
