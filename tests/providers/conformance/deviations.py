"""Where this registry does not do as the document says, or the document not as it says itself; each with its reason.

docs/iys-paths.md is made from this (``python -m tests.providers.conformance.paths``).
"""

from __future__ import annotations

from starlette.routing import Route

from providers import routes
from providers.openapi import document
from tests.providers.conformance.document import Operation, operations

ROUTES = {
    f"{method} {route.path}": route.endpoint
    for route in routes.routes()
    if isinstance(route, Route)
    for method in route.methods
}

# Answers that are not by the document's schema, because its own examples are not either.
SCHEMAS = {
    "getBrandsDetails": "the schema has an object, the example a list",
    "searchRetailers": "in the schema `list` is an object, in the examples a list",
    "searchSingleRetailer": "in the schema codes of places are numbers, in the examples texts",
    "get-subscription": "the schema requires subsciprtionId, the examples have subscipritionId and subscriptionId",
    "getIntegratorSubscription": "in the schema iysCode is a text, in the example a number",
}

# Answers whose status the document does not name.
STATUSES = {("agreementTimeStamp", 204): "there is no time stamp until the authority has answered"}


def served(operation: Operation) -> bool:
    """Whether the call does something here."""
    return ROUTES.get(operation.line) not in (None, routes.not_offered)


def asks_people(operation: Operation) -> bool:
    """Whether it is of ViA or ViA Pass, which have errors of other forms."""
    return operation.path.startswith(("/via/", "/otp-management/"))


# Errors that are not by the document's schema, by operationId and status.
LIST = "`errors` is a list, as in the document's examples; its schema has one object"
VALUE = (
    "`value` repeats the input, so it may be a number or a list, as in the document's examples; its schema has a text"
)
SHAPES = {
    **{
        (call, 422): LIST
        for call in (
            "overrideRetailers",
            "searchRetailersOfOneConsent",
            "removeRelationBetweenRetailer",
            "removeRelationsBetweenRetailersAndConsents",
            "searchRequestDetails",
            "searchRequestDetailsV2",
            "consentDetail",
            "changeSummary",
            "agreementsDate",
            "agreementDatePut",
            "agreementTimeStamp",
            "agreementFile",
            "consentsHistory",
            "PullPerBrandCode",
        )
    },
    **{
        (call, 422): VALUE
        for call in (
            "addBatchConsent",
            "addBatchConsentV2",
            "addRetailers",
            "integratorList",
            "integratorListByiysCode",
        )
    },
}

# Errors whose status the document does not name for a call; docs/openapi.json says which calls these are.
UNNAMED = {
    400: "the body is no JSON, or JSON of another kind",
    404: "a partner without the right to ask people (H1104), or no such process",
    403: "the caller has no right to it (H353)",
    413: "the body is too large (Z413)",
    414: "the query of the address is longer than 4,000 bytes (H014)",
    422: "a code in the path is no number, or the Idempotency-Key was used with another request (Z422)",
    429: "the limit on calls in a second holds for every call (H124), that on tokens for this one (H084)",
    503: "the database cannot commit now, or a report is being made (H123): try again",
}


_OF_BRANDS = ("403", "422")  # no answer of the calls about places, which ask for no right and no number of these


def unnamed() -> dict[int, list[str]]:
    """The operations that may answer with an error whose status the document does not name for them, by status."""
    found: dict[int, list[str]] = {}
    for operation in filter(served, operations()):
        ours = document.document()["paths"][operation.path][operation.method.lower()]["responses"]
        for status in sorted(ours.keys() - operation.raw["responses"].keys()):
            if int(status) >= 400 and not (operation.path.startswith("/info/") and status in _OF_BRANDS):
                found.setdefault(int(status), []).append(operation.id)
    return dict(sorted(found.items()))


# Codes that are not used here.
NOT_TOLD = {
    "H001": "an unknown code gets the same answer as another company's (H353), so nobody learns which codes exist",
    "H018": "as H001",
    "H031": "a token of a user that does not exist is invalid (H351)",
    "H067": "there are more codes than dealers",
    "H082": "an error of İYS's own search engine",
    "H124": "tests/providers/api/test_tokens.py tests limits",
    "H175": "a first RET is recorded (rule L3); STRICT_IYS=1 refuses it",
    "H250": "a token that is not in the header is missing: H351",
    "H251": "as H250",
    "H252": "as H250",
    "H266": "retailerCode is optional, by the document itself",
    "H437": "a package has no such limit here",
    "H502": "reports of all days are kept",
    "H520": "no provider of the examples is paused; tests/providers/api/test_states.py tests it",
    "H521": "as H520",
    "H524": "without a package there is no limit",
    "H525": "tests/providers/api/test_packages.py tests packages",
    "H586": "as H525",
}

