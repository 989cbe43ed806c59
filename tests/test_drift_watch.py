"""The sequential test and the watch: no absence on one page is a change, what changes for many pages is, and is named."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from crawler.drift.baseline import Baseline, RuleBaseline, read
from crawler.drift.entries import alike
from crawler.drift.events import Seen
from crawler.drift.fingerprint import Element, Step
from crawler.drift.labels import SWAPPED
from crawler.drift.leftover import loose_prose
from crawler.drift.naming import explains
from crawler.drift.observe import EVIDENCE, instead
from crawler.drift.otherwise import is_rare, lost_data, other_title, short_body
from crawler.drift.ranks import ranked
from crawler.drift.repeats import Repeats
from crawler.drift.sequential import MINIMUM, RuleTest, threshold
from crawler.drift.watch import Watch
from crawler.errors import Failure, Quarantined
from crawler.extract import profiles_in
from crawler.profiles.load import Profile
from crawler.profiles.model import Layout
from crawler.records.model import Author, Block, BlockType, ChromeEntry, Flag, Item, Record, Role, Source
from crawler.regression.fixture import PLACES, fixtures
from training import drift as simulation

ROOT = Path(__file__).resolve().parent.parent
LAYOUT = "2020_post_main"


@pytest.mark.parametrize(("hits", "pages"), [(0, 0), (1, 1), (3, 3), (9, 9), (60, 60), (5000, 5000)])
def test_one_absence_is_never_a_change(hits: int, pages: int) -> None:
    """Whatever the history, one miss is not enough misses, nor enough suspicion."""
    test = RuleTest(hits, pages)
    for number in range(40):
        suspicion = test.add(hit=number != 20)
        assert suspicion < threshold().traced or test.misses < MINIMUM
    assert test.suspicion < 1.0


def test_a_rule_that_is_often_missing_is_not_tested() -> None:
    """What half of the pages lack says nothing by being missing."""
    test = RuleTest(30, 60)
    assert [0.0] * 30 == [test.add(hit=False) for _ in range(30)]


@pytest.mark.parametrize(("share", "within"), [(1, 9), (2, 40)])
def test_a_change_is_found_and_dated(share: int, within: int) -> None:
    """All pages since page 150 miss the rule, or every second: an event, at the first page that missed it."""
    test = RuleTest(0, 0)
    event = None
    for number in range(200):
        suspicion = test.add(hit=number < 150 or number % share != 0)
        if event is None and suspicion >= threshold().traced and test.misses >= MINIMUM:
            event = number
            assert 150 == test.since
    assert event is not None
    assert 150 + MINIMUM - 1 <= event < 150 + within


def test_thresholds_are_those_of_the_simulation() -> None:
    """The data are what the program gives: the levels keep the promise in all harmless settings, and are the lowest."""
    data = json.loads(simulation.TARGET.read_text(encoding="utf-8"))
    for name in ("absent", "traced"):
        level = data["threshold"][name]
        rows = data[f"{name}: harmless runs with an event"].values()
        assert all(row[f"{level:g}"] * simulation.ALLOWED <= row["runs"] for row in rows)
        lower = [one for one in simulation.LEVELS if one < level]
        assert not lower or any(row[f"{lower[-1]:g}"] * simulation.ALLOWED > row["runs"] for row in rows)
    dice = random.Random("7 absent 60 20")
    again = [simulation.harmless(dice, 60, 20, traced=False) for _ in range(40)]
    assert sum(worst >= threshold().absent for worst in again) <= 1


def test_measures_are_compared_by_rank() -> None:
    """Twice the length on all pages is a shift, the same lengths in another order are not, and few figures say nothing."""
    before = [100 + 7 * number % 50 for number in range(60)]
    assert ranked(before, [2 * figure for figure in before[:20]]) > 5
    assert abs(ranked(before, before[20:40])) < 2
    assert 0.0 == ranked(before[:5], [1] * 20)


def test_lines_that_other_articles_have_too() -> None:
    """A line in three articles is noticed at the third; the same article under other URLs is not other articles."""
    repeats = Repeats()
    assert [False, False, True] == [repeats.add(n, (f"a{n}", f"b{n}", f"c{n}", "promotion")) for n in range(3)]
    repeats = Repeats()
    assert [False] * 5 == [repeats.add(n, ("a", "b", "c")) for n in range(5)]


def with_line(record: Record, line: str) -> Record:
    """Return a record whose body has one more line."""
    return changed(record, blocks=(*record.blocks, Block(type=BlockType.PARAGRAPH, text=line)))


def test_a_line_that_begins_to_stand_in_all_articles(profile: Profile, records: list[Record]) -> None:
    """After 20 pages without it the pages are held."""
    watch = begun(profile)
    for number, record in enumerate(records):
        watch.see(number, f"{record.url}?{number}", record)
    held = [
        watch.see(100 + at, f"x{at}", with_line(record, "春季运动会今天在渡口开幕")).held
        for at, record in enumerate(records[:9])
    ]
    assert (2, ["article.body"]) == (held.index(next(filter(None, held))), [event.rule for event in watch.events])


@pytest.mark.parametrize(
    ("reviewed", "doubts", "first"),
    [
        pytest.param(True, {}, 2, id="reviewed pages have none"),
        pytest.param(True, {"repeated": 1}, None, id="reviewed pages have one too"),
        pytest.param(False, {}, None, id="no page was reviewed"),
    ],
)
def test_a_line_of_all_articles_from_the_first_page_on(
    profile: Profile, records: list[Record], reviewed: bool, doubts: dict[str, int], first: int | None
) -> None:
    """It is the articles' own, unless reviewed pages of the layout have no line in common."""
    baseline = read(profile.folder, LAYOUT)
    assert baseline is not None
    known = {LAYOUT: msgspec.structs.replace(baseline, doubts={**baseline.doubts, **doubts})} if reviewed else {}
    watch = Watch(profile, "run", known)
    held = [
        watch.see(at, f"x{at}", with_line(record, "本栏目由渡口图书角主办")).held is not None
        for at, record in enumerate(records[:9])
    ]
    assert first == next((at for at, one in enumerate(held) if one), None), held
    assert [] == watch.events


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        pytest.param({(LAYOUT, EVIDENCE): (40, 40)}, ["article.body"], id="articles without repeated lines"),
        pytest.param({(LAYOUT, EVIDENCE): (40, 40), (LAYOUT, "doubt repeated"): (0, 38)}, [], id="its usual line"),
        pytest.param({}, [], id="a first run"),
    ],
)
def test_a_repeated_line_is_compared_with_earlier_runs(
    profile: Profile, records: list[Record], history: dict[tuple[str, str], tuple[int, int]], expected: list[str]
) -> None:
    """An earlier run without repeated lines has no count of them, and all its pages are without."""
    watch = Watch(profile, "run", {}, history)
    for at, record in enumerate(records):
        watch.see(at, f"x{at}", with_line(record, "本栏目由渡口图书角主办"))
    assert expected == [event.rule for event in watch.events]


