"""What a key looks like, and what is kept of it."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat.errors import BadInput
from app.chat.keys import MAX_KEY_NAME_CHARACTERS, MAX_OWNER_CHARACTERS, digest, is_secret, new_key, new_secret


def test_every_key_is_another_and_has_the_form_of_one() -> None:
    made = [new_secret() for _ in range(1_000)]
    assert len(set(made)) == len(made)
    assert all(is_secret(each) and each.startswith("parley_") for each in made)


def test_a_key_is_one_word_to_a_terminal_and_to_a_shell() -> None:
    assert new_secret().replace("_", "").isalnum()


@given(st.integers(0, 64), st.characters())
def test_a_key_with_one_wrong_character_is_known_for_wrong_without_a_look_up(position: int, character: str) -> None:
    secret = new_secret()
    mistyped = secret[:position] + character + secret[position + 1 :]
    assert is_secret(mistyped) == (mistyped == secret)


@pytest.mark.parametrize("cut", [slice(0, -1), slice(1, None), slice(7, None), slice(0, 0)])
def test_a_key_that_is_cut_off_is_none(cut: slice) -> None:
    assert not is_secret(new_secret()[cut])


@given(st.text())
def test_what_others_call_a_key_is_none(text: str) -> None:
    assert not is_secret(text)
    assert not is_secret(f"parley_{text}")


def test_what_is_kept_is_the_sha_256_and_nothing_longer_of_it() -> None:
    secret = new_secret()
    assert digest(secret) == hashlib.sha256(secret.encode()).digest()


def test_a_key_has_conversations_of_its_own_unless_an_owner_is_named() -> None:
    first, second, shared = new_key("a"), new_key("b"), new_key("c", "team")
    assert first.owner == f"key:{first.id}" != second.owner
    assert shared.owner == "team"


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\0", "\ud800", "\x1b[2J", "x" * (MAX_KEY_NAME_CHARACTERS + 1)])
def test_a_name_that_cannot_be_shown_in_a_list_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match=r"^name: "):
        new_key(name)


@pytest.mark.parametrize("owner", ["", "a\nb", "\0", "x" * (MAX_OWNER_CHARACTERS + 1)])
def test_an_owner_that_cannot_be_shown_in_a_list_is_refused(owner: str) -> None:
    with pytest.raises(BadInput, match=r"^owner: "):
        new_key("name", owner)


def test_the_longest_names_are_taken() -> None:
    key = new_key("x" * MAX_KEY_NAME_CHARACTERS, "é" * MAX_OWNER_CHARACTERS)
    assert (len(key.name), len(key.owner)) == (MAX_KEY_NAME_CHARACTERS, MAX_OWNER_CHARACTERS)
