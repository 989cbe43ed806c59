"""`scrapy extract`: records of what is at hand on standard output, everything else on standard error."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from crawler.__main__ import main
from crawler.commands._missing import AGAIN, unusable
from crawler.commands._pages import Pages
from crawler.commands._writers import to_stream
from crawler.errors import Failure
from crawler.extract import extract, profiles_in
from crawler.profiles.load import Profiles
from crawler.records.formats import Shape
from crawler.records.quarantine import QuarantineEntry
from crawler.records.read import read_records
from tests.conftest import corpus_index
from tests.crawling import ROOT, command
from tests.portal import archive, badpages, write
from tests.portal.page import FixturePage
from tests.portal.server import Answer, Portal
from tests.waiting import PATIENCE, until

PAGES = {page.case: page for page in write.read_pages("netease")}
PLAIN, VIDEO, FEED = PAGES["hao_plain"], PAGES["video_plain"], PAGES["cm_feed_page_1"]
FOREIGN = replace(PLAIN, url="https://news.example.org/1.html")


class Done(NamedTuple):
    """What a call gave: exit status, records, lines on standard error."""

    status: int
    records: list[dict[str, Any]]
    errors: list[str]


Call = Callable[..., Done]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """Return a function that runs the command in this process."""
    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "crawler.settings")

    def run(*arguments: str | Path, given: bytes = b"") -> Done:
        monkeypatch.setattr("sys.argv", ["scrapy"])
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
        with pytest.raises(SystemExit) as ended:
            main(["extract", *map(str, arguments)])
        out, err = capfd.readouterr()
        records = json.loads(f"[{out}]") if "--pretty" in arguments else [json.loads(line) for line in out.splitlines()]
        return Done(int(ended.value.code or 0), records, err.splitlines())

    return run


def warc(folder: Path, *pages: FixturePage) -> Path:
    """Write pages to an archive."""
    path = folder / "pages.warc.gz"
    archive.write_warc(path, pages)
    return path


def saved(folder: Path, page: FixturePage, head: str = "", *, packed: bool = False) -> Path:
    """Save a page as a file, with a prefix."""
    path = folder / f"page.html{'.gz' if packed else ''}"
    body = head.encode() + page.body
    path.write_bytes(gzip.compress(body) if packed else body)
    return path


def test_an_archive_gives_the_records_of_all_known_sites(tmp_path: Path, call: Call) -> None:
    """Lists are counted; sites without a profile are counted by host and are not failures."""
    done = call(
        "--profiles-only",
        "--warc",
        warc(tmp_path, PLAIN, FEED, FOREIGN, VIDEO, replace(FOREIGN, url="https://x.example/")),
    )
    assert (done.status, [record["id"] for record in done.records]) == (
        0,
        ["netease:KK5ISJRA05F5G9FF", "netease:VGNFJ9I3K"],
    )
    assert done.errors == [
        "records: 2, quarantined: 0, lists: 1, pages of sites without a profile: 2 (news.example.org 1, x.example 1)"
    ]
    assert done.records[0]["fetch"]["fetchedAt"] == "2026-02-21T08:05:09Z"


def test_pages_of_sites_without_a_profile_are_read_and_counted_separately(tmp_path: Path, call: Call) -> None:
    """By default; an article of a known site is read by its profile all the same."""
    done = call("--warc", warc(tmp_path, PLAIN, FOREIGN))
    assert [record["extraction"]["method"] for record in done.records] == ["profile", "general"]
    assert done.errors == ["records: 1, quarantined: 0, records without a profile: 1"]


def test_a_page_without_a_profile_that_is_no_article_is_not_called_quarantined(tmp_path: Path, call: Call) -> None:
    """The line about the page agrees with the counts, in which such pages are not quarantined."""
    page = tmp_path / "front.html"
    page.write_bytes(b"<html><head><title>Town</title></head><body><p>hello</p></body></html>")
    served = replace(FOREIGN, url="https://www.town.example/1.html", body=page.read_bytes())
    for given in ((page, "--url", served.url), ("--warc", warc(tmp_path, served))):
        done = call(*given)
        assert done.errors[0].startswith("no record: not_an_article: https://www.town.example/1.html: ")
        assert done.errors[1] == (
            "records: 0, quarantined: 0, pages without a profile and without a record: 1 (not_an_article 1)"
        )


def test_without_profiles_every_page_is_read_by_the_general_reading(tmp_path: Path, call: Call) -> None:
    """To compare: the same page with its profile and without."""
    done = call("--no-profiles", "--warc", warc(tmp_path, PLAIN))
    assert [(record["site"], record["extraction"]["method"]) for record in done.records] == [("163.com", "general")]
    assert done.errors == ["records: 0, quarantined: 0, records without a profile: 1"]


@pytest.mark.parametrize(
    ("bad", "options", "expected"),
    [(1, (), 0), (2, (), 1), (2, ("-s", "PORTALSIEVE_MAX_FAILED=10"), 0), (2, ("--jobs", "1"), 1)],
)
def test_a_share_of_pages_without_a_record_fails_the_call(
    tmp_path: Path, call: Call, bad: int, options: tuple[str, ...], expected: int
) -> None:
    """More than 5 % of at least 20 pages of known sites, or what the setting allows; the others are printed."""
    gone = [replace(PLAIN, url=PLAIN.url.replace("KK5", f"KX{number}"), status=404) for number in range(bad)]
    strangers = [replace(FOREIGN, url=f"https://news.example.org/{number}.html") for number in range(40)]
    done = call("--profiles-only", "--warc", warc(tmp_path, *[PLAIN] * 19, *gone, *strangers), *options)
    assert (done.status, len(done.records)) == (expected, 19)
    message = "2 of 21 pages failed or were quarantined (9.5 %, more than the 5 % that PORTALSIEVE_MAX_FAILED allows)"
    assert (f"failed: {message}" in done.errors) == bool(expected)


def test_records_are_those_of_the_library(tmp_path: Path, call: Call) -> None:
    """The command is a shell: what it prints is what `crawler.extract` gives."""
    expected = extract(PLAIN.body, PLAIN.url).to_dict()
    done = call(saved(tmp_path, PLAIN), "--url", PLAIN.url)
    assert done.records == [expected]
    assert call("-", "--url", PLAIN.url, given=PLAIN.body).records == [expected]
    assert call(saved(tmp_path, PLAIN, packed=True), "--url", PLAIN.url).records == [expected]


def test_the_time_of_fetching_can_be_said(tmp_path: Path, call: Call) -> None:
    """With its zone; a time without one is refused."""
    path = saved(tmp_path, PLAIN)
    done = call(path, "--url", PLAIN.url, "--fetched-at", "2026-02-21T16:00:00+08:00")
    assert done.records[0]["fetch"]["fetchedAt"] == "2026-02-21T08:00:00Z"
    done = call(path, "--url", PLAIN.url, "--fetched-at", "2026-02-21T16:00:00")
    assert (done.status, done.errors[-1]) == (
        2,
        "scrapy: error: --fetched-at 2026-02-21T16:00:00: not a time with a UTC offset; write it like 2026-02-21T16:00:00+08:00",
    )


STATED = {
    "browser": f"<!-- saved from url=(0052){PLAIN.url} -->\n",
    "canonical": f'<link rel="canonical" href="{PLAIN.url}">',
    "og:url": f'<meta property="og:url" content="{PLAIN.url}">',
}


@pytest.mark.parametrize("name", STATED)
def test_a_page_may_say_where_it_comes_from(tmp_path: Path, call: Call, name: str) -> None:
    """By a browser's note, its canonical link or og:url."""
    video = replace(PLAIN, body=b"<html><head></head><body></body></html>")
    done = call(saved(tmp_path, video, STATED[name]))
    assert done.errors[0].startswith("quarantined: unknown_layout: ")
    assert PLAIN.url in done.errors[0]


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (VIDEO.url, True),
        (PLAIN.url.replace("https://www.", "https://m."), False),
        ("https://syndicated.example.org/1.html", False),
    ],
)
def test_url_wins_over_what_the_page_says(call: Call, tmp_path: Path, stated: str, message: bool) -> None:
    """If the page states the URL of another article, there is a warning; another form of its URL is fine."""
    path = saved(tmp_path, PLAIN, f'<link rel="canonical" href="{stated}">')
    done = call(path, "--url", PLAIN.url)
    assert [record["url"] for record in done.records] == [PLAIN.url]
    assert (done.status, [line.endswith(f"but the page itself states {stated}") for line in done.errors]) == (
        0,
        [True, False] if message else [False],
    )


