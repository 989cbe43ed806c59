"""Pages at /a/DAY/NUMBER_0.shtml: regions and channels until 2020, made for PC and phone at once, much of it hidden."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.portal.ifeng import frame
from tests.portal.ifeng.body import picture
from tests.portal.page import FixturePage, Item, Truth, attr, contains, esc, rfc3339
from tests.portal.prose import Prose

LAYOUT = "2016_artical_real"
SCAN = "用微信扫描二维码<br>分享至好友和朋友圈"


@dataclass(frozen=True, slots=True)
class Spec:
    """What one page of the template is to be like; ``broken_lines`` has the paragraphs between ``<br>`` in few ``<p>``."""

    case: str
    note: str
    channel: str = "nb"
    day: datetime = datetime(2020, 7, 21, 16, 40)
    paragraphs: int = 12
    images: int = 4
    broken_lines: bool = True
    captions: bool = False
    source_link: bool = True
    editor_code: bool = False
    page: int = 0
    side: bool = True


def build(spec: Spec) -> FixturePage:
    """Return the page that ``spec`` describes."""
    prose = Prose(f"ifeng/{LAYOUT}/{spec.case}")
    number = prose.digits(8)
    day = f"{spec.day:%Y%m%d}"
    headline = prose.headline()
    wall = f"{spec.day:%Y-%m-%d %H:%M}"
    shown = f"{spec.day:%Y年%m月%d日 %H:%M}"
    keywords = prose.keywords(6)
    source: Truth = {
        "name": prose.media(),
        "url": f"http://www.{prose.hexa(6)}.example/1.html" if spec.source_link else None,
    }
    editor = prose.person()
    mark = f" PN{prose.digits(3)}" if spec.editor_code else ""
    region = prose.town()
    section = f"http://{spec.channel}.ifeng.com/listpage/{prose.digits(3)}/1/list.shtml"
    markup, texts, images = _content(prose, spec)
    hot = _old_items(prose, 9)
    channel = _old_items(prose, 10)
    blocks = {
        name: _old_items(prose, count)
        for name, count in (("below", 6), ("strip", 6), ("focus", 4), ("more", 5), ("pictures", 4), ("special", 7))
    }
    address = f"http://{spec.channel}.ifeng.com/a/{day}/{number}_{{}}.shtml"
    title = f"{headline}_{region}频道_凤凰网"

    truth: Truth = {
        "kind": "article",
        "id": f"ifeng:{day}_{number}",
        "canonicalUrl": address.format(0),
        "title": title,
        "headline": headline,
        "keywords": keywords,
        "datePublished": rfc3339(wall),
        "datePrecision": "minute",
        "location": None,
        "authors": [],
        "editors": [editor],
        "account": None,
        "source": source,
        "commentCount": None,
        "breadcrumbs": [{"name": region, "url": f"http://{spec.channel}.ifeng.com/"}, {"name": "企业", "url": section}],
        "info": [shown, "来源：", source["name"]],
        "charset": "utf-8",
        "body": texts,
        "images": images,
        "optional": [],
        "notInBody": ["扫描二维码", "责任编辑", "人参与", hot[0].headline],
    }
    below, strip, focus, more, pictures, special = blocks.values()
    truth["items"] = {
        "related": [{key: value for key, value in item.truth().items() if key != "author"} for item in channel]
        if spec.side
        else [],
        "hot": [item.truth() for item in hot] if spec.side else [],
        "columns": [
            item.truth() for item in (*below, *strip, *((*focus, *more, *pictures, *special) if spec.side else ()))
        ],
        "previous": [],
    }
    truth["chrome"] = [
        *contains("nav", "首页财经科技", "更多国学", "新闻军事"),
        *contains("breadcrumb", f"{region}>企业>正文"),
        *contains("share", "用微信扫描二维码分享至好友", "分享到：新浪微博QQ空间", "分享到:"),
        *contains("comments", "人参与评论"),
        *contains("credits", f"[责任编辑：{editor}{mark}]"),
        *contains("tags", "标签：" + "".join(keywords)),
        *contains("tools", "好文钦佩喜欢"),
        *contains("columns", "网罗天下" + below[0].headline),
        *contains("footer", "版权所有"),
    ]
    if spec.side:
        truth["chrome"] += [
            *contains("hot", "热点推荐" + hot[0].headline),
            *contains("related", "频道推荐" + channel[0].headline),
            *contains("columns", "热点聚焦" + focus[0].headline, "图片新闻" + pictures[0].headline),
        ]
    link = (
        f'<a href="{attr(source["url"])}" itemprop="isBasedOnUrl" target="_blank">{esc(source["name"])}</a>'
        if source["url"]
        else esc(source["name"])
    )
    tags = " ".join(
        f'<a href="//search.ifeng.com/sofeng/search.action?q={row}" target="_blank">{word}</a>'
        for row, word in enumerate(keywords)
    )
    html = f"""<!--{address.format(spec.page)}-->
