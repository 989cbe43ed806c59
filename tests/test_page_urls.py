"""URLs come out absolute or not at all; proxies, tracking and queries are read without knowing any site."""

from __future__ import annotations

from urllib.parse import quote, urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.page.urls import absolute, host, original_image, plain, query_value, strip_tracking

BASE = "https://news.example.com/a/b/page.html?x=1"


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("https://other.example/x?y=1#z", "https://other.example/x?y=1#z"),
        ("http://other.example", "http://other.example"),
        ("HTTP://Other.example/x", "http://Other.example/x"),
        ("//cdn.example/x.png", "https://cdn.example/x.png"),
        ("/x/y.html", "https://news.example.com/x/y.html"),
        ("/x/../y.html", "https://news.example.com/y.html"),
        ("z.html", "https://news.example.com/a/b/z.html"),
        ("../z.html", "https://news.example.com/a/z.html"),
        ("?p=2", "https://news.example.com/a/b/page.html?p=2"),
        ("  https://other.example/x \n", "https://other.example/x"),
        ("\u3000https://other.example/x\xa0", "https://other.example/x"),
        ("https://other.\nexample/\tx", "https://other.example/x"),
        ("/a b.html", "https://news.example.com/a%20b.html"),
        ("https://other.example/a b", "https://other.example/a%20b"),
        ("\\\\other.example\\x", "https://other.example/x"),
        ("/\\other.example/x", "https://other.example/x"),
        ("https://例子.中国/新闻", "https://例子.中国/新闻"),
        ("https://[2001:db8::1]:8080/x", "https://[2001:db8::1]:8080/x"),
        ("https://other.example:8080/x", "https://other.example:8080/x"),
        ("https://other.example:65535/x", "https://other.example:65535/x"),
        ("/x?u=http://a@b/", "https://news.example.com/x?u=http://a@b/"),
    ],
)
def test_absolute(href: str, url: str) -> None:
    """Every way in which a page writes a link leads to the address that a browser opens."""
    assert url == absolute(BASE, href)


@pytest.mark.parametrize(
    "href",
    [
        "",
        " ",
        "#",
        "#part",
        "javascript:void(0)",
        "JavaScript:alert(1)",
        "java\nscript:x",
        " javascript:;",
        "data:a,b",
        "mailto:a@b.example",
        "tel:123",
        "ftp://a.example/x",
        "file:///etc/passwd",
        "about:blank",
        "https://",
        "http:///x",
        "https://user:pass@other.example/",
        "//good.example@evil.example/",
        "https:other.example/x",
        "https://a b/x",
        "https://[::1/x",
        "https://a.example:port/",
        "https://?x",
        "http://\\/x",
        "http://./x",
        "https://a.example:65536/",
        "//a.example:70000/x",
        "x\ud800.html",
        "/x\ud800.html",
        "https://a.example/\ud800",
    ],
)
def test_no_link(href: str) -> None:
    """URLs that do not lead to a page, or hide where they lead, are not links."""
    assert absolute(BASE, href) is None


@pytest.mark.parametrize("base", ["", "about:blank", "page.html", "javascript:x"])
def test_an_invalid_base(base: str) -> None:
    """With no web address to start from, only absolute links are links."""
    assert absolute(base, "https://a.example/x") == "https://a.example/x"
    assert absolute(base, "//a.example/x") is None
    assert absolute(base, "/x") is None
    assert absolute(base, "x.html") is None


@given(st.text(max_size=40), st.text(max_size=60))
def test_absolute_never_raises(base: str, href: str) -> None:
    """Any strings give a web address or None."""
    url = absolute(base, href)
    assert url is None or url.startswith(("http://", "https://"))


@given(st.text("ab/.?#=&%:@\\[] \n", max_size=20))
def test_absolute_agrees_with_the_library(href: str) -> None:
    """What comes of a relative link is what the standard library makes of it, an empty query or fragment aside."""
    url = absolute(BASE, href)
    if url is not None and not set(href) & set("\\ \n"):
        assert url.rstrip("?#") == urljoin(BASE, href).rstrip("?#")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://News.Example.com:443/x", "news.example.com"),
        ("http://a.example", "a.example"),
        ("http://user@a.example/x", "a.example"),
        ("http://a.example./", "a.example"),
        ("https://[::1]:80/", "::1"),
        ("https://a.example?x=//b/", "a.example"),
        ("ftp://a.example/", ""),
        ("/x", ""),
        ("", ""),
    ],
)
def test_host(url: str, name: str) -> None:
    """The host is in lower case and without what stands round it."""
    assert name == host(url)


