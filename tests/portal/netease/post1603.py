"""Pages of the template "post1603" (2016 to late 2020): articles of the channels with ``#endText``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.portal.netease import chrome, items, menus
from tests.portal.netease.body import Body
from tests.portal.netease.side1603 import side_columns
from tests.portal.page import FixturePage, Item, Truth, attr, contains, esc, rfc3339
from tests.portal.prose import Prose

LAYOUT = "2016_end_text"
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Spec:
    """What one page of the template is to be like."""

    case: str
    note: str
    channel: str = "news"
    section: tuple[str, str] | None = ("国内新闻", "/domestic/")
    day: datetime = datetime(2019, 9, 7, 16, 28, 35)
    letter: str = "E"
    after_js: bool = True
    stamp: bool = False
    paragraphs: int = 14
    images: int = 3
    hot_pictures: bool = False
    ad_inside: bool = True
    related_inside: bool = False
    recommended_twice: bool = False
    video: bool = False
    wrapped: bool = False
    original_title: bool = True
    cut_quote: bool = False
    source_link: bool = True
    comments: int | None = 330
    sloppy: bool = False
    bom: bool = False
    encoding: str = "utf-8"
    header: str | None = "text/html; charset=utf-8"
    query: str = ""


def build(spec: Spec) -> FixturePage:
    """Return the page that ``spec`` describes."""
    prose = Prose(f"netease/{LAYOUT}/{spec.case}")
    doc = items.doc_id(prose, spec.channel, spec.letter)
    url = items.old_url(spec.channel, doc, spec.day) + spec.query
    headline = prose.headline()
    if spec.cut_quote:
        headline = f'{prose.between(20, 90)}岁"{prose.keywords(1)[0]}"守护人{prose.person()}:再干"一百年"'
    keywords = prose.keywords(4)
    wall = f"{spec.day:%Y-%m-%d %H:%M:%S}"
    name, brand, home = menus.CHANNELS[spec.channel]
    source: Truth = {"name": prose.media(), "url": f"http://www.{prose.hexa(6)}.example" if spec.source_link else None}
    editor = f"{prose.person()}_N{prose.pick(('N', 'F', 'B'))}{prose.digits(4)}"
    body = _body(prose, spec)
    related = _related(prose, spec) if spec.after_js else []
    side, column_items, hot_items = side_columns(
        prose, spec.day, spec.letter, after_js=spec.after_js, pictured=spec.hot_pictures
    )
    following = Item(
        prose.headline(),
        items.old_url("news", items.doc_id(prose, "news", spec.letter), spec.day) + "#f=post1603_tab_news",
    )
    teaser = prose.paragraph(2)
    description = f"{headline} {','.join(keywords)}"
    title = f"{headline}_{brand}"
    count = str(spec.comments or 0)

    truth: Truth = {
        "kind": "article",
        "id": f"netease:{doc}",
        "title": title,
        "headline": headline,
        "originalHeadline": None,
        "keywords": keywords,
        "datePublished": rfc3339(wall),
        "datePrecision": "second",
        "location": None,
        "authors": [],
        "editors": [editor],
        "account": None,
        "source": source,
        "commentCount": spec.comments,
        "breadcrumbs": [{"name": "网易首页", "url": "http://www.163.com/"}, {"name": f"{name}频道", "url": home}],
        "info": [wall, "来源:", source["name"], "举报"],
        "charset": spec.encoding,
        **body.truth(),
    }
    if spec.section:
        truth["breadcrumbs"].append(
            {"name": spec.section[0], "url": f"https://{spec.channel}.163.com{spec.section[1]}"}
        )
    if not spec.cut_quote:
        truth["description"] = description
    if spec.original_title:
        line = body.optional[0]
        truth["originalHeadline"] = line.removeprefix("（原标题：").removesuffix("）")
        truth["info"].append(line)
        truth["optional"] = body.optional[1:]
    truth["notInBody"] += ["举报", "用微信扫码二维码", "本文来源", editor, "为您推荐", teaser]
    truth["items"] = {
        "related": [i.truth() for i in related],
        "hot": [i.truth() for i in hot_items],
        "previous": [],
        "columns": [i.truth() for i in column_items],
    }
    truth["chrome"] = [
        *body.chrome,
        *contains("nav", "快速导航", "查看网易地图"),
        *contains("breadcrumb", "网易首页", "正文"),
        *contains("share", "分享到：", "用微信扫码二维码", "QQ空间"),
        *contains("credits", f"本文来源：{source['name']}", f"责任编辑：{editor}"),
        *contains("comments", "跟贴已关闭", "参与"),
        *contains("related", "为您推荐"),
        *contains("columns", "大家都爱看", "态度原创", "跟贴排行", "云阅读"),
        *contains("footer", "网易公司版权所有"),
        *(contains("next", "阅读下一篇", following.headline, teaser, "返回网易首页") if spec.after_js else []),
        *(contains("hot", hot_items[0].headline) if hot_items else []),
    ]
    shown = (lambda text: text) if spec.cut_quote else attr
    extra = f' data-publishtime="{wall}"' if spec.stamp else ""
    section = f'<a href="{spec.section[1]}">{spec.section[0]}</a> &gt; ' if spec.section else ""
    charset_style = (
        '<script src="https://static.ws.126.net/163/f2e/libs/nvt_widgets_2.2.utf8.js?v=1" charset="UTF-8"></script>'
    )
    html = f"""<!--{esc(url)}-->
