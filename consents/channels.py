"""What each channel is: code that decides by channel reads it here, or has a table that ``answered`` checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeVar

from consents.languages import mark
from consents.people import recipients
from consents.people.recipients import AddressKind, Recipient
from consents.terms import Channel

T = TypeVar("T")


class LinkTexts(NamedTuple):
    # Of a link's page, marked: buttons, and what the channel's refusal is about.
    refuse: str
    also: str  # where the number's other channel is refused; "" for none
    barred: str
    unknown: str  # to a holder of the link who may be anybody
    allowed: str  # to its recipient: while the brand may send,
    other: str  # and else


class ChannelSpec(NamedTuple):
    read: Callable[[str], Recipient]  # reads an address
    mail: bool  # an e-mail address, not a number
    sms: bool  # only a number that takes SMS
    mail_code: str  # İYS's for an e-mail address given with it; "": as for a number that cannot be read
    phrase: str  # its word in the keys of phrases.toml; "": no SMS and no call refuses it
    place: int  # where it stands when an operator chooses what an unread text refuses
    icon: str
    # Marked texts: its name, in a narrow list too, for an authority (in Turkish), behind a brand's title;
    name: str
    short: str
    letter: str
    about: str
    narrow: str  # what narrows a refusal to it
    waiting: str  # of a consent that waits for the citizen
    approving: str  # what an approval allows
    barred: str  # of a refusal where the brand could not send before
    stop: str  # of one with a last day
    link: LinkTexts


def answered(table: Mapping[Channel, T], needed: Iterable[Channel] = Channel) -> Mapping[Channel, T]:
    """The table. Errors: LookupError where a channel has no entry."""
    if missing := [str(channel) for channel in needed if channel not in table]:
        raise LookupError(f"no answer for {', '.join(missing)}")
    return table


SPECS = answered(
    {
        Channel.ARAMA: ChannelSpec(
            read=recipients.phone,
            mail=False,
            sms=False,
            mail_code="",
            phrase="calls",
            place=2,
            icon="call",
            name=mark("Telefonla arama"),
            short=mark("Arama"),
            letter="Telefonla arama",
            about=mark("%(brand)s aramaları"),
            narrow=mark("Yalnız telefonla aramalar"),
            waiting=mark("Siz karar verene kadar bu marka sizi reklam için arayamaz."),
            approving=mark("%(brand)s sizi reklam için arayabilecek."),
            barred=mark("Bu marka sizi reklam için arayamaz."),
            stop=mark("Aramalar en geç şu günün sonunda durmalı: <strong>%(date)s</strong>"),
            link=LinkTexts(
                refuse=mark("Aramaları reddet"),
                also=mark("Aramaları da reddet"),
                barred=mark("Bu marka sizi reklam için arayamaz."),
                unknown=mark("Bu markanın sizi reklam için aramasını reddedebilirsiniz."),
                allowed=mark('Bu marka, <span class="nb">%(masked)s</span> numarasını reklam için arayabiliyor.'),
                other=mark(
                    'Bu markanın <span class="nb">%(masked)s</span> numarasını reklam için aramasını reddedebilirsiniz.'
                ),
            ),
        ),
        Channel.MESAJ: ChannelSpec(
            read=recipients.phone,
            mail=False,
            sms=True,
            mail_code="H464",
            phrase="texts",
            place=1,
            icon="sms",
            name=mark("SMS"),
            short=mark("SMS"),
            letter="Kısa mesaj (SMS)",
            about=mark("%(brand)s SMS'leri"),
            narrow=mark("Yalnız SMS'ler"),
            waiting=mark("Siz karar verene kadar bu marka size SMS gönderemez."),
            approving=mark("%(brand)s size reklam SMS'i gönderebilecek."),
            barred=mark("Bu marka size reklam gönderemez."),
            stop=mark("SMS'ler en geç şu günün sonunda durmalı: <strong>%(date)s</strong>"),
            link=LinkTexts(
                refuse=mark("SMS'leri reddet"),
                also=mark("SMS'leri de reddet"),
                barred=mark("Bu marka size reklam SMS'i gönderemez."),
                unknown=mark("Bu markanın size reklam SMS'i göndermesini reddedebilirsiniz."),
                allowed=mark('Bu marka, <span class="nb">%(masked)s</span> numarasına reklam SMS\'i gönderebiliyor.'),
                other=mark(
                    'Bu markanın <span class="nb">%(masked)s</span> '
                    "numarasına reklam SMS'i göndermesini reddedebilirsiniz."
                ),
            ),
        ),
        Channel.EPOSTA: ChannelSpec(
            read=recipients.email,
            mail=True,
            sms=False,
            mail_code="H120",
            phrase="",
            place=3,
            icon="mail",
            name=mark("E-posta"),
            short=mark("E-posta"),
            letter="E-posta",
            about=mark("%(brand)s e-postaları"),
            narrow="",
            waiting=mark("Siz karar verene kadar bu marka size e-posta gönderemez."),
            approving=mark("%(brand)s size reklam e-postası gönderebilecek."),
            barred=mark("Bu marka size reklam gönderemez."),
            stop=mark("E-postalar en geç şu günün sonunda durmalı: <strong>%(date)s</strong>"),
            link=LinkTexts(
                refuse=mark("E-postaları reddet"),
                also="",
                barred=mark("Bu marka size reklam e-postası gönderemez."),
                unknown=mark("Bu markanın size reklam e-postası göndermesini reddedebilirsiniz."),
                allowed=mark('Bu marka, <span class="nb">%(masked)s</span> adresine reklam e-postası gönderebiliyor.'),
                other=mark(
                    'Bu markanın <span class="nb">%(masked)s</span> '
                    "adresine reklam e-postası göndermesini reddedebilirsiniz."
                ),
            ),
        ),
    }
)
OF_CODE = {channel.code: spec for channel, spec in SPECS.items()}
BY_PLACE = tuple(sorted(SPECS, key=lambda channel: SPECS[channel].place))
NUMBERS = tuple(channel.code for channel, spec in SPECS.items() if not spec.mail)
MAILS = tuple(channel.code for channel, spec in SPECS.items() if spec.mail)
BY_SMS = tuple(channel.code for channel, spec in SPECS.items() if spec.phrase)  # what an SMS or a call refuses


# By whether the address is an e-mail, and whether it takes SMS.
REACHING = {
    (mail, takes): tuple(one for one, spec in SPECS.items() if spec.mail is mail and (takes or not spec.sms))
    for mail in (False, True)
    for takes in (False, True)
}


def reaching(recipient: Recipient) -> tuple[Channel, ...]:
    return REACHING[recipient.kind is AddressKind.EMAIL, recipient.sms]


def sharing(channel: int) -> tuple[int, ...]:
    return MAILS if OF_CODE[channel].mail else NUMBERS


def fits(channel: int, recipient: Recipient) -> bool:
    return OF_CODE[channel].mail is (recipient.kind is AddressKind.EMAIL)
