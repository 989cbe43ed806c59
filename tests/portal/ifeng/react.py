"""Pages since 2019: three makes of class names, the article in the page and in ``allData``, or in ``allData`` alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from tests.portal.ifeng import frame
from tests.portal.ifeng.body import Body, picture
from tests.portal.page import FixturePage, Truth, attr, contains, esc, rfc3339
from tests.portal.prose import Prose

LAYOUTS = {2019: "2019_artical", 2022: "2022_infobox", 2023: "2023_index", 0: "2019_all_data"}


@dataclass(frozen=True, slots=True)
class Spec:
    """What one page is to be like.

    ``era`` tells the make (0: nothing but data); ``shown`` whether the body stands in the page or in the data alone;
    ``filled`` whether scripts have filled 为您推荐; ``video`` puts one between two parts of the text.
    """

    case: str
    note: str
    era: int = 2019
    day: datetime = datetime(2019, 10, 8, 11, 22, 33)
    host: str = "news"
    shown: bool = True
    filled: bool = True
    editor: bool = False
    byline: bool = False
    video: bool = False
    account: bool = False
    location: str | None = None
    shared: bool = False
    paragraphs: int = 18
    images: int = 3
    captions: bool = True
    query: str = ""


def build(spec: Spec) -> FixturePage:
    """Return the page that ``spec`` describes."""
    layout = LAYOUTS[spec.era]
    prose = Prose(f"ifeng/{layout}/{spec.case}")
    h = frame.Hashes(prose, index=spec.era == 2023)
    doc = frame.code(prose)
    headline = prose.headline()
    wall = f"{spec.day:%Y-%m-%d %H:%M:%S}"
    keywords = prose.keywords(4)
    source = {"name": prose.media(), "url": f"https://www.{prose.hexa(6)}.example/a/{prose.digits(6)}"}
    people = [prose.person(), prose.person()]
    editor = prose.person()
    mark = f"P{prose.pick(('N', 'Q', 'T'))}{prose.digits(3)}"
    first, second = _bodies(prose, spec, people)
    texts = [*first.texts, *second.texts]
    images = [*first.images, *second.images]
    video = f"https://video19.ifeng.com/video09/{spec.day:%Y/%m/%d}/p{prose.digits(12)}.mp4" if spec.video else None
    crumbs = [
        {"name": "资讯", "url": "https://news.ifeng.com/"},
        {"name": "社会", "url": f"https://news.ifeng.com/shanklist/3-{prose.digits(5)}-/"},
    ]
    lists = {
        "hot": frame.some_items(prose, 10), "videos": frame.some_items(prose, 10, host="v"), "books": frame.some_items(prose, 8, host="book"),
        "below": frame.some_items(prose, 8, host="book"), "wireless": frame.some_items(prose, 2, host="book"), "shop": frame.some_items(prose, 2, host="health"),
    }  # fmt: skip
    related = frame.some_items(prose, 24, authors=True) if spec.filled else []
    own_host = "news" if spec.host in {"i", "ishare"} else spec.host
    canonical = f"https://{own_host}.ifeng.com/c/{doc}"
    title = f"{headline}_凤凰网{'资讯' if own_host == 'news' else '频道'}_凤凰网"
    account = {"name": prose.account(), "id": prose.digits(7)} if spec.account else None
    slogan = prose.slogan()
    contents: list[Truth] = [{"type": "text", "data": "".join(first.data)}]
    if video:
        contents.append({"type": "video", "data": {"playUrl": video, "title": prose.subhead(), "duration": 61}})
    if second.data:
        contents.append({"type": "text", "data": "".join(second.data)})
    data = frame.document(
        {
            "title": headline, "newsTime": wall, "source": source["name"], "sourceUrl": source["url"], "summary": prose.sentence(),
            "wemediaEAccountId": account["id"] if account else "", "subscribe": {"type": "vampire" if account else "source", "catename": account["name"] if account else source["name"], "description": slogan},
            "fhhAccountDetail": {"weMediaName": account["name"]} if account else {}, "breadCrumbdata": [{"url": crumb["url"].removeprefix("https:"), "title": crumb["name"]} for crumb in crumbs],
            "editorName": editor if spec.editor else "", "editorCode": mark if spec.editor else "", "keywords": ",".join(keywords), "isOriginal": "0", "commentUrl": f"ucms_{doc}",
            "imagesInContent": [{"url": image["url"], "width": 640, "height": 360} for image in images],
            "contentData": {"contentList": contents, "currentPage": 0, "pageSize": 1},
        },
        prose,
    )  # fmt: skip

    truth: Truth = {
        "kind": "article",
        "id": f"ifeng:{doc}",
        "title": title,
        "headline": headline,
        "keywords": keywords,
        "datePublished": rfc3339(wall),
        "datePrecision": "second",
        "location": spec.location,
        "authors": people if spec.byline else [],
        "editors": [editor] if spec.editor else [],
        "account": account,
        "source": source,
        "commentCount": None,
        "charset": "utf-8",
        "body": texts,
        "images": images,
        "optional": [],
        "notInBody": ["为您推荐", "好书精选", lists["hot"][0].headline],
        "chrome": [],
    }
    if canonical in {f"https://{spec.host}.ifeng.com/c/{doc}"}:
        truth["canonicalUrl"] = canonical
    if video and not spec.shown:
        truth["videos"] = [{"url": video}]
    shown = ""
    if spec.era:
        truth["breadcrumbs"] = crumbs
        truth["items"] = {
            "related": [frame.told(item) for item in related],
            "hot": [frame.told(item) for name in ("hot", "videos") for item in lists[name]],
            "columns": [frame.told(item) for name in ("below", "wireless", "books", "shop") for item in lists[name]],
            "previous": [],
        }
        truth["chrome"] += [
            *contains("nav", "首页财经科技", "注册登录"),
            *contains("breadcrumb", "资讯>社会>正文"),
            *contains("search", "站内"),
            *contains("related", "为您推荐"),
            *contains("hot", "热门文章" + lists["hot"][0].headline, "精彩视频" + lists["videos"][0].headline),
            *contains(
                "columns", "商城" + lists["shop"][0].headline, "凤凰无线", "好书精选" + lists["books"][0].headline
            ),
            *contains("app", "官方微信"),
            *contains("tools", "推荐"),
            *contains("footer", "版权所有"),
        ]
        if spec.editor:
            truth["chrome"] += contains("credits", f"[责任编辑：{editor} {mark}]")
            truth["notInBody"].append("责任编辑")
        truth["info"] = [source["name"]]
        inside = _inside(h, first, second, video) if spec.shown else f'<div class="{h("text")}"></div>'
        line = f'<p class="{h("author")}">[责任编辑：{editor} {mark}]</p>' if spec.editor else ""
        article = _ARTICLES[spec.era](h, spec, headline, source, inside, line, f"https://{spec.host}.ifeng.com/c/{doc}")
        if spec.era == 2019:
            truth["chrome"] += contains("comments", "1932人参与", "308评论")
            truth["commentCount"] = 308
            truth["notInBody"].append("人参与")
        shown = f"""{frame.header(h, crumbs)}<div class="{h("content")}"><div class="{h("leftContent")}">{article}
