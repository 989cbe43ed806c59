"""A check for layout drift: what a page's verdict is, which rules are named, and whose fault it is."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import msgspec
import pytest
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings

from crawler.drift.before import Before
from crawler.drift.check import Answer, KnownPage, check_page, check_site, known_page, sample_page, stored_pages
from crawler.drift.schema import KINDS, dumps, path, schema
from crawler.drift.verdict import Blame, ListCheck, Origin, PageCheck, SiteCheck, SiteVerdict, Verdict
from crawler.errors import Failure
from crawler.extract import PROFILES, profiles_in
from crawler.page.text import squeeze
from crawler.regression.recorder import Recorder, Response
from crawler.spiders.sampling import Sampled, SampleSpider, mixed
from crawler.store.opening import open_store
from tests.calling import call
from tests.cases import Case, shipped
from tests.crawling import command, crawl_portal
from tests.portal.archive import write_warc
from tests.portal.page import FixturePage
from tests.portal.server import Answer as Served
from tests.portal.server import Portal
from tests.portal.write import PAGES, read_page, read_pages

SITE = "netease"
PROFILE = profiles_in()[SITE]
PLAIN = shipped("netease/2020_post_main/hao_plain")
RICH = shipped("netease/2020_post_main/rich_blocks")
CHANNEL = shipped("netease/2020_post_main/channel_editor_line")
MOBILE = shipped("netease/2019_mobile/hao_3g_host")
Edit = Callable[[str], str]


def answer_of(case: Case, edit: Edit = str, **values: object) -> Answer:
    """Return what the case's URL answers, its text edited."""
    response = case.response
    body = edit(case.body.decode()).encode()
    return msgspec.structs.replace(
        Answer(url=response["url"], body=body, headers=response["headers"], fetched_at=case.fixture.exchange.time),
        **values,
    )


def checked(case: Case, edit: Edit = str, **values: object) -> PageCheck:
    """Return the check of a case whose page was edited."""
    return check_page(known_page(case.fixture, PROFILE), answer_of(case, edit, **values), PROFILE)[0]


def renamed(*names: str) -> Edit:
    """Return an edit that gives classes and ids other names."""

    def edit(text: str) -> str:
        for name in names:
            inside = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
            text = re.sub(
                r'((?:class|id)=")([^"]*)"', lambda m, i=inside, n=name: f'{m[1]}{i.sub(f"x-{n[::-1]}", m[2])}"', text
            )
        return text

    return edit


def info_hidden(text: str) -> str:
    """Rename the line of time and source, and wrap the headline: the line is found neither by its name nor by its place."""
    return re.sub(
        r'(<h1 class="post_title".*?</h1>)',
        r'<div class="x-head">\1</div>',
        renamed("post_info")(text),
        flags=re.DOTALL,
    )


def paragraph(case: Case) -> str:
    """Return a long paragraph of the case."""
    source = case.body.decode()
    return max((text for text in case.texts if f"<p>{text}</p>" in source), key=len)


@pytest.mark.parametrize("case", [PLAIN, RICH, CHANNEL, MOBILE], ids=lambda case: case.name)
def test_a_page_that_did_not_change_is_the_same(case: Case) -> None:
    """So is one whose lists, counts and style sheets changed."""
    assert (Verdict.SAME, (), ()) == _brief(checked(case))
    busy = checked(case, lambda text: text.replace("</body>", "<style>.q { color: red }</style></body>"))
    assert (Verdict.SAME, (), ()) == _brief(busy)


def _brief(page: PageCheck) -> tuple[Verdict, tuple[str, ...], tuple[str, ...]]:
    return page.verdict, tuple(moved.value for moved in page.moved), page.edited