@pytest.fixture(scope="module")
def profile() -> Profile:
    """A shipped profile."""
    return profiles_in()["netease"]


@pytest.fixture(scope="module")
def records(profile: Profile) -> list[Record]:
    """The records of a layout's fixtures."""
    found = fixtures([ROOT / place for place in PLACES], f"netease/{LAYOUT}")
    return [fixture.extract({"netease": profile}) for fixture in found]


def begun(profile: Profile, *, reviewed: bool = True) -> Watch:
    """Return a new watch, with the layout's baseline or without."""
    baseline = read(profile.folder, LAYOUT)
    known: dict[str, Baseline] = {LAYOUT: baseline} if reviewed and baseline is not None else {}
    return Watch(profile, "run", known)


def changed(record: Record, **changes: object) -> Record:
    """Return a record with other values."""
    return msgspec.structs.replace(record, **changes)


def without_statement(record: Record) -> Record:
    """Return a record whose page has no info line, and so no source."""
    kept = {name: one for name, one in record.provenance.items() if not name.startswith(("source", "location"))}
    return changed(record, info=(), source=None, provenance=kept)


def test_unchanged_pages_are_published(profile: Profile, records: list[Record]) -> None:
    """The pages of the fixtures, three times over: no event, nothing is left held."""
    watch = begun(profile)
    for number, record in enumerate(records * 3):
        watch.see(number, f"{record.url}?{number}", record)
    ending = watch.end()
    assert ([], {}) == (watch.events, dict(ending.refuse))