<div class="{h("space30")}"></div>
{frame.related(h, related)}<div class="{h("space40")}"></div><div><div class="{h("hardAd")}" c="23199" style="display: none;"></div></div>
{frame.books(h, lists["below"], "h3")}</div>
{frame.side(h, lists)}<div class="clear"></div></div>
<div>{frame.footer(h, spec.day.year)}</div><div><div class="{h("bottom_affix")}"><a class="{h("backToHome")}" href="//www.ifeng.com/"></a></div></div>
<div class="{h("floatAd")}" c="4247" style="display: none;"></div>"""
    script = json.dumps(data, ensure_ascii=False).replace("</", "<\\u002F")
    joined = (" " if spec.era == 2019 else ",").join(keywords)
    html = f"""<!DOCTYPE html>
<!-- {canonical} -->
<html><head>
<meta charset="utf-8"><meta http-equiv="X-UA-Compatible" content="IE=Edge">
<title>{esc(title)}</title>
<meta name="keywords" content="{attr(joined)}"><meta name="description" content="">
<meta name="og: webtype" content="news"><meta property="og:url" content="{canonical}"><meta property="og:title" content="{attr(headline)}">
<meta name="og:time " content="{wall}"><meta name="og:category " content="凤凰网资讯"><meta property="og:image" content="{picture(prose)}">
<script>
        var allData = {script};
        var adData = {{"contentAd": "x.inc.html"}};
