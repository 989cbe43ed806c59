"""A page that tries all it can to be more than text when somebody else's page shows it."""

from __future__ import annotations

import re

from tests.cases import Case, shipped

CANARY_HOST = "canary.invalid"
_FIRE = f"window.canary=1;document.title='owned';fetch('http://{CANARY_HOST}/fetch')"

HEAD = f"""
<base href="http://{CANARY_HOST}/base/">
<meta http-equiv="refresh" content="0;url=http://{CANARY_HOST}/refresh">
<link rel="stylesheet" href="http://{CANARY_HOST}/sheet.css">
<link rel="preload" as="image" href="http://{CANARY_HOST}/preload.png">
<style>@import "http://{CANARY_HOST}/import.css"; body {{ background: url(http://{CANARY_HOST}/back.png) }}</style>
<script>{_FIRE}</script>
"""
BODY = f"""
<p>金丝雀一段：<img src="x.png" onerror="{_FIRE}"><img src="http://{CANARY_HOST}/pixel.png"></p>
<p>金丝雀二段：<img data-src='http://{CANARY_HOST}/a.png"><script>{_FIRE}</script>' alt='"><svg onload="{_FIRE}">'></p>
<p>金丝雀三段：<a href="javascript:{_FIRE}" title='"onmouseover="{_FIRE}"'>点我</a></p>
<p>金丝雀四段：&lt;script&gt;{_FIRE}&lt;/script&gt;&lt;img src=x onerror="{_FIRE}"&gt;</p>
<p>金丝雀五段：&lt;/style&gt;&lt;/script&gt;&lt;/title&gt;&lt;!--&#x202e;--&gt;]]&gt;</p>
<p onclick="{_FIRE}" style="background:url(http://{CANARY_HOST}/style.png)" id="page" class="run here">金丝雀六段</p>
<h2 id="inspector" data-p="0" data-role='x" onfocus="{_FIRE}" autofocus="'>金丝雀七段</h2>
<iframe src="http://{CANARY_HOST}/frame" srcdoc="<script>parent.canary=1</script>"></iframe>
<svg onload="{_FIRE}"><image href="http://{CANARY_HOST}/svg.png"/><script>{_FIRE}</script></svg>
<object data="http://{CANARY_HOST}/object">金丝雀八段</object><embed src="http://{CANARY_HOST}/embed">
<video src="http://{CANARY_HOST}/v.mp4" poster="http://{CANARY_HOST}/p.png" autoplay onerror="{_FIRE}"></video>
<form action="http://{CANARY_HOST}/form"><input autofocus onfocus="{_FIRE}"><button>金丝雀九段</button></form>
<details open ontoggle="{_FIRE}"><summary>金丝雀十段</summary></details>
"""


def hostile_page() -> tuple[Case, bytes]:
    """Return a recorded article and its body with the above in head and article body."""
    case = shipped("netease/2020_post_main/rich_blocks")
    text = case.body.decode("utf-8")
    head, found, rest = text.partition("<title>")
    body = re.search(r'^ *<div class="post_body">', rest, re.MULTILINE)  # others stand inside scripts
    if not found or body is None:
        raise ValueError("the page has no <title> or no post_body: its builder changed, so change the marks here")
    return case, f"{head}{HEAD}{found}{rest[: body.end()]}{BODY}{rest[body.end() :]}".encode()