@pytest.mark.parametrize(
    ("edit", "names"),
    [
        (lambda text: text.replace(paragraph(PLAIN), "昨夜的数字有误，现更正为四百一十二人。"), ("blocks",)),
        (
            lambda text: text.replace(paragraph(PLAIN), paragraph(PLAIN) + "编者注：人名均为化名，特此说明。"),
            ("blocks",),
        ),
        (lambda text: text.replace(f"<p>{paragraph(PLAIN)}</p>", ""), ("blocks",)),
        (lambda text: text.replace(PLAIN.values["headline"], "改过的标题：旧码头仓库重新开放"), ("headline",)),
        (lambda text: text.replace(PLAIN.values["source"]["name"], "莲塘晚报"), ("source", "account")),
    ],
    ids=["reworded", "longer", "paragraph removed", "headline", "source"],
)
def test_what_the_site_edits_is_not_drift(edit: Edit, names: tuple[str, ...]) -> None:
    """Text that stands nowhere on the page any more was edited; no rule is at fault."""
    page = checked(PLAIN, edit)
    assert (Verdict.EDITED, ()) == (page.verdict, page.moved)
    assert set(page.edited) <= set(names)
    assert page.edited


@pytest.mark.parametrize(
    ("case", "edit", "value", "rule"),
    [
        (PLAIN, info_hidden, "source", "fields.source"),
        (CHANNEL, renamed("post_author"), "chrome.credits", "chrome.editor"),
        (
            PLAIN,
            lambda text: re.sub(r'(<h1 class="post_title">)', r"\1<span>独家</span>", text),
            "headline",
            "article.headline",
        ),
        (RICH, lambda text: text.replace("data-src=", "data-later=").replace(" src=", " data-then="), "images", "article.body"),
        (
            PLAIN,
            lambda text: text.replace(f"<p>{paragraph(PLAIN)}</p>", "").replace(
                '<div class="post_recommends', f'<p>{paragraph(PLAIN)}</p><div class="post_recommends'
            ),
            "blocks",
            "article.body",
        ),
    ],
    ids=["info line", "credits", "badge in the headline", "lazy images", "paragraph outside the body"],
)  # fmt: skip
def test_content_that_stands_elsewhere_names_its_rule(case: Case, edit: Edit, value: str, rule: str) -> None:
    """The page is moved; the value, its rule with file and line, and where it stands now are named."""
    page = checked(case, edit)
    assert Verdict.MOVED == page.verdict
    found = {moved.value: moved for moved in page.moved}
    assert value in found
    assert (found[value].rule or "").startswith(rule)
    assert re.search(r"netease/(profile|layouts/\w+)\.toml:\d+$", found[value].file or "")


def test_a_rule_that_still_finds_its_element_is_not_named_for_the_miss_of_another() -> None:
    """Without its body the page has no record, but headline, date and source are where their rules look."""
    page = checked(PLAIN, renamed("post_body"))
    assert Verdict.MOVED == page.verdict
    assert not {"headline", "datePublished", "source"} & {moved.value for moved in page.moved}
    assert "article.body" in {(moved.rule or "").partition("[")[0] for moved in page.moved if moved.value == "blocks"}


def test_where_the_content_stands_now() -> None:
    """The place is a selector that finds it, so that it can be put into the profile."""
    page = checked(PLAIN, renamed("post_title", "post_main"))
    headline = next(moved for moved in page.moved if moved.value == "headline")
    assert headline.found is not None
    assert (None, squeeze(PLAIN.values["headline"])) == (headline.now, squeeze(headline.found.text))


