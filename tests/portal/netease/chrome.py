"""Chrome that the PC pages of all ages share: navigation, footer, comments, share bars, ads, scripts."""

from __future__ import annotations

from tests.portal.netease import menus
from tests.portal.page import attr, esc
from tests.portal.prose import Prose

SHARE = (("yixin", "易信"), ("weixin", "微信"), ("weibo", "微博"), ("qzone", "QQ空间"))
AGENTS = ("android", "iphone", "ipad", "newsapp", "weixin", "weibo", "yixin", "qqbrowser")


def _href(address: str) -> str:
    return attr(address if "//" in address else f"https://{address}")


def _popup(kind: str, rows: tuple[str, ...]) -> str:
    last = len(rows) - 1
    items = "\n".join(
        f'<li class="{"last" if i == last else ""}"><a href="https://{kind}.163.com/#ftopnav{i}"><span>{esc(row)}</span></a></li>'
        for i, row in enumerate(rows)
    )
    return f'<div class="ntes-nav-select-pop ntes-nav-select-pop-{kind}"><ul class="ntes-nav-select-list clearfix">{items}</ul></div>'


def _quick() -> str:
    columns = []
    for number, column in enumerate(menus.QUICK, start=1):
        (head, address), *rest = column
        second = ""
        if head == "手机":  # two heads in one column, with a slash between
            (other, other_address), *rest = rest
            second = f'<span>/</span><a href="{_href(other_address)}">{other}</a>'
        rows = "".join(f'<li>\n<a href="{_href(address)}">{name}</a>\n</li>' for name, address in rest)
        columns.append(
            f'<ul class="ntes-quicknav-column ntes-quicknav-column-{number}">\n<li><h3><a href="{_href(address)}">{head}</a>{second}'
            f'<!-- <a href="https://lady.163.com">旧栏目</a> --></h3></li>{rows}</ul>'
        )
    return f"""<div class="ntes-nav-quick-navigation">
<a rel="noreferrer" href="javascript:void(0);" class="ntes-nav-quick-navigation-btn ntes-nav-quick-navigation-init"
 id="js_N_ntes_nav_quick_navigation_btn" target="_self"><em>快速导航<span class="menu1"></span><span class="menu2"></span></em></a>
<div class="ntes-quicknav-pop" id="js_N_ntes_quicknav_pop"><div class="ntes-quicknav-list"><div class="ntes-quicknav-content">
{"".join(columns)}
<div class="ntes-nav-sitemap"><a href="https://sitemap.163.com/"><i></i>查看网易地图</a></div>
</div></div></div></div>"""


