"""Bodies and answers of the API as types, and its codes. Made from docs/openapi.en.json: do not edit."""
# ruff: noqa: E501

from __future__ import annotations

from typing import Any, Literal, NamedTuple, NotRequired, TypedDict


class Evidence(TypedDict):
    # Id of your ONAY; send either this or recipient, type, recipientType.
    transactionId: NotRequired[str]
    # The recipient: a phone number with its country code (+905320000001; at most 15 digits, E.164) or an
    # e-mail address in small letters. ARAMA and MESAJ need a phone, EPOSTA an e-mail (H464).
    recipient: NotRequired[str]
    # Kind of recipient: BIREYSEL a person, TACIR a merchant or tradesman (I without a dot). In a declaration
    # it is BIREYSEL where missing.
    recipientType: NotRequired[Literal["BIREYSEL", "TACIR"]]
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: NotRequired[Literal["ARAMA", "MESAJ", "EPOSTA"]]
    # The text that the recipient agreed to; at most 2,000 characters. The recipient reads it.
    text: NotRequired[str]
    # Version of the text; at most 64 characters.
    version: NotRequired[str]
    # Name or number of the form; at most 64 characters.
    form: NotRequired[str]
    # The page where the consent was given: https, at most 500 characters.
    url: NotRequired[str]
    # SHA-256 of a file that stays with you, 64 small hexadecimal digits.
    fileHash: NotRequired[str]
    # SHA-256 of the image of a signature that stays with you, 64 small hexadecimal digits.
    imageHash: NotRequired[str]


class TokenRequest(TypedDict):
    # password: with user and password. refresh_token: with the refresh token.
    grant_type: Literal["password", "refresh_token"]
    # The program's user name; needed where grant_type is password.
    username: NotRequired[str]
    # The program's password; it was shown once.
    password: NotRequired[str]
    # The refresh token; needed where grant_type is refresh_token. It works once.
    refresh_token: NotRequired[str]


class PersonConsent(TypedDict):
    # The recipient: a phone number with its country code (+905320000001; at most 15 digits, E.164) or an
    # e-mail address in small letters. ARAMA and MESAJ need a phone, EPOSTA an e-mail (H464).
    recipient: str
    # Kind of recipient: BIREYSEL a person, TACIR a merchant or tradesman (I without a dot). In a declaration
    # it is BIREYSEL where missing.
    recipientType: NotRequired[Literal["BIREYSEL"]]
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: Literal["ARAMA", "MESAJ", "EPOSTA"]
    # ONAY: you may send. RET: you must not send. BEKLIYOR comes with pending=1 only: the recipient has to
    # decide, do not send.
    status: Literal["ONAY", "RET"]
    # Where the consent was given. HS_… are declared by providers; IYS_… are the recipient's own decisions
    # (H119).
    source: Literal[
        "HS_2015",
        "HS_KARAR",
        "HS_FIZIKSEL_ORTAM",
        "HS_ISLAK_IMZA",
        "HS_ETKINLIK",
        "HS_ATM",
        "HS_EORTAM",
        "HS_WEB",
        "HS_MOBIL",
        "HS_MESAJ",
        "HS_EPOSTA",
        "HS_CAGRI_MERKEZI",
        "HS_SOSYAL_MEDYA",
    ]
    # The moment of the consent or refusal: YYYY-MM-DD hh:mm:ss, Türkiye's time, no zone. Not in the future
    # (H162); an ONAY is declared within three business days (H467).
    consentDate: str
    # Code of the dealer that collected the consent: 1–8 digits. Leave it out where there is none.
    retailerCode: NotRequired[int]
    # Codes of the dealers that may use the consent: 1 to 100 (H126, H163).
    retailerAccess: NotRequired[list[int]]


class MerchantConsent(TypedDict):
    # The recipient: a phone number with its country code (+905320000001; at most 15 digits, E.164) or an
    # e-mail address in small letters. ARAMA and MESAJ need a phone, EPOSTA an e-mail (H464).
    recipient: str
    # Kind of recipient: TACIR, a merchant or tradesman (I without a dot). BIREYSEL where missing.
    recipientType: Literal["TACIR"]
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: Literal["ARAMA", "MESAJ", "EPOSTA"]
    # ONAY: you may send. RET: you must not send. BEKLIYOR comes with pending=1 only: the recipient has to
    # decide, do not send.
    status: Literal["ONAY", "RET"]
    # Where the consent was given; not needed for a merchant's first record, needed to change one (H463).
    source: NotRequired[
        Literal[
            "HS_2015",
            "HS_KARAR",
            "HS_FIZIKSEL_ORTAM",
            "HS_ISLAK_IMZA",
            "HS_ETKINLIK",
            "HS_ATM",
            "HS_EORTAM",
            "HS_WEB",
            "HS_MOBIL",
            "HS_MESAJ",
            "HS_EPOSTA",
            "HS_CAGRI_MERKEZI",
            "HS_SOSYAL_MEDYA",
        ]
    ]
    # The moment of the consent or refusal; not needed for a merchant's first record, needed to change one
    # (H462).
    consentDate: NotRequired[str]
    # Code of the dealer that collected the consent: 1–8 digits. Leave it out where there is none.
    retailerCode: NotRequired[int]
    # Codes of the dealers that may use the consent: 1 to 100 (H126, H163).
    retailerAccess: NotRequired[list[int]]


class Key(TypedDict):
    # The recipient: a phone number with its country code (+905320000001; at most 15 digits, E.164) or an
    # e-mail address in small letters. ARAMA and MESAJ need a phone, EPOSTA an e-mail (H464).
    recipient: str
    # Kind of recipient: BIREYSEL a person, TACIR a merchant or tradesman (I without a dot). In a declaration
    # it is BIREYSEL where missing.
    recipientType: Literal["BIREYSEL", "TACIR"]
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: Literal["ARAMA", "MESAJ", "EPOSTA"]


class Recipients(TypedDict):
    # Recipients: phone numbers or e-mail addresses by the type in the path, 1 to 1,000.
    recipients: list[str]


class AccessOfOne(TypedDict):
    # The recipient: a phone number with its country code (+905320000001; at most 15 digits, E.164) or an
    # e-mail address in small letters. ARAMA and MESAJ need a phone, EPOSTA an e-mail (H464).
    recipient: str
    # Kind of recipient: BIREYSEL a person, TACIR a merchant or tradesman (I without a dot). In a declaration
    # it is BIREYSEL where missing.
    recipientType: Literal["BIREYSEL", "TACIR"]
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: Literal["ARAMA", "MESAJ", "EPOSTA"]
    # Codes of the dealers that may use the consent: 1 to 100 (H126, H163).
    retailerAccess: list[int]


class AccessOfMany(TypedDict):
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: Literal["ARAMA", "MESAJ", "EPOSTA"]
    # Kind of recipient: BIREYSEL a person, TACIR a merchant or tradesman (I without a dot). In a declaration
    # it is BIREYSEL where missing.
    recipientType: Literal["BIREYSEL", "TACIR"]
    # Recipients: phone numbers or e-mail addresses, 1 to 100.
    recipients: list[str]
    # Codes of the dealers that may use the consent: 1 to 100 (H126, H163).
    retailerAccess: list[int]


class Many(TypedDict):
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: Literal["ARAMA", "MESAJ", "EPOSTA"]
    # Kind of recipient: BIREYSEL a person, TACIR a merchant or tradesman (I without a dot). In a declaration
    # it is BIREYSEL where missing.
    recipientType: Literal["BIREYSEL", "TACIR"]
    # Recipients: phone numbers or e-mail addresses, 1 to 100.
    recipients: list[str]


class DealerCity(TypedDict):
    # Code of the province (plate code).
    code: str | int
    # Full name of the person in charge (H215).
    name: str


class DealerTown(TypedDict):
    # Code of the district.
    code: str | int
    # Full name of the person in charge (H215).
    name: str


