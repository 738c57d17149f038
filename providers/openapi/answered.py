"""Response schemas."""

from __future__ import annotations

from consents.terms import Channel
from providers.cases.meanings import CHANNELS
from providers.dealers.dealer_form import STATUSES
from providers.openapi.taken import (
    ADDRESS,
    DEALER,
    KEY,
    KIND,
    TEXT,
    TIME,
    TYPE,
    UUID,
    WHOLE,
    Schema,
    list_of,
    object_of,
    one_of,
    ref,
)
from providers.via.questions import METHODS, NOTICE
from providers.via.via_wire import SHOWN

_ANY_SOURCE: Schema = {"type": "string", "pattern": "^(HS|IYS)_[A-Z0-9_]+$"}
_ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_OR_NULL: Schema = {"type": ["string", "null"]}
_TRUTH: Schema = {"type": "boolean"}
_WORD = one_of(("ONAY", "RET", "BEKLIYOR"))
_PAGE = object_of("offset pageSize totalCount", offset=WHOLE, pageSize=WHOLE, totalCount=WHOLE, currentPage=WHOLE)
_COUNTS = {"approval": WHOLE, "rejection": WHOLE, "total": WHOLE}
_WORDS = {
    **KEY,
    "status": _WORD,
    "source": _ANY_SOURCE,
    "consentDate": TIME,
    "creationDate": TIME,
    "transactionId": _ID,
    "disputed": _TRUTH,
}
_MOVEMENT = object_of(
    "type recipientType status creationDate transactionId", **_WORDS, erasedTransactionIds=list_of(_ID, least=1)
)
_PAST = object_of("type recipientType status", **_WORDS)  # of an erased person's there is no more
_LEVEL = one_of(("read", "write"))

_FAULT = object_of(
    "code message",
    code={"type": "string", "pattern": "^[HZ][0-9]{3,4}$"},
    message=TEXT,
    location=list_of({"type": ["string", "integer"]}),
    value={},
    index=WHOLE,
)
_STATS = object_of(
    "source approval rejection pending total",
    source=one_of(("HS", "IYS")),
    pending=WHOLE,
    disputed=WHOLE,
    **_COUNTS,
)
_ITEM = object_of(
    "index subRequestId status",
    index=WHOLE,
    subRequestId=TEXT,
    status=one_of(("enqueue", "success", "failure")),
    requestId=TEXT,
    transactionId=_ID,
    creationDate=TIME,
    error=object_of("code message", code=TEXT, message=TEXT),
    isAddConsentV2Service=_TRUTH,
    originalRequestInformation=object_of("requestId subRequestId", requestId=TEXT, subRequestId=TEXT),
)
_SUBSCRIPTION = object_of(
    "subscriptionId startDate expirationDate subscriptionPackageName status",
    subscriptionId=TEXT,
    startDate=TIME,
    expirationDate=TIME,
    subscriptionPackageName=TEXT,
    status=one_of(("ACTIVE", "PAUSED", "CLOSED")),
    consentLimit=WHOLE,
    consentLimitExceed=_TRUTH,
    usedConsentLimit=WHOLE,
    iysCode=WHOLE,
)

_OF_REQUEST = {
    "requestId": UUID,
    "source": _ANY_SOURCE,
    "iysCode": TEXT,
    "recipient": TEXT,
    "recipientType": KIND,
}
_SPAN = {"startDate": TIME, "expirationDate": TIME, "status": one_of(("ACTIVE", "PAUSED", "CLOSED"))}


def _ok(message: Schema) -> Schema:
    """ViA's envelope of an answer."""
    return object_of("message code", message=message, code=one_of(("OK",)))


