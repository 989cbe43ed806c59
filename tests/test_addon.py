"""portalsieve in another Scrapy project: the example project in docs/examples, and its parts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from itemadapter import ItemAdapter
from scrapy.http import HtmlResponse, Request
from scrapy.settings import Settings

from crawler import Quarantined, extract
from crawler.addon import PortalsieveAddon, record_from
from crawler.addon.middleware import ProfilesMiddleware
from crawler.extract import PROFILES
from crawler.spiders.adopted import adopt
from crawler.spiders.options import BadSetting
from tests.portal.archive import write_warc
from tests.portal.server import Answer, Portal
from tests.portal.write import PAGES, read_page
from tests.test_profile_folders import body as story
from tests.test_profile_folders import own
from tests.wheels import call

ROOT = Path(__file__).resolve().parent.parent
PAGE = read_page(PAGES / "netease/2020_post_main/hao_plain.html")
URL = PAGE.url.replace("https://", "http://")
STRANGE = "http://www.nowhere.example/1.html"


def response(body: bytes = PAGE.body, url: str = PAGE.url, **more: object) -> HtmlResponse:
    """Return a response as Scrapy makes it."""
    return HtmlResponse(url, body=body, headers={"Content-Type": "text/html; charset=gbk"}, **more)


@pytest.fixture
def newsroom(tmp_path: Path) -> Path:
    """Return a copy of the example project that reads two pages, one of an unknown site."""
    folder = tmp_path / "newsroom"
    shutil.copytree(ROOT / "docs/examples/newsroom", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "urls.txt").write_text(f"{URL}\n{STRANGE}\n", encoding="utf-8")
    return folder


@pytest.fixture
def portal() -> Iterator[Portal]:
    """Return a server that has both pages, and asks nothing by robots.txt."""
    with Portal() as made:
        for host in ("www.163.com", "www.nowhere.example"):
            made.answer(f"http://{host}/robots.txt", Answer(b"", status=404))
        made.answer(URL, Answer(PAGE.body, headers=PAGE.headers))
        made.answer(STRANGE, Answer(b"<html><body><p>hello</p></body></html>"))
        yield made


@pytest.mark.parametrize("spider", ["pages", "injected"])
def test_records_pass_through_pipeline_and_feed(environment: Path, newsroom: Path, portal: Portal, spider: str) -> None:
    """The feed has the record with the keys of its JSON; the page of an unknown site is counted and ends nothing."""
    done = call(environment, "python", "-m", "scrapy", "crawl", spider, cwd=newsroom, http_proxy=portal.base)
    lines = (newsroom / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    assert (0, [PAGE.truth["headline"]]) == (done.returncode, [json.loads(line)["headline"] for line in lines])
    expected = extract(PAGE.body, URL, headers=PAGE.headers).to_dict()
    found = json.loads(lines[0])
    assert {**expected, "fetch": None, "datePublished": None} == {**found, "fetch": None, "datePublished": None}
    assert ("'newsroom/unknown_site': 1" in done.stderr, True) == (True, "Traceback" not in done.stderr)


def test_the_crawl_can_be_subclassed(environment: Path, newsroom: Path) -> None:
    """In another project it brings what it needs: store, archive, output; `item` changes what the feed has."""
    write_warc(newsroom / "a.warc.gz", [PAGE])
    done = call(environment, "python", "-m", "scrapy", "crawl", "portal", "-a", "archive=a.warc.gz", cwd=newsroom)
    (line,) = (newsroom / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    assert (0, "general", PAGE.truth["headline"]) == (done.returncode, *map(json.loads(line).get, ("desk", "headline")))
    (published,) = (newsroom / "output/records/netease").glob("*.jsonl")
    assert PAGE.truth["headline"] == json.loads(published.read_text(encoding="utf-8"))["headline"]


def test_the_example_says_how_to_run_it() -> None:
    """Its README names its spiders."""
    text = (ROOT / "docs/examples/newsroom/README.md").read_text(encoding="utf-8")
    names = {path.stem for path in (ROOT / "docs/examples/newsroom/newsroom/spiders").glob("[a-z]*.py")}
    assert set() == {name for name in names if f"`{name}`" not in text}


def test_headers_of_scrapy_keep_their_charset() -> None:
    """They are bytes with lists of values; the charset in them is used all the same."""
    body = PAGE.body.decode().replace('charset="utf-8"', "").encode("gbk", "replace")
    made = response(body, headers_only := PAGE.url)
    record = extract(body, headers_only, headers=made.headers)
    evidence = record.fetch.charset
    assert ("gbk", PAGE.truth["headline"]) == (evidence and evidence.header, record.headline)


def test_the_time_is_that_of_the_response() -> None:
    """Now, or the Date of a response that comes from a cache, or what is given."""
    given = datetime(2026, 2, 21, 8, tzinfo=UTC)
    assert "2026-02-21T08:00:00Z" == record_from(response(), fetched_at=given).fetch.fetched_at
    cached = response(flags=["cached"])
    cached.headers["Date"] = "Fri, 20 Feb 2026 10:00:00 GMT"
    assert "2026-02-20T10:00:00Z" == record_from(cached).fetch.fetched_at
    cached.headers["Date"] = "some day"
    assert record_from(cached).fetch.fetched_at > "2026-03"  # type: ignore[operator]


def test_a_page_without_a_record_says_why() -> None:
    """The errors are those of the library."""
    with pytest.raises(Quarantined, match="no profile for this host"):
        record_from(response(url=STRANGE))


def test_a_record_is_an_item_that_does_not_change() -> None:
    """Its fields are the keys of the JSON in their order, its values plain; a pipeline cannot write into it."""
    record = record_from(response())
    adapter = ItemAdapter(record)
    assert (True, record.to_dict()) == (ItemAdapter.is_item(record), adapter.asdict())
    assert list(record.to_dict()) == list(adapter.field_names())
    with pytest.raises(TypeError, match="a record does not change"):
        adapter["headline"] = "another"


def test_the_addon_checks_the_projects_settings() -> None:
    """A misspelt setting stops the project before anything is fetched; the others get their defaults."""
    settings = Settings({"PORTALSIEVE_CHROME": "none"})
    PortalsieveAddon().update_settings(settings)
    assert ("none", 5, "utf-8") == (
        settings["PORTALSIEVE_CHROME"], settings["PORTALSIEVE_MAX_FAILED"], settings["FEED_EXPORT_ENCODING"]
    )  # fmt: skip
    with pytest.raises(BadSetting, match="did you mean PORTALSIEVE_CHROME"):
        PortalsieveAddon().update_settings(Settings({"PORTALSIEVE_CHROM": "none"}))


def test_record_from_uses_the_projects_profiles(tmp_path: Path) -> None:
    """With the add-on: the setting reaches a callback, the shipped ones can be left out, an argument comes first."""
    folder, url = own(tmp_path / "mine"), "https://demo.example/1.html"
    settings = Settings({"PORTALSIEVE_PROFILES": str(folder), "PORTALSIEVE_SHIPPED_PROFILES": 0})
    PortalsieveAddon().update_settings(settings)
    assert ProfilesMiddleware in settings["DOWNLOADER_MIDDLEWARES"]
    middleware = ProfilesMiddleware(SimpleNamespace(settings=settings))  # type: ignore[arg-type]

    def fetched(url: str, body: bytes) -> HtmlResponse:
        request = Request(url)
        return middleware.process_response(request, response(body, url, request=request))

    assert "旧仓库" == record_from(fetched(url, story())).headline
    with pytest.raises(Quarantined, match="no profile for this host"):
        record_from(fetched(PAGE.url, PAGE.body))
    assert PAGE.truth["headline"] == record_from(fetched(PAGE.url, PAGE.body), profiles=PROFILES).headline
    assert True is isinstance(json.dumps(fetched(url, story()).request.meta), str)  # it can be written to disk


def test_a_projects_own_settings_stay() -> None:
    """The crawl brings its parts; middlewares and values of the project hold beside them."""
    theirs = {"DOWNLOADER_MIDDLEWARES": {"theirs.Middleware": 600}, "DOWNLOAD_TIMEOUT": 99, "SCHEDULER": "theirs.S"}
    settings = Settings()
    settings.setdict(theirs, priority="project")
    adopt(settings)
    middlewares = settings.getdict("DOWNLOADER_MIDDLEWARES")
    assert (600, 100) == (middlewares["theirs.Middleware"], middlewares["crawler.fetch.robots.RobotsMiddleware"])
    assert (99, "crawler.spiders.scheduler.StoreScheduler") == (settings["DOWNLOAD_TIMEOUT"], settings["SCHEDULER"])
    assert "scrapybot" == settings["BOT_NAME"]
