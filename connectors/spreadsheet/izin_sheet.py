#!/usr/bin/env python3
"""Sends a sheet saved as CSV to İzin and writes the results beside its rows. Needs Python 3.9 and nothing else.

    izin_sheet.py send IN.csv OUT.csv      reports each row; OUT has the result of each
    izin_sheet.py look IN.csv OUT.csv      OUT has, for each row, whether you may write now
    izin_sheet.py refused OUT.csv          people's refusals since the last time

Settings are read from izin.ini in the same folder, or where IZIN_INI points: [izin] url, user, password, iys, brand.
"""

from __future__ import annotations

import configparser
import csv
import hashlib
import io
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TextIO

MOST = 1000  # rows of a list
PATIENCE = 600  # seconds until the results of a list are given up
RESULTS = ["SONUC", "ACIKLAMA", "KAYITNO"]
NAMES = {
    "ALICI": "recipient",
    "IZINTURU": "type",
    "IZINKAYNAGI": "source",
    "DURUMU": "status",
    "FIRMATIPI": "recipientType",
    "IZINTARIHI": "consentDate",
}
DATES = ("%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S")


class Stop(Exception):
    """What the person at the keyboard is to read."""


class Site:
    def __init__(self) -> None:
        path = Path(os.environ.get("IZIN_INI", Path(__file__).with_name("izin.ini")))
        parser = configparser.ConfigParser(interpolation=None)
        if not parser.read(path, encoding="utf-8"):
            raise Stop(f"{path} yok / is missing: [izin] url, user, password, iys, brand")
        self._kept = parser["izin"]
        self.cursor = path.with_name("izin-cursor.txt")
        self._base = f"/sps/{self._kept['iys']}/brands/{self._kept['brand']}"
        given = {"grant_type": "password", "username": self._kept["user"], "password": self._kept["password"]}
        status, body = self._send("POST", "/oauth2/token", given, {})
        if status != 200:
            raise Stop(f"İzin kullanıcı adını ya da parolayı kabul etmedi / did not accept the user: {words(body)}")
        self._token = body["access_token"]

    def call(self, method: str, path: str, body: object = None, key: str = "", version: str = ""):
        """Status and JSON. What may pass is tried again, as İzin asks."""
        headers = {"Authorization": f"Bearer {self._token}", **({"Idempotency-Key": key} if key else {})}
        for wait in (1, 2, 5, 15, 30, 60, 0):
            status, answer = self._send(method, version + self._base + path, body, headers)
            if status and status != 429 and status < 500:
                return status, answer
            time.sleep(wait)
        raise Stop(f"İzin’e ulaşılamadı, sonra yeniden deneyin / not reached, try again later: {words(answer)}")

    def _send(self, method: str, path: str, body: object, headers: dict):
        data = None if body is None else json.dumps(body).encode()
        url = self._kept["url"].rstrip("/") + path
        request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as got:
                text = got.read()
                return got.status, json.loads(text) if text else None
        except urllib.error.HTTPError as fault:
            text = fault.read()
            try:
                return fault.code, json.loads(text)
            except ValueError:
                return fault.code, text[:200].decode(errors="replace")
        except OSError as fault:
            return 0, str(fault)


def words(body: object) -> str:
    """Of an error's body."""
    if isinstance(body, dict) and body.get("errors"):
        return explained(body["errors"][0])
    return str(body)


def explained(fault: dict) -> str:
    return f"{fault.get('code', '')} {fault.get('message', '')}".strip()


def read(path: str):
    """Rows, and the names of the columns as they stand. Comma, semicolon or tab; UTF-8 or Excel's Turkish code page."""
    data = Path(path).read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1254")
    first = text.partition("\n")[0]
    mark = max(";,\t", key=first.count)
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=mark))
    columns = [
        name for name in next(csv.reader([first.strip()], delimiter=mark), []) if name not in (*RESULTS, "YAZILABILIR")
    ]
    missing = {"ALICI", "IZINTURU"} - set(columns)
    if missing:
        raise Stop(f"{path}: sütun yok / columns missing: {', '.join(sorted(missing))}")
    return rows, columns


def write(path: str, columns: list, rows: list) -> None:
    with Path(path).open("w", encoding="utf-8-sig", newline="") as file:
        write_rows(file, columns, rows, head=True)


def write_rows(file: TextIO, columns: list, rows: list, *, head: bool) -> None:
    """For Excel and LibreOffice: with a byte order mark and semicolons, as Turkish ones expect."""
    table = csv.DictWriter(file, columns, delimiter=";", extrasaction="ignore")
    if head:
        table.writeheader()
    table.writerows({name: harmless(str(row.get(name) or "")) for name in columns} for row in rows)
    file.flush()
    os.fsync(file.fileno())


def harmless(text: str) -> str:
    """A cell that a spreadsheet would take for a formula gets an apostrophe; numbers with + stay."""
    if not text:
        return ""
    return f"'{text}" if text[:1] in "=@\t\r" or (text[:1] in "+-" and not re.fullmatch(r"[+-][\d ]+", text)) else text


def item(row: dict) -> dict:
    """A row as the API takes it."""
    found = {field: str(row.get(name) or "").strip() for name, field in NAMES.items()}
    found["recipientType"] = found["recipientType"] or "BIREYSEL"
    for form in DATES:
        try:
            found["consentDate"] = time.strftime("%Y-%m-%d %H:%M:%S", time.strptime(found["consentDate"], form))
            break
        except ValueError:
            continue
    dealer = str(row.get("IZNINALINDIGIBAYIKODU") or "").strip()
    if dealer.isdecimal():
        found["retailerCode"] = int(dealer)
    return {name: value for name, value in found.items() if value != ""}


