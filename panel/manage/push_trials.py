"""The test record that the address of a push connection must take before it is kept, for pages and commands."""

from __future__ import annotations

from panel.manage.managed_changes import FieldFault
from providers.api import wire
from providers.push import pusher
from providers.push.push_connections import PushTarget
from providers.push.pusher import NotTaken


async def fault_of(target: PushTarget, *, owner: int, private: bool) -> NotTaken | None:
    """Posts the test record of a provider (iysCode); how it failed. ``private``: setting PUSH_PRIVATE."""
    try:
        await pusher.post(target, wire.PUSH_TEST, owner=owner, private=private, seconds=pusher.SECONDS)
    except NotTaken as fault:
        return fault
    return None


async def prove(target: PushTarget, *, owner: int, private: bool) -> None:
    """Posts the test record. Errors: FieldFault, where it is not taken within five seconds."""
    fault = await fault_of(target, owner=owner, private=private)
    if fault is None:
        return
    if fault.late:
        raise FieldFault("url", "url-late")
    raise FieldFault("url", "url-private" if fault.reason == "address private" else "url-refused", fault.reason)