def test_a_new_template_is_a_new_layout() -> None:
    """No layout is recognised, and the article is there."""
    names = ("post_main", "post_title", "post_body", "post_info")
    page = checked(PLAIN, renamed(*names))
    assert (Verdict.NEW_LAYOUT, None) == (page.verdict, page.layout_now)
    assert "unknown_layout" in page.reason


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({"status": 404}, Verdict.GONE),
        ({"status": 403}, Verdict.BLOCKED),
        ({"status": 429}, Verdict.BLOCKED),
        ({"status": 502}, Verdict.NETWORK_FAULT),
        ({"failure": Failure.DNS, "reason": "no such host"}, Verdict.NETWORK_FAULT),
        ({"failure": Failure.ROBOTS, "reason": "robots.txt forbids it"}, Verdict.BLOCKED),
        ({"failure": Failure.OFF_SITE, "url": "https://elsewhere.example/"}, Verdict.GONE),
        ({"url": "https://www.163.com/"}, Verdict.GONE),
        ({"url": "https://www.163.com/dy/article/KT8F0LBG05J0H94A.html"}, Verdict.GONE),
        ({"body": b""}, Verdict.NETWORK_FAULT),
        ({"body": b"<html><body><p>half a page"}, Verdict.NETWORK_FAULT),
    ],
    ids=lambda value: str(value)[:40],
)
def test_pages_that_cannot_be_read(values: dict[str, object], verdict: Verdict) -> None:
    """A status, a redirect or a fault of the network says nothing of the layout."""
    assert verdict == checked(PLAIN, **values).verdict


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("<p>请完成下方验证后继续访问</p><p>拖动滑块完成拼图</p>", Verdict.BLOCKED),
        ("<p>抱歉，该文章已被删除</p>", Verdict.GONE),
    ],
)
def test_a_notice_in_the_frame_of_the_site(body: str, verdict: Verdict) -> None:
    """The layout matches, but the article is not there: a captcha blocks, a deleted article is gone."""
    page = checked(
        PLAIN, lambda text: re.sub(r'(<div class="post_body">).*?(</div>)', rf"\1{body}\2", text, flags=re.DOTALL)
    )
    assert verdict == page.verdict


def test_a_page_without_the_article_is_gone() -> None:
    """Another page under the same URL, of no known layout: the article's text is not there, so nothing has moved."""
    page = checked(PLAIN, lambda _: "<html><head><title>首页</title></head><body><ul><li>要闻</li></ul></body></html>")
    assert Verdict.GONE == page.verdict


def promoted(text: str) -> str:
    """Put the site's promotion among the paragraphs."""
    first = text.index("<p", text.index('<div class="post_body">'))
    return f"{text[:first]}<p>今天七点半锁定长汐卫视看晚间直播</p>{text[first:]}"


def test_text_that_several_articles_share_is_no_edit() -> None:
    """A promotion among the paragraphs of one article may be an edit; the same one in two articles is not."""
    one = [(known_page(case.fixture, PROFILE), answer_of(case, promoted)) for case in (PLAIN,)]
    two = [(known_page(case.fixture, PROFILE), answer_of(case, promoted)) for case in (PLAIN, RICH)]
    assert [Verdict.EDITED] == [page.verdict for page in check_site(PROFILE, one).pages]
    site = check_site(PROFILE, two)
    assert [Verdict.MOVED] * 2 == [page.verdict for page in site.pages]
    assert (SiteVerdict.CHANGED, Blame.THEIRS) == (site.verdict, site.blame)


def samples(edit: Edit, fine: int, changed: int) -> SiteCheck:
    """Return the check of pages of which nothing is known, some of them changed."""
    pages = []
    for number in range(fine + changed):
        url = f"https://www.163.com/dy/article/KABCDE{number:02d}05J0H94A.html"
        pages.append((sample_page(url, PROFILE), answer_of(PLAIN, edit if number >= fine else str, url=url)))
    return check_site(PROFILE, pages)


def test_unknown_pages_count_only_together() -> None:
    """A few pages of a kind that was never recorded are not a change; a third of the sample is."""
    strange = renamed("post_main", "post_title", "post_body", "post_info")
    few, many = samples(strange, 10, 2), samples(strange, 6, 4)
    assert (SiteVerdict.UNCHANGED, 0) == (few.verdict, few.exit_status)
    assert "2 pages of no known layout" in few.reason
    assert (SiteVerdict.CHANGED, Blame.THEIRS, 1) == (many.verdict, many.blame, many.exit_status)