class Dealer(TypedDict):
    # Trade name of the dealer; at most 255 characters (H214).
    title: str
    # MERSİS number, 16 digits (H227, H228).
    mersis: NotRequired[str]
    # Short name of the dealer.
    alias: NotRequired[str]
    # Full name of the person in charge (H215).
    name: str
    # Turkish identity number of the person in charge, 11 digits (H216, H225, H226).
    tckn: str
    # Mobile number of the person in charge, with country code (H224).
    mobile: NotRequired[str]
    # Tax number of the dealer, 10 digits (H288, H243, H244).
    tin: str
    # Province of the dealer; code and name are in GET /info/city (H217).
    city: DealerCity
    # District of the dealer; code and name are in GET /info/town (H220).
    town: DealerTown
    # active: open. passive: closed. suspended: paused. active where missing (H201).
    status: NotRequired[Literal["active", "passive", "suspended"]]


class Agreement(TypedDict):
    # Only true: states that the file agrees with your records (H512).
    agreementStatus: Literal[True]


class ConnectionsConnectionItem(TypedDict):
    # Where movements are sent: https, public, without a user in it (H531).
    url: str
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: Literal["ARAMA", "MESAJ", "EPOSTA"]
    # User name for Basic authentication of the posts; no colon.
    username: str
    # Password for Basic authentication of the posts. It is never shown again.
    password: str
    # The signing secret (Standard Webhooks): where it is given, posts are signed. whsec_ and the base64 of 24
    # to 64 bytes. It is not shown again; a partner cannot give one.
    secret: NotRequired[str]


class Connections(TypedDict):
    # The connections; at most six.
    connection: list[ConnectionsConnectionItem]


class Connection(TypedDict):
    # Address of the connection to end.
    url: str
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: Literal["ARAMA", "MESAJ", "EPOSTA"]
    # User name of the connection.
    username: str
    # Password of the connection.
    password: str


class MailLinksRecipientsItem(TypedDict):
    # The e-mail address.
    recipient: str
    # Kind of recipient: BIREYSEL a person, TACIR a merchant or tradesman (I without a dot). In a declaration
    # it is BIREYSEL where missing.
    recipientType: Literal["BIREYSEL", "TACIR"]


class MailLinks(TypedDict):
    # Recipients to make links for.
    recipients: list[MailLinksRecipientsItem]


class ConsentQuestionConsentTypesItem(TypedDict):
    # ETK: consent to commercial messages. KVK: the privacy notice (shown only).
    title: Literal["ETK", "KVK"]
    # Code of the brand; one question is for one brand (Z429).
    brandCodes: NotRequired[list[int]]
    # The channels asked; AYDINLATMA_METNI for KVK.
    types: list[Literal["ARAMA", "MESAJ", "EPOSTA", "AYDINLATMA_METNI"]]
    # Kind of recipient: BIREYSEL a person, TACIR a merchant or tradesman (I without a dot). In a declaration
    # it is BIREYSEL where missing.
    recipientType: NotRequired[Literal["BIREYSEL", "TACIR"]]


class ConsentQuestion(TypedDict):
    # Number of a published form.
    formId: int | str
    # The recipient: a phone number with its country code (+905320000001; at most 15 digits, E.164) or an
    # e-mail address in small letters. ARAMA and MESAJ need a phone, EPOSTA an e-mail (H464).
    recipient: str
    # How to ask: SMS_OTP and EPOSTA_OTP send a code of six digits, SMS_SHORTURL and EPOSTA_SHORTURL a link.
    verificationType: Literal["SMS_OTP", "EPOSTA_OTP", "SMS_SHORTURL", "EPOSTA_SHORTURL"]
    # What is asked: ETK consent to messages, KVK a notice that is only shown.
    consentTypes: list[ConsentQuestionConsentTypesItem]


class TypedCodeConsentTypesItem(TypedDict):
    # ETK: consent to commercial messages.
    title: Literal["ETK"]
    # The code of six digits that the person gave you.
    otpCode: str


class TypedCode(TypedDict):
    # Id of the request: keep it as answered, to ask for the result (at most 36 characters).
    requestId: str
    # How to ask: SMS_OTP and EPOSTA_OTP send a code of six digits, SMS_SHORTURL and EPOSTA_SHORTURL a link.
    verificationType: Literal["SMS_OTP", "EPOSTA_OTP", "SMS_SHORTURL", "EPOSTA_SHORTURL"]
    # What is asked: ETK consent to messages, KVK a notice that is only shown.
    consentTypes: list[TypedCodeConsentTypesItem]
    # The recipient of the question; compared where given (H1048).
    recipient: NotRequired[str]


class NoticeSearch(TypedDict):
    # The recipient: a phone number with its country code (+905320000001; at most 15 digits, E.164) or an
    # e-mail address in small letters. ARAMA and MESAJ need a phone, EPOSTA an e-mail (H464).
    recipient: str
    # Kind of notice.
    type: Literal["AYDINLATMA_METNI", "ACIK_RIZA_METNI", "YURTDISI_AKTARIM"]


class PhoneProof(TypedDict):
    # Mobile number to prove, with country code (H1026).
    phoneNumber: str
    # Code of the brand that the message names (H1107).
    templateId: str | int
    # The company's tax or identity number; its form is checked, it is not kept.
    vkn: str


class MailProof(TypedDict):
    # E-mail address to prove (H1027).
    email: str
    # Code of the brand that the message names (H1107).
    templateId: str | int
    # The company's tax or identity number; its form is checked, it is not kept.
    vkn: str


class ProofCode(TypedDict):
    # The code of six digits that the person gave you.
    otpCode: str
    # Id of the request: keep it as answered, to ask for the result (at most 36 characters).
    requestId: str


class ProofNumber(TypedDict):
    # Id of the request: keep it as answered, to ask for the result (at most 36 characters).
    requestId: str


class ShortLinksLinksItem(TypedDict):
    # The recipient: a phone number with its country code (+905320000001; at most 15 digits, E.164) or an
    # e-mail address in small letters. ARAMA and MESAJ need a phone, EPOSTA an e-mail (H464).
    recipient: str
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: Literal["ARAMA", "MESAJ", "EPOSTA"]


class ShortLinks(TypedDict):
    # Recipients and channels to make links for.
    links: list[ShortLinksLinksItem]


class FaultsErrorsItem(TypedDict):
    # Only of H084: the first error's code, at the top too as at İYS.
    code: str
    # Only of H084: the first error's text, at the top too.
    message: str
    # Path of the wrong field: names and places in lists, from the outside in.
    location: NotRequired[list[str | int]]
    # The value that you sent, at most 200 characters of it.
    value: NotRequired[Any]
    # Place of the item in the list, from 0. Match results to your rows by it.
    index: NotRequired[int]


class Faults(TypedDict):
    # The errors: all faults of the request at once.
    errors: list[FaultsErrorsItem]
    # Only of H084: the first error's code, at the top too as at İYS.
    code: NotRequired[str]
    # Only of H084: the first error's text, at the top too.
    message: NotRequired[str]


class TokenError(TypedDict):
    # OAuth's word for the error (RFC 6749, 5.2): invalid_request or invalid_grant.
    error: str
    # What is wrong, in words.
    error_description: str


class Tokens(TypedDict):
    # The access token: send it in Authorization: Bearer … with every call. Keep it; 100 tokens an hour may be
    # taken (H084).
    access_token: str
    # Seconds for which the access token is still valid.
    expires_in: int
    # The refresh token; it works once and is replaced by a new one. Store the new one at once.
    refresh_token: str
    # Seconds for which the refresh token is still valid.
    refresh_expires_in: int
    # Always bearer.
    token_type: str


class BrandsItemStatsConsents(TypedDict):
    # Number of ONAY.
    approval: int
    # Number of RET.
    rejection: int
    # Total.
    total: int