<html><head>
<meta charset="utf-8">
<title>{esc(title)}</title>
<meta name="keywords" content="{attr(",".join(keywords))}"><meta name="description" content="">
<meta name="og: webtype" content="news"><meta property="og:url" content="{address.format(0)}"><meta property="og:title" content="{attr(headline)}">
<meta name="og:time" content="{shown}"><meta name="og:category " content="{region}"><meta property="og:image" content="">
{frame.filler_script(prose, 40)}</head>
<body><img src="//y3.ifengimg.com/a/size71_w300_h300.jpg" style="width:0; height:0; display: block;">
{_header(prose, spec, region, section)}<div class="space43"></div>
<div itemscope="" itemtype="http://schema.org/NewsArticle" class="main"><div class="left">
<div id="artical"><h1 itemprop="headline" id="artical_topic">{esc(headline)}</h1>
<div id="artical_sth" class="clearfix"><p class="p_time"><span itemprop="datePublished" class="ss01">{shown}</span><br><span class="ss02">来源：</span><span itemprop="publisher"><span itemprop="name" class="ss03">{link}</span></span></p>
<div class="share ipad_block" style="z-index:1000;"><div style="width: 232px; height: 0px; overflow: hidden;" class="js_weixin"><img src="//h2.ifengimg.com/qr.png" class="js_wx_qrcod"><p>{SCAN}</p></div></div>
<div class="box03" id="js_comment_box03" style="display: none"><h5 class="cmt js_commentCount" id="js_commentCount_top"><a class="js_joinUrl"><em class="js_joinNum"></em><span>人参与</span></a><a class="js_cmtUrl"><em class="js_cmtNum"></em><span class="ss_none">评论</span></a></h5>{frame.filler_script(prose, 3)}</div></div>
<div class="line01"></div>
<div id="artical_real" class="js_img_share_area"><div class="dy_box ss_none"><div class="bg_top"><span></span></div><p></p><div class="bg_bottom"><span></span></div></div>
<div id="main_content" class="js_selection_area"><!--mainContent begin-->
{markup}
<!--mainContent end--></div></div>
<div class="box02" style="display:none"><img src="http://p3.ifengimg.com/a/2016_25/x_size32_w160_h214.jpg"></div>
<div class="an"><div class="ss_block page_bg ipad_none"></div><div class="next ss_none"></div>{frame.filler_script(prose, 6)}</div>
<div id="artical_sth2" class="box_share ss_none ipad_block iphone_block clearfix"><p class="iphone_none">[责任编辑：{editor}{mark}]</p>
<p class="p01 ss_none" style="display:none;">标签：{tags}</p>
<div class="left_bq ipad_none iphone_none clearfix"><ul class="face_box"><li><span></span><div class="xc"><img src="//p0.ifengimg.com/hw.png" width="38" height="38"></div><b>好文</b></li><li><span></span><b>钦佩</b></li><li><span></span><b>喜欢</b></li></ul></div>
<div id="artical_sth04" class="ss_none ipad_block iphone_block clearfix"><div class="share iphone_block"><div style="height: 0px; overflow: hidden;" class="js_weixin"><p>{SCAN}</p></div><div class="bdshare_t bds_tools"><div class="select_share_header pc_none">分享到：</div><a class="bds_tsina"><span class="pc_none">新浪微博</span></a><a class="bds_qzone"><span class="pc_none">QQ空间</span></a></div></div>
<div class="box04 ss_none ipad_block" style="display:none;"><h5 class="cmt js_commentCount" id="js_commentCount_bottom"><a class="js_joinUrl"><span>人参与</span></a><a class="js_cmtUrl"><span>评论</span></a></h5></div></div></div>
<div class="box02 ss_none" style=" height:16px;"></div></div>
<div id="cmtBox"><div id="js_cmtContainer"></div>{frame.filler_script(prose, 30)}</div>
<div><div class="blockL ss_none"><p class="tit02">网罗天下</p><ul class="video02 clearfix">{"".join(f'<li class="mg_b10"><a href="{item.url}" class="alink02"><img src="{picture(prose)}" width="145" height="80"><p class="li_p03">{esc(item.headline)}</p></a></li>' for item in below)}</ul></div></div>
<div class="pic1000 ss_none"><div id="padhide_1730"><div class="adarea"><div class="adcontent" id="demo"><ul>{"".join(f'<li><div><a href="{item.url}"><img src="{picture(prose)}"></a></div><div class="adtextbg"></div><div class="adtext"><a href="{item.url}">{esc(item.headline)}</a></div></li>' for item in strip)}</ul></div></div></div></div></div>
{_side(prose, hot, channel, focus, more, pictures, special) if spec.side else '<div class="right"></div>'}
<div class="clear"></div></div>
<div class="go_bank fixed ie6 ss_none"><a href="http://www.ifeng.com/" class="a04"></a></div>
<div class="s_anniu"><a href="http://help.ifeng.com/" class="a_message"></a></div>
<div class="searchDiv01 ss_block ipad_block"><div class="theLogo01"><div class="theCurrent01 cDGray"><a href="">凤凰{region}</a></div></div></div>
<div class="img_share" id="js_img_share" style="display:none;"><div class="bdshare_t"><a class="bds_tsina" data-type="sina"></a></div></div>
<div class="select_share" id="js_select_share"><div class="select_share_header">分享到:</div></div>
<div id="footer" class="footer mt02"><div class="footlink clearfix"><div class="fk_l"><a href="//biz.ifeng.com/">广告服务</a><a href="//www.ifeng.com/corp/feedback/">意见反馈</a></div></div><div class="copyright"><span>凤凰新媒体</span><span>版权所有</span><span>© {spec.day.year} Phoenix</span></div></div>
{frame.filler_script(prose, 60)}</body></html>
"""
    return FixturePage(
        site="ifeng", layout=LAYOUT, case=spec.case, url=address.format(spec.page), body=html.encode(), truth=truth,
        note=spec.note, charset={"header": "utf-8", "meta": "utf-8", "actual": "utf-8"}, fetched_at="2020-09-15T03:00:00+08:00",
    )  # fmt: skip


def _old_items(prose: Prose, count: int) -> list[Item]:
    return [
        Item(
            prose.headline(),
            f"http://nb.ifeng.com/a/20{prose.between(16, 20)}0{prose.between(1, 9)}{prose.between(10, 28)}/{prose.digits(7)}_0.shtml",
        )
        for _ in range(count)
    ]


def _content(prose: Prose, spec: Spec) -> tuple[str, list[str], list[Truth]]:
    """Return the body as editors of regions leave it: spans with styles, hard spaces, ``<br>``; pictures in boxes."""
    out: list[str] = []
    texts: list[str] = []
    images: list[Truth] = []
    style = ' style="color: rgb(51, 51, 51); font-family: arial, simsun; font-size: 16px;"'
    every = max(1, spec.paragraphs // (spec.images + 1))
    for row, text in enumerate(prose.article(spec.paragraphs), start=1):
        texts.append(text)
        if spec.broken_lines:
            lead = f"<br{style}><span{style}>&nbsp;&nbsp; &nbsp; </span>" if row % 3 == 2 else ""
            out.append(f"<p><span{style}>&nbsp;&nbsp; {esc(text)}</span><br{style}>{lead}</p>")
        else:
            out.append(f"<p>{esc(text) if row % 3 else prose.decorate(text)}</p>")
        if row % 5 == 0:
            head = prose.subhead()
            texts.append(head)
            out.append(f"<p><strong{style}>{esc(head)}</strong></p>")
        if len(images) < spec.images and row % every == 0:
            url = f"https://x0.ifengimg.com/cmpp/fck/{spec.day:%Y}_37/{prose.hexa(15)}_w606_h412.png"
            caption = prose.caption() if spec.captions and row % 2 else None
            box = (
                f'<p class="detailPic"><img src="{url}" alt=""></p><p class="picIntro">{esc(caption)}</p>'
                if caption
                else f'<div style="text-align: center;"><img src="{url}"></div>'
            )
            out.append(box)
            images.append({"url": url, "caption": caption})
    out.append(
        '<p><span class="ifengLogo"><a href="http://www.ifeng.com/" target="_blank"><img src="//p2.ifengimg.com/a/logo_size1_w16_h16.png" /></a></span></p>'
    )
    return "\n".join(out), texts, images


def _header(prose: Prose, spec: Spec, region: str, section: str) -> str:
    menu = "".join(f'<li><a href="//{host}.ifeng.com/" target="_blank">{name}</a></li>\n' for name, host in frame.MENU)
    phone = "".join(
        f'<li><a href="http://i.ifeng.com/{row}?vt=5">{name}</a></li>'
        for row, name in enumerate(("新闻", "军事", "彩票", "FM"))
    )
    path = f'<a href="http://{spec.channel}.ifeng.com/">{region}</a> &gt; <a href="{section}">企业</a>'
    return f"""<div class="h_mainNavNew cDGray h_mainNav" id="f-header"><ul class="list_menu">{menu}</ul>
