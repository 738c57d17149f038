"""Commands that verify a registry and receipts."""

from __future__ import annotations

import hashlib
import sys
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from cryptography.x509 import load_pem_x509_certificates

import settings
from consents import dates
from consents.care import audit
from consents.instants import SECOND
from consents.keys import Keyring
from consents.languages import Sentence, in_all, mark_in
from consents.queries import log_rows
from consents.registry import Registry
from consents.store import Snapshot
from evidence import answer_seals, checkpoints, incremental, log, receipts, verified, witness, witness_beginnings
from evidence.checkpoints import Checkpoint, LogKey
from evidence.incremental import Onward
from evidence.leaves import LogFault
from evidence.proofs import check_proof
from evidence.receipts import BadReceipt
from evidence.tlog import key_changes, notes, signed_trees
from evidence.tlog.notes import BadNote, NoteKey
from evidence.witness_beginnings import BegunOtherwise
from izin.operations.registry import open_registry, witness_of
from optout import verifier_file
from panel.audit import audit_log
from providers.days import delivery_audit
from providers.disputes import consent_evidence
from trust import paper_seals
from trust.paper_seals import BrokenSeal, NoSeal, Seal

_Roots = Annotated[
    Path | None,
    typer.Option(
        "--tsa-roots",
        help="Root certificates (PEM) of the time stamp authority; without them a stamp's signature is not verified.",
    ),
]
_Changes = Annotated[
    Path | None,
    typer.Option(
        "--keys",
        help="Changes of the log's key, as /log/keys has them, where they are not in the file itself.",
    ),
]
_ACTS, _PEOPLE, _NOTHING = mark_in("command", "işlem"), mark_in("command", "kişi"), mark_in("command", "yok")


def verify_receipt(
    file: Annotated[
        Path,
        typer.Argument(help="A receipt or a company's document, PDF, XLSX, ZIP or JSON; a record as PDF; - for stdin."),
    ],
    key: Annotated[
        str | None,
        typer.Option(help="The registry's public key, as /dogrula shows it; without it this registry's own."),
    ] = None,
    witnesses: Annotated[
        list[str] | None,
        typer.Option("--witness", help="The public key of a witness that must have cosigned it; repeat it."),
    ] = None,
    roots: _Roots = None,
    changes: _Changes = None,
) -> None:
    """Checks a receipt, its tlog-proof, a company's statement about a person, or the answer about its list, by the
    proofs and the signature in it, with --key without any database.

    Exit status 1: it is not genuine, a witness has not cosigned it, or with --tsa-roots the authority of its time stamp
    is another one.
    """
    _check_roots(roots)
    try:
        outside = [NoteKey.read(one) for one in witnesses or ()]
    except BadNote as fault:
        raise typer.BadParameter(str(fault), param_hint="--witness") from None
    try:
        given = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        known = _followed(LogKey.read(key) if key is not None else _own_key(), changes)
        paper = given.lstrip()[:5] == b"%PDF-"
        seal = _seal(given, known) if paper else None
        if seal is not None and seal.kind == paper_seals.RECORD:
            _cosigned(None, outside)
            typer.echo(in_all("PDF değişmemiş, hazırlandığı dakika") + f": {seal.digits}")
            return
        text = (_attached(given) if paper else _in_zip(given) if given[:2] == b"PK" else given).decode()
        known = known.following(receipts.carried_changes(text))
        seal = _seal(given, known) if paper else None
        if text.startswith(signed_trees.PROOF_FORMAT):
            _print_tlog_proof(text, known, outside)
            return
        if form := receipts.document_format(text):
            content = receipts.check_document(text, known)
            cosigned = _cosigned(content["checkpoint"], outside)
            _check_earlier(content, known, own=key is None)
            _PRINTED[form](content)
            _print_witnesses(content, roots)
            for line in cosigned:
                typer.echo(line)
            _warn_of_paper(paper and seal is None)
            if form == receipts.ANSWER and given[:2] == b"PK":
                if (reply := receipts.packed_stamp(given)) is not None:
                    _print_stamp(reply, text, roots)
            elif given[:2] == b"PK":
                typer.echo("izin: " + in_all("tablonun hücreleri imzalı değil; yalnız şu satırlara güvenin"), err=True)
            return
        receipt = receipts.check(text, known)
        cosigned = _cosigned(receipt["checkpoint"], outside)
        _check_earlier(receipt, known, own=key is None)
    except OSError as fault:
        raise typer.BadParameter(f"{file.name}: {fault.strerror}", param_hint="FILE") from None
    except UnicodeDecodeError:
        _not_genuine("it is no text in UTF-8")
    except BadReceipt as fault:
        _not_genuine(str(fault))
    except BadNote as fault:
        _not_genuine(str(fault))
    except ValueError:
        raise typer.BadParameter("this is no public key of a registry", param_hint="--key") from None
    typer.echo(in_all("Makbuz gerçek") + f": {receipt['number']}")
    _warn_of_paper(paper and seal is None)
    facts = receipt["registry"], receipt["recorded"], receipt["door"], receipt.get("address") or receipt["masked"]
    typer.echo("\t".join(map(str, facts)))
    for one in receipt["consents"]:
        typer.echo("\t".join(str(one[name]) for name in ("brand", "title", "channel", "identity", "status")))
    _print_witnesses(receipt, roots)
    for line in cosigned:
        typer.echo(line)


