"""Which addresses a crawl may connect to: public ones on the ports of the web, checked when the connection is made.

A page, a redirect or a name server decides which host is asked, so checking a host's name does not protect:
`www.site.example` may resolve to a router, to the metadata service of a cloud, or to another address on the second
look-up. The address that is checked here is the one that is connected to.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from scrapy.crawler import Crawler

from ..errors import Failure
from ..profiles.load import Profile
from ..profiles.model import WEB_PORTS
from .faults import NotSent

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_OPENS = "-s PORTALSIEVE_OPEN_ADDRESSES={} opens an address of your own"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16"),
    )
)
"""Blocks of special purpose (IANA's registries for IPv4 and IPv6) that Python's `is_global` counts as public in one of
its versions, or that lead to an IPv4 address (6to4, Teredo)."""


class ForbiddenAddress(NotSent):
    """A request to an address or port that is not allowed."""

    failure = Failure.FORBIDDEN_ADDRESS


class Opened:
    """An allowed non-public address, `ADDRESS[/BITS][:PORT]`; raises ValueError."""

    def __init__(self, text: str) -> None:
        address, port = text, ""
        if text.startswith("["):
            address, _, port = text[1:].partition("]")
            port = port.removeprefix(":")
        elif text.count(":") == 1:
            address, _, port = text.partition(":")
        self.network = ipaddress.ip_network(address)
        self.port = int(port) if port else None

    def holds(self, address: Address, port: int) -> bool:
        """Return whether a connection to `address` and `port` is allowed by this."""
        return address.version == self.network.version and address in self.network and self.port in {None, port}


class Guard:
    """Decides which connections are allowed: public addresses on `ports`, and what is `opened` on purpose."""

    def __init__(self, ports: Iterable[int] = WEB_PORTS, opened: Iterable[Opened] = ()) -> None:
        self._ports = frozenset(ports)
        self._opened = tuple(opened)

    @classmethod
    def of(cls, crawler: Crawler) -> Guard:
        """Return the guard of a crawl, by its settings and its spider's profile."""
        site = getattr(crawler.spider, "site", None)
        ports = site.site.crawl.ports if isinstance(site, Profile) else WEB_PORTS
        return cls(ports, opened(crawler.settings.get("PORTALSIEVE_OPEN_ADDRESSES")))

    def check(self, address: str, port: int) -> None:
        """Raise ForbiddenAddress if connections to `address` (an IP address) and `port` are not allowed."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            raise ForbiddenAddress(f"{address!r} is not an IP address") from None
        if any(one.holds(found, port) for one in self._opened):
            return
        if port not in self._ports:
            allowed = ", ".join(map(str, sorted(self._ports)))
            raise ForbiddenAddress(
                f"port {port} of {address} is not one of {allowed} ([crawl] ports of the profile);"
                f" {_opens(found, port)}"
            )
        if not is_public(found):
            raise ForbiddenAddress(f"{address} is not a public address; {_opens(found, port)}")

    def check_url(self, url: str) -> None:
        """Raise ForbiddenAddress for the port of a URL, and for its host where that is an address.

        For requests that go by a proxy, which resolves the host's name itself.
        """
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        try:
            self.check(str(ipaddress.ip_address(parts.hostname or "")), port)
        except ValueError:
            if port not in self._ports and not any(one.port in {None, port} for one in self._opened):
                raise ForbiddenAddress(f"{url}: port {port} is not allowed") from None


def _opens(address: Address, port: int) -> str:
    """Return how a closed address and port can be opened."""
    return _OPENS.format(f"{address}:{port}" if address.version == 4 else f"[{address}]:{port}")


def is_public(address: Address) -> bool:
    """Return whether `address` is reachable from the internet.

    IPv6 addresses that stand for an IPv4 address (mapped, NAT64) are as public as that address; 6to4, Teredo and other
    tunnels are not public.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _UNICAST:
            return False
    if any(address.version == network.version and address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast


def opened(value: Any) -> tuple[Opened, ...]:
    """Parse the setting PORTALSIEVE_OPEN_ADDRESSES, a list or a comma-separated string; raises ValueError."""
    parts = value.split(",") if isinstance(value, str) else value or ()
    return tuple(Opened(str(part).strip()) for part in parts if str(part).strip())