def test_a_page_without_its_url_needs_the_option(tmp_path: Path, call: Call) -> None:
    """The message has the option's name."""
    page = replace(PLAIN, body=b"<html><body>no address</body></html>")
    done = call(saved(tmp_path, page))
    assert (done.status, done.records) == (1, [])
    assert done.errors[0].endswith("page.html: the page does not contain its own URL; give it with --url URL")


@pytest.mark.parametrize(("level", "texts"), [("full", True), ("items", False), ("none", None)])
def test_chrome_on_demand(tmp_path: Path, call: Call, level: str, texts: bool | None) -> None:
    """The chrome that was requested is printed."""
    done = call("--warc", warc(tmp_path, PLAIN), "--chrome", level)
    chrome = done.records[0]["chrome"]
    assert (any(entry["text"] for entry in chrome) if chrome else None) == texts


def test_pretty_is_for_people(tmp_path: Path, call: Call) -> None:
    """Indented, and the same record."""
    path = warc(tmp_path, PLAIN)
    assert call("--warc", path, "--pretty").records == call("--warc", path).records


def test_a_page_that_fails_is_reported_and_the_others_go_on(tmp_path: Path, call: Call) -> None:
    """With the name of its failure; the exit status is 1 only without any record."""
    spoilt = replace(badpages.captcha(), url=PAGES["hao_wan_followers"].url)
    done = call("--warc", warc(tmp_path, spoilt, PLAIN))
    assert (done.status, len(done.records)) == (0, 1)
    assert done.errors[0].startswith("quarantined: captcha: ")
    assert done.errors[-1] == "records: 1, quarantined: 1 (captcha 1)"
    done = call("--warc", warc(tmp_path, spoilt))
    assert (done.status, done.errors[-1]) == (1, "records: 0, quarantined: 1 (captcha 1)")


