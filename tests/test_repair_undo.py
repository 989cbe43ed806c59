"""Repairs without a text of before: a change of the page is undone, and what the old rules read then is expected."""

from __future__ import annotations

import msgspec
import pytest

from benchmarks.drift import variants
from crawler.drift.mutants import Mutant, mutant
from crawler.drift.repair.cases import Seen
from crawler.drift.repair.engine import Known, Repair, repair, repaired_profile
from crawler.drift.repair.undo import Sheet
from crawler.drift.repair.undo_lines import date_order
from crawler.drift.subject import Stored, stored_pages
from crawler.extract import profiles_in
from tests.cases import PAGES, shipped

COUNT = 4


def recorded(layout: str) -> list[Stored]:
    """Return the shipped pages of a layout."""
    names = sorted(path.stem for path in (PAGES / layout).glob("*.html") if path.stem != "frame")
    return [*stored_pages([shipped(f"{layout}/{name}").fixture for name in names])]


def repaired(layout: str, kind: str) -> tuple[list[Mutant], list[Repair]]:
    """Return pages of unknown articles with one change, and the repairs for them."""
    site, _, name = layout.partition("/")
    profile = profiles_in()[site]
    made = [one for page in variants(site, name, profile, COUNT) if (one := mutant(page, profile, kind)) is not None]
    return made, repair(profile, [one.page for one in made], Known.of(recorded(layout), profile))


@pytest.mark.parametrize(
    ("layout", "kind"),
    [
        ("people/2020_rm_txt", "updated-first"),
        ("people/2020_rm_txt", "labels-rewritten"),
        ("people/2015_rwb_zw", "date-rewritten"),
        ("people/2015_rwb_zw", "info-before"),
        ("people/2015_rwb_zw", "source-apart"),
        ("thepaper/2017_news_part", "info-in-body"),
        ("thepaper/2017_news_part", "list-half-rebuilt"),
        ("qq/2018_omn", "lazy-renamed"),
        ("qq/2013_cnt_main", "info-retagged"),
        ("qq/2013_cnt_main", "list-renamed"),
        ("cctv/2019_content_area", "headline-before"),
        ("ifeng/2016_artical_real", "body-wrapped"),
        ("cctv/2026_contentdate", "list-half-rebuilt"),
        ("ifeng/2019_artical", "list-of-divs"),
        ("thepaper/2014_news_txt", "body-halved"),
        ("ifeng/2023_index", "chrome-moved-into-article"),
        ("qq/2018_omn", "all-renamed"),
        ("ifeng/2023_index", "list-names"),
    ],
)
def test_changed_lines_lists_and_pictures_are_read_again(layout: str, kind: str) -> None:
    """The repair gives each page what it said, but is not sure of it: nothing of the articles was stored."""
    profile = profiles_in()[layout.partition("/")[0]]
    made, found = repaired(layout, kind)
    assert any(one.outcome(profile)[1] for one in made)
    assert {one.page.name: [] for one in made} == {
        one.page.name: one.outcome(repaired_profile(profile, found))[1] for one in made
    }
    assert not any(one.sure for one in found)


def sheets(texts: list[str]) -> list[Sheet]:
    """Return pages of people.com.cn whose line has these dates, and no other date."""
    profile = profiles_in()["people"]
    layout = profile.layouts["2020_rm_txt"]
    page = next(one for one in recorded("people/2020_rm_txt") if one.name.endswith("/region"))
    made = []
    for text in texts:
        body = f'<body><div class="rm_txt"><h1>题</h1><div class="channel">{text}</div></div></body>'.encode()
        one = msgspec.structs.replace(page, body=body, url="http://js.people.com.cn/a.html")
        made.append(Sheet(Seen(one), profile, layout))
    return made


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["03/05/2024 08:00", "04/05/2024 08:00"], []),  # either number may be the month
        (["13/05/2024 08:00", "04/05/2024 08:00"], ["2024-05-13 08:00", "2024-05-04 08:00"]),
        (["05-13-2024 08:00", "05-04-2024 08:00"], ["2024-05-13 08:00", "2024-05-04 08:00"]),
        (["13/05/2024 08:00", "05/14/2024 08:00"], []),  # the pages contradict each other
    ],
)
def test_order_of_a_date_needs_a_day_that_no_month_is(texts: list[str], expected: list[str]) -> None:
    """Of all pages together one must say which number is the month, and none may say the opposite."""
    pages = sheets(texts)
    touched = date_order(pages, [])
    assert expected == [pages[number].tree.body.text().removeprefix("题") for number in sorted(touched)]


@pytest.mark.parametrize(
    ("layout", "kind"),
    [
        ("people/2010_ozoom", "headline-unwrapped"),  # lines that rules claim still are not the body's
        ("thepaper/2014_news_txt", "disclaimer-in-body"),  # nor is what pages of before have beside the article
    ],
)
def test_what_is_known_of_the_page_is_not_read_as_its_body(layout: str, kind: str) -> None:
    """Other rules that still claim a text, and texts beside the articles of before, set the body apart."""
    made, found = repaired(layout, kind)
    profile = repaired_profile(profiles_in()[layout.partition("/")[0]], found)
    assert {one.page.name: [] for one in made} == {one.page.name: one.outcome(profile)[1] for one in made}
