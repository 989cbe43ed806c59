"""The fixture pages of the portals with bare text and with hashed class names are as their builders say they are."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.page.text import squeeze
from crawler.profiles.load import load_profile
from tests.cases import record_of
from tests.portal import ifeng, thepaper, write
from tests.portal.page import FixturePage

PAGES = {page.name: page for page in (*thepaper.pages(), *ifeng.pages())}
ARTICLES = {name: page for name, page in PAGES.items() if page.truth["kind"] == "article"}
CONTAINER = {
    "2014_news_txt": ".news_txt",
    "2022_next": '[class^="index_cententWrap__"]',
    "2022_next_mobile": '[class^="index_cententWrap__"]',
    "2016_artical_real": "#main_content",
    "2019_artical": '[class^="main_content-"] div[class^="text-"]',
    "2022_infobox": '[class^="main_content-"] div[class^="text-"]',
    "2023_index": '[class^="index_main_content_"] div[class^="index_text_"]',
}
IN_PAGE = {name: page for name, page in ARTICLES.items() if "data" not in page.case or page.case == "dom_and_data"}
IN_PAGE = {name: page for name, page in IN_PAGE.items() if page.layout in CONTAINER}
LIMIT = 2 << 20


def text_of(page: FixturePage) -> str:
    """Return the page's text without white space."""
    root = LexborHTMLParser(page.body.decode()).root
    assert root is not None
    for node in root.css("script, style, textarea"):
        node.decompose()
    return squeeze(root.text())


@pytest.mark.parametrize("site", ["thepaper", "ifeng"])
def test_each_layout_has_two_cases(site: str) -> None:
    """Every layout of the profile has two cases at least, of both kinds of fixtures."""
    tests = write.FIXTURES.parent
    layouts = load_profile(tests.parent / "site_profiles" / site).layouts
    counts = Counter(page.layout for page in ARTICLES.values() if page.site == site)
    counts.update(path.parent.name for path in (tests / "pages" / site).glob("*/*.html"))
    assert {layout for layout in layouts if counts[layout] < 2} == set()


@pytest.mark.parametrize("site", ["thepaper", "ifeng"])
def test_folder_is_small(site: str) -> None:
    """A site's fixtures, with what is expected of them, take less than two megabytes."""
    assert sum(path.stat().st_size for path in (write.FIXTURES / site).rglob("*") if path.is_file()) < LIMIT


@pytest.mark.parametrize("name", IN_PAGE)
def test_containers_hold_the_body_and_what_is_named(name: str) -> None:
    """The container's text is the truth's body and captions, and the lines that the truth says are no body."""
    page = IN_PAGE[name]
    root = LexborHTMLParser(page.body.decode())
    held = squeeze("".join(node.text() for node in root.css(CONTAINER[page.layout])))
    captions = [image["caption"] for image in page.truth["images"] if image["caption"]]
    for text in (*page.truth["body"], *captions, *page.truth["notInBody"]):
        held = held.replace(squeeze(text), "", 1)
    assert (held, bool(page.truth["body"])) == ("", True)


@pytest.mark.parametrize("name", ARTICLES)
def test_what_the_truth_states_about_the_frame_is_on_the_page(name: str) -> None:
    """Chrome texts, info texts and the headlines of lists stand in the page's text."""
    page = ARTICLES[name]
    text = text_of(page)
    told = [entry["text_contains"] for entry in page.truth["chrome"]] + page.truth.get("info", [])
    told += [item["headline"] for items in page.truth.get("items", {}).values() for item in items]
    assert [line for line in told if squeeze(line) not in text] == []


@pytest.mark.parametrize("name", [name for name in ARTICLES if name not in IN_PAGE])
def test_body_is_in_the_data_alone(name: str) -> None:
    """No paragraph of these pages stands in an element."""
    page = ARTICLES[name]
    text = text_of(page)
    assert [line for line in page.truth["body"] if squeeze(line) in text] == []


def test_hashes_differ_from_page_to_page() -> None:
    """No two pages share the class name of their body's box, so that no rule can know it."""
    names: list[str] = []
    for page in PAGES.values():
        names += re.findall(
            r'class="(main_content-\S+?|index_main_content_\S+?|index_cententWrap__\S+?)"', page.body.decode()
        )
    assert (len(names) > 10, sorted(names)) == (True, sorted(set(names)))


@pytest.mark.parametrize("name", [name for name in ARTICLES if "2014_news_txt" in name])
def test_headings_outside_their_lists_name_them(name: str) -> None:
    """The heading before the tabs and their switch names each of the three tabs, told once and with the first."""
    entries = [entry for entry in record_of(name).chrome if entry.rule in {"chrome.hot", "chrome.topics"}]
    assert [entry.heading for entry in entries] == ["热新闻"] * 3 + ["热话题"] * 3
    assert [(entry.text or "").count(entry.heading or "-") for entry in entries] == [1, 0, 0, 1, 0, 0]


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.truth["kind"] == "list"])
def test_lists_link_their_articles(name: str) -> None:
    """Every article that a list's truth names is in its bytes, by address or by id."""
    page = PAGES[name]
    body = page.body.decode()
    idents = [re.split(r"[/_]", url)[-1] for url in page.truth["links"]]
    assert [ident for ident in idents if ident not in body] == []
