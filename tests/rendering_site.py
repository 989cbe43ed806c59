"""A site of a portal whose pages need scripts: eight kinds of pages on several hosts, for crawls that render."""

from __future__ import annotations

import json
from pathlib import Path

from tests.portal.server import Answer, Portal
from tests.small_site import LAYOUT, SITE

SECONDS = 15
CDN = "static.other.example"
STRANGER = "stranger.example"
KINDS = ("static", "shell", "scrolls", "unfold", "comments", "spinner", "popups", "loop")
NEED = frozenset(KINDS) - {"static"}
WHOLE = frozenset(KINDS) - {"spinner", "loop"}
"""Kinds whose articles a crawl gets."""

RENDER = f"""
[render]
mode = "when-missing"
scrolls = 2
click = [".unfold"]
seconds = {SECONDS}
hosts = ["{CDN}"]
block = ['/counter\\.js']
"""
PLAIN_RENDER = f"""
[render]
mode = "when-missing"
hosts = ["{CDN}"]
"""
"""Without clicks and scrolls, which are waited for."""
LAYOUT_RENDER = (
    RENDER.replace("scrolls = 2\n", "")
    + """
[render.roles]
comments = "when-missing"
"""
)


def url(kind: str, number: int = 0) -> str:
    """Return the address of a page."""
    return f"http://www.demo.example/20260220/{10000 + 1000 * KINDS.index(kind) + number}.html"


def paragraphs(kind: str, number: int = 0) -> list[str]:
    """Return the article's text."""
    return [f"第{n}段：渡口停航以后，{kind}号仓库空了三年，{number}位邻居把书架搬了进来。" for n in range(8)]


def markup(texts: list[str]) -> str:
    """Return paragraphs as HTML."""
    return "".join(f"<p>{text}</p>" for text in texts)


def article(body: str, *, comments: str = "很好的地方，孩子们常去。", script: str = "") -> str:
    """Return an article as the site's server writes it."""
    return (
        f'<article><h1>渡口图书角</h1><p class="time">2026-02-20 10:00:00</p><div class="body">{body}</div></article>'
        f'<div class="comments">{comments}</div>{script}'
    )


def document(inner: str, *, head: str = "") -> bytes:
    """Return a page."""
    return (
        f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>渡口图书角</title>{head}</head><body>{inner}</body></html>'
    ).encode()


APP = """
const app = document.getElementById('app');
const id = location.pathname.match(/(\\d{5})(?:_\\d+)?\\.html/)[1];
async function fill() {
  const answer = await fetch('/api/' + id + '.json', {headers: {'X-Requested-With': 'app'}});
  const data = await answer.json();
  app.innerHTML = '<article><h1>' + data.headline + '</h1><p class="time">' + data.time + '</p><div class="body">'
    + data.body + '</div></article><div class="comments">' + data.comments + '</div>';
}
"""
SHELL = f'<div id="app">正在加载…</div><script src="http://{CDN}/app.js"></script><script src="http://{STRANGER}/track.js"></script><script src="/counter.js"></script>'
SCRIPTS = {
    "shell": "fill();",
    "scrolls": (
        "let seen = 0; app.innerHTML = '<div style=\"height:3000px\">正在加载…</div>';"
        "addEventListener('scroll', () => { seen += 1; if (seen == 1) app.firstChild.style.height = '6000px';"
        " if (seen == 2) fill(); });"
    ),
    "spinner": "setInterval(() => fetch('/api/poll.json?' + Math.random()), 100);",
    "popups": (
        "alert('欢迎'); confirm('订阅吗？'); prompt('名字'); open('http://popup.example/'); open('about:blank');"
        "addEventListener('beforeunload', event => { event.preventDefault(); event.returnValue = 'x'; });"
        f"new WebSocket('ws://{STRANGER}/socket'); navigator.sendBeacon('http://{STRANGER}/beacon', 'x');"
        f"setTimeout(() => location.href = 'http://{STRANGER}/elsewhere.html', 50);"
        "navigator.serviceWorker && navigator.serviceWorker.register('/worker.js').catch(() => 0); fill();"
    ),
    "loop": "setTimeout(() => { while (true) {} }, 50);",
}
COMMENTS = """<script>
fetch('/api/comments.json').then(answer => answer.json()).then(
  data => { document.querySelector('.comments').textContent = data.comments })
</script>"""
UNFOLD = """<a class="unfold" onclick="more(this)">展开全文</a><script>
function more(link) { fetch('/api/rest.json?' + link.dataset.id).then(answer => answer.json()).then(
  data => { link.remove(); document.querySelector('.body').innerHTML += data.body }) }
</script>"""


