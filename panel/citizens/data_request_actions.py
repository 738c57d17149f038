"""The operator's work on requests about one's own data: entered from a letter, answered, refused, erased."""

from __future__ import annotations

from citizen import public as citizen
from citizen.public import data_requests
from consents.registry import Registry
from panel.audit import looks
from panel.audit.change import Change
from panel.people import brakes
from panel.retention import erasure
from panel.rights import Member

State = data_requests.DataRequestState
_ENDINGS = {State.ANSWERED: "data-request-answered", State.REFUSED: "data-request-refused"}


def enter(change: Change, new: data_requests.NewDataRequest) -> int:
    """Enters a letter; its number."""
    number = data_requests.add(change.transaction, change.keyring, new)
    assert number is not None, "the operator's entries have no limit"
    change.note("data-request-entered", f"data-request {number}", after=new.kind.name.lower(), why=new.proof)
    return number


def close(change: Change, number: int, state: data_requests.DataRequestState, answer: str) -> bool:
    """False where somebody closed it meanwhile."""
    assert change.by is not None
    if not data_requests.close(change.transaction, change.keyring, number, state, answer, change.by):
        return False
    change.note(_ENDINGS[state], f"data-request {number}")
    return True


def erase(change: Change, registry: Registry, one: data_requests.KeptDataRequest) -> bool:
    """Closes a request and erases its address. False where it was closed meanwhile."""
    if not close(change, one.id, State.ANSWERED, ""):
        return False
    erasure.erase(change, registry, one.address)
    return True


def note_copy(change: Change, member: Member, one: data_requests.KeptDataRequest) -> bool:
    """Logs that the record is copied for the answer, as a look; False above the hourly limit of looks."""
    if not brakes.may_look(change.transaction, change.keyring, member.person.id):
        return False
    change.note(looks.COPIED, f"data-request {one.id}", why=one.number, address=one.address)
    return True


def holder(registry: Registry, one: data_requests.KeptDataRequest) -> citizen.Holder:
    return citizen.holder_of(registry, one.address)
