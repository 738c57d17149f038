"""What other rooms may show and send: how many complaints citizens counted, without any person; notices to the owner
of an address that the operator's desk acted for; the register of requests about one's own data, and an address's
erasure here."""

from __future__ import annotations

from citizen.alerts.owner_notices import desk_erased as desk_erased
from citizen.alerts.owner_notices import desk_refused as desk_refused
from citizen.alerts.owner_notices import desk_undone as desk_undone
from citizen.alerts.owner_notices import letter_code as letter_code
from citizen.alerts.owner_notices import post as post_owner_notice
from citizen.receipts import data_requests as data_requests
from citizen.receipts import own_data as own_data
from citizen.receipts.complaint_store import (
    BrandComplaints,
    DayComplaints,
    SenderComplaints,
    UnansweredComplaints,
)
from citizen.receipts.complaint_store import by_brand as complaints_by_brand
from citizen.receipts.complaint_store import by_day as complaints_by_day
from citizen.receipts.complaint_store import by_sender as complaints_by_sender
from citizen.receipts.complaint_store import of_days as complaints_of_days
from citizen.receipts.complaint_store import unanswered as unanswered_complaints
from citizen.receipts.own_data import OwnData, SeenLook
from citizen.session.holder import Holder
from citizen.session.holder import of_address as holder_of
from citizen.signin.entry import forget as forget_address
from citizen.signin.entry import in_use as address_in_use

__all__ = [
    "BrandComplaints",
    "DayComplaints",
    "Holder",
    "OwnData",
    "SeenLook",
    "SenderComplaints",
    "UnansweredComplaints",
    "address_in_use",
    "complaints_by_brand",
    "complaints_by_day",
    "complaints_by_sender",
    "complaints_of_days",
    "data_requests",
    "desk_erased",
    "desk_refused",
    "desk_undone",
    "forget_address",
    "holder_of",
    "letter_code",
    "own_data",
    "post_owner_notice",
    "unanswered_complaints",
]