class BrandsItemStatsRetailers(TypedDict):
    # Total.
    total: int


class BrandsItemStats(TypedDict):
    # Numbers of consents.
    consents: BrandsItemStatsConsents
    # Numbers of dealers.
    retailers: BrandsItemStatsRetailers


class BrandsItem(TypedDict):
    # Code of the brand.
    brandCode: int
    # Name of the brand.
    name: str
    # Whether it is the master brand, which has the provider's code.
    master: bool
    # The brand's numbers.
    stats: BrandsItemStats


class Recorded(TypedDict):
    # Id of the movement: 64 hexadecimal digits, never changes. Keep and compare it whole.
    transactionId: str
    # When the record was made here: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    creationDate: str


class Attached(TypedDict):
    # Id of the movement: 64 hexadecimal digits, never changes. Keep and compare it whole.
    transactionId: str
    # Id of the evidence.
    evidenceId: str
    # When the record was made here: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    creationDate: str
    # true where the evidence answered an open dispute.
    answered: NotRequired[bool]


class QueuedSubRequestsItem(TypedDict):
    # Id of one item of the list.
    subRequestId: str
    # The recipient: a phone number with its country code (+905320000001; at most 15 digits, E.164) or an
    # e-mail address in small letters. ARAMA and MESAJ need a phone, EPOSTA an e-mail (H464).
    recipient: str
    # Kind of recipient: BIREYSEL a person, TACIR a merchant or tradesman (I without a dot). In a declaration
    # it is BIREYSEL where missing.
    recipientType: Literal["BIREYSEL", "TACIR"]
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: Literal["ARAMA", "MESAJ", "EPOSTA"]
    # The status that you sent: ONAY or RET. It is no result.
    status: Literal["ONAY", "RET", "BEKLIYOR"]
    # Where the consent was given. HS_… are declared by providers; IYS_… are the recipient's own decisions
    # (H119).
    source: NotRequired[str]
    # The moment of the consent or refusal: YYYY-MM-DD hh:mm:ss, Türkiye's time, no zone. Not in the future
    # (H162); an ONAY is declared within three business days (H467).
    consentDate: NotRequired[str]
    # When the record was made here: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    creationDate: str


class Queued(TypedDict):
    # Id of the request: keep it as answered, to ask for the result (at most 36 characters).
    requestId: str
    # The items of the list, in your order. 202 means queued; the result tells whether they were stored.
    subRequests: list[QueuedSubRequestsItem]


class ResultsItemError(TypedDict):
    # The item's error code; the same codes as of single consents.
    code: str
    # Text of the code.
    message: str


class ResultsItemOriginalRequestInformation(TypedDict):
    # Id of the request: keep it as answered, to ask for the result (at most 36 characters).
    requestId: str
    # Id of one item of the list.
    subRequestId: str


class ResultsItem(TypedDict):
    # Place of the item in the list, from 0. Match results to your rows by it.
    index: int
    # Id of one item of the list.
    subRequestId: str
    # enqueue: queued, ask again. success: stored. failure: not stored, error has the reason.
    status: Literal["enqueue", "success", "failure"]
    # Id of the request: keep it as answered, to ask for the result (at most 36 characters).
    requestId: NotRequired[str]
    # Id of the movement: 64 hexadecimal digits, never changes. Keep and compare it whole.
    transactionId: NotRequired[str]
    # When the record was made here: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    creationDate: NotRequired[str]
    # Only of a failure: why the item was not stored.
    error: NotRequired[ResultsItemError]
    # The item repeats a word reported before; transactionId is that of the first report (v2).
    isAddConsentV2Service: NotRequired[bool]
    # Ids of the list and item that first reported the word (v2).
    originalRequestInformation: NotRequired[ResultsItemOriginalRequestInformation]


class Status(TypedDict):
    # The recipient: a phone number with its country code (+905320000001; at most 15 digits, E.164) or an
    # e-mail address in small letters. ARAMA and MESAJ need a phone, EPOSTA an e-mail (H464).
    recipient: NotRequired[str]
    # Kind of recipient: BIREYSEL a person, TACIR a merchant or tradesman (I without a dot). In a declaration
    # it is BIREYSEL where missing.
    recipientType: NotRequired[Literal["BIREYSEL", "TACIR"]]
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: NotRequired[Literal["ARAMA", "MESAJ", "EPOSTA"]]
    # ONAY: you may send. RET: you must not send. BEKLIYOR comes with pending=1 only: the recipient has to
    # decide, do not send.
    status: NotRequired[Literal["ONAY", "RET", "BEKLIYOR"]]
    # Where the consent was given. HS_… are declared by providers; IYS_… are the recipient's own decisions
    # (H119).
    source: NotRequired[str]
    # The moment of the consent or refusal: YYYY-MM-DD hh:mm:ss, Türkiye's time, no zone. Not in the future
    # (H162); an ONAY is declared within three business days (H467).
    consentDate: NotRequired[str]
    # When the record was made here: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    creationDate: NotRequired[str]
    # Id of the movement: 64 hexadecimal digits, never changes. Keep and compare it whole.
    transactionId: NotRequired[str]
    # true where the recipient declared never to have given this consent. Attach evidence or declare a RET
    # within five business days. Not at İYS.
    disputed: NotRequired[bool]
    # Number of dealers that may use this consent.
    retailerAccessCount: NotRequired[int]
    # Code of the dealer that collected the consent: 1–8 digits. Leave it out where there is none.
    retailerCode: NotRequired[int]
    # Trade name of the dealer that collected the consent.
    retailerTitle: NotRequired[str]
    # Only with signed=1: the signature of this answer. Keep it byte by byte; izin verify-answer checks it.
    signed: NotRequired[Signed]


class Approved(TypedDict):
    # Id of the request: keep it as answered, to ask for the result (at most 36 characters).
    requestId: str
    # Recipients with ONAY, as you wrote them. Send nothing to those that are missing.
    list: list[str]
    # Only with signed=1: the signature of this answer. Keep it byte by byte; izin verify-answer checks it.
    signed: NotRequired[Signed]


class Signed(TypedDict):
    # Form of the signature.
    format: Literal["izin-query/1"]
    # Your number of the campaign from the query; null without one.
    campaign: str | None
    # The log's newest root at that moment; null where there is none yet.
    checkpoint: str | None
    # Path of the query.
    path: str
    # SHA-256 of the body that you sent, hexadecimal.
    question: str
    # SHA-256 of the answer without this field, hexadecimal.
    answer: str
    # Moment of the signature.
    made: str
    # The public key that checks the signature.
    verifier: str
    # Ed25519 signature, base64.
    signature: str


class HistoryListItem(TypedDict):
    # The recipient: a phone number with its country code (+905320000001; at most 15 digits, E.164) or an
    # e-mail address in small letters. ARAMA and MESAJ need a phone, EPOSTA an e-mail (H464).
    recipient: NotRequired[str]
    # Kind of recipient: BIREYSEL a person, TACIR a merchant or tradesman (I without a dot). In a declaration
    # it is BIREYSEL where missing.
    recipientType: Literal["BIREYSEL", "TACIR"]
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: Literal["ARAMA", "MESAJ", "EPOSTA"]
    # ONAY: you may send. RET: you must not send. BEKLIYOR comes with pending=1 only: the recipient has to
    # decide, do not send.
    status: Literal["ONAY", "RET", "BEKLIYOR"]
    # Where the consent was given. HS_… are declared by providers; IYS_… are the recipient's own decisions
    # (H119).
    source: NotRequired[str]
    # The moment of the consent or refusal: YYYY-MM-DD hh:mm:ss, Türkiye's time, no zone. Not in the future
    # (H162); an ONAY is declared within three business days (H467).
    consentDate: NotRequired[str]
    # When the record was made here: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    creationDate: NotRequired[str]
    # Id of the movement: 64 hexadecimal digits, never changes. Keep and compare it whole.
    transactionId: NotRequired[str]
    # true where the recipient declared never to have given this consent. Attach evidence or declare a RET
    # within five business days. Not at İYS.
    disputed: NotRequired[bool]


