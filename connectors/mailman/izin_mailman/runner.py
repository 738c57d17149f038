"""Mailman's runner that speaks with İzin: refusals first, then what waits."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from mailman.config import config
from mailman.core.runner import Runner
from mailman.database.transaction import transaction
from mailman.interfaces.listmanager import IListManager
from mailman.interfaces.member import DeliveryStatus
from zope.component import getUtility

from izin_mailman import plugin
from izin_mailman.client import Answer, Client
from izin_mailman.spool import Spool, Word

log = logging.getLogger("mailman.plugins")
MOST = 1000  # items of a list, İzin's limit
A_DAY = 86400  # seconds
SETTLED = 300  # seconds after which Mailman has kept a change, or never will
_CHECKED, _ASKED = "checked", "asked"  # sides of cursors: when both were looked through, seconds since 1970
_TURKIYE = timezone(timedelta(hours=3))
_PAUSES = (20, 60, 120, 300, 900)  # seconds after one fault, two …


class IzinRunner(Runner):
    """Named in [runner.izin]."""

    is_queue_runner = False

    def __init__(self, name: str, slice: int | None = None) -> None:
        super().__init__(name, slice)
        self._client = Client(plugin.site())
        # By brand and part: a fault of sending keeps no refusal away, and the other brands go on.
        self._faults: dict[tuple[str, str], int] = {}
        self._pauses: dict[tuple[str, str], float] = {}  # until when it waits

    def _do_periodic(self) -> None:
        for brand, names in plugin.site().brands.items():
            one = Brand(self._client, plugin.spool(), brand, names)
            if self._work((brand, "reading"), one.read):
                self._work((brand, "sending"), one.send)

    def _work(self, part: tuple[str, str], work: Callable[[], None]) -> bool:
        """Whether it was done, and neither paused nor failed."""
        if time.monotonic() < self._pauses.get(part, 0.0):
            return False
        try:
            work()
        except Unavailable as fault:
            answer, faults = fault.answer, self._faults.get(part, 0)
            wait = max(answer.wait, _PAUSES[min(faults, len(_PAUSES) - 1)])
            self._faults[part], self._pauses[part] = faults + 1, time.monotonic() + wait
            text = "izin: brand %s, %s: no success (%s), again in %s s: %s"
            log.error(text, *part, answer.status, wait, answer.words)
            return False
        except Exception:
            config.db.abort()
            self._pauses[part] = time.monotonic() + _PAUSES[-1]
            log.exception("izin: a fault of the plugin")
            return False
        self._faults[part] = 0
        return True


class Unavailable(Exception):
    """İzin does not take this now."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.words)
        self.answer = answer


