"""Changed layouts: deterministic, alike on all pages of a run, harmless where they say so, and scored."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import msgspec
import pytest

from benchmarks.guard import Steps
from crawler.drift.changes import KINDS
from crawler.drift.mutants import Mutant, mutant, mutants
from crawler.drift.robustness import Tally
from crawler.drift.subject import Stored, Subject, judged, stored_pages
from crawler.drift.tree import Tree
from crawler.extract import profiles_in
from crawler.page.dom import Page
from crawler.regression.fixture import PAGE, RESPONSE, encoded, packed
from tests.calling import call
from tests.cases import shipped

PAGES = (
    "netease/2020_post_main/hao_plain",
    "thepaper/2017_news_part/plain",
    "ifeng/2022_infobox/lazy_images",
)


_BODY = '<div class="news_part news_part_limit">'


def page(name: str) -> Stored:
    """Return a shipped page as the mutations take it."""
    return next(iter(stored_pages([shipped(name).fixture])))


def changed(name: str, kind: str, seed: int = 0) -> Mutant:
    """Return a shipped page with one change, which it must have a place for."""
    made = mutant(page(name), profiles_in()[name.partition("/")[0]], kind, seed)
    assert made is not None
    return made


@pytest.mark.parametrize("name", PAGES)
def test_harmless_changes_leave_the_record_right(name: str) -> None:
    """No harmless kind changes a value of the record."""
    profile = profiles_in()[name.partition("/")[0]]
    kinds = [kind for kind in KINDS.values() if kind.harmless]
    wrong = {made.kind.name: made.outcome(profile)[1] for made in mutants([page(name)], profile, kinds)}
    assert len(kinds) - 3 <= len(wrong)
    assert {} == {kind: names for kind, names in wrong.items() if names}


@pytest.mark.parametrize("name", PAGES[:1])
def test_changes_are_pure(name: str) -> None:
    """The same page, kind and seed give the same bytes; each kind but the empty one gives other bytes than that."""
    profile = profiles_in()[name.partition("/")[0]]
    first, second = ({m.kind.name: m.page.body for m in mutants([page(name)], profile)} for _ in range(2))
    assert first == second
    assert ["nothing"] == [kind for kind, body in first.items() if body == first["nothing"]]


def test_pages_of_a_run_are_changed_alike() -> None:
    """One seed gives one name to a class on every page; another seed another."""
    name = "thepaper/2017_news_part/plain"

    def headline(case: str, seed: int) -> str | None:
        made = changed(case, "headline-renamed", seed)
        profile = profiles_in()["thepaper"]
        node = Subject(made.page, profile, made.page.record(profile)).headline
        return node.attrs["class"] if node is not None else None

    assert headline(name, 1) == headline("thepaper/2017_news_part/reprint", 1)
    assert headline(name, 1) != headline(name, 2)


def test_expected_values_are_those_of_the_unchanged_page() -> None:
    """A promotion among the paragraphs is not an expected block; what is removed may have any value."""
    name = "thepaper/2017_news_part/plain"
    before = judged(page(name).record(profiles_in()["thepaper"]))
    promo = changed(name, "promo-in-body")
    assert before["blocks"] == promo.expected["blocks"]
    assert "下载客户端" in promo.page.body.decode()
    assert ... is changed(name, "info-removed").expected["datePublished"]
    assert not changed(name, "info-removed").content


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("thepaper/2017_news_part/plain", "date-day-only", "2017-09-08"),
        ("netease/2020_post_main/hao_plain", "date-day-only", "2026-02-20T10:12:47+08:00"),
    ],
)
def test_a_time_is_expected_where_the_page_still_states_it(name: str, kind: str, value: str) -> None:
    """A line without the time leaves the day, unless an attribute or the page's data state the time too."""
    made = changed(name, kind)
    assert (value, len(value) > 10) == (made.expected["datePublished"], made.content)
    record, wrong = made.outcome(profiles_in()[name.partition("/")[0]])
    assert record is not None
    assert ([], value) == (wrong, record.date_published)


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("thepaper/2017_news_part/plain", "icons-in-body", '<img src="//static.example/'),
        ("thepaper/2017_news_part/plain", "images-thumbnails", r'<img[^>]+src="[^"]+_\d+x\d+\.jpg"'),
        ("thepaper/2017_news_part/plain", "images-as-background", r"background-image:url\('http"),
        ("thepaper/2017_news_part/plain", "source-with-views", r"澎湃新闻 \S+ ?\d{3}"),
        ("netease/2020_post_main/hao_plain", "pull-quote", "<(?:blockquote|aside) class"),
        ("netease/2020_post_main/hao_plain", "list-summaries", "<(?:p|span) class=[^>]+>(?:沿河|记者随|新规)"),
        ("netease/2020_post_main/hao_plain", "list-more-links", r'<a[^>]+href="javascript:void\(0\)"[^>]*>\s*换一换'),
    ],
)
def test_what_is_not_the_articles_is_not_expected(name: str, kind: str, text: str) -> None:
    """Icons, small copies, counts, quotes, summaries and links to more are in the page, and change no expected value."""
    profile = profiles_in()[name.partition("/")[0]]
    made = changed(name, kind)
    assert judged(page(name).record(profile)) == made.expected
    assert (None, True) != (re.search(text, made.page.body.decode()), made.content)
    assert None is re.search(text, page(name).body.decode())