ANSWERED: dict[str, Schema] = {
    "Faults": object_of("errors", errors=list_of(_FAULT, least=1), code=TEXT, message=TEXT),  # the latter of H084
    "TokenError": object_of("error error_description", error=TEXT, error_description=TEXT),
    "Tokens": object_of(
        "access_token expires_in refresh_token refresh_expires_in token_type",
        access_token=TEXT,
        expires_in=WHOLE,
        refresh_token=TEXT,
        refresh_expires_in=WHOLE,
        token_type=TEXT,
    ),
    "Brands": list_of(
        object_of(
            "brandCode name master stats",
            brandCode=WHOLE,
            name=TEXT,
            master=_TRUTH,
            stats=object_of(
                "consents retailers",
                consents=object_of("approval rejection total", **_COUNTS),
                retailers=object_of("total", total=WHOLE),
            ),
        )
    ),
    "Recorded": object_of("transactionId creationDate", transactionId=_ID, creationDate=TIME),
    "Attached": object_of(
        "transactionId evidenceId creationDate", transactionId=_ID, evidenceId=TEXT, creationDate=TIME, answered=_TRUTH
    ),
    "Queued": object_of(
        "requestId subRequests",
        requestId=TEXT,
        subRequests=list_of(
            object_of(
                "subRequestId type recipient status recipientType creationDate",
                subRequestId=TEXT,
                **KEY,
                status=_WORD,
                source=_ANY_SOURCE,
                consentDate=TIME,
                creationDate=TIME,
            )
        ),
    ),
    "Results": list_of(_ITEM),
    "Status": object_of(
        **KEY,
        status=_WORD,
        source=_ANY_SOURCE,
        consentDate=TIME,
        creationDate=TIME,
        transactionId=_ID,
        disputed=_TRUTH,
        retailerAccessCount=WHOLE,
        retailerCode=WHOLE,
        retailerTitle=TEXT,
        signed=ref("Signed"),
    ),
    "Approved": object_of("requestId list", requestId=TEXT, list=list_of(ADDRESS), signed=ref("Signed")),
    "Signed": object_of(
        "format path question answer campaign made checkpoint verifier signature",
        format=one_of(("izin-query/1",)),
        campaign=_OR_NULL,
        checkpoint=_OR_NULL,
        **dict.fromkeys(("path", "question", "answer", "made", "verifier", "signature"), TEXT),
    ),
    "History": object_of("list pagination", list=list_of(_PAST), pagination=_PAGE),
    "Changes": object_of("after list", after=TEXT, list=list_of(_MOVEMENT)),
    "Totals": object_of(
        "changeStats",
        changeStats=list_of(object_of("type consents", type=TYPE, consents=list_of(_STATS)), len(Channel)),
    ),
    "Digest": object_of(
        "processStatus",
        processStatus=one_of(("inprogress", "completed")),
        hashValue={"type": "string", "pattern": "^[0-9a-f]{96}$"},
        hashMethod=one_of(("SHA-384",)),
        agreementStatus=_TRUTH,
    ),
    "Captured": object_of("agreementCaptured", agreementCaptured=_TRUTH),
    "Message": object_of("message", message=TEXT),
    "ConnectionList": list_of(
        object_of("url type registerTime status", url=TEXT, type=TYPE, registerTime=TIME, status=TEXT)
    ),
    "DealerCode": object_of("retailerCode", retailerCode=WHOLE),
    "DealerTold": object_of("title", **DEALER, retailerCode=WHOLE, status=one_of(STATUSES), retailerAccessCount=WHOLE),
    "DealerPage": object_of("list pagination", list=list_of(ref("DealerTold")), pagination=_PAGE),
    "Given": object_of("transactionId creationDate", transactionId=TEXT, creationDate=TIME),
    "Count": WHOLE,
    "Proof": object_of(
        "transactionId creationDate deliveries",
        transactionId=_ID,
        creationDate=TIME,
        deliveries=list_of(
            object_of(
                "way time taken",
                way=one_of(("feed", "push", "file")),
                time=TIME,
                taken={"anyOf": [TIME, {"type": "null"}]},
            )
        ),
    ),
    "PartnerPage": object_of(
        "list pagination",
        list=list_of(
            object_of(
                "iysCode title brandCode name master agreementControl viaControl",
                iysCode=WHOLE,
                title=TEXT,
                brandCode=WHOLE,
                name=TEXT,
                master=_TRUTH,
                agreementControl=_TRUTH,
                viaControl=_TRUTH,
                **{str(channel): _LEVEL for channel in Channel},
            )
        ),
        pagination=_PAGE,
    ),
    "Subscription": _SUBSCRIPTION,
    "City": object_of("code name", code=WHOLE, name=TEXT),
    "Cities": list_of(ref("City")),
    "Town": object_of("code name cityCode city_code", code=WHOLE, name=TEXT, cityCode=WHOLE, city_code=WHOLE),
    "Towns": list_of(ref("Town")),
    "MailLinkList": list_of(object_of("recipient", recipient=TEXT, url=TEXT, code=TEXT, message=TEXT)),
    "Asked": _ok(object_of("requestId", requestId=UUID)),
    "AskedAndRecorded": _ok(
        list_of(
            object_of(
                "transactionId creationDate type brandCode",
                transactionId=_ID,
                creationDate=TIME,
                type=TYPE,
                brandCode=TEXT,
            )
        )
    ),
    "AskedState": _ok(
        object_of(
            "requestId formId source iysCode recipient recipientType consentSource requestDate requestDetails "
            "lastStatus",
            **_OF_REQUEST,
            formId=TEXT,
            consentSource=one_of(METHODS),
            requestDate=TEXT,
            requestDetails=list_of(
                object_of(
                    "consentTypeChoice consentType operationStatusMessage",
                    brandCode=TEXT,
                    consentTypeChoice=one_of((*CHANNELS, NOTICE)),
                    consentType=one_of(("ETK", "KVK")),
                    operationStatusMessage=TEXT,
                    transactionId=_ID,
                    consentDate=TIME,
                )
            ),
            lastStatus=object_of("stage status", stage=TEXT, status=TEXT),
        )
    ),
    "NoticeShown": _ok(
        list_of(
            object_of(
                "requestId source iysCode recipient recipientType type consentDate status",
                **_OF_REQUEST,
                type=one_of((NOTICE,)),
                consentDate={"type": "string", "pattern": "^[0-9]+$"},
                status=one_of((SHOWN,)),
            )
        )
    ),
    "AskedList": _ok(list_of(UUID)),
    "ProofStarted": object_of("data message", data=object_of("requestId", requestId=UUID), message=TEXT),
    "ProofLinkStarted": object_of(
        "data message",
        data=list_of(object_of("requestId shortUrl", requestId=UUID, shortUrl=one_of(("",)))),
        message=TEXT,
    ),
    "ProofSteps": object_of(
        "content pagination",
        content=list_of(
            object_of(
                "requestType status description transactionDate",
                requestType=TEXT,
                status=TEXT,
                description=TEXT,
                transactionDate=TEXT,
            )
        ),
        pagination=object_of(
            "currentPage totalItems totalPages elementsInPage",
            currentPage=WHOLE,
            totalItems=WHOLE,
            totalPages=WHOLE,
            elementsInPage=WHOLE,
        ),
    ),
    "ProofSubscription": object_of(
        "data message",
        data=list_of(
            object_of(
                "iysViaSubscriptionId iysCode startDate expirationDate creationDate lastUpdateDate autoRenewal status "
                "viaSubscriptionPackage",
                iysViaSubscriptionId=TEXT,
                iysCode=WHOLE,
                **_SPAN,
                creationDate=TIME,
                lastUpdateDate=TIME,
                autoRenewal=_TRUTH,
                viaCredit=WHOLE,
                viaSubscriptionPackage=object_of(
                    "viaSubscriptionId startDate expirationDate viaSubscriptionPackageName status isLimited",
                    viaSubscriptionId=TEXT,
                    **_SPAN,
                    viaSubscriptionPackageName=TEXT,
                    viaCredit=WHOLE,
                    isLimited=_TRUTH,
                ),
            )
        ),
        message=TEXT,
    ),
    "ProofFaults": object_of(
        "errorCode errorMessage",
        errorCode=TEXT,
        errorMessage=TEXT,
        subSystemErrorInfo=object_of(
            "status errors", status=WHOLE, errors=list_of(object_of("code message", code=TEXT, message=TEXT))
        ),
        data=list_of(object_of("field message", field=TEXT, message=TEXT)),
    ),
    "ShortLinkList": object_of("list", list=list_of(object_of("recipient url", recipient=TEXT, url=TEXT))),
}