def test_pages_with_a_doubt_are_held_until_it_is_decided(profile: Profile, records: list[Record]) -> None:
    """One doubt: held, then released because the pages after it have none; or at the end of the run."""
    doubtful = changed(records[0], flags=(*records[0].flags, Flag.HEADLINE_DOUBT))
    watch = begun(profile)
    verdict = watch.see(0, str(doubtful.url), doubtful)
    assert "headline_doubt of layout 2020_post_main may have changed" == verdict.held
    released = [
        number for at in range(1, 30) for number in watch.see(at, f"{doubtful.url}?{at}", records[at % 20]).release
    ]
    assert 0 in released
    watch = begun(profile)
    watch.see(0, str(doubtful.url), doubtful)
    assert (0,) == watch.end().release


def test_a_sign_of_change_on_one_page_is_held(profile: Profile, records: list[Record]) -> None:
    """It is not published because those after it are right, unless they are many, or reviewed pages have the sign."""
    watch = begun(profile)
    wrong = changed(records[0], source=Source("林晓渡"), authors=(Author("河畔晚报"),))
    for number in range(20):
        record = wrong if number == 1 else records[number % len(records)]
        watch.see(number, f"{record.url}#{number}", record)
    assert [1] == [*watch.end().refuse]
    seen = [
        watch.see(number, f"x{number}", wrong if number == 30 else records[number % len(records)])
        for number in range(20, 80)
    ]
    assert (True, {}) == (any(30 in verdict.release for verdict in seen), watch.end().refuse)
    known = read(profile.folder, LAYOUT)
    assert known is not None
    usual = msgspec.structs.replace(known, doubts={**known.doubts, SWAPPED: 1})
    watch = Watch(profile, "run", {LAYOUT: usual})
    assert (None, {}) == (watch.see(0, str(wrong.url), wrong).held, dict(watch.end().refuse))


def test_an_alternative_that_no_reviewed_page_needed(profile: Profile, records: list[Record]) -> None:
    """On all pages it is a change, on half of them they may be of a kind that three reviewed pages do not show."""
    known = read(profile.folder, LAYOUT)
    assert known is not None
    source = msgspec.structs.replace(records[0].provenance["source"], rule="fields.source[7]")
    for share, expected in ((1, ["fields.source"]), (2, [])):
        watch = Watch(profile, "run", {LAYOUT: msgspec.structs.replace(known, pages=3)})
        for number in range(20):
            record = records[number % len(records)]
            other = changed(record, provenance={**record.provenance, "source": source})
            watch.see(number, f"x{number}", other if number % share == 0 else record)
        assert (expected, {}) == ([event.rule for event in watch.events], dict(watch.end().refuse))


def test_bodies_shorter_than_any_reviewed_one(profile: Profile, records: list[Record]) -> None:
    """A body of fewer lines than all fixtures have is a doubt that many pages may share, a rare kind of page aside."""
    known = read(profile.folder, LAYOUT)
    assert known is not None
    body = msgspec.structs.replace(known.rules["article.body"], least=3)
    baseline = msgspec.structs.replace(known, rules={**known.rules, "article.body": body})
    block = Block(type=BlockType.PARAGRAPH, text="渡口")
    found = [short_body(changed(records[0], blocks=(block,) * lines), baseline) for lines in (0, 2, 3)]
    assert [{}, {"article.body short": "2 lines"}, {}] == found
    assert [False, False, True] == [*map(is_rare, ("article.body short", "fields.source otherwise", "fields.source"))]


