"""Invented pages of one portal for tests of `scrapy newsite`: a template as portals have it, different articles in it."""

from __future__ import annotations

from crawler.draft.site import Given

HEADLINES = (
    "渡口停航以后的第三个冬天",
    "旧仓库里的图书馆开门了",
    "修船厂的烟囱今天拆除",
    "南岸步道延长四百米",
    "夜班公交改走滨河路",
)
PARAGRAPHS = (
    "渡口停航以后，仓库空了三年，镇上的人把书一箱一箱搬了进去，窗台上摆满了旧报纸和茶缸，木匠在墙边钉了一排书架。",
    "修船厂的烟囱拆掉以后，孩子们在空地上放风筝，管理员每天傍晚来锁门，说明年春天这里要种一片树，再修一条小路。",
    "步道从码头一直修到水塔，早晨有人跑步，晚上有人遛狗，卖豆花的摊子搬到了新铺的石板路边，生意比从前好了一些。",
    "末班车晚了二十分钟，司机说滨河路在修水管，乘客站在路灯下等车，有人打电话回家，让家里先吃饭，不要再等他了。",
    "图书馆的目录还没有编完，志愿者把捐来的书分成三堆，第一堆给学生，第二堆给老人，第三堆等县里来的专家慢慢看。",
    "水塔上的钟停在九点一刻，修表的师傅爬上去看了两回，说缺一个齿轮，要从省城寄来，大概月底以前就能重新走起来。",
    "船工的儿子学会了开吊车，每天从江边运来两车旧木料，锯成一样长的板子，刷上桐油，晾在院子里，味道很好闻。",
)
CHANNELS = ("news", "sports")
EDITORS = ("陆予安", "简明澈", "樊墨白", "柯砚秋", "沈听雨")
PAGE = """<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{headline}_{channel}_临溪网</title>
<meta name="keywords" content="临溪,{channel}"><meta name="description" content="{headline}">{head}</head><body class="article-page">
<div class="lx-top-nav"><a href="https://www.linxi.example/">首页</a><a href="https://news.linxi.example/">新闻</a>
<a href="https://sports.linxi.example/">体育</a><a href="https://culture.linxi.example/">文化</a>
<a href="https://www.linxi.example/about/">关于我们</a></div>
<div class="lx-crumb">当前位置：<a href="https://www.linxi.example/">临溪网</a> &gt; <a href="https://{host}/">{channel}</a> &gt; 正文</div>
<div class="lx-main"><h1 class="lx-title">{headline}</h1><div class="lx-info">{info}</div>
<div class="lx-text" id="lxText">{body}<div class="lx-editor">责任编辑：{editor}</div></div>
<div class="lx-share">分享到：<a href="#">微博</a><a href="#">微信</a></div>
<div class="lx-related"><h3>相关阅读</h3><ul>{related}</ul></div></div>
<div class="lx-side"><h3>热门排行</h3><ul>{hot}</ul></div>
<div class="lx-footer">版权所有 临溪网 ICP备 00000000 号 <a href="https://www.linxi.example/contact/">联系我们</a></div></body></html>"""
TITLES = (
    "桥头的早市搬到了新址，摊主都说好", "县剧团下乡演出二十场，场场坐满", "中学操场换了新跑道，下周开运动会", "老井的水又清了，取样送到省里检验",
    "茶厂春天招工三十人，包吃也包住宿", "渔港冷库通过验收，月底就能启用了", "山里的路通了车，去县城少走一小时", "邮局搬进旧车站，候车厅改成了书店",
)  # fmt: skip


def paragraphs(number: int, count: int = 5) -> list[str]:
    """Return the paragraphs of the article of this number; different articles share none."""
    return [f"{PARAGRAPHS[(number + n) % len(PARAGRAPHS)][:-1]}，这是第{number * 10 + n}天。" for n in range(count)]


def links(number: int) -> str:
    """Return list entries, other ones on each page."""
    picked = [TITLES[(number + n) % len(TITLES)] for n in range(5)]
    return "".join(
        f'<li><a href="https://{CHANNELS[n % 2]}.linxi.example/2026/0{1 + n}/art_{8809000 + 10 * number + n}.html">{title}</a>'
        f'<span class="when">2026-02-1{n}</span></li>'
        for n, title in enumerate(picked)
    )


def article(
    number: int,
    *,
    host: str = "news.linxi.example",
    url: str | None = None,
    info: str | None = None,
    head: str = "",
    before: str = "",
    after: str = "",
    template: str = PAGE,
    text: int | None = None,
) -> Given:
    """Return the page of an article; `before` and `after` stand in the body's element, around the paragraphs.

    `text` is the number of another article whose paragraphs it has.
    """
    shown = f'<span class="time">2026-02-1{number} 10:1{number}</span> <span class="src">来源：灯下漫笔</span>'
    content = template.format(
        headline=HEADLINES[number % len(HEADLINES)],
        channel="新闻",
        host=host,
        head=head,
        info=shown if info is None else info,
        body=before + "".join(f"<p>{part}</p>" for part in paragraphs(number if text is None else text)) + after,
        editor=EDITORS[number % len(EDITORS)],
        related=links(number),
        hot=links(number + 3),
    )
    return Given(url=url or f"https://{host}/2026/02/art_{8801000 + number}.html", body=content.encode())
