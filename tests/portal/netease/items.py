"""Ids, addresses and link lists of the portal: related, hot, columns, an account's earlier articles."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from tests.portal.netease import chrome
from tests.portal.page import Item, attr, esc
from tests.portal.prose import Prose

COLUMNS = {
    "news": "0001899O", "sports": "00058780", "money": "00259DLP", "tech": "00097U7R", "ent": "000380EO",
    "auto": "0008856R", "gov": "000189FH", "dy": "05372UZ7",
}  # fmt: skip


def doc_id(prose: Prose, channel: str, letter: str) -> str:
    """Return an article id of 16: a running number that starts with ``letter``, then the column's code."""
    column = f"05{prose.base32(6)}" if channel == "dy" else COLUMNS[channel]
    return letter + prose.base32(7) + column


def article_url(channel: str, doc: str) -> str:
    """Return the address of an article since late 2020."""
    return f"https://www.163.com/{channel}/article/{doc}.html"


def old_url(channel: str, doc: str, day: datetime) -> str:
    """Return the address of an article before late 2020."""
    return f"https://{channel}.163.com/{day:%y/%m%d/%H}/{doc}.html"


def picture(prose: Prose, host: str, day: datetime) -> str:
    """Return the address of an original picture on one of the portal's stores."""
    return f"http://{host}.ws.126.net/{day:%Y/%m%d}/{prose.hexa(8)}j00{prose.base32(14).lower()}.jpg"


def thumbnail(original: str, size: str = "660x2147483647", *, escaped: bool = True) -> str:
    """Return the address of the thumbnail proxy for a picture; lists leave the original's address as it is."""
    inner = quote(original, safe="") if escaped else original
    return f"https://nimg.ws.126.net/?url={inner}&thumbnail={size}&quality=80&type=jpg"


def some_items(prose: Prose, count: int, day: datetime, letter: str, query: str, *, videos: bool = False) -> list[Item]:
    """``count`` items with headline, address, account or channel, time."""
    found = []
    for number in range(count):
        channel = "dy" if prose.chance(0.7) else prose.pick(("news", "sports", "money", "tech"))
        if videos and number % 9 == 2:
            url = f"https://www.163.com/v/video/V{prose.base32(8)}.html"
        else:
            url = article_url(channel, doc_id(prose, channel, letter))
        found.append(
            Item(
                headline=prose.headline(),
                url=url + query,
                author=prose.account() if channel == "dy" else prose.media(),
                time=f"{prose.moment(day):%Y-%m-%d %H:%M:%S}",
                image=picture(prose, prose.pick(("bjnewsrec-cv", "cms-bucket", "dingyue")), day),
            )
        )
    return found


def related_panel(prose: Prose, found: list[Item], *, after_js: bool) -> str:
    """Return the first tab: pictures, headlines, a paragraph with source and time, the count of comments."""
    rows = []
    for number, item in enumerate(found, start=1):
        video = '<i class="post_recommend_video"></i>' if "/v/video/" in item.url else ""
        count = f"{prose.between(3, 29999)}"
        url = attr(item.url)
        rows.append(f"""<li class="post_recommend">
<a class="post_recommend_img" href="{url}"><img src="{attr(thumbnail(item.image or "", "140y88", escaped=False))}" onerror="this.onerror=''; this.src='https://static.ws.126.net/dy/images/default180x120.jpg'" alt="{attr(item.headline)}"></a>
<div class="post_recommend_info"><h3 class="post_recommend_title"><a href="{url}">{video}{esc(item.headline)}</a></h3>
<p class="post_recommend_time">{esc(item.author or "")} {item.time}</p>
<a href="{url}" class="post_recommend_tie"><span class="post_recommend_tie_inner"><span class="post_recommend_tie_icon"><i></i>
{count}</span><span class="post_recommend_tie_text"><em>跟贴</em>
{count}</span></span></a></div></li>
""")
        if number % 6 == 3:
            rows.append(chrome.feed_ad(prose, number + 1, filled=True) if after_js else "")
    return f"""<ul class="post_recommends_list">
{"".join(rows)}<div class="post_recommend artificial_collect_item"></div></ul>"""


def hot_panel(found: list[Item], generated: str) -> str:
    """Return the second tab, closed by the hidden time at which the list was made."""
    rows = "".join(
        f"""<div class="post_recommend_new">
<a href="{attr(item.url)}" title="{attr(item.headline)}" class="post_recommend_img"><img src="{attr(thumbnail(item.image or "", "140y88", escaped=False))}" width="140" height="88" alt="{attr(item.headline)}"></a>
<h3><a href="{attr(item.url)}" title="{attr(item.headline)}">{esc(item.headline)}</a></h3>
<span class="post_recommend_source">{esc(item.author or "")}</span>
<div class="post_recommend_time">{item.time}</div></div>
"""
        for item in found
    )
    return f'<div class="post_recommend_news_hot">\n{rows}<span style="display:none;">{generated}</span></div>'


def article_pool(prose: Prose, count: int, day: datetime, letter: str) -> list[Item]:
    """Items with no query, as columns link them, with neither source nor time shown."""
    return [Item(i.headline, i.url, None, None, i.image) for i in some_items(prose, count, day, letter, "")]