class HistoryPagination(TypedDict):
    # Number of entries before the page.
    offset: int
    # Number of entries on this page.
    pageSize: int
    # Number of entries on all pages.
    totalCount: int
    # Number of the page, from 1.
    currentPage: NotRequired[int]


class History(TypedDict):
    # Movements of this consent, the newest first.
    list: list[HistoryListItem]
    # Place of the page, and the total.
    pagination: HistoryPagination


class ChangesListItem(TypedDict):
    # The recipient: a phone number with its country code (+905320000001; at most 15 digits, E.164) or an
    # e-mail address in small letters. ARAMA and MESAJ need a phone, EPOSTA an e-mail (H464).
    recipient: NotRequired[str]
    # Kind of recipient: BIREYSEL a person, TACIR a merchant or tradesman (I without a dot). In a declaration
    # it is BIREYSEL where missing.
    recipientType: Literal["BIREYSEL", "TACIR"]
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: Literal["ARAMA", "MESAJ", "EPOSTA"]
    # ONAY: you may send. RET: you must not send. BEKLIYOR comes with pending=1 only: the recipient has to
    # decide, do not send.
    status: Literal["ONAY", "RET", "BEKLIYOR"]
    # Where the consent was given. HS_… are declared by providers; IYS_… are the recipient's own decisions
    # (H119).
    source: NotRequired[str]
    # The moment of the consent or refusal: YYYY-MM-DD hh:mm:ss, Türkiye's time, no zone. Not in the future
    # (H162); an ONAY is declared within three business days (H467).
    consentDate: NotRequired[str]
    # When the record was made here: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    creationDate: str
    # Id of the movement: 64 hexadecimal digits, never changes. Keep and compare it whole.
    transactionId: str
    # true where the recipient declared never to have given this consent. Attach evidence or declare a RET
    # within five business days. Not at İYS.
    disputed: NotRequired[bool]
    # Only of an erased person: ids of all earlier movements of this consent. By them you find whom to erase in
    # your own data.
    erasedTransactionIds: NotRequired[list[str]]


class Changes(TypedDict):
    # Cursor of this page's last movement. Save it after you stored the page, and send it as after next time.
    after: str
    # Movements, the oldest first; at most 1,000.
    list: list[ChangesListItem]


class TotalsChangeStatsItemConsentsItem(TypedDict):
    # HS: what you declared. IYS: the recipients' decisions.
    source: Literal["HS", "IYS"]
    # Those that wait for the recipient's decision.
    pending: int
    # ONAY that recipients declared never to have given; counted in rejection too, absent where there are none.
    disputed: NotRequired[int]
    # Number of ONAY.
    approval: int
    # Number of RET.
    rejection: int
    # Total.
    total: int


class TotalsChangeStatsItem(TypedDict):
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: Literal["ARAMA", "MESAJ", "EPOSTA"]
    # Numbers by side.
    consents: list[TotalsChangeStatsItemConsentsItem]


class Totals(TypedDict):
    # The day's movements in numbers, one entry for each channel.
    changeStats: list[TotalsChangeStatsItem]


class Digest(TypedDict):
    # completed: the file is ready. inprogress: the day is not over, there is no hash yet.
    processStatus: Literal["inprogress", "completed"]
    # SHA-384 of the day's file, 96 hexadecimal digits.
    hashValue: NotRequired[str]
    # Method of the hash.
    hashMethod: NotRequired[Literal["SHA-384"]]
    # Whether you agreed.
    agreementStatus: NotRequired[bool]


class Captured(TypedDict):
    # The agreement was recorded.
    agreementCaptured: bool


class Message(TypedDict):
    # The result in words.
    message: str


class ConnectionListItem(TypedDict):
    # Address of the connection.
    url: str
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: Literal["ARAMA", "MESAJ", "EPOSTA"]
    # When the connection was made: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    registerTime: str
    # State of the connection, in Turkish words.
    status: str


class DealerCode(TypedDict):
    # Code of the new dealer; never given again.
    retailerCode: int


class DealerToldCity(TypedDict):
    # Code of the province (plate code).
    code: str | int
    # Full name of the person in charge.
    name: str


class DealerToldTown(TypedDict):
    # Code of the district.
    code: str | int
    # Full name of the person in charge.
    name: str


class DealerTold(TypedDict):
    # Trade name of the dealer.
    title: str
    # MERSİS number, 16 digits (H227, H228).
    mersis: NotRequired[str]
    # Short name of the dealer.
    alias: NotRequired[str]
    # Full name of the person in charge.
    name: NotRequired[str]
    # Turkish identity number of the person in charge, 11 digits (H216, H225, H226).
    tckn: NotRequired[str]
    # Mobile number of the person in charge, with country code (H224).
    mobile: NotRequired[str]
    # Tax number of the dealer, 10 digits (H288, H243, H244).
    tin: NotRequired[str]
    # Province of the dealer; code and name are in GET /info/city (H217).
    city: NotRequired[DealerToldCity]
    # District of the dealer; code and name are in GET /info/town (H220).
    town: NotRequired[DealerToldTown]
    # Code of the dealer.
    retailerCode: NotRequired[int]
    # active: open. passive: closed. suspended: paused.
    status: NotRequired[Literal["active", "passive", "suspended"]]
    # Number of consents that this dealer may use.
    retailerAccessCount: NotRequired[int]


class DealerPagePagination(TypedDict):
    # Number of entries before the page.
    offset: int
    # Number of entries on this page.
    pageSize: int
    # Number of entries on all pages.
    totalCount: int
    # Number of the page, from 1.
    currentPage: NotRequired[int]


class DealerPage(TypedDict):
    # The entries of the page.
    list: list[DealerTold]
    # Place of the page, and the total.
    pagination: DealerPagePagination


class Given(TypedDict):
    # Id of the movement: 64 hexadecimal digits, never changes. Keep and compare it whole.
    transactionId: str
    # When the record was made here: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    creationDate: str


class ProofDeliveriesItem(TypedDict):
    # feed: the query of changes. push: a post. file: the day's file.
    way: Literal["feed", "push", "file"]
    # When it was handed out: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    time: str
    # When your program proved that it has it; null while it has not.
    taken: str | None


class Proof(TypedDict):
    # Id of the movement: 64 hexadecimal digits, never changes. Keep and compare it whole.
    transactionId: str
    # When the record was made here: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    creationDate: str
    # Where the movement was handed out.
    deliveries: list[ProofDeliveriesItem]


class PartnerPageListItem(TypedDict):
    # Code of the provider.
    iysCode: int
    # Trade name of the provider.
    title: str
    # Code of the brand.
    brandCode: int
    # Name of the brand.
    name: str
    # Whether it is the master brand, which has the provider's code.
    master: bool
    # Whether you may read day reports and agree to them.
    agreementControl: bool
    # Whether you may ask people for consents.
    viaControl: bool
    # Your right to the brand's call consents: read, or write too. Absent without a right.
    ARAMA: NotRequired[Literal["read", "write"]]
    # Your right to the brand's SMS consents: read, or write too. Absent without a right.
    MESAJ: NotRequired[Literal["read", "write"]]
    # Your right to the brand's e-mail consents: read, or write too. Absent without a right.
    EPOSTA: NotRequired[Literal["read", "write"]]


class PartnerPagePagination(TypedDict):
    # Number of entries before the page.
    offset: int
    # Number of entries on this page.
    pageSize: int
    # Number of entries on all pages.
    totalCount: int
    # Number of the page, from 1.
    currentPage: NotRequired[int]