<div class="morehNew" id="f-more"><ul><li><a href="//www.ifeng.com/daohang/">更多</a><ul id="f-more-box"><li><a href="//guoxue.ifeng.com/">国学</a></li></ul></li></ul></div>
<div class="login" id="f-login-none"><a href="//id.ifeng.com/user/register/" id="register">注册</a><a class="f-login">登录</a></div><div class="LoginAfter fl" id="welcome"></div></div>
<div class="pic1000 ss_none">{frame.filler_script(prose, 2)}<div id="_{prose.hexa(10)}"></div></div>
<div class="searchDiv01 ss_block ipad_block"><div class="theLogo01"><div class="theCurrent01 cDGray">{path}</div></div><div class="djtc" id="djtc"><a href="javascript:void(0);"><img src="//y2.ifengimg.com/d_07.gif"></a></div></div>
<div class="searchDiv02 js_titleName ss_none"><div class="theLogo"><a href="http://{spec.channel}.ifeng.com/"><img src="http://p2.ifengimg.com/logo.jpg" alt="{region}" width="127" height="27"></a><div class="theCurrent cDGray js_crumb"><div class="ss_block nav_bg js_crumb"></div>{path} &gt; 正文</div></div><div class="navFind" id="js_search">{frame.filler_script(prose, 3)}</div></div>
<div class="s_title" id="s_title" style="display: none;"><ul class="iph clearfix">{phone}</ul></div>
"""


def _side(
    prose: Prose,
    hot: list[Item],
    channel: list[Item],
    focus: list[Item],
    more: list[Item],
    pictures: list[Item],
    special: list[Item],
) -> str:
    first, *rest = hot
    lead, *others = channel
    listed = "".join(f'<li><a href="{item.url}" target="_blank">{esc(item.headline)}</a></li>\n' for item in rest)
    return f"""<div class="right">
