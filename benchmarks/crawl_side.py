"""One crawl of the local portal in a process of its own: `python -m benchmarks.crawl_side SIDE PORTAL FOLDER [STORE]`.

SIDE is `store`, the project's own crawl (with the store STORE), or `plain`: a spider that does the same with the same
functions, on Scrapy's scheduler and duplicate filter in memory and its JSON-lines feed. Settings and downloader
middlewares are the same; no side asks for robots.txt. Prints a JSON object: pages, records, seconds (wall and CPU), the
seconds that the event loop spent in the store, when the first and the last page came, and memory as it went.
"""

from __future__ import annotations

import contextlib
import functools
import json
import resource
import shutil
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings

from crawler.extract import PROFILES, extract
from crawler.fetch.pace import Paced
from crawler.profiles.load import Profile, load_profile
from crawler.spiders.lists import page_of, read_list
from crawler.spiders.portal import PortalSpider
from crawler.spiders.selection import Selection
from crawler.store.policy import TableStore
from crawler.store.postgres import PostgresTables
from crawler.store.sqlite import SqliteTables

SITE = "netease"
EVERY = 0.5
"""Seconds between two looks at the memory."""


class _Local:
    """Mixed into a handler: fetches from the local portal, and answers as if it came from the site."""

    crawler: Any

    async def download_request(self, request: Request) -> Response:
        scheme, _, rest = request.url.partition("://")
        del scheme
        sent = request.replace(url=f"{self.crawler.settings['BENCH_PORTAL']}/_/{rest}")
        response: Response = await super().download_request(sent)  # type: ignore[misc]
        return response.replace(url=request.url)


class PlainHandler(_Local, HTTP11DownloadHandler):
    """Scrapy's handler."""


class PacedHandler(Paced, _Local, HTTP11DownloadHandler):
    """The project's: each request asks the store for its host's turn."""


class PlainSpider(Spider):
    """Reads the same lists and takes the same pages apart; the rest is Scrapy's."""

    name = "plain"
    allowed_domains = ["163.com"]  # noqa: RUF012 - Scrapy's way

    def __init__(self, profile: Profile) -> None:
        super().__init__()
        self.profile = profile
        self.pages = 0

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the feed's pages."""
        for source in self.profile.site.lists:
            if source.channel == "yaowen":
                first = page_of(source.first_url or source.url, self.profile)
                if first is not None:
                    yield Request(first.url, self.listing, cb_kwargs={"page": first})

    def listing(self, response: Response, page: Any) -> Iterator[Request]:
        """Ask for the articles of a list, and for its next page."""
        self.pages += 1
        kind = (response.headers.get(b"Content-Type") or b"").decode("latin-1")
        links = read_list(response.body, response.url, kind, page, self.profile, now=datetime.now(UTC))
        for link in links:
            yield Request(link.url, self.article, priority=10)
        if links and page.following is not None:
            yield Request(page.following.url, self.listing, cb_kwargs={"page": page.following})

    def article(self, response: Response) -> Iterator[dict[str, Any]]:
        """Yield the record of a page."""
        self.pages += 1
        kind = (response.headers.get(b"Content-Type") or b"").decode("latin-1")
        record = extract(
            response.body,
            response.url,
            headers={"content-type": kind},
            fetched_at=datetime.now(UTC),
            status=response.status,
            profiles=[self.profile],
        )
        yield record.to_dict()


class Memory(threading.Thread):
    """Notes (pages, MiB) every so often."""

    def __init__(self, pages: Any) -> None:
        super().__init__(daemon=True)
        self.seen: list[tuple[int, float]] = []
        self._pages = pages
        self.over = threading.Event()

    def run(self) -> None:
        """Look, until it is over."""
        while not self.over.wait(EVERY):
            resident = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096
            self.seen.append((self._pages(), round(resident / 2**20, 1)))


def _profiles(folder: Path) -> Path:
    """Copy the site's profile, without its delay: what is measured is no waiting."""
    copy = folder / "profiles" / SITE
    shutil.copytree(PROFILES / SITE, copy)
    file = copy / "profile.toml"
    head, _, tail = file.read_text(encoding="utf-8").partition("[crawl]")
    rest = tail[tail.index("\n# ---") :]
    file.write_text(f"{head}[crawl]\ndelay = 0.0\nconcurrency = 16\n{rest}", encoding="utf-8")
    return copy.parent