class PartnerPage(TypedDict):
    # The entries of the page.
    list: list[PartnerPageListItem]
    # Place of the page, and the total.
    pagination: PartnerPagePagination


class Subscription(TypedDict):
    # Id of the subscription.
    subscriptionId: str
    # When it begins: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    startDate: str
    # When it ends: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    expirationDate: str
    # Name of the package.
    subscriptionPackageName: str
    # ACTIVE: open. PAUSED: paused (H520). CLOSED: closed (H521).
    status: Literal["ACTIVE", "PAUSED", "CLOSED"]
    # Number of addresses of the package; 2147483647 without one.
    consentLimit: NotRequired[int]
    # Whether the limit is exceeded (H525).
    consentLimitExceed: NotRequired[bool]
    # Number of addresses with ONAY; an address counts once.
    usedConsentLimit: NotRequired[int]
    # Code of the provider.
    iysCode: NotRequired[int]


class City(TypedDict):
    # Code of the province (plate code).
    code: int
    # Name of the province.
    name: str


class Town(TypedDict):
    # Code of the district.
    code: int
    # Name of the district.
    name: str
    # Code of the district's province.
    cityCode: int
    # The same as cityCode; İYS writes both.
    city_code: int


class MailLinkListItem(TypedDict):
    # The e-mail address.
    recipient: str
    # The recipient's page to refuse; put it into the message.
    url: NotRequired[str]
    # Why there is no link.
    code: NotRequired[str]
    # Text of the code.
    message: NotRequired[str]


class AskedMessage(TypedDict):
    # Id of the request: keep it as answered, to ask for the result (at most 36 characters).
    requestId: str


class Asked(TypedDict):
    # The question that was started.
    message: AskedMessage
    # Always OK.
    code: Literal["OK"]


class AskedAndRecordedMessageItem(TypedDict):
    # Id of the movement: 64 hexadecimal digits, never changes. Keep and compare it whole.
    transactionId: str
    # When the record was made here: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    creationDate: str
    # Type of consent, that is the channel: ARAMA calls, MESAJ SMS, EPOSTA e-mail.
    type: Literal["ARAMA", "MESAJ", "EPOSTA"]
    # Code of the brand, as text.
    brandCode: str


class AskedAndRecorded(TypedDict):
    # The consents that were recorded, one for each channel.
    message: list[AskedAndRecordedMessageItem]
    # Always OK.
    code: Literal["OK"]


class AskedStateMessageRequestDetailsItem(TypedDict):
    # Code of the brand, as text.
    brandCode: NotRequired[str]
    # The channel or notice asked.
    consentTypeChoice: Literal["ARAMA", "MESAJ", "EPOSTA", "AYDINLATMA_METNI"]
    # ETK or KVK.
    consentType: Literal["ETK", "KVK"]
    # State of this part, in a word.
    operationStatusMessage: str
    # Id of the movement: 64 hexadecimal digits, never changes. Keep and compare it whole.
    transactionId: NotRequired[str]
    # The moment of the consent or refusal: YYYY-MM-DD hh:mm:ss, Türkiye's time, no zone. Not in the future
    # (H162); an ONAY is declared within three business days (H467).
    consentDate: NotRequired[str]


class AskedStateMessageLastStatus(TypedDict):
    # Step of the question: CONSENT_REQUESTED waits for the answer, COMPLETED ended, ENQUEUE could not be sent.
    stage: str
    # Result of the step: SUCCESS, PENDING, OTP_CODE_INCORRECT, SMSMAIL_OUT_FAILURE or SYSTEM_FAILURE.
    status: str


class AskedStateMessage(TypedDict):
    # Id of the request: keep it as answered, to ask for the result (at most 36 characters).
    requestId: str
    # Where the consent was given. HS_… are declared by providers; IYS_… are the recipient's own decisions
    # (H119).
    source: str
    # Code of the provider, as text.
    iysCode: str
    # The recipient: a phone number with its country code (+905320000001; at most 15 digits, E.164) or an
    # e-mail address in small letters. ARAMA and MESAJ need a phone, EPOSTA an e-mail (H464).
    recipient: str
    # Kind of recipient: BIREYSEL a person, TACIR a merchant or tradesman (I without a dot). In a declaration
    # it is BIREYSEL where missing.
    recipientType: Literal["BIREYSEL", "TACIR"]
    # Number of the form, as text.
    formId: str
    # The way of the question: verificationType.
    consentSource: Literal["SMS_OTP", "EPOSTA_OTP", "SMS_SHORTURL", "EPOSTA_SHORTURL"]
    # When the question began.
    requestDate: str
    # State of each part of the question.
    requestDetails: list[AskedStateMessageRequestDetailsItem]
    # Last state of the question.
    lastStatus: AskedStateMessageLastStatus


class AskedState(TypedDict):
    # State of the question.
    message: AskedStateMessage
    # Always OK.
    code: Literal["OK"]


class NoticeShownMessageItem(TypedDict):
    # Id of the request: keep it as answered, to ask for the result (at most 36 characters).
    requestId: str
    # Where the consent was given. HS_… are declared by providers; IYS_… are the recipient's own decisions
    # (H119).
    source: str
    # Code of the provider, as text.
    iysCode: str
    # The recipient: a phone number with its country code (+905320000001; at most 15 digits, E.164) or an
    # e-mail address in small letters. ARAMA and MESAJ need a phone, EPOSTA an e-mail (H464).
    recipient: str
    # Kind of recipient: BIREYSEL a person, TACIR a merchant or tradesman (I without a dot). In a declaration
    # it is BIREYSEL where missing.
    recipientType: Literal["BIREYSEL", "TACIR"]
    # Kind of the notice that was shown.
    type: Literal["AYDINLATMA_METNI"]
    # When it was shown, milliseconds since 1970, as text.
    consentDate: str
    # Always GOSTERILDI: nobody agrees to a notice.
    status: Literal["GOSTERILDI"]


class NoticeShown(TypedDict):
    # The notices that were shown.
    message: list[NoticeShownMessageItem]
    # Always OK.
    code: Literal["OK"]


class AskedList(TypedDict):
    # Ids of the questions.
    message: list[str]
    # Always OK.
    code: Literal["OK"]


class ProofStartedData(TypedDict):
    # Id of the request: keep it as answered, to ask for the result (at most 36 characters).
    requestId: str


class ProofStarted(TypedDict):
    # The proof that was started.
    data: ProofStartedData
    # The result in words.
    message: str


class ProofLinkStartedDataItem(TypedDict):
    # Id of the request: keep it as answered, to ask for the result (at most 36 characters).
    requestId: str
    # Always empty: the link goes to the recipient alone.
    shortUrl: Literal[""]


class ProofLinkStarted(TypedDict):
    # The proof that was started.
    data: list[ProofLinkStartedDataItem]
    # The result in words.
    message: str


class ProofStepsContentItem(TypedDict):
    # Kind of the step.
    requestType: str
    # State of the step.
    status: str
    # The step in words.
    description: str
    # Moment of the step, with microseconds.
    transactionDate: str


class ProofStepsPagination(TypedDict):
    # Number of the page, from 1.
    currentPage: int
    # Number of entries on all pages.
    totalItems: int
    # Number of pages.
    totalPages: int
    # Number of entries on this page.
    elementsInPage: int


class ProofSteps(TypedDict):
    # Steps of the proof.
    content: list[ProofStepsContentItem]
    # Place of the page, and the total.
    pagination: ProofStepsPagination


class ProofSubscriptionDataItemViaSubscriptionPackage(TypedDict):
    # Id of the package.
    viaSubscriptionId: str
    # When it begins: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    startDate: str
    # When it ends: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    expirationDate: str
    # ACTIVE: open. PAUSED: paused. CLOSED: closed.
    status: Literal["ACTIVE", "PAUSED", "CLOSED"]
    # Name of the package.
    viaSubscriptionPackageName: str
    # What is left of the questions of thirty days; absent without a package.
    viaCredit: NotRequired[int]
    # Whether the package has a limit.
    isLimited: bool