def verifier(
    file: Annotated[Path | None, typer.Argument(help="Where to write the page; without it only the digest.")] = None,
) -> None:
    """Writes the page that verifies receipts without a network and without this site, and prints its SHA-256."""
    if file is not None:
        target = file / verifier_file.FILE.name if file.is_dir() else file
        try:
            target.write_bytes(verifier_file.content())
        except OSError as fault:
            raise typer.BadParameter(f"{target}: {fault.strerror}", param_hint="FILE") from None
    typer.echo(f"{verifier_file.digest()}  {verifier_file.FILE.name}")


def _followed(key: LogKey, changes: Path | None) -> LogKey:
    """Errors: BadNote, OSError."""
    return key if changes is None else key.following(key_changes.find_all(changes.read_text(encoding="utf-8")))


def _print_tlog_proof(text: str, key: LogKey, witnesses: list[NoteKey]) -> None:
    """The act and the tree that a proof shows. Errors: BadNote."""
    proof, note = signed_trees.read_tlog_proof(text)
    head = signed_trees.head_of(note, key)
    if not check_proof(proof, head.root):
        raise BadNote("the act is not in the log that was signed")
    cosigned = _cosigned(note, witnesses)
    _warn_of_earlier(key.at(head.size) != key.public)
    typer.echo(in_all("Makbuz gerçek") + f": {proof.place + 1} / {proof.size}")
    for line in cosigned:
        typer.echo(line)


def _cosigned(note: str | None, witnesses: list[NoteKey]) -> list[str]:
    """A line for each witness, with its moment. ``note``: None of what has no checkpoint. Errors: BadNote where one has
    not cosigned."""
    if witnesses and note is None:
        raise BadNote("it has no checkpoint that a witness could cosign")
    found, given = [], notes.read(note) if witnesses and note is not None else None
    for one in witnesses:
        at = given.signed_at(one) if given is not None else None
        if at is None:
            raise BadNote(f"{one.name} has not cosigned it")
        found.append(in_all("Tanık imzaları") + f": {one.name} {dates.wire(at * SECOND)}")
    return found


def _print_witnesses(receipt: Mapping[str, Any], roots: Path | None) -> None:
    """How many witnesses cosigned, as the registry counted them, and the time stamp of its checkpoint."""
    if (counted := receipt.get("witnesses")) is not None:
        typer.echo(in_all("Tanık imzaları") + f": {counted['cosigned']} / {counted['wanted']}")
    if (stamp := receipt.get("stamp")) is not None:
        _print_stamp(b64decode(stamp), signed_trees.own_part(receipt["checkpoint"]), roots)