<html id="ne_wrap"{extra}{' class=" ua-mac"' if spec.after_js else ""}><!--<![endif]--><head>
<title>{esc(title)}</title>
<base target="_blank"><!--[if lte IE 6]></base><![endif]-->
<link rel="icon" href="https://www.163.com/favicon.ico" type="image/x-icon">
<meta http-equiv="expires" content="0"><meta http-equiv="Cache-Control" content="no-transform">
<meta http-equiv="x-ua-compatible" content="ie=edge">
<meta name="keywords" content="{attr(",".join(keywords))}">
<meta name="description" content="{shown(description)}">
<meta name="author" content="网易"><meta name="Copyright" content="网易版权所有">
<meta name="viewport" content="width=1024, initial-scale=1.0">
<meta property="og:title" content="{shown(headline)}">
<meta property="og:type" content="news">
<meta property="og:description" content="{shown(description)}">
<meta property="article:author" content="网易"><meta property="article:published_time" content="{rfc3339(wall)}">
{chrome.filler_script(prose, 200)}
<link rel="stylesheet" href="https://static.ws.126.net/163/f2e/post_nodejs/css/index.css?v=3">
{chrome.filler_style(prose, 320)}{charset_style}
</head>
<body>
{chrome.nav(logo=home, user="" if not spec.after_js else "reader_...@163.com")}
<div class="post_area_top"><div class="at_item top_ad_column" adtype="topColumnAd"></div></div>
<div class="post_content post_area clearfix" id="contain">
<div class="post_crumb"><a href="http://www.163.com/">网易首页</a> &gt; <a href="{home}">{name}频道</a> &gt; {section}正文</div>
<div class="post_content_main" id="epContentLeft">
<h1>{esc(headline)}</h1>
<!-- 来源 -->
<div class="post_time_source">
{wall}　来源: <a id="ne_article_source" href="{attr(source["url"] or "http://#")}" target="_blank">{esc(source["name"])}</a>
<a href="http://jubao.aq.163.com/" target="_blank" class="post_jubao" title="举报本文">举报</a></div>
<div class="post_body">
<div class="post_topshare_wrap{" post_topshare_wrap_fixed" if spec.after_js else ""}"><div class="post_topad"><!-- 触发擎天柱投放代码开始 --><!-- <script language="javascript"> var chufa_rdm=parseInt(Math.random()*2); </script> --></div>
<div class="post_tie_top"><a class="post_icon_tie" target="_self" href="#post_comment_area" title="快速发贴"></a>
<a class="post_cnum_tie js-tielink js-tiejoincount" href="http://comment.tie.163.com/{doc}.html" title="点击查看跟贴">{count}</a></div>
<div class="post_topshare"><span class="post_topshare_title">分享到：</span>{chrome.share_list(text=True)}
{chrome.qrcode("top", url + "#sns_weixin", spec.after_js)}</div>
<div class="post_size_ctrl"><span class="post_size_t">T</span><a class="post_size_large" href="javascript:;" target="_self">+</a><a class="post_size_small" href="javascript:;" target="_self">-</a></div></div>
<div class="post_text" id="endText" style="border-top:1px solid #ddd;">
{body.markup()}
<!-- 作者 -->
<p></p>
<div class="ep-source cDGray"><span class="left"><a href="{home}"><img src="https://static.ws.126.net/cnews/css13/img/end_{spec.channel}.png" alt="{editor.partition("_")[0]}" width="13" height="12" class="icon"></a> 本文来源：{esc(source["name"])} </span>
<span class="ep-editor">责任编辑：{editor}</span></div>
<!-- 声明 -->
</div>
<div class="post_btmshare"><span class="post_topshare_title">分享到：</span>{chrome.share_list(text=True)}
{chrome.qrcode("btm", url + "#sns_weixin", spec.after_js)}</div>
<div class="post_end_ad"><div style="position:relative;"><a href="http://gb.corp.163.com/gb/legal.html" class="ad_hover_href"></a>{chrome.filler_script(prose, 6)}<iframe src="https://news.163.com/special/ly_netease02_190110bb/" width="660" height="180" style="display: none !important;"></iframe></div></div>
</div>
<!-- 跟贴 -->
{_comments(prose, spec, doc, count)}
<!-- 推荐 -->
{_recommend_box(prose, related)}
{chrome.filler_script(prose, 60)}
</div>
<a href="http://www.163.com/newsapp/#f=qr" class="newsapp-qrcode"><img src="//img1.cache.netease.com/f2e/www/index2014/images/sprite_dw2.png"></a><a href="#" class="ns-side-totop" target="_self"><i></i></a>
<!-- 即时消息 --><div id="instant-news"><div id="instant-news-close">×</div><div id="instant-news-content"></div></div>
<!-- 右侧 -->
{side}
<!-- 底通 -->
<div class="post_content_endad"><!-- 2016通发底部通栏 --><iframe src="https://g.163.com/r?site=netease&affiliate=163&cat=article" width="1200" height="125"></iframe></div>
</div>
{_next_box(following, teaser) if spec.after_js else ""}
{chrome.footer(spec.day.year)}
{chrome.filler_script(prose, 420)}{chrome.tracking(prose)}
</body></html>
"""
    headers = {"Server": "nginx", "Expires": "Sat, 07 Sep 2019 08:30:00 GMT"}
    if spec.header:
        headers["Content-Type"] = spec.header
    sent = spec.header.partition("charset=")[2] or None if spec.header else None
    return FixturePage(
        site="netease", layout=LAYOUT, case=spec.case, url=url, body=(BOM if spec.bom else b"") + chrome.airy(html).encode(spec.encoding), truth=truth, headers=headers,
        note=spec.note, charset={"header": sent, "meta": None, "actual": spec.encoding}, fetched_at="2019-09-08T15:40:02+08:00",
    )  # fmt: skip


def _body(prose: Prose, spec: Spec) -> Body:
    body = Body(prose)
    if spec.original_title:
        line = f"（原标题：{prose.headline()}）"
        body.junk(f'<p class="otitle">\n                        {esc(line)}\n                    </p>')
        body.optional.append(line)
    body.junk("<p><!--StartFragment--></p>")
    if spec.video:
        _video(body, spec)
    every = max(1, spec.paragraphs // (spec.images + 1))
    left = spec.images
    middle = spec.paragraphs * 2 // 3
    for number, text in enumerate(prose.article(spec.paragraphs), start=1):
        if spec.sloppy:
            body.html.append(f"<P align=left><FONT size=3>{prose.decorate(text)}</FONT>")
            body.texts.append(text)
            continue
        if spec.wrapped:
            body.html.append("<div>")
        body.text(text, attrs=' class=""' if spec.wrapped else "", plain=number % 3 == 0)
        if spec.wrapped:
            body.html.append("</div>")
        if number % 5 == 0:
            body.subhead(prose.subhead(), "b" if number % 2 else "strong")
        if left and number % every == 0:
            left -= 1
            original = (
                f"http://cms-bucket.ws.126.net/{spec.day:%Y/%m/%d}/{prose.hexa(32)}.{prose.pick(('png', 'jpeg'))}"
            )
            body.image(
                original,
                f'<p class="f_center"><img alt="{attr(prose.headline())}" src="{original}" width="626" height="392.29333333333335"></p>',
            )
            if (
                number % 2 == 0
            ):  # editors put the picture's line in a paragraph of its own; nothing marks it as a caption
                line = f"图片来源：{prose.media()}"
                body.junk(f'<p class="f_center"><span style="text-align: justify;">{line}</span></p>')
                body.texts.append(line)
        if spec.ad_inside and number == middle:
            body.junk(
                '<p><!--AD200x300_2--></p>\n<div class="gg200x300"><div class="at_item right_ad_item" adtype="rightAd" requesturl="https://nex.163.com/q?app=7BE0FC82&c=news&l=133"></div><a href="javascript:;" target="_self" class="ad_hover_href"></a></div>'
            )
            label = f"{prose.pick(('限时', '会员', '秋季'))}特惠{prose.between(100, 999)}元起 广告"
            body.other(
                "ad",
                f'<div class="gg200x300"><div class="at_item right_ad_item" adtype="rightAd"><a href="https://u.163.com/{prose.hexa(6)}">{label}</a></div></div>',
                label,
            )
    if spec.related_inside:
        _related_inside(body, spec)
    if spec.recommended_twice:
        _recommended_twice(body, spec)
    body.junk('<p class=""><br></p><p class=""><br></p><p><!--EndFragment--></p>')
    return body


def _video(body: Body, spec: Spec) -> None:
    prose = body.prose
    head, medium = prose.headline(), prose.media()
    stream = f"http://flv.bn.netease.com/{prose.hexa(48)}.mp4"
    body.html.append(f"""<p><!--开始-->{chrome.filler_style(prose, 12)}</p><div class="video-wrapper" style="margin: 10px auto;background: #F5F5F5;"><div class="video-inner" style="padding: 25px;">
