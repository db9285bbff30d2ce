"""Sessions: of people who have signed in with a browser. Their cookie is 32 random bytes; the store has its SHA-256."""

from __future__ import annotations

import hashlib
import re
import secrets

IDLE_MS = 8 * 3_600_000  # without a request
LONGEST_MS = 7 * 86_400_000

SECURE_COOKIE = "__Host-conv"
PLAIN_COOKIE = "conv"  # without TLS, on this machine alone: __Host- demands Secure


def new_name() -> str:
    """What a cookie holds: 64 hex digits."""
    return secrets.token_hex(32)


def is_name(name: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{64}", name) is not None


def digest_of(name: str) -> str:
    """What the store knows it by, in hex."""
    return hashlib.sha256(name.encode()).hexdigest()


def cookie_name(*, is_tls: bool) -> str:
    return SECURE_COOKIE if is_tls else PLAIN_COOKIE


def cookie(name: str, *, is_tls: bool) -> str:
    """The value of Set-Cookie. It ends with the session at the latest; the store decides."""
    secure = "; Secure" if is_tls else ""
    age_s = LONGEST_MS // 1000
    return f"{cookie_name(is_tls=is_tls)}={name}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age_s}{secure}"


def no_cookie(*, is_tls: bool) -> str:
    """The value of Set-Cookie that takes it away."""
    secure = "; Secure" if is_tls else ""
    return f"{cookie_name(is_tls=is_tls)}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{secure}"
