"""Bodies that the parser must not see are refused at once, by name and with the figure; honest ones pass."""

from __future__ import annotations

import gzip
import random
import string
import time
from pathlib import Path

import pytest

from crawler.errors import Failure, PageRefused
from crawler.page.dom import Page
from crawler.page.index import Interest
from crawler.page.limits import _ONE_BYTE_NAMES, _REST, DEFAULT, Limits, _few_attributes, _few_names, check
from crawler.page.nesting import TreeSurvey
from crawler.page.selectors import compile_selector

DEEP = Interest([compile_selector("#deep")])


def refusal(body: bytes, limits: Limits = DEFAULT) -> Failure | None:
    """Return why `check` refuses `body`, or None; it must decide within the five seconds that any input may take."""
    start = time.process_time()
    try:
        check(body, limits)
        page = Page.from_bytes(body, "http://example.org/")
        page.index(DEEP)
        page.select("#deep")
        failure = None
    except PageRefused as refused:
        failure = refused.failure
    assert time.process_time() - start < 5
    return failure


def nested(depth: int, tag: str = "div") -> bytes:
    """Return a page in which `depth` elements stand one within the other, `html` and `body` included."""
    inner = depth - 2
    return f"<html><body>{f'<{tag}>' * (inner - 1)}<{tag} id=deep>deep{f'</{tag}>' * inner}</body></html>".encode()


def attributes(number: int, form: str) -> bytes:
    """Return a page with one tag of `number` attributes, each written as `form` with its number."""
    return b"<html><body><p " + " ".join(form.format(i) for i in range(number)).encode() + b">text</p></body></html>"


@pytest.mark.parametrize("depth", [100, 255, 256, 257, 512])
def test_deep_pages_pass(depth: int) -> None:
    """Nothing is dropped at the depths where other parsers begin to drop text: such pages are parsed."""
    assert refusal(nested(depth)) is None


@pytest.mark.parametrize("depth", [513, 2_000, 10_000, 100_000])
@pytest.mark.parametrize("tag", ["div", "b", "span"])
def test_too_deep(depth: int, tag: str) -> None:
    """From the limit on a page is refused, before the parser pays for its depth."""
    assert refusal(nested(depth, tag)) is Failure.TOO_DEEP


def test_depth_without_end_tags() -> None:
    """Elements that are never closed are within one another, and so are those whose end tags close nothing."""
    assert refusal(b"<b>" * 10_000 + b"<i id=deep>") is Failure.TOO_DEEP
    assert refusal(b"<div></span>" * 9_000 + b"<p id=deep>") is Failure.TOO_DEEP


@pytest.mark.parametrize(
    "source",
    [
        "<p>text",
        "text<br>",
        "<img src=a.png>",
        "<ul><li>text<li>text</ul>",
        "<table><tr><td>text<td>text</table>",
        "<dl><dt>a<dd>b</dl>",
        "<select><option>a<option>b</select>",
        "<P ALIGN=center>text",
        "<!-- note -->text",
        "<script>if (a<b) { c = '<div>' }</script>",
        "<svg><path d=1 /><g /></svg>",
        "<li>text",
    ],
)
def test_honest_old_pages_pass(source: str) -> None:
    """Void elements and those whose end is implied are not within one another, however many there are."""
    assert refusal(f"<html><body>{source * 6000}</body></html>".encode()) is None


@pytest.mark.parametrize(
    "form",
    ["a{0}", "a{0}=1", 'a{0}=">"', "a{0}='<'", "a{0}='<a href=\"x\">text</a>'", 'a{0}="\'>"', "a{0} = '\">' b{0}"],
)
def test_too_many_attributes(form: str) -> None:
    """200,000 attributes on one tag are seen, also where quoted values make them look like a page."""
    assert refusal(attributes(200_000, form)) is Failure.TOO_MANY_ATTRIBUTES


def test_attributes_in_proportion() -> None:
    """The parser's time is attributes times bytes: what a small page may have, a large one may not."""
    tag = attributes(20_000, "a{0}")
    assert refusal(tag) is None
    assert refusal(tag + b'<p class="x">text</p>' * 20_000) is Failure.TOO_MANY_ATTRIBUTES


def test_repeated_attributes_are_one() -> None:
    """An attribute that a tag repeats is dropped by the parser at once, and does not count."""
    assert refusal(attributes(200_000, "a")) is None


def test_sizes() -> None:
    """Bytes and tags have their limits; one large text and a million entities do not reach them."""
    assert refusal(b"<p>x</p>" * 3_000_000) is Failure.TOO_BIG
    assert refusal(b"<p>x</p>" * 1_000_000) is Failure.TOO_MANY_TAGS
    assert refusal(b"<p>" + b"x" * 11_000_000) is Failure.TOO_BIG
    assert refusal(b"<p>" + b"x" * 8_000_000) is None
    assert refusal(b"<p>" + b"&amp;" * 1_000_000) is None


