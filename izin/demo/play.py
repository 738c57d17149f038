"""Plays steps through the ledger, each at its own time, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from consents import ledger, state
from consents.brands import companies
from consents.history import Deed
from consents.ledger import PENDING, RECORDED, Claim, Policy, Wish
from consents.people import register
from consents.registry import Registry
from consents.rules import RET
from consents.store import Transaction
from consents.terms import Actor, Channel, Door
from izin.demo.programs import PastPrograms
from izin.demo.story import CitizenStep, ExampleBrand, ProviderStep, Step, StoryWord, UndoStep


class Player:
    """One run: the internal ids of brands, dealers and people, and each person's last act."""

    def __init__(self, transaction: Transaction, registry: Registry, brands: Sequence[ExampleBrand]) -> None:
        self._transaction, self._keyring = transaction, registry.keyring
        self._policy = Policy(registry.policy.reconsent)  # not strict: the story has first refusals (rule L3)
        self._names = {brand.code: brand.names[0] for brand in brands}
        self._brands = {code: _id(transaction, code) for code in self._names}
        self._dealers = {code: companies.dealers(transaction, brand) for code, brand in self._brands.items()}
        self._people: dict[str, int] = {}
        self._last_acts: dict[str, tuple[int, Door, set[int]]] = {}
        self._programs = PastPrograms(registry, self._brands)
        self._played = 0

    def play(self, steps: Sequence[Step], until: int) -> None:
        """Records the steps in order of time, and the programs' reads until ``until`` (µs). Errors: AssertionError
        where the ledger refuses a step."""
        addresses = dict.fromkeys(address for step in steps for address in _addresses(step))
        people = [register.person(self._keyring, address) for address in addresses]
        self._people = dict(zip(addresses, register.enrol_all(self._transaction, self._keyring, people), strict=True))
        for step in sorted(steps, key=lambda step: step.at):
            self._programs.take(self._transaction, step.at)
            self._transaction.now = step.at
            self._played += 1
            match step:
                case ProviderStep():
                    self._play_declaration(step)
                case CitizenStep():
                    self._play_decision(step)
                case UndoStep():
                    self._play_undo(step)
        self._programs.take(self._transaction, until)

    def _play_declaration(self, step: ProviderStep) -> None:
        claims = [self._claim(step.brand, word) for word in step.words]
        if step.door is Door.SYNC:
            take, deed = ledger.relay, Deed(Actor.REGISTRY, step.door)
        else:
            take, deed = ledger.declare, Deed(Actor.PROVIDER, step.door)
        answers = take(self._transaction, self._policy, self._brands[step.brand], claims, deed)
        assert set(answers) <= {RECORDED, PENDING}, (step, answers)
        if step.door is Door.SYNC:
            self._programs.spoken([self._brands[step.brand]], step.at)

    def _claim(self, brand: int, word: StoryWord) -> Claim:
        return Claim(
            self._people[word.address],
            self._brands[brand],
            word.channel.code,
            word.identity.code,
            word.status.code,
            None if word.source is None else word.source.code,
            word.at,
            None if word.dealer is None else self._dealers[brand][word.dealer],
        )

    def _play_decision(self, step: CitizenStep) -> None:
        recipient = self._people[step.address]
        wishes = [Wish(*key, step.status.code, step.source.code) for key in self._keys(step)]
        deed = Deed(Actor.CITIZEN, step.door, evidence=self._evidence(step.door, self._text(step)))
        act = ledger.decide(self._transaction, self._policy, recipient, wishes, deed).act
        assert act is not None, step
        about = {wish.brand for wish in wishes}
        self._last_acts[step.address] = act, step.door, about
        self._programs.spoken(about, step.at)

    def _keys(self, step: CitizenStep) -> list[tuple[int, int, int]]:
        """Brand, channel and identity by internal code: as written, or all that may still reach the person."""
        channels = [channel.code for channel in step.channels]
        identities = [identity.code for identity in step.identities]
        brands = [self._brands[code] for code in step.brands]
        if brands:
            return [(brand, channel, identity) for brand in brands for channel in channels for identity in identities]
        stands = state.of_recipient(self._transaction, self._people[step.address])
        open_keys = [key for key, standing in stands.items() if standing.status != RET]
        return [key[1:] for key in open_keys if key.channel in channels and key.identity in identities]

    def _play_undo(self, step: UndoStep) -> None:
        act, door, about = self._last_acts.pop(step.address)
        door = Door.SMS if door is Door.VOICE else door  # a call is taken back by the SMS that confirms it (L11)
        deed = Deed(Actor.CITIZEN, door, evidence=self._evidence(door, "GERI AL"))
        undone = ledger.undo(self._transaction, self._policy, act, deed)
        assert undone is not None, step
        self._programs.spoken(about, step.at)

    def _text(self, step: CitizenStep) -> str:
        """The SMS the person would have written."""
        about = self._names[step.brands[0]] if step.brands else "HEPSI"
        return f"{step.status} {about}" + (" ARAMA" if Channel.ARAMA in step.channels and step.brands else "")

    def _evidence(self, door: Door, text: str) -> tuple[bytes, bytes]:
        """The sealed evidence of each door."""
        number = f"demo-{self._played:05}"
        evidence = {
            Door.SMS: {"message": number, "text": text},
            Door.VOICE: {"call": number},
            Door.MAIL: {"mail": f"<{number}@example.com>"},
            Door.PAGE: {"session": number},
        }.get(door, {"link": number})
        return self._keyring.seal_evidence(evidence)


def _id(transaction: Transaction, code: int) -> int:
    brand = companies.known_brand(transaction, code)
    assert brand is not None
    return brand.id


def _addresses(step: Step) -> list[str]:
    return [word.address for word in step.words] if isinstance(step, ProviderStep) else [step.address]