def verify_answer(
    file: Annotated[
        Path, typer.Argument(help="What a call with signed=1 answered, as it came, or a list's answer; - for stdin.")
    ],
    key: Annotated[
        str | None,
        typer.Option(help="The registry's public key, as /dogrula shows it; without it this registry's own."),
    ] = None,
    question: Annotated[Path | None, typer.Option(help="The body that was sent with the call, compared too.")] = None,
    roots: _Roots = None,
    changes: _Changes = None,
) -> None:
    """Checks the signature of an answer that a company's program or its list check got, with --key without any
    database.

    Exit status 1: it is not genuine, answers another question, or with --tsa-roots the authority of its time stamp is
    another one.
    """
    _check_roots(roots)
    try:
        given = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        sent = question.read_bytes() if question is not None else None
        known = _followed(LogKey.read(key) if key is not None else _own_key(), changes)
        text = given.decode() if given[:2] != b"PK" else ""
    except BadNote as fault:
        _not_genuine(str(fault))
    except OSError as fault:
        raise typer.BadParameter(f"{file.name}: {fault.strerror}", param_hint="FILE") from None
    except UnicodeDecodeError:
        _not_genuine("it is no text in UTF-8")
    except ValueError:
        raise typer.BadParameter("this is no public key of a registry", param_hint="--key") from None
    if not answer_seals.is_sealed(text):
        verify_receipt(file, key, roots=roots, changes=changes)
        return
    try:
        content = answer_seals.check(text, known, sent)
    except BadReceipt as fault:
        _not_genuine(str(fault))
    typer.echo(in_all("Yanıt gerçek") + f": {content['made']}")
    for name in ("path", "question", "campaign"):
        typer.echo(f"{name}\t{content[name] or '-'}")


def _check_earlier(content: Mapping[str, Any], key: LogKey, *, own: bool) -> None:
    earlier = receipts.signed_earlier(content, key)
    if earlier and own:
        with open_registry() as registry:
            if not registry.store.read_now(receipts.in_log, content):
                _not_genuine("an earlier key signed it, and its checkpoint is not one of this log")
    _warn_of_earlier(earlier)


def _warn_of_earlier(earlier: bool) -> None:
    if earlier:
        warning = in_all("eski anahtarla imzalı: adlar ve belgenin tarihi kanıtlı değil; çalınmışsa --witness de verin")
        typer.echo(f"izin: {warning}", err=True)


def _warn_of_paper(changed: bool) -> None:
    if changed:
        typer.echo("izin: " + in_all("PDF sonradan değişmiş; yalnız şu satırlara güvenin"), err=True)


def _in_zip(file: bytes) -> bytes:
    """The document that a workbook or the zip of a proof holds."""
    if (found := receipts.packed_document(file)) is None:
        fault = "no signed document is in this file; it is lost where a workbook was saved again"
        raise typer.BadParameter(fault, param_hint="FILE")
    return found


def _check_roots(file: Path | None) -> None:
    """Errors: BadParameter, exit 2."""
    if file is None:
        return
    try:
        load_pem_x509_certificates(file.read_bytes())
    except OSError as fault:
        raise typer.BadParameter(f"{file}: {fault.strerror}", param_hint="--tsa-roots") from None
    except ValueError:
        raise typer.BadParameter(f"{file} is no PEM file of certificates", param_hint="--tsa-roots") from None


def _print_stamp(reply: bytes, text: str, roots: Path | None) -> None:
    """The moment of a time stamp, and whether its signature was verified. Errors: Exit 1 where it is of another text,
    or no certificate of ``roots`` stands behind it."""
    from providers.days import stamps  # loads a library of its own

    try:
        at = stamps.proven(reply, roots, hashlib.sha512(text.encode()).digest())
    except stamps.NoStamp as fault:
        _not_genuine(str(fault))
    verified = in_all("imzası doğrulandı") if roots else in_all("imzası doğrulanmadı; --tsa-roots ile doğrulayın")
    typer.echo(in_all("Zaman damgası") + f": {at.isoformat()} ({verified})")