<div class="video" style="background: #000;max-height:450px;"><video controls="controls" preload="auto" width="100%" poster="{items.picture(prose, "videoimg", spec.day)}" style="max-height:450px;">
<source type="video/mp4" src="{stream}">这个浏览器放不了这段视频.</video></div>
<div class="video-info clearfix" style="margin: 16px 0 0px 0px;"><p class="fn-right" style="height: 22px;"><a style="text-align: right;" href="http://v.163.com/static/1/V{prose.base32(8)}.html" target="_blank" class="video-title">{esc(head)}</a><span class="video-from" style="color: #a7a7a7;">（来源：{medium}）</span></p></div>
<div class="video-list"><ul class="clearfix" style="margin:0;"></ul></div></div></div>{chrome.filler_script(prose, 10)}<!--结束--><p></p>""")
    body.optional.append(f"{head}（来源：{medium}）")
    body.videos.append({"url": stream, "caption": f"{head}（来源：{medium}）"})
    body.not_in_body.append("这个浏览器放不了这段视频.")


def _related_inside(body: Body, spec: Spec) -> None:
    prose = body.prose
    found = [
        Item(
            prose.headline(),
            items.old_url("news", items.doc_id(prose, "news", spec.letter), spec.day) + "?f=relatedArticle",
        )
        for _ in range(3)
    ]
    rows = "".join(f'<li class="related_article_item"><a href="{i.url}">{esc(i.headline)}</a></li>' for i in found)
    body.other(
        "related",
        f'<div class="related_article related_special"><div class="related_article_wrap"><div class="related_article_title" data-sid="S1{prose.digits(12)}">延伸阅读</div><ul class="related_article_list">{rows}</ul></div></div>',
        "延伸阅读",
        *(i.headline for i in found),
    )


def _recommended_twice(body: Body, spec: Spec) -> None:
    """延伸 · 推荐 and the hidden ``pre`` that the editor's tool leaves, which says the same again."""
    prose = body.prose
    head, teaser = prose.headline(), prose.paragraph(2)
    inner = f'<p><a href="{items.old_url("news", items.doc_id(prose, "news", spec.letter), spec.day)}" target="_self" urlmacroreplace="false" style="line-height: 1;">{esc(head)}</a></p><p>{esc(teaser)}</p>'
    body.other(
        "related",
        f'<p><!--StartFragment--></p><div class="special_tag_wrap"><div class="special_tag special_tag_tj"><div class="special_tag_ttl">延伸 · 推荐</div><div class="special_tag_cnt">{inner}</div></div></div>'
        f'<pre datatype="specialtag" datavalue="推荐" style="white-space: pre-wrap; display: none; border: 3px solid blue;" title="推荐">{inner}</pre>',
        "延伸 · 推荐",
        head,
        teaser,
    )


