"""List pages: each gives the articles it links to and nothing else, by the profile's rule or without one."""

from __future__ import annotations

from datetime import date

import pytest

from crawler.errors import PageRefused
from crawler.profiles.load import load_profile
from crawler.profiles.match import article_id, read_url
from crawler.profiles.model import ListSource
from crawler.spiders.lists import Link, ListPage, ListUnreadable, page_of, read_list
from tests.crawling import ROOT
from tests.portal import write
from tests.portal.page import FixturePage

PROFILE = load_profile(ROOT / "site_profiles" / "netease")
LISTS = [page for page in write.read_pages("netease") if page.truth["kind"] == "list"]


def read(page: FixturePage) -> list[Link]:
    """Read a fixture's links."""
    return read_list(page.body, page.url, page.headers.get("Content-Type"), page_of(page.url, PROFILE), PROFILE)


@pytest.mark.parametrize("page", LISTS, ids=lambda page: page.case)
def test_each_article_is_linked_once_in_order(page: FixturePage) -> None:
    """The expected links, whatever the declared charset; promotions and menus are not links to articles."""
    expected = [article_id(read_url(url, PROFILE), "netease") for url in page.truth["links"]]
    assert [link.key for link in read(page)] == list(dict.fromkeys(expected))


def test_tracking_is_taken_off_links() -> None:
    """A link is asked for as the article's own address."""
    assert [link.url for page in LISTS for link in read(page) if "?" in link.url or "#" in link.url] == []


def test_a_feed_gives_the_days_of_its_articles() -> None:
    """In the site's time zone, whatever the feed's spelling."""
    feed = next(page for page in LISTS if page.case == "cm_feed_page_1")
    expected = [date.fromisoformat(item["datePublished"][:10]) for item in feed.truth["items"]]
    assert [link.day for link in read(feed)][:5] == expected[:5]


@pytest.mark.parametrize("half", ["&#xD800;", "&#56320;", "&#x0000dfff;"])
def test_a_reference_to_half_of_a_character(half: str) -> None:
    """It does not cost the feed its links: libxml2 accepts it, but no text can have it."""
    url = "https://www.163.com/dy/article/KK5ISJRA05F5G9FF.html"
    feed = ListPage(ListSource(url="https://www.163.com/list.xml", format="feed"))
    text = f"<rss><item><link>{url}?{half}</link></item></rss>"
    links = read_list(text.encode(), "https://www.163.com/list.xml", None, feed, PROFILE)
    assert [link.key for link in links] == ["netease:KK5ISJRA05F5G9FF"]


SOURCE = ListSource(
    url="https://x.example/list_{page2}/{offset}.js?n={page}", format="json", pages=3, first_page=1, page_size=30
)


def test_pages_count_by_number_and_offset() -> None:
    """From the profile's first page, as many as it allows; the first may have an address of its own."""
    pages = [ListPage(SOURCE)]
    while (following := pages[-1].following) is not None:
        pages.append(following)
    assert [page.url for page in pages] == [
        "https://x.example/list_01/0.js?n=1",
        "https://x.example/list_02/30.js?n=2",
        "https://x.example/list_03/60.js?n=3",
    ]
    with_first = ListSource(url="https://x.example/{page}", first_url="https://x.example/", format="json", pages=2)
    assert [ListPage(with_first, n).url for n in (0, 1)] == ["https://x.example/", "https://x.example/2"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://news.163.com/special/cm_guonei/?callback=data_callback", ("guonei", 0, None)),
        ("http://news.163.com/special/cm_guonei_04/?callback=data_callback", ("guonei", 3, None)),
        ("https://3g.163.com/touch/reconstruct/article/list/BBM54PGAwangning/40-20.html", ("m_news", 2, None)),
        ("https://www.163.com/dy/media/T1631132242825.html", ("media", 0, "T1631132242825")),
        ("https://news.163.com/special/0001386F/rank_news.html", None),
    ],
)
def test_a_list_is_known_by_its_url(url: str, expected: tuple[str, int, str | None] | None) -> None:
    """Which list of the profile, which page of it, and whose."""
    page = page_of(url, PROFILE)
    assert (page and (page.source.channel, page.page, page.media)) == expected
    if page is not None:
        assert page.url.partition("://")[2] == url.partition("://")[2]


ITEMS = b'{"data": {"list": [%s]}}'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>moved</html>", "not valid json"),
        (b'{"code": 403}', "finds NoneType instead of a list of items"),
        (ITEMS.replace(b"[%s]", b'"x"'), "finds str instead of a list of items"),
    ],
)
def test_data_without_a_list_are_named(body: bytes, message: str) -> None:
    """The message says which rule found what instead."""
    source = ListSource(url="https://news.163.com/x.json", format="json", items="data.list")
    with pytest.raises(ListUnreadable, match=message):
        read_list(body, source.url, None, ListPage(source), PROFILE)


