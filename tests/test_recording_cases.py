"""Recording: a page is recorded once, completely, without secrets, and never over another fixture."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.extract import profiles_in
from crawler.regression.fixture import UNREVIEWED, Redirect, fixtures
from crawler.regression.recorder import NotRecorded, Recorder, Response
from crawler.regression.review import accept, correct, opened
from crawler.regression.secrets import kept_url, masked
from crawler.regression.values import values_of
from tests.cases import PAGES, record_of, shipped

PLAIN = shipped("netease/2020_post_main/hao_plain")
TOKEN = "s3cr3tPlant3dT0ken9f8e7d6c"


def recorder(root: Path) -> Recorder:
    """Return a recorder for the shipped profiles on a fixed day."""
    return Recorder(root, profiles_in(), "2026-11-23")


def response(body: bytes | None = None, **changes: object) -> Response:
    """Return the plain page as fetched, with changes."""
    message = {
        "url": PLAIN.response["url"],
        "body": PLAIN.body if body is None else body,
        "headers": PLAIN.response["headers"],
        "fetched_at": datetime(2026, 2, 21, 8, 5, 9, tzinfo=UTC),
    }
    return Response(**{**message, **changes})  # type: ignore[arg-type]


def test_a_case_is_whole_and_unreviewed(tmp_path: Path) -> None:
    """Bytes, exchange, values and text are there; each value waits for a person; it gives the same record again."""
    fixture = recorder(tmp_path).record(response(), name="Disclaimer, English twin")
    assert "netease/2020_post_main/disclaimer_english_twin" == fixture.name
    assert PLAIN.body == fixture.body
    exchange = fixture.exchange
    assert (PLAIN.response["url"], 200, "2026-02-21T08:05:09Z") == (exchange.url, exchange.status, exchange.fetched_at)
    assert exchange.evidence is not None
    assert ("utf-8", "header") == (exchange.evidence.name, exchange.evidence.chosen_by)
    assert (exchange.tool or "").startswith("portalsieve/")
    expected = fixture.expected
    assert expected is not None
    assert {UNREVIEWED} == set(expected.review.values())
    assert set(expected.values) == set(expected.review)
    assert values_of(record_of(PLAIN.name)) == expected.values
    assert "## Article" in (fixture.text or "")


def test_a_second_recording_is_a_dated_case(tmp_path: Path) -> None:
    """The same bytes are refused; other bytes under a taken name get the day, then a number; the first case stays."""
    writes = recorder(tmp_path)
    first = writes.record(response())
    before = {path.name: path.read_bytes() for path in first.folder.iterdir()}
    with pytest.raises(NotRecorded, match="recorded as netease/2020_post_main/kk5isjra05f5g9ff"):
        writes.record(response())
    others = [writes.record(response(PLAIN.body + b"\n" * extra)) for extra in (1, 2)]
    assert ["kk5isjra05f5g9ff_20261123", "kk5isjra05f5g9ff_20261123_2"] == [one.folder.name for one in others]
    assert before == {path.name: path.read_bytes() for path in first.folder.iterdir()}
    assert 3 == len(fixtures(tmp_path))
    assert [] == [path.name for path in first.folder.parent.iterdir() if path.name.startswith(".")]


def test_planted_tokens_are_in_no_file(tmp_path: Path) -> None:
    """Header, cookie, query, redirect and body: a token in any of them, in any spelling, is in nothing that is kept."""
    quoted = "a+secret%2Fvalue%3D77aa88bb"
    planted = f"""
    <meta name="csrf-token" content="{TOKEN}A"><input type=hidden value='{TOKEN}B' name=form_token>
    <script>var accessToken = "{TOKEN}C"; x = {{"session_id": "{TOKEN}D", "api_key":"{TOKEN}E"}};
    y = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoiMSJ9.abcDEF123456-_x";</script>
    <a href="/go?n=1&auth_token={TOKEN}F&m=2">x</a><p hidden>{TOKEN}-cookie {TOKEN}-query a secret/value=77aa88bb</p>
    <p hidden data-token="{TOKEN}G">{TOKEN}-set {TOKEN}-bearer {TOKEN}-step</p></body>""".encode()
    url = PLAIN.response["url"] + f"?from=app&ticketless={TOKEN}-query&q={quoted}#{TOKEN}-query"
    got = response(
        PLAIN.body.replace(b"</body>", planted),
        url=url,
        headers={
            **PLAIN.response["headers"],
            "Set-Cookie": f"sid={TOKEN}-set; Path=/; Domain=.163.com\nlang=zh; Path=/",
            "X-Request-Id": f"{TOKEN}-header",
            "Server": f"edge {TOKEN}-cookie",
        },
        request_headers={"Cookie": f"a=1; b={TOKEN}-cookie", "Authorization": f"Bearer {TOKEN}-bearer"},
        redirects=(Redirect(f"https://www.163.com/dy/article/X.html?t={TOKEN}-step", 302),),
    )
    fixture = recorder(tmp_path).record(got, name="planted")
    kept = b"".join(p.read_bytes() for p in sorted(fixture.folder.iterdir())) + fixture.body
    found = [secret for secret in (TOKEN, quoted, "secret/value=77aa88bb", "eyJhbGci") if secret.encode() in kept]
    assert [] == found
    assert len(got.body) == len(fixture.body)
    exchange = fixture.exchange
    assert PLAIN.response["url"] == exchange.url
    assert {"?#", "?q", "?ticketless", "Set-Cookie", "X-Request-Id"} <= set(exchange.dropped)
    assert b"163.com" in fixture.body  # a cookie's attributes are not secrets
    assert (302,) == tuple(step.status for step in exchange.redirects)


def test_a_page_without_secrets_keeps_every_byte() -> None:
    """No recorded case of ours is changed by the search for secrets."""
    changed = {one.name for one in fixtures(PAGES) if masked(one.body, [], "utf-8")[0] != one.body}
    assert set() == changed


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://m.163.com/touch/article.html?docid=KK5ISJRA05F5G9FF&sid=1", "docid=KK5ISJRA05F5G9FF"),
        ("https://www.163.com/dy/article/KK5ISJRA05F5G9FF.html?f=post2020", ""),
        ("https://user:pass@www.163.com/dy/article/KK5ISJRA05F5G9FF.html?a=1&b=2", ""),
    ],
)
def test_queries_by_need(url: str, kept: str) -> None:
    """Only the parameters by which the profile knows the article stay in the recorded address."""
    got, dropped = kept_url(url, profiles_in()["netease"])
    assert kept == got.partition("?")[2]
    assert "@" not in got
    assert dropped


def test_pages_that_are_not_articles_are_not_recorded(tmp_path: Path) -> None:
    """A list, a page of another site and one without a layout are rejected, unless a future layout is given."""
    writes = recorder(tmp_path)
    for url in ("https://www.163.com/", "https://nowhere.example/1.html"):
        with pytest.raises(NotRecorded):
            writes.record(response(url=url))
    page = b"<html><head><title>x</title></head><body><p>\xe6\x96\xb0</p></body></html>"
    with pytest.raises(NotRecorded, match="--layout ID"):
        writes.record(response(page))
    assert [] == list(tmp_path.iterdir())
    fixture = writes.record(response(page), layout="2027_new_box")
    assert ("2027_new_box", None) == (fixture.layout, fixture.expected)


def test_review_says_when_and_never_who(tmp_path: Path) -> None:
    """Accepting notes the day of each value; a correction stays as a person wrote it."""
    fixture = recorder(tmp_path).record(response(), name="reviewed")
    expected = opened(fixture, profiles_in())
    accept(expected, ["headline"], "2026-11-24")
    correct(expected, "location", '"北京"', "2026-11-25")
    fixture.write(expected)
    read = json.loads((fixture.folder / "expected.json").read_text(encoding="utf-8"))
    assert ("2026-11-24", "2026-11-25", UNREVIEWED) == tuple(
        read["review"][name] for name in ("headline", "location", "title")
    )
    assert "北京" == read["values"]["location"]
    assert {"format", "review", "values"} == set(read)
    with pytest.raises(KeyError):
        accept(expected, ["nothing"], "2026-11-24")


def test_pages_are_packed_alike(tmp_path: Path) -> None:
    """The same page gives the same files on every run."""
    one, other = (recorder(tmp_path / name).record(response(), name="same") for name in ("a", "b"))
    assert {p.name: p.read_bytes() for p in one.folder.iterdir()} == {
        p.name: p.read_bytes() for p in other.folder.iterdir()
    }
    assert PLAIN.body == gzip.decompress((one.folder / "page.html.gz").read_bytes())