class Brand:
    """One run for a brand and its lists."""

    def __init__(self, client: Client, spool: Spool, brand: str, names: list[str]) -> None:
        self._client, self._spool, self._brand, self._names = client, spool, brand, names

    def read(self) -> None:
        """Applies what İzin reports. Errors: Unavailable."""
        for side in ("IYS", "HS"):
            self._read(side)

    def send(self) -> None:
        """Sends what waits, and asks what stands. Errors: Unavailable."""
        self._results()
        self._send()
        self._evidence()
        self._forget_asked()
        self._check()

    def _call(self, method: str, path: str, body: Any = None, key: str = "", version: str = "") -> Answer:
        answer = self._client.call(method, self._brand, path, body, key, version)
        if answer.passing:
            raise Unavailable(answer)
        return answer

    def _read(self, side: str) -> None:
        while True:
            after = self._spool.after(self._brand, side)
            more = f"&after={after}" if after else ""
            answer = self._call("GET", f"/consents/changes?source={side}&limit=1000&pending=1{more}")
            if answer.status == 204:
                return
            if answer.status != 200:
                raise Unavailable(answer)
            last = {one["recipient"].lower(): one for one in answer.body["list"] if _is_ours(one)}
            # Who has left and joined again: the company's own refusal is older than the consent that is on its way.
            newer = self._spool.consents(self._brand) if side == "HS" else {}
            for email, one in last.items():
                if one["status"] != "RET" or _seconds(one["consentDate"]) >= int(newer.get(email, 0)):
                    self._apply(email, one["status"])
            if any("erasedTransactionIds" in one for one in answer.body["list"]):
                self._spool.keep_after(self._brand, _CHECKED, "0")
            self._spool.keep_after(self._brand, side, answer.body["after"])

    def _lists(self) -> list[Any]:
        config.db.abort()  # what other processes have committed since
        lists = (getUtility(IListManager).get_by_list_id(name) for name in self._names)
        return [one for one in lists if one is not None]

    def _members(self, email: str) -> list[Any]:
        lists = (getUtility(IListManager).get_by_list_id(name) for name in self._names)
        members = [one.members.get_member(email) for one in lists if one is not None]
        return [member for member in members if member is not None]

    def _check(self) -> None:
        """Asks what stands for the members: once a day, and after an erasure, whose movement has no address. One of
        whom İzin held a consent and names no record any more was erased: no member any more."""
        if time.time() - float(self._spool.after(self._brand, _CHECKED) or 0) < A_DAY:
            return
        emails = sorted({member.address.email.lower() for one in self._lists() for member in one.members.members})
        held, newer = self._spool.held(self._brand), self._spool.consents(self._brand)
        for start in range(0, len(emails), MOST):
            part = emails[start : start + MOST]
            allowed = self._allowed(part)
            self._spool.hold(self._brand, allowed)
            for email in (held & set(part)) - allowed - newer.keys():
                key = {"recipient": email, "recipientType": "BIREYSEL", "type": "EPOSTA"}
                found = self._call("POST", "/consents/status", key)
                if found.status == 200 and not (found.body or {}).get("transactionId"):
                    self._apply(email, "RET")
        self._spool.let_go(self._brand, held - set(emails))
        self._spool.keep_after(self._brand, _CHECKED, str(time.time()))

    def _allowed(self, emails: list[str]) -> set[str]:
        """Those with a consent in force. An address that İzin does not take has none."""
        while emails:
            answer = self._call("POST", "/consents/BIREYSEL/status/EPOSTA", {"recipients": emails})
            if answer.status == 200:
                return {one.lower() for one in answer.body["list"]}
            faults = (answer.body or {}).get("errors", []) if answer.status == 422 else []
            faulty = [fault["location"][-1] for fault in faults if fault.get("location")]
            left = [one for place, one in enumerate(emails) if place not in faulty]
            if len(left) == len(emails):
                raise Unavailable(answer)
            emails = left
        return set()

    def _forget_asked(self) -> None:
        """Whose request was discarded or has expired did not confirm it: the owner may add them later."""
        if time.time() - float(self._spool.after(self._brand, _ASKED) or 0) < SETTLED:
            return
        for one in self._lists():
            asked = self._spool.asked_before(one.list_id, time.time() - SETTLED)
            for email in set(asked) - plugin.pending(one) if asked else ():
                self._spool.was_asked(one.list_id, email)
        self._spool.keep_after(self._brand, _ASKED, str(time.time()))

    def _apply(self, email: str, status: str) -> None:
        """RET removes; BEKLIYOR, which waits for the person at İzin, stops the delivery; ONAY lets it go on."""
        with transaction(), plugin.own_change():
            members = self._members(email)
            if status == "ONAY" and members:
                self._spool.hold(self._brand, [email])
            else:
                self._spool.let_go(self._brand, [email])
            for member in members:
                if status == "RET":
                    member.unsubscribe()
                elif status == "BEKLIYOR":
                    member.preferences.delivery_status = DeliveryStatus.by_moderator
                elif member.preferences.delivery_status is DeliveryStatus.by_moderator:
                    member.preferences.delivery_status = DeliveryStatus.enabled

    def _send(self) -> None:
        while True:
            words = self._spool.packed(self._brand)
            if not words:
                self._spool.pack([one for one in self._spool.unsent(self._brand) if self._holds(one)][:MOST])
                words = self._spool.packed(self._brand)
            if not words:
                return
            items = [self._item(one) for one in words]
            answer = self._call("POST", "/consents/request", items, words[0].batch, "/v2")
            if answer.status == 202:
                for place, one in enumerate(words):
                    self._spool.change(one, state="sent", place=place, request=answer.body["requestId"])
                continue
            # A fault of form in one item refuses the whole list: the faulty leave it, the others go again.
            faults = {fault.get("index"): fault for fault in (answer.body or {}).get("errors", [])}
            if not faults.keys() & set(range(len(words))):
                self._split(words, answer)
                continue
            for place, one in enumerate(words):
                if place in faults:
                    self._fail(one, faults[place])
                else:
                    self._spool.change(one, batch="", place=0)

    def _split(self, words: list[Word], answer: Answer) -> None:
        """İzin refuses the list and names no item: it is halved until one word fails alone. Errors: Unavailable."""
        if answer.status not in (400, 413, 422):
            raise Unavailable(answer)
        if answer.words.startswith("Z422"):  # the list has lost a word since its first try: only its key is spent
            self._spool.pack(words)
            return
        if len(words) == 1:
            self._fail(words[0], {"message": answer.words})
            return
        half = len(words) // 2
        for some in (words[:half], words[half:]):
            self._spool.pack(some)

    def _holds(self, word: Word) -> bool:
        """Whether Mailman has kept the change; who leaves one of a brand's lists and not the last refuses nothing."""
        config.db.abort()  # what other processes have committed since
        if (word.word == "ONAY") == bool(self._members(word.email)):
            return True
        if time.time() - word.at > SETTLED:
            self._spool.drop(word)
        return False

    def _item(self, word: Word) -> dict[str, str]:
        one = plugin.site().lists.get(word.list)  # a list may have left izin.cfg since
        return {
            "recipient": word.email,
            "recipientType": "BIREYSEL",
            "type": "EPOSTA",
            "status": word.word,
            "source": one.source if one else "HS_WEB",
            "consentDate": datetime.fromtimestamp(word.at, _TURKIYE).strftime("%Y-%m-%d %H:%M:%S"),
        }

    def _results(self) -> None:
        sent = self._spool.in_state(self._brand, "sent")
        for request in dict.fromkeys(one.request for one in sent):
            answer = self._call("GET", f"/consents/request/{request}", version="/v2")
            if answer.status not in (200, 404):
                raise Unavailable(answer)
            found = {item["index"]: item for item in answer.body} if answer.status == 200 else {}
            for word in (one for one in sent if one.request == request):
                if not found:  # İzin keeps results for sixty days, and a copy of an earlier day has none
                    self._spool.change(word, state="waiting", batch="", request="")
                item = found.get(word.place, {})
                if item.get("status") == "success" and word.word == "ONAY":
                    self._spool.hold(self._brand, [word.email])  # who is erased before the feed shows it is found too
                    self._spool.change(word, state="stored", transaction_id=item.get("transactionId", ""))
                elif item.get("status") == "success":
                    self._spool.drop(word)
                elif item.get("status") == "failure":
                    self._fail(word, item.get("error", {}))

    def _evidence(self) -> None:
        for word in self._spool.in_state(self._brand, "stored"):
            one = plugin.site().lists.get(word.list)
            if one is None:
                self._fail(word, {"message": "izin.cfg no longer has its list, and so no wording"})
                continue
            sent = {
                "transactionId": word.transaction_id,
                "text": one.wording[:2000],
                "version": one.version[:64],
                "form": "mailman-subscription",
            }
            answer = self._call("POST", "/consents/evidence", sent, f"evidence-{word.transaction_id}")
            if answer.status == 200:
                self._spool.drop(word)
            else:
                self._fail(word, {"message": answer.words})

    def _fail(self, word: Word, fault: dict[str, Any]) -> None:
        text = f"{fault.get('code', '')} {fault.get('message', '')}".strip()
        log.error("izin: word %s of list %s was refused: %s", word.id, word.list, text)
        self._spool.change(word, state="failed", fault=text)


def _seconds(moment: str) -> float:
    """Since 1970, of a moment as İzin writes it."""
    return datetime.strptime(moment, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_TURKIYE).timestamp()


def _is_ours(movement: dict[str, Any]) -> bool:
    return "recipient" in movement and movement["type"] == "EPOSTA" and movement["recipientType"] == "BIREYSEL"