class ProofSubscriptionDataItem(TypedDict):
    # Id of the subscription of ViA.
    iysViaSubscriptionId: str
    # Code of the provider.
    iysCode: int
    # When it begins: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    startDate: str
    # When it ends: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    expirationDate: str
    # ACTIVE: open. PAUSED: paused. CLOSED: closed.
    status: Literal["ACTIVE", "PAUSED", "CLOSED"]
    # When the record was made here: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    creationDate: str
    # When it last changed: YYYY-MM-DD hh:mm:ss, Türkiye's time.
    lastUpdateDate: str
    # Whether it renews itself.
    autoRenewal: bool
    # What is left of the questions of thirty days; absent without a package.
    viaCredit: NotRequired[int]
    # The package of ViA.
    viaSubscriptionPackage: ProofSubscriptionDataItemViaSubscriptionPackage


class ProofSubscription(TypedDict):
    # Subscriptions of ViA.
    data: list[ProofSubscriptionDataItem]
    # The result in words.
    message: str


class ProofFaultsSubSystemErrorInfoErrorsItem(TypedDict):
    # Error code: H… is İYS's, Z… this registry's own. Your program decides by it.
    code: str
    # Text of the code: the fault and its correction, Turkish / English. For people; programs decide by the
    # code.
    message: str


class ProofFaultsSubSystemErrorInfo(TypedDict):
    # HTTP status of the real error.
    status: int
    # The errors: all faults of the request at once.
    errors: list[ProofFaultsSubSystemErrorInfoErrorsItem]


class ProofFaultsDataItem(TypedDict):
    # Name of the wrong field.
    field: str
    # Text of the code: the fault and its correction, Turkish / English. For people; programs decide by the
    # code.
    message: str


class ProofFaults(TypedDict):
    # ViA Pass's error code; of ERR-SYS-0007 the real code is in subSystemErrorInfo.
    errorCode: str
    # Text of ViA Pass's error.
    errorMessage: str
    # The real error: status and codes.
    subSystemErrorInfo: NotRequired[ProofFaultsSubSystemErrorInfo]
    # The wrong fields.
    data: NotRequired[list[ProofFaultsDataItem]]


class ShortLinkListListItem(TypedDict):
    # The recipient: a phone number with its country code (+905320000001; at most 15 digits, E.164) or an
    # e-mail address in small letters. ARAMA and MESAJ need a phone, EPOSTA an e-mail (H464).
    recipient: str
    # The recipient's page to refuse; put it into the message.
    url: str


class ShortLinkList(TypedDict):
    # The entries of the page.
    list: list[ShortLinkListListItem]


Consent = PersonConsent | MerchantConsent

Count = int

Brands = list[BrandsItem]

Cities = list[City]

ConnectionList = list[ConnectionListItem]

Consents = list[Consent]

MailLinkList = list[MailLinkListItem]

Results = list[ResultsItem]

Towns = list[Town]


class CodeInfo(NamedTuple):
    """``retry``: whether the same request may be sent again: never, once (with a new token), later (after the time that
    the text names) or retry-after."""

    statuses: tuple[int, ...]
    retry: str
    message: str


