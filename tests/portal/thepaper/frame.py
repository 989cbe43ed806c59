"""What stands round an article of 2014 to 2021: the bar with hidden sliders, the side column with tabs, comments, footer."""

from __future__ import annotations

from tests.portal.page import Item, attr, esc
from tests.portal.prose import Prose

STORE = "//file.thepaper.cn/www/v3"
CHANNELS = (("视频", "news_v"), ("时事", "news"), ("财经", "money"), ("思想", "sixiang"), ("生活", "life"))


def article_url(number: str) -> str:
    """Return the address of an article."""
    return f"https://www.thepaper.cn/newsDetail_forward_{number}"


def picture(prose: Prose) -> str:
    """Return the address of a picture in the portal's store."""
    return f"http://image.thepaper.cn/www/image/{prose.between(20, 99)}/{prose.between(100, 999)}/{prose.between(100, 999)}.{prose.pick(('jpg', 'jpg', 'gif'))}"


def some_items(prose: Prose, count: int, *, pictures: bool = False) -> list[Item]:
    """``count`` items with headline and address."""
    return [
        Item(
            prose.headline(),
            article_url(prose.digits(7)),
            image=picture(prose).replace("http:", "https:") if pictures else None,
        )
        for _ in range(count)
    ]


def relative(item: Item) -> str:
    """Return an item's address as lists write it: relative to the page."""
    return attr(item.url.removeprefix("https://www.thepaper.cn/"))


def filler_script(prose: Prose, lines: int) -> str:
    """Return an inline script that holds markup of its own, as the portal's do."""
    rows = [
        f"  if (n > {prose.below(90)}) {{ html += '<div class=\"news_txt\"><h1 class=\"news_title\">' + t{prose.below(9)} + '<\\/h1><\\/div>'; }}"
        for _ in range(lines)
    ]
    return '<script type="text/javascript">\n(function (n, html) {\n' + "\n".join(rows) + "\n})(0, '');\n</script>\n"


def head(prose: Prose) -> str:
    """Return the bar on top; the sliders of its menus are hidden, and so is what each column says of itself."""
    menus = []
    for name, code in CHANNELS:
        rows = "".join(
            f'<li>\n<a href="list_{prose.digits(5)}">{esc(prose.account())}</a>\n<div style="display:none;" class="li_prompt"><div class="lilt_pl">{esc(prose.slogan())}</div><div class="lilt_pr"></div></div></li>\n'
            for _ in range(prose.between(9, 16))
        )
        menus.append(
            f'<div class="bn_bt">\n<a href="channel_{prose.digits(5)}" class="bn_a">{name}</a>\n<div style="display: none; opacity: 0;" class="slider" id="slider_{code}"><div class="lilt_pt"><img width="16" height="12" src="{STORE}/img/prompt_top.png"></div><ul class="clearfix">{rows}</ul></div></div>'
        )
    return f"""<div class="head_ad" id="head_ad" style="display: block;">{filler_script(prose, 2)}</div>
<div class="head" style="width: 100%;"><div id="head" style="width: 100%; height: 70px;" class="hdfloat">
<div class="head_rt" id="loginManage" style="right: 0px;"><span class="verticalAlign"></span><div class="head_info clearfix"><a href="contribute.jsp">投稿</a><a href="javascript:lgwdsshow();">登录</a><a href="javascript:registerwdsshow();" style="border:0;">注册</a>
<div class="hdif_s clearfix search_father"><form action="searchResult.jsp" id="searchResult"><input type="button" class="hds_bt" id="search_key" style="display: none;"></form></div>
<div class="download">下载客户端<div class="rtapp_down"><img src="../img/app_down.png" alt="客户端下载" usemap="#topdownload"><map name="topdownload" id="topdownload"><area shape="rect" coords="3,3,147,148" href="https://at.umeng.com/x"></map></div></div></div></div>
<div class="head_bd" style="margin: 0px auto;"><span class="verticalAlign"></span><div class="head_logo"><a href="/" title="澎湃新闻"><img src="{STORE}/img/logo116.png"></a></div>
<div class="head_banner"><div class="bn_bt index"><a href="/" class="bn_a">精选</a></div>
{"".join(menus)}
<div class="bn_bt">
<a href="channel_-1" class="bn_a">订阅</a><div id="slider_order" class="slider" style="display: none; opacity: 0;"><div class="lilt_intro">还没有订阅栏目<a href="javascript:lgwdsshow();">现在登录</a></div></div></div></div></div></div></div>
"""


def _tabs(ident: str) -> str:
    return f'<div class="hotnews_time" id="{ident}">\n<a class="on" href="javascript:;">一天</a>\n<a href="javascript:;">三天</a>\n<a href="javascript:;">一周</a>\n</div>\n'


def _tab_style(number: int) -> str:
    return "" if number == 0 else ' style="display:none;"'