def nav(
    *,
    logo: str | None = None,
    access: str = "",
    wrapper: str = 'class="ntes_nav_wrap" id="js_N_NTES_wrap"',
    user: str = "",
) -> str:
    """Return the bar on top: apps, quick menu, log-in before and after, products.

    ``logo`` is a channel's picture (pages before 2020); ``access`` the accessibility links that scripts move here;
    ``user`` the name of a logged-in reader.
    """
    apps = "".join(
        f'<li><a href="{_href(address)}#f=topnav"><span><em class="ntes-nav-app-{code}">{name}</em></span></a></li>'
        for code, name, address in menus.APPS
    )
    products = "".join(
        f'<li><div class="js_N_navSelect ntes-nav-select c-fl"><a href="{_href(address)}" class="ntes-nav-select-title\n'
        f'        ntes-nav-select-title-{code} ntes-nav-entry-bgblack"><em class="ntes-nav-entry-{code}">{name}</em>'
        f'<em class="ntes-nav-select-arr"></em><span class="ntes-nav-msg"><em class="ntes-nav-msg-num"></em></span></a>{_popup(code, rows)}</div></li>'
        for code, name, address, rows in menus.PRODUCTS
    )
    mark = (
        f'<a class="ntes-nav-channel-logo c-fl" href="{logo}"><img src="//static.ws.126.net/f2e/news/res/channel_logo_new/x.png" alt="频道"></a>'
        if logo
        else ""
    )
    return f"""<link rel="stylesheet" href="https://static.ws.126.net/163/f2e/commonnav2019/css/commonnav_headcss-1a2b3c4d.css"/>
<!-- urs -->
<div {wrapper}>
<div class="ntes-nav" id="js_N_nav"><div class="ntes-nav-main clearfix">{mark}
<div class="c-fl" id="js_N_nav_left">
<a class="ntes-nav-index-title ntes-nav-entry-wide c-fl" href="https://www.163.com/" title="网易首页">网易首页</a>
<!-- 应用 -->
<div class="js_N_navSelect ntes-nav-select ntes-nav-select-wide ntes-nav-app  c-fl">
<a href="https://www.163.com/#f=topnav" class="ntes-nav-select-title ntes-nav-entry-bgblack JS_NTES_LOG_FE">应用<em class="ntes-nav-select-arr"></em></a>
<div class="ntes-nav-select-pop"><ul class="ntes-nav-select-list clearfix">{apps}</ul></div></div>{access}
</div>
<div class="c-fr"><!-- 片段开始 -->
{_quick()}
<div class="c-fr"><div class="c-fl" id="js_N_navLoginBefore">
<div id="js_N_navHighlight" class="js_loginframe ntes-nav-login ntes-nav-login-normal"><a href="https://reg.163.com/" class="ntes-nav-login-title" id="js_N_nav_login_title">登录</a>
<div class="ntes-nav-loginframe-pop" id="js_N_login_wrap" style="display: none;"><!-- 加载登陆组件 --></div></div>
<div class="js_N_navSelect ntes-nav-select ntes-nav-select-wide JS_NTES_LOG_FE c-fl"><a class="ntes-nav-select-title" href="https://mail.163.com/register/index.htm?from=163navi&regPage=163">注册免费邮箱<em class="ntes-nav-select-arr"></em></a>
<div class="ntes-nav-select-pop"><ul class="ntes-nav-select-list clearfix" style="width:210px;"><li><a href="https://reg1.vip.163.com/newReg1/reg"><span style="width:190px;">注册VIP邮箱（付费）</span></a></li>
<li class="last JS_NTES_LOG_FE"><a href="https://mail.163.com/client/dl.html?from=mail46"><span style="width:190px;">下载手机邮箱应用</span></a></li></ul></div></div></div>
<div class="c-fl" id="js_N_navLoginAfter" style="display:none"><div id="js_N_logined_warp" class="js_N_navSelect ntes-nav-select ntes-nav-logined">
<span class="ntes-nav-select-title ntes-nav-logined-userinfo"><span id="js_N_navUsername" class="ntes-nav-logined-username">{esc(user)}</span><em class="ntes-nav-select-arr"></em></span>
<div id="js_login_suggest_wrap" class="ntes-nav-select-pop"><ul id="js_logined_suggest" class="ntes-nav-select-list clearfix"></ul></div></div>
<a class="ntes-nav-entry-wide c-fl" target="_self" id="js_N_navLogout">安全退出</a></div></div>
<ul class="ntes-nav-inside"><li><div class="js_N_navSelect ntes-nav-select c-fl"><a href="https://www.163.com/newsapp/#f=163nav" class="ntes-nav-mobile-title ntes-nav-entry-bgblack"><em class="ntes-nav-entry-mobile">移动端</em></a>
<div class="qrcode-img"><a href="https://www.163.com/newsapp/#f=163nav"><img src="//static.ws.126.net/f2e/include/common_nav/images/topapp.jpg"></a></div></div></li>
{products}</ul></div></div></div></div>
<script src="https://static.ws.126.net/163/f2e/commonnav2019/js/commonnav_headjs-5e6f7a8b.js"></script>
"""


def footer(year: int) -> str:
    """Return the line of the company's links."""
    links = " | ".join(f'<a href="{attr(address)}">{name}</a>' for name, address in menus.FOOTER)
    return f"""<!-- footer -->
<div class="N-nav-bottom"><div class="N-nav-bottom-main" style="white-space: nowrap;"><div class="ntes_foot_link">
<span class="N-nav-bottom-copyright"><span class="N-nav-bottom-copyright-icon">&copy;</span> 1997-{year} 网易公司版权所有</span>
{links}<!-- <a ne-role="feedBackLink" href="javascript:;">意见</a> -->
</div></div></div>
"""


def qrcode(place: str, url: str, filled: bool) -> str:
    """Return the hidden box with the code to scan; scripts draw the code."""
    drawn = (
        '<canvas width="120" height="120" style="display: none;"></canvas>'
        '<img alt="Scan me!" src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk" style="display: block;">'
    )
    return f"""<div class="js_qrcode_wrap hidden" id="js_qrcode_{place}"><div class="js_qrcode_arr"></div>
<a href="javascript:;" target="_self" class="js_qrcode_close" data-type="{place}" title="关闭"></a>
<div class="js_qrcode_img js_share_qrcode" title="{attr(url)}">{drawn if filled else ""}</div>
<p>用微信扫码二维码</p><p>分享至好友和朋友圈</p></div>"""


