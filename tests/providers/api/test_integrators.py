"""What partners are told of their brands, and what subscriptions say where there are no packages."""

from __future__ import annotations

import pytest

from providers.callers import partners
from tests.providers.api.desk import CINAR, CINAR_ALT, ISIK, PARTNER, Desk, Program, brand, codes, consent

P = f"/integrator/{PARTNER}"


def test_a_partner_is_told_its_brands_and_what_it_may_do(here: Desk) -> None:
    here.grant(ISIK, (0, 1, 2))
    here.grant(CINAR_ALT, (2, 0, 0), agreements=True)
    here.grant(CINAR, (0, 0, 0))
    partner = here.program("partner")
    told = partner.get(f"{P}/sps").json()
    assert told["pagination"] == {"offset": 0, "pageSize": 2, "totalCount": 2}
    assert told["list"] == [
        {
            "iysCode": CINAR,
            "title": "Çınar A.Ş.",
            "brandCode": CINAR_ALT,
            "name": "Çınar Çocuk",
            "master": False,
            "agreementControl": True,
            "viaControl": False,
            "ARAMA": "write",
        },
        {
            "iysCode": ISIK,
            "title": "Işık A.Ş.",
            "brandCode": ISIK,
            "name": "Işık",
            "master": True,
            "agreementControl": False,
            "viaControl": False,
            "MESAJ": "read",
            "EPOSTA": "write",
        },
    ]
    second = partner.get(f"{P}/sps?offset=1&limit=1").json()
    assert (second["list"], second["pagination"]["totalCount"]) == (told["list"][1:], 2)
    assert partner.get(f"{P}/sps/{CINAR}").json()["list"] == told["list"][:1]


def test_a_brand_of_which_only_the_reports_are_given_is_told(here: Desk) -> None:
    here.grant(CINAR, (0, 0, 0), agreements=True)
    (one,) = here.program("partner").get(f"{P}/sps").json()["list"]
    assert one["agreementControl"] is True
    assert not {"ARAMA", "MESAJ", "EPOSTA"} & set(one)


@pytest.mark.parametrize("path", ["/sps", f"/sps/{CINAR}", "/subscription"])
def test_a_partner_is_told_of_itself_alone(here: Desk, path: str) -> None:
    here.grant(CINAR, (2, 2, 2))
    here.registry.store.write_now(partners.add, 700808, "Başka İş Ortağı")
    for code in ("700808", "1", "x"):
        answer = here.program("partner").get(f"/integrator/{code}{path}")
        assert (answer.status_code, codes(answer)) == (403, ["H353"])
    answer = here.program("cinar").get(P + path)
    assert (answer.status_code, codes(answer)) == (403, ["H522"])
    assert here.client().get(P + path).status_code == 401


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/sps/{ISIK}", 403, "H353"),
        ("/sps/x", 422, "H190"),
        ("/sps?limit=0", 422, "H187"),
        ("/sps?limit=101", 422, "H186"),
        ("/sps?offset=x", 422, "H182"),
    ],
)
def test_what_is_wrong_is_told(here: Desk, path: str, status: int, code: str) -> None:
    here.grant(CINAR, (2, 2, 2))
    answer = here.program("partner").get(P + path)
    assert (answer.status_code, codes(answer)) == (status, [code])


# -- subscriptions -----------------------------------------------------------------------------------------------------


def test_a_provider_has_a_subscription_without_limits(cinar: Program) -> None:
    for number in (1, 1, 2):
        cinar.post(f"/v2{brand(CINAR)}/consents", consent(number))
    cinar.post(f"{brand(CINAR)}/consents", consent(1, type="ARAMA"))
    cinar.post(f"{brand(CINAR_ALT)}/consents", consent(2))
    assert cinar.get(f"/sps/{CINAR}/subscription").json() == {
        "subscriptionId": str(CINAR),
        "startDate": "2026-11-24 12:00:00",
        "expirationDate": "9999-12-31 23:59:59",
        "subscriptionPackageName": "İzin (sınırsız)",
        "status": "ACTIVE",
        "consentLimit": 2147483647,
        "consentLimitExceed": True,
        "usedConsentLimit": 2,
    }


def test_a_partner_is_told_no_numbers(here: Desk) -> None:
    partner = here.program("partner")
    assert codes(partner.get(f"/sps/{CINAR}/subscription")) == ["H353"]
    here.grant(CINAR_ALT, (0, 1, 0))
    told = partner.get(f"/sps/{CINAR}/subscription").json()
    assert told["status"] == "ACTIVE"
    assert not [name for name in told if "Limit" in name]
    own = partner.get(f"{P}/subscription").json()
    assert (own["iysCode"], own["status"], own["subscriptionId"]) == (PARTNER, "ACTIVE", str(PARTNER))


def test_another_providers_subscription_is_out_of_reach(cinar: Program) -> None:
    answer = cinar.get(f"/sps/{ISIK}/subscription")
    assert (answer.status_code, codes(answer)) == (403, ["H353"])
