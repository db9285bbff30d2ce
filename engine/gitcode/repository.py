"""What an author may name as a repository, and what an operator allows. Pure: nothing here reaches out.

https, ssh and file URLs, `user@host:path`, and absolute paths of this machine. Every other transport of git is refused:
`ext::` runs commands, and a text that begins with a dash would be an option.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

EVERYTHING, INLINE = "*", "inline"
_SHORT = re.compile(r"(?P<user>[A-Za-z0-9_][A-Za-z0-9._-]*)@(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*):(?P<path>[^:]+)")
_HOST = re.compile(r"[a-z0-9][a-z0-9.-]*|\[[0-9a-f:.]+\]")


class Repository(NamedTuple):
    """`url` is what git is given. `place` is the same without user and password, to compare: a URL without `.git`.

    `secrets`: texts of the URL that nobody shall see.
    """

    url: str
    place: str
    secrets: tuple[str, ...] = ()


def read_repository(text: str) -> Repository:
    """A repository as an author or operator writes it. Raises ValueError that says what is wrong, without the text."""
    if not text or re.search(r"[\x00-\x20\x7f\\?#]", text):
        raise ValueError("a repository is a URL or an absolute path, without spaces, \\, ? and #")
    if text.startswith("/"):
        return Repository(text, _local(text))
    if "::" in text and "[" not in text:
        raise ValueError("git's transport helpers (name::address) are not allowed")
    short = _SHORT.fullmatch(text)
    if short is not None and not short["path"].startswith("//"):
        return Repository(text, _place("ssh", short["host"].lower(), short["path"]))
    if not re.match(r"(https|ssh|file)://", text):
        raise ValueError("a repository is https://…, ssh://…, file:///…, user@host:path or an absolute path")
    return _read_url(text)


def _read_url(text: str) -> Repository:
    parts = urlsplit(text)  # raises ValueError for brackets that do not close
    if parts.scheme == "file":
        if parts.netloc or not parts.path.startswith("/"):
            raise ValueError("a file URL is file:/// and an absolute path")
        return Repository(text, _local(unquote(parts.path)))
    user, at, address = parts.netloc.rpartition("@")
    host, port = re.fullmatch(r"(.*?)((?::[0-9]*)?)", address.lower()).groups()  # type: ignore[union-attr]
    if not _HOST.fullmatch(host) or user.startswith("-"):
        raise ValueError("the URL of the repository has no host that can be used")
    place = _place(parts.scheme, host + port.removesuffix(":"), parts.path)
    return Repository(text, place, _secrets(parts.scheme, user) if at else ())


def _secrets(scheme: str, user: str) -> tuple[str, ...]:
    # Over https the user alone may be a token; over ssh it is a name.
    name, _, password = user.partition(":")
    texts = [user, password] if password else []
    if scheme == "https" and not password:
        texts.append(name)
    return tuple(dict.fromkeys(text for one in texts for text in (one, unquote(one)) if text))


def _place(scheme: str, host: str, path: str) -> str:
    if "%" in path or any(part in (".", "..") for part in path.split("/")):
        raise ValueError("the path of the repository may have no %, . and ..")
    return f"{scheme}://{host}/{path.strip('/').removesuffix('.git')}".rstrip("/")


def _local(path: str) -> str:
    return "file://" + os.path.realpath(path).removesuffix(".git").rstrip("/")


def allows(allowed: str, repository: Repository | None) -> bool:
    """Whether a setting allows a repository; None: code that stands in the definition.

    `allowed`: words separated by commas or spaces: repositories, folders of them, `inline`, `*`. A folder allows all
    that lies below it, and not what merely begins like it.
    """
    for word in re.split(r"[,\s]+", allowed):
        if word == EVERYTHING or (word == INLINE and repository is None):
            return True
        if repository is None or not word or word == INLINE:
            continue
        try:
            place = read_repository(word).place
        except ValueError:
            continue
        if (repository.place + "/").startswith(place + "/"):
            return True
    return False
