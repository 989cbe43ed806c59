"""Repairs: content is found by its text, the profile's file keeps its form, and what is offered as sure is right."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from benchmarks.drift import variants
from crawler.commands.repair import Command, sampled
from crawler.drift.mutants import Mutant, mutant
from crawler.drift.observe import Observation
from crawler.drift.repair import cases, embedded, excess, metas, runs
from crawler.drift.repair.assign import assigned, hungarian
from crawler.drift.repair.cases import Seen
from crawler.drift.repair.engine import Known, Repair, repair, repaired_profile
from crawler.drift.repair.homes import homes
from crawler.drift.repair.metas import metas_of
from crawler.drift.repair.renames import extended, last_tokens, substituted
from crawler.drift.repair.spans import Spans
from crawler.drift.repair.toml_text import EditFailed, TomlText, written
from crawler.drift.subject import Stored, stored_pages
from crawler.errors import Failure
from crawler.extract import PROFILES, profiles_in
from crawler.page.dom import Page
from crawler.profiles.load import load_profile
from crawler.profiles.match import read_url
from crawler.records.quarantine import QuarantineEntry
from crawler.store.opening import open_store
from tests.calling import call
from tests.cases import PAGES, shipped

LAYOUT = "thepaper/2017_news_part"
NOW = "2026-03-01T08:00:00Z"


def pages(layout: str) -> list[Stored]:
    """Return the shipped pages of a layout."""
    names = sorted(path.stem for path in (PAGES / layout).glob("*.html") if path.stem != "frame")
    return [*stored_pages([shipped(f"{layout}/{name}").fixture for name in names])]


def repaired(layout: str, kind: str, *, text: str = "page", seed: int = 0) -> tuple[list[Mutant], list[Repair]]:
    """Return the pages of a layout with one change, and the repairs for them."""
    profile = profiles_in()[layout.partition("/")[0]]
    old = pages(layout)
    made = [one for page in old if (one := mutant(page, profile, kind, seed)) is not None]
    known = Known.of(old, profile)
    if text == "record":
        known = Known(records={record.id: record for _, record in known.pages.values()})
    return made, repair(profile, [one.page for one in made], known)


def of_other_articles(kind: str, count: int) -> tuple[list[Mutant], list[Repair]]:
    """Return changed pages of articles of which nothing is stored, and the repairs for them."""
    profile = profiles_in()["thepaper"]
    changed = variants("thepaper", "2017_news_part", profile, count)
    made = [one for page in changed if (one := mutant(page, profile, kind)) is not None]
    return made, repair(profile, [one.page for one in made], Known.of(pages(LAYOUT), profile))


@pytest.mark.parametrize("kind", ["badge-in-headline", "promo-in-body", "body-renamed", "info-renamed"])
def test_repairs_without_a_text_of_before(kind: str) -> None:
    """Without any text of before, the body is found by its text, other regions by what they are like."""
    made, found = of_other_articles(kind, 4)
    assert [] == wrong(made, found)


def test_one_page_without_a_text_of_before_is_not_sure() -> None:
    """A repair that rests on one page and no text is found, but not sure."""
    _, found = of_other_articles("body-renamed", 1)
    assert [(True, False)] == [(bool(one.diff), one.sure) for one in found]


def wrong(made: list[Mutant], found: list[Repair], site: str = "thepaper") -> list[list[str]]:
    """Return the wrong values of changed pages after repairs."""
    profile = repaired_profile(profiles_in()[site], found)
    return [names for one in made if (names := one.outcome(profile)[1])]


@pytest.mark.parametrize("text", ["page", "record"])
@pytest.mark.parametrize(
    "kind",
    [
        "body-renamed",
        "headline-unwrapped",
        "all-renamed",
        "badge-in-headline",
        "promo-in-body",
        "list-names",
        "date-rewritten",
        "body-before",
    ],
)
def test_repairs_are_right_and_sure(kind: str, text: str) -> None:
    """With the page or only the record of before, the changed pages give that record again."""
    made, found = repaired(LAYOUT, kind, text=text)
    assert [] == wrong(made, found)
    assert [True] == [one.sure for one in found]


def of_four_pages(layout: str, kind: str, text: str = "page") -> tuple[Repair, list[Stored]]:
    """Return the repair of a layout by four changed pages, of which page or record is stored, and these as they were."""
    site, _, name = layout.partition("/")
    profile = profiles_in()[site]
    old = variants(site, name, profile, 4)
    made = [one.page for page in old if (one := mutant(page, profile, kind, 1)) is not None]
    records = [page.record(profile) for page in old] if text == "record" else []
    (found,) = repair(profile, made, Known.of([*pages(layout), *([] if records else old)], profile, records))
    return found, old


@pytest.mark.parametrize(
    ("layout", "kind", "text"),
    [
        ("sohu/2012_content_text", "ids-dropped", "page"),
        ("qq/2022_rain", "body-unwrapped", "page"),
        ("chinanews/2014_t3", "labels-rewritten", "page"),
        ("chinanews/2018_content_desc", "list-of-divs", "page"),
        ("cctv/2013_cnt_bd", "headline-retagged", "page"),
        ("ifeng/2016_artical_real", "new-template", "record"),
        ("caixin/2012_main_content", "list-of-divs", "page"),
        ("ifeng/2022_index_caption", "info-before", "page"),
        ("thepaper/2014_news_txt", "info-renamed", "record"),
    ],
    ids=[
        "no evidence left",
        "another layout's evidence",
        "labels that one page has",
        "lists one by one",
        "some pages",
        "captions",
        "boxes in boxes",
        "a line before the line",
        "a text node",
    ],
)
def test_repairs_of_four_pages_are_right(layout: str, kind: str, text: str) -> None:
    """What stands for the evidence, pages that look unlike each other, and words that no page had are found."""
    found, _ = of_four_pages(layout, kind, text)
    assert [()] * len(found.pages) == [page.after for page in found.pages]


@pytest.mark.parametrize(
    ("layout", "kind", "text", "doubts"),
    [
        (
            "netease/2005_subjection",
            "body-and-headline-renamed",
            "page",
            ["no changed page shows what pages of before have"],
        ),
        (
            "thepaper/2014_news_txt",
            "body-halved",
            "page",
            ["a rule is changed in part", "lines are sought in one element of the body only"],
        ),
        ("thepaper/2014_news_txt", "body-halved", "record", ["lines are sought in one element of the body only"]),
        ("ifeng/2016_artical_real", "all-renamed", "page", ["rules look for names that no changed page has"]),
    ],
)
def test_what_no_changed_page_shows_is_not_sure(layout: str, kind: str, text: str, doubts: list[str]) -> None:
    """Other pages of the layout need alternatives and names that these pages do not have; how they changed is not known."""
    found, _ = of_four_pages(layout, kind, text)
    assert (False, doubts) == (found.sure, [one.partition(":")[0] for one in found.doubts])


def test_a_word_that_one_page_has_is_no_label() -> None:
    """A name in front of the only source is no part of the pattern that reads sources."""
    found, old = of_four_pages("thepaper/2017_news_part", "credits-in-body")
    names = {author.name for page in old for author in page.record(profiles_in()["thepaper"]).authors}
    added = [line for line in found.diff.splitlines() if line.startswith("+match")]
    assert (True, []) == (bool(added), [line for line in added for name in names if name in line])


@pytest.mark.parametrize("kind", ["info-removed", "body-emptied", "headline-removed", "captcha-in-frame"])
def test_what_is_gone_is_not_repaired(kind: str) -> None:
    """Content that is not in the page any more is not found elsewhere."""
    _, found = repaired(LAYOUT, kind)
    assert [] == [one.layout for one in found if one.sure]


def test_what_one_page_says_is_not_claimed_by_its_text() -> None:
    """A date in front of the body is not on the next page: no pattern is learned of one page."""
    profile = profiles_in()["huanqiu"]
    old = [page for page in pages("huanqiu/2019_textarea") if page.name.endswith("rendered")]
    made = [one for page in old if (one := mutant(page, profile, "info-in-body")) is not None]
    found = repair(profile, [one.page for one in made], Known.of(old, profile))
    assert [] == [one.diff for one in found if "where = " in one.diff]


def test_a_body_in_two_elements_is_read_whole() -> None:
    """The selector of the second element is added to the rule that finds the first."""
    made, found = repaired("thepaper/2022_next", "body-halved")
    assert ([], [True]) == (wrong(made, found), [one.sure for one in found])


def test_text_in_excess_without_a_name_is_claimed_by_its_text() -> None:
    """A selector such as `.body > p` would claim the paragraphs of the next article: it needs the text as well."""
    _, found = repaired(LAYOUT, "body-before")
    added = [line[1:] for line in found[0].diff.splitlines() if line[:1] == "+" and line[:3] != "+++"]
    assert [True] == [line.startswith('where = "^') for line in added if line.startswith(("where", "rest"))]


def _card(page: Stored) -> Stored:
    """Return a page with a card of another article behind its last paragraph: picture, headline and summary."""
    card = (
        '<div class="also-read"><a href="/n/1"><img src="https://pic.example/c/1.jpg"><h4>石桥边的集市</h4>'
        f"<p>{page.name}：天还没亮，摊主们已经到了。</p></a></div>"
    )
    before, end, after = page.body.rpartition(b"</p>")
    return page.replaced(before + end + card.encode() + after)


def _next_article(page: Stored) -> Stored:
    """Return a page behind whose body the next article stands, in an element like the body's."""
    twin = '<div class="up-next"><div class="news_part">雨停了，渡口又热闹起来。</div></div>'
    return page.replaced(page.body.replace(b"</body>", f"{twin}</body>".encode()))


