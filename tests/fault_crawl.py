"""Crawls of a small site on the fault server, by Scrapy's own handler, each in a process of its own."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from scrapy.core.engine import ExecutionEngine
from scrapy.resolver import CachingThreadedResolver
from twisted.internet import defer
from twisted.internet.error import DNSLookupError

from crawler.records.quarantine import QuarantineEntry
from crawler.records.read import read_quarantine
from crawler.store.interface import Job, State
from crawler.store.opening import open_store
from tests import profile_samples
from tests.crawling import ROOT
from tests.fault_server import FaultServer
from tests.store_samples import sqlite_of
from tests.waiting import PATIENCE

SITE = "sample"
DOMAIN = "sample.example"
_MATCH = "match = '^https?://[a-z0-9-]+\\.sample\\.example(?::\\d+)?/(?P<id>[a-z0-9-]+)\\.html'"


def story(name: str) -> bytes:
    """Return a page of the site."""
    body = "".join(f"<p>第{number}段：{name}的渡口停航以后，仓库空了三年。</p>" for number in range(40))
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{name}</title>'
        '<meta property="article:published_time" content="2026-02-20T10:00:00+08:00"></head><body>'
        f'<div id="menu">首页</div><h1 class="story-title">{name}的图书角</h1><div class="story-line"><a>来源：样本社</a></div>'
        f'<div class="story">{body}</div><div class="site-footer">版权</div></body></html>'
    ).encode()


class Resolver(CachingThreadedResolver):
    """Knows the site's hosts; `gone` is unknown, `late` is unknown to those who ask for the first time."""

    asked = 0

    def getHostByName(self, name: str, timeout: Any = ()) -> Any:  # noqa: N802 - Twisted's name
        """Return this machine's address, or fail."""
        if name.startswith("late."):
            Resolver.asked += 1
        if name.startswith("gone.") or (name.startswith("late.") and Resolver.asked <= 2):
            return defer.fail(DNSLookupError(f"no address for {name}"))
        return defer.succeed("127.0.0.1")


class SleepyResolver(Resolver):
    """Switches Scrapy's heartbeat off, so that only what the crawl itself does calls for the next page."""

    def __init__(self, *arguments: Any) -> None:
        ExecutionEngine._SLOT_HEARTBEAT_INTERVAL = 24 * 3600.0
        super().__init__(*arguments)


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a crawl: its exit status, what it said, its pages by their host's first label, its files."""

    status: int
    said: str
    rows: dict[str, Job]
    all: list[Job]
    scheduled: int
    records: list[dict[str, Any]]
    quarantine: list[QuarantineEntry]

    @property
    def states(self) -> dict[State, int]:
        """Return how many pages are done, dead or waiting."""
        return dict(Counter(row.state for row in self.all))


def prepared(folder: Path) -> Path:
    """Write the site's profile once, and give the folder for PORTALSIEVE_PROFILES."""
    profiles = folder / "profiles"
    if not profiles.exists():
        old = next(line for line in profile_samples.PROFILE.splitlines() if line.startswith("match"))
        text = profile_samples.changed(profile_samples.PROFILE, old, _MATCH)
        text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("canonical"))
        profile_samples.write(profiles, profile=text)
    return profiles


