"""Pages since 2022, PC and phone: hashed class names, the article as data in ``script#__NEXT_DATA__``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from tests.portal.page import FixturePage, Item, Truth, attr, contains, esc, rfc3339
from tests.portal.prose import Prose
from tests.portal.thepaper import frame

CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Spec:
    """What one page is to be like; ``rendered`` tells whether the body stands in the page, or in the data alone."""

    case: str
    note: str
    day: datetime = datetime(2022, 6, 15, 10, 12)
    rendered: bool = True
    mobile: bool = False
    old_path: bool = False
    relative: bool = False
    original: bool = False
    byline: str = "reporters"
    paragraphs: int = 14
    images: int = 2


def build(spec: Spec) -> FixturePage:
    """Return the page that ``spec`` describes."""
    layout = "2022_next_mobile" if spec.mobile else "2022_next"
    prose = Prose(f"thepaper/{layout}/{spec.case}")
    number = prose.digits(8)
    headline = prose.headline()
    wall = f"{spec.day:%Y-%m-%d %H:%M}"
    keywords = prose.keywords(3)
    editor, medium = prose.person(), prose.media()
    people = [prose.person(), prose.person()]
    byline = f"{people[0]}/{medium}" if spec.byline == "medium" else f"澎湃新闻记者 {people[0]} {people[1]}"
    authors = people[:1] if spec.byline == "medium" else people
    source = medium if spec.byline == "medium" else "澎湃新闻"
    content, texts, images, original = _content(prose, spec)
    side = frame.some_items(prose, 12)
    description = prose.sentence()
    title = f"{headline}_{prose.account()}_澎湃新闻-The Paper"
    stamp = int(spec.day.replace(tzinfo=CHINA).timestamp()) * 1000
    hashed = _Hashes(prose)
    data = {
        "props": {
            "pageProps": {
                "detailData": {
                    "contType": 0,
                    "contentDetail": {
                        "contId": int(number), "name": headline, "summary": description, "content": content, "author": byline,
                        "publishTime": stamp, "pubTime": "3小时前" if spec.relative else wall, "source": "" if spec.byline == "medium" else f"来源：{source}",
                        "nodeInfo": {"nodeId": 25462, "name": "栏目"}, "tagList": [{"tagId": row, "tag": word} for row, word in enumerate(keywords)],
                        "responEdit": editor, "images": [{"url": image["url"]} for image in images], "videos": None,
                    },
                },
            },
        },
        "page": "/detail/[id]" if spec.mobile else "/newsDetail_forward/[id]", "buildId": prose.hexa(20),
    }  # fmt: skip

    truth: Truth = {
        "kind": "article",
        "id": f"thepaper:{number}",
        "canonicalUrl": frame.article_url(number),
        "title": title,
        "headline": headline,
        "originalHeadline": original,
        "description": description,
        "keywords": keywords,
        "datePublished": rfc3339(wall),
        "authors": authors,
        "editors": [editor],
        "account": None,
        "source": {"name": source},
        "commentCount": None,
        "charset": "utf-8",
        "body": texts,
        "images": images,
        "optional": [],
        "notInBody": ["热榜", side[0].headline, f"责任编辑：{editor}"],
    }
    truth["chrome"] = [
        *contains("nav", "首页", "时事"),
        *contains("credits", f"责任编辑：{editor}"),
        *contains("comments", "评论", "登录后参与"),
        *contains("footer", "关于澎湃"),
    ]
    if original:
        truth["notInBody"].append(f"（原标题：{original}）")
    if not spec.mobile:
        truth["items"] = {"hot": [item.truth() for item in side]}
        truth["chrome"] += contains("hot", "热榜", side[-1].headline)
    shown_time = "3小时前" if spec.relative else wall
    shown_source = (
        ""
        if spec.relative or spec.byline == "medium"
        else f'<div class="ant-space-item"><span>来源：<span>{source}</span></span></div>'
    )
    about = (
        f'<div class="{hashed("left")}"><div>{esc(byline)}</div><div class="ant-space ant-space-horizontal ant-space-align-center"><div class="ant-space-item" style="margin-right:8px"><span>{shown_time}</span></div>{shown_source}</div></div>'
        if spec.rendered
        else ""
    )
    inner = content if spec.rendered else ""
    script = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    html = f"""<!DOCTYPE html><html lang="zh"><head><meta charSet="utf-8"/>
