"""What other rooms may call: requests of companies, their answers and proofs, forms and tills."""

from __future__ import annotations

from asking import answering as answering
from asking import form_checks as form_checks
from asking import forms as forms
from asking import message_texts as message_texts
from asking import open_questions as open_questions
from asking import proof_file as proof_file
from asking import request_counts as request_counts
from asking import request_states as request_states
from asking import request_store as requests
from asking import starting as starting
from asking import tills as tills
from asking import words as words

__all__ = [
    "answering",
    "form_checks",
    "forms",
    "message_texts",
    "open_questions",
    "proof_file",
    "request_counts",
    "request_states",
    "requests",
    "starting",
    "tills",
    "words",
]
