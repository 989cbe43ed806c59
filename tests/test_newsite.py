"""`scrapy newsite`: a draft that passes the linter, with its evidence and its gaps."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from crawler import extract
from crawler.__main__ import main
from crawler.draft.addresses import forms, own_host
from crawler.draft.sample import Sample
from crawler.draft.site import Draft, Given, NoDraft
from crawler.page.dom import Page
from crawler.page.text import squeeze
from crawler.profiles.faults import Severity
from crawler.profiles.lint import lint
from crawler.profiles.load import load_profile
from crawler.profiles.match import read_url
from crawler.regression.fixture import fixtures
from tests.cases import Case, cases, shipped
from tests.conftest import corpus_index
from tests.newsite_pages import PAGE, article

ZONE = ZoneInfo("Asia/Shanghai")
DAY = "2026-11-25"
CLASSIC = [case for case in cases() if case.name.startswith("thepaper/2014_news_txt/")]
HASHED = [shipped(f"thepaper/2022_next/{name}") for name in ("dom_and_data", "original_title_paragraph")]
BARE = """<!DOCTYPE html><html><head><title>渡口停航以后的第三个冬天-镇上新闻</title></head><body>
<div class="top">首页 新闻 生活</div><div class="box">晴转多</div><div class="story"><h1 class="story-title">渡口停航以后的第三个冬天</h1>
{info}<div class="story-text">{body}</div></div><div class="footer">版权所有 镇上新闻 ICP备 00000000 号</div></body></html>"""
PROSE = "<p>渡口停航以后，仓库空了三年，镇上的人把书一箱一箱搬了进去，窗台上摆满了旧报纸和茶缸。</p>" * 4
OTHER = "<p>修船厂的烟囱拆掉以后，孩子们在空地上放风筝，管理员每天傍晚来锁门，说明年春天这里要种树。</p>" * 4


def given(case: Case) -> Given:
    """Return a fixture's page as input of the draft."""
    return Given(url=case.response["url"], body=case.body, content_type=case.response["headers"].get("Content-Type"))


def bare(url: str, info: str = '<p class="line">2026-02-20 10:12 来源：灯下漫笔</p>', body: str = PROSE) -> Given:
    """Return a small invented page."""
    return Given(url=url, body=BARE.format(info=info, body=body).encode())


def drafted(tmp_path: Path, pages: list[Given], site: str = "town") -> tuple[Draft, Path, list[str]]:
    """Draft and write; return the draft, its folder and the codes of the linter's errors."""
    draft = Draft(site, pages, DAY)
    return draft, tmp_path / site, [fault.key for fault in draft.write(tmp_path / site)]


def text(folder: Path) -> str:
    """Return the text of all files of the draft."""
    return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.toml")))


@pytest.mark.parametrize("pages", [CLASSIC, HASHED, CLASSIC + HASHED], ids=["classic", "hashed", "both"])
def test_a_draft_splits_its_pages(tmp_path: Path, pages: list[Case]) -> None:
    """It passes the linter without a warning; headline, time and body of each page are correct."""
    draft, folder, faults = drafted(tmp_path, [given(case) for case in pages])
    assert [] == faults
    assert set() == {fault.severity for fault in lint(folder)} - {Severity.NOTE}
    profile = load_profile(folder)
    assert (2 if pages == CLASSIC + HASHED else 1) == len(profile.layouts)
    for case in pages:
        url = case.response["url"]
        record = extract(case.body, url, headers=case.response["headers"], profiles=[profile])
        assert squeeze(case.values["headline"]) == squeeze(record.headline or "")
        assert case.values["datePublished"][:16] == (record.date_published or "")[:16]
        assert [] == [part for part in case.texts if squeeze(part) not in squeeze(record.article_body or "")]
        assert draft.layouts[url] == record.layout.id


def test_generated_names_become_beginnings(tmp_path: Path) -> None:
    """What a build made is in no selector; the beginning that stays is, in the form of the profile language."""
    _, folder, _ = drafted(tmp_path, [given(case) for case in HASHED])
    assert ".index_cententWrap__*" in text(folder)
    assert "[class^=" not in text(folder)
    assert [] == [fault for fault in lint(folder) if fault.code == "generated-class"]


