"""``izin proof``: when a movement was recorded, handed to its provider and taken, and its proof from the log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from consents import dates
from consents.columns import micros
from consents.keys import Keyring
from consents.languages import Sentence, in_all, mark, mark_in
from consents.store import Snapshot
from consents.terms import Actor, Channel, Door, Identity, Source, Status
from evidence import leaves, proofs
from evidence.checkpoints import LogKey
from evidence.leaves import LeafContents, LogFault
from evidence.proofs import Proof
from evidence.tlog import signed_trees
from providers.api import wire
from providers.arguments import unwritable
from providers.deliveries import delivery_proofs
from providers.deliveries.delivery_proofs import Delivery
from providers.deliveries.handout_store import HandedOut

_WAYS = {"feed": mark("hareket sorgusu"), "push": mark_in("command", "bildirim"), "file": mark("gün dosyası")}
_MEANINGS = {Status.RET: mark_in("command", "reddedildi"), Status.ONAY: mark_in("command", "onay verildi")}
_HOW = mark(
    "Denetim: SHA-256(00 + event), yolundan (RFC 9162) act alanının son 32 baytına; SHA-256(00 + act), yolundan "
    "imzalı kökün kendisine varır. İmza, verifier anahtarıyla C2SP signed-note olarak denetlenir (docs/log.md)."
)


def proof(
    context: typer.Context,
    transaction_id: Annotated[str, typer.Argument(metavar="TRANSACTIONID", help="64 hex digits.")],
    log: Annotated[Path | None, typer.Option(help="Where to write the proof that the log holds it (JSON).")] = None,
    tlog_proof: Annotated[
        Path | None, typer.Option(help="Where to write the proof of its act for tools of C2SP (tlog-proof).")
    ] = None,
) -> None:
    """Prints when a movement was recorded, handed to its provider, and taken. Exit status 1 where there is none."""
    with context.obj() as registry, registry.store.snapshot() as snapshot:
        found = delivery_proofs.find_delivery(snapshot, registry.keyring, transaction_id.strip())
        if found is None:
            typer.echo("izin: " + in_all("böyle bir hareket yok"), err=True)
            raise typer.Exit(1)
        try:
            from_log = None if log is None else evidence(snapshot, registry.keyring, found)
            key, act = LogKey.of(registry.keyring), found.movement.act
            of_act = None if tlog_proof is None else signed_trees.tlog_proof(snapshot, key, act)
        except LogFault as fault:
            typer.echo(f"izin: {fault}", err=True)
            raise typer.Exit(1) from None
    typer.echo(in_all(mark_in("command", "marka")) + f": {found.movement.brand_code}")
    typer.echo(in_all(mark_in("command", "kayıt")) + f": {dates.wire(found.movement.recorded_at)}")
    for one in found.handouts:
        typer.echo(_line(one))
    if not found.handouts:
        typer.echo(in_all("Hiçbir yolla verilmedi"))
    if log is not None:
        _write(log, "--log", None if from_log is None else json.dumps(from_log, indent=1) + "\n")
        typer.echo(" /\n".join(Sentence(_HOW).forms()))
    if tlog_proof is not None:
        _write(tlog_proof, "--tlog-proof", of_act)


def evidence(snapshot: Snapshot, keyring: Keyring, found: Delivery) -> dict[str, Any] | None:
    """The movement's event in its act, the act in the newest signed checkpoint; None where it is not signed yet.
    ``movement``: the leaves in words, and the movement's name; ``event``, ``act``: hex of the leaf's data, its place
    and size, and its path from the leaf up (docs/log.md). Errors: leaves.LogFault."""
    key = LogKey.of(keyring)
    tree = signed_trees.of_act(snapshot, key, found.movement.act)
    if tree is None:
        return None
    of_event, of_act = (
        proofs.prove_event(snapshot, found.event, found.movement.act),
        proofs.prove(snapshot, found.movement.act, tree.checkpoint),
    )
    name = keyring.transaction_id(found.event, found.movement.recorded_at)
    return {
        "movement": {wire.TRANSACTION: name} | _words(leaves.read(of_event.data, of_act.data)),
        "event": _fields(of_event),
        "act": _fields(of_act),
        "checkpoint": tree.note,
        "verifier": key.verifier(),
    }


def _words(leaf: LeafContents) -> dict[str, Any]:
    """The words of the regulator's lists; moments in Türkiye time, None for a word without a date."""
    status = Status.of(leaf.status)
    return {
        "event": leaf.event,
        "act": leaf.act,
        "recorded": dates.wire(micros(leaf.recorded_at)),
        "decided": dates.wire(micros(leaf.decided_at)) if leaf.decided_at else None,
        "brand": leaf.brand,
        "retailer": leaf.dealer or None,
        "channel": Channel.of(leaf.channel),
        "identity": Identity.of(leaf.identity),
        "status": status,
        "meaning": in_all(_MEANINGS[status]),
        "source": Source.of(leaf.source) if leaf.source else None,
        "actor": Actor.of(leaf.actor),
        "door": Door.of(leaf.door),
        "undoesAct": leaf.undoes or None,
    }


def _fields(one: Proof) -> dict[str, Any]:
    path = [digest.hex() for digest in one.path]
    return {"data": one.data.hex(), "place": one.place, "size": one.size, "path": path}


def _line(one: HandedOut) -> str:
    taken = in_all("alındığı bilinmiyor")
    if one.taken_at is not None:
        taken = in_all(mark_in("command", "alındı")) + f" {dates.wire(one.taken_at)}"
    who = "" if one.reader is None else f" ({one.reader})"
    return in_all(_WAYS[one.way]) + f"{who}: " + in_all("verildi") + f" {dates.wire(one.at)}; {taken}"


def _write(file: Path, option: str, text: str | None) -> None:
    if text is None:
        typer.echo(in_all("Henüz imzalanmadı; bir dakika sonra yeniden deneyin"), err=True)
        raise typer.Exit(1)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise typer.BadParameter(unwritable(file, fault), param_hint=option) from None
    typer.echo(str(file))