def test_a_refused_page_is_reported_with_its_url(tmp_path: Path, call: Call) -> None:
    """The fault alone would not name the page."""
    done = call("--warc", warc(tmp_path, replace(PLAIN, body=b" "), VIDEO))
    assert done.errors[0] == f"quarantined: empty_body: {PLAIN.url}: only white space in 1 bytes"


def test_damage_is_reported(tmp_path: Path, call: Call) -> None:
    """An unreadable record of an archive is reported with file and offset, and sets the exit status."""
    path = warc(tmp_path, VIDEO, PLAIN)
    path.write_bytes(path.read_bytes()[:-300])
    done = call("--warc", path)
    assert (done.status, len(done.records)) == (1, 1)
    assert done.errors[0].startswith(f"quarantined: archive_damaged: {path}: record at byte ")


def test_other_things_of_known_sites_are_counted(tmp_path: Path, call: Call) -> None:
    """Redirects and other files are neither records nor failures."""
    moved = replace(PLAIN, status=301, headers={"Location": VIDEO.url}, body=b"")
    script = replace(PLAIN, url="https://www.163.com/x.js", headers={"Content-Type": "text/javascript"}, body=b"1")
    done = call("--warc", warc(tmp_path, moved, script))
    assert (done.status, done.errors) == (
        0,
        ["records: 0, quarantined: 0, redirects: 1, other files of known sites: 1"],
    )