def test_whose_fault_it_is() -> None:
    """If the recorded page fails as well, it is ours; if both kinds occur, both are named; blocked pages decide nothing."""
    broken = info_hidden
    known = known_page(PLAIN.fixture, PROFILE)
    ours = msgspec.structs.replace(known, recorded="differs from the reviewed values: source")
    other = known_page(RICH.fixture, PROFILE)
    changed = answer_of(PLAIN, broken)
    checks = {
        "theirs": check_site(PROFILE, [(known, changed)]),
        "ours": check_site(PROFILE, [(ours, changed)]),
        "both": check_site(PROFILE, [(ours, changed), (other, answer_of(RICH, broken))]),
        "elsewhere": check_site(PROFILE, [(known, answer_of(PLAIN))], recorded=[ours]),
        "blocked": check_site(PROFILE, [(known, answer_of(PLAIN, status=403))]),
        "gone": check_site(PROFILE, [(known, answer_of(PLAIN, status=404))]),
        "nothing": check_site(PROFILE, []),
    }
    assert {
        "theirs": (SiteVerdict.CHANGED, Blame.THEIRS, 1),
        "ours": (SiteVerdict.CHANGED, Blame.OURS, 3),
        "both": (SiteVerdict.CHANGED, Blame.BOTH, 3),
        "elsewhere": (SiteVerdict.CHANGED, Blame.OURS, 3),
        "blocked": (SiteVerdict.UNDECIDED, None, 4),
        "gone": (SiteVerdict.UNDECIDED, None, 4),
        "nothing": (SiteVerdict.UNDECIDED, None, 4),
    } == {name: (check.verdict, check.blame, check.exit_status) for name, check in checks.items()}


def test_a_recorded_page_shows_that_the_profile_broke() -> None:
    """A profile whose rule was broken since fails on the page as it was recorded."""
    layout = PROFILE.layouts["2020_post_main"]
    assert "" == known_page(PLAIN.fixture, PROFILE).recorded
    broken = copy.copy(PROFILE)
    headline = msgspec.structs.replace(layout.article.headline, css="h1.no-such-class")
    article = msgspec.structs.replace(layout.article, headline=headline)
    broken.layouts = {**PROFILE.layouts, layout.id: msgspec.structs.replace(layout, article=article)}
    known = known_page(PLAIN.fixture, broken)
    assert "differs from the reviewed values" in (known.recorded or "")


def test_a_check_as_json_is_valid_by_the_published_schema() -> None:
    """Every key is there; the schema in the repository is that of the classes."""
    assert {kind: dumps(kind) for kind in KINDS} == {kind: path(kind).read_text(encoding="utf-8") for kind in KINDS}
    changed = check_site(PROFILE, [(known_page(PLAIN.fixture, PROFILE), answer_of(PLAIN, info_hidden))])
    plain = json.loads(msgspec.json.encode(changed))
    jsonschema.Draft202012Validator.check_schema(schema("drift"))
    validator = jsonschema.Draft202012Validator(schema("drift"))
    assert [] == [error.message for error in validator.iter_errors(plain)]
    assert [] != [error.message for error in validator.iter_errors({**plain, "verdict": "perhaps"})]
    assert changed == msgspec.json.decode(msgspec.json.encode(changed), type=SiteCheck)


# --- The command ------------------------------------------------------------------------------------------------------


def archived(folder: Path, edit: Edit, *cases: str) -> Path:
    """Return an archive of pages, all edited alike."""
    pages: list[FixturePage] = [read_page(PAGES / f"{case}.html") for case in cases]
    path = folder / "pages.warc.gz"
    write_warc(path, [replace(page, body=edit(page.body.decode()).encode()) for page in pages])
    return path


CASES = ("netease/2020_post_main/hao_plain", "netease/2020_post_main/rich_blocks", "netease/2020_post_main/ip_location")


def drift(tmp_path: Path, edit: Edit, *arguments: object) -> tuple[int, str, str]:
    """Run the command over an archive of edited pages."""
    archive = archived(tmp_path, edit, *CASES)
    done = call("drift", SITE, "--archive", archive, *arguments, PORTALSIEVE_OUTPUT=str(tmp_path / "out"))
    return done.returncode, done.stdout, done.stderr