def test_a_picture_above_the_headline_is_expected_first() -> None:
    """The picture stays the article's, in front of its text."""
    name = "thepaper/2017_news_part/plain"
    before = judged(page(name).record(profiles_in()["thepaper"]))
    made = changed(name, "hero-image")
    images = [one for one in before["blocks"] if one[0] == "image"]
    assert [*images[:1], *(one for one in before["blocks"] if one not in images[:1])] == made.expected["blocks"]
    assert before["images"] == made.expected["images"]
    html = made.page.body.decode()
    assert html.index(images[0][2].rpartition("/")[2]) < html.index('class="t_newsinfo"')


def test_wrong_values_are_named() -> None:
    """A badge that becomes part of the headline is a wrong headline; a refused page is wrong unless content is gone."""
    badge = changed("thepaper/2017_news_part/plain", "badge-in-headline")
    record = page("thepaper/2017_news_part/plain").record(profiles_in()["thepaper"])
    assert [] == badge.wrong(record)
    assert ["headline"] == badge.wrong(msgspec.structs.replace(record, headline="独家 别的"))
    assert ["record"] == badge.wrong(None)
    assert [] == changed("thepaper/2017_news_part/plain", "body-emptied").wrong(None)


def test_the_charset_stays() -> None:
    """A page in GBK is changed as GBK."""
    name = "netease/2016_end_text/gbk_header"
    made = changed(name, "nothing")
    record, wrong = made.outcome(profiles_in()["netease"])
    assert record is not None
    assert record.fetch.charset is not None
    before = page(name).record(profiles_in()["netease"]).fetch.charset
    assert before is not None
    assert ([], before.name) == (wrong, record.fetch.charset.name)


@pytest.mark.parametrize(
    "html",
    [
        '<!DOCTYPE html><html><head><title>a&amp;b</title></head><body class=""><p hidden="">1&lt;2<br>&nbsp;</p></body></html>',
        "<html><head></head><body><pre>\n\nx</pre><script>if (a<b && c) d()</script><!-- c --><textarea>\n\nt</textarea></body></html>",
        '<html><head></head><body><svg viewBox="0 0 1 1"><path d="M0 0"></path></svg><noscript><img src="a.jpg"></noscript></body></html>',
    ],
)
def test_a_tree_is_written_as_it_was_read(html: str) -> None:
    """The HTML of an unchanged tree parses to the same tree."""
    first = Page(html, "http://example.org/")
    second = Page(Tree(first).html(), "http://example.org/")
    assert first.dom.html == second.dom.html


def test_many_comments_without_a_doctype_take_linear_time() -> None:
    """A page that begins with comments and has no doctype is read at once (once: exponential time)."""
    html = "<!-- a -->\n" * 200 + "<html><head></head><body><p>文</p></body></html>"
    assert "" == Tree(Page(html, "http://example.org/")).doctype


def test_scores_count_content_that_stays() -> None:
    """The score of a rule counts changes that leave the content in the page; others are only counted."""
    tally = Tally("thepaper", 0)
    profile = profiles_in()["thepaper"]
    for kind in ("badge-in-headline", "body-emptied", "headline-retagged", "nothing"):
        made = changed("thepaper/2017_news_part/plain", kind)
        tally.add(made, *made.outcome(profile))
    found = tally.result()
    layout = "2017_news_part"
    assert {"nothing"} == set(found.harmless[layout])
    assert found.kinds[layout]["body-emptied"].score is None
    assert 1 == found.kinds[layout]["body-emptied"].right
    assert 2 == found.rules[layout]["article.headline"].total
    assert {"article.headline", "article.body"} == set(found.rules[layout])


