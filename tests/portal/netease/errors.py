"""What the portal sends instead of an article: its not-found page, its captcha page, its robots.txt."""

from __future__ import annotations

from tests.portal.netease import chrome
from tests.portal.prose import Prose

ROBOTS = "User-agent: *\nDisallow: /special/private/\nDisallow: /login\nCrawl-delay: 1\nSitemap: https://www.163.com/sitemap.xml\n"


def not_found() -> bytes:
    """Return the page of a lost address, with the portal's own bar and footer; it is sent with 404, or with 200."""
    prose = Prose("netease/not_found")
    links = "".join(
        f'<li><a href="https://www.163.com/dy/article/{prose.base32(16)}.html">{prose.headline()}</a></li>\n'
        for _ in range(8)
    )
    html = f"""<!DOCTYPE html>
<html id="ne_wrap"><head><title>404_网易</title><meta name="author" content="网易"><link rel="canonical" href="https://www.163.com/special/404/">{chrome.filler_style(prose, 20)}</head>
<body>{chrome.nav()}
<div class="error_wrap"><div class="error_box"><h1>页面走丢了</h1><p>您要看的文章可能已经删除、改名，或者暂时看不到了。</p><a href="https://www.163.com/">返回网易首页</a></div>
<div class="error_list"><h2>大家在看</h2><ul>{links}</ul></div></div>
{chrome.footer(2026)}{chrome.tracking(prose)}</body></html>
"""
    return html.encode()


def captcha() -> bytes:
    """Return the page that asks whether the reader is a person; it is sent with 200."""
    html = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>安全验证</title><script src="https://cstaticdun.126.net/load.min.js"></script></head>
<body><div class="verify"><h2>访问过于频繁</h2><p>请拖动滑块完成拼图，验证后继续访问。</p><div id="captcha" class="yidun"></div></div>
<script>initNECaptcha({captchaId: "0a1b2c3d", element: "#captcha", onVerify: function () { location.reload(); }});</script></body></html>
"""
    return html.encode()
