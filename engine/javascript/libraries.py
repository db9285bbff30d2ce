"""What `require("libs/….js")` gives a code node: files of `libs/`, in the order in which they build on each other.

Each defines globals, as in the model system: CryptoJS, moment, XRegExp, methods of Date. Source: reference 3.5.
"""

from __future__ import annotations

import re
from importlib import resources

_CRYPTO = "crypto-js/core.js"
_CIPHER = (_CRYPTO, "crypto-js/enc-base64.js", "crypto-js/md5.js", "crypto-js/sha1.js", "crypto-js/hmac.js",
           "crypto-js/evpkdf.js", "crypto-js/cipher-core.js")  # fmt: skip

FILES: dict[str, tuple[str, ...]] = {
    "moment": ("moment/moment.min.js",),
    "moment-with-locales": ("moment/moment-with-locales.min.js",),
    "moment-timezone": ("moment/moment.min.js", "moment-timezone/moment-timezone-with-data-1970-2030.min.js"),
    "dateutils": ("date-utils/date-utils.min.js",),
    "xregexp": ("xregexp/xregexp-all.js",),
    "base64": (_CRYPTO, "crypto-js/enc-base64.js"),
    "md5": (_CRYPTO, "crypto-js/md5.js"),
    "sha1": (_CRYPTO, "crypto-js/sha1.js"),
    "sha256": (_CRYPTO, "crypto-js/sha256.js"),
    "sha512": (_CRYPTO, "crypto-js/x64-core.js", "crypto-js/sha512.js"),
    "hmac-md5": (_CRYPTO, "crypto-js/md5.js", "crypto-js/hmac.js"),
    "hmac-sha1": (_CRYPTO, "crypto-js/sha1.js", "crypto-js/hmac.js"),
    "hmac-sha256": (_CRYPTO, "crypto-js/sha256.js", "crypto-js/hmac.js"),
    "aes": (*_CIPHER, "crypto-js/aes.js"),
    "tripledes": (*_CIPHER, "crypto-js/tripledes.js"),
    "rabbit": (*_CIPHER, "crypto-js/rabbit.js"),
    "rc4": (*_CIPHER, "crypto-js/rc4.js"),
}
LIBRARIES = tuple(f"libs/{name}.js" for name in FILES)

_REQUIRE = re.compile(r"""\brequire\s*\(\s*(['"])([^'"\n]{1,200})\1\s*\)""")


def required(source: str) -> tuple[list[str], list[str]]:
    """The libraries that a script names, and the names among them that there are not."""
    names = [name for _, name in _REQUIRE.findall(source)]
    return [name for name in names if name in LIBRARIES], [name for name in names if name not in LIBRARIES]


def files_of(libraries: list[str]) -> list[str]:
    """Their files, each once, in order."""
    short = [name.removeprefix("libs/").removesuffix(".js") for name in libraries]
    return list(dict.fromkeys(file for name in short for file in FILES[name]))


def read_files() -> dict[str, str]:
    """The text of every file."""
    folder = resources.files(__package__).joinpath("libs")
    return {
        file: folder.joinpath(file).read_text("utf-8") for file in dict.fromkeys(f for fs in FILES.values() for f in fs)
    }