# Codes of ViA and ViA Pass that nothing here can lead to; tests/providers/via/test_codes.py tries all others.
_PART = "names a component of İYS's own; here everything is one transaction, and a database that cannot commit is H123"
_STEP = "a process has one state here, which a code of its own names (H1028, H1032, H1049, H1051, H1074)"
_HASH = "a link that refuses is answered by a page in words, for people"
_LEDGER = "an answer is the person's own word, which none of the rules for declared consents refuses"
NEVER = {
    **dict.fromkeys(
        ("H1001", "H1002", "H1003", "H1004", "H1007", "H1008", "H1009", "H1017", "H1018", "H1020", "H1036", "H1046"),
        _PART,
    ),
    **dict.fromkeys(("H1047", "H1053", "H1058", "H1059", "H1068", "H1070", "H1073", "H1097"), _PART),
    **dict.fromkeys(("H1033", "H1034", "H1035", "H1112", "H1113"), _STEP),
    **dict.fromkeys(("H1067", "H1069", "H1075", "H1077", "H1079", "H1087", "H1105", "H1111"), _HASH),
    **dict.fromkeys(("H1080", "H1081", "H1082", "H1083", "H1084"), _LEDGER),
    "H1011": "an unknown type is H1085",
    "H1021": "an empty field is H1057",
    "H1022": "nothing of a process can be deleted by a call",
    "H1023": "a title that is there twice is H1060, a type H1061",
    "H1037": "a form without its texts cannot be submitted",
    "H1043": "a body that is no JSON is H1016",
    "H1090": "a missing field is H1005",
    "H1093": "without a package there is no limit",
    "H1094": "a field of another type is H1029",
    "H1095": "an unknown field is H1025",
    "H1096": "Turkish ID numbers are refused, whatever they are (Z426)",
}

_BOTH = ("addConsent", "addConsentV2")
_LISTS = ("addBatchConsent", "addBatchConsentV2")
_PLUS = "a number without + is accepted if it is clear"
_SWAPPED = "the document swaps H182 (offset) and H183 (limit) between its calls; here they are the same in all"
_ONE = "an address of the wrong length gets one error"
_RIGHTS = "a caller without the right gets 403 in all calls"

# Mistakes with another answer: (operationId, status and name of the example) -> why.
FAULTS = {
    **{(call, "400 retailerCodeEmpty"): "the same as any code of no dealer (H180)" for call in _BOTH},
    **{(call, "400 threeDay"): "the document has both 400 and 422 for H467; here 422" for call in _BOTH},
    **{(call, "422 OneConsentRequestInvalidPhoneNumber"): _ONE for call in _BOTH},
    (
        "addConsentV2",
        "400 retOverrideErrorAddOneConsentRequest",
    ): "v2 gives a repeat the first answer, as the document states",
    **{(call, "422 invalidRecipients"): _ONE for call in _LISTS},
    **{(call, "422 threeDay"): "a late item does not stop the others: its result has H467" for call in _LISTS},
    **{
        (call, f"422 {name}"): "the example's item is a TACIR's, which needs no source at first by the document"
        for call in _LISTS
        for name in ("missingSource", "AsynchronousMultipleConsentMissingSource")
    },
    **{(call, "422 longRequest"): "value is the number of items, a number" for call in _LISTS},
    ("addRetailers", "422 missingRecipients"): "the call has one recipient by the document",
    ("addRetailers", "422 longRecipients"): "the call has one recipient by the document",
    ("addRetailers", "422 invalidPhoneNumbers"): _PLUS,
    ("overrideRetailers", "422 invalidPhoneNumbersInRecipients"): _PLUS,
    ("removeRelationBetweenRetailer", "422 invalidPhoneNumber"): _PLUS,
    ("removeRelationsBetweenRetailersAndConsents", "422 invalidPhoneNumbers"): _PLUS,
    ("searchRetailersOfOneConsent", "422 invalidPhoneNumber"): _PLUS,
    ("searchRetailersOfOneConsent", "422 invalidPhoneNumber2"): "too long is H160, as where consents are added",
    ("searchRetailersOfOneConsent", "422 PaginationError2"): "one fault of the page at a time",
    ("consentDetail", "422 longPhoneNumber"): "the same as any invalid number (H121)",
    ("deleteRetailer", "403 retailerCodeNotFound"): "the document has both 403 H180 and 404 H058; here 404",
    ("batchConsentStatus", "422 invalidRecipientType2"): "a number is no e-mail address: H120",
    ("batchConsentStatus", "422 nonRepeatableRecipient"): "a repeated address is answered once",
    ("consentsHistory", "422 invalidPhone"): "an e-mail address for MESAJ is H464, as in the query of many",
    ("consentsHistory", "422 invalidLimit"): _SWAPPED,
    ("consentsHistory", "422 invalidOffset"): _SWAPPED,
    ("integratorList", "400 example-1"): _RIGHTS,
    ("integratorList", "422 unacceptedPagination"): _SWAPPED,
    ("integratorListByiysCode", "400 example-1"): _RIGHTS,
    ("integratorListByiysCode", "422 unacceptedPagination"): _SWAPPED,
    ("getIntegratorSubscription", "400 invalidUserType"): _RIGHTS,
    ("pushUnregistration", "422 connectionTimeOut"): "nothing is sent when a connection is ended",
    ("via-hash-links", "422 OneConsentRequestInvalidPhoneNumber"): "these links are for e-mails: H120",
}
