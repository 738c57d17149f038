"""The operator's work on requests about one's own data: entered from a letter, answered, refused, erased."""

from __future__ import annotations

from citizen import public as citizen
from citizen.public import data_requests
from consents.languages import SOURCE
from consents.registry import Registry
from consents.store import Snapshot
from panel.audit import looks
from panel.audit.change import Change
from panel.people import brakes
from panel.retention import erasure
from panel.rights import Member
from settings import Settings
from trust.codes import codes
from trust.codes.codes import Ask, CodeOutcome
from trust.codes.limits import code_limits
from trust.codes.pending import Purpose
from trust.codes.reach import MAIL, carrier, reach
from trust.pseudonyms import mac
from web.rendering import texts
from web.rendering.texts import mark

State = data_requests.DataRequestState
STALE = mark("Bu talep bu arada kapandı.")
NO_ERASURE = mark("Bu talep silme istemiyor. Hiçbir şey silinmedi.")
PASSED_ON = mark(
    "Bu numara talepten sonra başka birine geçti. Kaydı artık onundur: kopyası verilmez, silinmez. Talebi gerekçesiyle "
    "kabul etmeyin."
)
NOT_PROVED = mark(
    "Yazanın bu numaranın ya da e-postanın sahibi olduğu kanıtlanmadı. Önce kod gönderin ve kodu sorun. Kod olmadan "
    "talep cevaplanamaz, yalnız gerekçesi yazılıp reddedilebilir."
)
NO_WAY = mark("Bu numaraya kod gönderilemez. Yazandan cep numarasını ya da e-postasını isteyin; talebi kabul etmeyin.")
NOT_SENT = mark("Şimdi kod gönderilemiyor. Bir dakika sonra yeniden deneyin.")
WRONG_CODE = mark("Bu kod geçmiyor: yanlış ya da süresi dolmuş. Kişi yeniden baksın ya da yeni bir kod gönderin.")
_SUBJECT = mark("%(site)s: verileriniz için bir talep geldi")
_ENDINGS = {State.ANSWERED: "data-request-answered", State.REFUSED: "data-request-refused"}


def enter(change: Change, member: Member, new: data_requests.NewDataRequest) -> int | None:
    """Enters a letter; its number, None above the hourly limit. The audit entry names nobody: what proves identity
    stands in the request alone, which an erasure empties."""
    if not brakes.may_enter(change.transaction, change.keyring, member.person.id):
        return None
    number = data_requests.add(change.transaction, change.keyring, new)
    assert number is not None, "the operator's entries have no limit of their address"
    change.note("data-request-entered", f"data-request {number}", after=new.kind.name.lower())
    return number


def pass_on(change: Change, member: Member, new: data_requests.NewDataRequest) -> int | None:
    """A company passes on a letter that it received; its number, None above the day's limit of the company."""
    number = data_requests.add(change.transaction, change.keyring, new)
    if number is not None:
        kind = new.kind.name.lower()
        change.note("data-request-passed-on", f"data-request {number}", after=kind, provider=member.at.id)
    return number


def send_code(
    change: Change, registry: Registry, settings: Settings, one: data_requests.KeptDataRequest, ip: str
) -> str:
    """Sends a code to the address that the letter names; why not, "" once asked for."""
    transaction, keyring = change.transaction, change.keyring
    if not one.address or one.state is not State.OPEN or one.proved_at is not None:
        return STALE
    if passed_on(transaction, registry, one):  # its new holder did not write it
        return PASSED_ON
    way = reach(one.address, settings.countries).by
    if not way:
        return NO_WAY

    def send(code: str, expires_at: int, allowed: bool) -> None:
        words = citizen.letter_code(settings, SOURCE, one, code)
        subject = texts.catalogue(SOURCE).gettext(_SUBJECT) % {"site": settings.site_name} if way == MAIL else ""
        code_limits.post_code(
            transaction, keyring, carrier(one.address), one.address, words, subject, expires_at, allowed=allowed
        )

    wish = Ask(_code_holder(change, one), Purpose.LETTER, one.address, ip)
    if codes.ask(transaction, keyring, settings, wish, send).outcome is not CodeOutcome.OK:
        return NOT_SENT
    change.note("data-request-code-sent", f"data-request {one.id}")
    return ""


def prove(change: Change, settings: Settings, one: data_requests.KeptDataRequest, code: str) -> str:
    """The writer gave the code that was sent; why it does not count, "" once it does."""
    holder = _code_holder(change, one)
    verdict = codes.redeem(change.transaction, change.keyring, settings, holder, Purpose.LETTER, code)
    if verdict.outcome is not CodeOutcome.OK or verdict.address != one.address:
        return WRONG_CODE
    if not data_requests.prove(change.transaction, one.id):
        return STALE
    change.note("data-request-proved", f"data-request {one.id}")
    return ""


def _code_holder(change: Change, one: data_requests.KeptDataRequest) -> bytes:
    """The code belongs to the request: one person of the desk may send it, and another check it."""
    return mac(change.keyring, "letter code", str(one.id).encode())


def close(change: Change, number: int, state: data_requests.DataRequestState, answer: str) -> bool:
    """False where somebody closed it meanwhile."""
    assert change.by is not None
    if not data_requests.close(change.transaction, change.keyring, number, state, answer, change.by):
        return False
    change.note(_ENDINGS[state], f"data-request {number}")
    return True


def erase(
    change: Change, registry: Registry, settings: Settings, member: Member, one: data_requests.KeptDataRequest
) -> str:
    """Closes a request, erases its address, and posts its holder a notice that is not kept; why not, "" once done."""
    transaction, keyring = change.transaction, change.keyring
    if one.kind is not data_requests.DataRequestKind.ERASURE:
        return NO_ERASURE
    if one.proved_at is None:
        return NOT_PROVED
    if passed_on(transaction, registry, one):
        return PASSED_ON
    if not brakes.may_erase(transaction, keyring, member.person.id):
        return brakes.TOO_MANY_ERASURES
    if not close(change, one.id, State.ANSWERED, ""):
        return STALE
    erasure.erase(change, registry, one.address)
    if holder(registry, one).hears:  # after it, which deletes all messages to the address
        words = citizen.desk_erased(settings, SOURCE, one.number)
        citizen.post_owner_notice(transaction, keyring, settings, SOURCE, one.address, words, kept=False)
    return ""


def note_copy(change: Change, registry: Registry, member: Member, one: data_requests.KeptDataRequest) -> str:
    """Logs that the record is copied for the answer, as a look; why not, "" once done."""
    transaction, keyring, person = change.transaction, change.keyring, member.person.id
    if one.proved_at is None:
        return NOT_PROVED
    if passed_on(transaction, registry, one):
        return PASSED_ON
    if not brakes.may_look_at_all(transaction, keyring, person):
        if brakes.is_first_refused(transaction, keyring, person):
            change.note("looks-too-fast", why=one.number)
        return brakes.TOO_FAST
    if not brakes.may_look(transaction, keyring, person):
        return brakes.TOO_MANY_LOOKS
    change.note(looks.COPIED, f"data-request {one.id}", why=one.number, address=one.address)
    return ""


def passed_on(snapshot: Snapshot, registry: Registry, one: data_requests.KeptDataRequest) -> bool:
    """Whether the number has a new holder since the request, whose record is not its sender's."""
    return one.asked_at < citizen.own_data.since(snapshot, registry, holder(registry, one))


def holder(registry: Registry, one: data_requests.KeptDataRequest) -> citizen.Holder:
    return citizen.holder_of(registry, one.address)