def send(site: Site, source: str, target: str) -> None:
    rows, columns = read(source)
    waiting = [row for row in rows if any((row.get(name) or "").strip() for name in NAMES)]
    for start in range(0, len(waiting), MOST):
        send_list(site, waiting[start : start + MOST])
    write(target, [*columns, *RESULTS], rows)
    good = sum(row.get("SONUC") == "KAYDEDILDI" for row in waiting)
    print(f"{len(waiting)} satır / rows: {good} kaydedildi / stored, {len(waiting) - good} kaydedilmedi / not stored")


def send_list(site: Site, rows: list) -> None:
    """One list: a faulty form of one row refuses it whole, so such rows are marked and the others sent again."""
    while rows:
        items = [item(row) for row in rows]
        key = hashlib.sha256(json.dumps(items).encode()).hexdigest()
        status, body = site.call("POST", "/consents/request", items, key, "/v2")
        if status == 202:
            results(site, rows, body["requestId"])
            return
        faults = {}
        for fault in (body or {}).get("errors", []) if isinstance(body, dict) else []:
            faults.setdefault(fault.get("index"), []).append(explained(fault))
        faulty = [place for place in range(len(rows)) if place in faults]
        if not faulty:
            raise Stop(f"İzin listeyi kabul etmedi / did not accept the list: {words(body)}")
        for place in faulty:
            rows[place].update(SONUC="HATALI", ACIKLAMA=" · ".join(faults[place]))
        rows = [row for place, row in enumerate(rows) if place not in faults]


def results(site: Site, rows: list, request: str) -> None:
    """That İzin has the list does not mean yet that each row is stored."""
    until = time.monotonic() + PATIENCE
    while True:
        status, body = site.call("GET", f"/consents/request/{request}", version="/v2")
        if status == 200 and all(one["status"] != "enqueue" for one in body) and len(body) == len(rows):
            break
        if time.monotonic() > until:
            raise Stop(
                f"sonuç henüz yok, aynı dosyayı sonra yeniden gönderin / no result yet, send it again later: {request}"
            )
        time.sleep(2)
    for one in body:
        row = rows[one["index"]]
        if one["status"] == "success":
            row.update(SONUC="KAYDEDILDI", ACIKLAMA="", KAYITNO=one.get("transactionId", ""))
        else:
            row.update(SONUC="HATALI", ACIKLAMA=explained(one.get("error", {})))


def look(site: Site, source: str, target: str) -> None:
    rows, columns = read(source)
    groups: dict = {}
    for row in rows:
        one = item(row)
        if "recipient" in one:
            groups.setdefault((one["recipientType"], one.get("type", "")), []).append((one["recipient"], row))
    for (kind, channel), held in groups.items():
        for start in range(0, len(held), MOST):
            part = held[start : start + MOST]
            allowed, faults = allowed_of(site, f"/consents/{kind}/status/{channel}", [one for one, _ in part])
            for recipient, row in part:
                row["YAZILABILIR"] = "EVET" if recipient in allowed else "HAYIR"
                row["ACIKLAMA"] = faults.get(recipient, "")
    write(target, [*columns, "YAZILABILIR", "ACIKLAMA"], rows)
    print(f"{sum(row.get('YAZILABILIR') == 'EVET' for row in rows)} / {len(rows)} EVET")


def allowed_of(site: Site, path: str, recipients: list) -> tuple:
    """Those with a consent, and address -> fault: one faulty address refuses the question for all, and is left out."""
    left, faults = list(dict.fromkeys(recipients)), {}
    while left:
        status, body = site.call("POST", path, {"recipients": left})
        if status == 200:
            return set(body["list"]), faults
        named = body.get("errors", []) if status == 422 and isinstance(body, dict) else []
        places = {one["location"][-1]: explained(one) for one in named if one.get("location")}
        faults.update({one: places[place] for place, one in enumerate(left) if place in places})
        if not faults.keys() & set(left):
            return set(), {**faults, **dict.fromkeys(left, words(body))}
        left = [one for one in left if one not in faults]
    return set(), faults


def refused(site: Site, target: str) -> None:
    after = site.cursor.read_text("utf-8").strip() if site.cursor.exists() else ""
    columns, count = [*NAMES, "KAYITNO"], 0
    if Path(target).exists():
        raise Stop(f"{target} zaten var, başka bir ad verin / is there already, give another name")
    with Path(target).open("x", encoding="utf-8-sig", newline="") as file:
        write_rows(file, columns, [], head=True)
        while True:
            status, body = site.call(
                "GET", "/consents/changes?source=IYS&limit=1000" + (f"&after={after}" if after else "")
            )
            if status == 204:
                break
            if status != 200:
                raise Stop(words(body))
            rows = [refusal(one) for one in body["list"] if one["status"] == "RET"]
            write_rows(file, columns, rows, head=False)
            # Only after the page is there: asking on proves to İzin that you have it.
            after, count = body["after"], count + len(rows)
            site.cursor.write_text(after, "utf-8")
    print(f"{count} ret / refusals")


def refusal(movement: dict) -> dict:
    """A row. İzin erased the person where it has no address: KAYITNO has the ids of their earlier movements."""
    row = {name: movement.get(field, "") for name, field in NAMES.items()}
    return {**row, "KAYITNO": " ".join(movement.get("erasedTransactionIds") or [movement.get("transactionId", "")])}


def main(words_given: list) -> int:
    commands = {"send": (send, 2), "look": (look, 2), "refused": (refused, 1)}
    if not words_given or words_given[0] not in commands or len(words_given) != commands[words_given[0]][1] + 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        commands[words_given[0]][0](Site(), *words_given[1:])
    except (Stop, OSError, KeyError) as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
