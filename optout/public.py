"""What other rooms may call: brands' own numbers for RET, consents by SMS, messages for a person, calls, the questions
after a refusal's last day."""

from __future__ import annotations

from optout import follow_ups as follow_ups
from optout.follow_ups import FollowUpOffer, FollowUpQuestion
from optout.link_receipts import paper as receipt_paper
from optout.number_check import answer as check_number
from optout.sms.follow_up_answers import PATH as FOLLOW_UP_PATH
from optout.sms.inbound_messages import Unclear
from optout.sms.inbound_messages import done as settle_message
from optout.sms.inbound_messages import forget as forget_texts
from optout.sms.inbound_messages import oldest as oldest_unread
from optout.sms.inbound_messages import unclear as unread_messages
from optout.sms.inbound_messages import waiting as unread_by_carrier
from optout.sms.sms_brands import add_number, remove_number, set_onay, takes_onay
from optout.sms.sms_brands import checked as checked_number
from optout.sms.sms_brands import holder as holder_of_number
from optout.sms.sms_brands import ineffective as ineffective_numbers
from optout.sms.sms_brands import numbers as own_numbers
from optout.sms.sms_brands import of_number as brand_of_number
from optout.sms.sms_brands import senders_in as senders_in
from optout.voice.call_refusals import act as act_of_call

__all__ = [
    "FOLLOW_UP_PATH",
    "FollowUpOffer",
    "FollowUpQuestion",
    "Unclear",
    "act_of_call",
    "add_number",
    "brand_of_number",
    "check_number",
    "checked_number",
    "follow_ups",
    "forget_texts",
    "holder_of_number",
    "ineffective_numbers",
    "oldest_unread",
    "own_numbers",
    "receipt_paper",
    "remove_number",
    "senders_in",
    "set_onay",
    "settle_message",
    "takes_onay",
    "unread_by_carrier",
    "unread_messages",
]
