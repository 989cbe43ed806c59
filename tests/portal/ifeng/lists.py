"""List pages of the portal: its news front and the JSONP feed of an account."""

from __future__ import annotations

import json

from tests.portal.ifeng import frame
from tests.portal.page import FixturePage, Item, Truth, attr, esc
from tests.portal.prose import Prose

LAYOUT = "lists"
FRONT = "https://news.ifeng.com/"
FEED = "https://shankapi.ifeng.com/season/ishare/getShareListData/{media}/doc/1/ifengnewsh5/getListData"


def pages(articles: list[FixturePage]) -> list[FixturePage]:
    """Return the list pages; each links the portal's own articles and some that are not there."""
    prose = Prose("ifeng/lists")
    own = [
        Item(page.truth["headline"], page.truth["canonicalUrl"])
        for page in articles
        if "/c/" in page.url and "canonicalUrl" in page.truth
    ]
    return [_front(prose, own), _feed(prose, own[:6])]


def _front(prose: Prose, own: list[Item]) -> FixturePage:
    h = frame.Hashes(prose)
    found = [*own, *frame.some_items(prose, 8)]
    others = [
        "https://gentie.ifeng.com/view.html",
        "https://news.ifeng.com/shanklist/3-35197-/",
        "https://help.ifeng.com/",
    ]
    rows = "".join(
        f'<li class="{h("news_item")} clearfix"><a href="{attr(item.url.removeprefix("https:"))}"><img src="//d.ifengimg.com/w230_h152_q90/x0.ifengimg.com/ucms/x.jpg"></a><h2><a href="{attr(item.url.removeprefix("https:"))}" title="{attr(item.headline)}">{esc(item.headline)}</a></h2></li>\n'
        for item in found
    )
    links = "".join(f'<a href="{other}">{esc(prose.subhead())}</a>' for other in others)
    html = f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>资讯_凤凰网</title></head><body><div id="root">
{frame.header(h, [])}<ul class="{h("news_list")}">{rows}</ul><div>{links}</div>{frame.footer(h, 2024)}</div></body></html>
"""
    truth: Truth = {"kind": "list", "charset": "utf-8", "links": [item.url for item in found], "excluded": others}
    return FixturePage(
        site="ifeng", layout=LAYOUT, case="news_front", url=FRONT, body=html.encode(), truth=truth,
        note="the news front: links without a scheme, and others that are no articles", charset={"header": "utf-8", "meta": "utf-8", "actual": "utf-8"},
    )  # fmt: skip


def _feed(prose: Prose, own: list[Item]) -> FixturePage:
    rows = [
        {"title": item.headline, "base62Id": item.url.rpartition("/")[2], "newsTime": f"2026-02-{20 - row} 10:00:00", "source": prose.account(), "type": "article"}
        for row, item in enumerate(own)
    ]  # fmt: skip
    body = f"getListData({json.dumps({'code': 0, 'message': 'success', 'data': rows}, ensure_ascii=False)})"
    truth: Truth = {
        "kind": "list",
        "charset": "utf-8",
        "links": [f"https://feng.ifeng.com/c/{row['base62Id']}" for row in rows],
    }
    return FixturePage(
        site="ifeng", layout=LAYOUT, case="account_feed", url=FEED.format(media=prose.digits(7)), body=body.encode(), truth=truth, headers={"Content-Type": "application/javascript;charset=utf-8"},
        note="an account's articles as JSONP: ids without addresses", charset={"header": "utf-8", "meta": None, "actual": "utf-8"},
    )  # fmt: skip
