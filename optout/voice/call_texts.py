"""The SMS that confirm what was refused in a call; as those of ``replies`` plain ASCII, one part, without a link."""

from __future__ import annotations

from consents.terms import Channel
from optout.sms.replies import short
from web.rendering.when import stamp

Channels = tuple[int, ...]  # (0,) calls, (0, 1) calls and SMS
_WORDS: dict[Channels, str] = {
    (Channel.ARAMA.code,): "aramalari",
    (Channel.ARAMA.code, Channel.MESAJ.code): "SMS ve aramalari",
}
_ONE = "{M} {W} telefonla reddedildi. "
_ALL = "Bu sistemdeki {n} markanin {W} telefonla reddedildi. "
_REST = "Kayit: {DT}. {S}. Siz yapmadiysaniz GERI AL yazin."
_ALL_BEFORE = "Bu sistemdeki {n} markanin {W} daha once reddedilmis, kaydiniz gecerli. Hicbir sey degismedi."
_COUNT = 9999


def refused(name: str, channels: Channels, at: int, *, ended: bool) -> str:
    """S12: a brand, by its short name (at most 11 characters), was refused at ``at`` (µs)."""
    return (_ONE + _REST).format(M=name, W=_WORDS[channels], DT=stamp(at), S=short(channels, at, ended=ended))


def refused_all(count: int, channels: Channels, at: int, *, ended: bool) -> str:
    """The same of all brands that hold a record."""
    return (_ALL + _REST).format(
        n=min(count, _COUNT), W=_WORDS[channels], DT=stamp(at), S=short(channels, at, ended=ended, many=True)
    )


def refused_all_before(count: int, channels: Channels) -> str:
    """All of them had been refused, by telephone or otherwise."""
    return _ALL_BEFORE.format(n=min(count, _COUNT), W=_WORDS[channels])