def test_the_command_over_an_archive(tmp_path: Path) -> None:
    """It prints the moved pages and the rule, exits with 1, writes the report, and keeps the check."""
    status, out, err = drift(tmp_path, info_hidden)
    assert (1, f"{tmp_path}/out/drift/{SITE}.html\n") == (status, err)
    assert 3 == out.count("moved: netease/2020_post_main/")
    assert re.search(r"^(rule)? +fields\.source\[0\] of 2020_post_main: \d pages \(.*toml:\d+\)$", out, re.MULTILINE)
    assert "the layout has changed" in (tmp_path / f"out/drift/{SITE}.html").read_text(encoding="utf-8")
    again, line, _ = drift(tmp_path, str, "--line")
    assert (0, 1, f"{SITE}: unchanged: 3 pages read as before [3 same]\n") == (again, line.count("\n"), line)
    with contextlib.closing(open_store(tmp_path / "out/store.sqlite")) as store:
        kept = store.checks(SITE, 9)
    assert ["changed", "unchanged"] == [msgspec.json.decode(one.line)["verdict"] for one in kept]
    page = (tmp_path / f"out/drift/{SITE}.html").read_text(encoding="utf-8")
    assert 2 * len(kept) == page.count(f'<th scope="row">{kept[0].checked_at[5:10]}')  # two charts of all checks


def test_a_saved_page_is_not_an_archive(tmp_path: Path) -> None:
    """The message names the command that takes it."""
    (tmp_path / "page.html").write_text("<html><body>山谷</body></html>", encoding="utf-8")
    done = call("drift", SITE, "--archive", tmp_path / "page.html", PORTALSIEVE_OUTPUT=str(tmp_path / "out"))
    assert (2, True) == (done.returncode, f"scrapy repair {SITE} FILE" in done.stderr)


def test_what_the_command_refuses(tmp_path: Path) -> None:
    """A site or archive that is not there is a usage error; nothing to check is undecided."""
    out = {"PORTALSIEVE_OUTPUT": str(tmp_path / "out")}
    assert (2, True) == ((done := call("drift", "nosite", **out)).returncode, "no such profile" in done.stderr)
    assert 2 == call("drift", **out).returncode
    missing = call("drift", SITE, "--archive", tmp_path / "none.warc.gz", **out)
    assert (2, True) == (missing.returncode, "no such file or folder" in missing.stderr)
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved/1.html").write_bytes(PLAIN.body)
    saved = call("drift", SITE, "--archive", tmp_path / "saved", **out)
    assert (2, True) == (saved.returncode, f"`scrapy repair {SITE} FOLDER`" in saved.stderr)
    empty = archived(tmp_path, str)
    done = call("drift", SITE, "--archive", empty, "--line", **out)
    assert (4, True) == (done.returncode, done.stdout.startswith(f"{SITE}: undecided: there was no page to check"))


def test_a_stored_article_is_compared_with_its_record() -> None:
    """A page that a crawl stored is checked against its record."""
    record = PLAIN.extract()
    stored = KnownPage(url=str(record.url), name=record.id, origin=Origin.STORED, before=Before.of(record))
    same, _ = check_page(stored, answer_of(PLAIN), PROFILE)
    moved, _ = check_page(stored, answer_of(PLAIN, info_hidden), PROFILE)
    assert (Verdict.SAME, Verdict.MOVED, None) == (same.verdict, moved.verdict, moved.recorded)


def test_the_store_gives_pages_of_each_layout(tmp_path: Path) -> None:
    """The records stored last are checked, the layouts in turn, each article once."""
    archive = tmp_path / "all.warc.gz"
    write_warc(archive, [page for page in read_pages(SITE) if page.layout != "lists"])
    settings = {"PORTALSIEVE_OUTPUT": str(tmp_path / "out")}
    with Portal(read_pages(SITE)) as portal:
        urls = [shipped(name).response["url"] for name in (*CASES, "netease/2019_mobile/hao_3g_host")]
        (tmp_path / "urls").write_text("\n".join(urls), encoding="utf-8")
        crawl_portal(tmp_path / "out", portal, settings, urls_file=str(tmp_path / "urls"))
    with contextlib.closing(open_store(tmp_path / "out/store.sqlite")) as store:
        found = stored_pages(store, SITE, 3)
    assert (3, {"2020_post_main", "2019_mobile"}) == (len(found), {page.before.layout for page in found if page.before})


