"""What other rooms may show and send: how many complaints citizens counted, without any person; and notices to the
owner of an address that the operator's desk acted for."""

from __future__ import annotations

from citizen.alerts.owner_notices import desk_refused as desk_refused
from citizen.alerts.owner_notices import desk_undone as desk_undone
from citizen.alerts.owner_notices import post as post_owner_notice
from citizen.receipts.complaint_store import (
    BrandComplaints,
    DayComplaints,
    SenderComplaints,
)
from citizen.receipts.complaint_store import by_brand as complaints_by_brand
from citizen.receipts.complaint_store import by_day as complaints_by_day
from citizen.receipts.complaint_store import by_sender as complaints_by_sender
from citizen.signin.entry import forget as forget_address

__all__ = [
    "BrandComplaints",
    "DayComplaints",
    "SenderComplaints",
    "complaints_by_brand",
    "complaints_by_day",
    "complaints_by_sender",
    "desk_refused",
    "desk_undone",
    "forget_address",
    "post_owner_notice",
]