@pytest.mark.parametrize(
    ("layout", "change", "name"),
    [("qq/2018_omn", _card, "also-read"), ("thepaper/2017_news_part", _next_article, "up-next")],
)
def test_another_article_inside_the_body_is_claimed_as_a_whole(
    layout: str, change: Callable[[Stored], Stored], name: str
) -> None:
    """The box is claimed by its new name; where the body's rule finds an element in it, that is excepted."""
    profile = profiles_in()[layout.partition("/")[0]]
    old = pages(layout)
    (found,) = repair(profile, [change(page) for page in old], Known.of(old, profile))
    added = [line for line in found.diff.split("\n") if line[:1] == "+" and name in line]
    assert (True, [f'+css = ".{name}"']) == (found.sure, [line for line in added if ":not(" not in line])


@pytest.mark.parametrize(
    ("layout", "kind", "line"),
    [
        ("ifeng/2019_artical", "data-renamed", '+variable = ["allData", '),
        ("people/2024_art_det", "metas-renamed", '+meta = "'),
    ],
)
def test_new_names_of_data_and_metas_stand_beside_the_old(layout: str, kind: str, line: str) -> None:
    """A variable gets a second name, a rule that reads a meta element a copy with its new name."""
    made, found = repaired(layout, kind, text="record")
    profile = repaired_profile(profiles_in()[layout.partition("/")[0]], found)
    assert [[]] * len(made) == [one.outcome(profile)[1] for one in made]
    assert line in found[0].diff