@pytest.mark.parametrize(
    ("doubted", "expected"),
    [((200, 200), [True] * 5), ((0, 1), [True] * 5), ((0, 60), [False] * 5), (None, [True] * 5)],
)
def test_short_bodies_of_earlier_runs(
    profile: Profile, records: list[Record], doubted: tuple[int, int] | None, expected: list[bool]
) -> None:
    """Each fourth page has a body of one line: they are not published unless earlier runs had as many of them."""
    known = read(profile.folder, LAYOUT)
    assert known is not None
    body = msgspec.structs.replace(known.rules["article.body"], least=2)
    baseline = msgspec.structs.replace(known, rules={**known.rules, "article.body": body})
    history = {(LAYOUT, "evidence"): (200, 200)}
    if doubted is not None:
        history[LAYOUT, "doubt article.body short"] = doubted
    watch = Watch(profile, "run", {LAYOUT: baseline}, history)
    ending = []
    for number in range(20):
        record = records[number % len(records)]
        line = Block(type=BlockType.PARAGRAPH, text=f"渡口的第{number}天")
        record = changed(record, blocks=(line,)) if number % 4 == 3 else record
        ending.append(watch.see(number, f"x{number}", record))
    end = watch.end()
    refused = {number for verdict in (*ending, end) for number in verdict.refuse}
    assert expected == [number in refused for number in range(3, 20, 4)]
    counts = [(one.hits, one.pages) for one in end.signals if one.rule == "doubt article.body short"]
    assert [(15, 20)] == counts


@pytest.mark.parametrize(
    ("headline", "title", "expected"),
    [
        ("渡口的图书角", "渡口的图书角_河口网", False),
        ("渡口的 “图书角”", "渡口的图书角", False),
        ("财经 | 渡口的图书角", "渡口的图书角_河口网", True),
        ("渡口的图书角开了三年还在收书", "渡口的图书角开了三…_河口网", False),
        ("渡口的图书角", None, False),
    ],
)
def test_a_headline_that_the_title_has_not(
    profile: Profile, records: list[Record], headline: str, title: str | None, expected: bool
) -> None:
    """A sign, if the titles of all reviewed pages have the headline."""
    known = read(profile.folder, LAYOUT)
    assert known is not None
    record = changed(records[0], headline=headline, title=title)
    for titled in (True, False):
        rule = msgspec.structs.replace(known.rules["article.headline"], titled=titled)
        baseline = msgspec.structs.replace(known, rules={"article.headline": rule})
        assert (expected and titled) == ("article.headline title" in other_title(record, baseline))


def test_entries_that_are_alike() -> None:
    """One label in a list, a badge before the entries of all lists, no links in any; two lists that differ."""
    usual = {"chrome.a": [("渡口", "/1"), ("码头", "/2")], "chrome.b": [("灯塔", "/3"), ("书架", "/4")]}
    assert {} == alike(listing(usual))
    one = {**usual, "chrome.a": [("频道", "/1"), ("频道", "/2")]}
    assert {"chrome.a.items": "one label in all entries"} == alike(listing(one))
    badge = {rule: [(f"热{text}", url) for text, url in entries] for rule, entries in usual.items()}
    assert dict.fromkeys(["chrome.a.items", "chrome.b.items"], "entries that begin with 热") == alike(listing(badge))
    ranks = {"chrome.a": [("1渡口", "/1"), ("02 码头", "/2")], "chrome.b": usual["chrome.b"]}
    assert {"chrome.a.items": "entries that begin with their number"} == alike(listing(ranks))
    said = {"chrome.a": [("渡口开了门。", "/1"), ("码头也开了门。", "/2")], "chrome.b": usual["chrome.b"]}
    assert {"chrome.a.items": "entries that are sentences"} == alike(listing(said))
    script = {rule: [(text, None) for text, _ in entries] for rule, entries in usual.items()}
    assert dict.fromkeys(["chrome.a.items", "chrome.b.items"], "entries without links") == alike(listing(script))
    assert {} == alike(listing({"chrome.a": [("热一", None), ("热二", None)]})), "a list of tags alone"


def test_prose_that_is_not_in_the_body(records: list[Record]) -> None:
    """Unclaimed prose as long as half of the body; less of it, or words without a sentence, are unknown text."""
    prose = "仓库空了三年，今年春天才有人把门打开，里面有一排旧书架。镇上的人把书一箱一箱搬进去，孩子们坐在门槛上等着看第一本，直到天黑。"
    found = []
    for text, body in ((prose, prose), (prose, prose * 3), (prose.replace("。", " "), prose)):
        loose = ChromeEntry(role=Role.UNKNOWN, text=text, rule="unclaimed")
        found.append([*loose_prose(changed(records[0], chrome=(loose,), article_body=body))])
    assert [["article.body beside"], [], []] == found


