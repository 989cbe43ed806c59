"""What the strings of a profile may be: selectors, patterns, paths into data, hosts, addresses, texts."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import re2
import tldextract
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from crawler.profiles.checks.generated import generated_part
from crawler.profiles.checks.reading import KINDS, ParsedTable
from crawler.profiles.checks.selectors import check_selector, read_selector
from crawler.profiles.checks.strings import (
    CHECKS,
    check_date,
    check_host,
    check_jmespath,
    check_template,
    check_text,
    check_url,
    check_xpath,
    check_zone,
)
from crawler.profiles.checks.suffixes import is_public_suffix
from crawler.profiles.patterns import check_pattern, nested_repetition, split
from crawler.profiles.schema import schema

GOOD: dict[Callable[[str], None], list[str]] = {
    check_selector: [
        "div.a", "#x > .y + p", "ul.list li a", "div.box table tr td a", "a[href*='x,y > z'], b", "*:is(h1, h2) a",
        "p:not(.x):has(> img)", "li:nth-child(2n + 1)", '[class^="title-"]', ".a ~ .b", "é.文章", "div:has(> p > a)",
    ],
    check_pattern: [
        r"(?:[a-z0-9]+\.)*x", r"(?i)来源[:：]\s*(.+?)\s*$", r"[+*]+", r"(?:[+*(]+\))*", r"(?:, ?\w+)*", r"(a{3})+",
        r"\Q(a+)+\E", r"(?P<id>[0-9A-Z]{16})", r"(?:a+b|c)+", r"[]+]+(a+)", r"\p{Han}{2,8}",
    ],
    check_xpath: [
        "//p", "//p/text()[2]", "//p[@class='a' and position()=2]", "//p[1]/following-sibling::p[1]", "//p | //a",
        "//p[contains(., '来源: [x] //')]", "string(//p)", "//p/../a", "//*[self::p or self::div]", "//a/@href",
        "//p[re:test(., 'x')]", r"//a[re:test(@href, '\d+\.s?html$', 'i')]", "boolean(//p[has-class('a', 'b')])",
    ],
    check_jmespath: ["a.b", "values(@)[0]", "[?a=='1'].x", "join('', list[].join('', ['<p>', text]))", "a || b"],
    check_text: ["网易", "a / b", "and/or", "$5 and 100%", "captcha (slide)", "a list from news", "see `x`", "file: x"],
    check_host: [
        "sample.example", "a.b-c.example", "xn--fiq228c.example", "news.com.cn", "someone.github.io", "www.ck", "a.b.ck",
    ],
    check_url: ["https://a.example/x_{page}.js?callback=cb", "http://{channel}.a.example/", "https://a.example:8443/"],
    check_template: ["{set}_{number}", "x{id}"],
    check_date: ["2020-02-29"],
    check_zone: ["Asia/Shanghai", "UTC"],
}  # fmt: skip

BAD: dict[Callable[[str], None], list[str]] = {
    check_selector: [
        "", "a)", ">a", "a >", "a:not(b", '[a="', "a{}", "a||b", "ns|a", "a:hover", "p::before", ":contains('x')",
        "div:lexbor-contains('x')", ".y div div .x", "* * * * *", "[a] [b] [c] [d] e", ":not(.a) :not(.b) :not(.c) i",
        ".a .b .c .d .e .f", ".a ~ li ~ li", "div:has(div:has(a))", "a:not(:is(:not(b)))", "div:has(div div a)",
        "li:nth-child(2n+1 of .a)", "p:has(:not(:has(a)))",
        "a[xlink|href]", ":is(h1, h2) a", "p:has(:not(a))", "p:not(.a ~ .b)", "p:not(:nth-child(2))",
    ],
    check_pattern: [
        r"(a+)+$", r"(a*)*", r"(?:a+)*?", r"(\w+\s?)+", r"(?:\d{1,3})+", r"((a+))+", r"(?P<x>a+|b)+", r"((?:ab)+)+",
        r"(a+){2,5}", r"(?:^a+$)+", r"(a)\1", r"(?=a)", r"(?<!a)b", r"a{1001}", r"(?:a{1000}){1000}", r"a{1000}{1000}",
        r"(?:a{60}){60}", r"[\p{L}\p{N}]{1,100}", r"(", r"[a", r"*a",
    ],
    check_xpath: [
        "//div//p", "//*[.//p]", "//*[count(//*)>0]", "//p[p[1]]", "//p[../a]", "//p/ancestor::div", "//p[a/@b][1",
        "//p/following-sibling::*", "//p/following::p", "//p[preceding-sibling::a]", "document('x')",  "$x", "id('x')",
        "//p[re:test(., @x)]", "//p[re:test(., '(a+)+$')]", r"//p[re:test(., 'a\b')]", "//p[re:test(.)]",
        "//p[re:test(., 'a' = 'b')]", "//p[re:match(., 'x')]", "//p[has-class(@x)]", "//p[has-class()]", "//ns:p", "//a|//b|//c|//d|//e", "/descendant::p/descendant::a", "//p" + "[1]" * 7,
        "//p[", "//é", "p[descendant::a]", "//p[parent::div/a]",
    ],
    check_jmespath: [
        "a[", "@@", "x(@)", "map(&x, @)", "merge(a, b)", "[@,@]|[@,@]|[@,@]", "[" + ",".join("@" * 11) + "]",
        "a" + "[]" * 40, "!" * 300 + "a",
    ],
    check_text: [
        "/etc/passwd", "../../x", "a/../b", "~/x", "C:\\x", "\\\\host\\x", "file:///x", "data:text/html,x",
        "javascript:x()", "!!python/object:os.system", "!include x", "&anchor", "*alias", "${HOME}", "$HOME", "$(id)",
        "{{ x }}", "{% x %}", "%PATH%", "import os", "from os import path", "__import__('os')", "eval(x)", "a\x00b",
        "a\x1b[0m", "a\u202eb", "a\u200bb", "a\nb",
    ],
    check_host: [
        "com.cn", "bj.cn", "github.io", "co.uk", "xn--55qx5d.cn", "any.ck", "kawasaki.jp",
        "127.0.0.1", "localhost", "a", "A.example", "http://a.example", "a.example:80", "a.example.", "x.local",
        "-a.example", "[::1]", "1.2", "a_b.example", "metadata.google.internal", "例.example", "a..example", "",
    ],
    check_url: [
        "ftp://a.example/", "file:///etc/passwd", "http://127.0.0.1/", "http://u:p@a.example/", "http://{x}/a",
        "http://a.example/../x", "http://a.example/{", "http://a.example/{a b}", "http:///x", "http://a.example:99999/",
        "http://a.example\\@b.example/", "http://a.example/#x", "http://a.example/ x", "//a.example/",
        "http://localhost:8000/", "https://[fe80::1]/",
    ],
    check_template: ["{", "}", "{a b}", "{}", "{{id}}", "../{id}", "/x/{id}"],
    check_date: ["2020-02-30", "2021-13-01"],
    check_zone: ["X", "Asia", "../../etc/passwd", "/etc/localtime", "Asia/../UTC"],
}  # fmt: skip


LIBRARY = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


@pytest.mark.parametrize(("check", "text"), [(check, text) for check, texts in GOOD.items() for text in texts])
def test_what_passes(check: Callable[[str], None], text: str) -> None:
    """Ordinary strings pass."""
    check(text)


@pytest.mark.parametrize(("check", "text"), [(check, text) for check, texts in BAD.items() for text in texts])
def test_what_is_refused(check: Callable[[str], None], text: str) -> None:
    """Each of these is refused with a reason, at once."""
    start = time.process_time()
    with pytest.raises(ValueError, match=r"\w \w"):
        check(text)
    assert time.process_time() - start < 0.5


def test_every_format_of_the_language_has_a_check() -> None:
    """The formats that the schemas name are those that have a check."""
    pairs = [pair for kind in KINDS for pair in _pairs(schema(kind))]
    assert {value for key, value in pairs if key == "format" and isinstance(value, str)} == set(CHECKS)


def _pairs(node: object) -> list[tuple[str, object]]:
    if isinstance(node, dict):
        return [pair for key, value in node.items() for pair in [(key, value), *_pairs(value)]]
    return [pair for item in node for pair in _pairs(item)] if isinstance(node, list) else []


@pytest.mark.parametrize("selector", [text for text in GOOD[check_selector] if "has" not in text])
def test_a_selector_that_passes_is_quick_on_the_worst_page(selector: str) -> None:
    """What the check lets through takes no second on 250 nested elements with 2,000 leaves, for each tag."""
    for tag in ("div", "li", "span"):
        page = f"<{tag} class=y>" * 250 + f"<{tag} class=x></{tag}>" * 2000
        tree = LexborHTMLParser(page)
        assert min(_seconds(tree, selector) for _ in range(3)) < 1


def _seconds(tree: LexborHTMLParser, selector: str) -> float:
    """Return the CPU seconds that a selector takes, in this thread."""
    start = time.thread_time()
    tree.css(selector)
    return time.thread_time() - start


def test_members_in_one_spelling() -> None:
    """Space, quotes and the order of a union make no other selector; what is inside brackets stays."""
    one, two = read_selector("div.a  >p , [b='c , d']"), read_selector('div.a>p,[b="c , d"]')
    assert [member.text for member in one.members] == ["div.a>p", '[b="c , d"]']
    assert one == two


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        (".a", ".a", True),
        (".a", "div.a", True),
        (".a", ".x > .a.b", True),
        (".a", ".a:first-child", True),
        ("div", "div.a", True),
        ("*", "p", True),
        ("div.a", ".a", False),
        (".a.b", ".a", False),
        (".x .a", ".a", False),
        (".a:first-child", ".a.b", False),
        (".a", ".a b", False),
        (".a", ".ab", False),
        ("#a", ".a", False),
        ("p", "div", False),
        (".x .a", ".x  .a", True),
    ],
)
def test_what_a_selector_covers(wide: str, narrow: str, *, covers: bool) -> None:
    """A compound of tag, id and classes covers each selector whose last compound asks for as much or more."""
    assert read_selector(wide).members[0].covers(read_selector(narrow).members[0]) is covers


NAMES = st.lists(st.sampled_from(["a", "b"]), max_size=2, unique=True)
COMPOUNDS = st.tuples(st.sampled_from(["", "div", "p"]), NAMES).map(
    lambda parts: parts[0] + "".join(f".{name}" for name in parts[1]) or "*"
)


@given(COMPOUNDS, COMPOUNDS, COMPOUNDS, st.sampled_from([" ", " > "]))
def test_covering_is_true_of_pages(wide: str, narrow: str, outer: str, combinator: str) -> None:
    """Where a selector covers another, no page has an element that only the other matches."""
    tree = LexborHTMLParser(
        "".join(
            f'<{outer_tag} class="{one}"><{tag} class="{two}"></{tag}></{outer_tag}>'
            for outer_tag in ("div", "section")
            for tag in ("div", "span")
            for one in ("", "a", "b", "a b")
            for two in ("", "a", "b", "a b")
        )
    )
    longer = outer + combinator + narrow
    if read_selector(wide).members[0].covers(read_selector(longer).members[0]):
        matched = {node.mem_id for node in tree.css(wide)}
        assert {node.mem_id for node in tree.css(longer)} <= matched


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("index_title__B8mhI", "B8mhI"),
        ("artical-_Qk9Dp2t", "Qk9Dp2t"),
        ("asideAd4-rFt-yR9S", "rFt-yR9S"),
        ("css-1x2y3z", "css-1x2y3z"),
        ("sc-bdVaJa", "sc-bdVaJa"),
        ("jsx-2871293847", "jsx-2871293847"),
        ("data-v-7ba5bd90", "data-v-7ba5bd90"),
        ("_621p8eyo11k", "621p8eyo11k"),
    ],
)
def test_generated_names(name: str, part: str) -> None:
    """Names with a build's hash are reported, with the part that changes."""
    assert generated_part(name) == part


