"""List pages and feeds of the portal: JSONP feeds, mobile lists, an account's page, rankings, channel fronts."""

from __future__ import annotations

import json
from datetime import datetime

from tests.portal.netease import chrome, items
from tests.portal.page import FixturePage, Item, Truth, attr, esc
from tests.portal.prose import Prose

LAYOUT = "lists"
FEED = "https://news.163.com/special/cm_yaowen20200213{page}/?callback=data_callback"
MOBILE = "https://3g.163.com/touch/reconstruct/article/list/{channel}/{start}-{count}.html"
RANK = "https://news.163.com/special/0001386F/rank_news.html"
FRONT = "https://news.163.com/"
HOT_FLOW = "https://m.163.com/fe/api/hot/news/flow"
PROMO = "https://u.163.com/promo/autumn-sale.html"


def feed(prose: Prose, found: list[Item], *, promo: bool = True, careless: bool = True) -> str:
    """Return a ``cm_*`` feed: JSONP, with an ad (point 80) and, when ``careless``, a trailing comma and a raw tab."""
    rows = [_feed_row(prose, item, "60") for item in found]
    if promo:
        rows.insert(2, _feed_row(prose, Item("秋季上新 满三百减四十", PROMO, "推广", found[0].time), "80"))
    out = [json.dumps(row, ensure_ascii=False, indent=1) for row in rows]
    if careless:
        out[-1] = out[-1].replace('"digest": "', '"digest": "\t', 1)
    return f"data_callback([\n{_joined(out)}{',' if careless else ''}\n])"


def _joined(rows: list[str]) -> str:
    return ",\n".join(rows)


def _feed_row(prose: Prose, item: Item, point: str) -> Truth:
    day = datetime.fromisoformat(item.time or "2026-01-01 00:00:00")
    doc = item.url.partition("?")[0].rpartition("/")[2].removesuffix(".html")
    return {
        "title": item.headline, "digest": prose.sentence() if point == "60" else "", "docurl": item.url,
        "commenturl": f"https://comment.tie.163.com/{doc}.html", "tienum": prose.between(0, 9000), "tlastid": "", "tlink": item.url,
        "label": "其它", "keywords": [{"akey_link": f"/keywords/{prose.hexa(1)}/{prose.hexa(1)}/{prose.hexa(8)}/1.html", "keyname": word} for word in prose.keywords(2)],
        "time": f"{day:%m/%d/%Y %H:%M:%S}", "newstype": "article", "imgurl": items.picture(prose, "cms-bucket", day),
        "add1": "", "add2": "", "add3": "", "source": item.author, "channelname": "yaowen", "point": point,
    }  # fmt: skip


def mobile_list(prose: Prose, channel: str, found: list[Item]) -> str:
    """Return a channel's list as the mobile pages load it: ``artiList({...})``."""
    rows = [
        {
            "docid": i.url.partition("?")[0].rpartition("/")[2].removesuffix(".html"), "title": i.headline, "digest": "", "source": i.author,
            "ptime": i.time, "imgsrc": items.picture(prose, "cms-bucket", datetime(2026, 2, 20)), "url": i.url.partition("?")[0].replace("www.", "3g."),
            "commentCount": prose.between(0, 999), "liveInfo": None,
        }
        for i in found
    ]  # fmt: skip
    return f"artiList({json.dumps({channel: rows}, ensure_ascii=False)})"


def media_page(prose: Prose, account: Truth, found: list[Item], *, era: int) -> str:
    """Return an account's page: ``.tab_content`` up to 2021 or so, ``.list_box .js-item`` now."""
    if era < 2022:
        rows = "".join(
            f'<li><a class="img" href="{attr(i.url)}"><img _src="{attr(items.thumbnail(i.image or "", "140y88"))}" src="https://static.ws.126.net/empty.png"></a><div class="info"><h4><a href="{attr(i.url)}" class="title">{esc(i.headline)}</a></h4><span class="time">{i.time}</span><a class="tie" href="#">{prose.between(0, 99)}</a></div></li>\n'
            for i in found
        )
        inner = f'<div class="tab_content"><ul>{rows}</ul></div>'
    else:
        rows = "".join(
            f'<div class="js-item item" data-docid="{prose.base32(16)}"><a class="img" href="{attr(i.url)}"><img src="{attr(items.thumbnail(i.image or "", "140y88"))}"></a><div class="s-info"><a class="title" href="{attr(i.url)}">{esc(i.headline)}</a><span class="time">{i.time}</span></div></div>\n'
            for i in found
        )
        inner = f'<div class="list_box">{rows}</div>'
    return f"""<!DOCTYPE html>
<html><head><title>{esc(account["name"])}_网易号</title><meta name="description" content="{attr(account["description"])}">{chrome.filler_style(prose, 20)}</head>
<body>{chrome.nav()}
<div class="wrapper"><div class="media_head"><div class="head_img"><img src="{items.picture(prose, "dingyue", datetime(2026, 1, 1))}"></div><h2>{esc(account["name"])}</h2><div class="icon_line desc">{esc(account["description"])}</div></div>
<ul class="tab_titles"><li class="active">文章</li><li>视频</li></ul>
{inner}</div>
{chrome.footer(era)}{chrome.tracking(prose)}</body></html>
"""


