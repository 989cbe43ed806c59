"""`scrapy newsite` learns from pages whose article is in their data: rules that a profile can state, proven by leaving out."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest

from crawler.draft.data import entries
from crawler.draft.site import Draft, Given
from crawler.page.dom import Page
from crawler.records.model import Flag
from tests.newsite_pages import HEADLINES, article, paragraphs
from tests.test_newsite_learning import DAY, body, learned, read

SHELL = '<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head><body><div id="app"></div>{script}</body></html>'
OTHER = "码头的灯修好了，夜里的船可以靠岸，摆渡的人不用再等天亮，集市也早开了一个钟头。" * 5


def facts(number: int, text: object) -> dict[str, object]:
    """Return what the data say of an article: an object with its text, among others."""
    return {
        "menu": [{"title": "首页"}, {"title": "新闻"}],
        "page": {
            "detail": {
                "id": 8801000 + number,
                "title": HEADLINES[number],
                "content": text,
                "publishTime": f"2026-02-1{number} 10:1{number}:00",
                "updateTime": "2026-03-01 00:00:00",
            },
            "related": [
                {"title": HEADLINES[number - 1], "content": f"<p>{OTHER}</p>", "publishTime": "2026-01-01 00:00:00"}
            ],
        },
    }


def in_data(number: int, form: str, *, title: str | None = None) -> Given:
    """Return a page without any text in its elements."""
    parts = paragraphs(number, 6)
    html = "".join(f"<p>{part}</p>" for part in parts)
    texts: dict[str, object] = {"lines": "\n".join(parts), "list": [{"type": "text", "data": part} for part in parts]}
    value = facts(number, texts.get(form, html))
    if form == "by number":
        value = {"articles": {f"a{8801000 + number}": value["page"]["detail"]}}  # type: ignore[index]
    said = json.dumps(value, ensure_ascii=False)
    linked = '<script type="application/ld+json">{}</script>'
    article = {"@type": "NewsArticle", "headline": HEADLINES[number], "articleBody": "\n".join(parts)}
    dated = {"datePublished": f"2026-02-1{number}T10:1{number}:00+08:00"}
    scripts = {
        "attribute": f'<div data-page="{escape(said)}"></div>',
        "encoded attribute": f'<div id="root" data-state="{quote(said)}"></div>',
        "string": f"<script>window.pageState = {json.dumps({'state': said}, ensure_ascii=False)};</script>",
        "string in an attribute": f'<div data-props="{escape(json.dumps({"state": said}))}"></div>',
        "linked": linked.format('{"@type": "WebSite", "datePublished": "2026-01-01"}')
        + linked.format(json.dumps(article | dated, ensure_ascii=False)),
        "variable": f"<script>window.pageState = {said};</script>",
        "encoded": f'<script id="RENDER_DATA" type="application/json">{quote(said)}</script>',
    }
    script = scripts.get(form, f'<script id="__NEXT_DATA__" type="application/json">{said}</script>')
    shown = f"{HEADLINES[number]}_临溪网" if title is None else title
    url = f"https://news.linxi.example/2026/02/art_{8801000 + number}.html"
    return Given(url=url, body=SHELL.format(title=shown, script=script).encode())


FORMS = ["script", "variable", "encoded", "lines", "list", "by number", "attribute", "encoded attribute"]
NESTED = ["string", "string in an attribute", "linked"]


@pytest.mark.parametrize("form", FORMS + NESTED)
def test_an_article_in_the_data_of_a_page(tmp_path: Path, form: str) -> None:
    """The next page gives a record: the text of its own article, not of the others that the data have."""
    draft, profile, _ = learned(tmp_path, [in_data(number, form) for number in (1, 2, 3)])
    record = read(in_data(4, form), profile)
    assert (HEADLINES[4], paragraphs(4, 6)) == (record.headline, body(record))
    assert "2026-02-14T10:14:00+08:00" == record.date_published
    assert Flag.BODY_FROM_DATA in record.flags
    rule = next(rule for rule in draft.rules if rule.key == "article.body")
    assert (3, 3, 3) == (rule.held, rule.right, rule.checked)


def test_the_headline_of_pages_without_a_title(tmp_path: Path) -> None:
    """It is the title beside the text."""
    _, profile, _ = learned(tmp_path, [in_data(number, "variable", title="临溪网") for number in (1, 2, 3)])
    assert HEADLINES[4] == read(in_data(4, "variable", title="临溪网"), profile).headline


def test_a_page_that_holds_its_text_twice(tmp_path: Path) -> None:
    """The elements are used; a page that only has the data is read from them."""
    pages = [
        article(
            number,
            head=f"<script>var doc = {json.dumps({'text': ''.join(f'<p>{p}</p>' for p in paragraphs(number))})};</script>",
        )
        for number in (1, 2, 3)
    ]
    draft, profile, _ = learned(tmp_path, pages)
    assert paragraphs(1) == body(read(pages[0], profile))
    assert ["css", "data"] == [rule.toml[1].split()[0] for rule in draft.rules if rule.key == "article.body"]
    emptied = "".join(f"<p>{part}</p>" for part in paragraphs(1)).encode()
    bare = Given(url=pages[0].url, body=pages[0].body.replace(emptied, b""))
    assert paragraphs(1) == body(read(bare, profile))


@pytest.mark.parametrize("parts", [False, True], ids=["text", "list of one part"])
def test_a_page_that_only_has_the_data(tmp_path: Path, parts: bool) -> None:
    """Pages have the article in elements and, in another version, in their data; the next one in its data only."""

    def script(number: int, *texts: list[str]) -> str:
        html = ["".join(f"<p>{part}</p>" for part in text) for text in texts]
        content = [{"type": "text", "data": text} for text in html] if parts else "".join(html)
        value = {"doc": {"title": HEADLINES[number], "content": content, "time": f"2026-02-1{number} 10:1{number}"}}
        return f"<script>var pageState = {json.dumps(value, ensure_ascii=False)};</script>"

    pages = [
        article(number, head=script(number, paragraphs(number, 4) + paragraphs(number + 30, 3))) for number in (1, 2, 3)
    ]
    _, profile, said = learned(tmp_path, pages)
    assert paragraphs(1) == body(read(pages[0], profile))
    assert "threshold = 0.4" in said
    only = SHELL.format(title=f"{HEADLINES[4]}_临溪网", script=script(4, paragraphs(4), paragraphs(40)))
    record = read(Given(url="https://news.linxi.example/2026/02/art_8801004.html", body=only.encode()), profile)
    assert (HEADLINES[4], paragraphs(4) + paragraphs(40)) == (record.headline, body(record))


def test_a_relative_time(tmp_path: Path) -> None:
    """Pages that only say 3小时前 give a date, by the time at which they were fetched."""
    pages = [article(n, info=f'<span class="when">{n}小时前</span> <span>来源：灯下漫笔</span>') for n in (1, 2, 3)]
    draft, _, _ = learned(tmp_path, pages)
    rule = next(rule for rule in draft.rules if rule.key == "fields.datePublished")
    assert (3, "") == (rule.held, rule.reason)


def test_a_summary_above_the_text(tmp_path: Path) -> None:
    """An element of the body that is called a summary is neither body nor chrome, even if one page shows it."""
    deck = '<div class="lx-intro">镇上的人都说，这个冬天的江风比往年小，渡口的旧船也该修一修了，大家都盼着春天早些来。</div>'
    pages = [article(1, before=deck), article(2), article(3)]
    _, profile, said = learned(tmp_path, pages)
    assert "[article.info.lead]" in said
    assert paragraphs(4) == body(read(article(4, before=deck), profile))


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("<div>（原标题：渡口停航以后）</div>", "credits"),
        ("<p>《 临溪日报 》（ 2026年02月14日 04 版）</p>", "credits"),
        ("<p>未经正式授权严禁转载本文，侵权必究。</p>", "disclaimer"),
        ('<p>相关新闻：<a href="/2026/02/art_8801999.html">桥头的早市搬到了新址</a></p>', "related"),
    ],
)
def test_what_stands_in_bodies_sooner_or_later(tmp_path: Path, line: str, role: str) -> None:
    """Lines that no page at hand has are known by their words."""
    _, profile, _ = learned(tmp_path, [article(number) for number in (1, 2, 3)])
    record = read(article(4, after=line), profile)
    assert paragraphs(4) == body(record)
    [taken] = [entry for entry in record.chrome if (entry.text or "-")[:4] in line]
    assert (role, role == "related") == (taken.role.value, bool(taken.items))


def test_places_in_data() -> None:
    """A path is literal, and general where it has the number of an item or of an article."""
    said = {"list": [{"t": "一"}, {"t": "二"}], "by": {"a1234": {"t": "三"}}, "odd key": 1700000000}
    script = f'<script type="application/json">{json.dumps(said)}</script>'
    found = {
        (entry.path, entry.values)
        for entry in entries(Page(SHELL.format(title="", script=script), "https://a.example/"))
    }
    assert {
        ("list[].t", ("一", "二")),
        ("list[].t | [0]", ("一",)),
        ("list[0].t", ("一",)),
        ("list[1].t", ("二",)),
        ("by.*.t | [0]", ("三",)),
        ('"odd key"', ("1700000000",)),
    } == found


def test_hostile_data_are_bounded() -> None:
    """Deep and wide data end at the limits."""
    deep = "[" * 900 + '"x"' + "]" * 900
    wide = json.dumps({f"k{n}": "v" for n in range(40_000)})
    script = f'<script type="application/json" id="deep">{deep}</script><script type="application/json" id="wide">{wide}</script>'
    assert 30_000 >= len(entries(Page(SHELL.format(title="", script=script), "https://a.example/"))) > 0


def test_a_list_that_is_empty_on_most_pages(tmp_path: Path) -> None:
    """Its items are learned from the page that has some."""
    pages = []
    for number in (1, 2, 3):
        given = article(number)
        if number > 1:
            start = given.body.index(b"<ul>", given.body.index(b'"lx-related"'))
            empty = b"<p>\xe5\x8a\xa0\xe8\xbd\xbd\xe6\x9b\xb4\xe5\xa4\x9a</p>"
            given = Given(
                url=given.url, body=given.body[:start] + empty + given.body[given.body.index(b"</ul>", start) + 5 :]
            )
        pages.append(given)
    _, profile, _ = learned(tmp_path, pages)
    found = {entry.role.value: entry for entry in read(article(4), profile).chrome}
    assert 5 == len(found["related"].items or ())


@pytest.mark.parametrize(
    ("around", "before"), [('{"articles": {OTHERSOWN}}', '"a7700771": '), ('[{"id": 1}, OTHERSOWN]', "")]
)
def test_a_list_in_which_another_article_without_text_is_in_front(tmp_path: Path, around: str, before: str) -> None:
    """The values are those of the first object that has a body."""

    def stated(number: int, others: str) -> Given:
        page = in_data(number, "by number")
        start, end = page.body.index(b'{"articles": {'), page.body.index(b"</script>")
        own = page.body[start:end].decode().removeprefix('{"articles": {').removesuffix("}}")
        own = own.partition(": ")[2] if around[0] == "[" else own
        made = around.replace("OTHERS", others).replace("OWN", own)
        return Given(url=page.url, body=page.body[:start] + made.encode() + page.body[end:])

    _, profile, _ = learned(tmp_path, [stated(number, "") for number in (1, 2, 3)])
    record = read(stated(4, f"{before}{OTHERS}, "), profile)
    assert ("2026-02-14T10:14:00+08:00", paragraphs(4, 6)) == (record.date_published, body(record))


OTHERS = json.dumps({"publishTime": "2026-01-01 00:00:00"})


def stating(number: int, script: str) -> Given:
    """Return a page whose date only a script has; in the script, OTHERS is the date of another article."""
    own = f"2026-02-1{number} 10:1{number}:00"
    script = script.replace("OWN", f'"publishTime": "{own}"').replace("DATE", f'"{own}"').replace("OTHERS", OTHERS)
    url = f"https://news.linxi.example/a/900{number}771.html"
    return article(number, info='<span class="src">来源：灯下漫笔</span>', head=f"<script>{script}</script>", url=url)


@pytest.mark.parametrize(
    ("script", "following", "kept"),
    [
        ("pageState = {OWN, related: [OTHERS]};", "pageState = {related: [OTHERS], OWN};", 'path = "publishTime"'),
        ("var publishTime = DATE;", "show(OTHERS); var publishTime = DATE;", 'variable = "publishTime"'),
        ("var publishTime = DATE; show({OWN});", "var publishTime = DATE;", 'variable = "publishTime"'),
    ],
    ids=["object", "variable", "variable twice"],
)
def test_the_date_of_another_article_in_front(tmp_path: Path, script: str, following: str, kept: str) -> None:
    """It is not read: the rule is a path in an object if there is one, else a variable that scripts assign."""
    _, profile, said = learned(tmp_path, [stating(number, script) for number in (1, 2, 3)])
    assert kept in said
    assert "2026-02-14T10:14:00+08:00" == read(stating(4, following), profile).date_published


@pytest.mark.parametrize("script", ["show({OWN});", "var publishTime = DATE; show(OTHERS);"])
def test_a_name_that_could_be_another_article_s(tmp_path: Path, script: str) -> None:
    """A bare name is not a rule if it is only a property's, or if a page has another value of it."""
    draft = Draft("linxi", [stating(number, script) for number in (1, 2, 3)], DAY)
    draft.write(tmp_path / "linxi")
    [rule] = [rule for rule in draft.rules if rule.key == "fields.datePublished"]
    assert "not a variable with a single value on 3 of 3 pages: could be another article's" == rule.reason
