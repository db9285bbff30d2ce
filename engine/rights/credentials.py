"""What a request brings to say who it is from: `Authorization: Bearer LOGIN.SECRET`, or Basic LOGIN:SECRET."""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple

from ..errors import NotSignedIn

LONGEST = 512  # characters of the header

CHALLENGE = 'Bearer realm="conv", Basic realm="conv", charset="UTF-8"'
"""The value of WWW-Authenticate, for programs; a page signs in by a form, and must not be sent it."""


class Credentials(NamedTuple):
    """Not checked yet. The secret reaches no log: `str` leaves it out."""

    login: int
    secret: str

    def __repr__(self) -> str:
        return f"Credentials({self.login}, ***)"


def read_authorization(header: str) -> Credentials:
    """What the header says. Raises NotSignedIn, with nothing of it in the message."""
    scheme, _, rest = header.strip().partition(" ")
    if len(header) <= LONGEST:
        if scheme.lower() == "bearer":
            login, dot, secret = rest.strip().partition(".")
            if dot and secret and _is_login(login):
                return Credentials(int(login), secret)
            raise NotSignedIn("Authorization: Bearer is followed by LOGIN.SECRET, as conv key create has shown it")
        if scheme.lower() == "basic":
            login, colon, secret = _basic(rest.strip()).partition(":")
            if colon and secret and _is_login(login):
                return Credentials(int(login), secret)
            raise NotSignedIn("with Authorization: Basic the name is the key's login, and the password its secret")
    raise NotSignedIn(
        "Authorization is Bearer LOGIN.SECRET, or Basic with the login as name and the secret as password"
    )


def _basic(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _is_login(text: str) -> bool:
    return re.fullmatch(r"[1-9][0-9]{0,15}", text, re.ASCII) is not None