@contextmanager
def begun(
    folder: Path, urls: Iterable[str], settings: dict[str, Any] | None = None, name: str = "urls.txt"
) -> Iterator[subprocess.Popen[str]]:
    """Start the crawl of these pages, and kill it at the end of the `with` statement if it still goes on then.

    A second one with another `name` is a run of its own on the same store.
    """
    listed = folder / name
    listed.parent.mkdir(parents=True, exist_ok=True)
    listed.write_text("".join(f"{url}\n" for url in urls))
    own = {
        "PORTALSIEVE_PROFILES": prepared(folder),
        "PORTALSIEVE_SHIPPED_PROFILES": 0,
        "PORTALSIEVE_OUTPUT": folder / "output",
        "PORTALSIEVE_RETRY_DELAY": 0.05,
        "TWISTED_DNS_RESOLVER": "tests.fault_crawl.Resolver",
        "PORTALSIEVE_OPEN_ADDRESSES": "127.0.0.1",
        "DOWNLOAD_DELAY": 0,
        "DOWNLOAD_TIMEOUT": PATIENCE,
        "RETRY_TIMES": 2,
        "CONCURRENT_REQUESTS": 64,
        **(settings or {}),
    }
    given = [part for key, value in own.items() for part in ("-s", f"{key}={value}")]
    process = subprocess.Popen(
        [sys.executable, "-m", "crawler", "crawl", SITE, "-a", f"urls_file={listed}", *given],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(folder: Path, process: subprocess.Popen[str]) -> Left:
    """Wait for a crawl and give what is left of it."""
    said = process.communicate(timeout=PATIENCE)[1]
    return left(folder, process.returncode, said)


def left(folder: Path, status: int = 0, said: str = "") -> Left:
    """Return what is in the store and the output folder."""
    store = open_store(folder / "output" / "store.sqlite")
    try:
        every = sqlite_of(store)._jobs("site = ?", SITE)
        scheduled = store.scheduled(SITE)
    finally:
        store.close()
    output = folder / "output"
    records = [
        json.loads(line) for file in output.glob(f"records/{SITE}/*.jsonl") for line in file.read_text().splitlines()
    ]
    quarantine = [entry for file in output.glob(f"quarantine/{SITE}/*.jsonl") for entry in read_quarantine(file)]
    rows = {job.url.partition("//")[2].partition(".")[0]: job for job in every}
    return Left(status, said, rows, every, scheduled, records, quarantine)


def crawl(folder: Path, urls: Iterable[str], settings: dict[str, Any] | None = None, name: str = "urls.txt") -> Left:
    """Crawl these pages to the end."""
    with begun(folder, urls, settings, name) as process:
        return ended(folder, process)


def page(server: FaultServer, host: str, name: str | None = None, scheme: str = "http") -> str:
    """Return the address of a page on a host of the site, which has its host's name if none is given."""
    return f"{scheme}://{host}.{DOMAIN}:{server.port}/{name or host}.html"


def address(host: str, name: str | None = None) -> str:
    """Return what the server calls that page."""
    return f"{host}.{DOMAIN}/{name or host}.html"


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return the context of a server whose certificate nobody vouches for."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"tls.{DOMAIN}")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(f"tls.{DOMAIN}")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


REBOUND = "10.9.8.7"


class StubbedResolver(Resolver):
    """Gives hosts the addresses that the setting TEST_ADDRESSES says, and keeps the network out of reach.

    Each connection that is tried is a line of the file TEST_TRIED; only one to 127.0.0.1 at TEST_PORT is made. The host
    `rebound` is on this machine when it is looked up for the first time, and then elsewhere.
    """

    looked: ClassVar[Counter[str]] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> Any:
        """Read the settings."""
        made = super().from_crawler(crawler, reactor)
        made.addresses = json.loads(crawler.settings["TEST_ADDRESSES"])
        made.tried, made.port = Path(crawler.settings["TEST_TRIED"]), crawler.settings.getint("TEST_PORT")
        return made

    def install_on_reactor(self) -> None:
        """Put a recorder in the place of the reactor's connections."""
        super().install_on_reactor()
        connect = self.reactor.connectTCP

        def recorded(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
            with self.tried.open("a") as tried:
                tried.write(f"{host}:{port}\n")
            if (host, port) != ("127.0.0.1", self.port):
                raise ConnectionError("not in a test")
            return connect(host, port, *args, **kwargs)

        self.reactor.connectTCP = recorded

    def getHostByName(self, name: str, timeout: Any = ()) -> Any:  # noqa: N802 - Twisted's name
        """Return a host's address."""
        first = name.partition(".")[0]
        self.looked[first] += 1
        if first == "rebound" and self.looked[first] > 1:
            return defer.succeed(REBOUND)
        return defer.succeed(self.addresses.get(first, "127.0.0.1"))