def test_each_guess_says_what_it_rests_on(tmp_path: Path) -> None:
    """The number of matches and the value of each selector; assumptions and gaps are marked."""
    pages = [bare("https://www.town.example/a/1001.html"), bare("https://www.town.example/a/1002.html", body=OTHER)]
    _, folder, faults = drafted(tmp_path, pages)
    said = text(folder)
    assert [] == faults
    for part in (
        "# 2 of 2 pages; left out of the learning, right on 2 of 2\n# gave: 渡口停航以后的第三个冬天\n[article.headline]",
        "# gave: 灯下漫笔\n[[fields.source.name]]",
        'timezone = "Asia/Shanghai" # assumed from the language; pages do not say',
        "# NOT FOUND: lists; no link of the pages leads to a channel.",
        "# gave: 版权所有 镇上新闻 ICP备 00000000 号\n[chrome.footerFooter]",
        'title = "镇上新闻" # the end of <title>',
    ):
        assert part in said


def test_what_is_not_found_is_named_and_stays_open(tmp_path: Path) -> None:
    """A page without a time: the linter reports the missing rule, the draft the key to fill in."""
    _, folder, faults = drafted(tmp_path, [bare("https://www.town.example/a/1001.html", info="")])
    assert ["fields.datePublished"] == faults
    assert "# NOT FOUND: the time, as a whole date (pages searched: 1). Fill in [[fields.datePublished]]:" in text(
        folder
    )


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        ([bare("https://www.town.example/1.html"), bare("https://www.city.example/1.html")], "pages of 2 sites: "),
        (
            [bare("https://www.town.example/1.html", body="<p>略</p>")],
            "no article: 0 characters of prose in 111 of text",
        ),
        (
            [Given(url="https://www.town.example/", body=shipped("thepaper/lists/front").body)],
            "https://www.town.example/: no article: .* a front page or a list",
        ),
        ([Given(url="https://www.town.example/1.png", body=b"\x89PNG\r\n\x1a\n" + b"\0" * 64)], "skipped: "),
        ([], "there is no page to draft from: none was given, or all were skipped"),
    ],
    ids=["two sites", "no prose", "a list", "no HTML", "nothing"],
)
def test_other_pages_are_not_drafted(pages: list[Given], message: str) -> None:
    """Rejected with the reason for each page, without a guess."""
    with pytest.raises(NoDraft, match=message):
        Draft("town", pages, DAY)


def test_the_same_pages_give_the_same_files(tmp_path: Path) -> None:
    """Byte for byte."""
    one, other = (drafted(tmp_path / name, [given(case) for case in HASHED])[1] for name in ("a", "b"))
    assert {p.name: p.read_bytes() for p in one.rglob("*.*")} == {p.name: p.read_bytes() for p in other.rglob("*.*")}


URLS = {
    "number": (["/a/1001.html", "/a/1002.html"], ["1001", "1002"]),
    "channels": (["/news/a1b2c3d4e5.html", "/sport/f6g7h8i9j0.html"], ["a1b2c3d4e5", "f6g7h8i9j0"]),
    "query": (["/content.aspx?id=1934", "/content.aspx?cat=2&id=77"], ["1934", "77"]),
    "a number of the day": (["/a/20190923/000843.htm"], ["20190923-000843"]),
    "marked": (["/2019-12/10/c_1125327450.htm"], ["1125327450"]),
    "slash": (["/a6732819573189378572/"], ["6732819573189378572"]),
    "page number": (["/a/20181001/13025111_0.shtml"], ["13025111"]),
}


@pytest.mark.parametrize("name", URLS)
def test_ids_are_reported_from_addresses(tmp_path: Path, name: str) -> None:
    """The part that differs is the id; a short number that a day counts anew has the day before it."""
    paths, ids = URLS[name]
    urls = [f"https://www.town.example{path}" for path in paths]
    _, folder, faults = drafted(tmp_path, [bare(url) for url in urls])
    assert [] == faults
    profile = load_profile(folder)
    assert ids == [read_url(url, profile).id for url in urls]
    assert "article" == read_url(urls[0].replace("www.", "m."), profile).kind
    assert read_url("https://www.town.example/about.html", profile).kind is None


def test_an_address_without_an_id_is_said(tmp_path: Path) -> None:
    """The form is written, and the missing id named."""
    [form] = forms(["https://www.town.example/news/winter.html"], "town.example")
    assert not form.has_id
    _, folder, _ = drafted(tmp_path, [bare("https://www.town.example/news/winter.html")])
    assert "# NOT FOUND: an id in the URL." in text(folder)


