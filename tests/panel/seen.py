"""Consents to look at: of Çınar's two brands, about people with numbers of their own."""

from __future__ import annotations

from consents.people import register
from consents.state import Key
from tests.consents.deeds import BIREYSEL, HOUR, MESAJ, Deeds, onay
from tests.panel.office import BRANDS, CINAR, Office
from tests.panel.test_matrix import brand

FIRST, SECOND = BRANDS[CINAR]


def number(place: int) -> str:
    """The phone number of the person at this place."""
    return f"+9053200{place:05d}"


class SeenDeeds(Deeds):
    """Acts on an office's registry."""

    def __init__(self, office: Office) -> None:
        super().__init__(office.registry)
        self.office = office

    def key(self, place: int = 1, code: int = FIRST, channel: int = MESAJ) -> Key:
        """A key of the person at this place with a brand."""
        keyring = self.registry.keyring
        person = register.person(keyring, number(place))
        recipient = self.store.write_now(register.enrol, keyring, person)
        return Key(recipient, brand(self.office, code), channel, BIREYSEL)

    def allowed(self, place: int = 1, code: int = FIRST, channel: int = MESAJ) -> Key:
        """The same, with an ONAY that its provider declared an hour ago."""
        key = self.key(place, code, channel)
        self.declares(onay(key, self.office.clock.now - HOUR))
        return key