def test_a_live_check(tmp_path: Path) -> None:
    """A recorded page is fetched again, robots.txt is obeyed; the moved rule is found, and the fault is the site's."""
    url = PLAIN.response["url"].replace("https://", "http://")
    response = Response(
        url=url, body=PLAIN.body, headers=PLAIN.response["headers"], fetched_at=PLAIN.fixture.exchange.time
    )
    fixture = Recorder(tmp_path, profiles_in(), "2026-11-30").record(response)
    expected = fixture.expected
    assert expected is not None
    for name in expected.unreviewed:
        expected.accept(name, "2026-11-30")
    fixture.write(expected)
    changed = info_hidden(PLAIN.body.decode()).encode()
    call_of = ("drift", SITE, "--fixtures", tmp_path, "--sample", "0", "--stored", "0", "--json", "--no-history")
    options = ("-s", "DOWNLOAD_DELAY=0", "-s", f"PORTALSIEVE_OUTPUT={tmp_path}/out")
    with Portal() as portal:
        portal.answer(url, Served(changed, 200, PLAIN.response["headers"]))
        done = command(*call_of, *options, http_proxy=portal.base)
        assert "/robots.txt" in {request.target for request in portal.requests}
    check = msgspec.json.decode(done.stdout, type=SiteCheck)
    assert (1, SiteVerdict.CHANGED, Blame.THEIRS) == (done.returncode, check.verdict, check.blame)
    assert [(fixture.name, Verdict.MOVED, True)] == [(one.name, one.verdict, one.recorded) for one in check.pages]
    assert not (tmp_path / "out/store.sqlite").exists()


def sampled(portal: Portal, known: list[KnownPage], count: int) -> Sampled:
    """Fetch a sample from the local portal in this process."""
    made = Settings()
    made.setmodule("crawler.settings", priority="project")
    handler = "tests.crawling.PortalHandler"
    own = {
        "SCHEDULER": "scrapy.core.scheduler.Scheduler",
        "TWISTED_REACTOR_ENABLED": False,
        "DOWNLOAD_DELAY": 0,
        "PORTAL_BASE": portal.base,
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
    }
    made.setdict(own, priority="cmdline")
    found = Sampled(known, PROFILE, count)

    async def fetch() -> None:
        runner = AsyncCrawlerRunner(made)
        await runner.crawl(
            runner.create_crawler(SampleSpider), known=known, sampled=found, site=PROFILE, sample=count, browser=None
        )

    asyncio.run(fetch())
    return found


def test_a_sample_from_the_lists() -> None:
    """Known pages, then articles that the lists link, each once; a fault is tried once more."""
    known = known_page(PLAIN.fixture, PROFILE)
    pages = [page for page in read_pages(SITE) if page.url != known.url]
    with Portal(pages) as portal:
        ok = Served(PLAIN.body, 200, PLAIN.response["headers"])
        portal.answer(known.url, Served(b"", 503), ok)
        found = sampled(portal, [known], 4)
    site = check_site(PROFILE, found.answers, lists=found.lists)
    assert (Verdict.SAME, Origin.FIXTURE) == next(
        (one.verdict, one.origin) for one in site.pages if one.name == known.name
    )
    others = [page for page, _ in found.answers if page.origin is Origin.SAMPLE]
    assert 1 <= len(others) <= 4
    assert len(others) == len({page.name for page in others})
    assert any(one.links for one in found.lists)
    assert 1.0 == found.share


def test_a_sample_has_links_of_all_lists_and_of_all_their_parts() -> None:
    """The first links of the first list may all be of one kind."""
    lists = [[f"{name}{at}" for at in range(10)] for name in "ab"]
    found = [*mixed(lists, 4)]
    assert (["a0", "b0", "a5", "b5"], 20, []) == (found[:4], len({*found}), [*mixed([], 4)])


def test_a_list_that_its_rule_does_not_find() -> None:
    """It is drift too, if half of the lists that were read are like that."""
    missed = ListCheck(url="https://www.163.com/a", links=0, missed=True, reason="lists.css finds nothing")
    fine = ListCheck(url="https://www.163.com/b", links=9)
    known = [(known_page(PLAIN.fixture, PROFILE), answer_of(PLAIN))]
    assert [1, 1, 0] == [
        check_site(PROFILE, known, lists=lists).exit_status
        for lists in ([missed], [missed, fine], [missed, fine, fine])
    ]