def _attached(pdf: bytes) -> bytes:
    """The proof attached to a PDF. A PDF without one is no forgery, so it is a fault of the call."""
    found = next(
        (
            one
            for one in paper_seals.attached(pdf, receipts.MOST)
            if any(one_of in one for one_of in (b'"izin-receipt/', b'"izin-statement/', b'"izin-answer/'))
        ),
        None,
    )
    if found is None:
        raise typer.BadParameter("no proof is attached to this PDF; look its record number up", param_hint="FILE")
    return found


def _seal(pdf: bytes, key: LogKey) -> Seal | None:
    try:
        return paper_seals.check(pdf, *key.publics())
    except (NoSeal, BrokenSeal):
        return None


_COMMENTS = "undo", "taken_back", "waited", "covered", "disputed"  # what weakens a movement


def _print_statement(content: dict[str, Any]) -> None:
    typer.echo(in_all("Belge gerçek") + f": {content['company']}")
    brands = content.get("brands") or ()  # all of the company's where none are named
    about = [content["about"]] if content.get("about") else []  # of one consent or act alone
    typer.echo("\t".join(map(str, (content["registry"], content["made"], content["address"], *brands, *about))))
    for one in content["movements"]:
        proven = in_all("kanıtlı") if one["act"] else in_all("kanıtsız")
        names = ("recorded", "brand", "channel", "identity", "status", "source")
        comments = ",".join(name for name in _COMMENTS if one.get(name))
        typer.echo("\t".join([*(str(one[name]) for name in names), proven, *filter(None, [comments])]))


def _print_list(content: dict[str, Any]) -> None:
    typer.echo(in_all("Belge gerçek") + f": {content['company']}")
    typer.echo("\t".join(str(content[name]) for name in ("registry", "made", "brand", "title", "identity")))
    for channel, of in content["answer"].items():
        for status, addresses in of.items():
            for address in addresses:
                typer.echo("\t".join((address, channel, status)))


def _print_answer(content: dict[str, Any]) -> None:
    typer.echo(in_all("Belge gerçek") + f": {content['company']}")
    address = content.get("address") or content["masked"]
    names = ("registry", "answered", "brand", "title", "purpose", "method", "request")
    typer.echo("\t".join([*(str(content[name]) for name in names), address]))
    for one in content["answers"]:
        proven = in_all("kanıtlı") if one["answer"] else in_all("cevap yok")
        typer.echo("\t".join((one["channel"], one["identity"], one["answer"] or "-", proven)))


_PRINTED = {receipts.STATEMENT: _print_statement, receipts.LIST: _print_list, receipts.ANSWER: _print_answer}


def _not_genuine(why: str) -> NoReturn:
    typer.echo("izin: " + in_all("makbuz gerçek değil") + f": {why}", err=True)
    raise typer.Exit(1)


def _own_key() -> LogKey:
    with open_registry() as registry:
        return LogKey.of(registry.keyring)


