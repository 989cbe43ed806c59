"""Bad input: each kind ends in a named failure or a quarantine, never in a record, within seconds and a bounded memory."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from crawler import PageRefused, Quarantined, extract
from crawler.errors import Failure
from crawler.extract import profiles_in
from crawler.profiles.model import ListSource
from crawler.spiders.lists import MAX_LINKS, ListPage, read_list
from tests.cases import shipped
from tests.costly import SHAPES, page
from tests.portal.badpages import BAD_PAGES, good
from tests.waiting import PATIENCE

EXPECTED = {
    "empty_body": {"empty_body"},
    "noise": {"not_html"},
    "png_image": {"not_html"},
}
"""Failures where only one is right; elsewhere any named failure of a page is."""

CHILD = """
import json, os, resource, time
from crawler import PageRefused, Quarantined, extract
from tests.portal.badpages import BAD_PAGES, good
extract(good().body, good().url)
for name, make in BAD_PAGES.items():
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        if status:
            print(json.dumps([name, {"message": f"ended with status {status}"}]), flush=True)
        continue
    resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
    page = make()
    started = time.process_time()
    try:
        outcome = {"record": extract(page.body, page.url, headers=page.headers, status=page.status).id}
    except (PageRefused, Quarantined) as error:
        outcome = {"failure": error.failure.value, "message": str(error)}
    outcome["seconds"] = time.process_time() - started
    outcome["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([name, outcome]), flush=True)
    os._exit(0)
"""


@pytest.fixture(scope="module")
def outcomes() -> dict[str, dict[str, Any]]:
    """Return what became of each bad page, in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-c", CHILD],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=Path(__file__).resolve().parent.parent,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return dict(json.loads(line) for line in run.stdout.splitlines())


@pytest.mark.parametrize("name", sorted(BAD_PAGES))
def test_bad_page_is_refused_with_its_reason(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    """No record, a reason that says what was found, at most 5 s of CPU and 1 GB."""
    outcome = outcomes[name]
    assert "record" not in outcome
    assert "failure" in outcome, outcome
    assert outcome["failure"] in EXPECTED.get(name, {outcome["failure"]})
    assert len(outcome["message"]) > 20
    assert (outcome["seconds"] <= 5, outcome["megabytes"] <= 1024) == (True, True), outcome


COSTS = """
import json, os, resource, sys, time
from crawler import PageRefused, Quarantined, extract
from tests.costly import SHAPES
from tests.portal.badpages import good
url = good().url
extract(good().body, url)
for name, shape in SHAPES.items():
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        if status:
            print(json.dumps([name, [99.0], 0, f"ended with status {status}"]), flush=True)
        continue
    seconds = []
    for size in json.loads(sys.argv[1]):
        body = shape(size)
        limit = int(time.process_time()) + 15
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        began = time.process_time()
        try:
            outcome = extract(body, url).id
        except (PageRefused, Quarantined) as error:
            outcome = error.failure.value
        seconds.append(time.process_time() - began)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([name, seconds, megabytes, outcome]), flush=True)
    os._exit(0)
"""


def test_costly_pages_are_bounded() -> None:
    """At most 5 CPU seconds and 1 GB up to the largest page, which takes no longer than its size says, and a third more."""
    run = subprocess.run(
        [sys.executable, "-c", COSTS, json.dumps([1_000_000, 7_500_000])],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parent.parent,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert [name for name, *_ in found] == list(SHAPES)
    assert [
        (name, seconds, megabytes, outcome)
        for name, seconds, megabytes, outcome in found
        if max(seconds) > 5 or megabytes > 1024 or seconds[1] > 10 * seconds[0] + 0.1
    ] == []


def test_a_list_of_too_many_links_is_refused() -> None:
    """It is named; no part of it is followed as if it were the list."""
    site = profiles_in()["netease"]
    links = [f"https://www.163.com/dy/article/K{number:07}05IJKLMN.html" for number in range(MAX_LINKS + 1)]
    url = "https://www.163.com/"
    assert len(read_list(json.dumps(links[1:]).encode(), url, "application/json", None, site)) == MAX_LINKS
    with pytest.raises(PageRefused, match=f"more than {MAX_LINKS} links on one list page"):
        read_list(json.dumps(links).encode(), url, "application/json", None, site)
    page = ListPage(ListSource(url=url, format="json"))
    with pytest.raises(PageRefused, match=f"more than {MAX_LINKS} items in one list"):
        read_list(json.dumps([1] * (MAX_LINKS + 1)).encode(), url, "application/json", page, site)


def test_a_link_longer_than_servers_take_is_not_followed() -> None:
    """7 MB of address would go into the store, the log and the record."""
    site = profiles_in()["netease"]
    url = "https://www.163.com/dy/article/KABCDEFG05IJKLMN.html"
    links = f'<a href="{url}?{"a" * 7_000_000}">x</a><a href="{url}">y</a>'
    assert [link.url for link in read_list(links.encode(), "https://www.163.com/", "text/html", None, site)] == [url]


def test_what_the_cleaner_writes_does_not_depend_on_the_length() -> None:
    """Long bodies go round the allow-list's quadratic part; the text it would write is the same."""
    text = "a&amp;b &amp;lt; &nbsp;·×°¬文\ue000\ue0001\ue0002 &lt;script&gt; &quot;'&copy; "
    piece = page(f'<p>{text}<a href="http://x.example/?a=1&amp;b=·">{text}</a></p>'.encode())
    short = extract(piece, good().url).article_body_html
    long = extract(page(f'<p>{text}<a href="http://x.example/?a=1&amp;b=·">{text}</a></p><p>{"文" * 70_000}</p>'.encode()),
                   good().url).article_body_html  # fmt: skip
    assert long == short.replace("</p>\n", f"</p>\n<p>{'文' * 70_000}</p>\n", 1)


INNER = {
    "too_many_attributes": "".join(f"<body a{number}=1>" for number in range(100_000)),
    "too_deep": "<div>" * 10_000,
}


@pytest.mark.parametrize("failure", INNER)
def test_a_body_in_the_data_of_a_page_has_the_same_limits(failure: str) -> None:
    """It is parsed by itself, and may be as hostile as the page."""
    case = shipped("ifeng/2022_infobox/body_only_in_data_lazy")
    before, mark, after = case.body.decode().partition('"contentList": [{"type": "text", "data": "')
    assert mark
    with pytest.raises(PageRefused) as caught:
        extract(f"{before}{mark}{INNER[failure]}{after}".encode(), case.response["url"])
    assert caught.value.failure == failure


def test_a_url_that_no_server_takes_is_refused() -> None:
    """The message has its start and its length, not the whole of it."""
    with pytest.raises(Quarantined, match=r"^.{80}…: a URL of 7000022 characters, limit 8192$"):
        extract(good().body, "https://www.163.com/" + "a" * 7_000_002)


@pytest.mark.parametrize("url", ["http://[::1", "http://[www.163.com/a.html", "http://℀.com/", "//["])
def test_a_url_that_cannot_be_read_has_no_profile(url: str) -> None:
    """Its page is refused by name, as that of any other site."""
    with pytest.raises(Quarantined) as refusal:
        extract(good().body, url)
    assert refusal.value.failure is Failure.UNKNOWN_SITE


@pytest.mark.parametrize("when", [datetime.min, datetime.max])
def test_a_time_at_the_ends_of_the_calendar(when: datetime) -> None:
    """A clock that is wrong is an argument that is wrong, where the time does not exist in UTC."""
    page = good()
    with pytest.raises(ValueError, match="fetched_at"):
        extract(
            page.body, page.url, fetched_at=when.replace(tzinfo=timezone(timedelta(hours=8 if when.year == 1 else -8)))
        )


def test_text_in_place_of_bytes_says_what_to_pass() -> None:
    """A caller who passes `response.text` gets a clear error, not one from deep inside."""
    with pytest.raises(TypeError, match=r"expected bytes as received, got str: use response\.content"):
        extract("<html></html>", "https://www.example.org/1.html")  # type: ignore[arg-type]
