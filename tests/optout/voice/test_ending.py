"""Ending helpers and saved phones by telephone: the caller's own alone, and the same words whether there were any."""

from __future__ import annotations

import pytest

from tests.conftest import NOON
from tests.optout.hooks.conftest import Post
from tests.optout.voice.conftest import Dial
from tests.optout.voice.telephone import AYSE
from trust import delegations, passkey_store
from trust.passkeys import NewPasskey

MOTHER, HELPER = AYSE, "+905320000077"
WORDS = "Bu numara için yardımcı ve kodsuz giriş artık yok. İzinleriniz değişmedi. İyi günler."


@pytest.fixture
def given(post: Post) -> Post:
    """A site that knows a helper and a saved phone of one number."""
    store, keyring = post.registry.store, post.registry.keyring
    assert store.write_now(delegations.begin, keyring, MOTHER, HELPER, 1, 365)
    assert store.write_now(passkey_store.add, keyring, MOTHER, NewPasskey(b"one", b"public", 0), None, NOON)
    return post


def left(post: Post, address: str = MOTHER) -> tuple[int, int]:
    store, keyring = post.registry.store, post.registry.keyring
    helpers = store.read_now(delegations.of_owner, keyring, address, store.now())
    return len(helpers), len(store.read_now(passkey_store.of, keyring, address))


def test_a_key_ends_both(given: Post, dial: Dial) -> None:
    assert left(given) == (1, 1)
    call = dial(MOTHER).press("*").press("7")
    assert call.ended
    assert call.heard == WORDS
    assert left(given) == (0, 0)


def test_another_caller_hears_the_same_and_ends_nothing(given: Post, dial: Dial) -> None:
    assert dial(HELPER).press("*").press("7").heard == WORDS
    assert left(given) == (1, 1)


def test_the_question_names_the_key(given: Post, dial: Dial) -> None:
    assert "yediye" in dial(MOTHER).press("*").heard