def test_lists_of_which_none_has_entries() -> None:
    """Two lists with a few words each, of a page that has no entry at all."""
    lists = listing({"chrome.a": [], "chrome.b": []})
    empty = ["chrome.a.items", "chrome.b.items"]
    assert dict.fromkeys(empty, "lists without entries") == instead(lists, empty, usually_data=False)
    other = listing({"chrome.a": [], "chrome.b": [], "chrome.c": [("渡口", "/1")]})
    assert {} == instead(other, empty, usually_data=False)


def listing(lists: Mapping[str, Sequence[tuple[str, str | None]]]) -> Record:
    """Return a record with these lists: headline and link of each entry by the list's rule."""
    chrome = tuple(
        ChromeEntry(
            role=Role.HOT, text="热点", rule=rule, items=tuple(Item(headline=text, url=url) for text, url in entries)
        )
        for rule, entries in lists.items()
    )
    site = profiles_in()["netease"]
    fixture = fixtures([ROOT / place for place in PLACES], f"netease/{LAYOUT}")[0]
    return changed(fixture.extract({"netease": site}), chrome=chrome, provenance={})


def test_values_that_the_page_had_as_data() -> None:
    """Data that every reviewed page gave values from, and that this one gives none from."""
    layout = profiles_in()["qq"].layouts["2022_rain"]
    one = RuleBaseline(3, 3, alternatives={"[0]": 3})
    rules = {"fields.datePublished": one, "fields.account.id": one, "fields.account.name": one}
    known = Baseline(site="qq", layout="2022_rain", pages=3, rules=rules)
    lost = {"data.article otherwise": "values from elsewhere, or none"}
    assert lost == lost_data({"fields.datePublished": "[1]", "fields.account.name": "[0]"}, layout, known)
    assert {} == lost_data({"fields.datePublished": "[1]", "fields.account.id": "[0]"}, layout, known)


def test_a_doubt_on_all_pages_is_an_event(profile: Profile, records: list[Record]) -> None:
    """It is named by the rule of the value, and held pages are refused with the event's sentence."""
    watch = begun(profile)
    refused: dict[int, str] = {}
    for number, record in enumerate(records[:8]):
        doubtful = changed(record, flags=(*record.flags, Flag.HEADLINE_DOUBT))
        refused |= watch.see(number, str(record.url), doubtful).refuse
    assert ["article.headline"] == [event.rule for event in watch.events]
    assert set(range(8)) == set(refused)
    assert {watch.events[0].sentence} == set(refused.values())
    assert {watch.kind_of(str(records[0].url))} <= watch.stopped


def test_a_new_template_is_named_by_the_regions_that_are_gone(profile: Profile, records: list[Record]) -> None:
    """Pages whose layout is not recognised name the first region that they lack, the layout's evidence without one."""
    error = Quarantined(Failure.UNKNOWN_LAYOUT, "no layout", layout=LAYOUT)
    for missed, rule in (({"article.body", "chrome.hot"}, "article.body"), (set[str](), "evidence")):
        watch = begun(profile)
        for number, record in enumerate(records):
            watch.see(number, f"{record.url}?{number}", record)
        for number in range(10):
            watch.take(watch.look_refused(100 + number, f"{records[0].url}?{number}", error, None, lambda _: missed))  # noqa: B023
        assert [rule] == [event.rule for event in watch.events]


