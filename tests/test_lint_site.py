"""The linter on what a site's layouts share: profile.toml, phrases.toml, stray files, files mangled at random."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.errors import ProfileInvalid
from crawler.profiles.faults import Code, Severity
from crawler.profiles.lint import lint, lint_all
from crawler.profiles.load import load_profile
from tests.linting import Case, only
from tests.profile_samples import LAYOUT, NAME, PROFILE, changed, write

MATCH = next(line for line in PROFILE.split("\n") if line.startswith("match"))

SITE_FAULTS: dict[str, Case] = {
    "group": Case(
        "{channel}/{id}",
        "{section}/{id}",
        "urls[0].canonical",
        'canonical = "https://www.sample.example/{section}/{id}.html"',
        Code.TEMPLATE,
        "{section}",
    ),
    "a template for all": Case(
        '{channel}/{id}.html"',
        'index.html"',
        "urls[0].canonical",
        'canonical = "https://www.sample.example/index.html"',
        Code.TEMPLATE,
        "every page",
    ),
    "off the hosts": Case(
        "https://www.sample.example/{channel}",
        "https://www.other.example/{channel}",
        "urls[0].canonical",
        'canonical = "https://www.other.example/{channel}/{id}.html"',
        Code.URL,
        "other.example",
    ),
    "no id": Case(
        '(?P<id>\\d{6})\\.html\'\ncanonical = "https://www.sample.example/{channel}/{id}.html"',
        '\\d{6}\\.html\'\ncanonical = "https://www.sample.example/{channel}/"',
        "urls[0].match",
        "match = '^https?://www\\.sample\\.example/(?P<channel>[a-z]+)/\\d{6}\\.html'",
        Code.NO_ID,
        "hash",
    ),
    "pages without a page": Case(
        "list_{page}.html", "list.html", "lists[0].pages", "pages = 3", Code.TEMPLATE, "{page}"
    ),
    "nothing fills in": Case(
        "list_{page}.html",
        "list_{page}_{day}.html",
        "lists[0].url",
        'url = "https://www.sample.example/list_{page}_{day}.html"',
        Code.TEMPLATE,
        "{day}",
    ),
    "media": Case(
        "list_{page}.html",
        "list_{page}_{media}.html",
        "lists[0].url",
        'url = "https://www.sample.example/list_{page}_{media}.html"',
        Code.TEMPLATE,
        "media = true",
    ),
    "html without css": Case('css = ".list a"\n', "", "lists[0]", "[[lists]]", Code.PLACE, "requires css"),
    "idle css": Case(
        'format = "html"', 'format = "json"', "lists[0].css", 'css = ".list a"', Code.IGNORED, "'css' has no effect"
    ),
    "idle link": Case(
        'format = "html"', 'format = "html"\nlink = "url"', "lists[0].link", 'link = "url"', Code.IGNORED, "'link'"
    ),
    "idle page size": Case(
        'format = "html"',
        'format = "html"\npageSize = 5',
        "lists[0].pageSize",
        "pageSize = 5",
        Code.IGNORED,
        "{offset}",
    ),
    "unproven list": Case(
        'format = "html"',
        'format = "html"\nunproven = "all of it"',
        "lists[0].unproven",
        'unproven = "all of it"',
        Code.UNPROVEN,
        "all",
    ),
    "zone": Case(
        'title = "样本网"',
        'title = "样本网"\ntimezone = "Asia/Shanghay"',
        "timezone",
        'timezone = "Asia/Shanghay"',
        Code.ZONE,
        "Asia/Shanghay",
    ),
    "site's name": Case('site = "sample"', 'site = "simple"', "site", 'site = "simple"', Code.NAME, "'sample'"),
    "a form twice": Case(
        "[[lists]]",
        f'[[urls]]\nkind = "video"\n{MATCH}\n[[lists]]',
        "urls[1]",
        '[[urls]]\nkind = "video"',
        Code.UNREACHABLE,
        "never reached",
    ),
}


@pytest.mark.parametrize("name", SITE_FAULTS)
def test_one_fault_of_the_site(tmp_path: Path, name: str) -> None:
    """A sound profile.toml with one thing spoilt has that fault, on its line, under its key, and no other error."""
    case = SITE_FAULTS[name]
    case.holds(PROFILE, lint(write(tmp_path, profile=changed(PROFILE, case.old, case.new))))


def test_a_wrong_key_hides_no_other_fault_of_its_table(tmp_path: Path) -> None:
    """A table whose required key is wrong is read to its end: the pattern beside the kind is reported too."""
    text = PROFILE + '\n[[urls]]\nkind = "artcle"\nmatch = "(a+)+"\nid = "{nothing"\n'
    found = lint(write(tmp_path, profile=text))
    number = PROFILE.count("[[urls]]")
    assert {f"urls[{number}].kind", f"urls[{number}].match", f"urls[{number}].id"} == {
        fault.key for fault in found if fault.severity is Severity.ERROR
    }


def test_names_in_shared_rules(tmp_path: Path) -> None:
    """A shared field may look inside a rule of any layout; a name that none has is a fault."""
    shared = PROFILE + '[[fields.location]]\nwithin = "line"\n[[fields.location]]\nwithin = "nowhere"\n'
    fault = only(lint(write(tmp_path, profile=shared)))
    assert (fault.key, fault.code) == ("fields.location[1].within", Code.NAME)


def test_faults_of_phrases(tmp_path: Path) -> None:
    """Faults of phrases.toml are reported with line and key."""
    phrases = (
        'evidence = [["statement"]]\nabove = "nav"\nthreshold = 0.5\n[[lines]]\nname = "statement"\nplace = ["end"]\n'
        "match = ['声明，.+']\n"
    )
    found = [(fault.line, fault.key, fault.code) for fault in lint(write(tmp_path, phrases_toml=phrases))]
    assert found == [(4, "lines[0].role", Code.PHRASE), (7, "lines[0].match", Code.PHRASE)]


def test_files_that_nothing_reads(tmp_path: Path) -> None:
    """Unexpected files are reported; hidden ones and notes are ignored."""
    folder = write(tmp_path, notes_txt="x", CHANGES_md="x")
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "layouts" / "old.toml.bak").write_bytes(b"x")
    faults = lint(folder)
    assert [(Path(fault.file).name, fault.code) for fault in faults] == [
        ("old.toml.bak", Code.STRAY), ("notes.txt", Code.STRAY),
    ]  # fmt: skip


PIECES = [
    *LAYOUT.split("\n"),
    *PROFILE.split("\n"),
    "x = 1",
    "[[",
    "]",
    "css = []",
    "[chrome]",
    "[article]",
    "= '",
    "[fields]",
]
PIECES += [
    "data = 'x'",
    "chrome = 1",
    "fields = []",
    "evidence = []",
    "hosts = []",
    "[[chrome]]",
    "[[hosts]]",
    "id = 1",
]


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(PIECES), st.booleans()), min_size=1, max_size=4))
@settings(max_examples=300)
def test_no_file_breaks_the_linter(changes: list[tuple[int, str, bool]]) -> None:
    """However two sound files are mangled, the linter ends with faults that have a place, and the loader agrees."""
    with TemporaryDirectory() as place:
        texts = []
        for text in (LAYOUT, PROFILE):
            lines = text.split("\n")
            for number, piece, replace in changes:
                lines[number : number + replace] = [piece]
            texts.append("\n".join(lines))
        folder = write(Path(place), layouts={NAME: texts[0]}, profile=texts[1])
        faults = lint(folder)
        for fault in faults:
            last = texts[fault.file.endswith("profile.toml")].count("\n") + 1
            assert fault.line is None or 1 <= fault.line <= last
        own = {Code.MISSING_RULE, Code.UNREACHABLE, Code.EVIDENCE, Code.GENERATED, Code.OVERLAP}
        if any(fault.severity is Severity.ERROR and fault.code not in own | {Code.ROLE, Code.NAME} for fault in faults):
            with pytest.raises(ProfileInvalid):
                load_profile(folder)
        elif not any(fault.severity is Severity.ERROR for fault in faults):
            assert load_profile(folder).site.site == "sample"


def test_a_host_below_that_of_another_site(tmp_path: Path) -> None:
    """It is not an error: a note says which profile its pages belong to."""
    write(tmp_path)
    narrow = changed(PROFILE, 'site = "sample"', 'site = "second"').replace("sample.example", "www.sample.example", 1)
    write(tmp_path, site="second", profile=narrow)
    note = only(lint_all(tmp_path))
    assert (note.key, note.code, note.severity) == ("hosts[0]", Code.HOST, Severity.NOTE)
    assert note.message == (
        f"www.sample.example is a subdomain of sample.example of the profile 'sample' ({tmp_path}/sample/profile.toml:3);"
        " its pages belong to this profile"
    )


def test_linting_all_sites(tmp_path: Path) -> None:
    """All sites below a folder, or those named; of two that claim a host both are named; a wrong name is an error."""
    first, second = tmp_path / "sample" / "profile.toml", tmp_path / "second" / "profile.toml"
    write(tmp_path)
    write(tmp_path, site="second", profile=changed(PROFILE, 'site = "sample"', 'site = "second"'))
    found = {(fault.file, fault.severity): fault for fault in lint_all(tmp_path)}
    assert list(found) == [(str(second), Severity.ERROR), (str(first), Severity.WARNING)]
    assert {(fault.key, fault.code) for fault in found.values()} == {("hosts[0]", Code.HOST)}
    taken, other = found.values()
    assert f"'sample' ({first}:3), which comes first and stays in use" in taken.message
    assert f"'second' ({second}:3), which cannot be used" in other.message
    assert (lint_all(tmp_path, ["sample"]), lint_all(tmp_path, ["second"])) == ([other], [taken])
    with pytest.raises(ProfileInvalid, match="no profile folder third; available: sample, second"):
        lint_all(tmp_path, ["third"])
