"""Mobile pages (m.163.com, and 3g.163.com before): lazy pictures, tips inside figures, JSON-LD and an initial state."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from tests.portal.netease import chrome, items, menus
from tests.portal.netease.body import Body
from tests.portal.page import FixturePage, Item, Truth, attr, contains, esc, rfc3339
from tests.portal.prose import Prose

LAYOUT = "2019_mobile"
TABS = ("头条", "科技", "军事", "体育", "财经", "娱乐", "汽车", "时尚", "数码", "房产")


@dataclass(frozen=True, slots=True)
class Spec:
    """What one page of the template is to be like."""

    case: str
    note: str
    channel: str = "news"
    host: str = "m.163.com"
    day: datetime = datetime(2025, 4, 11, 8, 24, 0)
    letter: str = "J"
    paragraphs: int = 16
    images: int = 12
    captions: bool = False
    video: bool = False
    location: str | None = None
    query: str = ""
    pay: bool = False


def build(spec: Spec) -> FixturePage:
    """Return the page that ``spec`` describes."""
    prose = Prose(f"netease/{LAYOUT}/{spec.case}")
    doc = items.doc_id(prose, spec.channel, spec.letter)
    url = f"https://{spec.host}/{spec.channel}/article/{doc}.html{spec.query}"
    headline = prose.headline()
    keywords = prose.keywords(4)
    wall = f"{spec.day:%Y-%m-%d %H:%M}"
    stamp = f"{wall}:00"
    tid = f"T{1400000000000 + prose.below(300000000000)}"
    hao = spec.channel == "dy"
    source = prose.account() if hao else prose.media()
    link = f"https://{spec.host}/news/sub/{tid}.html"
    editor = None if hao else f"{prose.person()}_NN{prose.digits(4)}"
    body = _body(prose, spec)
    related = [
        Item(
            prose.headline(),
            f"https://m.163.com/news/article/{items.doc_id(prose, 'news', spec.letter)}.html?f=recommend",
            prose.media(),
            f"{prose.between(1, 23)}小时前",
        )
        for _ in range(20)
    ]
    title = f"{headline}_手机网易网"
    description = prose.sentence()

    truth: Truth = {
        "kind": "article",
        "id": f"netease:{doc}",
        "title": title,
        "headline": headline,
        "originalHeadline": None,
        "keywords": keywords,
        "description": description,
        "datePublished": rfc3339(wall),
        "dateModified": rfc3339(stamp),
        "location": spec.location,
        "authors": [],
        "editors": [editor] if editor else [],
        "source": {"name": source},
        "commentCount": None,
        "info": [wall, source],
        "charset": "utf-8",
        **body.truth(),
    }
    if hao:
        truth["account"] = {"name": source, "id": tid, "url": link}
    truth["notInBody"] += [menus.TIP, "打开网易新闻", "热门跟贴", "热搜", related[4].headline]
    truth["items"] = {"related": [{k: v for k, v in i.truth().items() if k in {"headline"}} for i in related]}
    truth["chrome"] = [
        *contains("nav", "头条", "数码"),
        *(contains("app", menus.TIP) if spec.images else []),
        *contains("hot", "热搜"),
        *contains("comments", "热门跟贴"),
        *contains("related", related[0].headline, related[-1].headline),
        *(contains("credits", f"责任编辑：{editor}") if editor else []),
    ]
    state = {
        "docId": doc, "channel": spec.channel, "topicId": "BBM54PGAwangning", "tid": tid, "title": headline, "replyCount": 0,
        "articlePhotoList": [{"src": i["url"], "pixel": "1080*720"} for i in body.images], "html": "<p>状态里的正文</p>",
    }  # fmt: skip
    linked = {
        "@context": "https://schema.org", "@type": "NewsArticle", "headline": headline, "image": [i["url"] for i in body.images[:3]],
        "datePublished": rfc3339(stamp), "dateModified": rfc3339(stamp), "author": [{"@type": "Person", "name": source}],
    }  # fmt: skip
    close = "<\\/"
    tabs = "".join(
        f'<li class="topNav-item"><a href="https://3g.163.com/touch/{number}">{name}</a></li>'
        for number, name in enumerate(TABS)
    )
    place = f"<span>·{spec.location}</span>" if spec.location else ""
    footer = f'<div class="s-info">责任编辑：{editor}</div>' if editor else ""
    rows = "".join(
        f"""<li class="js-recommend-item" data-itemid="{i.url.rpartition("/")[2][:16]}"><a href="{attr(i.url)}"><div class="s-text"><h4>{esc(i.headline)}</h4><div class="s-info"><span>{esc(i.author or "")}</span><span class="s-tie">{prose.between(9, 999)}跟贴</span></div></div><div class="s-img"><img class="image-lazy" data-src="{items.picture(prose, "bjnewsrec-cv", spec.day)}" src="https://static.ws.126.net/163/f2e/wap/empty.png"></div></a></li>