def _clock(page: Stored) -> Stored:
    """Return a page with a clock in the element of the date."""
    return page.replaced(page.body.replace(b'"con1_date">', b'"con1_date"><i class="clock">2026-11-30 09:00</i> '))


def _without_links(page: Stored) -> Stored:
    """Return a page whose lists have elements with an attribute in place of links."""
    link = rb'(<li[^>]*>(?:<span>\d+</span>)?)<a href=("[^"]+")[^>]*>(.*?)</a>'
    body = re.sub(link, rb"\1<b role=link data-to=\2>\3</b>", page.body)
    return page.replaced(body)


@pytest.mark.parametrize(
    ("change", "line"),
    [(_clock, '+text = "own"'), (_without_links, '{ css = "[data-to]", attr = "data-to" }')],
)
def test_values_are_read_from_what_is_left_of_their_elements(change: Callable[[Stored], Stored], line: str) -> None:
    """The element's own text is the date; an attribute has the address that no link has any more."""
    old = pages("netease/2015_entext")
    profile = profiles_in()["netease"]
    (found,) = repair(profile, [change(page) for page in old], Known.of(old, profile))
    assert (True, True) == (line in found.diff, found.sure)


def test_a_layout_that_must_not_have_a_name_learns_its_new_one() -> None:
    """Without `#ArticleContent` the page is another layout's, which must not have it: nor what it is called now."""
    made, found = repaired("qq/2022_rain", "body-renamed")
    assert ([], [True]) == (wrong(made, found, "qq"), [one.sure for one in found])


