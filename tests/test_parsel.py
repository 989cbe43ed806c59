"""XPath, `re:test()` and JMESPath in a profile mean what they mean in parsel, which Scrapy's shell uses."""

from __future__ import annotations

import json
import random
import re
from functools import cache

import pytest
import re2
from lxml import etree
from parsel import Selector

from benchmarks.pages import fixture_pages
from crawler.page import embedded
from crawler.page.dom import Page
from crawler.page.xpath import linear
from crawler.profiles.checks.strings import check_jmespath, check_xpath

PAGES = (
    "netease/2016_end_text/sloppy_markup_bom",
    "netease/2020_post_main/rich_blocks",
    "thepaper/2014_news_txt/name_medium_byline",
    "ifeng/2023_index/index_names",
)
LISTED = (
    "//*", "//text()", "//@*", "//comment()", "//node()", "//p", "//p/text()", "//a/@href", "//div[@class]/a[1]",
    "//ul/li[last()]", "//li[position() < 3]", "//a[@href and not(@title)]", "//h1 | //h2 | //h3", "body/div", "*[1]",
    "string(//h1)", "normalize-space(//title)", "count(//a)", "count(//p) > 3", "boolean(//video)", "not(//h1)",
    "//img/@src | //img/@data-src", "//p[contains(., '，')]", "//a[starts-with(@href, 'http')]/@href",
    "substring-after(//title, '_')", "concat(name(/*), '|', //title)", "//script[contains(text(), 'var')]/text()",
    "//p/../@class", "//li[1]/following-sibling::li[1]/a/text()", "//meta[@name='keywords']/@content",
    "//*[local-name() = 'a']/@target", "translate(//title, '，。', ',.')", "string-length(//title)", "//tr/td[2]",
    "//div[has-class('post_body')]", "//*[has-class('clearfix')]/@class", "//ul[has-class('a', 'b')]", "name(/*)",
    r"//a[re:test(@href, '\d{4,}\.s?html$')]/@href", r"//*[re:test(@class, '^post_\w+$')]/@class",
    "//p[re:test(., '[，。]$')]", "//a[re:test(., '[a-z]', 'i')]/text()", r"//p[re:test(string(.), '\s')]",
    "//@*[re:test(name(), 'data-')]", "re:test(//title, '网易|澎湃|凤凰')", r"//text()[re:test(., '^\W+$')]",
    "//comment()[re:test(., 'end')]", "round(count(//a) div 7)", "//title/text()[2]", "true()", "floor(-1.5)",
)  # fmt: skip
AXES = ("", "", "", "child::", "self::", "descendant::", "descendant-or-self::", "@", "parent::")
NAMES = ("a", "p", "div", "li", "ul", "img", "*", "text()", "node()", "comment()", "span", "class", "href", "src")
TESTS = (
    "1", "2", "last()", "@class", "@href", "not(@class)", "contains(@class, 'post')", "contains(., '，')", "a",
    "text()", "position() > 1", "count(a) = 1", "string-length(.) > 20", "has-class('item')", "self::a or self::p",
    r"re:test(@href, '/\d+')", "re:test(., '^.{2,9}$')", "name() = 'a'", "starts-with(normalize-space(.), '网')",
)  # fmt: skip
FUNCTIONS = ("{}", "{}", "{}", "string({})", "count({})", "normalize-space({})", "boolean({})", "name({})", "{} | //h1")


@cache
def both(name: str) -> tuple[Page, Selector]:
    """Return a shipped page, and the same for parsel: from lexbor's tree, since libxml2 mends bad markup otherwise."""
    body, url = next((page.body, page.url) for page in fixture_pages() if page.name == name)
    page = Page.from_bytes(body, url)
    return page, Selector(text=page.dom.html or "", type="html")


def ours(page: Page, expression: str) -> list[str]:
    """Return what the engine finds: strings, and of elements the path."""
    return [item if isinstance(item, str) else page.path(item).lower() for item in page.xpath(expression)]


def theirs(selector: Selector, expression: str) -> list[str]:
    """Return the same from parsel."""
    return [_shown(found) for found in selector.xpath(expression)]


def _shown(found: Selector) -> str:
    root = found.root
    if not isinstance(root, etree._Element):
        return str(found.get())
    return root.text or "" if root.tag is etree.Comment else _path(root)


def _path(node: etree._Element) -> str:
    steps = []
    current: etree._Element | None = node
    while current is not None:
        steps.append(f"/{current.tag}[{1 + sum(1 for _ in current.itersiblings(current.tag, preceding=True))}]")
        current = current.getparent()
    return "".join(reversed(steps))


