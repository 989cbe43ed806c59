"""What a rendered page may reach (S2): nothing but what the crawl fetches for it, whatever way its scripts try.

Canaries listen on this machine, and the page names this machine in each way that a browser knows.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from scrapy.http import Response

from crawler.fetch.addresses import ForbiddenAddress, Guard
from crawler.fetch.render import Asked, Document, Renderer
from crawler.profiles.model import Render
from tests.test_addresses import FORMS
from tests.waiting import finished

pytestmark = pytest.mark.usefixtures("renders")

URL = "http://www.sample.example/page.html"


class Canary:
    """Sockets for TCP and UDP on one port of every address of this machine; `heard` counts what came."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._tcp = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.port: int = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self._udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self._udp.bind(("::", self.port))
        for listening in (self._listen_tcp, self._listen_udp):
            threading.Thread(target=listening, daemon=True).start()

    def _listen_tcp(self) -> None:
        while True:
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                return
            self.heard.append("tcp")
            connection.close()

    def _listen_udp(self) -> None:
        while True:
            try:
                data = self._udp.recv(2048)
            except OSError:
                return
            if not data:
                return
            self.heard.append("udp")

    def close(self) -> None:
        """Stop listening."""
        self._tcp.close()
        self._udp.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    """Yield a canary."""
    made = Canary()
    yield made
    made.close()


