"""The right side of the template "post2020": author card, columns, ads between them."""

from __future__ import annotations

from datetime import datetime

from tests.portal.netease import chrome, items
from tests.portal.page import Item, Truth, attr, esc
from tests.portal.prose import Prose


def column(title: str, link: str, found: list[Item], *, extra: str = "", cls: str = "", style: str = "") -> str:
    """Return a column at the side: the first item with a picture, the others as lines."""
    first, *rest = found
    lines = "".join(
        f'<li class="post_side_mod_item"><h3><a href="{attr(i.url)}">{esc(i.headline)}</a></h3><!-- {esc(i.author or "")} --></li>\n'
        for i in rest
    )
    return f"""<div class="post_side_mod{" " + cls if cls else ""}"{f' style="{style}"' if style else ""}>
<h2 class="post_side_mod_title"><a href="{attr(link)}">{title}</a></h2>
<div class="post_side_mod_imgnews"><a href="{attr(first.url)}"><img src="{attr(items.thumbnail(first.image or "", "300y150"))}" class="post_side_mod_img"><h3>{esc(first.headline)}</h3><!-- {esc(first.author or "")} --></a></div>
{extra}<ul class="post_side_mod_list">
{lines}</ul></div>
"""


def originals(prose: Prose, found: list[Item]) -> tuple[str, list[Item]]:
    """态度原创: a column with no picture, each line led by the name of its series; the items with that name."""
    lines, named = [], []
    for item in found:
        series = prose.pick(("数读", "槽值", "谈兵", "高度", "零度角"))
        lines.append(
            f'<li class="post_side_mod_item"><h3><a href="{attr(item.url)}"><em>{series}</em>| {esc(item.headline)}</a></h3></li>\n'
        )
        named.append(Item(f"{series}| {item.headline}", item.url))
    box = f"""<!-- 态度原创 -->
<div class="post_side_mod post_side_mod_noimg post_side_mod_noborder"><h2 class="post_side_mod_title">态度原创</h2>
<ul class="post_side_mod_list" id="js-yuanchuang-content">
{"".join(lines)}</ul></div>
"""
    return box, named


def money_box(prose: Prose) -> str:
    """Return the stock quotes that scripts put into a column."""
    parts = "".join(
        f'<a href="http://quotes.money.163.com/stock#f=post2020_dy" class="post_side_mod_money_{code} up"><div class="post_side_mod_money_nums"><div class="price">{prose.digits(4)}.{prose.digits(2)}</div>'
        f'<div class="updown">{prose.digits(2)}.{prose.digits(2)}</div><div class="percent">0.{prose.digits(2)}%</div></div><div class="post_side_mod_money_icon up">{name}</div></a>'
        for code, name in (("sh", "上证"), ("sz", "深成"))
    )
    return f'<div class="post_side_mod_money" id="post_side_mod_money">{parts}</div>\n'


def columns(prose: Prose, day: datetime, letter: str, *, after_js: bool) -> tuple[list[Item], list[str]]:
    """Return the columns' items in page order, and the markup column by column."""

    def pool(count: int) -> list[Item]:
        return items.article_pool(prose, count, day, letter)

    told: list[Item] = []
    out: list[str] = []
    top = pool(5)
    out.append(
        column(
            "头条要闻",
            "https://news.163.com/?f=post2020_dy_news",
            top,
            cls="js-cnshow",
            style="display: none;" if not after_js else "display: block;",
        )
    )
    again = [top[0], *pool(4)]
    out.append(column("头条要闻", "https://news.163.com/?f=post2020_dy_news", again))
    told += top + again
    for name, link in (
        ("体育要闻", "sports"),
        ("娱乐要闻", "ent"),
        ("财经要闻", "money"),
        ("科技要闻", "tech"),
        ("汽车要闻", "auto"),
    ):
        some = pool(5)
        extra = money_box(prose) if name == "财经要闻" and after_js else ""
        out.append(column(name, f"https://{link}.163.com/", some, extra=extra))
        told += some
    box, named = originals(prose, pool(5))
    out.append(box)
    told += named
    tabs = (("健康", "jiankang"), ("手机", "mobile"), ("本地", "bj.news"), ("教育", "edu"), ("军事航空", "war"))
    heads, panels = "", ""
    for number, (name, link) in enumerate(tabs):
        active = " active" if after_js and not number else ""
        heads += f'<div class="post_side_mod_tab js-tab{active}"><!-- width: 49.2px --><a href="https://{link}.163.com/">{name}</a></div>\n'
        some = pool(4)
        panels += f'<div class="post_side_mod_panel js-content{active}">\n{column(name.replace("航空", "") + "要闻", f"https://{link}.163.com/", some)}</div>\n'
        told += some
    out.append(
        f'<div class="post_side_mod js-tab-mod" data-event="mouseover" data-during="5">\n<div class="post_side_mod_tabs clearfix">\n{heads}</div>\n'
        f'<div class="post_side_mod_panels">\n{panels}</div></div>\n'
    )
    return told, out


def gov_side(prose: Prose, day: datetime, letter: str) -> tuple[list[Item], str]:
    """Return the side of a 网易政务 page: the apps' pictures and one column."""
    chosen = items.article_pool(prose, 4, day, letter)
    logo = '<div class="post_side_logo"><a href="https://m.163.com/newsapp/"><img src="https://static.ws.126.net/163/f2e/gov/app.png" alt="网易新闻"><p>扫码下载客户端</p></a></div>\n'
    return chosen, logo + column("专题推荐", "https://gov.163.com/", chosen)


def side(prose: Prose, card: str, boxes: list[str], *, after_js: bool) -> str:
    """Return the right side: the author card (or nothing), then columns with ads between the first."""
    out = [card]
    for number, box in enumerate(boxes):
        out.append(chrome.side_ad(number + 1, filled=after_js) if number < 3 else "")
        out.append(box)
        if number == 7:
            out.append(chrome.filler_script(prose, 60))
    return "".join(out)


def card(prose: Prose, account: Truth, previous: list[Item], day: datetime, followers: str) -> str:
    """Return the author card with its counts and 往期回顾."""
    link = account["url"]
    rows = "".join(
        f'<li class="post_wemedia_a_item" data-ptime="{i.time}" data-source="{attr(account["name"])}"><a href="{attr(i.url)}">{esc(i.headline)}</a>'
        f'<p class="post_wemedia_a_time">{(i.time or "")[:16]}</p></li>\n'
        for i in previous
    )
    icon = (
        '<img src="https://static.ws.126.net/163/f2e/incentive.png" alt="incentive-icons">'
        if followers.endswith("万")
        else ""
    )
    return f"""<div class="post_wemedia">
<div class="post_wemedia_avatar"><a href="{link}"><img src="{attr(items.thumbnail(items.picture(prose, "dingyue", day), "80x80"))}" alt="{attr(account["name"])}" onerror="this.onerror=''"></a></div>
<!-- channelInfo {{"category":"{"|".join(prose.keywords(6))}"}} -->
<div class="post_wemedia_name"><a href="{link}">{esc(account["name"])}</a>{icon}</div>
<div class="post_wemedia_title"><a href="{link}">{esc(account["description"])}</a></div>
<div class="post_wemedia_info"><span class="post_wemedia_info1"><a href="{link}"><em>{account["articleCount"]}</em>文章数</a></span>
<span class="post_wemedia_info2"><a href="{link}"><em>{followers}</em>关注度</a></span></div>
<div class="post_wemedia_a_name">往期回顾 <a href="{link}">全部</a></div>
<ul class="post_wemedia_a_list" id="post_wemedia_a_list">
{rows}</ul></div>
"""