def page(kind: str, number: int = 0) -> bytes:
    """Return a page as the server sends it."""
    texts = paragraphs(kind, number)
    if kind == "static":
        return document(article(markup(texts), script="<script>document.title += '！'</script>"))
    if kind == "comments":
        return document(article(markup(texts), comments="", script=COMMENTS))
    if kind == "unfold":
        link = UNFOLD.replace("<a ", f'<a data-id="{number}" ')
        return document(article(markup(texts[:2]) + link))
    return document(f"{SHELL}<script>{SCRIPTS[kind]}</script>")


def write_profile(folder: Path, render: str = RENDER) -> Path:
    """Write the site's profile below `folder`, which serves as PORTALSIEVE_PROFILES."""
    home = folder / "demo"
    (home / "layouts").mkdir(parents=True)
    (home / "profile.toml").write_text(SITE + render, encoding="utf-8")
    (home / "layouts" / "2026_article.toml").write_text(LAYOUT + LAYOUT_RENDER, encoding="utf-8")
    return folder


def answered(value: object) -> Answer:
    """Return JSON as an answer."""
    return Answer(json.dumps(value, ensure_ascii=False).encode(), headers={"Content-Type": "application/json"})


def fill(portal: Portal, kinds: tuple[str, ...] = KINDS, count: int = 1) -> list[str]:
    """Let the portal have `count` pages of each kind; return their addresses."""
    for host in (CDN, STRANGER):
        script = Answer(APP.encode(), headers={"Content-Type": "text/javascript", "Cache-Control": "max-age=600"})
        portal.answer(f"http://{host}/app.js", script)
    site = "http://www.demo.example"
    portal.answer(f"{site}/api/comments.json", answered({"comments": "脚本里的评论：书很多。"}))
    portal.answer(f"{site}/api/poll.json", answered({}))
    portal.answer(f"{site}/counter.js", Answer(b"document.title = 'counted'"))
    urls = []
    for kind in kinds:
        for number in range(count):
            address = url(kind, number)
            urls.append(address)
            portal.answer(address, Answer(page(kind, number)))
            texts = paragraphs(kind, number)
            data = {
                "headline": "渡口图书角", "time": "2026-02-20 10:00:00", "body": markup(texts), "comments": "在接口里的评论。",
            }  # fmt: skip
            portal.answer(f"{site}/api/{address.rpartition('/')[2].partition('.')[0]}.json", answered(data))
            if kind == "unfold":
                portal.answer(f"{site}/api/rest.json?{number}", answered({"body": markup(texts[2:])}))
    return urls


LIST_URL = "http://www.demo.example/list.html"
LIST = """
[[urls]]
kind = "list"
match = '^https?://www\\\\.demo\\\\.example/list\\\\.html'

[[lists]]
url = "http://www.demo.example/list.html"
format = "html"
css = ".news"
render = "{render}"
"""
LISTING = """<script>
fetch('/api/list.json').then(answer => answer.json()).then(urls => {
  document.getElementById('app').innerHTML =
    '<ul class="news">' + urls.map(url => '<li><a href="' + url + '">渡口</a></li>').join('') + '</ul>' })
</script>"""


def fill_list(portal: Portal, urls: list[str]) -> None:
    """Let the portal have a list page whose script fetches its links to `urls`."""
    portal.answer(LIST_URL, Answer(document(f'<div id="app">正在加载…</div>{LISTING}')))
    portal.answer("http://www.demo.example/api/list.json", answered(urls))


def fill_two_pages(portal: Portal) -> str:
    """Let the portal have an article of two pages, whose second needs the browser; return its URL."""
    first, second = url("shell"), url("shell").replace(".html", "_2.html")
    pager = f'<div class="pager"><a href="{first}">1</a> <a href="{second}">2</a></div>'
    fill(portal, ("shell",))
    portal.answer(first, Answer(document(article(markup(paragraphs("static")) + pager))))
    filled = f"fill().then(() => {{ document.querySelector('.body').insertAdjacentHTML('beforeend', `{pager}`) }});"
    portal.answer(second, Answer(document(f"{SHELL}<script>{filled}</script>")))
    data = {
        "headline": "渡口图书角",
        "time": "2026-02-20 10:00:00",
        "body": markup(paragraphs("shell")),
        "comments": "好。",
    }
    portal.answer("http://www.demo.example/api/" + first.rpartition("/")[2].replace("html", "json"), answered(data))
    return first