def verify(
    accept_unwitnessed: Annotated[
        bool, typer.Option("--accept-unwitnessed", help="Sign a history that no witness knows. Write down why.")
    ] = False,
    since_checkpoint: Annotated[
        bool,
        typer.Option("--since-checkpoint", help="Prove what came since the last proof, and a part of what was before."),
    ] = False,
    parts: Annotated[
        int, typer.Option(min=0, help="In how many of those runs every old row has its turn; 0: look at none.")
    ] = incremental.PARTS,
) -> None:
    """Proves that what stands is the fold of history and that the log is whole. Exit status 1 names the first fault.

    Prints the newest checkpoint: whoever notes it down elsewhere sees later whether history still holds it.
    """
    if since_checkpoint and accept_unwitnessed:
        raise typer.BadParameter(
            "only a whole history is accepted without a witness", param_hint="--accept-unwitnessed"
        )
    chosen = settings.load()
    witnessed = witness_of(chosen)
    with open_registry(chosen) as registry:
        proved, fault, lacking, otherwise = None, None, None, None
        try:
            if since_checkpoint:
                proved, otherwise = _proved_onward(registry, witnessed, parts)
            if proved is None:
                lacking, otherwise = _prove(registry, witnessed, accept_unwitnessed)
        except LogFault as found:
            fault, otherwise = str(found), witness_beginnings.find_fault(registry, witnessed, strict=False)
        newest = registry.store.read_now(checkpoints.latest) if fault is None else None
    if otherwise is not None and (fault is None or otherwise.length):  # a missing file is in the fault
        _report_otherwise(otherwise, noted=proved is None and fault is None)
    if fault is not None:
        typer.echo(f"izin: {fault}", err=True)
        raise typer.Exit(1)
    if lacking:
        typer.echo(in_all("Tanıksız kabul edildi") + f": {lacking}", err=True)
    if proved is None:
        typer.echo(in_all("Kayıtlar sağlam"))
    else:
        _report_onward(proved)
    if newest is not None:
        _report(newest[0], LogKey.of(registry.keyring))


def _prove(registry: Registry, witnessed: Path, accept_unwitnessed: bool) -> tuple[str | None, BegunOtherwise | None]:
    """Verifies and signs everything, and records that; (what no witness knows, where accepted; whether the witness
    file begins otherwise). Errors: LogFault."""
    store, keyring = registry.store, registry.keyring
    begun = store.now()
    lacking = store.read_now(witness.lack, keyring, witnessed, begun) if accept_unwitnessed else None
    seen = store.read_now(verified.load, begun)
    if (fault := store.read_now(audit.verify, registry.policy.reconsent)) is not None:
        raise LogFault(fault)
    compared = store.read_now(log.prove, keyring, None if lacking else witnessed, store.now())
    fault = store.read_now(_fault_of_acts, keyring) or _fault_of_handed(registry)
    if fault is not None:
        raise LogFault(fault)
    otherwise = None if lacking else witness_beginnings.find_fault(registry, witnessed, strict=False)
    if lacking:  # only what has been looked at is signed
        log.accept(registry, witnessed)
    log.extend(registry, witnessed)
    verified.whole(registry, seen, compared)
    witness_beginnings.note(registry, witnessed, compared)
    return lacking, otherwise


def _proved_onward(
    registry: Registry, witnessed: Path, parts: int
) -> tuple[Onward, BegunOtherwise | None] | tuple[None, None]:
    """Verifies and signs what came since the last proof, and records that; None without one; whether the witness
    file begins otherwise. Errors: LogFault."""
    proved = incremental.verify(registry, witnessed, _fault_of_acts, parts)
    if proved is None:
        typer.echo(in_all("Önceki denetim yok"), err=True)
        return None, None
    if (fault := _fault_of_handed(registry, proved.before.at)) is not None:
        raise LogFault(fault)
    otherwise = witness_beginnings.find_fault(registry, witnessed, strict=True)
    log.extend(registry, witnessed)
    if otherwise is None or not otherwise.known:  # else only a whole proof takes it as it is
        witness_beginnings.note(registry, witnessed, proved.now.compared())
    return proved._replace(now=verified.onward(registry, proved.seen, proved.now)), otherwise


