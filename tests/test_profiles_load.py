"""Loading profiles: what a loaded one offers, and that the first fault stops it with file, line and key."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.errors import Failure, ProfileInvalid
from crawler.extract import PROFILES
from crawler.page.dom import Page
from crawler.page.index import NOTEXT
from crawler.profiles.load import Profile, load_profile, load_profiles
from crawler.profiles.model import Layout
from tests.cases import Case, cases
from tests.profile_samples import LAYOUT, NAME, PROFILE, changed, line_of, write


def test_what_a_profile_offers(tmp_path: Path) -> None:
    """A loaded profile has its site, its layouts, its time zone, its tracking parameters and a repr that names it."""
    profile = load_profile(write(tmp_path))
    assert profile.site.site == "sample"
    assert list(profile.layouts) == [NAME]
    assert str(profile.timezone) == "Asia/Shanghai"
    assert profile.tracking == frozenset()
    assert repr(profile) == f"Profile('sample', 1 layouts, version {profile.version[:12]})"


def test_the_site_s_rules_come_after_the_layout_s(tmp_path: Path) -> None:
    """Shared regions come after a layout's own, which win by name; shared fields are last fallbacks."""
    site = PROFILE + '[chrome.nav]\nrole = "tools"\ncss = ".shared-menu"\n'
    layout = LAYOUT + '[[fields.datePublished]]\ncss = "time"\n'
    made = load_profile(write(tmp_path, profile=site, layouts={NAME: layout})).layouts[NAME]
    assert [(name, rule.role) for name, rule in made.chrome.items()] == [
        ("nav", "nav"), ("related", "related"), ("footer", "footer"),
    ]  # fmt: skip
    assert [(value.css, value.meta) for value in made.fields.date_published] == [
        ("time", None), (None, "article:published_time"),
    ]  # fmt: skip


def test_rules_for_the_rest_come_last(tmp_path: Path) -> None:
    """A rule with `rest` is applied after the shared ones, a layout's before a site's."""
    site = PROFILE + '[chrome.others]\nrole = "related"\ncss = "div"\nrest = true\n'
    layout = LAYOUT + '[chrome.boxes]\nrole = "related"\ncss = "div.box"\nrest = true\n'
    made = load_profile(write(tmp_path, profile=site, layouts={NAME: layout})).layouts[NAME]
    names = list(made.chrome)
    assert (["boxes", "others"], True) == (names[-2:], "footer" in names[:-2])


def test_data_of_site_and_layout(tmp_path: Path) -> None:
    """Places of embedded data are those of the site, unless the layout has one of the name."""
    site = PROFILE + '[data.one]\nvariable = "a"\n[data.two]\nvariable = "b"\n'
    layout = LAYOUT + '[data.two]\nvariable = "c"\n'
    profile = load_profile(write(tmp_path, profile=site, layouts={NAME: layout}))
    assert {name: place.variable for name, place in profile.data[NAME].items()} == {"one": "a", "two": "c"}


FIRST = {f"{case.fixture.site}/{case.layout}": case for case in reversed(cases())}


@pytest.mark.parametrize("case", FIRST.values(), ids=list(FIRST))
def test_the_index_holds_every_selector_asked_of_a_page(case: Case) -> None:
    """Each selector that is asked of a page finds through the profile's index what the parser finds without one."""
    profile = load_profile(PROFILES / case.fixture.site)
    page = Page.from_bytes(case.body, "https://www.sample.example/")
    page.index(profile.interest)
    asked = {"title", *(error.css for error in profile.site.error_pages)}
    for layout in profile.layouts.values():
        own = {source for _, source in _selectors(layout)}
        assert len(own) > 10
        asked |= own
    found = {source: {node.mem_id for node in page.select(source)} for source in asked}
    textless = ", ".join(f"{tag} *" for tag in sorted(NOTEXT))  # no rule looks into drawings, templates and the like
    passed = {node.mem_id for node in page.dom.css(textless)}
    for sealed in (node for source in profile.site.sealed for node in page.dom.css(source)):
        passed |= {node.mem_id for node in sealed.css("*")} - {sealed.mem_id}
    assert found == {source: {node.mem_id for node in page.dom.css(source)} - passed for source in asked}


def _selectors(layout: Layout) -> Iterator[tuple[str, str]]:
    """Yield what the engine asks of a whole page, written out by hand: where it is asked, and the selector."""
    article = layout.article
    headline = [article.headline] if article.headline else []
    for region in [*headline, *article.body, *article.info.values(), *layout.chrome.values()]:
        for source in (region.css,) if isinstance(region.css, str) else region.css or ():
            yield "claims", source
    for rule in layout.chrome.values():
        yield from (("claims", css) for css in (rule.heading_before, rule.heading_skip) if css)
    for body in article.body:
        players = body.videos.css if body.videos else None
        asked = (body.headings, body.images.captions, body.images.exclude, players)
        yield from (("blocks", css) for css in asked if css)
    yield from (("evidence", mark.css) for mark in layout.evidence if mark.css)
    fields = layout.fields
    for values in (fields.headline, fields.date_published, fields.source.name, fields.account.name, fields.keywords):
        yield from (("values", value.css) for value in values if value.css and value.within is None)


