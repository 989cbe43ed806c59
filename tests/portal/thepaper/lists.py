"""List pages of the portal: its front, a channel, the feed of the side column, an account."""

from __future__ import annotations

import json

from tests.portal.page import FixturePage, Item, Truth, esc
from tests.portal.prose import Prose
from tests.portal.thepaper import frame

LAYOUT = "lists"
FRONT = "https://www.thepaper.cn/"
FEED = "https://cache.thepaper.cn/contentapi/wwwIndex/rightSidebar"
CHANNEL = "https://www.thepaper.cn/channel_25951"
MEDIA = "https://www.thepaper.cn/gov_31234"


def pages(articles: list[FixturePage]) -> list[FixturePage]:
    """Return the list pages; each links the portal's own articles and some that are not there."""
    prose = Prose("thepaper/lists")
    own = [Item(page.truth["headline"], page.truth["canonicalUrl"]) for page in articles]
    return [
        _html(
            prose,
            "front",
            FRONT,
            own[:9],
            "front page with links to questions and pages of the portal, which are no articles",
        ),
        _feed(prose, own),
        _html(prose, "channel", CHANNEL, own[2:7], "a channel"),
        _html(prose, "account", MEDIA, own[2:4], "an account's page"),
    ]


def _html(prose: Prose, case: str, url: str, own: list[Item], note: str) -> FixturePage:
    found = [*own, *frame.some_items(prose, 4)]
    others = ["asktopic_detail_10010001", "contact_us.jsp", "list_31999"]
    rows = "".join(
        f'<div class="news_li" id="cont{row}"><div class="news_tu"><a href="{frame.relative(item)}" target="_blank"><img src="{frame.picture(prose)}"></a></div><h2><a href="{frame.relative(item)}" target="_blank">{esc(item.headline)}</a></h2><p>{esc(prose.sentence())}</p></div>\n'
        for row, item in enumerate(found)
    )
    links = "".join(f'<a href="{other}">{esc(prose.subhead())}</a>' for other in others)
    html = f"""<html><head><meta charset="utf-8"><title>澎湃新闻-{case}</title></head><body>
{frame.head(prose)}<div class="bdwd main clearfix"><div class="newsbox">{rows}</div><div class="main_rt">{links}</div></div>
{frame.footer(prose, 2021)}</body></html>
"""
    truth: Truth = {
        "kind": "list",
        "charset": "utf-8",
        "links": [item.url for item in found],
        "excluded": [FRONT + other for other in others],
    }
    return FixturePage(
        site="thepaper",
        layout=LAYOUT,
        case=case,
        url=url,
        body=html.encode(),
        truth=truth,
        note=note,
        charset={"header": "utf-8", "meta": "utf-8", "actual": "utf-8"},
    )


def _feed(prose: Prose, own: list[Item]) -> FixturePage:
    rows = [
        {"contId": item.url.rpartition("_")[2], "name": item.headline, "pubTime": f"{row}小时前", "pubTimeLong": 1771574400000 - row * 3600000, "nodeInfo": {"name": prose.account()}}
        for row, item in enumerate(own, start=1)
    ]  # fmt: skip
    body = json.dumps(
        {
            "resultCode": 1,
            "resultMsg": "success",
            "data": {"hotNews": rows, "financialInformationNews": [], "editorHandpicked": []},
        },
        ensure_ascii=False,
    )
    truth: Truth = {"kind": "list", "charset": "utf-8", "links": [item.url for item in own]}
    return FixturePage(
        site="thepaper", layout=LAYOUT, case="hot_feed", url=FEED, body=body.encode(), truth=truth, headers={"Content-Type": "application/json;charset=UTF-8"},
        note="the side column's list as JSON: ids without addresses, times in milliseconds", charset={"header": "UTF-8", "meta": None, "actual": "utf-8"},
    )  # fmt: skip