def test_command_writes_scores_and_pages(tmp_path: Path) -> None:
    """`scrapy mutate` prints scores as JSON and writes the changed pages as fixtures without expected values."""
    done = call(
        "mutate", "thepaper/2017_news_part/plain", "--kind", "body-renamed", "--kind", "nothing", "--json",
        "--write", tmp_path,
    )  # fmt: skip
    assert 0 == done.returncode
    assert {"2017_news_part": {"nothing": {"right": 1, "refused": 0, "flagged": 0, "silent": 0, "score": 1.0}}} == (
        json.loads(done.stdout)["harmless"]
    )
    folder = tmp_path / "body-renamed/thepaper/2017_news_part/plain"
    assert {"page.html.gz", "response.json"} == {path.name for path in folder.iterdir()}
    assert changed("thepaper/2017_news_part/plain", "body-renamed").page.body == gzip.decompress(
        (folder / "page.html.gz").read_bytes()
    )


def test_command_lists_the_kinds() -> None:
    """`--kinds` describes each kind in a line; an unknown site is an error of usage."""
    done = call("mutate", "--kinds")
    assert len(KINDS) == len(done.stdout.splitlines())
    assert 2 == call("mutate", "nosuchsite").returncode


def _steps(name: str, count: int) -> int:
    """Return the steps of changing a page with `count` more paragraphs by some kinds."""
    before, _, after = page(name).body.decode().partition(_BODY)
    lines = "".join(f"<p>第{number}段的文字写着山谷。</p>" for number in range(count))
    long = page(name).replaced(f"{before}{_BODY}{lines}{after}".encode())
    profile = profiles_in()["thepaper"]
    record = long.record(profile)
    with Steps() as steps:
        for kind in ("paragraphs-broken", "body-truncated", "chrome-moved-into-article"):
            mutant(long, profile, kind, 0, record)
    return steps.counts.total()


def test_a_change_of_a_page_twice_as_long_takes_twice_the_steps() -> None:
    """No kind of change compares each paragraph with all others (once: breaking paragraphs did, for each of them)."""
    name = "thepaper/2017_news_part/plain"
    few, some, many = (_steps(name, count) for count in (0, 20, 40))
    assert many - few < 2.3 * (some - few)


def test_elements_are_renamed_alike_however_many_a_page_has() -> None:
    """A class has one new name per seed (once: it was renamed again by each element that had it)."""
    before, _, after = page("thepaper/2017_news_part/plain").body.decode().partition(_BODY)
    names = []
    for count in (1, 3):
        lines = '<p class="about_news">2017-09-08 10:30 来源：山谷报</p>' * count
        made = mutant(
            page("thepaper/2017_news_part/plain").replaced(
                f"{before}{_BODY}{after}".replace(
                    '<div class="news_part_father">', f'{lines}<div class="news_part_father">'
                ).encode()
            ),
            profiles_in()["thepaper"],
            "info-renamed",
        )
        assert made is not None
        names.append({*re.findall(r'<p class="([^"]+)"[^>]*>2017', made.page.body.decode())})
    assert 1 == len(names[0])
    assert names[0] == names[1]


def test_pages_over_a_limit_are_named_and_not_changed(tmp_path: Path) -> None:
    """A page of more elements than a change is worth is left out, by name and reason."""
    body = page("thepaper/2017_news_part/plain").body.replace(b"</body>", b"<i></i>" * 10_000 + b"</body>")
    folder = tmp_path / "thepaper/2017_news_part/many"
    folder.mkdir(parents=True)
    (folder / PAGE).write_bytes(packed(body))
    (folder / RESPONSE).write_bytes(encoded(shipped("thepaper/2017_news_part/plain").response))
    done = call("mutate", "thepaper", "--fixtures", tmp_path, "--kind", "nothing", "--json")
    assert (0, {}) == (done.returncode, json.loads(done.stdout)["harmless"])
    assert "thepaper/2017_news_part/many: not changed: more than 10000 elements\n" in done.stderr
