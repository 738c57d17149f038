"""GIRIS 7K3M-92Q7: a text of a sign-in page, sent from the number that is to be signed in. The reply explains how to
end the session, against people who were tricked into sending it."""

from __future__ import annotations

from optout.sms.conversation import Reply, Talk
from optout.sms.reader import letters
from trust.codes import shown_texts
from trust.codes.shown_texts import SentText


def answer(talk: Talk) -> Reply | None:
    """Proves the number to the page of the text, or ends its sessions. None where the message has no such text, or the
    site takes none."""
    sent = shown_texts.read(letters.plain(talk.inbound.text)) if talk.settings.signs_in_by_text else None
    return None if sent is None else _answer(talk, sent)


def _answer(talk: Talk, sent: SentText) -> Reply:
    transaction, keyring, sender = talk.transaction, talk.registry.keyring, talk.sender.address
    talk.language = sent.language
    if sent.cancels:
        shown_texts.cancel(transaction, keyring, sender)
        return Reply(talk.phrase("sign-in.ended"))
    if not shown_texts.prove(transaction, keyring, sent.code, sender):
        return Reply(talk.phrase("sign-in.late"))
    return Reply(talk.phrase("sign-in.done"), changed=True)