@pytest.mark.parametrize(
    ("urls", "host"),
    [
        (["https://www.town.example/1", "https://m.town.example/1"], "town.example"),
        (["https://news.town.com.cn/1", "https://sport.town.com.cn/1"], "town.com.cn"),
        (["https://hao.town.example/1"], "hao.town.example"),
    ],
)
def test_hosts(urls: list[str], host: str) -> None:
    """The part that all pages share, at most the registered domain, at least the page's own host."""
    assert host == own_host(urls)


class Done(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Place:
    """Folders of a call, and the call."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capfd: pytest.CaptureFixture[str]

    def page(self, name: str, page: Given) -> None:
        """Save a page like a browser."""
        (self.folder / "saved").mkdir(exist_ok=True)
        note = f"<!-- saved from url=({len(page.url):04d}){page.url} -->\n".encode()
        (self.folder / "saved" / f"{name}.html").write_bytes(note + page.body)

    def call(self, *arguments: str | Path) -> Done:
        """Run the command in this process."""
        self.monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "crawler.settings")
        self.monkeypatch.setattr("sys.argv", ["scrapy"])
        where = ["--profiles", self.folder / "sites", "--fixtures", self.folder / "kept"]
        with pytest.raises(SystemExit) as ended:
            main([*map(str, ["newsite", *arguments, *where])])
        return Done(int(ended.value.code or 0), *self.capfd.readouterr())

    def left(self) -> list[str]:
        """Return what stands below the profiles' folder, hidden things too."""
        return sorted(path.relative_to(self.folder / "sites").as_posix() for path in (self.folder / "sites").rglob("*"))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Place:
    """Return a place with two saved pages of a site."""
    made = Place(tmp_path, monkeypatch, capfd)
    for number in (1001, 1002):
        made.page(str(number), bare(f"https://www.town.example/a/{number}.html"))
    return made


def test_the_command_writes_profile_and_fixtures(place: Place) -> None:
    """Files on standard output; tried pages, gaps and the next step on standard error; fixtures without values yet."""
    done = place.call("town", "--folder", place.folder / "saved")
    assert 0 == done.status
    assert [
        "town",
        "town/CHANGES.md",
        "town/layouts",
        "town/layouts/2026_story_text.toml",
        "town/profile.toml",
    ] == place.left()
    assert str(place.folder / "sites/town/profile.toml") in done.out
    assert (
        "tried: https://www.town.example/a/1001.html: 渡口停航以后的第三个冬天 | 2026-02-20T10:12:00+08:00 | 灯下漫笔"
        in done.err
    )
    assert "not found: profile.toml:" in done.err
    assert done.err.splitlines()[-1] == (
        f"next: check each page (`scrapy explain PAGE --profiles {place.folder / 'sites'}`), assign roles to the regions"
        f" without one, then `scrapy review town --profiles {place.folder / 'sites'} --fixtures {place.folder / 'kept'}`"
    )
    kept = fixtures(place.folder / "kept")
    assert ["town/2026_story_text/1001", "town/2026_story_text/1002"] == [one.name for one in kept]
    assert [None, None] == [one.expected for one in kept]


def test_a_folder_that_is_there_stays(place: Place) -> None:
    """Refused with the next step, whatever is in it."""
    (place.folder / "sites/town").mkdir(parents=True)
    (place.folder / "sites/town/mine.txt").write_text("kept")
    done = place.call("town", "--folder", place.folder / "saved")
    assert (2, ["town", "town/mine.txt"]) == (done.status, place.left())
    assert "already exists and is not changed" in done.err
    assert "scrapy record town URL" in done.err


def test_a_manifest_has_the_urls_of_pages_that_do_not_state_them(place: Place) -> None:
    """Without one the pages are skipped, and the message names the option."""
    folder = place.folder / "plain"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.html").write_bytes(bare("").body)
    done = place.call("town", "--folder", folder)
    assert 1 == done.status
    assert "1.html: the page does not contain its own URL; give it in a --manifest" in done.err
    manifest = place.folder / "urls.tsv"
    manifest.write_text("".join(f"plain/{n}.html\thttps://www.town.example/a/{n + 1001}.html\n" for n in range(3)))
    done = place.call("town", "--folder", folder, "--manifest", manifest)
    assert "does not contain its own URL" not in done.err
    assert (place.folder / "sites/town/profile.toml").exists()


def test_a_host_that_a_profile_has_is_refused(place: Place) -> None:
    """The message has the profile and what to do with the page."""
    assert 0 == place.call("town", "--folder", place.folder / "saved").status
    done = place.call("other", "--folder", place.folder / "saved")
    assert 2 == done.status
    assert "already covered by the profile town; record it with: scrapy record town" in done.err
    assert not (place.folder / "sites/other").exists()


def test_a_folder_of_profiles_stands_for_itself(place: Place) -> None:
    """With --profiles, a site that only other folders have may be drafted; the table of rules is printed."""
    for path in (place.folder / "saved").iterdir():
        path.unlink()
    for number, case in enumerate(CLASSIC[:2]):
        place.page(str(number), given(case))
    done = place.call("paper", "--folder", place.folder / "saved")
    assert 0 == done.status
    [head] = [line.split() for line in done.err.splitlines() if line.startswith("rule ")]
    assert ["rule", "pages", "left", "out", "confidence", "gave"] == head


def test_a_draft_that_needs_more_ends_with_1(place: Place) -> None:
    """The folder is there, the missing key is named with its file, no fixture is kept before the profile can be read."""
    for path in (place.folder / "saved").iterdir():
        path.unlink()
    place.page("1001", bare("https://www.town.example/a/1001.html", info=""))
    done = place.call("town", "--folder", place.folder / "saved")
    assert 1 == done.status
    assert f"to fill in: {place.folder}/sites/town/layouts/" in done.err
    assert "fields.datePublished: no rule for datePublished" in done.err
    assert (True, []) == ((place.folder / "sites/town/profile.toml").is_file(), fixtures(place.folder / "kept"))


@pytest.mark.parametrize("fault", [OSError("no space left on device"), KeyboardInterrupt()], ids=["disk", "Ctrl-C"])
def test_nothing_is_left_of_a_draft_that_broke(place: Place, fault: BaseException) -> None:
    """The folder appears whole or not at all."""

    def broken(draft: Draft, folder: Path) -> Any:
        folder.mkdir(parents=True)
        (folder / "profile.toml").write_text("half")
        raise fault

    place.monkeypatch.setattr(Draft, "write", broken)
    if isinstance(fault, KeyboardInterrupt):
        done = place.call("town", "--folder", place.folder / "saved")
        assert (130, "stopped") == (done.status, done.err.splitlines()[-1])
    else:
        with pytest.raises(OSError, match="no space left"):
            place.call("town", "--folder", place.folder / "saved")
    assert [] == place.left()


def test_invalid_pages_write_nothing(place: Place) -> None:
    """Exit status 1, with a reason for each page."""
    for path in (place.folder / "saved").iterdir():
        path.unlink()
    place.page("front", bare("https://www.town.example/", body="<p>略</p>"))
    done = place.call("town", "--folder", place.folder / "saved")
    assert (1, "") == (done.status, done.out)
    assert "no draft: no page looks like an article" in done.err
    assert not (place.folder / "sites").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected a site name first"),
        (["Town"], "expected a site name first"),
        (["town"], "nothing to draft from"),
        (["town", "1.html"], "1.html: not an http(s) URL"),
        (["town", "--urls", "nowhere.txt"], "--urls nowhere.txt: cannot be read"),
    ],
)
def test_a_wrong_call(place: Place, arguments: list[str], message: str) -> None:
    """Status 2 and what would be right."""
    done = place.call(*arguments)
    assert (2, True) == (done.status, message in done.err)


