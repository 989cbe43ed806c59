"""Where the scripts of a rendered page lead inside, or to other ports: nothing is connected to (S1, S2).

No test connects to an address outside this machine: connections are recorded, and made to the test's server only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fault_crawl import DOMAIN, Left, crawl, page, prepared, story
from tests.fault_server import FaultServer, Play, answer, head
from tests.test_addresses import INSIDE, REDIRECTS

pytestmark = pytest.mark.usefixtures("renders")

RENDER = """
[render]
mode = "when-missing"
seconds = 60
"""
SHELL = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>ok</title></head><body>
<div id="app">正在加载…</div><script type="application/json" id="urls">{urls}</script><script>
const urls = JSON.parse(document.getElementById('urls').textContent);
Promise.allSettled(urls.map(url => fetch(url, {{mode: 'no-cors'}}))).then(async () => {{
  document.body.innerHTML = await (await fetch('/whole.html')).text() }});
</script></body></html>"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Left, set[str], list[str], int]]:
    """Crawl a page whose scripts ask for redirects to ports and inside, private hosts, and a host that is rebound."""
    folder = tmp_path_factory.mktemp("rendered")
    profile = prepared(folder) / "sample" / "profile.toml"
    profile.write_text(profile.read_text(encoding="utf-8") + RENDER, encoding="utf-8")
    with FaultServer() as server:
        for host, target in REDIRECTS.items():
            code = host.rpartition("-")[2] if "inside" in host else "302"
            server.play(f"{host}.{DOMAIN}/{host}.html", answer(b"", f"Location: {target}", status=f"{code} Moved"))
        server.play(f"rebound.{DOMAIN}/robots.txt", Play([head("Content-Length: 0", "Connection: close")], end="close"))
        asked = [page(server, host) for host in ("rebound", *REDIRECTS)]
        asked += [f"http://{host}.{DOMAIN}/{host}.html" for host in INSIDE]
        server.play(f"ok.{DOMAIN}/ok.html", answer(SHELL.format(urls=json.dumps(asked)).encode()))
        server.play(f"ok.{DOMAIN}/whole.html", answer(story("ok")))
        tried = folder / "tried.txt"
        settings = {
            "TWISTED_DNS_RESOLVER": "tests.fault_crawl.StubbedResolver",
            "TEST_ADDRESSES": json.dumps(INSIDE),
            "TEST_TRIED": tried,
            "TEST_PORT": server.port,
            "PORTALSIEVE_OPEN_ADDRESSES": f"127.0.0.1:{server.port}",
            "RETRY_TIMES": 0,
        }
        left = crawl(folder, [page(server, "ok")], settings)
        asked_for = [one.host for one in server.asked if one.path != "/robots.txt"]
        yield left, set(Path(tried).read_text().split()), asked_for, server.port


def test_scripts_connect_to_the_site_only(result: tuple[Left, set[str], list[str], int]) -> None:
    """The page is whole all the same, and nothing but the site's own server was connected to."""
    left, tried, _, port = result
    assert {f"127.0.0.1:{port}"} == tried
    [record] = left.records
    assert ("sample:ok", True) == (record["id"], record["fetch"]["rendered"])


@pytest.mark.parametrize("host", REDIRECTS)
def test_the_redirect_was_asked_for(result: tuple[Left, set[str], list[str], int], host: str) -> None:
    """So that the test above can fail: the script's request came as far as the redirect."""
    assert 1 == result[2].count(f"{host}.{DOMAIN}")