def test_the_title_is_found_without_a_rule(tmp_path: Path) -> None:
    """A page's title element is looked for by every layout, though no rule names it."""
    page = Page("<title>题</title><p>", "https://www.sample.example/a/123456.html")
    page.index(load_profile(write(tmp_path)).interest)
    assert [node.text() for node in page.select("title")] == ["题"]


def test_the_version_depends_on_contents_not_line_ends(tmp_path: Path) -> None:
    """The version changes with a file's name or contents, not with CR LF, and not with notes beside them."""
    same = [
        load_profile(write(tmp_path / "one")),
        load_profile(write(tmp_path / "two", profile=PROFILE.replace("\n", "\r\n"))),
        load_profile(write(tmp_path / "three", CHANGES_md="# seen today")),
    ]
    assert len({profile.version for profile in same}) == 1
    other = load_profile(write(tmp_path / "four", layouts={NAME: LAYOUT + "# a comment\n"}))
    assert other.version != same[0].version
    assert len(other.version) == 64


def _refused(folder: Path) -> ProfileInvalid:
    with pytest.raises(ProfileInvalid) as refused:
        load_profile(folder)
    assert refused.value.failure is Failure.PROFILE_INVALID
    return refused.value


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ('role = "nav"', 'role = "navv"', "chrome.nav.role", "did you mean 'nav'"),
        ('css = "li"', 'css = "li["', "chrome.related.items.css", "not a CSS selector"),
        ("match = '来源[:：]\\s*(.+)'", "match = '(a+)+$'", "fields.source.name[0].match", "repeats"),
        ('within = "line"', 'within = "lines"', "fields.source.name[0].within", "undefined rule 'lines'"),
        ("weight = 3", "weight = 30", "evidence[0].weight", "at most 10"),
        ('since = "2024-03-01"', 'since = "2024-02-30"', "since", "is not a date"),
    ],
)
def test_a_fault_names_file_line_and_key(tmp_path: Path, old: str, new: str, key: str, words: str) -> None:
    """The error has the file, the line and the key of the fault, and says what is wrong."""
    text = changed(LAYOUT, old, new)
    folder = write(tmp_path, layouts={NAME: text})
    refused = _refused(folder)
    assert (refused.file, refused.line, refused.key) == (
        str(folder / "layouts" / f"{NAME}.toml"), line_of(text, new), key,
    )  # fmt: skip
    assert words in refused.fault
    assert str(refused).startswith(f"{refused.file}:{refused.line} {key}: ")


def test_warnings_do_not_stop_a_load(tmp_path: Path) -> None:
    """Slow or useless rules are only reported by the linter; an unused file is not an error."""
    layout = LAYOUT + '[[fields.location]]\nxpath = "//p"\nsplit = ","\n'
    profile = load_profile(write(tmp_path, layouts={NAME: layout}, notes_txt="x"))
    assert isinstance(profile, Profile)


def test_names_of_folder_and_files(tmp_path: Path) -> None:
    """Site and folder have one name, layout and file as well."""
    assert _refused(write(tmp_path / "a", site="other")).key == "site"
    assert _refused(write(tmp_path / "b", layouts={"2023_other": LAYOUT})).key == "id"


def test_a_folder_without_profile_or_layouts(tmp_path: Path) -> None:
    """A folder needs a profile.toml and at least one layout."""
    assert "profile.toml" in str(_refused(write(tmp_path / "a", profile=None)))
    folder = write(tmp_path / "b")
    (folder / "layouts" / f"{NAME}.toml").unlink()
    assert "at least one layout" in str(_refused(folder))
    with pytest.raises(ProfileInvalid, match=r"no \*/profile.toml here"):
        load_profiles(tmp_path / "c")


def test_all_profiles_of_a_folder(tmp_path: Path) -> None:
    """Each site folder is loaded by its name; a host belongs to the first profile that claims it."""
    write(tmp_path)
    write(tmp_path, site="second", profile=changed(PROFILE, 'site = "sample"', 'site = "second"'))
    (tmp_path / ".hidden" / "layouts").mkdir(parents=True)
    loaded = load_profiles(tmp_path)
    assert (["sample"], ["second"]) == (list(loaded), list(loaded.refused))
    assert "hosts[0]: sample.example is already a host of the profile 'sample' (" in str(loaded.refusal("second"))
    text = (tmp_path / "second" / "profile.toml").read_text(encoding="utf-8").replace("sample.example", "b.example")
    (tmp_path / "second" / "profile.toml").write_text(text.replace("sample\\.example", "b\\.example"), encoding="utf-8")
    assert list(load_profiles(tmp_path)) == ["sample", "second"]


def test_a_folder_that_means_to_be_a_site_is_not_passed_by(tmp_path: Path) -> None:
    """A folder with layouts and no profile.toml is a fault, not a folder to skip."""
    write(tmp_path)
    write(tmp_path, site="second", profile=None)
    assert "second/profile.toml" in str(load_profiles(tmp_path).refusal("second"))


def test_the_shipped_profiles_load_at_once() -> None:
    """The profiles that ship load in 15 ms each on average, the best of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        loaded = load_profiles(PROFILES)
        times.append((time.process_time() - start) / len(loaded))
    assert len(loaded) >= 3
    assert min(times) < 0.015