def test_items_other_than_articles_are_skipped() -> None:
    """Another site's, an account's, broken ones: none of them stops the list."""
    urls = ["https://example.org/a.html", "https://www.163.com/dy/media/T1.html", "javascript:void(0)", "http://["]
    items = [b'{"u": "%s"}' % url.encode() for url in urls] + [b'{"u": 7}', b"null", b'"x"', b"{}"]
    good = b'{"u": "//www.163.com/dy/article/KK5ISJRA05F5G9FF.html?f=x"}'
    source = ListSource(url="https://news.163.com/x.json", format="json", items="data.list", link="u")
    found = read_list(ITEMS % b",".join([*items, good]), source.url, None, ListPage(source), PROFILE)
    assert [link.url for link in found] == ["https://www.163.com/dy/article/KK5ISJRA05F5G9FF.html"]


@pytest.mark.parametrize(("skip", "count"), [("n", 1), ("n == `0`", 1), ("missing", 2), ("t", 1)])
def test_skip_follows_jmespath(skip: str, count: int) -> None:
    """An item is skipped for what JMESPath counts as true: zero is, an empty list is not."""
    one = b'{"url": "https://www.163.com/dy/article/KK5ISJRA05F5G9FF.html", "n": 0, "t": []}'
    two = b'{"url": "https://www.163.com/dy/article/KT8F0LBG05J0H94A.html", "n": null, "t": [1]}'
    source = ListSource(url="https://news.163.com/x.json", format="json", items="data.list", skip=skip)
    assert len(read_list(ITEMS % (one + b"," + two), source.url, None, ListPage(source), PROFILE)) == count


def test_hostile_lists_are_refused_before_the_parse() -> None:
    """A list page has the limits of any page."""
    body = b"<html>" + b"<div>" * 100_000
    with pytest.raises(PageRefused):
        read_list(body, "https://news.163.com/", None, page_of("https://news.163.com/", PROFILE), PROFILE)


RSS = """<?xml version="1.0" encoding="GBK"?><!DOCTYPE rss [<!ENTITY art "https://www.163.com/dy/article/H12B3C4D05372UZS.html">]>
<rss version="2.0"><channel><title>要闻</title><link>https://www.163.com/</link>
<item><title>渡口停航</title><link>https://www.163.com/dy/article/G33O1QTA05372UZS.html</link>
<pubDate>Mon, 30 Nov 2026 18:30:00 GMT</pubDate></item>
<item><title>另一篇</title><guid>https://www.163.com/dy/article/G40A8B1C05372UZS.html</guid></item>
<item><title>实体</title><link>&art;</link></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>要闻</title><link rel="self" href="https://www.163.com/atom.xml"/>
<entry><title>渡口停航</title><link rel="edit" href="https://www.163.com/edit/1"/>
<link href="https://www.163.com/dy/article/G33O1QTA05372UZS.html"/><updated>2026-11-30T18:30:00Z</updated></entry></feed>"""
SECOND = ("netease:G40A8B1C05372UZS", None)
FEED = ListPage(ListSource(url="https://www.163.com/rss.xml", format="feed"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RSS, [("netease:G33O1QTA05372UZS", date(2026, 12, 1)), SECOND]),
        (ATOM, [("netease:G33O1QTA05372UZS", date(2026, 12, 1))]),
        ("<rss version='2.0'><channel><title>leer</title></channel></rss>", []),
        *(
            (RSS.replace("Mon, 30 Nov 2026 18:30:00 GMT", day), [("netease:G33O1QTA05372UZS", None), SECOND])
            for day in (
                "Fri, 31 Dec 9999 23:59:59 -1200",
                f"Fri, 31 Dec 2026 23:59:59 +{'9' * 14}",
                f"Fri, 31 Dec {'9' * 20} 10:00:00 GMT",
            )
        ),
    ],
    ids=["RSS", "Atom", "empty", "the last day of all", "a zone too large", "a year too large"],
)
def test_a_feed_is_a_list(text: str, expected: list[tuple[str, date | None]]) -> None:
    """RSS and Atom: the articles' links with their days in the site's zone; entities of the feed are not resolved."""
    links = read_list(text.encode("gbk"), FEED.url, "application/rss+xml; charset=gbk", FEED, PROFILE)
    assert expected == [(link.key, link.day) for link in links]


def test_a_page_that_is_not_a_feed_is_said() -> None:
    """An HTML page at the feed's address is not an empty feed."""
    with pytest.raises(ListUnreadable, match="neither RSS nor Atom"):
        read_list(b"<html><body>moved</body></html>", FEED.url, "text/html", FEED, PROFILE)
