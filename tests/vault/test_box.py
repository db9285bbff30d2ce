"""A sealed value opens with its key, where it belongs, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import CannotOpen
from engine.vault import SEALED, Box, Key, SealState, made_key, owner_of

ONE, TWO = made_key(), made_key()
OWNER = owner_of(7, "65a0f3c0beef0123456789ab", "data")


def sealing(*keys: Key) -> Box:
    box = Box(keys)
    box.learn(SealState(box.check_of(keys[0])))
    return box


@given(plain=st.binary(max_size=300))
def test_what_is_sealed_opens_again(plain: bytes) -> None:
    box = sealing(ONE)
    sealed = box.seal(plain, OWNER)

    assert sealed[:9] == SEALED + ONE.id.encode()
    assert len(sealed) == len(plain) + 37
    assert box.is_current(sealed)
    assert box.open(sealed, OWNER) == plain


def test_nothing_is_sealed_twice_alike() -> None:
    box = sealing(ONE)
    assert box.seal(b"{}", OWNER) != box.seal(b"{}", OWNER)


def test_nothing_is_sealed_before_the_store_says_so() -> None:
    box = Box([ONE])
    assert box.seal(b'{"pin":1}', OWNER) == b'{"pin":1}'
    assert not box.key


def test_what_is_not_sealed_comes_back() -> None:
    assert Box().open(b'{"pin":1}', OWNER) == b'{"pin":1}'
    assert Box().open(b"", OWNER) == b""


@pytest.mark.parametrize(
    "other",
    [owner_of(8, "65a0f3c0beef0123456789ab", "data"), owner_of(7, "65a0f3c0beef0123456789ac", "data"),
     owner_of(7, "65a0f3c0beef0123456789ab", "meta")],
)  # fmt: skip
def test_in_another_place_it_does_not_open(other: bytes) -> None:
    box = sealing(ONE)
    sealed = box.seal(b"{}", OWNER)

    with pytest.raises(CannotOpen, match="put there from elsewhere"):
        box.open(sealed, other)
    assert box.open(sealed, other, OWNER) == b"{}"


def test_cut_off_or_changed_it_does_not_open() -> None:
    box = sealing(ONE)
    sealed = box.seal(b'{"pin":1}', OWNER)

    for length in range(1, len(sealed)):
        with pytest.raises(CannotOpen):
            box.open(sealed[:length], OWNER)
    for place in range(1, len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(CannotOpen):
            box.open(bytes(changed), OWNER)


def test_with_another_key_it_does_not_open() -> None:
    sealed = sealing(ONE).seal(b"{}", OWNER)

    with pytest.raises(CannotOpen, match="which is not here"):
        Box([TWO]).open(sealed, OWNER)


def test_an_older_key_opens_and_a_newer_one_seals() -> None:
    old = sealing(ONE).seal(b"{}", OWNER)
    box = sealing(TWO, ONE)

    assert box.open(old, OWNER) == b"{}"
    assert not box.is_current(old)
    assert box.is_current(box.seal(b"{}", OWNER))
