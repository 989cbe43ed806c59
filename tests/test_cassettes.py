"""Whole crawls recorded as cassettes and played with the server gone and the network blocked.

`make cassettes` records those in tests/cassettes/ anew.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_recording.network import blocking_context
from vcr.cassette import Cassette
from vcr.request import Request as Asked

from crawler import read_records
from crawler.extract import profiles_in
from crawler.regression.cassette import INDEX, CassetteBroken, Cassettes, unrecorded
from crawler.spiders.portal import PortalSpider
from tests.crawling import run
from tests.keeping import KEPT, PortalCassettes
from tests.portal import write
from tests.portal.page import FixturePage
from tests.portal.server import Answer, Portal

CASSETTES = Path(__file__).parent / "cassettes"
RECORDED = "tests.keeping.RecordedPortal"
PLAYED = "crawler.fetch.recordable.RecordableHandler"
PAPER = {page.case: page for page in write.read_pages("thepaper")}
NETEASE = write.read_pages("netease")
TOKEN = "9f8e7d6c5b4a39281706"
LOCAL = pytest.mark.block_network(allowed_hosts=[r"127\.0\.0\.1"])
GBK = "text/html; charset=GBK"
FRONT = "https://www.thepaper.cn/"
STANDS, IN_GBK, MOVED, GONE, FORBIDDEN = (f"{FRONT}newsDetail_forward_{n}" for n in (
    "11640149", "71200557", "42700001", "42700002", "66600003"))  # fmt: skip
PHONE = "https://m.thepaper.cn/newsDetail_forward_34068816"
RECORDS = {"thepaper:11640149", "thepaper:71200557", "thepaper:42738753", "thepaper:34068816"}


def paper() -> Portal:
    """Return a portal with a front, articles of two layouts, one in GBK, one that moved and one that is gone."""
    links = "".join(f'<li><a href="{url}">消息</a></li>\n' for url in (STANDS, IN_GBK, MOVED, GONE, FORBIDDEN, PHONE))
    front = f"<!DOCTYPE html>\n<html><head><title>首页</title></head><body><ul>\n{links}</ul></body></html>\n"
    made = Portal(robots="User-agent: *\nDisallow: /newsDetail_forward_666\n", missing="<p>页面不存在</p>".encode())
    made.answer(FRONT, Answer(front.encode()))
    made.answer(STANDS, _answer(PAPER["dom_and_data"]))
    page = PAPER["original_title_paragraph"].body.decode().replace('charset="utf-8"', 'charset="gbk"')
    made.answer(IN_GBK, Answer(page.encode("gb18030"), headers={"Content-Type": GBK}))
    made.answer(MOVED, Answer(status=301, headers={"Location": PAPER["body_only_in_data"].url}))
    made.answer(PAPER["body_only_in_data"].url, _answer(PAPER["body_only_in_data"]))
    made.answer(PHONE, _answer(PAPER["phone_forward_address"]))
    return made


def _answer(page: FixturePage) -> Answer:
    return Answer(page.body, headers=page.headers)


def crawl(
    output: Path,
    portal: Portal | None,
    settings: dict[str, Any] | None = None,
    *,
    site: str = "thepaper",
    **arguments: str,
) -> PortalSpider:
    """Crawl from the portal, or from nothing but a cassette."""
    handler = PLAYED if portal is None else RECORDED
    base = {} if portal is None else {"PORTAL_BASE": portal.base}
    own = {"DOWNLOAD_HANDLERS": {"http": handler, "https": handler}, "RETRY_TIMES": 0, **base}
    return run(output, {**own, **(settings or {})}, site=site, **arguments)


def missed(spider: PortalSpider) -> int:
    """Return how many requests the cassette did not hold."""
    assert spider.crawler.stats is not None
    return unrecorded(spider.crawler.stats.get_stats())


def records(output: Path) -> dict[str, dict[str, Any]]:
    """Return the records of a run by id, without the fetch time and what depends on it (3小时前 next to links)."""
    found: dict[str, dict[str, Any]] = {}
    for record in read_records(output / "records"):
        found[record.id] = json.loads(record.to_json())
        assert found[record.id]["fetch"].pop("fetchedAt")
        for entry in found[record.id]["chrome"]:
            for item in entry.get("items") or ():
                item.pop("datePublished", None)
    return found


def files(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def recorded(
    folder: Path, output: Path, portal: Portal, settings: dict[str, Any] | None = None, **arguments: str
) -> PortalSpider:
    """Crawl the portal and keep the crawl."""
    with portal, PortalCassettes().use(folder, "all"):
        return crawl(output, portal, settings, **arguments)


def played(folder: Path, output: Path, **arguments: str) -> tuple[PortalSpider, Cassette]:
    """Crawl from a cassette, with the network blocked."""
    with blocking_context(), Cassettes(profiles_in().values()).use(folder) as cassette:
        return crawl(output, None, **arguments), cassette


@pytest.fixture
def vcr_config() -> dict[str, Any]:
    """Tell pytest-recording what vcrpy is to do."""
    return KEPT.options


@pytest.fixture(scope="module")
def vcr_cassette_dir() -> str:
    """Tell pytest-recording where cassettes are."""
    return str(CASSETTES)


@pytest.fixture
def portal(record_mode: str) -> Iterator[Portal | None]:
    """Yield the running portal where cassettes are recorded, nothing where they are played."""
    if record_mode == "none":
        yield None
        return
    with paper() as running:
        yield running


@pytest.mark.vcr
@pytest.mark.block_network
@pytest.mark.default_cassette("thepaper")
def test_a_kept_crawl_is_played(tmp_path: Path, portal: Portal | None, vcr: Cassette) -> None:
    """List, robots.txt, two layouts, a redirect, a 404, GBK, gzip: nothing is missing, nothing was kept in vain."""
    spider = crawl(tmp_path, portal, channel="front")
    assert missed(spider) == 0
    assert portal is not None or vcr.all_played
    assert set(records(tmp_path)) == RECORDS
    assert {record["layout"]["id"] for record in records(tmp_path).values()} == {"2022_next", "2022_next_mobile"}
    read = {record["id"]: record["fetch"]["charset"]["name"] for record in records(tmp_path).values()}
    assert read["thepaper:71200557"] == "gb18030"


@LOCAL
def test_the_kept_crawl_is_of_today(tmp_path: Path) -> None:
    """Recorded anew it is the same files; where it is not, `make cassettes`."""
    recorded(tmp_path / "anew", tmp_path / "out", paper(), channel="front")
    assert files(CASSETTES / "thepaper") == files(tmp_path / "anew")
    index = json.loads((tmp_path / "anew" / INDEX).read_bytes())["exchanges"]
    assert {200, 301, 404} == {row["status"] for row in index}
    assert {"gzip"} == {row["headers"]["content-encoding"] for row in index if row["url"] == IN_GBK}
    assert "127.0.0.1" not in "".join(body.decode() for body in files(tmp_path / "anew").values())


@LOCAL
def test_a_played_crawl_yields_the_recorded_records(tmp_path: Path) -> None:
    """With the server gone: the same records, byte for byte but for the time, and the same bodies."""
    recorded(tmp_path / "kept", tmp_path / "first", paper(), channel="front")
    spider, cassette = played(tmp_path / "kept", tmp_path / "second", channel="front")
    assert (missed(spider), cassette.all_played) == (0, True)
    assert records(tmp_path / "first") == records(tmp_path / "second")
    assert set(records(tmp_path / "first")) == RECORDS


def netease() -> Portal:
    """Return a portal with a feed in GBK and its articles; the largest are gone, for the time they take."""
    made = Portal(NETEASE, robots="User-agent: *\nDisallow: /sports/\n")
    for page in NETEASE:
        if page.truth["kind"] != "list" and len(page.body) < 180_000:
            made.answer(page.url.partition("?")[0], _answer(page))
    return made


@LOCAL
def test_a_crawl_of_a_feed_is_played(tmp_path: Path) -> None:
    """A feed as JSONP in GBK, whose articles are of several layouts, have tracking in their addresses, or are gone."""
    [feed] = [page.url for page in NETEASE if page.case == "cm_feed_page_2_gbk"]
    recorded(tmp_path / "kept", tmp_path / "first", netease(), site="netease", url=feed)
    second, cassette = played(tmp_path / "kept", tmp_path / "second", site="netease", url=feed)
    assert (missed(second), cassette.all_played) == (0, True)
    kept = records(tmp_path / "first")
    assert len({record["layout"]["id"] for record in kept.values()}) > 1
    assert kept == records(tmp_path / "second")


def test_an_unrecorded_request_is_counted(tmp_path: Path) -> None:
    """The crawl continues without the page, and the request is counted as unrecorded."""
    folder = tmp_path / "kept"
    shutil.copytree(CASSETTES / "thepaper", folder)
    index = json.loads((folder / INDEX).read_bytes())
    index["exchanges"] = [row for row in index["exchanges"] if row["url"] != STANDS]
    (folder / INDEX).write_text(json.dumps(index))
    spider, _ = played(folder, tmp_path / "out", channel="front")
    assert missed(spider) == 1
    assert set(records(tmp_path / "out")) == RECORDS - {"thepaper:11640149"}


@LOCAL
def test_what_was_fetched_again_is_played_as_it_came_in_the_end(tmp_path: Path) -> None:
    """A 503 before the page is not kept."""
    portal = paper()
    portal.answer(STANDS, Answer(status=503), _answer(PAPER["dom_and_data"]))
    recorded(tmp_path / "kept", tmp_path / "first", portal, {"RETRY_TIMES": 1}, url=STANDS)
    assert [200, 200] == [row["status"] for row in json.loads((tmp_path / "kept" / INDEX).read_bytes())["exchanges"]]
    played(tmp_path / "kept", tmp_path / "second", url=STANDS)
    assert set(records(tmp_path / "second")) == {"thepaper:11640149"}


@LOCAL
def test_planted_tokens_are_in_no_cassette(tmp_path: Path) -> None:
    """Header, cookie, query, redirect, body: a token in any of them is in no file, and the crawl is played the same."""
    tokens = {place: f"{TOKEN}-{place}" for place in ("cookie", "bearer", "list", "query", "step", "set", "other")}
    listed, asked = f"{FRONT}?session_id={tokens['list']}", f"{STANDS}?share_from={tokens['query']}"
    links = f'<a href="{asked}">一</a><a href="{MOVED}">二</a><script>var token = "{TOKEN}-named"</script>'
    hidden = "".join(f"<p hidden>{token}</p>" for token in tokens.values() if not token.endswith("other"))
    article = PAPER["dom_and_data"].body.replace(b"</body>", f"{hidden}</body>".encode())
    portal = paper()
    portal.answer(listed, Answer(f"<html><body>{links}</body></html>".encode(), headers={
        "Content-Type": "text/html; charset=utf-8", "Set-Cookie": f"sid={tokens['set']}; Path=/",
        "X-Request-Id": tokens["other"]}))  # fmt: skip
    portal.answer(asked, Answer(article))
    portal.answer(
        MOVED, Answer(status=302, headers={"Location": f"{PAPER['body_only_in_data'].url}?k={tokens['step']}"})
    )
    sent = {"Cookie": f"a=1; b={tokens['cookie']}", "Authorization": f"Bearer {tokens['bearer']}"}
    folder = tmp_path / "kept"
    recorded(folder, tmp_path / "first", portal, {"DEFAULT_REQUEST_HEADERS": sent}, url=listed)
    assert {tokens["cookie"]} == {r.headers["Cookie"].rpartition("=")[2] for r in portal.requests}
    assert [] == [name for name, body in files(folder).items() if TOKEN in name or TOKEN.encode() in body]
    spider, cassette = played(folder, tmp_path / "second", url=listed)
    assert (missed(spider), cassette.all_played) == (0, True)
    assert {"thepaper:11640149", "thepaper:42738753"} == set(records(tmp_path / "second"))
    assert set(records(tmp_path / "first")) == set(records(tmp_path / "second"))


def test_addresses_that_differ_only_in_a_secret_are_refused() -> None:
    """Two pages of a list would become one in the cassette; which cannot pass without a word."""
    kept = PortalCassettes()
    first, other = (Asked("GET", f"{FRONT}?cursor={TOKEN}{number}", None, {}) for number in (1, 2))
    assert f"{FRONT}?cursor={'x' * 21}" == kept.filtered(first).uri == kept.filtered(first).uri
    with pytest.raises(CassetteBroken, match="two URLs differ only in what looks like a secret"):
        kept.filtered(other)


@pytest.mark.parametrize(("kept", "shown"), [
    ("/list?page=2&callback=data_callback", "/list?page=2&callback=data_callback"),
    ("/list?page=2&_=1771574400000", f"/list?page=2&_={'x' * 13}"),
    ("/newsDetail_forward_11640149?from=timeline", "/newsDetail_forward_11640149"),
])  # fmt: skip
def test_addresses_are_kept_by_what_they_say(kept: str, shown: str) -> None:
    """A list keeps what distinguishes its pages, an article what identifies it."""
    asked = Asked("GET", FRONT.rstrip("/") + kept, None, {})
    assert FRONT.rstrip("/") + shown == PortalCassettes().filtered(asked).uri


def test_bodies_that_text_cannot_reproduce_stay_as_received(tmp_path: Path) -> None:
    """Damaged bytes are played as they came; a body in GBK is shown as text and played as GBK."""
    bodies = {FRONT: b"\xff\xfe\x00damaged\x80", STANDS: "<p>渡口停航</p>".encode("gbk"), PHONE: b""}
    responses = [
        {"status": {"code": 200, "message": "OK"}, "headers": {"Content-Type": [GBK]}, "body": {"string": body}}
        for body in bodies.values()
    ]
    requests = [Asked("GET", url, None, {}) for url in bodies]
    PortalCassettes().save_cassette(tmp_path / "kept", {"requests": requests, "responses": responses}, None)
    asked, answered = PortalCassettes().load_cassette(tmp_path / "kept", None)
    assert bodies == {one.uri: got["body"]["string"] for one, got in zip(asked, answered, strict=True)}
    assert "<p>渡口停航</p>".encode() in files(tmp_path / "kept").values()


def test_a_broken_cassette_is_named(tmp_path: Path) -> None:
    """The file and the fault, not an empty cassette."""
    (tmp_path / INDEX).write_text('{"format": 2, "exchanges": []}')
    with pytest.raises(CassetteBroken, match=r"exchanges\.json: .*format 2; this version reads 1"):
        PortalCassettes().load_cassette(tmp_path, None)