def test_doubts_that_reviewed_pages_have_are_usual(profile: Profile, records: list[Record]) -> None:
    """A flag that half of the fixtures have too is not a sign of a change."""
    baseline = read(profile.folder, LAYOUT)
    assert baseline is not None
    known = msgspec.structs.replace(baseline, doubts={"body_short": baseline.pages // 2})
    watch = Watch(profile, "run", {LAYOUT: known})
    for number, record in enumerate(records):
        watch.see(number, f"{record.url}?{number}", changed(record, flags=(*record.flags, Flag.BODY_SHORT)))
    assert ([], {}) == (watch.events, dict(watch.end().refuse))


def test_what_pages_show_names_a_change_before_what_they_lack(profile: Profile, records: list[Record]) -> None:
    """The element that stands there now names the change, even if other rules happen to miss on the same pages."""
    watch = begun(profile)
    for number, record in enumerate(records[:12]):
        shape = {"article.body .talk": "text in .talk"}
        watch.see(number, f"{record.url}?{number}", without_statement(record), None, shape)
    [event] = watch.events
    assert ("article.body", "text in .talk") == (event.rule, event.now)
    assert " usual pages; now: text in .talk, and " in event.sentence


@pytest.mark.parametrize(
    ("failing", "beside", "lost", "traces", "expected"),
    [
        pytest.param({"fields.source"}, {"article.info.timeSource"}, (), {}, "article.info.timeSource", id="a line gone"),
        pytest.param({"fields.source"}, (), ("article.info.timeSource",), {}, "article.info.timeSource", id="a page refused"),
        pytest.param({"article.body"}, {"chrome.statement"}, (), {"article.body .x": "text in .x"}, "chrome.statement",
                     id="a region in the body"),
        pytest.param({"article.body", "chrome.statement"}, {"chrome.statement"}, (), {"article.body .x": "text in .x"},
                     "chrome.statement", id="a region in the body, and like it"),
        pytest.param({"article.body"}, {"chrome.statement"}, (), {}, "article.body", id="a region gone and a body changed"),
        pytest.param({"data.article", "fields.source"}, (), (), {}, "data.article", id="data gone"),
    ],
)  # fmt: skip
def test_what_explains_an_event(
    profile: Profile, failing: set[str], beside: set[str], lost: tuple[str, ...], traces: dict[str, str], expected: str
) -> None:
    """The line around fields, the region that became part of the body, the data that values were from."""
    seen = Seen(serial=0, at=0, number=0, url="x", kind="x", layout=LAYOUT, lost=lost, traces=traces)
    assert expected == explains(profile.layouts[LAYOUT], failing, [seen] * 4, beside)


IN_BODY, UNCLAIMED = "its label is in the body", "its label is in unclaimed text"


@pytest.mark.parametrize(
    ("failing", "beside", "misses", "traces", "expected"),
    [
        pytest.param({"article.body", "chrome.tags"}, set(), ("chrome.tags",), {"chrome.tags": IN_BODY}, "article.body",
                     id="a region outside the body is in it now"),
        pytest.param({"article.body", "chrome.note"}, {"chrome.note"}, ("chrome.note",), {"chrome.note": IN_BODY, "article.body .x": "text in .x"}, "chrome.note",
                     id="a region inside the body became text of it"),
        pytest.param({"article.body", "chrome.note"}, set(), ("chrome.note",), {"chrome.note": UNCLAIMED}, "article.body",
                     id="a region inside the body is unclaimed with it"),
        pytest.param({"article.body"}, set(), ("chrome.note",), {"article.body .x": "text in .x"}, "chrome.note",
                     id="a usual region inside the body that pages lack"),
        pytest.param({"chrome.tags"}, {"article.headline"}, ("chrome.tags", "article.headline"), {"chrome.tags": "div.x"},
                     "article.headline", id="a headline that fails beside a region"),
        pytest.param({"chrome.tags"}, {"article.info.meta", "fields.source", "fields.authors"},
                     ("chrome.tags", "article.info.meta"), {"chrome.tags": "div.x"}, "article.info.meta",
                     id="a line with more of what fails than a region"),
        pytest.param({"fields.datePublished"}, set(), ("fields.datePublished",), {}, "data.page",
                     id="a refused page whose date is from data"),
        pytest.param({"article.body"}, set(), ("article.body",), {}, "article.body", id="a refused page without a body"),
    ],
)  # fmt: skip
def test_what_was_inside_names_a_change(
    failing: set[str], beside: set[str], misses: tuple[str, ...], traces: dict[str, str], expected: str
) -> None:
    """Reviewed pages show which regions are inside the body, which fields inside a line, and what comes from data."""
    layout = msgspec.toml.decode(INSIDE, type=Layout)
    body = Step("div", None, ("text",))
    line = Step("p", None, ("meta",))
    rules = {
        "article.body": RuleBaseline(3, 3, alternatives={"data": 3}, elements=(Element("div", classes=("text",)),)),
        "article.info.meta": RuleBaseline(3, 3, elements=(Element("p", classes=("meta",)),)),
        "chrome.note": RuleBaseline(3, 3, elements=(Element("p", classes=("note",), ancestors=(body,)),)),
        "chrome.tags": RuleBaseline(3, 3, elements=(Element("div", classes=("tags",)),)),
        "fields.datePublished": RuleBaseline(3, 3),
        "fields.source": RuleBaseline(3, 3, elements=(Element("b", ancestors=(line,)),)),
        "fields.authors": RuleBaseline(3, 3, elements=(Element("i", ancestors=(line,)),)),
    }
    baseline = Baseline(site="demo", layout="2026_inside", pages=3, rules=rules)
    refused = not traces
    seen = Seen(
        serial=0, at=0, number=0, url="x", kind="x", layout="2026_inside", misses=misses, traces=traces, refused=refused
    )
    assert expected == explains(layout, failing, [seen] * 4, beside, baseline)


INSIDE = """
id = "2026_inside"
kind = "article"
article.headline.css = "h1"
article.info.meta.css = "p.meta"
[[evidence]]
css = "div.text"
[[article.body]]
css = "div.text"
data = "page"
path = "body"
[chrome.note]
role = "hidden"
css = "p.note"
[chrome.tags]
role = "tags"
css = "div.tags"
[fields]
source.name = [{ css = "p.meta b" }]
authors.name = [{ css = "p.meta i" }]
datePublished = [{ data = "page", path = "date" }]
"""


def test_the_region_names_what_is_missing_inside(profile: Profile, records: list[Record]) -> None:
    """Without the info line the source is missing too: one event, named by the line."""
    watch = begun(profile)
    for number, record in enumerate(records):
        watch.see(number, f"{record.url}?{number}", record)
    for number, record in enumerate(records[:12]):
        watch.see(100 + number, f"{record.url}?again{number}", without_statement(record), {}.get)
    assert ["article.info.timeSource"] == [event.rule for event in watch.events]
    assert 20 == watch.events[0].after


def test_a_process_that_resumes_a_run_knows_what_was_seen(profile: Profile, records: list[Record]) -> None:
    """The same verdicts after a kill: the event, what is held, the kinds that are stopped."""
    watch, resumed = begun(profile), begun(profile)
    lines: dict[int, bytes] = {}
    for number, record in enumerate(records[:6]):
        doubtful = changed(record, flags=(*record.flags, Flag.HEADLINE_DOUBT) if number else record.flags)
        verdict = watch.see(number, str(record.url), doubtful)
        assert verdict.observed is not None
        lines[verdict.observed[0]] = verdict.observed[1]
    resumed.follow(lines.values())
    assert (watch.events, watch.stopped, watch.held) == (resumed.events, resumed.stopped, resumed.held)
    assert watch.end() == resumed.end()


def state_of(watch: Watch) -> object:
    """Return all that a watch decides by, but for its searches, which are each process's own."""
    return [
        {
            "pages": layout.pages, "held": layout.held, "failing": layout.failing, "event": layout.event,
            "blocks": layout.blocks, "figures": layout.figures,
            "tests": {
                name: (test.marks, test.hits, test.pages, test.first, test.suspicion, test.since)
                for found in (layout.absent, layout.traced)
                for name, test in found.items()
            },
        }
        for layout in watch._layouts.values()
    ]  # fmt: skip


@pytest.mark.parametrize("reviewed", [False, True])
def test_processes_that_follow_each_other_come_to_the_same(
    profile: Profile, records: list[Record], reviewed: bool
) -> None:
    """Whoever sees a page, by whatever is known: tests, held pages and the event are those of one that saw all."""
    both, alone = [begun(profile, reviewed=reviewed) for _ in range(2)], begun(profile, reviewed=reviewed)
    dice, log, events = random.Random(7), list[bytes](), 0
    for number in range(60):
        record = records[number % len(records)]
        record = without_statement(record) if number > 30 and number % 4 else record
        own = both[dice.random() < 0.5]
        seen = own.look(number, f"{record.url}?{number}", record)  # before it knows what the others have seen
        own.follow(log[own.pages :])
        verdict = own.take(seen)
        assert verdict == alone.see(number, f"{record.url}?{number}", record)
        assert verdict.observed is not None
        log.append(verdict.observed[1])
        events += verdict.decision is not None
    for one in both:
        one.follow(log[one.pages :])
        assert (state_of(alone), alone.events, alone.stopped) == (state_of(one), one.events, one.stopped)
    assert (int(reviewed), alone.end()) == (events, both[0].end())


def test_a_held_page_is_released_by_pages_of_its_own_kind(profile: Profile, records: list[Record]) -> None:
    """Hosts are asked at different paces: usual pages of one do not show that another has not changed."""
    watch = begun(profile)
    doubtful = changed(records[0], flags=(*records[0].flags, Flag.HEADLINE_DOUBT))
    assert watch.see(0, "https://a.example/0", doubtful).held is not None
    others = [watch.see(number, f"https://b.example/{number}", records[0]).release for number in range(1, 60)]
    assert {()} == {*others}
    own = [watch.see(number, f"https://a.example/{number}", records[0]).release for number in range(60, 70)]
    assert [(0,)] == [release for release in own if release]


def test_a_decision_of_another_process_is_taken_over(profile: Profile, records: list[Record]) -> None:
    """Also by one that has not seen the pages that led to it: it is one event, and those kinds are stopped."""
    watch, late = begun(profile), begun(profile)
    found = [
        watch.see(number, f"{record.url}?{number}", without_statement(record) if number > 20 else record).decision
        for number, record in enumerate(records * 5)
    ]
    [decision] = filter(None, found)
    for _ in range(2):
        late.adopt(decision)
    assert (watch.events, watch.stopped) == (late.events, late.stopped)
    assert late.see(1, f"{records[0].url}?1", without_statement(records[0])).refuse


def test_a_layout_that_nothing_is_known_of_holds_nothing_back(profile: Profile, records: list[Record]) -> None:
    """Without baseline and history, a small crawl publishes its pages, whatever their flags."""
    watch = begun(profile, reviewed=False)
    for number, record in enumerate(records[:10]):
        doubtful = changed(record, flags=(*record.flags, Flag.BODY_DOUBT))
        assert watch.see(number, str(record.url), doubtful).held is None
    assert [] == watch.events


def test_a_list_without_entries_is_a_trace(profile: Profile, records: list[Record]) -> None:
    """The box of a list is there, its entries are not found: no page needs a history to show that."""
    watch = begun(profile)
    listed = [
        record for record in records if any(entry.rule == "chrome.related" and entry.items for entry in record.chrome)
    ]
    for number in range(10):
        record = listed[number % len(listed)]
        chrome = tuple(
            msgspec.structs.replace(entry, items=()) if entry.rule == "chrome.related" else entry
            for entry in record.chrome
        )
        watch.see(number, f"{record.url}?{number}", changed(record, chrome=chrome))
    assert {Role.RELATED} == {
        entry.role for record in listed for entry in record.chrome if entry.rule == "chrome.related"
    }
    assert ["chrome.related.items"] == [event.rule for event in watch.events]


def test_an_optional_region_that_only_fixtures_have(profile: Profile, records: list[Record]) -> None:
    """Fixtures share a frame: pages of a run without a region that all of it have are usual, unless crawled ones had it."""
    baseline = read(profile.folder, LAYOUT)
    assert baseline is not None
    care = baseline.rules["chrome.care"]
    rules = {**baseline.rules, "chrome.care": msgspec.structs.replace(care, hits=care.pages)}
    with_all = [one for one in records if any((entry.rule or "").startswith("chrome.care") for entry in one.chrome)]
    without = [
        changed(one, chrome=tuple(entry for entry in one.chrome if not (entry.rule or "").startswith("chrome.care")))
        for one in with_all[:12]
    ]
    for before, suspected in ((0, False), (30, True)):
        watch = Watch(profile, "run", {LAYOUT: msgspec.structs.replace(baseline, rules=rules)})
        for number, record in enumerate([*(with_all * 2)[:before], *without]):
            watch.see(number, f"{record.url}?{number}", record)
        refused = [*watch.end().refuse.values(), *(event.sentence for event in watch.events)]
        assert suspected == any("chrome.care" in why for why in refused)