def share_list(*, text: bool) -> str:
    """Return the share buttons; with their names in the pages before 2020."""
    rows = "".join(
        f'<li class="share_{code} js_{"weixin" if code == "weixin" else "share"}" data-type="{code}"><a href="javascript:;" target="_self">'
        f'<i title="分享到{name}"></i>{f"<span></span>{name}" if text else ""}</a></li>'
        for code, name in SHARE
        if text or code != "yixin"
    )
    more = (
        '<li class="share_more"><a href="javascript:;" target="_self"><i title="更多"></i><span></span>更多</a></li>'
        '<ul class="more" style="width:94px;"><span class="tri"></span><li class="share_lofter js_share" data-type="lofter" style="display:none;">'
        '<a href="javascript:;" target="_self" title="分享到Lofter"><i></i><span></span></a></li></ul>'
    )
    return f'<ul class="post_share">{rows}{more if text else ""}</ul>'


def comment_area(prose: Prose, doc_id: str, *, comments: int, hidden: bool = True) -> str:
    """``#tieArea`` as scripts leave it: entry form, reminder, hot and new comments (hidden when there are none)."""
    style = ' style="display: none;"' if hidden else ""
    return f"""<div id="tieArea" class="tie-area tie-ui-2020">
<div class="tie-ad-bar" id="tie-box-ad-201711" style="display:none"><a href="http://go.163.com/2017/1030/taidu/index.html" target="_blank"><img src="https://static.ws.126.net/tie/2017/5/tie_box_ad_2.jpg"></a><span class="ad_hover_href"></span><span class="ad_close_fixed">关闭</span></div>
<div class="tie-input-bar z-write-mode js-input-bar z-input-fold"><form><textarea name="content" class="js-cnt-box">说点什么吧，这里的字不算页面的字</textarea><input type="hidden" name="parentId" value="" class="js-pid-box"></form>
<div class="submit-row"><form method="post" action="https://reg.163.com/logins.jsp" target="tie_util_frame"><input type="text" class="account-input js-username" name="username" placeholder="帐号"><input type="password" name="password" placeholder="密码"></form>
<div class="links-area z-unlogin"><a href="http://reg.163.com/reg0.shtml?product=tie" target="_blank">注册</a><em class="link-split">|</em><a href="http://m.163.com/newsapp/" target="_blank">手机发跟贴</a></div>
<div class="submit-btn js-submit-btn">登录并发贴</div></div><div class="icon i-check-tip"></div></div>
<p class="tie-reminder">跟贴是网友自己的看法，不代表网站立场。</p>
<div class="tie-hot" id="hot-posts"{style}><div class="tie-list">{"".join(_comment(prose, doc_id) for _ in range(comments))}</div><div class="empty-tip"><p class="tip-cnt"><span>还没有热门跟贴</span></p></div></div>
<div class="tie-newest" id="new-posts"{style}><div class="tie-list">{"".join(_comment(prose, doc_id) for _ in range(comments // 2))}</div><div class="empty-tip"><p class="tip-cnt">还没有人跟贴，来说两句</p></div>
<a href="https://comment.tie.163.com/{doc_id}.html" class="show-all-tie" target="_blank"><span class="icon i-more"></span><span>查看更多跟贴</span></a></div>
<a href="http://tie.163.com/?f=0tie" class="show-all-tie" target="_blank" id="no-tie"{style}><span class="icon i-more"></span><span>去跟贴广场看看</span></a></div>"""


def _comment(prose: Prose, doc_id: str) -> str:
    post = f"{doc_id}_{prose.digits(9)}"
    up = prose.between(0, 90)
    return f"""<div class="single-tie z-only-one" data-post-id="{post}"><div class="photo"><a href="http://tie.163.com/reply/myaction.jsp?userId={prose.digits(8)}" class="photo-link" target="_blank"><img src="http://cms-bucket.nosdn.127.net/{prose.hexa(32)}.jpg"></a></div>
<div class="tie-bdy"><div class="bdy-inner"><div class="tie-author"><a class="name" href="#">{esc(prose.account())}</a><span class="name-desp">[网易{prose.town()}网友]</span><span class="tie-time">2026-02-{prose.between(10, 20)} {prose.between(10, 23)}:{prose.between(10, 59)}:{prose.between(10, 59)}</span></div>
<p class="tie-cnt">{esc(prose.comment())}</p><div class="tool-bar"><ul class="m-tool" data-post-id="{post}"><li><span class="add-one">+1</span><a href="javascript:void(0);" class="tie-operate up-btn" target="_self">顶<span class="u-num" data-post-up="{up}">{up}</span></a></li><li><i>|</i><a href="javascript:void(0)" class="tie-operate reply-btn">回复</a></li></ul></div></div></div><div class="icon i-hot-border"></div></div>
"""


