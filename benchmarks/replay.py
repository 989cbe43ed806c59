"""CPU a page of `scrapy crawl` over an archive: `python -m benchmarks.replay [OUT.json]`.

The measure is (Scrapy with an empty callback over the same pages) + (the extraction alone of the same pages). Scrapy's
own share is a spider that has the archive's pages from the same reader, once with this project's settings and once with
the library's. What is paid once (imports, profiles) is taken off: each command runs over a short and a long archive,
and the difference counts. Figures are medians over the rounds, the spread is that of the ratio.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import scrapy
from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import HtmlResponse, Response
from scrapy.settings import Settings

from benchmarks.archives import SITE, write_archive
from benchmarks.measuring import command, spread, write
from crawler.extract import extract
from crawler.warc.framing import Place
from crawler.warc.reader import read_archive, read_response

SHORT, LONG, ROUNDS = 50, 350, 5


class Replay(BaseDownloadHandler):
    """Answers from the spider's places of an archive."""

    lazy = False

    async def download_request(self, request: Request) -> Response:
        """Answer with what the archive has."""
        places: dict[str, Place] = self.crawler.spider.places  # type: ignore[union-attr]
        archived = read_response(places[request.url])
        return HtmlResponse(request.url, headers=archived.headers, body=archived.body)


class Empty(scrapy.Spider):
    """Asks for every page of an archive and does nothing with it."""

    name = "empty"
    archive = ""

    async def start(self) -> AsyncIterator[Any]:
        """Yield a request for each page."""
        self.places = {found.url: found.place for found in read_archive(self.archive) if found.url}
        for url in self.places:
            yield Request(url, self.nothing, dont_filter=True)

    def nothing(self, response: Response) -> None:
        """Take the page and give nothing."""


def scrapy_alone(path: str, *, ours: bool) -> None:
    """Crawl an archive with an empty callback, with this project's settings or with the library's."""
    settings = Settings()
    if ours:
        settings.setmodule("crawler.settings", priority="project")
    handlers = {"http": "benchmarks.replay.Replay", "https": "benchmarks.replay.Replay"}
    none = dict.fromkeys(("file", "ftp", "data", "s3"))
    same = {
        "DOWNLOAD_HANDLERS": {**handlers, **none},
        "ROBOTSTXT_OBEY": False,
        "DOWNLOAD_DELAY": 0,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
        "TELNETCONSOLE_ENABLED": False,
        "LOG_LEVEL": "WARNING",
    }
    settings.setdict(same, priority="cmdline")

    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(Empty)
    process.crawl(crawler, archive=path)
    process.start()
    if crawler.stats is None or not crawler.stats.get_value("response_received_count"):
        sys.exit("the empty crawl received nothing")


def extraction_alone(path: str) -> None:
    """Take every page of an archive apart and serialise its record; the reading is Scrapy's share."""
    for found in read_archive(path):
        _ = extract(found.body, found.url or "", headers=found.headers, fetched_at=found.date).line


def reading_alone(path: str) -> None:
    """Read an archive, which is taken off `extraction_alone`."""
    for _ in read_archive(path):
        pass


PARTS: dict[str, Callable[[str], None]] = {
    "scrapy": lambda path: scrapy_alone(path, ours=True),
    "library settings": lambda path: scrapy_alone(path, ours=False),
    "extraction": extraction_alone,
    "reading": reading_alone,
}


def round_of(archives: dict[int, Path], folder: Path) -> dict[str, float]:
    """Return the CPU milliseconds a page of the crawl and of each part, measured in turn."""
    found = {}
    for name in ("crawl", *PARTS):
        taken = {}
        for records, path in archives.items():
            if name == "crawl":
                output = f"PORTALSIEVE_OUTPUT={tempfile.mkdtemp(dir=folder)}"
                arguments = ["-m", "crawler", "crawl", SITE, "-a", f"archive={path}", "-s", output]
            else:
                arguments = ["-m", "benchmarks.replay", "--only", name, str(path)]
            taken[records] = command(*arguments).cpu
        found[name] = 1000 * (taken[LONG] - taken[SHORT]) / (LONG - SHORT)
    found["extraction"] -= found.pop("reading")
    return found


def measure() -> dict[str, Any]:
    """Return the figures of all rounds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archives = {records: write_archive(folder / f"{records}.warc.gz", records) for records in (SHORT, LONG)}
        rounds = [round_of(archives, folder) for _ in range(ROUNDS)]
    ratios = [r["crawl"] / (r["scrapy"] + r["extraction"]) for r in rounds]
    library = [r["crawl"] / (r["library settings"] + r["extraction"]) for r in rounds]
    return {
        "pages": LONG - SHORT,
        "rounds": ROUNDS,
        "milliseconds": {name: round(statistics.median(r[name] for r in rounds), 2) for name in rounds[0]},
        "ratio": spread(ratios),
        "ratioLibrarySettings": spread(library),
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["--only"]:
        PARTS[sys.argv[2]](sys.argv[3])
    else:
        write(measure())
