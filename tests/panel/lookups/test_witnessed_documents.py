"""Documents of companies bring the cosignatures of the log's witnesses, as receipts of citizens do."""

from __future__ import annotations

from pathlib import Path

from consents.registry import Registry
from evidence import log, receipts
from evidence.checkpoints import LogKey
from evidence.tlog import heads, notes
from izin.tlog.witness_store import WitnessKeys
from panel.rights import Membership, Permission, Role
from tests.conftest import Run
from tests.evidence.test_public_log import newest, record
from tests.panel.conftest import OpenOffice
from tests.panel.lookups.test_list_check import check
from tests.panel.lookups.test_look_addresses import PROOF
from tests.panel.seen import SeenDeeds, number

WITNESS = WitnessKeys("w.example/a", bytes(32))


def cosigned(registry: Registry) -> None:
    """The newest checkpoint, by the witness, as the job keeps it."""
    head = newest(registry)
    lines = WITNESS.cosign(notes.read(head.note), 1_800_000_000)
    registry.store.write_now(heads.cosign, head.size, lines, 1)


def test_statement_and_list_have_the_cosigned_checkpoint(office: OpenOffice, run: Run, tmp_path: Path) -> None:
    here = office(LOG_WITNESSES=f"http://w.example {WITNESS.verifiers[0]}")
    deeds = SeenDeeds(here)
    deeds.allowed()
    log.extend(here.registry)
    cosigned(here.registry)
    size = newest(here.registry).size
    record(here.registry, 1)
    log.extend(here.registry)  # the newest one waits for the witness
    key, sees, reports = (
        LogKey.of(here.registry.keyring),
        here.somebody(Membership(Role.USER, Permission.SEE)),
        here.somebody(Membership(Role.USER, Permission.REPORT)),
    )

    def given() -> list[str]:
        statement = sees.post(PROOF, data={"address": number(1), "as": "json"}).text
        return [statement, check(reports, number(1), **{"as": "json"}).text]

    for text in given():
        content = receipts.check_document(text, key)
        assert content["checkpoint"].split("\n")[1] == str(size)
        assert content["witnesses"] == {"wanted": 1, "cosigned": 1}
        (tmp_path / "document").write_text(text, encoding="utf-8")
        done = run("verify-receipt", "document", "--key", key.verifier(), "--witness", WITNESS.verifiers[0])
        assert (done.returncode, done.stderr) == (0, "")
        assert "Witness signatures: 1 / 1" in done.stdout
        assert "Witness signatures: w.example/a 20" in done.stdout
    # A movement that no cosigned tree holds yet keeps its proof: the document says that nobody cosigned.
    here.registry.store.write_now(heads.cosign, size, "", 0)
    for text in given():
        content = receipts.check_document(text, key)
        assert content["checkpoint"].split("\n")[1] == str(newest(here.registry).size)
        assert content["witnesses"] == {"wanted": 1, "cosigned": 0}
