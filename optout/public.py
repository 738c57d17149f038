"""What other rooms may call: brands' own numbers for RET, consents by SMS, messages for a person, calls."""

from __future__ import annotations

from optout.links.qr import pattern as qr_pattern
from optout.links.qr import svg as qr_svg
from optout.sms.inbound_messages import Unclear
from optout.sms.inbound_messages import done as settle_message
from optout.sms.inbound_messages import oldest as oldest_unread
from optout.sms.inbound_messages import unclear as unread_messages
from optout.sms.inbound_messages import waiting as unread_by_carrier
from optout.sms.sms_brands import add_number, remove_number, set_onay, takes_onay
from optout.sms.sms_brands import checked as checked_number
from optout.sms.sms_brands import holder as holder_of_number
from optout.sms.sms_brands import ineffective as ineffective_numbers
from optout.sms.sms_brands import numbers as own_numbers
from optout.sms.sms_brands import senders_in as senders_in
from optout.voice.call_refusals import act as act_of_call

__all__ = [
    "Unclear",
    "act_of_call",
    "add_number",
    "checked_number",
    "holder_of_number",
    "ineffective_numbers",
    "oldest_unread",
    "own_numbers",
    "qr_pattern",
    "qr_svg",
    "remove_number",
    "senders_in",
    "set_onay",
    "settle_message",
    "takes_onay",
    "unread_by_carrier",
    "unread_messages",
]