def test_selectors_inside_a_body_follow_it_into_the_box_around() -> None:
    """Captions inside the body's element, which is gone, are found in the box that has the paragraphs now."""
    made, found = repaired("netease/2015_entext", "body-unwrapped")
    assert ([], [True]) == (wrong(made, found, "netease"), [one.sure for one in found])


def test_meta_elements_are_read_once_for_each_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page may have thousands of them, and each name is compared with each."""
    read: Counter[int] = Counter()

    def counted(seen: Seen) -> dict[str, str]:
        read[id(seen)] += 1
        return metas_of(seen)

    monkeypatch.setattr(metas, "metas_of", counted)
    repaired("people/2024_art_det", "metas-renamed")
    assert 2 >= max(read.values())  # once among the pages of before, once as the changed page's own


OLD = {"doc": {"headline": "渡口的早晨", "text": "<p>雾</p>", "at": "2026-02-20 10:00"}, "v": 3}
NEW = {"doc": {"title": "石桥的午后", "body": "<p>雨</p>", "at": "2026-02-21 11:00"}, "v": 4}


def test_keys_are_paired_by_what_is_at_them() -> None:
    """Neither key says what the other does: the values do."""
    assert {"headline": "title", "text": "body"} == embedded.renamed_keys([OLD], [NEW])


def test_unchanged_pages_need_nothing() -> None:
    """Harmless changes give no repair."""
    assert [] == repaired(LAYOUT, "whitespace")[1]


def test_stored_pages_stay_as_they_are() -> None:
    """Old rules stay: the diff only adds, and every stored page is counted as before."""
    _, found = repaired(LAYOUT, "all-renamed")
    assert () == found[0].broken
    assert found[0].kept >= 3
    assert all(name in found[0].diff for name in ("# the byline; time and source", ".news_part, "))


def test_command_writes_sure_repairs(tmp_path: Path) -> None:
    """`--write` changes the profile's files, comments and order kept, and the pages are read again."""
    shutil.copytree(PROFILES / "thepaper", tmp_path / "profiles/thepaper")
    profile = profiles_in()["thepaper"]
    made = [mutant(page, profile, "headline-unwrapped") for page in pages(LAYOUT)]
    for one in made:
        assert one is not None
        folder = tmp_path / "changed"
        folder.mkdir(exist_ok=True)
        noted = f"<!-- saved from url=(0020){one.page.url} -->".encode()
        (folder / f"{one.page.name.rpartition('/')[2]}.html").write_bytes(noted + one.page.body)
    done = call(
        "repair", "thepaper", tmp_path / "changed", "--write", "--fixtures", PAGES,
        PORTALSIEVE_PROFILES=str(tmp_path / "profiles"), PORTALSIEVE_STORE=str(tmp_path / "store.sqlite"),
    )  # fmt: skip
    assert (0, "") == (done.returncode, done.stderr.partition("written")[0])
    after = load_profile(tmp_path / "profiles/thepaper")
    assert [[]] * len(made) == [one.outcome(after)[1] for one in made if one is not None]
    old, new = (
        (root / "thepaper/layouts/2017_news_part.toml").read_text(encoding="utf-8").splitlines()
        for root in (PROFILES, tmp_path / "profiles")
    )
    assert [] == [line for line in old if line.startswith("#") and line not in new]


@pytest.mark.parametrize(
    ("kind", "said"),
    [("info-removed", []), ("new-template", ["not written: the repair of 2017_news_part is not sure"])],
)
def test_command_reports_what_is_not_sure(tmp_path: Path, kind: str, said: list[str]) -> None:
    """A repair that is not sure is shown with its doubts; the exit status is 1, and nothing is written, as it says."""
    assert 0 == call("mutate", f"{LAYOUT}/plain", "--kind", kind, "--write", tmp_path).returncode
    done = call(
        "repair", "thepaper", tmp_path, "--write", "--fixtures", PAGES, PORTALSIEVE_STORE=str(tmp_path / "store.sqlite")
    )
    assert 1 == done.returncode
    assert "doubt: " in done.stdout
    assert said == [line.partition(";")[0] for line in done.stderr.splitlines() if "written" in line]