def side(prose: Prose, hot: list[list[Item]], topics: list[list[Item]], picks: list[Item]) -> str:
    """Return the side column: 热新闻 and 热话题 with three tabs each, of which two are hidden, and 热门推荐."""
    hot_tabs = "".join(
        f'<ul class="list_hot" id="listhot{number}"{_tab_style(number)}>\n'
        + "".join(
            f'<li><span class="num_hot{row}"></span><a target="_blank" href="{relative(item)}">{esc(item.headline)}</a></li>\n'
            for row, item in enumerate(tab, start=1)
        )
        + '<li class="list_more"></li>\n</ul>\n'
        for number, tab in enumerate(hot)
    )
    topic_tabs = "".join(
        f'<ul class="topic_hot" id="topichot{number}"{_tab_style(number)}>\n'
        + "".join(
            f'<li>\n<span class="num_hot{row}"></span>\n<p style="float:right;width:180px;"><a href="{relative(item)}" target="_blank">{esc(item.headline)}</a></p></li>\n'
            for row, item in enumerate(tab, start=1)
        )
        + "</ul>\n"
        for number, tab in enumerate(topics)
    )
    picked = "".join(
        f'<div class="rmtj_news">\n<div class="rmtj_img"><a target="_blank" href="{relative(item)}"><img src="{attr((item.image or "").removeprefix("https:"))}" alt=""></a></div>\n<p><a target="_blank" href="{relative(item)}">{esc(item.headline)}</a></p></div>\n'
        for item in picks
    )
    return f"""<div class="main_rt">
<div class="rt_ad" id="rt_ad"><div class="ifrht">{filler_script(prose, 2)}</div></div>
<!--25951-->
<script> var ele = document.getElementById("rt_ad"); </script><h3 class="rthotnews_tt">热新闻</h3>
{_tabs("hotnews")}{hot_tabs}<div style="margin-bottom:20px;cursor:pointer;"><a href="work_us.jsp" target="_blank"><img src="{STORE}/img/job.jpg"></a></div>
<div class="rtapp_down"><p>澎湃新闻APP下载</p><img style="display:block;" src="{STORE}/img/app_down.png" alt="客户端下载" usemap="#Map"></div>
<h3 class="rthotnews_tt">热话题</h3>
{_tabs("hottopic")}{topic_tabs}<h3 class="rthotnews_tt">热门推荐</h3>
<div class="rtnews_hot">
{picked}</div>
<div class="rt_ad2" id="rt_ad2"><div class="ifrht">{filler_script(prose, 2)}</div></div>
<div class="con_us"><a href="contact_us.jsp">联系我们</a></div></div>
"""


def comments(prose: Prose, number: str, count: int) -> str:
    """Return the comments with their heading, which stands outside the box; the reply forms are hidden."""
    rows = []
    for row in range(count):
        ident = prose.digits(8)
        rows.append(f"""<div class="comment_que" id="comment{"Hot" if row < 2 else "New"}{ident}"><div class="aq_write clearfix"><div class="aqwleft"><div class="ansleft_hdimg"><a href="ask_user_home.jsp?userId={prose.digits(7)}&amp;contId={number}"><img src="{STORE}/img/head.jpg"></a></div></div>
<div class="aqwright"><h3><a href="ask_user_home.jsp?userId={prose.digits(7)}" ref="nofollow">{esc(prose.account())}</a><span>{prose.between(1, 9)}天前</span></h3>
<div class="ansright_cont"><a href="javascript:replyFloor({ident});">{esc(prose.comment())}</a></div>
<div class="ansright_time"><a class="ansright_zan {ident}">{prose.below(300)}</a><span>|</span><a href="javascript:replyFloor({ident});">回复</a></div>
<div class="ansright_aqans" id="comm_textarea{ident}" style="display:none"><textarea class="input_aqw input_aqans"></textarea><div class="aqw_tip"><span>回上一句</span></div><button class="aqw_pub">发表</button></div></div><div class="aqwright_bdbt"></div></div></div>
""")
    hot, new = "".join(rows[:2]), "".join(rows[2:])
    told = count * 12 if count else 0
    titles = (
        f'<div class="comment_title" style="margin-top:-30px;">热评论</div>{hot}<div class="comment_title">新评论</div>{new}'
        if rows
        else ""
    )
    return f"""<div class="news_tit3"><h2 id="comm_span">评论<span>（{told}）</span></h2></div>
<div id="aq_commt"><div id="commtid"><div class="aq_write clearfix"><div class="aqwright"><textarea id="commText" class="input_aqw">这里的字不算页面的字</textarea><div id="icommt_commt" class="aqw_tip"><img src="{STORE}/img/iask_tip.png" alt=""><span>写下跟帖</span></div><div class="wordTip">已写<span id="wordTipSpan">0</span>字</div><button onclick="pubComment({number},1,false)" class="aqw_pub">发表</button></div></div>
<div id="mainContent" class="emoji_font">{titles}</div><div id="startId1" startid="0" pageindex="1" style="display:none;"></div><div id="addButton" class="add_more" style="display:block;"> <a id="next_comment" href="load_newDetail_moreCommt.jsp"></a></div></div></div>
<div id="one" class="jGrowl bottom-right"></div>
"""


def footer(prose: Prose, year: int) -> str:
    """Return what ends a page: links, rights, an overlay, a counter whose name is hidden."""
    return f"""<div class="about" style="width: 100%;"><a href="about_paper.jsp">关于澎湃</a><a href="work_us.jsp">在此工作</a><a href="privacy_policy.jsp">隐私政策</a><a href="paper_ad.jsp">广告</a></div>
<div class="copyright" style="width: 100%;">版权 © {year} The Paper | <a href="http://www.miitbeian.gov.cn" target="_blank">沪ICP备00000000号</a></div>
<div style="width: 100%;" class="copyright"><a target="_blank" href="http://www.beian.gov.cn/"><img src="{STORE}/img/ghs.png"><p>沪公网安备 {prose.digits(8)}号</p></a></div>
<div id="bg_overlay" style="display:none;"></div>
<div id="cnzz_www" style="display: none"><span id="cnzz_stat_icon_1"><a href="https://www.cnzz.com/" target="_blank" title="站长统计">站长统计</a></span></div>
"""
