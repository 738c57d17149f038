"""İYS's field names of both directions: this site's API and its calls to İYS (document 3.2.0)."""

from __future__ import annotations

from typing import Final

COMPANY, BRAND, TRANSACTION, REQUEST = "iysCode", "brandCode", "transactionId", "requestId"  # in paths too
CREATED = "creationDate"
DAY_COLUMNS = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source"


class Field:
    RECIPIENT: Final = "recipient"
    TYPE: Final = "type"
    SOURCE: Final = "source"
    STATUS: Final = "status"
    IDENTITY: Final = "recipientType"
    DATE: Final = "consentDate"
    DEALER: Final = "retailerCode"
    ACCESS: Final = "retailerAccess"
    RECIPIENTS: Final = "recipients"  # instead of RECIPIENT in calls about many