@pytest.mark.parametrize(
    ("url", "stripped"),
    [
        ("https://a.example/x", "https://a.example/x"),
        ("https://a.example/x#part", "https://a.example/x"),
        ("https://a.example/x?from=1", "https://a.example/x"),
        ("https://a.example/x?b=2&from=1&a=%e9&spm=#f", "https://a.example/x?b=2&a=%e9"),
        ("https://a.example/x?fromage=1&from&spm=2&c", "https://a.example/x?fromage=1&c"),
        ("https://a.example/x?", "https://a.example/x"),
        ("https://a.example/x?u=y?from=1", "https://a.example/x?u=y?from=1"),
    ],
)
def test_strip_tracking(url: str, stripped: str) -> None:
    """Named parameters and the fragment go; the others stay, in their order and spelling."""
    assert stripped == strip_tracking(url, frozenset({"from", "spm"}))


def test_query_value() -> None:
    """A parameter is percent-decoded; a plus is kept, GBK and UTF-8 are distinguished."""
    url = (
        "https://a.example/?u=https%3A%2F%2Fb.example%2F%3Fx%3D1&e=&t=%E9%A3%8E%E7%AD%9D&g=%B7%E7%F3%DD&p=1+2&u=2#?q=1"
    )
    assert "https://b.example/?x=1" == query_value(url, "u")
    assert ("", "风筝", "风筝", "1+2") == tuple(query_value(url, name) for name in "etgp")
    assert query_value(url, "q") is None
    assert query_value("https://a.example/u=1", "u") is None


PROXIES = {"thumb.example": "url", "resize.example": "src"}


@pytest.mark.parametrize(
    ("url", "original"),
    [
        ("https://img.example/a.jpg?url=x", "https://img.example/a.jpg?url=x"),
        ("https://thumb.example/?url=http%3A%2F%2Fimg.example%2Fa.jpg&w=660", "http://img.example/a.jpg"),
        ("https://thumb.example/?w=660&url=http://img.example/a.jpg", "http://img.example/a.jpg"),
        ("https://THUMB.example/?url=%2F%2Fimg.example%2Fa.jpg", "https://img.example/a.jpg"),
        ("https://thumb.example/?url=http%253A%252F%252Fimg.example%252Fa.jpg", "http://img.example/a.jpg"),
        (
            "https://resize.example/?src="
            + quote("https://thumb.example/?url=" + quote("https://img.example/a.jpg", ""), ""),
            "https://img.example/a.jpg",
        ),
        ("https://thumb.example/?url=javascript:x", "https://thumb.example/?url=javascript:x"),
        ("https://thumb.example/?src=http://img.example/", "https://thumb.example/?src=http://img.example/"),
        ("https://thumb.example/?url=a.jpg", "https://thumb.example/?url=a.jpg"),
    ],
)
def test_original_image(url: str, original: str) -> None:
    """The image behind the proxies is found; an address that hides none stays as it is."""
    assert original == original_image(url, PROXIES)


def test_a_proxy_of_itself() -> None:
    """An address that leads back to its own proxy ends."""
    url = "https://img.example/a.jpg"
    for _ in range(20):
        url = "https://thumb.example/?url=" + quote(url, "")
    assert original_image(url, PROXIES).startswith("https://thumb.example/?url=")


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://www.example.com/a/1.html?x=1", "https://www.example.com/a/1.html?x=1"),
        ("HTTPS://WWW.Example.COM/A/1.html", "https://www.example.com/A/1.html"),
        ("http://www.example.com:80/a", "http://www.example.com/a"),
        ("https://www.example.com:443", "https://www.example.com"),
        ("https://www.example.com:8443/a", "https://www.example.com:8443/a"),
        ("https://me:secret@www.example.com./a", "https://www.example.com/a"),
        ("ftp://WWW.example.com/a", "ftp://WWW.example.com/a"),
        ("http://[::1]/a", "http://[::1]/a"),
    ],
)
def test_one_page_has_one_url(url: str, wanted: str) -> None:
    """Case of scheme and host, credentials and the default port do not make another page."""
    assert wanted == plain(url)