def rank_page(prose: Prose, found: list[Item], *, declared: str = "gbk") -> str:
    """Return a ranking: tables by hour, day and week, which link many articles more than once."""
    tables = ""
    for number, cut in enumerate((10, 15, len(found))):
        rows = "".join(
            f'<tr><td class="{"red" if n < 3 else "gray"}"><span>{n + 1}</span><a href="{attr(i.url.partition("?")[0])}">{esc(i.headline)}</a></td><td class="cBlue">{prose.between(900, 90000)}</td></tr>\n'
            for n, i in enumerate(found[:cut])
        )
        tables += f'<div class="tabContents{" active" if not number else ""}"><table cellspacing="0"><tbody><tr><th>标题</th><th>点击数</th></tr>{rows}</tbody></table></div>\n'
    return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head><meta http-equiv="Content-Type" content="text/html; charset={declared}" /><title>新闻点击排行_网易新闻</title></head>
<body>{chrome.nav(logo="http://news.163.com/")}<div class="area areabg1"><div class="area-half left"><div class="tabBox"><div class="title-tab"><ul><li class="active">1小时</li><li>24小时</li><li>本周</li></ul></div>
{tables}</div></div></div>{chrome.footer(2020)}</body></html>
"""


def front(prose: Prose, found: list[Item], *, after_js: bool) -> str:
    """Return a channel's front page: top news in the static page, the stream below only after scripts ran."""
    top, stream = found[: len(found) // 2], found[len(found) // 2 :]
    heads = "".join(
        f'<li><a href="{attr(i.url)}"><em class="fB cms-I_Blank_">{esc(i.headline)}</em></a></li>\n' for i in top[1:]
    )
    rows = "".join(
        f"""<div class="data_row news_article clearfix "><a href="{attr(i.url)}" class="na_pic"><img src="{attr(items.thumbnail(i.image or "", "190y120"))}" alt="{attr(i.headline)}"></a>
<div class="na_detail clearfix "><div class="news_title"><h3><a href="{attr(i.url)}">{esc(i.headline)}</a></h3></div><div class="news_tag"><strong class="barlink"><a href="http://news.163.com" class="link link_more"><em>新闻</em></a></strong><div class="keywords"><a href="http://news.163.com/keywords/{prose.hexa(1)}/{prose.hexa(1)}/{prose.hexa(8)}/1.html">{prose.keywords(1)[0]}</a></div><span class="time">{prose.between(1, 23)}小时前</span></div></div></div>
"""
        for i in stream
    )
    menu = "".join(
        f'<li><a href="https://{host}/">{name}</a></li>'
        for name, host in (
            ("首页", "www.163.com"),
            ("排行", "news.163.com/rank"),
            ("军事", "war.163.com"),
            ("专题", "news.163.com/special/wangsansanhome"),
        )
    )
    return f"""<html id="ne_wrap" phone="1"><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><meta name="model_url" content="http://news.163.com/special/index2015/"><title>网易新闻</title><base target="_blank">{chrome.filler_style(prose, 200)}</head>
<body class="news_pc ns12"><div class="index2016_wrap" id="index2016_wrap"><div class="index_header">{chrome.nav()}</div>
<div class="ns_area index_top_ad"><div class="at_item common_ad_item top_ad_column" adtype="topColumnAd"></div><span class="channel_ad_2016">广告</span></div>
<div class="index_head"><h1><a href="https://news.163.com/" class="channel2019_logo">网易新闻</a></h1><div class="bd"><div class="ns_area list"><ul>{menu}</ul></div></div></div>
<div class="ns_area clearfix index_main"><div class="mod_top_news2" id="js_top_news"><div class="news_default_news news_news_show"><h2><a href="{attr(top[0].url)}">{esc(top[0].headline)}</a></h2><ul class="top_news_ul">{heads}</ul></div></div>
<div class="mod_top_news_ad"><a href="http://gb.corp.163.com/gb/legal.html" class="ad_hover_href"></a><div id="ssp_{prose.digits(7)}"></div></div>
<ul class="newsdata_list"><li class="newsdata_item current"><div class="ndi_main">{rows if after_js else ""}</div></li><li class="newsdata_item"><div class="ndi_main"></div></li></ul><div class="load_more_foot" id="load_more_foot"></div></div>
<div class="hidden"><a href="{attr(found[0].url)}">隐藏的头条</a></div>
<div class="ns_area foot_execute_leader">执行主编：{prose.person()}_NN{prose.digits(4)}</div></div>
{chrome.footer(2020)}{chrome.filler_script(prose, 300)}{chrome.tracking(prose)}</body></html>
"""


def hot_flow(prose: Prose, found: list[Item]) -> str:
    """Return the hot list's API answer."""
    rows = [
        {"title": i.headline, "imgsrc": i.image, "source": i.author, "ptime": i.time, "url": i.url.partition("?")[0]}
        for i in found
    ]
    return json.dumps({"code": 200, "msg": "", "data": {"list": rows}}, ensure_ascii=False)


def _plain(url: str) -> str:
    return url.partition("?")[0]


def pages(articles: list[FixturePage]) -> list[FixturePage]:
    """Return one list page of each kind, linking to ``articles`` (which must be articles of this portal)."""
    prose = Prose("netease/lists")
    found = [_item(prose, page) for page in articles]
    current = [i for i in found if "www.163.com/" in i.url]
    account = next(page.truth["account"] for page in articles if page.truth.get("account"))
    accounts = [i for i in current if "/dy/" in i.url]
    half = len(found) // 2
    made: list[FixturePage] = []

    def add(
        case: str,
        url: str,
        text: str,
        links: list[str],
        kind: str = "text/html; charset=utf-8",
        *,
        encoding: str = "utf-8",
        note: str,
        **truth: object,
    ) -> None:
        sent = kind.partition("charset=")[2] or None
        told: Truth = {"kind": "list", "charset": encoding, "links": links, **truth}
        made.append(
            FixturePage(
                site="netease", layout=LAYOUT, case=case, url=url, body=text.encode(encoding), truth=told, headers={"Content-Type": kind},
                note=note, charset={"header": sent, "meta": None, "actual": encoding},
            )
        )  # fmt: skip

    add(
        "cm_feed_page_1", FEED.format(page=""), feed(prose, found[:half]), _links(found[:half]), "application/javascript; charset=UTF-8",
        note="JSONP with an ad (point 80), a trailing comma and a raw tab in a string",
        items=_told(found[:half]), excluded=[PROMO], next=FEED.format(page="_02"),
    )  # fmt: skip
    add(
        "cm_feed_page_2_gbk", FEED.format(page="_02"), feed(prose, found[half:], promo=False, careless=False), _links(found[half:]),
        "application/x-javascript; charset=GBK", encoding="gb18030",
        note="the feed's second page, in GBK as some hosts still send it; a third does not exist",
        items=_told(found[half:]), next=FEED.format(page="_03"),
    )  # fmt: skip
    add(
        "mobile_channel", MOBILE.format(channel="BBM54PGAwangning", start=0, count=20), mobile_list(prose, "BBM54PGAwangning", current),
        [_plain(i.url).replace("www.", "3g.") for i in current], note="artiList(...) of the mobile pages",
    )  # fmt: skip
    add(
        "media_2026",
        account["url"],
        media_page(prose, account, accounts, era=2026),
        _links(accounts),
        note="an account's page, .list_box .js-item",
    )
    add(
        "media_2021", "https://www.163.com/dy/media/T1536000000001.html", media_page(prose, account, accounts, era=2021), _links(accounts),
        note="an account's page of older make: .tab_content, pictures in _src",
    )  # fmt: skip
    ranked = [_plain(i.url) for i in found]
    add(
        "rank_gbk", RANK, rank_page(prose, found), ranked, "text/html; charset=GBK", encoding="gb18030",
        note="a ranking in GBK; an article stands in up to three tables",
    )  # fmt: skip
    add(
        "rank_lies_utf8", RANK.replace("rank_news", "rank_whole"), rank_page(prose, found, declared="utf-8"), ranked, "text/html", encoding="gb18030",
        note="the meta says utf-8 over GBK bytes, the header says nothing",
    )  # fmt: skip
    add(
        "front_after_js", FRONT, front(prose, found, after_js=True), _links(found), note="a channel's front after scripts filled the stream",
        excluded=["https://war.163.com/", "https://news.163.com/special/wangsansanhome/"],
    )  # fmt: skip
    add(
        "front_static", "https://tech.163.com/", front(prose, found, after_js=False), _links(found[:half]),
        note="a channel's front as served: the stream is empty",
    )  # fmt: skip
    add(
        "hot_flow",
        HOT_FLOW,
        hot_flow(prose, current),
        [_plain(i.url) for i in current],
        "application/json; charset=utf-8",
        note="the hot list's API",
    )
    return made


def _links(found: list[Item]) -> list[str]:
    return [i.url for i in found]


def _told(found: list[Item]) -> list[Truth]:
    return [{k: v for k, v in item.truth().items() if k != "author"} for item in found]


def _item(prose: Prose, page: FixturePage) -> Item:
    when = page.truth["datePublished"]
    source = (page.truth.get("source") or page.truth.get("account") or {}).get("name")
    image = items.picture(prose, "cms-bucket", datetime(2026, 2, 20))
    return Item(page.truth["headline"], page.url, source, f"{when[:10]} {when[11:19] or '00:00:00'}", image)
