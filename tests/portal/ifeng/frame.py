"""What stands round an article since 2019: class names with hashes, header, 为您推荐, side column, footer."""

from __future__ import annotations

from typing import Any

from tests.portal.ifeng.body import picture, thumbnail
from tests.portal.page import Item, Truth, attr, esc
from tests.portal.prose import Prose

LETTERS = tuple("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789_-")
DIGITS62 = tuple("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
MENU = (
    ("首页", "www"),
    ("财经", "finance"),
    ("科技", "tech"),
    ("娱乐", "ent"),
    ("军事", "mil"),
    ("读书", "book"),
    ("佛教", "fo"),
    ("旅游", "travel"),
)


def code(prose: Prose) -> str:
    """Return an article's id: eleven digits to the base of 62."""
    return prose.pick(("7", "8")) + "".join(prose.pick(DIGITS62) for _ in range(10))


class Hashes:
    """Class names as a bundler writes them: another hash on each page; ``index`` for those since 2023."""

    def __init__(self, prose: Prose, *, index: bool = False) -> None:
        self._prose = prose
        self._index = index

    def __call__(self, name: str) -> str:
        """Return ``name-Hash``, or ``index_name_Hash``."""
        mark = "".join(self._prose.pick(LETTERS) for _ in range(8))
        return f"index_{name}_{mark[:5]}" if self._index else f"{name}-{mark}"


def some_items(prose: Prose, count: int, *, authors: bool = False, host: str = "news") -> list[Item]:
    """``count`` items with headline, address and picture, and the source where ``authors``."""
    return [
        Item(
            prose.headline(),
            f"https://{host}.ifeng.com/c/{code(prose)}",
            prose.media() if authors else None,
            None,
            picture(prose),
        )
        for _ in range(count)
    ]


def told(item: Item) -> Truth:
    """Return the entry as a record has it, with the original picture."""
    return {**item.truth(), "image": item.image}


def filler_script(prose: Prose, lines: int) -> str:
    """Return an inline script that holds markup of its own, as the portal's do."""
    rows = [
        f"  if (n > {prose.below(90)}) {{ html += '<div class=\"text-{prose.hexa(8)}\"><p>模板' + t{prose.below(9)} + '<\\/p><\\/div>'; }}"
        for _ in range(lines)
    ]
    return "<script>\n(function (n, html) {\n" + "\n".join(rows) + "\n})(0, '');\n</script>\n"


def header(h: Hashes, crumbs: list[Truth]) -> str:
    """Return the bar on top, a hidden place for an ad, the search bar with the path to the page."""
    menu = "".join(f'<li><a href="//{host}.ifeng.com/" target="_blank">{name}</a></li>\n' for name, host in MENU)
    path = "".join(
        f'<span><a href="{attr(crumb["url"].removeprefix("https:"))}">{crumb["name"]}</a> &gt; </span>'
        for crumb in crumbs
    )
    return f"""<div><div class="{h("header")}"><ul class="{h("list_menu")}">
{menu}</ul><div class="{h("morehNew")}"><div><a href="//www.ifeng.com/daohang/">更多</a><ul class="{h("more")}"><li><a href="//guoxue.ifeng.com/">国学</a></li><li><a href="//jiu.ifeng.com/">酒业</a></li></ul></div></div><div class="{h("user")}"><div class="{h("login")}"><span class="{h("register")}"><a href="https://id.ifeng.com/user/register/">注册</a></span><span class="{h("login_in")}">登录</span></div></div></div>
<div class="{h("topAd_box")}"><div class="{h("topAd")}" c="177" style="display: none;"></div></div>
<div class="{h("search_bar")}"><div class="{h("logo")}"><a href="//news.ifeng.com"><img src="http://p0.ifengimg.com/logoNews.png" alt="资讯"></a><div class="{h("breadcrumbs")}">{path}<span>正文</span></div></div><div class="{h("search")}"><div class="{h("select")}"><div class="{h("checked")}">站内</div></div><div class="{h("text")}"><input type="text" value="不算页面的字"></div></div></div></div>
<div class="{h("space40")}"></div>
"""


def share(h: Hashes) -> str:
    """Return the share buttons, which have no words."""
    return f'<div class="{h("share_box")}"><div class="{h("share_box")}"><div class="{h("share_bar")}"><a class="{h("sina")}" data-item="sina"></a><a class="{h("wechat")}" data-item="wechat"></a></div></div></div>\n'


def comment_box(h: Hashes, people: int, words: int) -> str:
    """Return the counts beside the time, which stand inside the line of time and source."""
    return f'<div class="{h("comment_box")}"><h5 class="{h("comment")}"><a class="{h("joinNum")}" href="//gentie.ifeng.com/view.html"><span class="{h("num")}">{people}</span><span>人参与</span></a><a href="//gentie.ifeng.com/view.html"><span class="{h("num")}">{words}</span><span>评论</span></a></h5></div>\n'


def related(h: Hashes, found: list[Item]) -> str:
    """Return 为您推荐: a box without a class; ads between the rows; empty before scripts have filled it."""
    pic, text, time, count = h("pic"), h("text"), h("time"), h("comment")
    rows = "".join(
        f"""<div class="{h("info_box")} clearfix"><div class="{pic}"><a href="{attr(item.url.removeprefix("https:"))}"><span data-img="{attr(thumbnail(item.image or ""))}"></span></a></div>
<div><p class="{text}"><a href="{attr(item.url.removeprefix("https:"))}" title="{attr(item.headline)}">{esc(item.headline)}</a></p><p class="{time}"><span>{esc(item.author or "")}</span><span></span></p><div class="{count}"><a href="//gentie.ifeng.com/view.html">0</a></div></div></div>
{'<div class="" p_23204="" style=""></div>' if row % 4 == 1 else ""}"""
        for row, item in enumerate(found)
    )
    more = f'<div class="{h("no_more")}">没有更多了</div>' if found else ""
    return f'<div><div class="{h("title")}"><h3>为您推荐</h3></div>\n<div class="{h("list_box")}">{rows}{more}</div></div>\n'


def books(h: Hashes, found: list[Item], level: str) -> str:
    """Return a list of book covers: a column that looks like news."""
    rows = "".join(
        f'<li class="clearfix"><a href="{attr(item.url)}" title="{attr(item.headline)}"><span data-img="{attr(thumbnail(item.image or ""))}"></span><p>{esc(item.headline)}</p></a></li>\n'
        for item in found
    )
    return f'<div class="{h("box")}"><div class="{h("title")}"><{level}><i>好书精选</i></{level}></div>\n<ul class="clearfix">{rows}</ul></div>\n'


def hot_list(h: Hashes, name: str, found: list[Item]) -> str:
    """Return a hot list: pictures as backgrounds or lazy, hidden rows where ads would be."""
    title = h("title")
    rows = "".join(
        f"""<li><a href="{attr(item.url)}"><span {'style="background-image: url(&quot;' + attr(thumbnail(item.image or "")) + '&quot;);"' if row < 5 else 'data-img="' + attr(thumbnail(item.image or "")) + '"'}></span><p class="{title}">{esc(item.headline)}</p></a></li>
{'<li class="" p_23200="" style="display: none;"></li>' if row % 4 == 1 else ""}"""
        for row, item in enumerate(found)
    )
    return f'<div class="{h("hotList")}"><div class="{h("title")}"><h4>{name}</h4></div><ul>{rows}</ul></div>\n<div class="{h("space40")}"></div><div class="{h("asideAd2")}" c="23194" style="display: none;"></div>\n'


def side(h: Hashes, lists: dict[str, list[Item]]) -> str:
    """Return the right column; the shop's heading stands before its list, not in it."""
    shop = "".join(
        f'<li><a href="{attr(item.url)}"><span data-img="{attr(thumbnail(item.image or ""))}"></span></a><p><a href="{attr(item.url)}">{esc(item.headline)}</a></p></li>'
        for item in lists["shop"]
    )
    wireless = "".join(
        f'<li><a href="{attr(item.url)}"><span data-img="{attr(thumbnail(item.image or ""))}"></span></a><p><a href="{attr(item.url)}">{esc(item.headline)}</a></p></li>'
        for item in lists["wireless"]
    )
    return f"""<div class="{h("rightContent")}"><div class="{h("asideAd1")}" c="174" style="display: none;"></div><div class="{h("space30")}"></div>
{hot_list(h, "热门文章", lists["hot"])}{hot_list(h, "精彩视频", lists["videos"])}<div class="{h("box")} clearfix"><div class="{h("pic")}"><p><img src="//d.ifengimg.com/w80_h80_q70/p3.ifengimg.com/a/qr.jpg" width="80" height="80"></p><p class="{h("text")}">官方微信</p></div><div class="{h("detail")}"><p><a href="http://weibo.com/x" title="凤凰网">凤凰网</a></p></div></div>
<div class="{h("wireless")}"><div class="{h("title")}"><span class="{h("link")}"><a href="http://yue.ifeng.com/">音乐</a><a href="http://rbt.ifeng.com/">彩铃</a></span><h4>凤凰无线</h4></div><ul class="{h("list")} clearfix">{wireless}</ul></div>
{books(h, lists["books"], "h4")}<div class="{h("title")}"><h4><a href="//health.ifeng.com/" target="_blank">商城</a></h4></div>
<ul class="{h("list")} clearfix">{shop}</ul></div>
"""


def footer(h: Hashes, year: int) -> str:
    """Return what ends a page."""
    return f"""<div class="{h("bottomAd_box")}"><div class="{h("bottomAd")}"></div></div><div class="{h("footer")}"><div class="{h("foot_link")} clearfix"><div class="{h("list")}"><a href="//biz.ifeng.com/">广告服务</a><a href="//www.ifeng.com/corp/feedback/">意见反馈</a></div></div><div class="{h("copyright")}"><span>凤凰新媒体</span><span>版权所有</span><span>© {year} Phoenix</span></div></div>
"""


def document(doc: Truth, prose: Prose) -> dict[str, Any]:
    """Return ``allData``: the document, and what the frame shows."""
    return {
        "nav": {"nav": [{"title": name, "url": f"//{host}.ifeng.com/"} for name, host in MENU], "limit": 18},
        "search": [{"name": "站内", "type": "sofeng", "keyword": prose.subhead()}],
        "goodbook0": [{"title": prose.headline(), "url": "http://www.fread.com/book/1/"}],
        "hostname": "news.ifeng.com",
        "docData": doc,
    }
