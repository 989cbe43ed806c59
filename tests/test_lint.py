"""The linter: each fault of a layout with its file, line and key, and all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.extract import PROFILES
from crawler.profiles.checks.schema import MAX_ERRORS
from crawler.profiles.faults import Code, Fault, Severity, visible
from crawler.profiles.lint import lint
from crawler.records.model import Role
from tests.linting import Case, layout_faults, only
from tests.profile_samples import LAYOUT, changed, line_of, write

SHIPPED = sorted(path.parent.name for path in PROFILES.glob("*/profile.toml"))


def test_a_sound_profile_has_no_fault(tmp_path: Path) -> None:
    """A valid profile has no faults."""
    assert lint(write(tmp_path, CHANGES_md="# seen", README_md="")) == []


@pytest.mark.parametrize("site", SHIPPED)
def test_the_shipped_profiles_have_no_fault(site: str) -> None:
    """The shipped profiles have neither errors nor warnings; rules marked as unproven are notes."""
    assert [str(fault) for fault in lint(PROFILES / site) if fault.severity is not Severity.NOTE] == []


FAULTS: dict[str, Case] = {
    "unknown key": Case(
        'role = "nav"',
        'role = "nav"\nheadding = "a"',
        "chrome.nav.headding",
        'headding = "a"',
        Code.UNKNOWN_KEY,
        "'heading'",
    ),
    "unknown table": Case(
        "[[fields.source.name]]",
        "[[fields.origin.name]]",
        "fields.origin",
        "[[fields.origin.name]]",
        Code.UNKNOWN_KEY,
        "unknown key 'origin'",
    ),
    "snake case": Case(
        "[chrome.related]\n",
        "[chrome.related]\ntext_nodes = true\n",
        "chrome.related.text_nodes",
        "text_nodes = true",
        Code.UNKNOWN_KEY,
        "'textNodes'",
    ),
    "role": Case(
        'role = "nav"',
        'role = "navv"',
        "chrome.nav.role",
        'role = "navv"',
        Code.ROLE,
        "did you mean 'nav'? Roles: account, ad, ",
    ),
    "role for nobody": Case(
        'role = "nav"',
        'role = "unknown"',
        "chrome.nav.role",
        'role = "unknown"',
        Code.ROLE,
        "reserved for unclaimed text",
    ),
    "missing key": Case(
        '[chrome.nav]\nrole = "nav"\n', "[chrome.nav]\n", "chrome.nav.role", "[chrome.nav]", Code.MISSING_KEY, "'role'"
    ),
    "type": Case(
        "weight = 3", 'weight = "3"', "evidence[0].weight", 'weight = "3"', Code.TYPE, "is a string; use a whole number"
    ),
    "one bracket": Case(
        "[[article.body]]",
        "[article.body]",
        "article.body",
        "[article.body]",
        Code.TYPE,
        "is a table; use a list: [[article.body]]",
    ),
    "two brackets": Case(
        "[chrome.nav]",
        "[[chrome.nav]]",
        "chrome.nav",
        "[[chrome.nav]]",
        Code.TYPE,
        "is a list; use a table: [chrome.nav]",
    ),
    "a selector of Scrapy": Case(
        'css = "ul.more"',
        'css = "ul.more a::attr(href)"',
        "chrome.related.css",
        'css = "ul.more a::attr(href)"',
        Code.CSS,
        "leave out ::attr(href)",
    ),
    "a look-ahead": Case(
        "match = '来源[:：]\\s*(.+)'",
        "match = '来源(?=.)'",
        "fields.source.name[0].match",
        "match = '来源(?=.)'",
        Code.REGEX,
        "RE2 has no look-around",
    ),
    "a bare day": Case(
        'since = "2024-03-01"',
        "since = 2024-03-01",
        "since",
        "since = 2024-03-01",
        Code.TYPE,
        "use a string in quotes: '2024-03-01'",
    ),
    "bounds": Case("weight = 3", "weight = 11", "evidence[0].weight", "weight = 11", Code.VALUE, "at most 10"),
    "kind": Case(
        'kind = "article"', 'kind = "artical"', "kind", 'kind = "artical"', Code.VALUE, "did you mean 'article'?"
    ),
    "no place": Case(
        'within = "line"\ncss = "a"\n', "", "fields.source.name[0]", "[[fields.source.name]]", Code.PLACE, "is set"
    ),
    "two places": Case(
        'within = "line"\ncss = "a"',
        'css = "a"\nmeta = "x"',
        "fields.source.name[0]",
        "[[fields.source.name]]",
        Code.PLACE,
        "is set (css, meta)",
    ),
    "no region": Case(
        'css = "ul.more"\n', "", "chrome.related", "[chrome.related]", Code.PLACE, "none of css, xpath is set"
    ),
    "an empty region": Case(
        'css = "ul.more"', "css = []", "chrome.related.css", "css = []", Code.PLACE, "the list is empty"
    ),
    "a path without data": Case(
        'css = ".story-line"',
        'css = ".story-line"\n[[article.body]]\ncss = "p"\npath = "x"',
        "article.body[0].path",
        'path = "x"',
        Code.PLACE,
        "requires 'data'",
    ),
    "selector": Case(
        'css = "ul.more"', 'css = "ul.more["', "chrome.related.css", 'css = "ul.more["', Code.CSS, "not a CSS selector"
    ),
    "selector in a list": Case(
        'css = "ul.more"', 'css = [\n  ".a",\n  ".b >"]', "chrome.related.css[1]", '  ".b >"]', Code.CSS, ".b >"
    ),
    "pattern": Case(
        "match = '来源[:：]\\s*(.+)'", "match = '(a'", "fields.source.name[0].match", "match = '(a'", Code.REGEX, "RE2"
    ),
    "xpath": Case(
        'css = "ul.more"', 'xpath = "//ul["', "chrome.related.xpath", 'xpath = "//ul["', Code.XPATH, "does not compile"
    ),
    "within": Case(
        'within = "line"', 'within = "lines"', "fields.source.name[0].within", 'within = "lines"', Code.NAME, "'lines'"
    ),
    "data": Case(
        'within = "line"\ncss = "a"',
        'data = "state"',
        "fields.source.name[0].data",
        'data = "state"',
        Code.NAME,
        "'state'",
    ),
    "date": Case(
        'since = "2024-03-01"',
        'since = "2024-03-01"\nuntil = "2024-02-01"',
        "until",
        'until = "2024-02-01"',
        Code.DATE,
        "before since",
    ),
    "proof of a facts-only layout": Case(
        'since = "2024-03-01"',
        "proved = false\nproof = { pages = 1, years = [2024] }",
        "proof",
        "proof = {",
        Code.PROOF,
        "delete one of them",
    ),
    "proof with a fact that is not a rule": Case(
        'since = "2024-03-01"',
        'since = "2024-03-01"\nproof = { pages = 1, years = [2024], facts = ["chrome.nav", "chrome.navv"] }',
        "proof.facts[1]",
        "proof = {",
        Code.PROOF,
        "no rule 'chrome.navv'",
    ),
    "proof of other years": Case(
        'since = "2024-03-01"',
        'since = "2024-03-01"\nproof = { pages = 2, years = [2019, 2024] }',
        "proof.years",
        "proof = {",
        Code.PROOF,
        "2019 is outside the time of the layout",
    ),
    "proof of more years than pages": Case(
        'since = "2024-03-01"',
        'since = "2024-03-01"\nproof = { pages = 1, years = [2024, 2025] }',
        "proof.years",
        "proof = {",
        Code.PROOF,
        "2 years need as many pages",
    ),
    "proof with years twice": Case(
        'since = "2024-03-01"',
        'since = "2024-03-01"\nproof = { pages = 9, years = [2025, 2024, 2025] }',
        "proof.years",
        "proof = {",
        Code.PROOF,
        "each year once",
    ),
    "generated class": Case(
        'css = "ul.more"',
        'css = ".index_title__B8mhI"',
        "chrome.related.css",
        'css = ".index_title__B8mhI"',
        Code.GENERATED,
        ".index_title__*",
    ),
    "generated id": Case(
        'css = "ul.more"',
        'css = "div > #sc-bdVaJa"',
        "chrome.related.css",
        'css = "div > #sc-bdVaJa"',
        Code.GENERATED,
        "sc-bdVaJa",
    ),
    "generated attribute": Case(
        'css = "ul.more"',
        'css = "p[data-v-7ba5bd90]"',
        "chrome.related.css",
        'css = "p[data-v-7ba5bd90]"',
        Code.GENERATED,
        "data-v",
    ),
    "taken name": Case(
        "[article.info.line]",
        "[article.info.nav]\ncss = '.x'\n[article.info.line]",
        "chrome.nav",
        "[chrome.nav]",
        Code.NAME,
        "taken by another rule",
    ),
    "reserved name": Case(
        "[chrome.related]\n",
        "[chrome.body]\nrole = 'tags'\ncss = '.x'\n[chrome.related]\n",
        "chrome.body",
        "[chrome.body]",
        Code.NAME,
        "taken by another rule",
    ),
    "a const before others": Case(
        "[[fields.source.name]]\n",
        "[[fields.source.name]]\nconst = 'x'\n[[fields.source.name]]\n",
        "fields.source.name[1]",
        '[[fields.source.name]]\nwithin = "line"',
        Code.UNREACHABLE,
        "always yields",
    ),
    "the same twice": Case(
        'headline = [{ css = "a" }]',
        "headline = [{ css = 'a' }, { css = 'a' }]",
        "chrome.related.items.headline[1]",
        "headline = [{ css = 'a' }, { css = 'a' }]",
        Code.UNREACHABLE,
        "never reached",
    ),
    "a fallback of the same": Case(
        'css = "ul.more"',
        'css = ["ul.more", "div ul.more.wide"]',
        "chrome.related.css[1]",
        'css = ["ul.more", "div ul.more.wide"]',
        Code.UNREACHABLE,
        "finds nothing",
    ),
    "a landmark twice": Case(
        "[article.headline]",
        '[[evidence]]\nweight = 1\ncss = "div.story"\n[article.headline]',
        "evidence[2]",
        "[[evidence]]\nweight = 1",
        Code.EVIDENCE,
        "twice",
    ),
    "evidence by URL": Case(
        "weight = 3",
        "weight = 3\n[[evidence]]\nurl = '/story/'\nweight = 8",
        "evidence",
        '[[evidence]]\ncss = "div.story"',
        Code.EVIDENCE,
        "the URL alone reaches the threshold",
    ),
    "evidence by absence": Case(
        "weight = 3",
        "weight = 3\n[[evidence]]\ncss = '.old'\nabsent = true\nweight = 8",
        "evidence",
        '[[evidence]]\ncss = "div.story"',
        Code.EVIDENCE,
        "empty page",
    ),
    "no headline": Case(
        '[article.headline]\ncss = "h1.story-title"\n',
        "",
        "article.headline",
        "[article.info.line]",
        Code.MISSING_RULE,
        "headline",
    ),
    "no body": Case(
        '[[article.body]]\ncss = "div.story"\n', "", "article.body", "[article.headline]", Code.MISSING_RULE, "body"
    ),
    "xpath's cost": Case(
        'css = "ul.more"',
        'xpath = "//ul"',
        "chrome.related.xpath",
        'xpath = "//ul"',
        Code.XPATH_COST,
        "copy of the tree",
    ),
    "an idle key": Case(
        'within = "line"\ncss = "a"',
        'meta = "source"\nattr = "content"',
        "fields.source.name[0].attr",
        'attr = "content"',
        Code.IGNORED,
        "'attr' has no effect",
    ),
    "not a list": Case(
        'within = "line"\ncss = "a"',
        'css = "a"\nsplit = ","',
        "fields.source.name[0].split",
        'split = ","',
        Code.IGNORED,
        "only keywords, editors, authors and breadcrumbs",
    ),
    "a list in an item": Case(
        'headline = [{ css = "a" }]',
        'headline = [{ css = "a", every = true }]',
        "chrome.related.items.headline[0].every",
        'headline = [{ css = "a", every = true }]',
        Code.IGNORED,
        "only keywords, editors, authors and breadcrumbs",
    ),
    "a path out of an item": Case(
        'headline = [{ css = "a" }]',
        'headline = [{ xpath = "string(//a)" }]',
        "chrome.related.items.headline[0].xpath",
        'headline = [{ xpath = "string(//a)" }]',
        Code.XPATH,
        "// leads out of the element",
    ),
    "a skip without heading": Case(
        'css = "ul.more"',
        'css = "ul.more"\nheadingSkip = "p"',
        "chrome.related.headingSkip",
        'headingSkip = "p"',
        Code.IGNORED,
        "headingBefore",
    ),
    "the same selector twice": Case(
        'css = "#menu, .top-menu"',
        'css = "#menu, #menu"',
        "chrome.nav.css",
        'css = "#menu, #menu"',
        Code.OVERLAP,
        "#menu",
    ),
    "unproven": Case(
        "kind",
        'unproven = [\n  "one page only",\n]\nkind',
        "unproven[0]",
        '  "one page only",',
        Code.UNPROVEN,
        "one page only",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault(tmp_path: Path, name: str) -> None:
    """A sound layout with one thing spoilt has that one fault, on its line, under its key, with its code."""
    case = FAULTS[name]
    case.holds(LAYOUT, layout_faults(tmp_path, LAYOUT.replace(case.old, case.new, 1)))


def test_all_faults_of_a_file_at_once(tmp_path: Path) -> None:
    """One fault hides no other: keys, types, selectors, names, rules and evidence are reported in one run."""
    text = LAYOUT.replace('role = "related"', 'role = "relatd"')
    for name in ("unknown key", "selector", "pattern", "within", "bounds", "no body"):
        text = changed(text, FAULTS[name].old, FAULTS[name].new)
    found = [(fault.line, fault.key, fault.code) for fault in layout_faults(tmp_path, text)]
    assert found == [
        (line_of(text, "weight = 11"), "evidence[0].weight", Code.VALUE),
        (line_of(text, "[article.headline]"), "article.body", Code.MISSING_RULE),
        (line_of(text, "headding"), "chrome.nav.headding", Code.UNKNOWN_KEY),
        (line_of(text, 'role = "relatd"'), "chrome.related.role", Code.ROLE),
        (line_of(text, "ul.more["), "chrome.related.css", Code.CSS),
        (line_of(text, '"lines"'), "fields.source.name[0].within", Code.NAME),
        (line_of(text, "match = '(a'"), "fields.source.name[0].match", Code.REGEX),
    ]


def test_the_line_that_is_printed() -> None:
    """A fault prints as file, line, key, message and code; a warning says so; a fault of the folder has no line."""
    error = Fault("a/b.toml", 12, "chrome.nav.role", "'navv' is not a role", Severity.ERROR, Code.ROLE)
    assert str(error) == "a/b.toml:12 chrome.nav.role: 'navv' is not a role [role]"
    assert str(Fault("a", None, "", "x", Severity.WARNING, Code.STRAY)) == "a: warning: x [stray-file]"


def test_what_does_not_print_is_escaped() -> None:
    """Control characters are escaped; a long text is truncated."""
    assert visible("a\x1b[31m\n\u2028\u202e文") == "a\\u001b[31m\\u000a\\u2028\\u202e文"
    assert (len(visible("x" * 9999)), visible("x" * 9999)[-1]) == (400, "…")


def test_a_file_of_faults_without_end(tmp_path: Path) -> None:
    """Of a file that breaks its schema more often than anyone reads, at most MAX_ERRORS are reported."""
    text = "".join(f"k{number} = 1\n" for number in range(5000)) + LAYOUT
    assert len(layout_faults(tmp_path, text)) == MAX_ERRORS


@pytest.mark.parametrize("role", [Role.UNKNOWN, Role.HIDDEN])
def test_the_roles_that_no_rule_gives(tmp_path: Path, role: Role) -> None:
    """`hidden` and `unknown` are what is left; a rule says what a region is for."""
    assert only(layout_faults(tmp_path, changed(LAYOUT, 'role = "nav"', f'role = "{role}"'))).code is Code.ROLE