def test_command_takes_quarantined_pages_only(tmp_path: Path) -> None:
    """With --quarantined, of the pages given only those count that the last run refused for their layout."""
    place = tmp_path / "store.sqlite"
    made = [mutant(page, profiles_in()["thepaper"], "body-renamed") for page in pages(LAYOUT)[:3]]
    folder = tmp_path / "changed"
    folder.mkdir()
    for number, one in enumerate(made):
        assert one is not None
        (folder / f"{number}.html").write_bytes(
            f"<!-- saved from url=(0020){one.page.url} -->".encode() + one.page.body
        )
    with closing(open_store(place)) as store:
        run = store.begin("thepaper", "scope", "run", NOW)
        entries = [
            QuarantineEntry(url=one.page.url, site="thepaper", failure=failure, message="")
            for one, failure in zip(made, (Failure.UNKNOWN_LAYOUT, Failure.RULE_MISSED, Failure.NOT_FOUND), strict=True)
            if one is not None
        ]
        store.file_quarantine(run.id, entries, {"entries": 3})
        store.release(run.id)
    done = call(
        "repair", "thepaper", folder, "--quarantined", "--json", "--fixtures", PAGES, PORTALSIEVE_STORE=str(place)
    )
    assert 2 == sum(len(one["pages"]) for one in json.loads(done.stdout))


def test_command_says_that_refused_pages_could_not_be_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are there, but the site does not answer: the reasons stand above, saved pages would do."""
    refused = ["https://www.thepaper.cn/newsDetail_forward_1", "https://www.thepaper.cn/newsDetail_forward_2"]
    monkeypatch.setattr(Command, "_refused", lambda *_: refused)
    monkeypatch.setattr(Command, "_fetched", lambda *_: [])
    done = call("repair", "thepaper", "--quarantined", PORTALSIEVE_STORE=str(tmp_path / "store.sqlite"))
    assert 2 == done.returncode
    assert "not one of 2 refused pages could be fetched; try again later, or give saved pages" in done.stderr


def test_of_many_pages_a_sample_is_used() -> None:
    """The sample is as large as asked for, always the same, and all pages where there are fewer."""
    assert ([1, 2, 3], 3) == sampled(iter([1, 2, 3]), 5)
    found, count = sampled(iter(range(1000)), 10)
    assert (1000, 10, 10) == (count, len(found), len({*found}))
    assert found == sampled(iter(range(1000)), 10)[0]
    assert max(found) > 500


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ([[1.0, 2.0], [1.0, 5.0]], [1, 0]),
        ([[4.0, 1.0, 3.0], [2.0, 0.0, 5.0], [3.0, 2.0, 2.0]], [1, 0, 2]),
        ([[0.0, 0.0, -1.0]], [2]),
    ],
)
def test_rules_are_assigned_all_at_once(costs: list[list[float]], expected: list[int]) -> None:
    """The sum of the costs is the least, which the best choice for each row alone is not."""
    assert expected == hungarian(costs, len(costs[0]))


def test_two_names_never_get_the_same_new_one() -> None:
    """What both are most like goes to the one that gains more by it; the other gets its second choice, or none."""
    assert {".a": ".y", ".b": ".x"} == assigned({".a": {".x": 5, ".y": 4}, ".b": {".x": 4, ".y": 1}})
    assert {".a": ".x"} == assigned({".a": {".x": 5}, ".b": {".x": 4}})


@pytest.mark.parametrize(
    ("css", "new", "kept"),
    [
        (".a > p", [".b > p"], ".a > p"),
        ("div:not(:has(.a), #c)", [], "div:not(:has(.a), #c, :has(.b))"),
        (".a > div:not(.a)", [".b > div:not(.a, .b)"], ".a > div:not(.a, .b)"),
        ('[title=".a"] .a*', [], '[title=".a"] .a*'),
        (".other", [], ".other"),
    ],
)
def test_selectors_get_the_new_names(css: str, new: list[str], kept: str) -> None:
    """A new selector stands beside the old one; what `:not()` excludes, it excludes under both names."""
    names = {".a": [".b"]}
    assert (new, kept) == (substituted(extended(css, names), names), extended(css, names))


def test_renamed_lists_are_found_without_a_text_of_before() -> None:
    """Lists whose boxes or inner names changed are noticed and found, though no article's text is known."""
    for kind in ("list-renamed", "list-names", "list-of-divs"):
        made, found = of_other_articles(kind, 6)
        assert [] == wrong(made, found), kind


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        (".a .b", [".b"]),
        ("#a ~ :is(p:not([class], [id]), .b)", []),
        (".a > div.b:not(:has(.c, #d))", [".b"]),
    ],
)
def test_names_of_the_selected_element_are_outside_brackets(css: str, expected: list[str]) -> None:
    """What `:is()` or `:not()` names may be inside the element, or be another one."""
    assert expected == last_tokens(css)


