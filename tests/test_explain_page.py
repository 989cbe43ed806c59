"""The explain page without a browser: what is drawn is the partition, and nothing of the page is more than text."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from datetime import datetime
from html import escape
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler import Record
from crawler.extract import PROFILES, profiles_in
from crawler.heuristics.features import FIGURES
from crawler.heuristics.general import General
from crawler.page.text import size, squeeze
from crawler.report.explain import Sheet, explain, lay_out, render, render_comparison
from crawler.report.explain.difference import Change, compare
from crawler.report.explain.general import SAYS
from crawler.report.explain.rules import Rulebook
from tests.cases import Case, cases, record_of, shipped
from tests.hostile import CANARY_HOST, hostile_page
from tests.page_text import page_text
from tests.portal import badpages
from tests.test_general_reading import CHINESE, CHINESE_PAGE

CASES = cases()
PLAIN = shipped("netease/2020_post_main/hao_plain")
RICH = shipped("netease/2020_post_main/rich_blocks")


def sheet_of(case: Case, body: bytes | None = None, profiles: Path = PROFILES) -> Sheet:
    """Lay out a case's page, or `body` as if it had been served in its place."""
    response = case.response
    return lay_out(
        case.body if body is None else body,
        response["url"],
        name=case.name,
        headers=response["headers"],
        fetched_at=datetime.fromisoformat(response["fetchedAt"]),
        status=response["status"],
        profiles=profiles_in(profiles).values(),
    )


def changed_profiles(folder: Path, file: str, old: str, new: str) -> Path:
    """Copy the shipped profiles to `folder` with one string changed in one file."""
    shutil.copytree(PROFILES, folder)
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return folder