def random_expression(chance: random.Random) -> str:
    """Return an XPath, most often one that says something."""
    path = chance.choice(("//", "//", "/html/", "/html/body//", "./", ".//", ""))
    for number in range(chance.randint(1, 3)):
        axis, name = chance.choice(AXES), chance.choice(NAMES)
        # parsel's has-class() ends the process where it is asked of an attribute or a text
        tests = TESTS if axis != "@" and "(" not in name else [test for test in TESTS if "has-class" not in test]
        path += ("/" if number else "") + axis + name
        path += "".join(f"[{chance.choice(tests)}]" for _ in range(chance.choice((0, 0, 1, 2))))
    return chance.choice(FUNCTIONS).format(path)


def accepted(expression: str) -> bool:
    """Return whether the linter takes an XPath."""
    try:
        check_xpath(expression)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("expression", LISTED)
def test_xpath_finds_what_parsel_finds(name: str, expression: str) -> None:
    """What the linter accepts gives the same nodes and strings in the same order; booleans and numbers alike."""
    check_xpath(expression)
    page, selector = both(name)
    assert theirs(selector, expression) == ours(page, expression)


@pytest.mark.parametrize("name", PAGES)
def test_random_xpath_finds_what_parsel_finds(name: str) -> None:
    """So do 300 expressions from a grammar, those that the linter accepts; most of them do, and many find something."""
    chance = random.Random(name)
    expressions = [one for one in (random_expression(chance) for _ in range(300)) if accepted(one)]
    page, selector = both(name)
    different = [one for one in expressions if theirs(selector, one) != ours(page, one)]
    assert [] == different
    assert len(expressions) > 150
    assert sum(bool(ours(page, one)) for one in expressions) > 50


@pytest.mark.parametrize(
    "expression", [".//a/@href", "string(.)", "a/text()", "*[1]", "following-sibling::*[1]", "@class"]
)
def test_xpath_in_an_element(expression: str) -> None:
    """Asked of one element, a path begins there, as that of a selector does in parsel."""
    page, selector = both(PAGES[1])
    items, same = page.dom.css("ul li"), selector.xpath("//ul//li")
    assert len(items) == len(same) > 10
    for node, one in zip(items, same, strict=True):
        found = [item if isinstance(item, str) else page.path(item).lower() for item in page.xpath(expression, node)]
        assert theirs(one, expression) == found


PARTS = (
    *"abZ网报5_- \n", ".", "^", "$", "|", "*", "+", "?", "{2}", "{1,}", "(", ")", "(?:", "[", "]", "[^", "-", r"\d", r"\D",
    r"\w", r"\W", r"\s", r"\S", r"\.", r"\n", r"\x41", r"\A", "(?i)", "(?P<a>", "*?", "&", "[:", "{", "}", r"\-", r"\\",
)  # fmt: skip
TEXTS = (
    "",
    "a",
    "网易",
    "报 5\n",
    "b\n",
    "Zb-5_",
    "a\x1c网\u3000",
    "٣ ab",
    "[a:]{2}",
    "ß\u2028.",
    "\\x\n\n",
    "A\x0bB^$|",
)


@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")
def test_a_pattern_means_what_it_means_to_python() -> None:
    """A pattern that is accepted for `re:test` matches the same texts as with Python's engine, with `i` and without."""
    chance = random.Random(7)
    tried = 0
    for _ in range(8000):
        source = "".join(chance.choices(PARTS, k=chance.randint(1, 6)))
        try:
            own = linear(source)
            options = re2.Options()
            options.log_errors = False
            options.case_sensitive = bool(tried % 2)
            compiled = re2.compile(own, options)
            expected = re.compile(source, 0 if tried % 2 else re.IGNORECASE)
        except (ValueError, re.error, re2.error):
            continue
        tried += 1
        for text in TEXTS:
            assert bool(expected.search(text)) == bool(compiled.search(text)), (source, own, text)
    assert tried > 2000


DATA = {
    "list": [{"n": "石桥", "k": 1, "on": True}, {"n": "渡口", "k": 2.5}, {"n": None}],
    "deep": {"a": {"b": ["x", "y"]}},
    "s": "a,b",
    "null": None,
}


@pytest.mark.parametrize(
    "path",
    [
        "s", "list[].n", "list[0].n", "list[?k > `1`].n", "list[-1]", "deep.a.b[1]", "deep.*.b[]", "values(deep)[0].b",
        "keys(deep)", "length(list)", "list[*].[n, k][]", "join('|', deep.a.b)", "not_null(null, s)", "nothing.at.all",
        "null", "list[:2].k", "max_by(list[:2], &k).n", "sort(deep.a.b) | [0]", "@", "contains(s, ',') && s", "'x'",
        "list[?n=='渡口'] | [0].k", "type(list)", "to_string(deep)", "reverse(deep.a.b)", "sum(list[:2].k)", "!s",
    ],
)  # fmt: skip
def test_jmespath_finds_what_parsel_finds(path: str) -> None:
    """A path finds the same data as a JSON selector's does."""
    check_jmespath(path)
    found = embedded.query(DATA, path)
    same = Selector(text=json.dumps(DATA), type="json").jmespath(path)
    assert [one.root for one in same] == (found if isinstance(found, list) else [] if found is None else [found])