FILE = """\
# about the site
id = "x" # the id

[article.headline] # as shown
css = ["h1", # first
  "h2"] # last

[[fields.source.name]]
css = ".a"
headline = { css = ".b" }

# about the end
[chrome.foot]
css = '.foot'
"""


def test_values_are_replaced_in_place() -> None:
    """A value of several lines is replaced; comments outside it, order and other lines stay."""
    made = TomlText(FILE).replaced(("article", "headline", "css"), ["h1", "h2", ".t"])
    assert made.text == FILE.replace('css = ["h1", # first\n  "h2"] # last', 'css = ["h1", "h2", ".t"] # last')


def test_tables_are_added_in_place() -> None:
    """A table is added behind another, in front of the comment of the next one."""
    made = TomlText(FILE).with_table(
        ("fields", "source", "name"), {"css": ".c"}, after=("fields", "source", "name", 0), many=True
    )
    assert [{"css": ".a", "headline": {"css": ".b"}}, {"css": ".c"}] == made.table["fields"]["source"]["name"]
    assert made.text.index('css = ".c"') < made.text.index("# about the end")


def test_a_value_without_lines_of_its_own_is_refused() -> None:
    """A key inside an inline table cannot be replaced alone."""
    with pytest.raises(EditFailed):
        TomlText(FILE).replaced(("fields", "source", "name", 0, "headline", "css"), ".z")


@pytest.mark.parametrize("value", ["a", 'a"b', "it's", r"\d+", r"""'"\d""", ["x", 'y"'], True, {"a": ["b"]}])
def test_values_are_written_as_toml(value: object) -> None:
    """What is written is read as the same value."""
    assert value == TomlText(f"k = {written(value)}").table["k"]


@pytest.mark.parametrize(
    ("layout", "recorded", "home"),
    [("2014_artibody_title", True, "2017_main_title"), ("2012_slide", False, "2014_artibody_title")],
)
def test_pages_of_one_template_are_repaired_as_one_layout(layout: str, recorded: bool, home: str) -> None:
    """Each page alone is not always most like the same layout; their records, or their likeness, keep them together."""
    profile = profiles_in()["sina"]
    olds = [
        Seen(page, page.record(profile))
        for ident in profile.layouts
        if ident != layout
        for page in variants("sina", ident, profile, 4)
    ]
    changed = [Seen(page, page.record(profile) if recorded else None) for page in variants("sina", layout, profile, 4)]
    alone = {likely[0] for seen in changed for _, likely in homes([seen], profile, olds)}
    together = {likely[0] for _, likely in homes(changed, profile, olds)}
    assert (True, {home}) == (len(alone) > 1, together)


def test_pages_of_a_new_template_are_repaired_as_the_layout_that_reads_them(tmp_path: Path) -> None:
    """That is not the layout that they are most like in their names and nesting."""
    whole = profiles_in()["cctv"]
    folder = shutil.copytree(PROFILES / "cctv", tmp_path / "cctv")
    (folder / "layouts/2013_cnt_bd.toml").unlink()
    profile = load_profile(folder)
    changed = pages("cctv/2013_cnt_bd")
    records = [page.record(whole) for page in changed]
    olds = [page for ident in profile.layouts for page in pages(f"cctv/{ident}")]
    found = repair(profile, changed, Known.of(olds, profile, records))
    after = repaired_profile(profile, found)
    texts = [[block.text for block in one.blocks] for one in records]
    assert (["2019_content_area"], texts) == (
        [one.layout for one in found],
        [[block.text for block in page.record(after).blocks] for page in changed],
    )