def _related(prose: Prose, spec: Spec) -> list[Item]:
    return [
        Item(
            prose.headline(),
            items.old_url("news", items.doc_id(prose, "news", spec.letter), spec.day) + "#f=post1603_tab_news",
            prose.media(),
            f"{prose.between(2, 23)}小时前",
        )
        for _ in range(40)
    ]


def _recommend_box(prose: Prose, related: list[Item]) -> str:
    tabs = "".join(
        f'<li class="post_recommend_title{state}" data-channel="{code}"><span>{name}</span><i></i></li>'
        for code, name, state in (
            ("all", "推荐", " current"),
            ("sports", "体育", ""),
            ("ent", "娱乐", ""),
            ("tech", "科技", ""),
            ("money", "财经", ""),
            ("war", "军事", ""),
            ("house", "房产", " hidden"),
        )
    )
    rows = []
    for number, item in enumerate(related):
        count = prose.between(20, 60000)
        url = attr(item.url)
        words = "".join(
            f'<a href="http://news.163.com/keywords/{prose.hexa(1)}/{prose.hexa(1)}/{prose.hexa(12)}/1.html">{word}</a>'
            for word in prose.keywords(2)
        )
        share = "".join(
            f'<li class="share_{code}" data-title="{attr(item.headline)}"><a href="javascript:;" target="_self"><i title="分享到{name}"></i><span></span>{name}</a></li>'
            for code, name in chrome.SHARE
        )
        rows.append(f"""<div class="post_recommend_new"><a href="{url}" class="post_recommend_img pvOnMod3" data-mod3index="{number}"><img src="http://nimg.ws.126.net/?url=http://dingyue.ws.126.net/{prose.hexa(24)}.jpg&thumbnail=140y88" width="140" height="88"></a>
<h3><a href="{url}" class="pvOnMod3" data-mod3index="{number}">{esc(item.headline)}</a></h3>
<div class="post_recommend_channel"><a href="http://news.163.com" class="channel">新闻</a>{words}</div><span class="post_recommend_split">|</span><div class="post_recommend_source">{esc(item.author or "")}</div><div class="post_recommend_time">{item.time}</div>
<a class="post_recommend_tie" href="http://comment.tie.163.com/{prose.base32(16)}.html"><div class="post_recommend_tie_wrap"><span class="post_recommend_tie_icon">{count}</span><span class="post_recommend_tie_text" title="{count}"><i>跟贴</i>{count}</span></div></a>
<div class="post_recommend_share"><div class="post_recommend_shareicon"></div><div class="post_recommend_shareli"><ul>{share}</ul></div>
<div class="post_recommend_shareqrcode hidden"><div class="js_qrcode_arr"></div><a href="javascript:;" target="_self" class="js_qrcode_close" data-type="btm" title="关闭"></a><div class="js_qrcode_img"></div><p>用微信扫码二维码</p><p>分享至好友和朋友圈</p></div></div></div>
""")
        if number in {3, 9}:
            rows.append(chrome.feed_ad(prose, number, filled=True))
    return f"""<div class="post_recommend" id="post_recommend"><div class="post_recommend_ctrl"><div class="post_recommend_h2">为您推荐</div><ul class="post_recommend_titles">{tabs}</ul></div>
<div class="post_recommend_news"><div>{"".join(rows)}</div></div>
<div class="post_recommend_add"><div class="post_recommend_addmore"><i>+</i><span>加载更多新闻</span></div></div></div>"""


