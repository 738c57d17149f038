"""Answers that a program asks to be signed: what was asked, what was answered, when, under which root."""

from __future__ import annotations

import hashlib
import json
import random
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from consents import dates
from consents.instants import HOUR, micros
from consents.registry import Registry
from evidence import answer_seals, log
from evidence.checkpoints import LogKey
from evidence.receipts import BadReceipt
from izin.cli import app
from tests.providers.api.desk import CINAR, Desk, Program, asked, brand, codes, consent

STATUS, LIST = f"{brand(CINAR)}/consents/status", f"{brand(CINAR)}/consents/BIREYSEL/status/MESAJ"
ADD = f"{brand(CINAR)}/consents"


def key(registry: Registry) -> LogKey:
    return LogKey.of(registry.keyring)


def test_a_signed_answer_is_the_plain_one_with_its_signature(here: Desk, cinar: Program, tmp_path: Path) -> None:
    assert cinar.post(ADD, consent()).status_code == 200
    log.extend(here.registry)
    plain, signed = cinar.post(STATUS, asked()), cinar.post(f"{STATUS}?signed=1&campaign=BTK-2026-17", asked())
    whole = signed.json()
    content = answer_seals.check(signed.text, key(here.registry), signed.request.content)
    assert {name: value for name, value in whole.items() if name != "signed"} == plain.json()
    assert content["campaign"] == "BTK-2026-17"
    assert content["path"] == f"{STATUS}?signed=1&campaign=BTK-2026-17"
    assert content["question"] == hashlib.sha256(signed.request.content).hexdigest()
    assert content["checkpoint"].startswith(key(here.registry).origin)
    for one, body in ((STATUS, asked(9)), (LIST, {"recipients": ["+905320000001", "+905320000009"]})):
        answer = cinar.post(f"{one}?signed=1", body)
        assert answer_seals.check(answer.text, key(here.registry), answer.request.content)["campaign"] is None


def test_a_changed_byte_is_refused(here: Desk, cinar: Program) -> None:
    assert cinar.post(ADD, consent()).status_code == 200
    answer = cinar.post(f"{STATUS}?signed=1&campaign=a", asked())
    text, known = answer.text, key(here.registry)
    for place in range(len(text)):
        other = "0" if text[place] != "0" else "1"
        with pytest.raises(BadReceipt):
            answer_seals.check(text[:place] + other + text[place + 1 :], known)
    with pytest.raises(BadReceipt, match="another question"):
        answer_seals.check(text, known, b"{}")
    with pytest.raises(BadReceipt):
        answer_seals.check(text + "\n", known)


def test_what_is_no_flag_and_no_campaign_is_refused(cinar: Program) -> None:
    for query, code in (
        ("signed=2", "H093"),
        ("campaign=a", "Z433"),
        ("signed=1&campaign=" + "a" * 101, "Z433"),
        ("signed=1&campaign=%C5%9F", "Z433"),
        ("signed=1&campaign=a%0Ab", "Z433"),
    ):
        for path, body in ((STATUS, asked()), (LIST, {"recipients": ["+905320000001"]})):
            answer = cinar.post(f"{path}?{query}", body)
            assert (answer.status_code, codes(answer)) == (422, [code]), query


def test_a_thousand_answers_replayed_against_history_are_right(here: Desk, cinar: Program, tmp_path: Path) -> None:
    """Each signed answer is what the history, read up to the answer's moment, shows."""
    chance, known, said = random.Random(29), key(here.registry), dict[str, list[tuple[int, str]]]()
    answers: list[tuple[str, bytes, str]] = []
    for turn in range(1000):
        here.clock.now += 2_000_000
        number = chance.randrange(1, 20)
        if turn % 4 == 0:
            word = chance.choice(("ONAY", "RET"))
            at = dates.wire(here.clock.now - 1_000_000)
            recorded = cinar.post(ADD, consent(number, status=word, consentDate=at))
            if recorded.status_code == 200:
                said.setdefault(asked(number)["recipient"], []).append((here.clock.now, word))
        if turn % 100 == 0:
            log.extend(here.registry)
        answer = cinar.post(f"{STATUS}?signed=1", asked(number))
        answers.append((answer.text, answer.request.content, asked(number)["recipient"]))
    assert sum(len(words) for words in said.values()) > 100
    for text, question, recipient in answers:
        content = answer_seals.check(text, known, question)
        at = micros(datetime.fromisoformat(content["made"]))
        words = [word for when, word in said.get(recipient, []) if when // 1_000_000 * 1_000_000 <= at]
        assert json.loads(text).get("status") == (words[-1] if words else None)


def test_the_command_checks_it_without_a_database(here: Desk, cinar: Program, tmp_path: Path) -> None:
    answer = cinar.post(f"{STATUS}?signed=1&campaign=K1", asked())
    file, question = tmp_path / "answer.json", tmp_path / "question.json"
    file.write_bytes(answer.content)
    question.write_bytes(answer.request.content)
    given = ["verify-answer", str(file), "--key", key(here.registry).verifier(), "--question", str(question)]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 0, result.output
    assert "campaign\tK1" in result.output
    question.write_bytes(b"{}")
    assert CliRunner().invoke(app, given).exit_code == 1
    file.write_bytes(answer.content.replace(b"izin-query/1", b"izin-query/2"))
    assert CliRunner().invoke(app, given[:4]).exit_code == 1


def test_a_repeat_under_an_idempotency_key_gets_the_signature_of_the_first(here: Desk, cinar: Program) -> None:
    first = cinar.post(f"{STATUS}?signed=1", asked(), Idempotency_Key="a")
    here.clock.now += HOUR
    assert cinar.post(f"{STATUS}?signed=1", asked(), Idempotency_Key="a").text == first.text


def _cpu(work: Any, times: int) -> float:
    before = time.process_time()
    for _ in range(times):
        work()
    return time.process_time() - before


@pytest.mark.long
def test_a_signature_costs_little(here: Desk, cinar: Program) -> None:
    """Of a single answer at most three tenths of a call."""
    plain, signed = (lambda query=query: cinar.post(STATUS + query, asked()) for query in ("", "?signed=1"))
    plain(), signed()
    # The least of many, each beside the other: what else the machine does only adds.
    spent = [(_cpu(plain, 60), _cpu(signed, 60)) for _ in range(15)]
    before, after = (min(one) for one in zip(*spent, strict=True))
    assert after / before <= 1.3, spent