<title>{esc(title)}</title>
<meta name="Keywords" content="{attr(",".join(keywords))}"/><meta name="Description" content="{attr(description)}"/>
<link rel="preload" href="/_next/static/css/{prose.hexa(16)}.css" as="style"/>{frame.filler_script(prose, 20)}</head>
<body><div id="__next">
<header class="{hashed("header")}"><ul><li><a href="/">首页</a></li>{"".join(f'<li><a href="/channel_{prose.digits(5)}">{name}</a></li>' for name, _ in frame.CHANNELS)}</ul></header>
<main class="{hashed("main")}">{_headed(hashed, headline, rendered=spec.rendered)}{about}
<div class="{hashed("cententWrapBox")}"><div class="{hashed("cententWrap")}">{inner}</div></div>
<div class="{hashed("copyright")}"><span>责任编辑：{editor}</span><div>澎湃新闻报料：000-0000</div></div>
<div class="comment-list"><h2>评论</h2><div>登录后参与</div></div>
{"" if spec.mobile else _hot(hashed, side)}</main>
<footer class="{hashed("footer")}"><a href="/about">关于澎湃</a><span>沪ICP备00000000号</span></footer></div>
<script id="__NEXT_DATA__" type="application/json">{script}</script>
{frame.filler_script(prose, 60)}</body></html>
"""
    host, path = (
        ("m", "newsDetail_forward_" if spec.old_path else "detail/") if spec.mobile else ("www", "newsDetail_forward_")
    )
    query = "?from=timeline" if spec.old_path else ""
    return FixturePage(
        site="thepaper", layout=layout, case=spec.case, url=f"https://{host}.thepaper.cn/{path}{number}{query}", body=html.encode(), truth=truth,
        note=spec.note, charset={"header": "utf-8", "meta": "utf-8", "actual": "utf-8"}, fetched_at=f"{spec.day + timedelta(hours=3):%Y-%m-%dT%H:%M:%S}+08:00",
    )  # fmt: skip


class _Hashes:
    """Class names as the builder of the site's pages makes them: new hashes for each page."""

    def __init__(self, prose: Prose) -> None:
        self._prose = prose

    def __call__(self, name: str) -> str:
        """Return ``index_name__Hash``."""
        return f"index_{name}__{self._prose.base32(3).lower()}{self._prose.base32(2)}"


def _headed(hashed: _Hashes, headline: str, *, rendered: bool) -> str:
    return f'<h1 class="{hashed("title")}">{esc(headline)}</h1>\n' if rendered else ""


def _hot(hashed: _Hashes, found: list[Item]) -> str:
    rows = "".join(
        f'<li><span>{row}</span><a href="/{frame.relative(item)}" target="_blank">{esc(item.headline)}</a></li>'
        for row, item in enumerate(found, start=1)
    )
    return f'<div class="{hashed("rightcontent")}"><div class="{hashed("rebang")}"><h2>热榜</h2><ul>{rows}</ul></div></div>'


def _content(prose: Prose, spec: Spec) -> tuple[str, list[str], list[Truth], str | None]:
    """Return the article as HTML, its texts, its pictures and the 原标题."""
    out: list[str] = []
    texts: list[str] = []
    images: list[Truth] = []
    every = max(1, spec.paragraphs // (spec.images + 1))
    for row, text in enumerate(prose.article(spec.paragraphs), start=1):
        out.append(f"<p>{esc(text) if row % 3 else prose.decorate(text)}</p>")
        texts.append(text)
        if len(images) < spec.images and row % every == 0:
            url = f"https://imagecloud.thepaper.cn/thepaper/image/{prose.between(100, 399)}/{prose.between(10, 999)}/{prose.between(10, 999)}.jpg"
            caption = prose.caption() if row % 2 else None
            under = f"<figcaption>{esc(caption)}</figcaption>" if caption else ""
            out.append(f'<figure class="contheight_img"><img src="{url}" alt="" width="600">{under}</figure>')
            images.append({"url": url, "caption": caption})
        if row % 7 == 0:
            head = prose.subhead()
            out.append(f"<p><strong>{esc(head)}</strong></p>")
            texts.append(head)
    if not spec.original:
        return "".join(out), texts, images, None
    original = prose.headline()
    out.append(f"<p>（原标题：{esc(original)}）</p>")
    return "".join(out), texts, images, original