"""
        for i in related
    )
    hots = "".join(
        f'<li><a href="https://m.163.com/search?q={number}"><em>{number}</em>{esc(prose.subhead())}</a></li>'
        for number in range(1, 7)
    )
    pay = '<div class="js-pay-wrap pay-wrap" style="display:none"><p>成为会员后阅读全文</p></div>' if spec.pay else ""
    html = f"""<!DOCTYPE html>
<html lang="zh-CN" data-publishtime="{stamp}" data-id="{doc}" data-keys="{attr(",".join(keywords))}" data-category="{keywords[0]}" data-tid="{tid}">
<head>
<meta charset="UTF-8">
<title>{esc(title)}</title>
<meta name="viewport" content="width=device-width,initial-scale=1,maximum-scale=1,viewport-fit=cover">
<meta name="keywords" content="{attr(",".join(keywords))}"><meta name="description" content="{attr(description)}">
<meta property="og:title" content="{attr(title)}"><meta property="og:type" content="news"><meta property="og:release_date" content="{stamp}">
<meta property="article:author" content="{attr(source)}"><meta property="article:tag" content="{attr(" ".join(keywords))}"><meta property="article:published_time" content="{rfc3339(stamp)}"><meta property="bytedance:published_time" content="{rfc3339(stamp)}">
<script type="application/ld+json">{json.dumps(linked, ensure_ascii=False)}</script>
{chrome.filler_style(prose, 300)}{chrome.filler_script(prose, 200)}
</head>
<body>
<header class="header"><nav class="topNav js-topNav"><a class="topNav-logo" href="https://m.163.com/"></a><ul class="topNav-list">{tabs}</ul></nav></header>
<div class="area-top js-area-top" data-adid="wap_article_top"></div>
<main class="main"><article class="article js-article">
<h1 class="article-title">{esc(headline)}</h1>
<section class="article-info"><a class="author-homePage" href="{link}"><img src="{items.picture(prose, "dingyue", spec.day)}" alt=""></a>
<div class="s-author"><address><a href="{link}">{esc(source)}</a></address><div class="s-time"><time datetime="{stamp}">{wall}</time>{place}</div></div></section>
<section class="article-body js-article-body">
{body.markup()}
</section>
{pay}<footer class="article-footer">{footer}</footer>
<div class="unfold-wrap js-unfold"></div>
</article>
<section class="main-openApp js-open-app"><a href="https://m.163.com/newsapp/">打开客户端，看更多独家</a></section>
<section class="hot-search"><h3>热搜</h3><ul>{hots}</ul></section>
<section class="comment js-comment"><h3>热门跟贴<span class="js-comment-count">0</span></h3><div class="comment-list js-comment-list"></div></section>
<div class="area-mid js-area-mid"></div>
<section class="recommend js-recommend"><ul class="recommend-list js-recommend-wrap">
{rows}</ul></section></main>
<aside class="floatMenu"><a class="s-back" href="#"></a><a class="s-home" href="https://m.163.com/"></a></aside>
<script>window.__INITIAL_STATE__ = {json.dumps(state, ensure_ascii=False).replace("</", close)};</script>
{chrome.filler_script(prose, 240)}{chrome.tracking(prose)}
</body></html>
"""
    return FixturePage(
        site="netease", layout=LAYOUT, case=spec.case, url=url, body=chrome.airy(html).encode(), truth=truth, note=spec.note,
        charset={"header": "utf-8", "meta": "UTF-8", "actual": "utf-8"}, fetched_at="2025-04-12T09:00:31+08:00",
    )  # fmt: skip


def _body(prose: Prose, spec: Spec) -> Body:
    body = Body(prose)
    tip = f'<div class="s-tip js-open-app">{menus.TIP}</div>'
    left, shown = spec.images, 0
    for number, text in enumerate(prose.article(spec.paragraphs)):
        body.text(text, attrs=f' id="{prose.base32(8)}"', plain=number % 3 == 0)
        for _ in range(1 if number % 2 else 2):
            if not left:
                break
            left -= 1
            shown += 1
            original = items.picture(prose, "cms-bucket", spec.day)
            caption = prose.caption() if spec.captions and shown % 3 == 1 else None
            under = f"<figcaption>{esc(caption)}</figcaption>" if caption else ""
            body.image(
                original,
                f'<figure class="m-photo"><div class="s-wrap"><img class="image-lazy" data-src="{original}" data-thumbnail="750" src="https://static.ws.126.net/163/f2e/wap/empty.png" alt=""></div>{tip}{under}</figure>',
                caption,
            )
        if spec.video and number == 1:
            caption = prose.headline()
            cover = items.picture(prose, "videoimg", spec.day)
            body.html.append(
                f'<figure class="m-video js-article-video" data-vid="V{prose.base32(8)}"><div class="s-cover"><img data-src="{cover}" src="https://static.ws.126.net/163/f2e/wap/empty.png" alt="{attr(caption)}"></div><video class="js-video" playsinline></video><figcaption>{esc(caption)}</figcaption></figure>'
            )
            body.optional.append(caption)
    return body