@pytest.mark.parametrize(("opened", "blocks"), [(400, 5_000), (2_300, 2_300), (600, 2_000), (3_000, 700)])
def test_elements_that_multiply(opened: int, blocks: int) -> None:
    """Formatting elements left open are opened again in each paragraph: 50 kB can become five million elements, 2 GB."""
    tags = b"".join(b"<font a=%d></x>" % number for number in range(opened))
    with pytest.raises(PageRefused) as caught:
        check(b"<p>" + tags + b"</p>" + b"<p>x</p>" * blocks)
    assert caught.value.failure in (Failure.TOO_MANY_TAGS, Failure.TOO_DEEP)


@pytest.mark.parametrize(
    "piece",
    [
        b"<",
        b"<a",
        b">",
        b'">',
        b"'>",
        b"='",
        b'=">',
        b"<!--",
        b"<!-->",
        b"<![CDATA[",
        b"<svg><![CDATA[",
        b"<script>",
        b"<script></script>",
        b"</ ",
        b"</a>",
        b"<a><div>",
        b"<nobr><div>",
        b"<b><p>",
        b"<table><tr><td>",
        b"<frameset>",
        b"<select><option>",
        b"<template>",
        b"</p>",
        b"<p><object>",
        b'<a b="',
        b"<title>",
    ],
)
def test_any_piece_over_and_over(piece: bytes) -> None:
    """No piece of markup, repeated to the limit of size, costs too much; refused or not."""
    refusal(b"<html><p>" + piece * (8_000_000 // len(piece)))


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 90, "PNG"),
        (b"\xff\xd8\xff\xe0..JFIF<p>", "JPEG"),
        (b"GIF89a<html>", "GIF"),
        (b"RIFF....WEBPVP8 ", "WebP"),
        (b"%PDF-1.7 <p>", "PDF"),
        (gzip.compress(b"<html><p>x</p></html>", mtime=0), "gzip"),
        (b"PK\3\4....", "ZIP"),
        (b"\0\0\0\x20ftypisom", "MP4"),
        (b'\xef\xbb\xbf {"a": "<p>"}', "JSON"),
        (b"[1, 2]", "JSON"),
        (b"no markup at all, and a < b", "no tag"),
        (random.Random(7).randbytes(1_000_000), "binary"),
    ],
)
def test_no_html(body: bytes, word: str) -> None:
    """Images, documents, compressed data, JSON and noise are not pages, and the message says what they are."""
    with pytest.raises(PageRefused, match=word) as caught:
        check(body)
    assert caught.value.failure is Failure.NOT_HTML


@pytest.mark.parametrize("body", [b"", b" \r\n\t" * 99, b"\xef\xbb\xbf\n", b"\0" * 1000])
def test_empty(body: bytes) -> None:
    """A body of nothing but white space is empty."""
    assert refusal(body) is Failure.EMPTY_BODY


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_accepted(codec: str) -> None:
    """The zero bytes of UTF-16 are not noise; its tags are counted like any others."""
    page = "<html><body><p>风筝节在河边</p>{}</body></html>"
    assert refusal(page.format("<i>x</i>").encode(codec)) is None
    assert refusal(page.format("<div>" * 2_000 + "<p id=deep>").encode(codec)) is Failure.TOO_DEEP


def test_messages_name_limit_and_figure() -> None:
    """A refusal says what was found and what the limit is."""
    with pytest.raises(PageRefused, match="120 bytes, limit 100"):
        check(b"<p>" + b"x" * 117, Limits(max_bytes=100))
    page = Page.from_bytes(nested(513), "http://example.org/")
    page.index(DEEP)
    with pytest.raises(PageRefused, match="nested more than 512 elements deep"):
        page.select("#deep")
    with pytest.raises(PageRefused, match="200000 attributes on one <p>, limit"):
        check(attributes(200_000, "a{0}"))


DECOYS = [
    '<a class="x">text</a>',
    '">',
    "'>",
    "<p>y</p>",
    "=",
    "<script>if(a>b){c='x'}</script>",
    " k=v ",
    "/",
    " ",
    "--><!--",
    '" ',
    "' ",
    "x" * 50,
    "<b>",
    "\n",
]
FORMS = ("{sep}{name}", "{sep}{name}=1", '{sep}{name}="{dq}"', "{sep}{name} = '{sq}'")


