"""Which addresses are public: what IANA's registries of special-purpose addresses leave over, and clouds leave alone.

The table is our own and not `ipaddress.is_global`, which changes with each Python and lets multicast, site-local and
the metadata of a cloud pass.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SPECIAL = tuple(
    (ip_network(net), what)
    for net, what in (
        ("0.0.0.0/8", "no address of a host"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "of a carrier's own network"),  # CGNAT; Alibaba's metadata
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a cloud's own service"),  # Azure
        ("169.254.0.0/16", "link-local"),  # the metadata of most clouds
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),  # Oracle's metadata
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "of a 6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for measurements"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "no address of a host"),
        ("::1/128", "loopback"),
        ("2001::/23", "reserved"),  # Teredo, ORCHID, measurements
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "of 6to4"),
        ("3fff::/20", "for documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
    )
)
_GLOBAL = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")  # a translator's way to an IPv4 address


def read_address(text: str) -> Address:
    """The address that is meant: an IPv4 address inside an IPv6 one is itself. Raises ValueError."""
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def not_public(address: Address) -> str:
    """What an address is, if it is not public: "private", "loopback", …; "" for a public one."""
    for net, what in _SPECIAL:
        if address in net:
            return what
    return "" if address.version == 4 or address in _GLOBAL else "reserved"
