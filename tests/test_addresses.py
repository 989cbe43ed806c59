"""Which addresses are connected to (S1): public ones on the web's ports, whatever name, form or redirect leads there.

No test connects to an address outside this machine: connections are recorded, and made to the test's server only.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure as TwistedFailure
from twisted.web.client import Agent, HTTPConnectionPool
from zope.interface import implementer

from crawler.errors import Failure
from crawler.fetch.addresses import ForbiddenAddress, Guard, is_public, opened
from crawler.fetch.faults import fault_of
from crawler.fetch.guarded import GuardedReactor
from crawler.fetch.recordable import RecordableHandler
from crawler.store.interface import State
from tests.fault_crawl import DOMAIN, REBOUND, Left, address, crawl, page, story
from tests.fault_server import FaultServer, Play, answer, head

NOT_PUBLIC = """
127.0.0.1 127.255.255.254 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255 169.254.169.254
169.254.0.1 100.64.0.1 100.100.100.200 0.0.0.0 0.1.2.3 192.0.0.8 192.0.0.192 192.0.2.1 198.18.0.1 198.19.255.255
198.51.100.1 203.0.113.1 192.88.99.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1
::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1 fe80::1 fe80::1%eth0
fec0::1 fc00::1 fd00:ec2::254 ff02::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 5f00::1
""".split()

PUBLIC = (
    "8.8.8.8 1.1.1.1 223.5.5.5 100.128.0.1 172.32.0.1 ::ffff:8.8.8.8 64:ff9b::808:808 2400:3200::1 2606:4700::1".split()
)

FORMS = [
    *(
        "127.0.0.1 127.0.0.1. 127.1 127.0.1 2130706433 0x7f000001 0x7f.0.0.1 0x7f.1 0177.0.0.1 017700000001 0 0.0.0.0".split()
    ),
    *(
        "10.0.0.1 10.1 167772161 0xa000001 172.16.0.1 192.168.1.1 192.168.257 3232235777 169.254.169.254 0xA9FEA9FE".split()
    ),
    *("2852039166 0251.0376.0251.0376 100.64.0.1 100.100.100.200 198.18.0.1 224.0.0.1 255.255.255.255".split()),
    *("[::] [::1] [::ffff:127.0.0.1] [::ffff:a00:1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::] [fe80::1]".split()),
    *("[fd00:ec2::254] [fec0::1] [2001::1] [ff02::1] loop.sample.example v6.sample.example two.sample.example".split()),
]
"""Hosts of URLs, each of which an ordinary client connects to as an address that is not public."""

NAMES = {
    "loop.sample.example": ["127.0.0.1"],
    "v6.sample.example": ["::1"],
    "two.sample.example": ["10.0.0.2", "192.168.0.9"],
    "public.sample.example": ["8.8.8.8"],
    "mixed.sample.example": ["10.0.0.3", "8.8.4.4"],
}


@implementer(IHostnameResolver)
@pytest.fixture(autouse=True, scope="module")
def no_reactor_is_left() -> Iterator[None]:
    """Twisted's client installs the global reactor; crawls of other tests in this process need another."""
    there = "twisted.internet.reactor" in sys.modules
    yield
    if not there:
        sys.modules.pop("twisted.internet.reactor", None)


class Names:
    """Resolves as the system does: numbers in any notation are addresses, names are in a table."""

    def resolveHostName(self, receiver: Any, hostName: str, portNumber: int = 0, **kinds: Any) -> Any:  # noqa: N802, N803
        """Return the addresses of a name."""
        receiver.resolutionBegan(self)
        try:
            found = [str(ipaddress.ip_address(hostName))]
        except ValueError:
            found = NAMES.get(hostName) or [socket.inet_ntoa(socket.inet_aton(hostName.rstrip(".")))]
        for one in found:
            kind = IPv6Address if ":" in one else IPv4Address
            receiver.addressResolved(kind("TCP", one, portNumber))
        receiver.resolutionComplete()
        return self