def feed_ad(prose: Prose, number: int, *, filled: bool) -> str:
    """Return an ad between the items of a list; scripts fill it with an iframe and a hidden ``ie``."""
    slot, box = prose.digits(7), prose.base32(11).lower()
    inner = (
        f'<div id="ssp_{slot}"><script type="text/javascript">\n    (window.slotbydup = window.slotbydup || []).push({{id: "u{slot}", container: "_{box}", async: true}});\n</script>'
        f'<span style="display: none">ie</span><div class="_{box}"><iframe src="https://pos.baidu.com/occm?conwid=660&conhei=150&rdid={slot}" width="660" height="150" scrolling="no">这一格的字也不算</iframe></div></div>'
    )
    return f"""<div class="at_item post_recommend_new post_recommend_ad" adtype="article_dy_recommend_{number}" data-adid="article_dy_recommend_{number}">
<!-- service=1 --><!-- 广告位：第{number}条信息流 -->{inner if filled else ""}</div>
"""


def side_ad(number: int, *, filled: bool) -> str:
    """Return a box of 300 by 250 in the right column."""
    inner = '<iframe width="300" height="250" frameborder="0" scrolling="no"></iframe>' if filled else ""
    return f"""<div class="blank25"></div><div class="ad_module" data-adid="article_dy_right_{number}"><!-- 内页矩形M{number} --><div class="gg300">
<div class="at_item right_ad_item" adtype="rightAd" requesturl="https://nex.163.com/q?app=7BE0FC82&c=dyarticle&l=13{number}">{inner}</div><a href="javascript:;" target="_self" class="ad_hover_href"></a></div></div><div class="blank20"></div>
"""


def filler_script(prose: Prose, lines: int) -> str:
    """Return an inline script of about ``lines`` lines that talks of the page's own elements, as the portal's scripts do."""
    rows = [
        f"  if (/{prose.pick(AGENTS)}|mobile/.test(ua) && conf['{prose.pick(AGENTS)}'] < {prose.below(9)}) "
        f"{{ list.push('<div class=\"post_recommend_new\" data-k=\"{row}\"><h3>' + d.t{prose.below(9)} + '<\\/h3><\\/div>'); }}"
        for row in range(lines)
    ]
    return (
        '<script type="text/javascript">\n(function (win, doc) {\n  var ua = win.navigator.userAgent, conf = {}, list = [];\n'
        '  var tpl = \'<h1 class="post_title">标题模板</h1><div class="post_body"><p>模板里的正文不是正文</p></div>\';\n'
        + "\n".join(rows)
        + "\n})(window, document);\n</script>\n"
    )


def filler_style(prose: Prose, rules: int) -> str:
    """Return an inline style sheet."""
    return (
        "<style>\n"
        + "\n".join(
            f".post_{prose.pick(AGENTS)} .t{row} {{ margin: {prose.below(9)}px 0; color: #{prose.hexa(3)}; content: '推荐'; }}"
            for row in range(rules)
        )
        + "\n</style>\n"
    )


def airy(markup: str) -> str:
    """``markup`` with the portal's generous indentation before lines that begin with a tag."""
    lines = markup.split("\n")
    return "\n".join(
        " " * (4 + 4 * (number % 7)) + line if line.startswith("<") else line for number, line in enumerate(lines)
    )


def tracking(prose: Prose) -> str:
    """Return what ends a page: counters, an invisible frame, a picture that counts."""
    return f"""<script src="//static.ws.126.net/163/frontend/libs/antanalysis.min.js"></script>
<script type="text/javascript">_ntes_nacc = "{prose.hexa(6)}"; neteaseTracker();</script>
<noscript><div><img width=1 height=1 src="http://c.wrating.com/a.gif?c={prose.hexa(12)}">请打开脚本</div></noscript>
<!-- START NetEase Devilfish 2006 --><script src="https://analytics.163.com/ntes.js" type="text/javascript"></script><!-- END NetEase Devilfish 2006 -->
<svg style="display:none" xmlns="http://www.w3.org/2000/svg"><symbol id="ico-{prose.hexa(4)}"><title>图标</title><path d="M0 0h24v24H0z"></path></symbol></svg>
"""