</script>
{frame.filler_script(prose, 30)}</head>
<body><div id="root">{shown}</div>
{frame.filler_script(prose, 90)}</body></html>
"""
    path = "c/s/" if spec.shared else "c/"
    return FixturePage(
        site="ifeng", layout=layout, case=spec.case, url=f"https://{spec.host}.ifeng.com/{path}{doc}{spec.query}", body=html.encode(), truth=truth,
        note=spec.note, charset={"header": "utf-8", "meta": "utf-8", "actual": "utf-8"}, fetched_at=f"{spec.day:%Y-%m-%d}T23:59:59+08:00",
    )  # fmt: skip


def _bodies(prose: Prose, spec: Spec, people: list[str]) -> tuple[Body, Body]:
    """Return the text in one part or, with a video, in two."""
    first = Body(prose, lazy=spec.era >= 2022)
    second = Body(prose, lazy=spec.era >= 2022)
    if spec.byline:
        first.subhead(f"{prose.media()}记者 {people[0]} {people[1]}")
    first.fill(spec.paragraphs // 2 if spec.video else spec.paragraphs, spec.images, captions=spec.captions)
    if spec.video:
        second.fill(spec.paragraphs // 2, 1, captions=False)
    return first, second


def _inside(h: frame.Hashes, first: Body, second: Body, video: str | None) -> str:
    parts = [f'<div class="{h("text")}">{"".join(first.html)}</div>']
    if video:
        parts.append(f'<div class="{h("player")}" data-vid="{video}"></div>')
        parts.append(f'<div class="{h("text")}">{"".join(second.html)}</div>')
    return "\n".join(parts)


def _end(h: frame.Hashes) -> str:
    return f"""<div class="{h("artical_line")}"></div><div class="{h("vote_box")} clearfix"><div class="{h("vote")}">推荐<span>99</span></div>{frame.share(h)}</div><div class="{h("comment_b")}"></div>"""


def _of_2019(h: frame.Hashes, spec: Spec, headline: str, source: Truth, inside: str, editor: str, _: str) -> str:
    return f"""<div class="{h("artical")}"><div><h1 class="{h("topic")}">{esc(headline)}</h1>
<div class="{h("info")} clearfix"><p class="{h("time")}"><span>{spec.day:%Y年%m月%d日 %H:%M:%S}</span><br><span style="vertical-align:bottom">来源：</span><span class="{h("publisher")}"><span class="{h("source")}"><a href="{attr(source["url"])}" target="_blank">{esc(source["name"])}</a></span></span></p>
{frame.share(h)}{frame.comment_box(h, 1932, 308)}</div><div class="{h("devide")}"></div></div>
<div class="{h("main_content")}"><div>{inside}<div class="{h("end")}"></div></div></div>{editor}
{_end(h)}</div>"""


def _of_2022(h: frame.Hashes, spec: Spec, headline: str, source: Truth, inside: str, editor: str, url: str) -> str:
    place = f"<a>来自{spec.location}</a>" if spec.location else ""
    return f"""<div class="{h("artical")}"><h1 class="{h("topic")}">{esc(headline)}</h1>
<div class="{h("infoBox")}"><a class="{h("infoboxLink")}" href="{attr(source["url"])}"><img class="{h("logo")}" src="https://x0.ifengimg.com/logo_w16_h16.png"></a><div class="{h("sourceTitle")}"><a href="{attr(source["url"])}" rel="nofollow me noopener noreferrer"><span class="{h("sourceTitleText")}">{esc(source["name"])}</span></a></div><div class="{h("timeBref")}"><a href="{url}">{spec.day:%Y年%m月%d日 %H:%M:%S}</a>{place}</div><div class="{h("subscribe")}">订阅</div></div>
<div class="{h("main_content")}"><div>{inside}<div class="{h("end")}"></div></div></div>{editor}
<div class="{h("copyRight")}">转载请注明来历。</div>
{_end(h)}</div>"""


def _of_2023(h: frame.Hashes, spec: Spec, headline: str, source: Truth, inside: str, editor: str, url: str) -> str:
    place = f"<a>来自{spec.location}</a>" if spec.location else ""
    return f"""<div class="{h("articleBox")}"><h1 class="{h("title")}">{esc(headline)}</h1>
<div class="{h("infoBox")}"><a class="{h("sourceTitleText")}" rel="medianame" href="{attr(source["url"])}">{esc(source["name"])}</a><div class="{h("timeBref")}"><a href="{url}">{spec.day:%Y年%m月%d日 %H:%M:%S}</a>{place}</div><div class="{h("follow")}">关注</div></div>
<div class="{h("main_content")}"><div>{inside}</div></div>{editor}
{_end(h)}</div>"""


_ARTICLES = {2019: _of_2019, 2022: _of_2022, 2023: _of_2023}