@pytest.mark.parametrize(
    "name",
    [
        "post_body",
        "block__element",
        "card__Title",
        "header__bannerTop",
        "N-nav-bottom",
        "col-md-6",
        "tie-box-ad-201711",
        "ad_300_250",
        "a04",
        "icon-96x96",
        "pop6x1wrap",
        "TRS_Editor",
        "bdshare-button-style0-16",
        "css-loader",
        "sc-title",
        "js_cmtNum",
        "index_title__",
        "artical-",
        "news_tit10",
        "article_box",
        "BreadcrumbNav",
        "endText",
        "post_wemedia_a_name",
        "data-adid",
    ],
)
def test_written_names(name: str) -> None:
    """Names that people wrote are let alone, and so are prefixes."""
    assert generated_part(name) is None


PARTS = st.recursive(
    st.sampled_from(["a", "b", "[ab]", r"\w", "^", "x{2}"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "*", "?", "{1,3}", "+?"])).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=2).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
    ),
    max_leaves=6,
)


@given(PARTS)
def test_a_nested_repetition_is_reported_as_a_part_of_the_pattern(source: str) -> None:
    """The reported part is a piece of the pattern, is itself a pattern, and ends in a repetition."""
    found = nested_repetition(source)
    if found is not None:
        assert found in source
        assert found.rstrip("?")[-1] in "+*}" or found.endswith("??")
        re2.compile(found)


