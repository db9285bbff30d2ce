"""Hosts as settings and definitions name them: `name`, `*.domain`, each with a port or without, addresses, nets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_network
from typing import NamedTuple

from .addresses import Address, Network, read_address
from .url import read_host, read_url

HOW = "a host is written as name, *.domain, name:port or address"
_BELOW = "*."
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PLAIN = re.compile(r"(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}")


class Place(NamedTuple):
    """A host, or with `below` all hosts below a domain; at one port, or with None at any."""

    host: str
    port: int | None = None
    below: bool = False

    def has(self, host: str, port: int) -> bool:
        """Whether this host is meant; as `Url.host`."""
        host = without_dot(host)
        is_meant = host.endswith(f".{self.host}") if self.below else host == self.host
        return is_meant and self.port in (None, port)


class Allowed(NamedTuple):
    """What a setting allows: hosts by their names, and addresses whoever has them; a port None is any."""

    places: tuple[Place, ...] = ()
    nets: tuple[tuple[Network, int | None], ...] = ()

    def names(self, host: str, port: int) -> bool:
        return any(place.has(host, port) for place in self.places)

    def has(self, address: Address, port: int) -> bool:
        return any(address in net and wanted in (None, port) for net, wanted in self.nets)


NOTHING = Allowed()


def read_place(text: str) -> Place:
    """One host. Of a URL it is the host, at its port. Raises ValueError, which repeats nothing of it."""
    text = text.strip()
    try:
        if "://" in text:
            url = read_url(text)
            if url.user:
                raise ValueError
            return Place(_checked(url.host), url.origin[2])
        below = text.startswith(_BELOW)
        host, port = read_host(_bracketed(text.removeprefix(_BELOW)))
        if below and is_number(host):
            raise ValueError
        return Place(_checked(host), port, below)
    except ValueError:
        raise ValueError(HOW) from None


def read_allowed(text: str) -> Allowed:
    """Words separated by commas or spaces. Raises ValueError, which names the word."""
    places: list[Place] = []
    nets: list[tuple[Network, int | None]] = []
    for word in filter(None, re.split(r"[,\s]+", text)):
        try:
            if "/" in word and "://" not in word:
                nets.append((ip_network(word), None))
                continue
            place = read_place(word)
        except ValueError as error:
            raise ValueError(f"{word[:80]!r} cannot be used: {error}; a net is written as 10.0.0.0/8") from None
        try:
            nets.append((ip_network(read_address(place.host)), place.port))
        except ValueError:
            places.append(place)
    return Allowed(tuple(places), tuple(nets))


def read_places(texts: Iterable[str]) -> tuple[Place, ...]:
    """As `read_place`, of several."""
    return tuple(map(read_place, texts))


def without_dot(host: str) -> str:
    """A name that ends in a dot is looked up as it is, and is no other name."""
    return host.removesuffix(".")


def is_number(host: str) -> bool:
    """Whether a host is read as an IPv4 address, in whatever spelling: its last word is a number."""
    return _NUMBER.fullmatch(without_dot(host).rpartition(".")[2]) is not None


def is_odd(host: str) -> bool:
    """Whether it is an IPv4 address as nobody writes one: octal, hexadecimal, one number, short, with a dot behind."""
    return is_number(host) and _PLAIN.fullmatch(host) is None


def _checked(host: str) -> str:
    if is_odd(host):
        raise ValueError
    return without_dot(host)


def _bracketed(text: str) -> str:
    try:
        return f"[{IPv6Address(text)}]"
    except ValueError:
        return text
