"""The text of an answer's bytes. Source: WHATWG Encoding Standard, for the labels of charsets and byte order marks."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import lru_cache

UTF_8 = "utf-8"

_MARKS = ((codecs.BOM_UTF8, UTF_8), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"<\?xml[^>]{0,100}?\sencoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")


def text_of_body(body: bytes, label: str) -> str:
    """Text in the charset of this label; UTF-8 without one. A byte order mark says more, and goes.

    Raises ValueError.
    """
    charset, body = _marked(body)
    return _decoded(body, charset or _charset(label))


def texts_of_json(body: bytes, label: str) -> Iterator[str]:
    """What the text of JSON can be: UTF-8 first, which servers send whatever they say, then the charset of the label.

    Raises ValueError when there is none, or none more.
    """
    charset, body = _marked(body)
    if charset:
        yield _decoded(body, charset)
        return
    try:
        yield _decoded(body, UTF_8)
    except ValueError:
        if not label:
            raise
    if label:
        charset = _charset(label)
        if charset != UTF_8:
            yield _decoded(body, charset)


def label_of_xml(body: bytes, label: str) -> str:
    """The label in the answer's head, else that of the document's declaration."""
    declared = None if label else _DECLARED.match(body)
    return declared[1].decode() if declared else label


def _marked(body: bytes) -> tuple[str, bytes]:
    """The charset of the byte order mark, or "", and the body without it."""
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return charset, body[len(mark) :]
    return "", body


def _charset(label: str) -> str:
    """Python's name of a charset. Raises ValueError."""
    if not label or label.lower() in ("utf-8", "utf8"):
        return UTF_8
    # Not at the top: most answers are UTF-8.
    import webencodings

    found = webencodings.lookup(label)
    if found is None or found.name in ("replacement", "x-user-defined"):
        raise ValueError("the body is in a charset that is not read")
    return "gb18030" if found.name == "gbk" else found.codec_info.name


def _decoded(body: bytes, charset: str) -> str:
    try:
        # Every byte is a character of what is called Latin-1, also the five that Windows leaves open.
        return codecs.charmap_decode(body, "strict", _latin_1())[0] if charset == "cp1252" else body.decode(charset)
    except UnicodeDecodeError:
        raise ValueError(f"the body is not {'UTF-8' if charset == UTF_8 else charset}") from None


@lru_cache
def _latin_1() -> str:
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256))