def test_several_inputs_of_all_kinds(tmp_path: Path, call: Call) -> None:
    """Files, archives without --warc, and folders of them; one that cannot be used does not stop the others."""
    folder = tmp_path / "in"
    folder.mkdir()
    warc(folder, PLAIN)
    page = saved(tmp_path, VIDEO, f'<link rel="canonical" href="{VIDEO.url}">')
    done = call(folder / "pages.warc.gz", tmp_path / "missing.html", page, folder)
    assert [record["id"].partition(":")[2] for record in done.records] == [
        "KK5ISJRA05F5G9FF",
        "VGNFJ9I3K",
        "KK5ISJRA05F5G9FF",
    ]
    assert done.status == 1
    assert f"{tmp_path / 'missing.html'}: cannot be read: No such file or directory" in done.errors


def test_text_in_place_of_a_name_is_an_unusable_input(call: Call) -> None:
    """A name that no file can have is reported like one that no file has, in short."""
    done = call("正文" * 500)
    assert done.status == 1
    assert f"{'正文' * 40}…: cannot be read: File name too long" in done.errors


@pytest.mark.parametrize(("source", "step"), [(".", "give the folder that contains the pages"), ("", "check the file")])
def test_only_a_folder_that_was_given_is_called_one(source: str, step: str) -> None:
    """A crawl that failed to start has no input of its own, which as a path would be the current folder."""
    assert step == unusable(source, "a fault").next


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to extract"),
        (["--text", "x.txt"], "--text and --site must be used together"),
        (["--text", "x.txt", "--site", "nosuch"], "--site nosuch: no such profile; available:"),
        (["a.html", "b.html", "--url", PLAIN.url], "--url needs exactly one input, got 2"),
        (["a.html", "--url", "KK5"], "--url KK5: not an http(s) URL"),
        (["--prety", "a.html"], "no such option: --prety"),
        (["a.html", "--jobs", "2"], "--jobs works only with archives"),
        (["a.warc", "--pretty", "--jobs", "2"], "--jobs works only with archives, as JSON lines and without --pretty"),
        (["a.warc", "--jobs", "0"], "--jobs 0: must be at least 1"),
        (["a.html", "--chrome", "most"], "PORTALSIEVE_CHROME is 'most'; use one of full, items, none"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(call: Call, arguments: list[str], message: str) -> None:
    """Exit status 2, no output."""
    done = call(*arguments)
    assert (done.status, done.records) == (2, [])
    assert message in done.errors[-1]


def test_no_archive_is_an_input_that_cannot_be_used(tmp_path: Path, call: Call) -> None:
    """The message has its name and the reason."""
    path = tmp_path / "page.html"
    path.write_bytes(PLAIN.body)
    done = call("--warc", path)
    assert done.status == 1
    assert "not with WARC/" in done.errors[0]


def test_no_archive_at_all_is_reported_and_nothing_written(tmp_path: Path, call: Call) -> None:
    """Also with workers."""
    done = call("--warc", tmp_path / "nowhere.warc", "-o", tmp_path / "x.jsonl")
    assert (done.status, list(tmp_path.iterdir())) == (1, [])
    assert "nowhere.warc: no such file or folder" in done.errors[0]


DUMP = """\
港口城市的海风吹了三天
2026-02-20 10:12:47　来源: 海边日报
举报
分享至
渡轮公司的调度员说，清晨的风比往年大，第一班船因此晚开了二十分钟，岸边等船的人都在候船室里喝茶。
到了中午，风小了下来，码头上又热闹起来，卖鱼的摊子前排了两条队，孩子们在石阶上数着靠岸的船。
特别声明：以上内容(如有图片或视频亦包括在内)为自媒体平台“网易号”用户上传并发布，本平台仅提供信息存储服务。
"""


def test_a_text_dump_gives_a_record(tmp_path: Path, call: Call) -> None:
    """From a file or standard input, in whatever charset, by the profile's phrases."""
    path = tmp_path / "dump.txt"
    path.write_bytes(DUMP.encode("gb18030"))
    done = call("--text", path, "--site", "netease")
    assert (done.status, done.errors) == (0, ["records: 1, quarantined: 0"])
    [record] = done.records
    assert (record["headline"], record["url"]) == ("港口城市的海风吹了三天", None)
    assert call("--text", "-", "--site", "netease", given=DUMP.encode()).records[0]["headline"] == record["headline"]


def test_text_that_is_not_a_page_is_reported(tmp_path: Path, call: Call) -> None:
    """With the file's name."""
    path = tmp_path / "dump.txt"
    path.write_text("\n", encoding="utf-8")
    done = call("--text", path, "--site", "netease")
    assert (done.status, done.records) == (1, [])
    assert str(path) in done.errors[0]


def test_a_reader_that_stops_early_is_not_a_failure(tmp_path: Path) -> None:
    """`scrapy extract … | head -1` ends without a trace of Python."""
    path = warc(tmp_path, *[page for page in PAGES.values() if page.layout == "2020_post_main"])
    arguments = [sys.executable, "-m", "crawler", "extract", str(path)]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        message = process.stderr.read()
    assert (process.returncode, "Traceback" in message) == (0, False)


def test_urls_are_fetched_as_a_crawl_fetches_them(tmp_path: Path) -> None:
    """By Scrapy, robots.txt obeyed, with no output folder left behind; lists and, if so asked, unknown sites are not."""
    page, away, closed = "http://www.163.com/dy/article/KK5ISJRA05F5G9FF.html", FOREIGN.url, "http://m.163.com/x.html"
    with Portal(robots="User-agent: *\nDisallow: /x\n") as portal:
        portal.answer(page, Answer(PLAIN.body))
        done = command("extract", "--profiles-only", page, away, closed, FEED.url, http_proxy=portal.base)
        asked = portal.asked()
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["netease:KK5ISJRA05F5G9FF"]
    assert asked == ["www.163.com/dy/article/KK5ISJRA05F5G9FF.html"]
    assert "1 pages of netease are disallowed by its robots.txt" in done.stderr
    assert "lists: 1, pages of sites without a profile: 1 (news.example.org 1)" in done.stderr.splitlines()[-1]
    assert done.returncode == 1


@pytest.mark.usefixtures("interruptible")
def test_a_url_that_is_waited_for_can_be_given_up() -> None:
    """Ctrl-C ends it with the status of what was stopped."""
    page = "http://www.163.com/dy/article/KK5ISJRA05F5G9FF.html"
    with Portal() as portal:
        portal.answer(page, Answer(b"busy", status=503))
        call = [sys.executable, "-m", "crawler", "extract", page, "-s", "RETRY_TIMES=5"]
        environment = {**os.environ, "http_proxy": portal.base}
        with subprocess.Popen(call, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
            until(lambda: bool(portal.asked()))
            process.send_signal(signal.SIGINT)
            _, message = process.communicate(timeout=PATIENCE)
    assert (process.returncode, "Traceback" in message) == (130, False)


def test_a_url_is_tried_once(tmp_path: Path) -> None:
    """Whoever typed it waits, and can type it again; more tries are there on demand."""
    page = "http://www.163.com/dy/article/KK5ISJRA05F5G9FF.html"
    for more, tries in (((), 1), (("-s", "RETRY_TIMES=1"), 2)):
        with Portal() as portal:
            portal.answer(page, Answer(b"busy", status=503))
            done = command("extract", page, *more, "-s", "PORTALSIEVE_RETRY_DELAY=0.1", http_proxy=portal.base)
            assert (done.returncode, len(portal.asked())) == (1, tries)
        assert "the response has status 503" in done.stderr


@pytest.mark.parametrize(("failure", "failed"), [(Failure.DNS, True), (Failure.NOT_AN_ARTICLE, False)])
def test_a_url_that_cannot_be_fetched_is_an_unusable_input(failure: Failure, failed: bool) -> None:
    """The page has no profile, so that it would not be a failure if it were only not an article."""
    url = "http://news.example.org/1.html"
    with to_stream(io.BytesIO(), Shape.JSONL) as writer:
        pages = Pages(Profiles({}, {}, {}), writer, io.StringIO())
        pages.fetched(QuarantineEntry(url=url, site="general", failure=failure, message="why"), general=True)
    [entry] = pages.missing
    assert (pages.failed, pages.unusables, entry.input, entry.url) == (failed, int(failed), url, url)
    assert (entry.next == AGAIN) is failed


@pytest.mark.parametrize("output", ["records.jsonl", "records/"])
def test_an_output_that_exists_is_overwritten_only_if_so_asked(tmp_path: Path, call: Call, output: str) -> None:
    """As in Scrapy, -O overwrites; -o does not."""
    page, out = saved(tmp_path, PLAIN), tmp_path / output
    file = out / "page.jsonl" if output.endswith("/") else out
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine")
    name = f"{out}/" if output.endswith("/") else out
    refused = call(page, "--url", PLAIN.url, "-o", name)
    assert (refused.status, file.read_text()) == (2, "mine")
    assert f"-o {file}: already exists; -O overwrites it" in refused.errors[-1]
    done = call(page, "--url", PLAIN.url, "-O", name)
    assert (done.status, [record.id for record in read_records(file)]) == (0, ["netease:KK5ISJRA05F5G9FF"])


def test_an_output_that_is_an_input_is_named_by_its_option(tmp_path: Path, call: Call) -> None:
    """-O would overwrite what is read."""
    page = saved(tmp_path, PLAIN)
    for option in ("-o", "-O"):
        refused = call(page, "--url", PLAIN.url, option, page)
        assert (2, True) == (refused.status, f"{option} {page}: is an input too" in refused.errors[-1])


def test_a_file_name_that_is_not_unicode(tmp_path: Path, call: Call) -> None:
    """The list of missing pages names it all the same."""
    page = Path(os.fsdecode(os.fsencode(tmp_path) + b"/n\xffme.html"))
    page.write_bytes(b"<html></html>")
    done = call(page, "--missing", tmp_path / "missing.jsonl")
    [entry] = (tmp_path / "missing.jsonl").read_text(encoding="utf-8").splitlines()
    assert (1, True) == (done.status, json.loads(entry)["input"].endswith("/n\\udcffme.html"))


def test_a_dash_is_standard_output(tmp_path: Path, call: Call) -> None:
    """As for the input."""
    done = call(saved(tmp_path, PLAIN), "--url", PLAIN.url, "-o", "-")
    assert (0, 1, False) == (done.status, len(done.records), Path("-").exists())


def test_the_list_of_missing_pages_is_never_an_input_or_the_output(tmp_path: Path, call: Call) -> None:
    """It would be written over it, or removed where nothing is missing."""
    page = saved(tmp_path, PLAIN)
    same = ("--missing", tmp_path / "o.jsonl", "-o", tmp_path / "o.jsonl")
    for given, what in ((("--missing", page), "or the output "), (same, "or the output "), (("-O", page), "")):
        done = call(page, "--url", PLAIN.url, *given)
        assert (done.status, page.read_bytes() == PLAIN.body) == (2, True)
        assert f"is an input {what}too" in done.errors[-1]


def test_the_corpus_gives_its_records(corpus: Path, call: Call) -> None:
    """Each article of a site that has a profile, unless its layout is not known yet; the floor holds how many."""
    done = call("--profiles-only", "--warc", corpus / "corpus.warc.gz")
    refused = [line for line in done.errors if line.startswith("quarantined")]
    assert [] == [line for line in refused if "no layout of" not in line]
    given = [record["url"] for record in done.records]
    sites = profiles_in()
    articles = [page["url"] for page in corpus_index(corpus) if page["kind"] == "article" and page["site"] in sites]
    assert sorted(articles) == sorted([*given, *(url for url in articles if any(url in line for line in refused))])