def test_an_emptied_body_whose_text_stands_beside_it_has_moved() -> None:
    """The body's element is there and empty, and the paragraphs follow it: the body's rule misses."""

    def edit(text: str) -> str:
        return re.sub(
            r'<div class="post_body">(.*?)</div>', r'<div class="post_body"></div><div>\1</div>', text, flags=re.DOTALL
        )

    page = checked(PLAIN, edit)
    assert (Verdict.MOVED, True) == (page.verdict, "blocks" in [moved.value for moved in page.moved])


def test_a_list_without_its_entries_has_moved() -> None:
    """The rule of the entries is named if the list's text is still there; a list that is gone altogether raises no alarm."""
    known = known_page(CHANNEL.fixture, PROFILE)
    assert known.before is not None
    assert 3 <= known.before.lists["chrome.related"][1]
    page = checked(CHANNEL, renamed("post_recommend"))
    [moved] = [one for one in page.moved if one.value == "chrome.related"]
    assert (Verdict.MOVED, "chrome.related.items", "13 entries") == (page.verdict, moved.rule, moved.expected)
    file, _, line = (moved.file or "").rpartition(":")
    lines = (PROFILES / SITE / "layouts/2020_post_main.toml").read_text(encoding="utf-8").splitlines()
    assert file.endswith("layouts/2020_post_main.toml")
    assert "[chrome.related.items]" in lines[int(line) - 2 : int(line)]
    gone = checked(CHANNEL, lambda text: re.sub(r'<li class="post_recommend">.*?</li>', "", text, flags=re.DOTALL))
    assert Verdict.SAME == gone.verdict


def test_a_doubt_names_the_rule_that_it_is_about() -> None:
    """A promotion in the body raises a doubt at once: the body's rule is named, with what it takes in."""
    page = checked(
        PLAIN, lambda text: promoted(text).replace("今天七点半锁定长汐卫视看晚间直播", "点击下载客户端查看更多")
    )
    [moved] = page.moved
    assert (Verdict.MOVED, "blocks", "article.body[0]") == (page.verdict, moved.value, moved.rule)
    assert "点击下载客户端" in (moved.now or "")
    assert ["body_doubt"] == [doubt.flag for doubt in page.doubts]


def test_text_in_links_is_found_in_its_order() -> None:
    """A paragraph with a link inside is looked for as a reader sees it, so that it does not count as gone."""
    linked = paragraph(PLAIN)
    half = len(linked) // 2

    def edit(text: str) -> str:
        text = text.replace(linked, f'{linked[:half]}<a href="/x">{linked[half : half + 4]}</a>{linked[half + 4 :]}')
        return renamed("post_main", "post_title", "post_body", "post_info")(text)

    known = known_page(PLAIN.fixture, PROFILE)
    assert known.before is not None
    only = msgspec.structs.replace(
        known.before, values={**known.before.values, "blocks": [{"type": "paragraph", "text": linked}]}
    )
    page, _ = check_page(msgspec.structs.replace(known, before=only), answer_of(PLAIN, edit), PROFILE)
    assert Verdict.NEW_LAYOUT == page.verdict


def test_a_scrubbed_page_is_not_compared_by_its_words(tmp_path: Path) -> None:
    """Its words are not the site's: the live page is read by the rules alone, so it is neither gone nor edited."""
    response = Response(
        url=PLAIN.response["url"],
        body=PLAIN.body,
        headers=PLAIN.response["headers"],
        fetched_at=PLAIN.fixture.exchange.time,
    )
    fixture = Recorder(tmp_path, profiles_in(), "2026-11-30", scrub=True).record(response)
    known = known_page(fixture, PROFILE)
    assert ("", False) == (known.recorded, known.invented)
    new = renamed("post_main", "post_title", "post_body", "post_info")
    assert [Verdict.SAME, Verdict.NEW_LAYOUT] == [
        check_page(known, answer_of(PLAIN, edit), PROFILE)[0].verdict for edit in (str, new)
    ]
