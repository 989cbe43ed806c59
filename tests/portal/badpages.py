"""Bad input: what a portal, a proxy or a broken line may send in place of a page. Each function makes one, afresh.

``BAD_PAGES`` lists them by name; they are functions since some are too large to keep.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

from crawler.regression.prose import Prose
from tests.portal.page import FixturePage
from tests.portal.write import PAGES, read_page

UTF8 = {"Content-Type": "text/html; charset=utf-8"}


def good() -> FixturePage:
    """Return the page that the others spoil: a plain 网易号 article."""
    return read_page(PAGES / "netease/2020_post_main/hao_plain.html")


def page(case: str) -> FixturePage:
    """Return a page of the portal that is not an article."""
    return read_page(PAGES / f"netease/none/{case}.html")


def _spoilt(case: str, body: bytes, headers: dict[str, str] | None = None) -> FixturePage:
    return replace(good(), layout="bad", case=case, body=body, truth={}, headers=headers or UTF8)


def _inside(mark: bytes, more: bytes) -> bytes:
    """Return the good page with ``more`` right after the ``mark`` in the article, not that in a script before it."""
    body = good().body
    article = body.rindex(b'<div class="post_info">')
    before, found, after = body[article:].partition(mark)
    before = body[:article] + before
    if not found:
        raise ValueError(f"the good page has no {mark!r}: its builder changed, so change the mark here")
    return before + found + more + after


def empty_body() -> FixturePage:
    """Return a response without a body."""
    return _spoilt("empty_body", b"")


def noise() -> FixturePage:
    """Return a megabyte of random bytes."""
    return _spoilt("noise", random.Random(163).randbytes(1 << 20))


def image() -> FixturePage:
    """Return a small PNG under an article's address, said to be HTML."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((x * y) % 256 for x in range(64 * 3)) for y in range(64))
    head = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return _spoilt("image", png)


def cut_in_body() -> FixturePage:
    """Return a good page that ends inside the article's body, in the middle of a character."""
    body = good().body
    start = body.index(b'<div class="post_body">')
    end = body.index("特别声明".encode(), start)
    place = (start + end) // 2
    while body[place] < 0x80 or body[place] >= 0xC0:  # stop on a continuation byte
        place += 1
    return _spoilt("cut_in_body", body[:place])


def cut_in_list() -> FixturePage:
    """Return a good page that ends inside the related list, in the middle of a tag."""
    body = good().body
    place = body.rindex(b'<li class="post_recommend">') + 9
    return _spoilt("cut_in_list", body[:place])


def soft_404() -> FixturePage:
    """Return the portal's not-found page, sent with status 200."""
    return _spoilt("soft_404", page("not_found").body)


def captcha() -> FixturePage:
    """Return the captcha page, sent with status 200."""
    return _spoilt("captcha", page("captcha").body)


def other_portal() -> FixturePage:
    """Return an article of a site of somebody else under this portal's address."""
    prose = Prose("badpages/other_portal")
    text = "".join(f"<p>{prose.paragraph()}</p>\n" for _ in range(9))
    links = "".join(f'<li><a href="/p/{n}.html">{prose.headline()}</a></li>\n' for n in range(12))
    html = f"""<!DOCTYPE html>
<html lang="zh"><head><meta charset="utf-8"><title>{prose.headline()} - {prose.media()}</title></head>
<body class="single"><header id="masthead"><a href="/">{prose.media()}</a></header>
<main><article class="entry"><h1 class="entry-title">{prose.headline()}</h1>
<div class="entry-meta"><time>2026-02-20 10:00</time></div>
<div class="entry-content">{text}</div></article><aside class="widget"><ul>{links}</ul></aside></main></body></html>
"""
    return _spoilt("other_portal", html.encode())


def deep() -> FixturePage:
    """Return a good page with 10,000 nested elements around a word in the body."""
    nest = b"<div>" * 10_000 + "最深处".encode() + b"</div>" * 10_000
    return _spoilt("deep", _inside(b'<div class="post_body">', nest))


def fifty_megabytes() -> FixturePage:
    """Return a good page whose body has grown to 50 MiB of paragraphs."""
    line = f"<p>{Prose('badpages/large').paragraph(4)}</p>\n".encode()
    return _spoilt("fifty_megabytes", _inside(b'<div class="post_body">', line * ((50 << 20) // len(line) + 1)))


def many_attributes() -> FixturePage:
    """Return a good page with 200,000 attributes on one tag."""
    tag = b"<p " + b" ".join(b'a%d="%d"' % (n, n) for n in range(200_000)) + b">"
    body = _inside(b'<div class="post_body">', tag + "属性很多</p>".encode())
    return _spoilt("many_attributes", body)


def unknown_charset() -> FixturePage:
    """Return a good page whose characters beyond ASCII are bytes that no charset of the trade can read."""
    text = good().body.decode()
    body = b"".join(c.encode() if c.isascii() else bytes((0xFF, 0x80 | ord(c) & 0x3F)) for c in text)
    return _spoilt("unknown_charset", body, {"Content-Type": "text/html; charset=x-portal-9"})


BAD_PAGES: dict[str, Callable[[], FixturePage]] = {
    made.__name__: made
    for made in (
        empty_body,
        noise,
        image,
        cut_in_body,
        cut_in_list,
        soft_404,
        captcha,
        other_portal,
        deep,
        fifty_megabytes,
        many_attributes,
        unknown_charset,
    )
}