def asked(url: str, guard: Guard | None) -> tuple[list[tuple[str, int]], list[BaseException]]:
    """Ask for a URL; return the connections that were tried on the stubbed reactor, and the request's errors."""
    memory = MemoryReactorClock()
    memory.installNameResolver(Names())
    reactor = GuardedReactor(memory, guard) if guard is not None else memory
    errors: list[BaseException] = []

    def failed(failure: TwistedFailure) -> None:
        assert failure.value is not None
        errors.append(failure.value)

    agent = Agent(reactor, pool=HTTPConnectionPool(memory, persistent=False))
    agent.request(b"GET", url.encode()).addErrback(failed)
    memory.pump([0.3] * 10)
    return [(client[0], client[1]) for client in memory.tcpClients], errors


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_not_public(text: str) -> None:
    """Private, local, shared, reserved and test blocks, multicast, and what stands for one of them."""
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_public(text: str) -> None:
    """Addresses next to such blocks, and IPv6 forms of public IPv4 addresses."""
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("host", FORMS)
def test_no_form_of_an_address_is_connected_to(host: str) -> None:
    """The failure says so, and is the page's: it is not tried again."""
    tried, errors = asked(f"http://{host}/", Guard())
    assert tried == []
    assert [Failure.FORBIDDEN_ADDRESS] == [fault_of(error)[0] for error in errors]


@pytest.mark.parametrize("host", FORMS)
def test_each_form_is_an_address_that_is_not_public(host: str) -> None:
    """Without the guard a connection would be tried: the test above can fail."""
    tried, _ = asked(f"http://{host}/", None)
    assert tried
    assert not any(is_public(ipaddress.ip_address(host)) for host, _ in tried)


def test_there_are_forty_forms() -> None:
    """As many as `facts/reliability.md` asks for, each once."""
    assert len(set(FORMS)) >= 40


def test_only_the_public_one_of_several_addresses_is_connected_to() -> None:
    """A name may have both."""
    assert asked("http://mixed.sample.example/", Guard())[0] == [("8.8.4.4", 80)]
    assert asked("http://public.sample.example/", Guard())[0] == [("8.8.8.8", 80)]


@pytest.mark.parametrize("port", [22, 25, 6379, 8080, 1])
def test_other_ports_are_not_connected_to(port: int) -> None:
    """Unless the profile names them."""
    url = f"http://public.sample.example:{port}/"
    assert asked(url, Guard())[0] == []
    assert asked(url, Guard([80, port]))[0] == [("8.8.8.8", port)]


@pytest.mark.parametrize(
    ("setting", "address", "port", "allowed"),
    [
        ("127.0.0.1", "127.0.0.1", 4000, True),
        ("127.0.0.1", "127.0.0.2", 4000, False),
        ("127.0.0.1:4000", "127.0.0.1", 4000, True),
        ("127.0.0.1:4000", "127.0.0.1", 80, False),
        ("10.0.0.0/8, [::1]:80", "10.3.4.5", 22, True),
        ("10.0.0.0/8, [::1]:80", "::1", 80, True),
        ("10.0.0.0/8, [::1]:80", "::1", 81, False),
        ("::1", "::1", 81, True),
        ("", "127.0.0.1", 80, False),
    ],
)
def test_a_setting_opens_single_addresses(setting: str, address: str, port: int, *, allowed: bool) -> None:
    """Nothing else with them."""
    guard = Guard(opened=opened(setting))
    if allowed:
        guard.check(address, port)
    else:
        with pytest.raises(ForbiddenAddress, match=r"opens an address of your own$") as closed:
            guard.check(address, port)
        setting = str(closed.value).rpartition("PORTALSIEVE_OPEN_ADDRESSES=")[2].partition(" ")[0]
        Guard(opened=opened(setting)).check(address, port)  # the message says how to open it


@pytest.mark.parametrize(
    ("url", "allowed"),
    [("http://www.sample.example/", True), ("https://www.sample.example:443/", True), ("http://8.8.8.8/", True),
     ("http://www.sample.example:22/", False), ("http://127.0.0.1/", False), ("https://[::1]/", False)],
)  # fmt: skip
def test_what_goes_by_a_proxy_is_checked_by_its_url(url: str, *, allowed: bool) -> None:
    """The proxy resolves names, so only the port, and addresses in the URL, can be checked."""
    if allowed:
        Guard().check_url(url)
    else:
        with pytest.raises(ForbiddenAddress):
            Guard().check_url(url)


INSIDE = {
    "inside-0": "127.0.0.1", "inside-1": "10.0.0.1", "inside-2": "172.16.5.4", "inside-3": "192.168.1.1",
    "inside-4": "169.254.169.254", "inside-5": "100.64.0.1", "inside-6": "0.0.0.0", "inside-7": "198.18.0.1",
    "inside-8": "224.0.0.1",
}  # fmt: skip
"""Hosts of the site that resolve to addresses that are not public; the tenth is `rebound`."""
REDIRECTS = {f"to-port-{port}": f"http://ok.{DOMAIN}:{port}/" for port in (22, 25, 6379)}
REDIRECTS |= {f"to-inside-{code}": f"http://inside-1.{DOMAIN}/page.html" for code in (301, 302, 303, 307, 308)}


