"""Headers of answers to a browser: what a page may load and do, and who may hold it in a frame."""

from __future__ import annotations

from collections.abc import Mapping

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)

_NOT_USED = (
    "accelerometer", "camera", "clipboard-read", "display-capture", "encrypted-media", "geolocation", "gyroscope",
    "hid", "magnetometer", "microphone", "midi", "payment", "publickey-credentials-get", "screen-wake-lock", "serial",
    "usb", "xr-spatial-tracking",
)  # fmt: skip

EVERYWHERE: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": ", ".join(f"{name}=()" for name in _NOT_USED),
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}
"""Of every answer; a file whose name holds its hash has a `cache-control` of its own."""

PAGE: Mapping[str, str] = {**EVERYWHERE, "content-security-policy": CONTENT_SECURITY_POLICY}
"""Of the page and its files."""

DOCUMENT: Mapping[str, str] = {**EVERYWHERE, "content-security-policy": "default-src 'none'; frame-ancestors 'none'"}
"""Of JSON and the like, which is no page."""

DOWNLOAD: Mapping[str, str] = {**EVERYWHERE, "content-security-policy": "sandbox; default-src 'none'"}
"""Of a file that is to be kept, not shown, with a `content-disposition: attachment` of its own."""

HASHED_FILE: Mapping[str, str] = {**PAGE, "cache-control": "public, max-age=31536000, immutable"}
"""Of a file whose name changes with what is in it."""

HSTS: tuple[str, str] = ("strict-transport-security", "max-age=31536000")
"""Only where the request came by TLS."""
