"""Picture sets (photoview). Only the addresses are known; the page's make is from memory and unproven.

What truth is told is therefore small: the kind, the headline, the day, the pictures of the embedded data.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from tests.portal.netease import chrome
from tests.portal.page import FixturePage, Truth, attr, contains, esc, rfc3339
from tests.portal.prose import Prose

LAYOUT = "2011_photoview"


@dataclass(frozen=True, slots=True)
class Spec:
    """What one page of the template is to be like."""

    case: str
    note: str
    channel: str = "news"
    code: str = "00AP0001"
    day: datetime = datetime(2018, 6, 3, 9, 15, 22)
    pictures: int = 12
    fragment: str = ""
    encoding: str = "gb18030"
    declared: str = "gbk"


def build(spec: Spec) -> FixturePage:
    """Return the page that ``spec`` describes."""
    prose = Prose(f"netease/{LAYOUT}/{spec.case}")
    number = prose.digits(7)
    canonical = f"http://{spec.channel}.163.com/photoview/{spec.code}/{number}.html"
    headline, overview = prose.headline(), prose.paragraph(3)
    wall = f"{spec.day:%Y-%m-%d %H:%M:%S}"
    pictures = []
    for _ in range(spec.pictures):
        name = f"http://pic-bucket.ws.126.net/photo/{prose.digits(4)}/{spec.day:%Y-%m-%d}/{prose.base32(16)}"
        pictures.append({
            "id": prose.base32(16), "img": f"{name}.jpg", "timg": f"{name}_t.jpg", "oimg": f"{name}_o.jpg",
            "osize": {"w": 1200, "h": 800}, "title": "", "note": prose.sentence(), "newsurl": "#",
        })  # fmt: skip
    data = {
        "info": {
            "setname": headline,
            "imgsum": spec.pictures,
            "lmodify": wall,
            "prevue": overview,
            "channelid": spec.code[:4],
            "source": "网易原创",
            "dutyeditor": "",
        },
        "list": pictures,
    }
    title = f"{headline}_网易新闻图集"
    truth: Truth = {
        "kind": "gallery",
        "title": title,
        "headline": headline,
        "datePublished": rfc3339(wall),
        "images": [{"url": p["img"], "caption": p["note"]} for p in pictures],
        "charset": spec.encoding,
        "chrome": contains("nav", "快速导航"),
        "unproven": "only the address of this kind of page is known; its inside is from memory",
    }
    html = f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" id="ne_wrap" data-publishtime="{wall}"><head>
<meta http-equiv="Content-Type" content="text/html; charset={spec.declared}" />
<title>{esc(title)}</title>
<meta name="keywords" content="{attr(",".join(prose.keywords(3)))}" /><meta name="description" content="{attr(overview)}" />
<meta property="article:published_time" content="{rfc3339(wall)}" />
{chrome.filler_style(prose, 40)}</head>
<body>
{chrome.nav(logo=f"http://{spec.channel}.163.com/")}
<div class="nph_gallery" id="nph_gallery"><div class="nph_gallery_hd"><div class="headline"><h1>{esc(headline)}</h1><span class="nph_set_time">{wall}</span></div></div>
<div class="nph_photo"><div class="nph_photo_view"><div class="nph_cnt" id="photoView"><i></i><img src="https://static.ws.126.net/cnews/img/blank.gif"></div></div>
<div class="nph_photo_desc overview"><h2></h2><p>{esc(overview)}</p></div></div>
<textarea name="gallery-data" style="display:none;">
{esc(json.dumps(data, ensure_ascii=False, indent=1))}
</textarea></div>
{chrome.footer(spec.day.year)}
{chrome.filler_script(prose, 60)}{chrome.tracking(prose)}
</body></html>
"""
    return FixturePage(
        site="netease", layout=LAYOUT, case=spec.case, url=canonical + spec.fragment, body=chrome.airy(html).encode(spec.encoding), truth=truth,
        headers={"Content-Type": "text/html"}, note=spec.note, charset={"header": None, "meta": spec.declared, "actual": spec.encoding},
        fetched_at="2018-06-04T10:00:00+08:00",
    )  # fmt: skip
