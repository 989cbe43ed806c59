"""The general reading of pages whose article stands in their data only."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from urllib.parse import quote

import pytest

from crawler.errors import Quarantined
from crawler.heuristics.data import _html
from crawler.heuristics.streams import returned
from crawler.records.model import Flag
from tests.test_general_reading import CHINESE, CHINESE_PAGE, paragraphs, read

STATE = json.dumps({
    "nav": [{"title": "首页"}],
    "list": [{"title": "滨江路改造工程完成过半", "content": "".join(CHINESE[::-1])}],
    "detail": {"docTitle": "临湾市图书馆新馆开放", "content": paragraphs(*CHINESE), "comments": [{"content": "".join(CHINESE)}]},
}, ensure_ascii=False)  # fmt: skip
PARTS = json.dumps({"a": {"title": "临湾市图书馆新馆开放", "contentList": [{"data": text} for text in CHINESE]}})
TITLE = "临湾市图书馆新馆开放"
BODY = paragraphs(*CHINESE)
CALLED = (
    'window.__NUXT__=(function(a,b,c,d){a.x=1;return {layout:"default",data:[{seen:a,article:{title:b,content:c,'
    f"hot:d,more:[{{title:'滨江路改造工程完成过半',content:d}}]}}}}],error:null}}}}(void 0,{json.dumps(TITLE)},"
    f"{json.dumps(BODY)},new Date(1)));"
)
PLACED = json.dumps(
    [["ShallowReactive", 1], {"data": 2, "self": 0}, {"a": 3}, {"title": 4, "content": 5, "n": 6}, TITLE, BODY, 3]
)
ROWS = (
    f'0:["$","$L2",null,{{"post":{{"title":"{TITLE}","body":"$4"}},"all":"$0"}}]\n'
    f'2:I["x"]\n4:T{len(BODY.encode()):x},{BODY}5:["$","p",null,{{"children":"…"}}]\n'
)
PUSHED = "".join(
    f"<script>self.__next_f.push([1,{json.dumps(ROWS[at : at + 90])}])</script>" for at in range(0, len(ROWS), 90)
)


@pytest.mark.parametrize(
    "data",
    [
        f"<script>window.__INITIAL_STATE__ = {STATE};</script>",
        f'<script type="application/json">[[{STATE}, 1], [[{{}}]]]</script>',
        f"<script>var state = JSON.parse({json.dumps(STATE)}), n = 1;</script>",
        f'<script id="__NEXT_DATA__" type="application/json">{STATE}</script>',
        f'<script type="application/json">{quote(STATE)}</script>',
        f"<script>var page = {PARTS}</script>",
        f'<div data-page="{escape(STATE)}"></div>',
        f'<div data-preloaded="{escape(json.dumps({"topic": STATE}))}"></div>',
        f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "临湾市图书馆新馆开放", "articleBody": {json.dumps(chr(10).join(CHINESE))}}}</script>',
        f'<textarea class="article-content" style="display:none">{escape(paragraphs(*CHINESE))}</textarea>',
        f"<noscript>{paragraphs(*CHINESE)}</noscript>",
        f"<script>var contentText = '{paragraphs(*CHINESE)}';</script>",
        f"<script>{CALLED}</script>",
        f'<script type="application/json" id="__NUXT_DATA__">{PLACED}</script>',
        PUSHED,
    ],
    ids=[
        "state",
        "objects in front",
        "parse",
        "next",
        "encoded",
        "parts",
        "attribute",
        "nested",
        "json-ld",
        "textarea",
        "noscript",
        "string",
        "called",
        "places",
        "rows",
    ],
)
def test_a_body_that_only_the_data_have_is_read_from_there(data: str) -> None:
    """It must stand beside the page's own headline: the data have other articles and comments too."""
    page = re.sub(r'<div class="article-content">.*?</div>', lambda _: data, CHINESE_PAGE)
    record = read(page)
    assert [block.text for block in record.blocks] == list(CHINESE)
    assert {Flag.BODY_FROM_DATA, Flag.BODY_DOUBT, Flag.GENERAL} <= set(record.flags)
    assert (record.headline, record.in_language) == ("临湾市图书馆新馆开放", "zh-CN")
    assert record.date_published == "2024-05-17T09:30:12+08:00"


@pytest.mark.parametrize(
    "data",
    [
        f"<script>var state = {STATE.replace('临湾市图书馆新馆开放', '临湾书展下月开幕')}</script>",
        "<script>var state = {" + "[" * 100_000 + "</script>",
        f"<noscript><p>{CHINESE[0]}</p></noscript>",
    ],
    ids=["another article", "broken", "a sentence"],
)
def test_data_that_hold_no_article_of_the_page_give_no_record(data: str) -> None:
    """Nor do those of a front page, whatever they hold."""
    page = re.sub(r'<div class="article-content">.*?</div>', lambda _: data, CHINESE_PAGE)
    with pytest.raises(Quarantined):
        read(page)
    with pytest.raises(Quarantined):
        read(page.replace(data, f"<script>var state = {STATE}</script>"), "https://news.example.com.cn/")


@contextmanager
def in_five_cpu_seconds() -> Iterator[None]:
    """Raise AssertionError if the code takes longer."""

    def stop(*_: object) -> None:
        raise AssertionError("took more than 5 CPU seconds")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, 5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def test_spaces_in_data_cost_no_square_of_time() -> None:
    """A text with half a million spaces takes 10 ms; a pattern that begins with white space takes minutes."""
    with in_five_cpu_seconds():
        assert _html("".join(CHINESE) * 4 + " " * 500_000 + "x\n  y") is not None


@pytest.mark.parametrize("piece", ['\\"', "\\'", "\\`", "=(function(a){return {a:1}}("])
def test_a_function_that_nothing_ends_costs_no_square_of_time(piece: str) -> None:
    """A quote that nothing closes is searched for once."""
    with in_five_cpu_seconds():
        assert list(returned("=(function(a){return {x:" + piece * 100_000 + "}}(1))")) == []