<div class="iphone_none ipad_none"><div><div class="adList"><div class="div_h3_father"><h3>热点推荐</h3></div><div class="picShow_li"><a href="{first.url}"><img src="{picture(prose)}"></a><h3><a href="{first.url}">{esc(first.headline)}</a></h3></div><div class="ui_div"><ul>{listed}</ul></div></div></div></div>
<div class="space10"></div>
<div class="blockR" id="recommend"><div class="titR"><h4 class="js_recommendTag current">频道推荐</h4><span><a href="http://gongyi.ifeng.com/"><img src="//p1.ifengimg.com/donate.jpg" alt="公益"></a></span></div>
<div class="recNews pad_btm"><div class="js_recommendList"><h2><a href="{lead.url}" title="{attr(lead.headline)}">{esc(lead.headline)}</a></h2><h4><span class="s02"><a href="http://gentie.ifeng.com/view.html">0条评论</a></span><span>2020-07-21 12:11:10</span></h4><ul class="listR pad_top5">{"".join(f'<li><a href="{item.url}" title="{attr(item.headline)}">{esc(item.headline)}</a></li>' for item in others)}</ul></div></div></div>
<div class="iphone_none ipad_none"><div><div id="padhide_2086"><h3>热点聚焦</h3><ul class="adContent2 clearfix">{"".join(f'<li><a href="{item.url}"><img src="{picture(prose)}" width="130" height="80"><span></span></a><a href="{item.url}">{esc(item.headline)}</a></li>' for item in focus)}</ul></div><div id="padhide_1720"><ul class="ul_list01">{"".join(f'<li><a href="{item.url}">{esc(item.headline)}</a></li>' for item in more)}</ul></div></div></div>
<div class="pics ss_none"><div class="titR"><h4>图片新闻</h4></div><ul>{"".join(f'<li><a href="{item.url}" title="{attr(item.headline)}"><img src="{picture(prose)}" width="165" height="100"><p class="li_p01">{esc(item.headline)}</p><p class="li_p02">点击数：{prose.between(100, 999999)}</p></a></li>' for item in pictures)}</ul></div>
<div class="iphone_none ipad_none"><div id="padhide_1727"><div class="adList2"><h3><a href="http://nb.ifeng.com/special/1/">专题</a></h3><div class="clearfix"><div class="adItem"><a href="http://nb.ifeng.com/special/2/"><img src="{picture(prose)}" width="132" height="155"></a></div><ul class="cGray">{"".join(f'<li>·<a href="{item.url}">{esc(item.headline)}</a></li>' for item in special)}</ul></div></div></div></div>
</div>"""