CODES = {
    "H014": CodeInfo((400, 414), "never", "The body is not valid JSON. Correct its quotes, commas and brackets."),
    "H015": CodeInfo((500,), "retry-after", "Something unexpected went wrong. Try again in a while."),
    "H016": CodeInfo(
        (400,), "never", "A field is missing, wrong or too long. Correct it by the limits in the documentation."
    ),
    "H017": CodeInfo((400,), "never", "The field is too long. Shorten it to the limit in the documentation."),
    "H058": CodeInfo((404, 422), "never", "The dealer was not found. Take the code from the list of dealers."),
    "H061": CodeInfo(
        (400,),
        "never",
        "The dealer cannot be deleted: a consent is linked to it. Only a dealer without any can be deleted.",
    ),
    "H083": CodeInfo((400, 429), "retry-after", "Too many requests in one second. Slow down and try again."),
    "H084": CodeInfo(
        (429,), "retry-after", "The hourly limit of tokens is used up. Wait an hour, and keep and reuse your token."
    ),
    "H085": CodeInfo((400,), "never", "The request to add a consent is invalid. Send one consent object in the body."),
    "H086": CodeInfo((429,), "retry-after", "The hourly limit of single queries is used up. Wait, or query in bulk."),
    "H089": CodeInfo((429,), "retry-after", "The hourly limit of history queries is used up. Try again in an hour."),
    "H090": CodeInfo(
        (400,),
        "never",
        "The request to add a dealer is invalid. Send one object with the fields of the documentation in the body.",
    ),
    "H091": CodeInfo((422,), "never", "A request may hold at most 1,000 consents. Split the list."),
    "H092": CodeInfo(
        (400, 422), "never", "The request to add consents is invalid. Send a list of consents in the body."
    ),
    "H093": CodeInfo((422,), "never", "transactionId is missing. Give that of the last change you have seen."),
    "H097": CodeInfo((400,), "never", "The consent query is invalid. Send recipient, type and recipientType."),
    "H1000": CodeInfo((400,), "later", "The form is not published. Try again once the operator has approved it."),
    "H1005": CodeInfo((400,), "never", "The field named in the answer is missing. Add it."),
    "H1010": CodeInfo((400,), "never", "The list is empty. Write at least one value."),
    "H1012": CodeInfo(
        (400,),
        "never",
        "The verificationType is not known. Write SMS_OTP, EPOSTA_OTP, SMS_SHORTURL or EPOSTA_SHORTURL.",
    ),
    "H1013": CodeInfo((400,), "never", "The title is not known. Write ETK or KVK."),
    "H1014": CodeInfo((400,), "never", "This brand is not this provider's, or you have no right. Check brandCodes."),
    "H1015": CodeInfo(
        (400,), "later", "The questions of thirty days of your package are used up. Wait, or get a larger package."
    ),
    "H1016": CodeInfo((400, 414), "never", "The body is not valid JSON. Correct its quotes, commas and brackets."),
    "H1019": CodeInfo((500,), "retry-after", "Something unexpected went wrong. Try again in a while."),
    "H1024": CodeInfo(
        (400,),
        "never",
        "The code must have six digits. This typing mistake counts as no try; correct it and send it again.",
    ),
    "H1025": CodeInfo((400,), "never", "There is a field we do not know. Leave it out."),
    "H1026": CodeInfo(
        (400,),
        "never",
        "No SMS can be sent to this number. Write a mobile number with its country code, for example +905320000001.",
    ),
    "H1027": CodeInfo(
        (400,),
        "never",
        "The e-mail address is invalid. Write it like name@example.com, without spaces or Turkish letters.",
    ),
    "H1028": CodeInfo((400,), "later", "This question has no answer yet. An answer shows that the notice was seen."),
    "H1029": CodeInfo((400,), "never", "A field has the wrong type. Send the type of the document."),
    "H1030": CodeInfo((400,), "never", "There is no such question. Write the requestId of the answer to the start."),
    "H1031": CodeInfo((400,), "later", "Today's limit on messages or wrong codes is reached. Try again tomorrow."),
    "H1032": CodeInfo((400,), "never", "This question was answered. Start again for a new one."),
    "H1038": CodeInfo((401,), "once", "The access token is missing. Add the Authorization header."),
    "H1039": CodeInfo((400,), "never", "An iysCode has at most 15 digits. Check the code."),
    "H1040": CodeInfo((403,), "never", "You have no right for this provider. Check the iysCode."),
    "H1041": CodeInfo((400,), "never", "The body must be a JSON object."),
    "H1042": CodeInfo((400,), "never", "The body is empty. Send the JSON object."),
    "H1044": CodeInfo((405,), "never", "This path is not called by this method. Use the one of the documentation."),
    "H1045": CodeInfo((401,), "once", "The access token is invalid. Get a new one."),
    "H1048": CodeInfo((400,), "never", "The recipient is not the one who was asked. Check the address."),
    "H1049": CodeInfo(
        (400,), "never", "The message of this question could not be delivered. Check the address and start again."
    ),
    "H1050": CodeInfo((400,), "never", "The code was wrong three times. Start a new question."),
    "H1051": CodeInfo((400,), "never", "The three minutes of the code are over. Start a new question."),
    "H1052": CodeInfo((400,), "never", "The code is wrong. After three tries it becomes invalid."),
    "H1054": CodeInfo(
        (400,), "never", "The form does not ask for this brand, this type or this recipientType. Check the form."
    ),
    "H1055": CodeInfo((400,), "never", "There is no such form, or it was ended. Check the formId."),
    "H1056": CodeInfo(
        (400,), "never", "This question is not answered by a code. The recipient answers on the page of the link."
    ),
    "H1057": CodeInfo((400,), "never", "The field named in the answer is empty. Fill it in."),
    "H1060": CodeInfo((400,), "never", "The same title is there twice. Remove one."),
    "H1061": CodeInfo((400,), "never", "The same type is there twice. Remove one."),
    "H1062": CodeInfo((400,), "never", "The form is not this provider's. Check formId and iysCode."),
    "H1063": CodeInfo((400,), "never", "The recipientType is not known. Write BIREYSEL or TACIR."),
    "H1064": CodeInfo((400,), "never", "The verificationType is not the one of the start. Correct it."),
    "H1065": CodeInfo((400,), "never", "The verificationType does not fit the form. Use a code or a short link."),
    "H1066": CodeInfo((400,), "never", "A consent by e-mail is asked for one brand. Start a question for each brand."),
    "H1072": CodeInfo((400,), "later", "There is no document of this process."),
    "H1074": CodeInfo((400,), "never", "The 24 hours of the link are over. Start a new question."),
    "H1076": CodeInfo((400,), "never", "This is a verification, and no question of consent."),
    "H1085": CodeInfo(
        (400,), "never", "The type is not known. Write ARAMA, MESAJ or EPOSTA for ETK, AYDINLATMA_METNI for KVK."
    ),
    "H1086": CodeInfo(
        (400,), "never", "The type does not fit the verificationType: SMS asks for ARAMA and MESAJ, e-mail for EPOSTA."
    ),
    "H1088": CodeInfo((400,), "never", "The page must be greater than 0."),
    "H1089": CodeInfo((400,), "never", "The pageSize must be greater than 0."),
    "H1091": CodeInfo((400,), "never", "The body is nested too deeply. Send it as in the document."),
    "H1092": CodeInfo((400,), "never", "The account of the provider is paused. Contact the operator."),
    "H110": CodeInfo((422,), "never", "The status is missing. Write ONAY or RET."),
    "H1104": CodeInfo(
        (404,),
        "never",
        "You have no right to ask people for these brands (viaControl). The company grants it in its panel.",
    ),
    "H1107": CodeInfo(
        (404,), "never", "There is no such templateId. Write the code of the brand that the message names."
    ),
    "H111": CodeInfo((422,), "never", "The type is missing. Write ARAMA, MESAJ or EPOSTA."),
    "H1110": CodeInfo((400,), "never", "This verification is complete. Start again for a new one."),
    "H112": CodeInfo(
        (422,), "never", "The consent date is missing. Write when the word was given: 2026-11-23 10:15:00"
    ),
    "H113": CodeInfo((422,), "never", "The source is missing. Write where the word was given, such as HS_WEB."),
    "H114": CodeInfo((422,), "never", "The recipient is missing. Write a phone number or an e-mail address."),
    "H115": CodeInfo((422,), "never", "This status is unknown. Write ONAY or RET."),
    "H116": CodeInfo((422,), "never", "This recipient type is unknown. Write BIREYSEL or TACIR (plain I)."),
    "H117": CodeInfo((422,), "never", "This type is unknown. Write ARAMA, MESAJ or EPOSTA."),
    "H118": CodeInfo((422,), "never", "There is a field we do not know. Leave it out."),
    "H119": CodeInfo((422,), "never", "This source is not accepted. Write one of the HS_ sources, such as HS_WEB."),
    "H120": CodeInfo(
        (422,),
        "never",
        "The e-mail address is invalid. Write it like name@example.com, without spaces or Turkish letters.",
    ),
    "H121": CodeInfo(
        (422,), "never", "The phone number is invalid. Write it with the country code, such as +905320000001."
    ),
    "H122": CodeInfo(
        (422,), "never", "The recipient is neither a phone number nor an e-mail address. Write one of them in full."
    ),
    "H123": CodeInfo((429, 503), "retry-after", "The service is busy. Try again in a while."),
    "H124": CodeInfo((429,), "retry-after", "Too many requests in one second. Slow down and try again."),
    "H126": CodeInfo((422,), "never", "A consent may have at most 100 dealers. Shorten the list."),
    "H127": CodeInfo((422,), "never", "A request may hold at most 100 recipients. Split the list."),
    "H155": CodeInfo(
        (422,), "never", "With HS_2015 the date must be 2015-05-01 00:00:00. Correct the date or the source."
    ),
    "H156": CodeInfo(
        (422,),
        "never",
        "The consent date is before 1 May 2015. Write the true date; if it is older, the source is HS_2015.",
    ),
    "H157": CodeInfo((422,), "never", "There is no such day or time. Correct the date."),
    "H158": CodeInfo((422,), "never", "The form of the consent date is unknown. Write it like 2026-11-23 10:15:00"),
    "H160": CodeInfo((422,), "never", "The phone number has more than 15 digits. Correct it."),
    "H162": CodeInfo(
        (422,), "never", "The consent date lies in the future. Check the date and the clock of your computer."
    ),
    "H163": CodeInfo((422,), "never", "The list of dealers is empty. Give a dealer's code or leave the field out."),
    "H164": CodeInfo((422,), "never", "The list of recipients is empty. Give one at least."),
    "H168": CodeInfo((422,), "never", "The list of recipients is missing. Add the field recipients."),
    "H169": CodeInfo((422,), "never", "The list of dealers is missing. Add the field retailerAccess."),
    "H170": CodeInfo((422,), "never", "The recipient type is missing. Write BIREYSEL or TACIR."),
    "H171": CodeInfo(
        (400,),
        "never",
        "The request to give a dealer access is invalid. Send recipient, type, recipientType and retailerAccess.",
    ),
    "H172": CodeInfo(
        (400,),
        "never",
        "The request to take a dealer's access is invalid. Send recipients, type, recipientType and retailerAccess.",
    ),
    "H173": CodeInfo(
        (400,), "never", "The query of a dealer's access is invalid. Send recipient, type and recipientType."
    ),
    "H174": CodeInfo((400,), "never", "This recipient has refused already; no new record is needed."),
    "H175": CodeInfo(
        (400,), "never", "The first record cannot be a refusal. Send the earlier consent or leave this one out."
    ),
    "H178": CodeInfo(
        (400,),
        "never",
        "The consent date is not later than the stored one; nothing changed. Send a later word if there is one.",
    ),
    "H180": CodeInfo(
        (403, 422),
        "never",
        "This brand has no such dealer. Take the code from the list of dealers, or add the dealer first.",
    ),
    "H182": CodeInfo((422,), "never", "offset must be a whole number from 0."),
    "H183": CodeInfo((422,), "never", "limit must be a whole number."),
    "H184": CodeInfo((422,), "never", "all must be true or false."),
    "H185": CodeInfo((422,), "never", "short must be true or false."),
    "H186": CodeInfo((422,), "never", "limit may be 100 at most."),
    "H187": CodeInfo((422,), "never", "limit cannot be 0. Give a number from 1 to 100."),
    "H190": CodeInfo((422,), "never", "iysCode must be a number."),
    "H191": CodeInfo((422,), "never", "brandCode must be a number."),
    "H194": CodeInfo((422,), "never", "A consent stands twice in the list. Leave one out."),
    "H198": CodeInfo((422,), "never", "requestId has more than 36 characters. Give it as you received it."),
    "H199": CodeInfo((422,), "never", "requestId cannot be all letters. Give it as you received it."),
    "H201": CodeInfo((400,), "never", "This dealer status is unknown. Write active, passive or suspended."),
    "H214": CodeInfo((400,), "never", "The dealer's title is empty. Fill in title."),
    "H215": CodeInfo((400,), "never", "The name of the dealer's representative is empty. Fill in name."),
    "H216": CodeInfo((400,), "never", "The identity number of the dealer's representative is empty. Fill in tckn."),
    "H217": CodeInfo((400,), "never", "The dealer's province is empty. Fill in city."),
    "H218": CodeInfo((400,), "never", "The code of the dealer's province is empty. Fill in city.code."),
    "H219": CodeInfo((400,), "never", "The name of the dealer's province is empty. Fill in city.name."),
    "H220": CodeInfo((400,), "never", "The dealer's district is empty. Fill in town."),
    "H221": CodeInfo((400,), "never", "The code of the dealer's district is empty. Fill in town.code."),
    "H222": CodeInfo((400,), "never", "The name of the dealer's district is empty. Fill in town.name."),
    "H224": CodeInfo(
        (400,), "never", "The phone number is invalid. Write it with the country code, such as +905320000001."
    ),
    "H225": CodeInfo((400,), "never", "The identity number is invalid. Check it."),
    "H226": CodeInfo((400,), "never", "The identity number must have 11 digits."),
    "H227": CodeInfo((400,), "never", "The MERSİS number is invalid. Check it."),
    "H228": CodeInfo((400,), "never", "The MERSİS number must have 16 digits."),
    "H229": CodeInfo(
        (400,), "never", "This field takes letters, digits, spaces and . , & ' ( ) / - only. Delete other signs."
    ),
    "H230": CodeInfo((400,), "never", "Another dealer has this MERSİS number. Use that dealer."),
    "H231": CodeInfo((400,), "never", "Another dealer has this identity number. Use that dealer."),
    "H241": CodeInfo(
        (400,),
        "never",
        "The code of a province or district must be a number. Take it from the list of provinces or districts.",
    ),
    "H243": CodeInfo((400,), "never", "The tax number is invalid. Check it."),
    "H244": CodeInfo((400,), "never", "The tax number must have 10 or 11 digits."),
    "H253": CodeInfo((400,), "never", "A passive dealer has this number. Make it active again."),
    "H288": CodeInfo((400,), "never", "The tax number is empty. Fill in tin."),
    "H351": CodeInfo((401,), "once", "The access token is missing or invalid. Get a new one."),
    "H353": CodeInfo((403,), "never", "You have no rights on this provider, brand or dealer. Check the codes."),
    "H363": CodeInfo((403,), "never", "You have no right to use this service. Ask the manager of your account for it."),
    "H400": CodeInfo((422,), "never", "requestId cannot be all digits. Give it as you received it."),
    "H401": CodeInfo(
        (400,), "never", "There is no approved consent to give the dealer. Check recipient, type and recipientType."
    ),
    "H403": CodeInfo((400,), "never", "The status query is invalid. Send the list of recipients in the body."),
    "H408": CodeInfo((422,), "never", "With HS_KARAR only RET can be sent. Correct the status or the source."),
    "H453": CodeInfo((422,), "later", "This recipient was asked enough today. Try again tomorrow."),
    "H462": CodeInfo(
        (400,), "never", "A stored TACIR consent cannot be changed without a date. Write the consent date."
    ),
    "H463": CodeInfo((400,), "never", "A stored TACIR consent cannot be changed without a source. Write the source."),
    "H464": CodeInfo(
        (422,),
        "never",
        "Type and recipient do not fit: calls and messages need a phone number, e-mail needs an e-mail address.",
    ),
    "H465": CodeInfo((422,), "later", "This recipient has an open question. Wait three minutes and try again."),
    "H467": CodeInfo(
        (422,),
        "never",
        "The consent is older than three business days, the time to report it. Ask the recipient again.",
    ),
    "H478": CodeInfo((422,), "never", "recipients must be a list. Send it in square brackets."),
    "H501": CodeInfo((422,), "never", "The form of the date is unknown. Write it like 2026-11-23"),
    "H506": CodeInfo((422,), "never", "source must be IYS or HS."),
    "H507": CodeInfo((422,), "never", "limit must be from 1 to 1,000."),
    "H512": CodeInfo((422,), "never", "An agreement is recorded with true only. Set agreementStatus to true."),
    "H520": CodeInfo(
        (403,),
        "never",
        "The provider's account is paused. You can report and read refusals; ask the operator about the rest.",
    ),
    "H521": CodeInfo(
        (403,), "never", "The provider's account is closed. You can report refusals; ask the operator about the rest."
    ),
    "H522": CodeInfo(
        (403,), "never", "This call is for partners only. Use the calls of providers for your own brands."
    ),
    "H525": CodeInfo(
        (422,),
        "never",
        "Your package is full: no consent of a new address is recorded, refusals are. Get a larger package.",
    ),
    "H530": CodeInfo(
        (400, 422), "never", "The push connection could not be made or removed. Check its address and user."
    ),
    "H531": CodeInfo((422,), "never", "The push address must begin with https."),
    "H568": CodeInfo(
        (200,), "never", "A refusal link is made for recipients with a consent only. Leave the others out."
    ),
    "H586": CodeInfo(
        (403,),
        "never",
        "With this package the API is used through a partner only. You can report and read refusals yourself.",
    ),
    "Z404": CodeInfo((404,), "never", "There is no such path. Compare it with the documentation."),
    "Z405": CodeInfo((405,), "never", "This path is not called by this method. Use the one of the documentation."),
    "Z413": CodeInfo((413, 422), "never", "The body is too large. Split the list."),
    "Z422": CodeInfo(
        (422,), "never", "This Idempotency-Key was used with another request. Choose a new key for a new request."
    ),
    "Z423": CodeInfo((400,), "never", "An Idempotency-Key has at most 255 visible ASCII characters."),
    "Z424": CodeInfo((404,), "never", "This brand has no such change. Check transactionId."),
    "Z425": CodeInfo((403,), "never", "This brand is closed. You can report refusals; no new consent is recorded."),
    "Z426": CodeInfo(
        (400,), "never", "Names, Turkish ID numbers and addresses are not held here. Remove the field personData."
    ),
    "Z427": CodeInfo(
        (400,),
        "never",
        "Explicit consent and consent to transfers abroad are not taken here: only your company's text states their scope. Remove these types.",
    ),
    "Z428": CodeInfo(
        (400,),
        "never",
        "A notice is only shown; nobody agrees to it, and it has no code. Send it together with the ETK question.",
    ),
    "Z429": CodeInfo((400,), "never", "A question is for one brand. Start a question for each brand."),
    "Z430": CodeInfo(
        (400, 422),
        "never",
        "The evidence is missing, too long or not valid. Correct it by the limits in the documentation.",
    ),
    "Z431": CodeInfo(
        (404,), "never", "This brand has declared no such consent. Check the transaction id or the recipient."
    ),
    "Z432": CodeInfo((409,), "never", "A consent takes at most five pieces of evidence."),
    "Z433": CodeInfo(
        (422,), "never", "The campaign has at most 100 visible ASCII characters, and is sent with signed=1 only."
    ),
    "Z501": CodeInfo((501,), "never", "This call is not offered here. The documentation says why."),
}
