"""What other rooms may show: how many complaints citizens counted, without any person."""

from __future__ import annotations

from citizen.receipts.complaint_store import (
    BrandComplaints,
    DayComplaints,
    SenderComplaints,
)
from citizen.receipts.complaint_store import by_brand as complaints_by_brand
from citizen.receipts.complaint_store import by_day as complaints_by_day
from citizen.receipts.complaint_store import by_sender as complaints_by_sender

__all__ = [
    "BrandComplaints",
    "DayComplaints",
    "SenderComplaints",
    "complaints_by_brand",
    "complaints_by_day",
    "complaints_by_sender",
]
