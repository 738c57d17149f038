"""A strict İYS on this machine, for tests: the document's rules, limits and delays, and every way in which it fails.

Written from the rules of the API document alone, not from the client: it shares no line and no name with it. Its clock
is the test's. ``mood`` decides for each request how it fails: None, or one of ``FAILURES``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from consents import business_days

TURKEY = ZoneInfo("Europe/Istanbul")
FAILURES = ("500", "503", "429", "lost", "cut", "garbage", "empty")  # lost: done, and never answered
PHONE = re.compile(r"\+90(5\d{9}|[2348]\d{9})")
MAIL = re.compile(r"[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+")
OWN_SOURCES = {
    "IYS_KISAMESAJ", "IYS_CM", "IYS_WEB", "IYS_WEB_YENI", "IYS_MOBIL", "IYS_EPOSTA", "IYS_AHS_HAT_KAPATMA",
    "IYS_FRAME_SMS", "IYS_FRAME_EPOSTA",
}  # fmt: skip
SOURCES = {
    "HS_2015", "HS_KARAR", "HS_FIZIKSEL_ORTAM", "HS_ISLAK_IMZA", "HS_ETKINLIK", "HS_ATM", "HS_EORTAM", "HS_WEB",
    "HS_MOBIL", "HS_MESAJ", "HS_EPOSTA", "HS_CAGRI_MERKEZI", "HS_SOSYAL_MEDYA",
}  # fmt: skip
FIELDS = {"recipient", "type", "source", "status", "consentDate", "recipientType", "retailerCode", "retailerAccess"}
HOUR = 3600
COLUMNS = [
    "creationDate", "transactionId", "recipient", "recipientType", "type", "status", "consentDate", "source",
]  # fmt: skip


class Dead(Exception):
    """No answer reaches the client."""


@dataclass
class Record:
    """What stands for one key."""

    status: str
    source: str
    said: int  # consentDate, whole seconds
    stored: int
    transaction: str
    retailer: int | None = None


@dataclass
class Batch:
    """A list in the queue."""

    brand: int
    items: list[dict[str, Any]]
    ready_at: float
    v2: bool
    results: list[dict[str, Any]] | None = None


@dataclass
class LocalIys:
    """One provider's part of İYS. ``now``: seconds since 1970; ``late``: seconds that a list waits in the queue."""

    now: Callable[[], float]
    company: int = 600101
    brands: dict[int, str] = field(default_factory=lambda: {600101: "Çınar"})
    users: dict[str, str] = field(default_factory=lambda: {"sirket": "gizli-parola"})
    mood: Callable[[str, str], str | None] = lambda method, path: None
    late: Callable[[], float] = lambda: 2.0
    tokens_per_hour: int = 10
    per_second: int = 10
    quota: int = 10**9
    blind: int = HOUR
    spent_elsewhere: Callable[[], bool] = lambda: False  # whether other programs have used up the hour's single queries
    refuse_item: Callable[[dict[str, Any]], str | None] = lambda item: None
    forgets: Callable[[], bool] = lambda: False  # whether a movement is left out of the pull; the day's file has it

    def __post_init__(self) -> None:
        self.records: dict[tuple[int, str, str, str], Record] = {}
        self.movements: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self._stored: dict[tuple[int, str, str, str], list[dict[str, Any]]] = defaultdict(list)
        self.batches: dict[str, Batch] = {}
        self.tokens: dict[str, float] = {}
        self.refreshes: dict[str, float] = {}
        self.agreed: set[tuple[int, str]] = set()
        self.pushes: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str, int]] = []  # method, path, status
        self.broken: list[str] = []  # rules of manners that the client has broken
        self._asked: deque[float] = deque()
        self._signed: deque[float] = deque()
        self._singles: deque[float] = deque()
        self._barred_until = 0.0
        self._serial = 0
        self.retailers: dict[int, list[dict[str, Any]]] = defaultdict(list)  # by brand, as the list shows them
        self._answerless: dict[str, tuple[str, float]] = {}  # an entry that has no result yet -> its list, since when

    # -- the citizen's side, and other programs of the provider ----------------------------------------------------

    def citizen(self, brand: int, recipient: str, kind: str, status: str, source: str = "IYS_MOBIL") -> None:
        """A citizen decides at İYS, now."""
        self._store(brand, recipient, kind, "BIREYSEL", status, source, int(self.now()))

    def elsewhere(self, brand: int, recipient: str, kind: str, status: str, said: int, source: str = "HS_ATM") -> str:
        """Another program of the provider reports; İYS's code, or an empty text."""
        item = {
            "recipient": recipient, "type": kind, "status": status, "source": source, "recipientType": "BIREYSEL",
            "consentDate": self.wall(said),
        }  # fmt: skip
        code = self._business(brand, item)
        if not code:
            self._store(brand, recipient, kind, "BIREYSEL", status, source, said)
        return code

    def status(self, brand: int, recipient: str, kind: str, identity: str = "BIREYSEL") -> str | None:
        record = self.records.get((brand, recipient, kind, identity))
        return None if record is None else record.status

    # -- requests ----------------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> tuple[int, str, bytes]:
        """Status, content type and body. Raises Dead where nothing reaches the client."""
        mood = self.mood(method, path)
        if mood in ("500", "503", "429", "cut"):
            self.calls.append((method, path, 0))
            if mood == "cut":
                raise Dead("cut before it was read")
            code = {"500": "H470", "503": "H192", "429": "H124"}[mood]
            return self._json(int(mood), self._errors(code))
        status, kind, told = self._limited(method, path, headers, body)
        self.calls.append((method, path, status))
        if mood == "lost":
            raise Dead("answered into the void")
        if mood == "garbage":
            return status, "text/html", b"<html><body>Bakim calismasi</body>"
        if mood == "empty" and status < 300:
            return status, kind, told[: len(told) // 2]
        return status, kind, told

    def _limited(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> tuple[int, str, bytes]:
        now = self.now()
        while self._asked and self._asked[0] <= now - 1:
            self._asked.popleft()
        if len(self._asked) >= self.per_second:
            self.broken.append("more than ten requests in a second")
            return self._json(429, self._errors("H124"))
        self._asked.append(now)
        parts = urlsplit(path)
        if parts.path == "/oauth2/token":
            return self._token(body)
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0) <= now:
            return self._json(401, self._errors("H351"))
        self._work()
        return self._routed(method, parts.path, parse_qs(parts.query, keep_blank_values=True), body)

    def _token(self, body: bytes | None) -> tuple[int, str, bytes]:
        now = self.now()
        while self._signed and self._signed[0] <= now - HOUR:
            self._signed.popleft()
        if now < self._barred_until or len(self._signed) >= self.tokens_per_hour:
            if now < self._barred_until:
                self.broken.append("asked for a token before the hour was over")
            self._barred_until = now + HOUR  # asking again begins the hour anew
            return self._json(429, self._errors("H084"))
        self._signed.append(now)
        told = json.loads(body or b"{}")
        if told.get("grant_type") == "refresh_token":
            if self.refreshes.pop(told.get("refresh_token"), 0) <= now:
                return self._json(400, {"error": "invalid_grant", "error_description": "Geçersiz jeton."})
        elif self.users.get(told.get("username")) != told.get("password"):
            return self._json(401, self._errors("H251"))
        self._serial += 1
        access, refresh = f"erisim-{self._serial}", f"yenileme-{self._serial}"
        self.tokens[access], self.refreshes[refresh] = now + 7200, now + 14400
        fresh = {"access_token": access, "expires_in": 7200, "refresh_token": refresh, "refresh_expires_in": 14400}
        return self._json(200, fresh | {"token_type": "bearer"})

    def _routed(
        self, method: str, path: str, query: dict[str, list[str]], body: bytes | None
    ) -> tuple[int, str, bytes]:
        v2 = path.startswith("/v2/")
        steps = [unquote(step) for step in path.removeprefix("/v2").strip("/").split("/")]
        if steps[:2] != ["sps", str(self.company)]:
            return self._json(403, {"errors": [{"code:": "H353", "message": "iysCode"}]})
        if steps[2:] == ["brands"]:
            return self._json(200, [self._brand(code, name) for code, name in self.brands.items()])
        brand = int(steps[3])
        if brand not in self.brands:
            return self._json(403, {"errors": [{"code:": "H353", "message": "brandCode"}]})
        rest, told = steps[4:], None
        if body is not None:
            try:
                told = json.loads(body)
            except ValueError:
                return self._json(400, self._errors("H014"))
        match method, rest:
            case "POST", ["consents", "request"]:
                return self._add(brand, told, v2)
            case "GET", ["consents", "request", request]:
                return self._results(request)
            case "POST", ["consents", "status"]:
                return self._single(brand, told)
            case "POST", ["consents", identity, "status", kind]:
                return self._many(brand, identity, kind, told)
            case "GET", ["consents", "changes"]:
                return self._changes(brand, query)
            case "GET", ["retailers"]:
                return self._retailers(brand, query)
            case "GET", ["agreements", day]:
                return self._agreement(brand, day)
            case "PUT", ["agreements", day]:
                self.agreed.add((brand, day))
                return self._json(200, {"agreementCaptured": True})
            case "GET", ["changes", day, "file"]:
                return self._file(brand, day)
            case "POST", ["push", "registration"]:
                self.pushes += told["connection"]
                return self._json(200, {"message": "Bağlantı oluşturuldu"})
        return self._json(404, self._errors("H355"))

    # -- lists ---------------------------------------------------------------------------------------------------------

    def _add(self, brand: int, told: Any, v2: bool) -> tuple[int, str, bytes]:
        if not isinstance(told, list) or not told:
            return self._json(400, self._errors("H092"))
        if len(told) > 1000:
            return self._json(422, self._errors("H125"))
        faults = [{"code": code, "index": index} for index, item in enumerate(told) if (code := self._shape(item))]
        if unknown := [one for one in enumerate(told) if self._stranger(brand, one[1])]:
            where = {"message": "Bayi bulunamadı.", "code": "H180", "location": ["retailerCode"]}
            errors = [{**where, "index": index, "value": item["retailerCode"]} for index, item in unknown]
            return self._json(403, {"errors": errors})
        seen: set[tuple[Any, ...]] = set()
        for index, item in enumerate(told):
            key = item.get("recipient"), item.get("type"), item.get("recipientType")
            faults += [{"code": "H194", "index": index}] if key in seen else []
            seen.add(key)
        if faults:
            return self._json(422, {"errors": [{"message": "Hatalı alan.", **fault} for fault in faults]})
        whole = json.dumps(told, sort_keys=True)
        for item in told:
            entry = json.dumps([brand, item], sort_keys=True)
            other, since = self._answerless.get(entry, (whole, 0.0))
            if other != whole and self.now() - since < 86_400:
                self.broken.append("sent something in another list before the first one was answered")
            self._answerless[entry] = whole, self.now()
        self._serial += 1
        request = f"{self._serial:08x}-aaaa-4bbb-8ccc-{hash(self._serial) & 0xFFFFFFFFFFFF:012x}"
        made = Batch(brand, told, self.now() + self.late(), v2)
        self.batches[request] = made
        subs = [
            {**item, "subRequestId": f"{request[:24]}{index:012x}", "creationDate": self.wall(int(self.now()))}
            for index, item in enumerate(told)
        ]
        return self._json(202, {"requestId": request, "subRequests": subs})

    def _shape(self, item: Any) -> str:
        """The code of the first rule of form and date that an entry breaks."""
        if not isinstance(item, dict) or set(item) - FIELDS:
            return "H118"
        if any(value in ("", None, []) for value in item.values()):
            return "H085"
        for name, code in (("recipient", "H114"), ("type", "H111"), ("status", "H110")):
            if name not in item:
                return code
        if item["type"] not in ("ARAMA", "MESAJ", "EPOSTA"):
            return "H117"
        if item["status"] not in ("ONAY", "RET"):
            return "H115"
        if item.get("recipientType", "BIREYSEL") not in ("BIREYSEL", "TACIR"):
            return "H116"
        if not (MAIL if item["type"] == "EPOSTA" else PHONE).fullmatch(item["recipient"]):
            return "H120" if item["type"] == "EPOSTA" else "H121"
        tacir = item.get("recipientType") == "TACIR"
        if "source" not in item or "consentDate" not in item:
            return "" if tacir else ("H113" if "source" not in item else "H112")
        if item["source"] not in SOURCES:
            return "H119"
        if item["source"] == "HS_KARAR" and item["status"] != "RET":
            return "H408"
        return self._date(item)

    def _date(self, item: dict[str, Any]) -> str:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", item["consentDate"]):
            return "H158"
        try:
            said = self.seconds(item["consentDate"])
        except ValueError:
            return "H157"
        if said > self.now():
            return "H162"
        if said < self.seconds("2015-05-01 00:00:00"):
            return "H156"
        if said < business_days.oldest_reportable(int(self.now() * 1_000_000)) // 1_000_000:
            return "H467"
        return ""

    def _work(self) -> None:
        """The queue: lists whose time has come, in the order in which they are ready."""
        waiting = [one for one in self.batches.values() if one.results is None and one.ready_at <= self.now()]
        for batch in sorted(waiting, key=lambda one: one.ready_at):
            batch.results = [self._process(batch, at) for at in range(len(batch.items))]

    def _process(self, batch: Batch, index: int) -> dict[str, Any]:
        item, sub = batch.items[index], f"{index:08x}-aaaa-4bbb-8ccc-000000000000"
        if batch.v2 and (known := self._identical(batch.brand, item)):
            return {"index": index, "status": "success", "subRequestId": sub, **known}
        if code := self.refuse_item(item) or self._business(batch.brand, item):
            return {
                "index": index,
                "status": "failure",
                "subRequestId": sub,
                "error": {"code": code, "message": "Ret."},
            }
        said = self.seconds(item["consentDate"]) if "consentDate" in item else 0
        identity = item.get("recipientType", "BIREYSEL")
        record = self._store(
            batch.brand, item["recipient"], item["type"], identity, item["status"], item.get("source", ""), said
        )
        self._by(batch.brand, item.get("retailerCode"), record)
        stored = {"transactionId": record.transaction, "creationDate": self.wall(record.stored)}
        return {"index": index, "status": "success", "subRequestId": sub, **stored}

    def _identical(self, brand: int, item: dict[str, Any]) -> dict[str, Any] | None:
        """What is stored with the same date and the same words is answered as the first time (v2)."""
        key = brand, item["recipient"], item["type"], item.get("recipientType", "BIREYSEL")
        for one in self._stored[key]:
            if all(one.get(name) == item.get(name) for name in ("status", "source", "consentDate")):
                first = {"requestId": "548014a0-aaaa-4bbb-8ccc-0b00ebs5ae00", "subRequestId": "2666eb07"}
                told = {"transactionId": one["transactionId"], "creationDate": one["creationDate"]}
                return told | {"isAddConsentV2Service": True, "originalRequestInformation": first}
        return None

    def _business(self, brand: int, item: dict[str, Any]) -> str:
        stands = self.records.get((brand, item["recipient"], item["type"], item.get("recipientType", "BIREYSEL")))
        if stands is None:
            if item["status"] == "RET":
                return "H175"
            return "H525" if len(self.records) >= self.quota else ""
        if "consentDate" not in item:
            return "H462"
        if "source" not in item:
            return "H463"
        if item["status"] == stands.status == "RET":
            return "H174"
        return "H178" if self.seconds(item["consentDate"]) <= stands.said else ""

    def _store(
        self, brand: int, recipient: str, kind: str, identity: str, status: str, source: str, said: int
    ) -> Record:
        now = int(self.now())
        transaction = hashlib.sha256(f"{brand} {recipient} {kind} {now}".encode()).hexdigest()  # one a second
        record = Record(status, source, said, now, transaction)
        self.records[brand, recipient, kind, identity] = record
        self.movements[brand].append(
            {
                "recipient": recipient,
                "type": kind,
                "recipientType": identity,
                "status": status,
                "source": source,
                "consentDate": self.wall(said),
                "creationDate": self.wall(now),
                "transactionId": transaction,
                "_at": now,
                "_forgotten": self.forgets(),
            }
        )
        self._stored[brand, recipient, kind, identity].append(self.movements[brand][-1])
        return record

    # -- dealers -------------------------------------------------------------------------------------------------------

    def retailer(self, brand: int, code: int, title: str, **more: Any) -> None:
        """İYS knows a dealer of a brand; ``more``: tin, mersis, tckn, status."""
        place = {"city": {"name": "ANKARA", "code": "6"}, "town": {"name": "ÇANKAYA", "code": "1"}}
        told = {"title": title, "status": "active", "retailerAccessCount": 0, **place, **more}
        self.retailers[brand].append({"retailerCode": code, **told})

    def by_retailer(self, brand: int, recipient: str, kind: str) -> int | None:
        """Who collected what stands for a key."""
        record = self.records.get((brand, recipient, kind, "BIREYSEL"))
        return None if record is None else record.retailer

    def _stranger(self, brand: int, item: Any) -> bool:
        codes = {one["retailerCode"] for one in self.retailers[brand]}
        return isinstance(item, dict) and "retailerCode" in item and item["retailerCode"] not in codes

    def _by(self, brand: int, code: int | None, record: Record) -> None:
        record.retailer = code
        self.movements[brand][-1]["_retailer"] = code

    def _collected(self, brand: int, code: int | None) -> dict[str, Any]:
        titles = {one["retailerCode"]: one["title"] for one in self.retailers[brand]}
        return {} if code is None else {"retailerCode": code, "retailerTitle": titles.get(code, "")}

    def _retailers(self, brand: int, query: dict[str, list[str]]) -> tuple[int, str, bytes]:
        offset, limit = (int(query.get(name, [str(usual)])[0]) for name, usual in (("offset", 0), ("limit", 100)))
        if not 1 <= limit <= 100:
            return self._json(422, self._errors("H186"))
        known = self.retailers[brand]
        pages = {"offset": offset, "pageSize": limit, "totalCount": len(known), "currentPage": offset // limit + 1}
        return self._json(200, {"pagination": pages, "list": known[offset : offset + limit]})

    def _results(self, request: str) -> tuple[int, str, bytes]:
        if len(request) > 36:
            return self._json(422, self._errors("H198"))
        batch = self.batches.get(request)
        if batch is None or batch.results is None:
            return self._json(200, [])
        for item in batch.items:
            self._answerless.pop(json.dumps([batch.brand, item], sort_keys=True), None)
        return self._json(200, batch.results)

    # -- queries -------------------------------------------------------------------------------------------------------

    def _single(self, brand: int, told: Any) -> tuple[int, str, bytes]:
        now = self.now()
        while self._singles and self._singles[0] <= now - HOUR:
            self._singles.popleft()
        if len(self._singles) >= 1000:
            self.broken.append("more than a thousand single queries in an hour")
            return self._json(429, self._errors("H086"))
        if self.spent_elsewhere():
            return self._json(429, self._errors("H086"))
        self._singles.append(now)
        record = self.records.get((brand, told["recipient"], told["type"], told["recipientType"]))
        if record is None:
            return self._json(200, {})
        return self._json(
            200,
            {
                "recipient": told["recipient"], "type": told["type"], "recipientType": told["recipientType"],
                "status": record.status, "source": record.source, "consentDate": self.wall(record.said),
                "creationDate": self.wall(record.stored), "transactionId": record.transaction,
                "retailerAccessCount": 0, **self._collected(brand, record.retailer),
            },
        )  # fmt: skip

    def _many(self, brand: int, identity: str, kind: str, told: Any) -> tuple[int, str, bytes]:
        found = told.get("recipients")
        if not isinstance(found, list) or not found:
            return self._json(422, self._errors("H168" if found is None else "H164"))
        if len(found) > 1000:
            return self._json(422, self._errors("H127"))
        records = self.records
        allowed = [one for one in found if (r := records.get((brand, one, kind, identity))) and r.status == "ONAY"]
        return self._json(200, {"requestId": "8da13864-356f-479e-93ba-cbc4d7873e3b", "list": allowed})

    def _changes(self, brand: int, query: dict[str, list[str]]) -> tuple[int, str, bytes]:
        side = query.get("source", ["IYS"])[0]
        if side not in ("IYS", "HS"):
            return self._json(422, self._errors("H506"))
        limit = int(query.get("limit", ["1000"])[0])
        if not 1 <= limit <= 1000:
            return self._json(422, self._errors("H507"))
        now = self.now()
        shown = [
            (place, one)
            for place, one in enumerate(self.movements[brand])
            if (one["source"] in OWN_SOURCES) is (side == "IYS")
            and not one["_forgotten"]
            and now - 7 * 86400 <= one["_at"] <= now - self.blind
        ]
        if after := query.get("after", [""])[0]:
            second, _, name = after.partition("_")
            places = [place for place, one in enumerate(self.movements[brand]) if one["transactionId"] == name]
            last = places[-1] if places else -1
            shown = [(p, one) for p, one in shown if (p > last if places else one["_at"] >= int(second))]
        page = [one for _, one in shown[:limit]]
        if not page:
            return 204, "application/json", b""
        cursor = f"{page[-1]['_at']}_{page[-1]['transactionId']}"
        return self._json(200, {"after": cursor, "list": [self._shown(one) for one in page]})

    def _agreement(self, brand: int, day: str) -> tuple[int, str, bytes]:
        if code := self._day_fault(day):
            return self._json(422, self._errors(code))
        lines = self._lines(brand, day)
        if lines is None:
            return 204, "application/json", b""
        told = {"processStatus": "completed", "hashValue": hashlib.sha384(lines).hexdigest(), "hashMethod": "SHA-384"}
        return self._json(200, told | {"agreementStatus": (brand, day) in self.agreed})

    def _file(self, brand: int, day: str) -> tuple[int, str, bytes]:
        if code := self._day_fault(day):
            return self._json(422, self._errors(code))
        lines = self._lines(brand, day)
        return (204, "text/csv", b"") if lines is None else (200, "text/csv", lines)

    def _day_fault(self, day: str) -> str:
        try:
            asked = date.fromisoformat(day)
        except ValueError:
            return "H501"
        return "H502" if (self.today() - asked).days > 7 else ""

    def _lines(self, brand: int, day: str) -> bytes | None:
        rows = [one for one in self.movements[brand] if one["creationDate"][:10] == day]
        if not rows or day >= self.today().isoformat():
            return None
        rows.sort(key=lambda one: (one["creationDate"], one["transactionId"]))
        return "".join(f"{line}\n" for line in self._csv(COLUMNS, rows)).encode()

    @staticmethod
    def _csv(columns: list[str], rows: list[dict[str, Any]]) -> Iterator[str]:
        yield ",".join(columns)
        for one in rows:
            yield ",".join(str(one[name]) for name in columns)

    # -- forms ---------------------------------------------------------------------------------------------------------

    def shown(self, brand: int) -> dict[str, Any]:
        """The newest movement, as a push or the pull shows it."""
        newest = self.movements[brand][-1]
        return self._shown(newest) | self._collected(brand, newest.get("_retailer"))

    def today(self) -> date:
        return datetime.fromtimestamp(self.now(), TURKEY).date()

    def _brand(self, code: int, name: str) -> dict[str, Any]:
        held = [record for key, record in self.records.items() if key[0] == code]
        allowed = sum(record.status == "ONAY" for record in held)
        counts = {"approval": allowed, "rejection": len(held) - allowed, "total": len(held)}
        stats = {"consents": counts, "retailers": {"total": 0}}
        return {"brandCode": code, "name": name, "master": code == self.company, "stats": stats}

    @staticmethod
    def _shown(one: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in one.items() if not name.startswith("_") and value != ""}

    @staticmethod
    def wall(seconds: int) -> str:
        return datetime.fromtimestamp(seconds, TURKEY).strftime("%Y-%m-%d %H:%M:%S")

    @staticmethod
    def seconds(wall: str) -> int:
        return int(datetime.strptime(wall, "%Y-%m-%d %H:%M:%S").replace(tzinfo=TURKEY).timestamp())

    @staticmethod
    def _errors(code: str) -> dict[str, Any]:
        return {"errors": [{"code": code, "message": "Örnek ileti."}]}

    @staticmethod
    def _json(status: int, told: Any) -> tuple[int, str, bytes]:
        return status, "application/json", json.dumps(told, ensure_ascii=False).encode()