def changed(case: Case, *edits: tuple[str, str]) -> bytes:
    """Return the case's page with strings replaced; each must be there."""
    text = case.body.decode("utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def parsed(html: str) -> LexborHTMLParser:
    """Parse an explain page."""
    return LexborHTMLParser(html)


def counts(html: LexborHTMLParser) -> dict[str, int]:
    """Return the legend's sums by group."""
    return {
        node.attributes["data-count"] or "": int(node.text().replace(",", ""))
        for node in html.css(".legend [data-count]")
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_drawn_is_the_partition(case: Case) -> None:
    """Part by part the drawn text is the record's, the sums are its coverage, and the order is the document's."""
    sheet = sheet_of(case)
    assert sheet.record is not None
    assert sheet.faults == []
    assert sheet.coverage == sheet.record.coverage
    charset = record_of(case.name).fetch.charset
    assert charset is not None
    assert "".join(run.text for run in sheet.runs) == page_text(case.body.decode(charset.name))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_entry_of_the_record_is_a_part(case: Case) -> None:
    """Title, headline, lines, blocks and chrome of the record are each one part, under the record's own rule."""
    sheet = sheet_of(case)
    record = sheet.record
    assert isinstance(record, Record)
    expected = {f"/info/{i}": info.rule for i, info in enumerate(record.info)}
    expected |= {f"/chrome/{i}": entry.rule for i, entry in enumerate(record.chrome)}
    message = {part.pointer: part for part in sheet.parts if part.pointer is not None}
    assert expected == {pointer: part.rule for pointer, part in message.items() if pointer in expected}
    assert {f"/blocks/{i}" for i in range(len(record.blocks))} == {p for p in message if p.startswith("/blocks/")}
    assert len(message) == sum(part.pointer is not None for part in sheet.parts)
    for i, block in enumerate(record.blocks):
        assert squeeze(message[f"/blocks/{i}"].text) == squeeze((block.text or "") + (block.caption or ""))


def test_the_file_holds_text_of_the_page_once_and_the_counts() -> None:
    """In the HTML: the page's pane holds exactly the page's text, each character in one tinted block."""
    html = parsed(render(sheet_of(RICH)))
    pane = html.css_first(".page")
    assert pane is not None
    assert squeeze(pane.text()) == page_text(RICH.body.decode("utf-8"))
    assert html.css(".run .run") == []
    blocks = pane.css(".run[data-role]")
    assert squeeze("".join(block.text() for block in blocks)) == squeeze(pane.text())
    coverage = record_of(RICH.name).coverage
    groups: Counter[str] = Counter()
    for block in blocks:
        groups[block.attributes["data-group"] or ""] += size(block.text())
    assert counts(html) == {
        "article": coverage.article,
        "chrome": coverage.chrome,
        "hidden": coverage.hidden,
        "unknown": coverage.unknown,
        "total": coverage.total,
    }
    assert {name: count for name, count in counts(html).items() if name != "total" and count} == dict(groups)


def test_a_drawn_page_that_is_not_the_partition_raises_an_alarm() -> None:
    """The check is one that can fail: a part that lost text, and sums that are others."""
    sheet = sheet_of(PLAIN)
    part = next(part for part in sheet.parts if part.role == "headline")
    part.text += "孤字"
    from crawler.report.explain.parts import faults_of

    faults = faults_of(sheet.parts, sheet.record)
    assert len(faults) == 1
    assert "/headline (headline, article.headline" in faults[0]
    part.size += 1
    assert "coverage: drawn" in faults_of(sheet.parts, sheet.record)[1]
    sheet.faults.extend(faults)
    assert "/headline" in (parsed(render(sheet)).css_first('[role="alert"]') or pytest.fail("no alarm")).text()


def test_a_rule_is_shown_as_the_profile_words_it() -> None:
    """Selector, file and line of a rule: of a layout, of the whole site, one of a list, of a field."""
    profile = profiles_in()["netease"]
    book = Rulebook(profile, profile.layouts["2020_post_main"])
    layout = (profile.folder / "layouts/2020_post_main.toml").read_text("utf-8").splitlines()
    headline = book.place("article.headline.css[1]")
    assert headline.selector == ".post_main h1"
    assert headline.file == "netease/layouts/2020_post_main.toml"
    assert ".post_main h1" in layout[(headline.line or 0) - 1]
    shared = next(name for name, rule in profile.site.chrome.items() if rule is book.layout.chrome[name])
    assert book.place(f"chrome.{shared}").file == "netease/profile.toml"
    source = book.place("fields.source[1]")
    assert source.settings[0] == ("css", ".post_info")
    assert layout[(source.line or 0) - 1] == "[[fields.source.name]]"
    assert book.place("unclaimed").settings == ()


def test_the_same_page_gives_the_same_file() -> None:
    """Byte for byte."""
    response = RICH.response
    made = [explain(RICH.body, response["url"], headers=response["headers"]) for _ in range(2)]
    assert made[0] == made[1]


def test_a_page_without_a_layout_says_why() -> None:
    """Every layout with its score and evidence, the reason, and the page's text all the same."""
    body = changed(PLAIN, ("post_main", "new_main"), ("post_title", "new_title"))
    sheet = sheet_of(PLAIN, body)
    assert sheet.record is None
    html = parsed(render(sheet))
    reason = html.css_first("#reason")
    assert reason is not None
    assert "unknown_layout" in reason.text()
    layouts = {node.attributes["data-layout"]: node for node in html.css(".layout")}
    assert set(layouts) == set(profiles_in()["netease"].layouts)
    nearest = layouts["2020_post_main"].css("li")
    assert [(line.css_first("code") or line).text() for line in nearest if line.css_first(".missed")] == [
        ".post_main",
        ".post_title",
    ]
    assert len([line for line in nearest if line.css_first(".held")]) == 3
    pane = html.css_first(".page")
    assert pane is not None
    assert squeeze(pane.text()) == page_text(body.decode("utf-8"))
    assert set(counts(html)) == {"unread", "total"}


def test_a_page_whose_rule_missed_is_split_all_the_same() -> None:
    """The rule that missed is named with its selector and line; the blocks are tinted, and counted by role."""
    body = changed(PLAIN, ('data-publishtime="', 'data-gone="'), ("2026-02-20 10:12:47", "早些时候"))
    body = re.sub(rb"<meta[^>]*published_time[^>]*>", b"", body)
    sheet = sheet_of(PLAIN, body)
    assert sheet.record is None
    html = parsed(render(sheet))
    reason = (html.css_first("#reason") or pytest.fail("no reason")).text(separator=" ")
    assert "rule_missed" in reason
    assert "fields.datePublished" in reason
    assert counts(html)["article"] > 500
    assert counts(html)["total"] == size(page_text(body.decode("utf-8")))


@pytest.mark.parametrize("make", badpages.BAD_PAGES.values(), ids=list(badpages.BAD_PAGES))
def test_every_bad_page_can_be_explained(make: badpages.Callable[[], badpages.FixturePage]) -> None:
    """Whatever came in the page's place: a document with the reason or the record, and no alarm."""
    page = make()
    html = parsed(explain(page.body, page.url, headers=page.headers, status=page.status))
    assert html.css('[role="alert"]') == []
    assert len(html.css("#reason")) + len(html.css("#fields")) == 1


def test_an_unknown_site_is_explained() -> None:
    """No profile: the reason, the text, no layouts."""
    html = parsed(explain(PLAIN.body, "https://news.example.org/1.html"))
    assert "unknown_site" in (html.css_first("#reason") or pytest.fail("no reason")).text()
    assert html.css(".layout") == []
    assert html.css(".run[data-group=unread]") != []


def test_text_is_escaped_in_elements_and_in_attributes() -> None:
    """Names and texts with markup stay text: in the heading, in a block's attributes, and between its tags."""
    name = "<b>&\"'</b><i title=x>"
    body = f'<html><body><p title="\'">{escape(name)}</p></body></html>'.encode()
    html = parsed(explain(body, "https://news.example.org/1.html", name=name))
    assert name == (html.css_first("h1") or pytest.fail("no heading")).text()
    assert [name] == [block.text() for block in html.css(".run .in")]
    assert [] == html.css("b:not([data-count]), i")


def attributes_of(html: LexborHTMLParser) -> list[tuple[LexborNode, str, str]]:
    """Return every attribute of every element."""
    return [(node, name, value or "") for node in html.css("*") for name, value in node.attributes.items()]


def test_nothing_of_a_hostile_page_is_more_than_text() -> None:
    """Only our own elements and attributes; no address but our own anchors; one script, by its digest."""
    case, body = hostile_page()
    sheet = sheet_of(case, body)
    assert sheet.record is not None, sheet.fault
    assert sheet.faults == []
    html = parsed(render(sheet))
    ours = {
        *("html", "head", "meta", "title", "link", "style", "body", "a", "header", "div", "h1", "h2", "h3", "span"),
        *("button", "kbd", "aside", "label", "input", "p", "section", "svg", "rect", "main", "b", "i", "br", "nav"),
        *("dl", "dt", "dd", "wbr", "code", "q", "ul", "ol", "li", "table", "tbody", "tr", "th", "td", "details"),
        *("summary", "meter", "pre", "dialog", "form", "script"),
    }
    assert {node.tag for node in html.css("*")} <= ours
    assert len(html.css("script")) == len(html.css("style")) == len(html.css("form")) == 1
    for _, name, _ in attributes_of(html):
        assert not name.startswith("on")
        assert name not in {"style", "src", "srcset", "action", "formaction", "background", "xlink:href"}
    addresses = {value for node, name, value in attributes_of(html) if name == "href"}
    assert {address for address in addresses if not address.startswith("#")} == {"data:,"}
    assert CANARY_HOST in (html.css_first(".page") or pytest.fail("no page")).html


def test_the_policy_lets_nothing_in() -> None:
    """Nothing by default, style and script by digest, images inline only, no form, no base."""
    html = parsed(render(sheet_of(PLAIN)))
    policy = next(node.attributes["content"] for node in html.css("meta[http-equiv]"))
    rules = dict(rule.strip().split(" ", 1) for rule in (policy or "").split(";"))
    assert set(rules) == {"default-src", "style-src", "script-src", "img-src", "base-uri", "form-action"}
    assert {rules["default-src"], rules["base-uri"], rules["form-action"]} == {"'none'"}
    assert rules["img-src"] == "data:"
    for name in ("style-src", "script-src"):
        assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", rules[name])


def test_a_page_compared_with_itself_does_not_differ() -> None:
    """Nothing moved."""
    difference = compare(sheet_of(RICH), sheet_of(RICH))
    assert difference.moved == []
    assert difference.fields == []
    assert difference.flows == []


def test_a_change_of_profile_shows_what_moved(tmp_path: Path) -> None:
    """One selector broken: its region is unknown, and exactly its characters went from one role to the other."""
    changed_to = changed_profiles(
        tmp_path / "p", "netease/layouts/2020_post_main.toml", 'css = ".post_next"', 'css = ".post_gone"'
    )
    before, after = sheet_of(RICH), sheet_of(RICH, profiles=changed_to)
    difference = compare(before, after)
    entry = next(part for part in before.parts if part.role == "next")
    assert [(flow.before, flow.after, flow.characters) for flow in difference.flows] == [
        ("next", "unknown", entry.size)
    ]
    assert Change.ROLE in {pair.change for pair in difference.moved if pair.before is entry}
    assert [field.name for field in difference.fields] == ["profile version"]
    html = parsed(render_comparison(before, after))
    assert len(html.css(".pane")) == 2
    idents = [node.attributes["id"] for node in html.css("[id]")]
    assert len(idents) == len(set(idents))


def test_a_change_of_page_shows_what_moved() -> None:
    """A removed and an added paragraph, a changed headline and field: each is reported as such."""
    record = record_of(PLAIN.name)
    texts = [block.text for block in record.blocks if block.text and "<" not in block.text]
    gone = min((text for text in texts if text in PLAIN.body.decode()), key=len)
    body = changed(
        PLAIN,
        (gone, "新写的一段话，原来那段不见了。" * 3),
        ("2026-02-20 10:12:47", "2026-02-20 11:00:00"),
        (f">{record.headline}<", ">换过的标题<"),
    )
    difference = compare(sheet_of(PLAIN), sheet_of(PLAIN, body))
    message = {(pair.change, pair.one.role) for pair in difference.moved}
    assert (Change.TEXT, "headline") in message
    assert (Change.REMOVED, "paragraph") in message
    assert (Change.ADDED, "paragraph") in message
    fields = {field.name: (field.before, field.after) for field in difference.fields}
    assert fields["headline"] == (record.headline, "换过的标题")
    assert fields["datePublished"] == ("2026-02-20T10:12:47+08:00", "2026-02-20T11:00:00+08:00")
    assert difference.flows == []


GENERAL_URL = "https://news.example.com.cn/2024-05/17/c_1130001.html"


def test_the_general_reading_is_explained_line_by_line() -> None:
    """Each block with its score and what decided it; what is drawn is the partition."""
    sheet = lay_out(CHINESE_PAGE.encode(), GENERAL_URL, name="a", profiles=(), general=True)
    assert sheet.record is not None
    assert sheet.faults == []
    assert sheet.coverage == sheet.record.coverage
    assert [line.text for line in sheet.lines if line.chosen] == list(CHINESE)
    html = parsed(render(sheet))
    scored = html.css("#general-reading .scored")
    assert len(scored) == sum(line.score is not None for line in sheet.lines)
    assert [row.css_first("li") is not None for row in scored] == [True] * len(scored)
    body = next(part for part in sheet.parts if part.pointer == "/blocks/0")
    settings = dict(body.place.settings)
    assert float(settings["score"]) > 0.5
    assert re.fullmatch(r"[+-]\d+\.\d\d \w+ -?\d+: .+", settings["reason 1"])


def test_what_stands_in_for_a_profile_is_explained_as_the_general_reading() -> None:
    """As a crawl without a profile gives it."""
    stand_in = General(["example.com.cn"])
    assert lay_out(CHINESE_PAGE.encode(), GENERAL_URL, name="a", profiles=[stand_in]).judged is not None


def test_a_page_that_the_general_reading_refuses_is_explained() -> None:
    """The reason, and the scores of its lines all the same."""
    page = CHINESE_PAGE.replace(CHINESE[0], "一句话新闻，没有别的。").replace(
        "".join(f"<p>{text}</p>" for text in CHINESE[1:]), ""
    )
    sheet = lay_out(page.encode(), GENERAL_URL, name="a", profiles=(), general=True)
    assert sheet.record is None
    html = parsed(render(sheet))
    assert "not_an_article" in (html.css_first("#reason") or pytest.fail("no reason")).text()
    assert html.css_first("#general-reading") is not None


@pytest.mark.parametrize("case", CASES[::9], ids=lambda case: case.name)
def test_the_general_reading_of_any_page_is_drawn_whole(case: Case) -> None:
    """Part by part the drawn text is the partition's."""
    sheet = lay_out(case.body, case.response["url"], name=case.name, profiles=(), general=True)
    assert sheet.faults == []


def test_every_figure_of_the_model_is_explained() -> None:
    """In words."""
    assert tuple(SAYS) == FIGURES