def test_records_of_a_layout_that_is_not_in_the_profile_are_used() -> None:
    """The page is repaired as one of the layout that it is most like."""
    profile, old = profiles_in()["thepaper"], variants("thepaper", "2017_news_part", profiles_in()["thepaper"], 3)
    records = [page.record(profile) for page in old]
    gone = [msgspec.structs.replace(one, layout=msgspec.structs.replace(one.layout, id="2001_gone")) for one in records]
    made = [one for page in old if (one := mutant(page, profile, "body-renamed", 0)) is not None]
    found = repair(profile, [one.page for one in made], Known.of(pages(LAYOUT), profile, gone))
    assert (["2017_news_part"], []) == ([one.layout for one in found], wrong(made, found))


def test_text_is_found_in_elements() -> None:
    """Elements with exactly a text are found at each of its places, with those around that have no more."""
    page = Page(
        "<body><h1><b>甲 乙</b></h1><p>丙</p><div><i>甲乙</i>丁</div><script>甲乙</script></body>",
        "http://example.org/",
    )
    spans = Spans(page.root)
    assert [["b", "h1"], ["i"]] == [[node.tag for node in target.nodes] for target in spans.exact("甲乙")]
    assert "div" == spans.cover(3, 6).tag


def test_what_a_run_hits_too_seldom_is_in_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order does not depend on the order of sets, which differs between processes."""
    lists = [f"chrome.{name}" for name in "abcdefgh"]
    seen = {
        True: Observation("", {}, (), dict.fromkeys(lists, 1)),
        False: Observation("", {}, (), dict.fromkeys(lists, 5)),
    }
    monkeypatch.setattr(runs, "observe", lambda record, _: seen[record])
    monkeypatch.setattr(runs, "unknown_share", lambda _: None)
    monkeypatch.setattr(runs, "_items_lost", lambda *_: [])
    assert lists == runs.shortfall([True] * 3, [False] * 2, None)  # type: ignore[arg-type, list-item]


def test_keys_of_data_are_paired_up_to_a_number() -> None:
    """Each pair is compared by all keys below them, so a page with many would take hours."""
    before = {"title": "渡口的图书角", "date": "2026-02-20"}
    after = {"headline": "渡口的图书角", "date": "2026-02-20", **{f"x{number}": "渡口" for number in range(100_000)}}
    assert {"title": "headline"} == embedded.renamed_keys([before], [after])


def test_pages_over_a_limit_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed page that costs a parser minutes is left out before the parse."""
    stored = pages("thepaper/2017_news_part")
    profile = profiles_in()["thepaper"]
    record = stored[0].record(profile)
    names = " ".join(f"a{number}" for number in range(20_000)).encode()
    costly = stored[0].replaced(
        stored[0].body.replace(b"<body", b"<body " + names + b" title='" + b"x" * 2**19 + b"'", 1)
    )
    monkeypatch.setattr(cases, "Page", lambda *_: pytest.fail("the page is parsed"))
    assert [] == repair(profile, [costly], Known(records={record.id: record}))


@pytest.mark.parametrize(
    ("text", "found"), [("打开APP阅读", True), ("iPhone app，", True), ("What happened today", False), ("Apple", False)]
)
def test_a_text_about_an_app_names_it(text: str, *, found: bool) -> None:
    """English words have these letters too (once: `happened` was enough)."""
    assert found == bool(excess.OF_APP.search(text))


def test_pages_of_a_layout_are_of_different_articles() -> None:
    """Pages made for a trial have ids of their own (once: two of these had one)."""
    profile = profiles_in()["caixin"]
    made = variants("caixin", "2010_blog", profile, 6)
    assert len(made) == len({read_url(page.url, profile).id for page in made})