def _comments(prose: Prose, spec: Spec, doc: str, count: str) -> str:
    area = chrome.comment_area(prose, doc, comments=0).replace(" tie-ui-2020", "") if spec.after_js else ""
    return f"""<div class="post_comment w9" id="post_comment_area" style="min-height: 0px;"><div class="post_comment_line"></div><div class="post_comment_toolbar"><div class="post_comment_logo"></div>
<div class="post_comment_tiecount">跟贴<a class="js-tiecount js-tielink" href="http://comment.tie.163.com/{doc}.html">{count}</a></div><div class="post_comment_joincount">参与<a class="js-tiejoincount js-tielink" href="http://comment.tie.163.com/{doc}.html">{count}</a></div>
<a class="post_comment_do" href="#post_comment_area" target="_self" style="display: none;"><i></i>发贴</a></div><div id="post_comment">{area}</div></div>
<div class="post_comment_closed" id="post_comment_closed" style="display:none"><div class="post_comment_line"></div><div class="post_comment_closeTip">跟贴已关闭<a href="http://tie.163.com/?f=newsGT_close" target="_blank">看看别处的跟贴<em>&gt;</em></a></div></div>"""


def _next_box(following: Item, teaser: str) -> str:
    return f"""<!-- 下一篇 -->
<div class="post_next_post_wrap"><div class="post_next_post clearfix"><div class="tip">阅读下一篇</div><h4><a href="{attr(following.url)}">{esc(following.headline)}</a></h4><p>{esc(teaser)}</p><a href="http://www.163.com/" class="post_return_www">返回网易首页</a><a href="http://news.163.com/" class="post_return_channel">返回新闻首页</a></div></div>"""
