"""The right column of the template "post1603": columns, hot news, rankings, books, shop, each after its own fashion."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tests.portal.netease import chrome, items
from tests.portal.page import Item, attr, esc
from tests.portal.prose import Prose


def side_columns(
    prose: Prose, day: datetime, letter: str, *, after_js: bool, pictured: bool = False
) -> tuple[str, list[Item], list[Item]]:
    """``#epContentRight``, the columns' items in page order, and the items of 热点新闻 (which scripts fill)."""

    def pool(count: int) -> list[Item]:
        return [
            Item(prose.headline(), items.old_url("news", items.doc_id(prose, "news", letter), day))
            for _ in range(count)
        ]

    loved, picked, originals = pool(6), pool(4), pool(4)
    hot = pool(4) if after_js else []
    ranks = [pool(8), pool(8)]
    pictures, shown = _pictures(prose, day)
    books, told = _books(prose)
    seen = [replace(item, image=items.picture(prose, "cms-bucket", day)) for item in pool(2)] if pictured else []
    html = f"""<div class="post_content_side" id="epContentRight"><!-- right start --><!-- 页内画中画A -->
{_ad(prose, 1, after_js)}
{_head("大家都爱看", "进入新闻频道")}
<div>{_labelled(prose, loved, "pvOnMod1")}</div><span class="blank15"></span>
{_ad(prose, 2, after_js)}
{_head("新闻推荐", "进入新闻频道")}
<div class="js-xwtj JS_NTES_LOG_FE" data-module-name="xwwzy_18_newslink2">{_labelled(prose, picked, "pvOnMod2")}</div><span class="blank15"></span>
{_ad(prose, 3, after_js)}
<span class="ep-side-parting"></span><div class="ep-title-2 clearfix"><h2 class="title">热点新闻</h2></div>
<div id="js-specheader">{_plain(hot) if hot else ""}</div><span class="blank12"></span>
{_hot_pictures(seen) if seen else ""}{chrome.filler_script(prose, 20)}
{_ad(prose, 4, after_js)}
<!-- 微博推荐 --><span class="ep-side-parting"></span><div class="ep-title-2 clearfix"><h2 class="title">态度原创</h2></div>
<div id="js-cnxh-content">{_plain(originals)}</div><span class="blank12"></span>
{pictures}
<div class="mod-tab ep-tab-2" id="js-epTabRank"><div class="mod-tab-hd"><div class="mod-tab-trigger current">跟贴排行</div><div class="mod-tab-trigger">点击排行</div></div>
<div class="mod-tab-bd box-h300"><span class="blank20"></span>{_rank(prose, ranks[0], " current")}{_rank(prose, ranks[1], "")}</div></div>
<span class="blank9"></span>{chrome.filler_style(prose, 40)}
{books}
<div class="post_right_ad"><!-- 2016通发延长线 --></div><!-- right end --></div>"""
    return html, [*loved, *picked, *originals, *shown, *ranks[0], *ranks[1], *told], [*hot, *seen]


def _head(title: str, more: str) -> str:
    return (
        f'<span class="ep-side-parting"></span><div class="ep-title-2 clearfix"><h2 class="title"><a href="http://news.163.com/#xwwzy_18_newsrecmd">{title}</a></h2>'
        f'<span class="entry cDGray"><a href="http://news.163.com/">{more}</a></span></div>'
    )


def _labelled(prose: Prose, found: list[Item], cls: str) -> str:
    """Return a head line, then lines of "channel | headline"."""
    first, *rest = found
    rows = "".join(
        f'<li><a class="cBlack {cls}" href="http://{code}.163.com/">{label}</a><span class="cLGray">|</span><a href="{attr(i.url)}" class="{cls}">{esc(i.headline)}</a></li>'
        for i in rest
        for code, label in [(("tech", "科技"), ("ent", "娱乐"), ("money", "财经"), ("travel", "旅游"))[prose.below(4)]]
    )
    return f'<h2 class="ep-title-3"><a href="{attr(first.url)}" class="{cls}">{esc(first.headline)}</a></h2><ul class="mod-f12list">{rows}</ul>'


def _plain(found: list[Item]) -> str:
    first, *rest = found
    rows = "".join(f'<li><a href="{attr(i.url)}" title="{attr(i.headline)}">{esc(i.headline)}</a></li>' for i in rest)
    return f'<h2 class="ep-title-3"><a href="{attr(first.url)}" title="{attr(first.headline)}">{esc(first.headline)}</a></h2><ul class="mod-f12list">{rows}</ul>'