class Result:
    """What the crawl left, and the connections that it tried."""

    def __init__(self, crawl: Left, tried: list[str], port: int) -> None:
        self.crawl = crawl
        self.tried = tried
        self.port = port


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Result]:
    """Crawl hosts of the site that lead inside, and one that does not."""
    folder = tmp_path_factory.mktemp("inside")
    with FaultServer() as server:
        for host, target in REDIRECTS.items():
            code = host.rpartition("-")[2] if "inside" in host else "302"
            server.play(address(host), answer(b"", f"Location: {target}", status=f"{code} Moved"))
        server.play(address("ok"), answer(story("ok")))
        server.play(
            f"robots-inside.{DOMAIN}/robots.txt", answer(b"", f"Location: http://inside-1.{DOMAIN}/", status="302 F")
        )
        server.play(f"rebound.{DOMAIN}/robots.txt", Play([head("Content-Length: 0", "Connection: close")], end="close"))
        urls = [page(server, host) for host in ("ok", "rebound", "robots-inside", *REDIRECTS)]
        urls += [f"http://{host}.{DOMAIN}/{host}.html" for host in INSIDE]
        tried = folder / "tried.txt"
        settings = {
            "TWISTED_DNS_RESOLVER": "tests.fault_crawl.StubbedResolver",
            "TEST_ADDRESSES": json.dumps(INSIDE),
            "TEST_TRIED": tried,
            "TEST_PORT": server.port,
            "PORTALSIEVE_OPEN_ADDRESSES": f"127.0.0.1:{server.port}",
            "RETRY_TIMES": 0,
        }
        left = crawl(folder, urls, settings)
        yield Result(left, tried.read_text().split(), server.port)


def test_a_crawl_connects_to_the_site_only(result: Result) -> None:
    """Names, redirects and robots.txt that lead inside or to other ports are not followed; names are checked each time."""
    assert {f"127.0.0.1:{result.port}"} == set(result.tried)
    assert ["sample:ok"] == [record["id"] for record in result.crawl.records]


@pytest.mark.parametrize("host", ["rebound", *REDIRECTS])
def test_what_leads_inside_is_dead_with_the_reason(result: Result, host: str) -> None:
    """It is in quarantine, and is not tried again."""
    row = result.crawl.rows[host]
    assert (State.DEAD, Failure.FORBIDDEN_ADDRESS, 0) == (row.state, row.failure, row.tries)
    inside = REBOUND if host == "rebound" else "127.0.0.1" if "port" in host else "10.0.0.1"
    assert inside in (row.reason or "")


@pytest.mark.parametrize("host", INSIDE)
def test_private_hosts_are_not_fetched(result: Result, host: str) -> None:
    """Their robots.txt cannot be fetched either, so their pages may not be."""
    row = result.crawl.rows[host]
    assert (State.DEAD, Failure.FORBIDDEN_ADDRESS) == (row.state, row.failure)
    assert "not a public address" in (row.reason or "") or "is not allowed" in (row.reason or "")


def test_the_guard_of_a_crawl_reads_its_settings() -> None:
    """Without a profile the ports are those of the web."""
    made = get_crawler(settings_dict={"PORTALSIEVE_OPEN_ADDRESSES": "127.0.0.1:4000"})
    guard = Guard.of(made)
    guard.check("127.0.0.1", 4000)
    with pytest.raises(ForbiddenAddress):
        guard.check("127.0.0.1", 4001)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_recorded_crawl_connects_to_allowed_addresses_only(host: str) -> None:
    """Its handler is another, and asks the same guard at the same moment."""

    async def ask(opened: str) -> int:
        made = Crawler(Spider, Settings({"PORTALSIEVE_OPEN_ADDRESSES": opened, "TWISTED_REACTOR_ENABLED": False}))
        handler = RecordableHandler(made)
        try:
            return (await handler.download_request(Request(f"http://{host}:{server.port}/page.html"))).status
        finally:
            await handler.close()

    with FaultServer() as server:
        server.play("/page.html", answer(story("page")))
        with pytest.raises(ForbiddenAddress):
            asyncio.run(ask(""))
        assert [] == server.asked
        assert 200 == asyncio.run(ask(f"127.0.0.1:{server.port}"))
