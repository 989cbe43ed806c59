"""Video pages (www.163.com/v/video, and the mobile form).

Known of them from public crawler code: ``.title_wrap h1``, ``#video_dom/@src``, ``.hidden img`` for the cover. The
time's place (``html/@data-publishtime`` and the usual meta) is the portal's habit elsewhere, not proven here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.portal.netease import chrome, items
from tests.portal.page import FixturePage, Item, Truth, attr, contains, esc, rfc3339
from tests.portal.prose import Prose

LAYOUT = "2020_video"


@dataclass(frozen=True, slots=True)
class Spec:
    """What one page of the template is to be like."""

    case: str
    note: str
    host: str = "www.163.com"
    day: datetime = datetime(2025, 10, 16, 19, 30, 5)
    first: str = "G"
    text: bool = True
    related: int = 24
    query: str = ""


def build(spec: Spec) -> FixturePage:
    """Return the page that ``spec`` describes."""
    prose = Prose(f"netease/{LAYOUT}/{spec.case}")
    video = f"V{spec.first}{prose.base32(7)}"
    canonical = f"https://www.163.com/v/video/{video}.html"
    url = f"https://{spec.host}/v/video/{video}.html{spec.query}"
    headline = prose.headline()
    keywords = prose.keywords(3)
    wall = f"{spec.day:%Y-%m-%d %H:%M:%S}"
    cover = items.picture(prose, "videoimg", spec.day)
    stream = f"https://flv.bn.netease.com/{prose.hexa(48)}.mp4"
    related = [
        Item(
            prose.headline(),
            f"https://www.163.com/v/video/V{prose.base32(8)}.html",
            None,
            None,
            items.picture(prose, "videoimg", spec.day),
        )
        for _ in range(spec.related)
    ]
    title = f"{headline}_网易视频"
    truth: Truth = {
        "kind": "video",
        "id": f"netease:{video}",
        "title": title,
        "headline": headline,
        "keywords": keywords,
        "datePublished": rfc3339(wall),
        "videos": [{"url": stream, "poster": cover}],
        "charset": "utf-8",
        "notInBody": ["相关推荐", related[2].headline],
        "chrome": [*contains("nav", "快速导航"), *contains("footer", "网易公司版权所有")],
    }
    rows = "".join(
        f'<li class="recommend_item"><a href="{attr(i.url)}"><img src="{attr(items.thumbnail(i.image or "", "160y90"))}" alt="{attr(i.headline)}"><h3>{esc(i.headline)}</h3></a></li>\n'
        for i in related
    )
    html = f"""<!DOCTYPE html>
<html id="ne_wrap" data-publishtime="{wall}">
<head>
<meta charset="utf-8">
<title>{esc(title)}</title>
<meta name="keywords" content="{attr(",".join(keywords))}"><meta name="description" content="{attr(headline)}"><meta name="author" content="网易">
<meta property="og:type" content="video"><meta property="og:title" content="{attr(headline)}"><meta property="og:image" content="{cover}">
<meta property="article:published_time" content="{rfc3339(wall)}">
<link rel="canonical" href="{canonical}">
{chrome.filler_style(prose, 80)}{chrome.filler_script(prose, 60)}
</head>
<body>
{chrome.nav()}
<div class="hidden" style="display:none"><img src="{cover}" alt="{attr(headline)}"></div>
<div class="main_wrap"><div class="video_area"><video id="video_dom" class="video_dom" src="{stream}" poster="{cover}" controls>这个浏览器放不了这段视频</video></div>
<div class="title_wrap"><h1>{esc(headline)}</h1></div></div>
<div class="post_recommends"><div class="post_recommends_title">相关推荐</div><ul class="recommend_list">
{rows}</ul></div>
{chrome.footer(spec.day.year)}
{chrome.filler_script(prose, 120)}{chrome.tracking(prose)}
</body></html>
"""
    return FixturePage(
        site="netease", layout=LAYOUT, case=spec.case, url=url, body=chrome.airy(html).encode(), truth=truth, note=spec.note,
        charset={"header": "utf-8", "meta": "utf-8", "actual": "utf-8"}, fetched_at="2025-10-17T08:00:00+08:00",
    )  # fmt: skip