def test_reading_keeps_what_fits() -> None:
    """A table with faults is read as far as it goes; each string that fits is there with its path and format."""
    raw = {
        "id": 1,
        "nonsense": 2,
        "chrome": {"nav": {"role": "nav", "css": ["#a", 3]}, "bad": {"role": "no", "css": "#b"}},
        "evidence": [{"css": "x", "url": "y"}, {"css": "h1"}],
    }
    reading = ParsedTable(raw, KINDS["layout"])
    assert not reading.whole
    assert reading.table.id == ""
    assert reading.table.chrome["nav"].css == ("#a",)
    assert list(reading.table.chrome) == ["nav"]
    assert [mark.css for mark in reading.table.evidence] == ["h1"]
    assert reading.path(reading.table.evidence[0]) == ("evidence", 1)
    found = {(string.path, string.format, string.text) for string in reading.strings}
    assert found == {
        (("evidence", 0, "css"), "css", "x"),
        (("evidence", 0, "url"), "re2", "y"),
        (("evidence", 1, "css"), "css", "h1"),
        (("chrome", "nav"), None, "nav"),
        (("chrome", "bad"), None, "bad"),
        (("chrome", "nav", "css", 0), "css", "#a"),
        (("chrome", "bad", "css"), "css", "#b"),
    }