def _report_otherwise(file: BegunOtherwise, *, noted: bool) -> None:
    """Reports a witness file with a changed beginning; the proof succeeds, because the rest may fit. ``noted``: the
    file is known as it is from now on."""
    before, at = file.before, dates.wire(file.before.at)
    if not file.known:
        typer.echo(
            f"izin: tanık dosyası {file.path} {file.machine} makinesinde ilk kez karşılaştırıldı ve daha önce "
            f"karşılaştırılan bir dosyanın devamı değil (sonuncusu {before.machine}, {before.path}, {at}). Dosyası "
            "yeni olan bir makinede böyle olur; yeni değilse biri onu değiştirmiş ya da bir yedeğini geri koymuştur",
            err=True,
        )
        typer.echo(
            f"izin: the witness file {file.path} is compared on {file.machine} for the first time, and goes on from no "
            f"file that was compared before (the newest is {before.path} on {before.machine}, {at}). So it is on a "
            "machine whose file is new; if this one is not, somebody changed it or brought a backup of it back",
            err=True,
        )
        return
    typer.echo(
        f"izin: UYARI: tanık dosyası {file.path} artık {at} tarihinde karşılaştırılan ilk {before.length} baytla "
        f"başlamıyor (şimdi {file.length} bayt): biri onu değiştirmiş, yerine başkasını koymuş ya da bir yedeğini geri "
        "getirmiş. Çıkarılan bir satır hiçbir denetimde görünmez. Dosyanın başka yerde duran bir kopyasıyla "
        "karşılaştırın; kimin, ne zaman, neden yaptığını yazın. "
        + (
            "Dosya bundan böyle bu haliyle tanınır"
            if noted
            else "Her kısa denetim bunu yeniden söyler; izin verify son kez söyler ve dosyayı bu haliyle tanır"
        ),
        err=True,
    )
    typer.echo(
        f"izin: WARNING: the witness file {file.path} no longer begins with the {before.length} bytes that were "
        f"compared on {at} (it has {file.length} bytes now): somebody changed or replaced it, or brought a backup of "
        "it back. A line that was taken out shows in no proof. Compare it with a copy that is kept elsewhere, and "
        "write down who did it, when and why. "
        + (
            "From now on it is known as it is"
            if noted
            else "Each short proof says this again; izin verify says it for the last time and takes the file as it is"
        ),
        err=True,
    )


def _short(marked: str) -> str:
    return "/".join(Sentence(marked).forms())


def _report_onward(proved: Onward) -> None:
    """Reports which parts were checked and which were not."""
    before, now = proved.before, proved.now
    new = f"{before.size + 1}-{now.size} {_short(_ACTS)}" if now.size > before.size else _short(_NOTHING)
    typer.echo(in_all("Yeni kayıtlar sağlam") + f": {new}")
    acts, people = f"{proved.old_acts} {_short(_ACTS)}", f"{proved.old_people} {_short(_PEOPLE)}"
    others = in_all("Ötekilerde bir değişiklik burada görünmez; her satırın son denetimi şundan sonra")
    typer.echo(
        in_all("Eskilerden bakılan")
        + f": {acts}, {people}. {others} {dates.wire(now.proved_since)}. "
        + in_all(mark_in("command", "Hepsi"))
        + f": izin verify ({dates.wire(now.whole_at)})"
    )


def _fault_of_acts(
    snapshot: Snapshot, keyring: Keyring, first: int = log_rows.FIRST, last: int = log_rows.LAST
) -> str | None:
    """What the audit log or the companies' evidence lack of these acts, or have otherwise."""
    fault = audit_log.verify(snapshot, keyring, first, last)
    return fault or consent_evidence.verify(snapshot, keyring, first, last)


def _fault_of_handed(registry: Registry, since: int = 0) -> str | None:
    with registry.store.snapshot(passing=True) as snapshot:
        return delivery_audit.verify(snapshot, registry.keyring, since)


def _report(newest: Checkpoint, key: LogKey) -> None:
    """Prints what an outsider records: the newest checkpoint, and the key for receipts."""
    root = b64encode(newest.root).decode()
    typer.echo(in_all("Son denetim noktası") + f": {newest.size} {root} {dates.wire(newest.made_at)}")
    typer.echo(in_all("Denetim anahtarı") + f": {key.verifier()}")