@pytest.fixture
def portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Place:
    """Return a place in which the profile `linxi` was drafted from two saved pages; a third one is saved since."""
    made = Place(tmp_path, monkeypatch, capfd)
    for number in (1, 2):
        made.page(str(number), article(number))
    assert 0 == made.call("linxi", "--folder", tmp_path / "saved").status
    made.page("3", article(3))
    return made


def test_further_pages_go_into_a_draft(portal: Place) -> None:
    """The rules are learned again from all pages; layouts keep their ids, recorded pages are not recorded twice."""
    layout = portal.folder / "sites/linxi/layouts/2026_lxtext.toml"
    assert "# 2 of 2 pages; left out of the learning, right on 2 of 2" in layout.read_text("utf-8")
    done = portal.call("linxi", "--add", "--folder", portal.folder / "saved")
    assert 0 == done.status
    assert "# 3 of 3 pages; left out of the learning, right on 3 of 3" in layout.read_text("utf-8")
    assert "skipped: https://news.linxi.example/2026/02/art_8801001.html: a page of the draft already" in done.err
    assert [f"linxi/2026_lxtext/880100{n}" for n in (1, 2, 3)] == [one.name for one in fixtures(portal.folder / "kept")]
    assert ["linxi"] == sorted(path.name for path in (portal.folder / "sites").iterdir())


