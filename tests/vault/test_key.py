"""Keys of secrets: read from settings and files, made where nothing was sealed, and never over another."""

from __future__ import annotations

import base64
import logging
import stat
from pathlib import Path

import pytest

from engine.config import Settings, read_settings
from engine.errors import SecretKeyError
from engine.vault import Box, SealState, made_key, open_box, read_keys
from engine.vault.key import FILE, make_file, read_file, text_of

ONE, TWO = made_key(), made_key()


def test_a_key_is_base64_or_hex_and_the_first_seals() -> None:
    urlsafe = base64.urlsafe_b64encode(TWO.secret).decode().rstrip("=")
    text = f"# of June\n{ONE.secret.hex()}, {urlsafe} # older\n"

    assert read_keys(text, "there") == (ONE, TWO)
    assert read_keys(text_of(ONE).rstrip("="), "there") == (ONE,)


@pytest.mark.parametrize("text", ["", "# nothing", "short", "z" * 64, "ab" * 31, "ключ"])
def test_what_is_no_key_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(SecretKeyError, match=r"32 bytes as base64 or hex") as refused:
        read_keys(text, "CONV_SECRET_KEY")
    assert not text or text not in str(refused.value)


def test_settings_take_a_key_and_show_none() -> None:
    settings = read_settings({"CONV_SECRET_KEY": text_of(ONE)})

    assert text_of(ONE) not in repr(settings)
    assert ONE.secret.hex() not in repr(ONE)
    assert open_box(settings).ids == [ONE.id]
    with pytest.raises(SecretKeyError) as refused:
        read_settings({"CONV_SECRET_KEY": "open sesame"})
    assert "sesame" not in str(refused.value)


def test_a_file_that_others_can_read_is_closed_with_a_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "key"
    path.write_text(text_of(ONE))
    path.chmod(0o644)

    with caplog.at_level(logging.WARNING):
        assert read_file(path) == (ONE,)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "could be read by others" in caplog.text


def test_the_file_of_the_setting_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SecretKeyError, match="there is no key in"):
        open_box(Settings(secret_key_file=tmp_path / "none", redis_url="redis://x"))


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    boxes = [open_box(Settings(home=tmp_path)) for _ in range(2)]
    assert not any(box.ids for box in boxes), "none is made before there is need"

    keys = [box.first() for box in boxes]

    assert keys[0] is not None
    assert keys[0] == keys[1]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_no_key_is_made_over_another(tmp_path: Path) -> None:
    path = tmp_path / FILE
    assert make_file(path, [ONE]) == (ONE,)
    assert make_file(path, [TWO]) == (ONE,)


def test_no_key_is_made_for_a_server_of_your_own() -> None:
    box = open_box(Settings(redis_url="redis://x"))

    assert not box.has_keys
    assert box.first() is None


def test_a_missing_or_wrong_key_is_refused_and_no_other_is_made(tmp_path: Path) -> None:
    known = SealState(Box([ONE]).check_of(ONE))
    box = Box([], tmp_path / FILE, makes=True)

    with pytest.raises(SecretKeyError, match=f"sealed with the key {ONE.id}, and there is none here"):
        box.learn(known)
    with pytest.raises(SecretKeyError, match="only others"):
        Box([TWO]).learn(known)
    with pytest.raises(SecretKeyError, match="is not the one"):
        Box([ONE._replace(secret=TWO.secret)]).learn(known)
    assert not (tmp_path / FILE).exists()


def test_a_file_is_read_again_when_a_key_is_missing(tmp_path: Path) -> None:
    box = Box([], tmp_path / FILE, makes=True)
    make_file(tmp_path / FILE, [ONE])

    box.learn(SealState(Box([ONE]).check_of(ONE)))

    assert box.key == ONE.id


def test_another_key_is_made_before_the_one_that_was_made_here(tmp_path: Path) -> None:
    box = Box([], tmp_path / FILE, makes=True)
    first = box.first()
    assert first is not None
    box.learn(SealState(box.check_of(first)))

    new = box.next_key()

    assert new is not None
    assert [key.id for key in read_file(tmp_path / FILE)] == [new.id, first.id]
    box.forget([first.id])
    assert [key.id for key in read_file(tmp_path / FILE)] == [new.id]
    assert box.ids == [new.id]


def test_a_given_key_goes_before_the_one_that_was_made(tmp_path: Path) -> None:
    made = Box([], tmp_path / FILE, makes=True).first()
    assert made is not None
    box = Box([ONE], tmp_path / FILE, makes=True)
    box.learn(SealState(box.check_of(made)))

    assert box.next_key() == ONE
    box.forget([made.id])
    assert not (tmp_path / FILE).exists()
    assert box.ids == [ONE.id]