@pytest.mark.parametrize(
    ("source", "text", "parts"),
    [
        ("[、,，]", "经济，贸易,港口", ["经济", "贸易", "港口"]),
        (r"\s+", "经济 贸易  ", ["经济", "贸易", ""]),
        ("，", "经济", ["经济"]),
        ("(,)|，", "经济,贸易，港口", ["经济", ",", "贸易", None, "港口"]),
        ("x*", "港口", ["", "港", "口", ""]),
        ("，", "港\ud800口，船", ["港?口", "船"]),
    ],
)
def test_split(source: str, text: str, parts: list[str | None]) -> None:
    """A value is split like `re.split`; a lone surrogate, which JSON may contain, does not cause an error."""
    assert parts == split(source, text)


HOSTS = st.lists(
    st.sampled_from(
        ["com", "cn", "io", "github", "bj", "ck", "www", "jp", "kawasaki", "city", "example", "xn--fiqs8s"]
    ),
    min_size=2,
    max_size=4,
).map(".".join)


@given(HOSTS)
def test_public_suffixes_are_those_of_the_library(host: str) -> None:
    """Without its import: equal to tldextract's answer, but for names whose every sub-domain is a suffix."""
    below = LIBRARY(f"anything.{host}")
    assert is_public_suffix(host) == (not LIBRARY(host).domain or not below.domain)
