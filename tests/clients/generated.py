"""A developer's program with the package that openapi-python-client generates; run by test_others.py."""
# mypy: ignore-errors

from __future__ import annotations

import os
import time

from izin_api_client import AuthenticatedClient, Client
from izin_api_client.api.changes import list_changes
from izin_api_client.api.consents import add_consent, add_consent_list_v2, get_list_results_v2
from izin_api_client.api.dealers import list_retailers
from izin_api_client.api.queries import get_consent_status
from izin_api_client.api.token import create_token
from izin_api_client.models import (
    Key,
    KeyRecipientType,
    KeyType,
    ListChangesSource,
    PersonConsent,
    PersonConsentRecipientType,
    PersonConsentSource,
    PersonConsentStatus,
    PersonConsentType,
    TokenRequest,
    TokenRequestGrantType,
)

url, brand = os.environ["IZIN_URL"], int(os.environ["IZIN_BRAND"])
asked = TokenRequest(TokenRequestGrantType.PASSWORD, os.environ["IZIN_USER"], os.environ["IZIN_PASSWORD"])
tokens = create_token.sync(client=Client(url), body=asked)
client = AuthenticatedClient(url, tokens.access_token)


def consent(number: int) -> PersonConsent:
    return PersonConsent(
        recipient=f"+9053200000{number:02}",
        type_=PersonConsentType.MESAJ,
        status=PersonConsentStatus.ONAY,
        source=PersonConsentSource.HS_WEB,
        consent_date="2026-11-23 10:15:00",
        recipient_type=PersonConsentRecipientType.BIREYSEL,
    )


recorded = add_consent.sync(brand, brand, client=client, body=consent(1))
assert len(recorded.transaction_id) == 64
refused = add_consent.sync(brand, brand, client=client, body=consent(1))
assert [fault.code for fault in refused.errors] == ["H178"]
queued = add_consent_list_v2.sync(brand, brand, client=client, body=[consent(2), consent(3)])
for _ in range(100):
    results = get_list_results_v2.sync(brand, brand, queued.request_id, client=client)
    if all(one.status == "success" for one in results):
        break
    time.sleep(0.1)
assert [(one.index, str(one.status)) for one in results] == [(0, "success"), (1, "success")]
key = Key("+905320000001", KeyRecipientType.BIREYSEL, KeyType.MESAJ)
assert get_consent_status.sync(brand, brand, client=client, body=key).transaction_id == recorded.transaction_id
page = list_changes.sync(brand, brand, client=client, source=ListChangesSource.HS)
assert len(page.list_) == 3
assert (
    list_changes.sync_detailed(brand, brand, client=client, source=ListChangesSource.HS, after=page.after).status_code
    == 204
)
assert len(list_retailers.sync(brand, brand, client=client).list_) == 1
print("done")
