"""The portal that the other tests take apart: its pages, the archive of them, and the server."""

from __future__ import annotations

import gzip
import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from selectolax.lexbor import LexborHTMLParser

from crawler.page.charset import decode
from crawler.regression.prose import Prose
from tests.portal import archive, badpages, write
from tests.portal.badpages import BAD_PAGES
from tests.portal.server import Answer, Portal
from tests.waiting import PATIENCE

PAGES = {page.name: page for page in write.read_pages()}
NETEASE = {name: page for name, page in PAGES.items() if page.site == "netease"}
ROBOTS = "User-agent: *\nDisallow: /special/private/\nCrawl-delay: 1\n"
CORPUS = Path(__file__).resolve().parent.parent.parent / "shared" / "corpus" / "pages"
SPACE = re.compile("[\\s\u200b\u200c\u200d\u2060\ufeff\ufffd]+")
# the portals' own words, which are structure; cut out before looking for borrowed prose
STANDING = (
    "特别声明：以上内容(如有图片或视频亦包括在内)为自媒体平台“网易号”用户上传并发布，本平台仅提供信息存储服务。",
    "Notice: The content above (including the pictures and videos if any) is uploaded and posted by a user",
    "of NetEase Hao, which is a social media platform and only provides information storage services.",
    "用微信扫码二维码分享至好友和朋友圈",
    "用微信扫描二维码分享至好友和朋友圈",
    "独家授权网易财经《亦观察》专栏发布，转载请注明出处（否则请勿转载）。本文内容纯属个人观点，不代表网易立场。",
    "The Paper All rights reserved",
    "返回网易首页",
    "网易公司版权所有",
    "分享到：链接已复制",
    "版权声明：转载须经版权人书面授权并注明来源",
    "调查问题加载中，请稍候。",
    "来源：光明网-《光明日报》",
    "和讯热销金融证券产品",
    "【免责声明】本文仅代表作者本人观点，与和讯网无关。",
    "来源：观察者网",
    "本文仅代表作者个人观点。",
    "请支持独立网站，转发请注明本文链接：",
    "来源：人民网-文化频道",
    "来源：人民网－人民日报",
    "关注公众号：人民网财经",
    "分享让更多人看到",
    "返回腾讯网首页>>",
    "正文已结束，您可以按alt+4进行评论",
    "免责声明：本文来自腾讯新闻客户端自媒体，不代表腾讯网的观点和立场。",
    "免责声明：本内容来自腾讯平台创作者，不代表腾讯新闻或腾讯网的观点和立场。",
    "免责声明：自媒体综合提供的内容均源自自媒体，版权归原作者所有",
    "Copyright © 1996-2019 SINA Corporation",
    "返回搜狐，查看更多",
    "平台声明：该文观点仅代表作者本人，搜狐号系信息发布平台",
    "微信扫一扫关注该公众号",
    "来源：中国青年报",
)
TIME = re.compile(r"\d{4}(?:[-/年]|(?=\d\d/))\d{1,2}[-/月]\d{1,2}日?(?:\d{1,2}:\d\d(?::\d\d)?)?", re.ASCII)
"""A time, which is cut out as well: pages of one day have the same."""


def text_of(body: bytes) -> str:
    """Return a page's text without white space; feeds as they are."""
    text = decode(body, None)[0]
    root = LexborHTMLParser(text).root if text.lstrip().startswith("<") else None
    if root is None:
        return squeeze(text)
    for node in root.css("script, style, noscript, svg, template, textarea, iframe, option"):
        node.decompose()
    return squeeze(root.text())


def squeeze(text: str) -> str:
    """Take all white space out."""
    return SPACE.sub("", text)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")
def test_no_prose_is_borrowed() -> None:
    """No fixture shares 24 characters in a row with a recorded page, the portals' standing words aside."""
    recorded: set[str] = set()
    for path in CORPUS.glob("*.html.gz"):
        text = text_of(gzip.decompress(path.read_bytes()))
        recorded |= {text[at : at + 24] for at in range(len(text) - 23)}
    borrowed = {}
    for name, page in PAGES.items():
        text = text_of(page.body)
        for phrase in STANDING:
            text = text.replace(squeeze(phrase), "\0")
        text = TIME.sub("\0", text)
        runs = [text[at : at + 24] for at in range(len(text) - 23) if text[at : at + 24] in recorded]
        if runs:
            borrowed[name] = runs[:3]
    assert borrowed == {}


def test_prose_is_the_same_for_the_same_seed() -> None:
    """A seed gives the same words each time, another seed others, and a source never repeats a headline."""
    one, again, other = (Prose(seed) for seed in ("a", "a", "b"))
    headlines = [one.headline() for _ in range(200)]
    assert headlines == [again.headline() for _ in range(200)]
    assert headlines != [other.headline() for _ in range(200)]
    assert len(set(headlines)) == 200


def test_every_bad_page_can_be_made() -> None:
    """Each kind of bad input is there under an article's address and is what its name says."""
    sizes = {name: len(make().body) for name, make in BAD_PAGES.items()}
    assert sizes["empty_body"] == 0
    assert sizes["noise"] == 1 << 20
    assert sizes["fifty_megabytes"] >= 50 << 20
    assert BAD_PAGES["deep"]().body.count(b"<div>") >= 10_000
    assert BAD_PAGES["many_attributes"]().body.count(b'="') > 200_000
    for name in ("cut_in_body", "cut_in_list"):
        assert PAGES["netease/2020_post_main/hao_plain"].body.startswith(BAD_PAGES[name]().body)
    for charset in ("utf-8", "gb18030", "big5"):
        with pytest.raises(UnicodeDecodeError):
            BAD_PAGES["unknown_charset"]().body.decode(charset)
    assert {make().url for make in BAD_PAGES.values()} == {PAGES["netease/2020_post_main/hao_plain"].url}