def test_a_draft_stays_if_adding_is_interrupted(portal: Place) -> None:
    """Ctrl-C at the last moment, when the old folder has made room for the new one: the old one is back, complete."""
    kept, rename = portal.left(), Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if ".newsite-" in str(path) and path.name == "linxi":
            raise KeyboardInterrupt
        return rename(path, target)

    portal.monkeypatch.setattr(Path, "rename", interrupted)
    done = portal.call("linxi", "--add", "--folder", portal.folder / "saved")
    assert (130, kept) == (done.status, portal.left())


def test_a_further_layout_becomes_a_file(portal: Place) -> None:
    """A page of another template gets a layout beside the one that is there."""
    old = PAGE.replace("lx-", "old-").replace("lxText", "oldText")
    (portal.folder / "saved/3.html").unlink()
    portal.page("4", article(4, template=old))
    assert 0 == portal.call("linxi", "--add", "--folder", portal.folder / "saved").status
    names = sorted(path.name for path in (portal.folder / "sites/linxi/layouts").iterdir())
    assert ["2026_lxtext.toml", "2026_oldtext.toml"] == names


def test_edited_files_stay(portal: Place) -> None:
    """What someone has changed is kept byte for byte, and said; the other files are written again."""
    layout, profile = (portal.folder / "sites/linxi" / name for name in ("layouts/2026_lxtext.toml", "profile.toml"))
    edited = layout.read_text("utf-8").replace("[chrome.", "# mine\n[chrome.", 1)
    layout.write_text(edited, "utf-8")
    done = portal.call("linxi", "--add", "--folder", portal.folder / "saved")
    assert (0, edited) == (done.status, layout.read_text("utf-8"))
    assert "kept as edited: layouts/2026_lxtext.toml" in done.err
    assert "# Drafted by `scrapy newsite` from 3 pages" in profile.read_text("utf-8")


def test_adding_needs_a_draft_and_its_pages(portal: Place) -> None:
    """Status 2 and the next step, if there is no such draft or its pages were not recorded."""
    done = portal.call("nowhere", "--add", "--folder", portal.folder / "saved")
    assert (2, True) == (done.status, "does not exist: draft it first, without --add" in done.err)
    shutil.rmtree(portal.folder / "kept")
    done = portal.call("linxi", "--add", "--folder", portal.folder / "saved")
    assert (2, True) == (done.status, "no recorded pages of linxi in" in done.err)


FLOORS = {"headline": 0.97, "date": 0.95, "body": 0.9}
"""Of the corpus's articles that have the value: the share that a page's sample must have right."""


def test_candidates_against_gold(corpus: Path) -> None:
    """On recorded pages of about twenty portals, what the rules are learned from is mostly right."""
    right, there = dict.fromkeys(FLOORS, 0), dict.fromkeys(FLOORS, 0)
    articles = [entry for entry in corpus_index(corpus) if entry["kind"] == "article"]
    for entry in articles:
        gold = json.loads((corpus / "gold" / f"{entry['name']}.json").read_text(encoding="utf-8"))
        body = gzip.decompress((corpus / "pages" / f"{entry['name']}.html.gz").read_bytes())
        found = judged(Sample(Page.from_bytes(body, entry["url"])), gold)
        for name, (value, held) in found.items():
            there[name] += value
            right[name] += held
    shares = {name: right[name] / there[name] for name in FLOORS}
    assert {} == {name: share for name, share in shares.items() if share < FLOORS[name]}


def judged(sample: Sample, gold: dict[str, Any]) -> dict[str, tuple[bool, bool]]:
    """Return by name whether gold has the value, and whether the sample has it (a body: 0.9 of its characters, as F1)."""
    accept = gold.get("accept", {})
    headlines = {squeeze(text) for text in (gold["headline"], *accept.get("title", ())) if text}
    shown = sample.headline.text() if sample.headline is not None else ""
    stated = gold.get("datePublished") or ""
    dates = {stated[:10], *(day[:10] for day in accept.get("published_at", ()) if day)}
    date = sample.given["datePublished"].date if "datePublished" in sample.given else None
    parts = [squeeze(part) for part in gold["paragraphs"]]
    found = sum(len(part) for part in parts if part in sample.text)
    return {
        "headline": (sample.headline is not None, squeeze(shown) in headlines),
        "date": (bool(stated), date is not None and date.iso[:10] in dates),
        "body": (True, 2 * found >= 0.9 * (len("".join(parts)) + len(sample.text))),
    }