def _hot_pictures(found: list[Item]) -> str:
    """Return the finance channel's list of pictures."""
    rows = "".join(
        f'<li><a title="{attr(item.headline)}" href="{attr(item.url)}"><img src="{item.image}" alt="{attr(item.headline)}" width="130" height="90"></a><h3><a href="{attr(item.url)}">{esc(item.headline)}</a></h3></li>'
        for item in found
    )
    return (
        '<div class="ep-title-2 clearfix" id="side_xwtj3_head"><h2 class="title"><a href="http://money.163.com/photos/">精彩图片</a></h2></div>\n'
        f'<ul class="mod-imglist ep-imglist-1 clearfix" id="side_xwtj3_body">{rows}</ul>\n'
    )


def _rank(prose: Prose, found: list[Item], state: str) -> str:
    rows = "".join(
        f'<li{" class=first" if not number else ""}><span class="num">{number + 1}</span><span class="count">{prose.between(9000, 70000)}</span><a href="{attr(i.url)}">{esc(i.headline)}</a></li>'
        for number, i in enumerate(found)
    )
    return f'<div class="mod-tab-panel{state} JS_NTES_LOG_FE"><ul class="ep-dotlist ep-list-rank">{rows}</ul></div>'


def _pictures(prose: Prose, day: datetime) -> tuple[str, list[Item]]:
    """Return the courses with pictures and the shop beside them, which is links without a list."""
    shown = [
        Item(prose.headline()[:12], f"https://vip.open.163.com/courses/{prose.digits(4)}/?p=xwti_0{n}")
        for n in range(4)
    ]
    rows = "".join(
        f'<li style="width: 144px;margin-left: 12px;"><a title="{attr(i.headline)}" href="{i.url}"><img src="{items.picture(prose, "cms-bucket", day)}" alt="{attr(i.headline)}" width="144" height="90"></a><h3><a href="{i.url}">{esc(i.headline)}</a></h3></li>'
        for i in shown
    )
    shop = "".join(
        f'<a href="http://da.kaola.com/redirect?t={prose.hexa(16)}" class="kaola-side-title">{name}</a>'
        for name in ("母婴", "家居", "数码")
    )
    box = f"""<span class="ep-side-parting"></span><div class="ep-title-2 clearfix" id="side_newspic_head"><h2 class="title"><a href="https://vip.open.163.com">网易公开课</a></h2><span class="entry cDGray"><a href="https://vip.open.163.com">查看全部</a></span></div>
<ul class="mod-imglist ep-imglist-1 clearfix" id="side_newspic_body" style="margin-left: -12px;">{rows}</ul><span class="blank15"></span>
<div class="mod-tab ep-tab-2" id="js-epVideoRcmd"><div class="mod-tab-hd"><a class="mod-tab-trigger current" href="https://vip.open.163.com">精彩推荐</a><div class="mod-tab-trigger">海淘好物</div></div><div class="mod-tab-bd box-h300"><div class="mod-tab-panel" id="js-epKaola"><h3 class="kaola-side-h3">{shop}</h3></div></div></div>"""
    return box, shown


def _books(prose: Prose) -> tuple[str, list[Item]]:
    told = [Item(prose.subhead(), f"http://yuedu.163.com/source/{prose.hexa(32)}_4") for _ in range(4)]
    rows = "".join(f'<li><a href="{i.url}">{esc(i.headline)}</a></li>' for i in told)
    box = f"""<div class="ep-title-2 clearfix" id="side_book_head"><h2 class="title"><a href="http://yuedu.163.com/">云阅读</a></h2><span class="ep-more-entry"><a href="#">进入频道</a></span><span class="ep-more-split">|</span><span class="ep-more-entry"><a href="#">原创</a></span></div>
<div id="side_book_body"><ul class="mod-f12list" id="js-ep-book-news">{rows}</ul></div>"""
    return box, told


def _ad(prose: Prose, number: int, filled: bool) -> str:
    slot = prose.digits(7)
    script = (
        f'<div id="ssp_{slot}"></div><script>(window.slotbydup=window.slotbydup || []).push({{id: "{slot}", container: "ssp_{slot}"}});</script>'
        if filled
        else ""
    )
    return f'<div class="gg300"><!-- 页内画中画{number} -->{script}<a href="javascript:;" target="_self" class="ad_hover_href"></a></div><span class="blank20"></span>'