def page(port: int) -> bytes:
    """Return a page that tries every way out that a browser has."""
    at = f"127.0.0.1:{port}"
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>t</title>
<link rel="dns-prefetch" href="http://{at}/"><link rel="preconnect" href="http://{at}/"><link rel="prefetch" href="http://{at}/a">
<link rel="preload" as="script" href="http://{at}/b.js"><link rel="prerender" href="http://{at}/c"><link rel="icon" href="http://{at}/i.ico">
<link rel="stylesheet" href="http://{at}/s.css"><link rel="modulepreload" href="http://{at}/m.js"><link rel="manifest" href="http://{at}/m.json">
<meta http-equiv="refresh" content="1;url=http://{at}/refresh">
<script type="speculationrules">{{"prerender": [{{"source": "list", "urls": ["http://{at}/spec"]}}]}}</script>
<style>@import url("http://{at}/import.css"); @font-face {{ font-family: f; src: url("http://{at}/f.woff2") }} p {{ font-family: f }}
div {{ background: url("http://{at}/bg.png") }}</style></head><body><div>d</div><p>text</p>
<img src="http://{at}/img.png" srcset="http://[::1]:{port}/x.png 2x"><video src="http://{at}/v.mp4" autoplay></video><audio src="http://{at}/a.mp3" autoplay></audio>
<iframe src="http://{at}/frame"></iframe><iframe src="file:///etc/passwd"></iframe><iframe srcdoc="<img src='http://{at}/inner.png'>"></iframe>
<object data="http://{at}/object"></object><embed src="http://{at}/embed"><svg><image href="http://{at}/svg.png"/></svg>
<a id="ping" href="#x" ping="http://{at}/ping">p</a><a id="download" href="http://{at}/file.zip" download>d</a>
<form id="form" action="http://{at}/form" method="post"><input name="a" value="b"></form>
<script src="http://{at}/script.js"></script>
<script>
const tries = [
  () => fetch('http://{at}/fetch'), () => fetch('http://[::1]:{port}/six'), () => fetch('http://[::ffff:127.0.0.1]:{port}/mapped'),
  () => fetch('http://localhost:{port}/name'), () => fetch('http://0x7f000001:{port}/hex'), () => fetch('/redirected'),
  () => {{ const x = new XMLHttpRequest(); x.open('GET', 'http://{at}/xhr'); x.send() }},
  () => navigator.sendBeacon('http://{at}/beacon', 'x'), () => new EventSource('http://{at}/events'),
  () => new WebSocket('ws://{at}/socket'), () => new WebSocket('ws://localhost:{port}/socket'),
  () => new WebTransport('https://{at}/transport'), () => new Worker('http://{at}/worker.js'),
  () => new Worker(URL.createObjectURL(new Blob(["fetch('http://{at}/inworker'); new WebSocket('ws://{at}/w')"]))),
  () => new SharedWorker(URL.createObjectURL(new Blob(["fetch('http://{at}/inshared')"]))),
  () => navigator.serviceWorker.register('/worker.js'), () => import('http://{at}/module.js'),
  () => open('http://{at}/popup'), () => document.getElementById('ping').click(), () => document.getElementById('download').click(),
  () => {{ const peer = new RTCPeerConnection({{iceServers: [{{urls: 'stun:{at}'}}, {{urls: 'turn:{at}?transport=tcp', username: 'u', credential: 'c'}}]}});
           peer.createDataChannel('x'); peer.createOffer().then(offer => peer.setLocalDescription(offer)) }},
  () => document.getElementById('form').submit(), () => {{ location.href = 'http://{at}/location' }},
  () => {{ document.body.insertAdjacentHTML('beforeend', "<iframe src='http://{at}/late'></iframe>") }},
  () => fetch('file:///etc/passwd'), () => {{ location.href = 'view-source:http://{at}/' }}, () => {{ location.href = 'chrome://crash' }},
];
for (const one of tries) {{ try {{ Promise.resolve(one()).catch(() => 0) }} catch {{}} }}
document.title = 'tried';
</script></body></html>""".encode()


def rendered(body: bytes, asked: list[str], guard: Guard | None = None) -> str:
    """Render a page whose requests are refused as a crawl refuses them; return its HTML."""

    async def fetch(one: Asked) -> Response:
        asked.append(one.url)
        if one.url.endswith("/redirected"):
            raise ForbiddenAddress("it redirects to an address inside")
        if guard is not None:
            guard.check_url(one.url)
        raise ForbiddenAddress(one.url)

    async def render() -> str:
        renderer = Renderer(fetch, lambda: False)
        try:
            document = Document(url=URL, body=body, content_type="text/html; charset=utf-8")
            return (await renderer.render(document, Render(idle=1.5))).html.decode()
        finally:
            await renderer.close()

    return finished(render())


def test_nothing_leaves_the_browser(canary: Canary) -> None:
    """No way out of a page reaches a socket: not on TCP, not on UDP; the page is still the page."""
    asked: list[str] = []
    html = rendered(page(canary.port), asked)
    assert [] == canary.heard
    assert "<title>tried</title>" in html
    assert {"fetch", "xhr", "script.js", "redirected"} <= {url.rpartition("/")[2] for url in asked}


def test_the_canary_hears(canary: Canary) -> None:
    """The test above can fail."""
    with socket.create_connection(("127.0.0.1", canary.port)):
        pass
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"x", ("127.0.0.1", canary.port))
    with socket.create_connection(("::1", canary.port)):
        pass
    from tests.waiting import until

    until(lambda: sorted(canary.heard) == ["tcp", "tcp", "udp"])


def test_no_form_of_an_address_is_fetched_for_a_page() -> None:
    """Each is the crawl's request, which is refused; none is the browser's."""
    tries = "".join(f"fetch('http://{host}/').catch(() => 0);" for host in FORMS)
    asked: list[str] = []
    rendered(f"<!DOCTYPE html><html><body><script>{tries}</script></body></html>".encode(), asked, Guard())
    assert len(asked) >= 35


@pytest.mark.parametrize("port", [22, 25, 6379])
def test_other_ports_are_not_fetched_for_a_page(port: int) -> None:
    """Chromium refuses some by itself; the crawl refuses all."""
    asked: list[str] = []
    body = f"<!DOCTYPE html><html><body><script>fetch('http://127.0.0.1:{port}/').catch(() => 0)</script></body></html>"
    html = rendered(body.encode(), asked, Guard())
    assert "<script>" in html