class Clock:
    """Counts the seconds that the event loop spends in the store, waiting for a server included."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._inside = False
        self._thread = threading.get_ident()

    def over(self, owner: type, *names: str) -> None:
        """Count the time in these methods of a class; nested calls count once."""
        for name in names:
            setattr(owner, name, self._timed(getattr(owner, name)))

    def _timed(self, method: Any) -> Any:
        @functools.wraps(method)
        def timed(*args: Any, **values: Any) -> Any:
            if self._inside or threading.get_ident() != self._thread:
                return method(*args, **values)
            self._inside, began = True, time.perf_counter()
            try:
                return method(*args, **values)
            finally:
                self.seconds += time.perf_counter() - began
                self._inside = False

        return timed


STORE = (
    "schedule",
    "adopt",
    "lease_any",
    "give_back",
    "next_due",
    "counts",
    "settle",
    "take_turn",
    "hold",
    "robots",
)
"""Methods of a store that a crawl calls for its pages, besides those of `settle_all`."""


def main(side: str, portal: str, folder: Path, store: str | None = None) -> None:
    """Crawl, and print what it took."""
    clock = Clock()
    clock.over(TableStore, *STORE, "_settle")
    for tables in (SqliteTables, PostgresTables):
        clock.over(tables, "unclaim", "_begin")
    with contextlib.suppress(ImportError):
        import psycopg  # noqa: PLC0415  # an extra

        clock.over(psycopg.Pipeline, "__exit__")  # where statements sent together are waited for
    profiles = _profiles(folder)
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    handler = f"benchmarks.crawl_side.{'PacedHandler' if side == 'store' else 'PlainHandler'}"
    own: dict[str, Any] = {
        "BENCH_PORTAL": portal,
        "PORTALSIEVE_OUTPUT": str(folder / "output"),
        "PORTALSIEVE_PROFILES": str(profiles),
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
        "ROBOTSTXT_OBEY": False,
        "DOWNLOAD_DELAY": 0,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
        "LOG_LEVEL": "ERROR",
    }
    if side == "plain":
        own |= {
            "SCHEDULER": "scrapy.core.scheduler.Scheduler",
            "DUPEFILTER_CLASS": "scrapy.dupefilters.RFPDupeFilter",
            "SPIDER_MIDDLEWARES": {
                **settings.getdict("SPIDER_MIDDLEWARES"),
                "crawler.spiders.scheduler.SettleMiddleware": None,
            },
            "FEEDS": {str(folder / "output" / "plain.jsonl"): {"format": "jsonlines"}},
        }
    if store is not None:
        own["PORTALSIEVE_STORE"] = store
    settings.setdict(own, priority="cmdline")
    profile = load_profile(profiles / SITE)
    process = AsyncCrawlerProcess(settings)
    if side == "store":
        crawler = process.create_crawler(PortalSpider.of(profile))
        process.crawl(crawler, selection=Selection.of(profile, {"channel": "yaowen"}))
    else:
        crawler = process.create_crawler(PlainSpider)
        process.crawl(crawler, profile=profile)

    def pages() -> int:
        spider: Any = crawler.spider
        if spider is None:
            return 0
        return int(spider.run.counts["pages"] if side == "store" else spider.pages)

    span: list[float] = []
    crawler.signals.connect(lambda: span.append(time.time()), signals.response_received, weak=False)
    memory = Memory(pages)
    memory.start()
    wall, cpu = time.perf_counter(), time.process_time()
    process.start()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    memory.over.set()
    written = [
        path
        for path in (folder / "output").rglob("*.jsonl")
        if path.name != "runs.jsonl" and "quarantine" not in str(path)
    ]
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    records = sum(1 for path in written for _ in path.open("rb"))
    print(
        json.dumps(
            {
                "pages": pages(),
                "records": records,
                "bytes": sum(path.stat().st_size for path in written),
                "wall": wall,
                "cpu": cpu,
                "store": clock.seconds,
                "fetched": len(span),
                "span": [span[0], span[-1]] if span else [],
                "peak": peak,
                "memory": memory.seen,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), *sys.argv[4:])