def test_archive_holds_each_page_as_served(tmp_path: Path) -> None:
    """The archive reads back: addresses, heads, bodies, dates, and digests that agree."""
    pages = write.read_pages("netease")
    path = tmp_path / "made" / "netease.warc.gz"
    assert archive.write_warc(path, pages) == len(pages)
    found = {}
    with path.open("rb") as stream:
        for entry in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=False):
            assert entry.verify_block_digest()
            entry.parse_http()
            assert entry.verify_payload_digest()
            head = {name.lower(): value for name, value in entry.http_headers.items()}
            found[entry.headers["WARC-Target-URI"]] = (
                entry.http_headers.status_code,
                head.get("content-type"),
                entry.reader.read(),
            )
    assert found == {p.url.partition("#")[0]: (p.status, p.headers.get("Content-Type"), p.body) for p in pages}


def test_archive_is_the_same_on_every_run(tmp_path: Path) -> None:
    """Two archives of the same fixtures are the same bytes."""
    pages = write.read_pages("netease")[:3]
    for name in ("one", "two"):
        archive.write_warc(tmp_path / name / "a.warc.gz", pages)
    assert (tmp_path / "one/a.warc.gz").read_bytes() == (tmp_path / "two/a.warc.gz").read_bytes()


def test_archive_command_says_when_there_is_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A site without fixtures is a failure with a line that names it."""
    assert archive.main([str(tmp_path / "x.warc.gz"), "nowhere"]) == 1
    assert "nowhere" in capsys.readouterr().err


@pytest.fixture
def running() -> Iterator[Portal]:
    """Yield the whole portal, running."""
    with Portal(NETEASE.values(), robots=ROBOTS, missing=badpages.page("not_found").body) as portal:
        yield portal


def fetch(address: str, host: str | None = None) -> tuple[int, bytes]:
    """Get an address; status and body."""
    request = urllib.request.Request(address, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as reply:
        with reply:
            return reply.code, reply.read()


def test_portal_routes_by_host_header_prefix_and_proxy_target(running: Portal) -> None:
    """A page answers the same by Host header, under /_/host/, and by an absolute target."""
    page = NETEASE["netease/2016_end_text/ads_inside_end_text"]
    host, _, path = page.url.removeprefix("https://").partition("/")
    by_header = fetch(f"{running.base}/{path}", host)
    by_prefix = fetch(running.address(page.url))
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE)
    connection.request("GET", page.url.replace("https:", "http:"))
    reply = connection.getresponse()
    by_target = (reply.status, reply.read())
    connection.close()
    assert by_header == by_prefix == by_target == (200, page.body)
    assert running.asked() == [f"{host}/{path}"] * 3


def test_portal_knows_a_page_with_another_query(running: Portal) -> None:
    """A tracking parameter that no page has leads to the page; a lost address to the portal's own 404."""
    page = NETEASE["netease/2020_post_main/hao_plain"]
    assert fetch(running.address(page.url + "?f=somewhere")) == (200, page.body)
    status, body = fetch(running.address("https://www.163.com/dy/article/NONE000000000000.html"))
    assert (status, "页面走丢了" in body.decode()) == (404, True)
    assert [request.status for request in running.requests] == [200, 404]


def test_portal_feeds_end_with_404(running: Portal) -> None:
    """The feed's pages follow each other by the truth's next, until one is not there."""
    url: str = NETEASE["netease/lists/cm_feed_page_1"].url
    nexts = {page.url: page.truth["next"] for page in NETEASE.values() if "next" in page.truth}
    statuses = [fetch(running.address(url))[0]]
    while url in nexts:
        url = nexts[url]
        statuses.append(fetch(running.address(url))[0])
    assert statuses == [200, 200, 404]


def test_portal_has_robots(running: Portal) -> None:
    """robots.txt is there for every host and is not counted among what was asked."""
    assert fetch(running.address("https://any.example/robots.txt"))[1].startswith(b"User-agent: *")
    assert running.asked() == []


def test_portal_can_answer_badly() -> None:
    """Answers follow in turn, may be late, and may break off."""
    url = "https://www.163.com/x.html"
    with Portal() as portal:
        portal.answer(url, Answer(b"busy", 503), Answer(b"good" * 9, delay=0.2), Answer(b"broken off", cut=4))
        assert fetch(portal.address(url)) == (503, b"busy")
        start = time.monotonic()
        assert fetch(portal.address(url)) == (200, b"good" * 9)
        assert time.monotonic() - start >= 0.2
        with pytest.raises(http.client.IncompleteRead) as cut:
            fetch(portal.address(url))
        assert cut.value.partial == b"brok"


def test_portal_packs_for_those_who_ask(running: Portal) -> None:
    """A client that accepts gzip gets gzip."""
    page = NETEASE["netease/2020_post_main/hao_plain"]
    request = urllib.request.Request(running.address(page.url), headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
        assert (reply.headers["Content-Encoding"], gzip.decompress(reply.read())) == ("gzip", page.body)


def test_pages_have_one_address_each() -> None:
    """No two fixtures claim the same address, with tracking parameters aside but for feeds, which live by theirs."""
    addresses = [page.url.partition("#")[0] for page in PAGES.values()]
    assert sorted(addresses) == sorted(set(addresses))
