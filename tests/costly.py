"""Input that costs a parser, a cleaner or a matcher far more than its size; each shape is made in any size."""

from __future__ import annotations

import gzip
from collections.abc import Callable

from tests.portal.badpages import good

BODY_MARK = b'<div class="post_body">'
Shape = Callable[[int], bytes]


def page(more: bytes) -> bytes:
    """Return a good article with `more` at the start of its body."""
    body = good().body
    place = body.index(BODY_MARK, body.rindex(b'<div class="post_info">')) + len(BODY_MARK)
    return body[:place] + more + body[place:]


def repeated(piece: bytes) -> Shape:
    """Return a shape of one piece over and over."""
    return lambda size: page(piece * (size // len(piece)))


def numbered(piece: bytes) -> Shape:
    """Return a shape of a piece with a number that grows."""
    return lambda size: page(b"".join(piece % number for number in range(size // (len(piece) + 4))))


def around(before: bytes, piece: bytes, after: bytes) -> Shape:
    """Return a shape of a piece over and over within one element, value or comment."""
    return lambda size: page(before + piece * (size // len(piece)) + after)


SHAPES: dict[str, Shape] = {
    "ampersands": repeated(b"&"),
    "ampersands escaped": repeated(b"&amp;"),
    "half entities": repeated(b"&notit;"),
    "no-break spaces": repeated(b"x&nbsp;"),
    "middle dots": repeated("·".encode()),
    "lesser than": repeated(b"&lt;"),
    "body attributes": numbered(b"<body a%d=1>"),
    "body attributes, mixed case": numbered(b"<bOdY/a%d>"),
    "html attributes": numbered(b"<html a%d=1 b=2>"),
    "body attributes in few tags": lambda size: page(
        b"".join(b"<body " + b" ".join(b"a%d" % (tag * 500 + n) for n in range(500)) + b">" for tag in range(size // 3500))
    ),
    "names of attributes": lambda size: page(
        b"".join(b"<p " + b" ".join(b"a%d" % (tag * 300 + n) for n in range(300)) + b">" for tag in range(size // 2500))
    ),
    "names of elements": lambda size: page(b"".join(b"<x-%d>x</x-%d>" % (n, n) for n in range(size // 20))),
    "chrome in elements of different names": lambda size: page(
        b"".join(b"<x-%d class=ad_module>x</x-%d>" % (n, n) for n in range(size // 40))
    ),
    "body tags without end": repeated(b"<body a="),
    "attributes": around(b"<p ", b"a b=c ", b">"),
    "srcset": around(b'<img srcset="', b"/a.jpg 1x, ", b'">'),
    "address": around(b'<a href="http://x.example/?', b"a=b&", b'">x</a>'),
    "picture's width": around(b'<img src="/a.jpg" width="', b"9", b'">'),
    "image address": around(b'<img src="', b"../", b'a.jpg">'),
    "comments": repeated(b"<!--"),
    "formatting": repeated(b"<b><i><p>"),
    "adoption": repeated(b"<b><p></b>"),
    "tables": repeated(b"<table><tr><td>"),
    "foster": around(b"<table>", b"<a>x", b"</table>"),
    "lines": repeated(b"x<br>"),
    "paragraphs": repeated(b"<p>x</p>"),
    "links": numbered(b'<a href="/%d.html">x</a>'),
    "open script": repeated(b"<script>var a={"),
    "data": around(b"<script>window.__INITIAL_STATE__=", b"{'a':", b"</script>"),
    "linked data": around(b'<script type="application/ld+json">', b"[", b"</script>"),
    "dates": repeated(b"2020-01-01 10:10 "),
    "spaces": repeated(b" "),
    "text": repeated("文".encode()),
}  # fmt: skip


def empty_members(size: int) -> bytes:
    """Return gzip data of members without content."""
    member = gzip.compress(b"", mtime=0)
    return member * (size // len(member))