@pytest.mark.parametrize("seed", range(40))
def test_the_quick_count_never_errs(seed: int) -> None:
    """Whatever quoted values hold and whatever stands round the tag, too many attributes are never shown to be few."""
    source = random.Random(seed)
    number = source.randrange(1500, 12_000)
    tag = []
    for i in range(number):
        decoy = "".join(source.choices(DECOYS, k=source.choice((0, 1, 3, 20))))
        tag.append(
            source.choice(FORMS).format(
                sep=source.choice(" \n"),
                name=f"{'abcdefghij'[i % 10]}{i}",
                dq=decoy.replace('"', "'"),
                sq=decoy.replace("'", '"'),
            )
        )
    before, after = ("".join(source.choices(DECOYS, k=source.choice((0, 20_000)))) for _ in range(2))
    assert not _few_attributes(f"{before}<div{''.join(tag)}>text</div>{after}".encode(), number - 1)


@pytest.mark.parametrize("piece", [' a{0}=">"', " a{0}='\">'", "/a{0}", 'a{0}="x"', "a{0}='/'", "\ta{0}", ' a{0}= ">"'])
def test_the_quick_count_knows_every_form(piece: str) -> None:
    """An attribute may begin after white space, a slash or a quoted value, and its value may look like an end."""
    page = f"<p {''.join(piece.format(i) for i in range(30_000))}>text</p>".encode()
    assert not _few_attributes(page, 29_999)


def test_no_place_hides_a_tag() -> None:
    """A tag is examined wherever it begins, also at the edge of what is examined together."""
    most = 2_000
    tag = f"<p{''.join(f' a{i}' for i in range(most + 1))}>".encode()
    step = 3 * most - _ONE_BYTE_NAMES - _REST
    assert not any(_few_attributes(b"x" * (step + shift) + tag, most) for shift in range(-3, 4))


@pytest.mark.parametrize("data", ["c = d / e; ", '{"a": "b c d"}, ', "b = '<i>' + c; ", "b = '<i title=c>' + c; "])
def test_long_data_is_no_reason_to_walk_a_page(data: str) -> None:
    """In scripts no place may end any tag for long; what could be a tag there is short."""
    page = f"<p>x</p><script>{data * 30_000}</script><p class='x'>y</p>".encode()
    assert _few_attributes(page, DEFAULT.max_attributes * 2**20 // len(page))


@pytest.mark.parametrize(
    "piece", [" a{0}", "/a{0}", 'a{0}="x"', "a{0}=' '", "/=a{0}", '"a{0}" ', "<p a{0}>", "<a{0}>", "</a{0}>"]
)
def test_no_form_hides_that_names_differ(piece: str) -> None:
    """Names of elements and attributes count together, whatever tag they stand on; the parser knows them all."""
    tags = (f"<p {''.join(piece.format(i) for i in range(n, n + 500))}>" for n in range(0, 40_000, 500))
    body = "".join(tags).encode()
    assert not _few_names(body, 30_000)
    with pytest.raises(PageRefused, match="more than 30000 different names of elements and attributes"):
        check(body)


BASE36 = string.digits + string.ascii_lowercase


@pytest.mark.parametrize(
    ("piece", "number"),
    [(" {0}\v{1}", 40_000), (" {3}<{4}<{5}", 46_000), (" a{2}\"b'c{2} x= \" a{2}\"b'c{2} x= ' a{2}\"b'c{2}", 12_000)],
)
def test_names_of_the_same_words_differ(piece: str, number: int) -> None:
    """A vertical tab or `<` is part of a name; a word in a quoted value can have another name than outside."""
    pieces = [piece.format(i // 200, i % 200, i, *(BASE36[i // 36**n % 36] for n in range(3))) for i in range(number)]
    body = "".join(f"<p {''.join(pieces[at : at + 100])}>" for at in range(0, number, 100)).encode()
    assert not _few_names(body, 30_000)
    with pytest.raises(PageRefused, match="more than 30000 different names of elements and attributes"):
        check(body)


@pytest.mark.parametrize("page", ["<p {}>", "<!-- {} -->x<p>", "<script>{}</script>", "<p>{}</p>", '<p a="{}">'])
def test_words_are_not_taken_for_names(page: str) -> None:
    """Many different words in text, comments, scripts and values do not count as names; the same names again are not new."""
    words = " ".join(f"a{i % 25_000}" for i in range(60_000))
    tags = "".join(page.format(words[at : at + 1000]) for at in range(0, len(words), 1000))
    found = refusal(f"<html>{tags}".encode()), _few_names(tags.encode(), 24_000), _few_names(tags.encode(), 26_000)
    assert found == (None, page != "<p {}>", True)


def test_recorded_pages_pass_quickly(corpus: Path) -> None:
    """No recorded page is refused or near a limit, and the check costs little beside the parse."""
    spent = size = 0.0
    for path in sorted((corpus / "pages").glob("*.html.gz")):
        body = gzip.decompress(path.read_bytes())
        start = time.process_time()
        check(body)
        spent += time.process_time() - start
        size += len(body)
        survey = TreeSurvey(body, max_depth=64, max_tags=5_000, max_attributes=64)
        assert survey.elements > 100
    assert spent / size < 0.005 / 370_000
