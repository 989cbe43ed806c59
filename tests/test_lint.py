"""The linter: each fault of a profile with its file, line and key, and all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.errors import ProfileInvalid
from crawler.extract import PROFILES
from crawler.profiles.breaches import MOST
from crawler.profiles.faults import Code, Fault, Severity, visible
from crawler.profiles.lint import lint, lint_all
from crawler.profiles.load import load_profile
from crawler.records.model import Role
from tests.profile_samples import LAYOUT, NAME, PROFILE, changed, line_of, write

SHIPPED = sorted(path.parent.name for path in PROFILES.glob("*/profile.toml"))


def _layout(tmp_path: Path, text: str) -> list[Fault]:
    """Return the faults of a folder with this layout; all of them are in its file."""
    folder = write(tmp_path, layouts={NAME: text})
    faults = lint(folder)
    assert {fault.file for fault in faults} <= {str(folder / "layouts" / f"{NAME}.toml")}
    return faults


def _one(faults: list[Fault]) -> Fault:
    assert len(faults) == 1, [str(fault) for fault in faults]
    return faults[0]


def test_a_sound_profile_has_no_fault(tmp_path: Path) -> None:
    """A profile that says what it should has nothing to tell."""
    assert lint(write(tmp_path, CHANGES_md="# seen", README_md="")) == []


@pytest.mark.parametrize("site", SHIPPED)
def test_the_shipped_profiles_have_no_fault(site: str) -> None:
    """The profiles that ship have neither errors nor warnings; what they call unproven is told."""
    assert [str(fault) for fault in lint(PROFILES / site) if fault.severity is not Severity.NOTE] == []


@dataclass(frozen=True)
class Case:
    """A sound file with `old` changed to `new` has a fault under `key`, on the line of the text `at`."""

    old: str
    new: str
    key: str
    at: str
    code: Code
    words: str

    def holds(self, sound: str, faults: list[Fault]) -> None:
        """Check that the fault is there, with its place, words and severity, and that there is no other error."""
        text = sound.replace(self.old, self.new, 1)
        fault = _one([fault for fault in faults if fault.code is self.code])
        assert (fault.key, fault.line) == (self.key, line_of(text, self.at))
        assert self.words in fault.message
        assert fault.severity is self.code.severity
        assert [other for other in faults if other is not fault and other.severity is Severity.ERROR] == []


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
        "no key",
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
        'role = "nav"', 'role = "unknown"', "chrome.nav.role", 'role = "unknown"', Code.ROLE, "what no rule claims"
    ),
    "missing key": Case(
        '[chrome.nav]\nrole = "nav"\n', "[chrome.nav]\n", "chrome.nav.role", "[chrome.nav]", Code.MISSING_KEY, "'role'"
    ),
    "type": Case(
        "weight = 3", 'weight = "3"', "evidence[0].weight", 'weight = "3"', Code.TYPE, "is a text; write a whole number"
    ),
    "a bare day": Case(
        'since = "2024-03-01"',
        "since = 2024-03-01",
        "since",
        "since = 2024-03-01",
        Code.TYPE,
        "write a text in quotes: '2024-03-01'",
    ),
    "bounds": Case("weight = 3", "weight = 11", "evidence[0].weight", "weight = 11", Code.VALUE, "at most 10"),
    "kind": Case(
        'kind = "article"', 'kind = "artical"', "kind", 'kind = "artical"', Code.VALUE, "did you mean 'article'?"
    ),
    "no place": Case(
        'within = "line"\ncss = "a"\n', "", "fields.source.name[0]", "[[fields.source.name]]", Code.PLACE, "no place"
    ),
    "two places": Case(
        'within = "line"\ncss = "a"',
        'css = "a"\nmeta = "x"',
        "fields.source.name[0]",
        "[[fields.source.name]]",
        Code.PLACE,
        "2 places",
    ),
    "no region": Case('css = "ul.more"\n', "", "chrome.related", "[chrome.related]", Code.PLACE, "write css or xpath"),
    "an empty region": Case('css = "ul.more"', "css = []", "chrome.related.css", "css = []", Code.PLACE, "empty list"),
    "a path without data": Case(
        'css = ".story-line"',
        'css = ".story-line"\n[[article.body]]\ncss = "p"\npath = "x"',
        "article.body[0].path",
        'path = "x"',
        Code.PLACE,
        "needs 'data'",
    ),
    "selector": Case(
        'css = "ul.more"', 'css = "ul.more["', "chrome.related.css", 'css = "ul.more["', Code.CSS, "no CSS selector"
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
    "generated class": Case(
        'css = "ul.more"',
        'css = ".index_title__B8mhI"',
        "chrome.related.css",
        'css = ".index_title__B8mhI"',
        Code.GENERATED,
        '[class^="index_title__"]',
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
        "another rule's too",
    ),
    "reserved name": Case(
        "[chrome.related]\n",
        "[chrome.body]\nrole = 'tags'\ncss = '.x'\n[chrome.related]\n",
        "chrome.body",
        "[chrome.body]",
        Code.NAME,
        "another rule's too",
    ),
    "a const before others": Case(
        "[[fields.source.name]]\n",
        "[[fields.source.name]]\nconst = 'x'\n[[fields.source.name]]\n",
        "fields.source.name[1]",
        '[[fields.source.name]]\nwithin = "line"',
        Code.UNREACHABLE,
        "always holds",
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
        "'attr' does nothing",
    ),
    "a list that is none": Case(
        'within = "line"\ncss = "a"',
        'css = "a"\nsplit = ","',
        "fields.source.name[0].split",
        'split = ","',
        Code.IGNORED,
        "only keywords, editors and authors",
    ),
    "meta in an item": Case(
        'headline = [{ css = "a" }]',
        'headline = [{ meta = "a" }]',
        "chrome.related.items.headline[0].meta",
        'headline = [{ meta = "a" }]',
        Code.IGNORED,
        "css, attr, text and match",
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
    case.holds(LAYOUT, _layout(tmp_path, LAYOUT.replace(case.old, case.new, 1)))


def test_all_faults_of_a_file_at_once(tmp_path: Path) -> None:
    """One fault hides no other: keys, types, selectors, names, rules and evidence are told in one run."""
    text = LAYOUT.replace('role = "related"', 'role = "relatd"')
    for name in ("unknown key", "selector", "pattern", "within", "bounds", "no body"):
        text = changed(text, FAULTS[name].old, FAULTS[name].new)
    found = [(fault.line, fault.key, fault.code) for fault in _layout(tmp_path, text)]
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
    error = Fault("a/b.toml", 12, "chrome.nav.role", "'navv' is no role", Severity.ERROR, Code.ROLE)
    assert str(error) == "a/b.toml:12 chrome.nav.role: 'navv' is no role [role]"
    assert str(Fault("a", None, "", "x", Severity.WARNING, Code.STRAY)) == "a: warning: x [stray-file]"


def test_what_does_not_print_is_escaped() -> None:
    """What would move the cursor or break the line is told by its code; a long text is cut."""
    assert visible("a\x1b[31m\n\u2028\u202e文") == "a\\u001b[31m\\u000a\\u2028\\u202e文"
    assert (len(visible("x" * 9999)), visible("x" * 9999)[-1]) == (400, "…")


def test_a_file_of_faults_without_end(tmp_path: Path) -> None:
    """Of a file that breaks its schema more often than anyone reads, so many breaches are told and no more."""
    text = "".join(f"k{number} = 1\n" for number in range(5000)) + LAYOUT
    assert len(_layout(tmp_path, text)) == MOST


@pytest.mark.parametrize("role", [Role.UNKNOWN, Role.HIDDEN])
def test_the_roles_that_no_rule_gives(tmp_path: Path, role: Role) -> None:
    """`hidden` and `unknown` are what is left; a rule says what a region is for."""
    assert _one(_layout(tmp_path, changed(LAYOUT, 'role = "nav"', f'role = "{role}"'))).code is Code.ROLE


RULE = '[chrome.extra]\nrole = "tags"\ncss = "{css}"\n'
AFTER = "[[fields.source.name]]"


@pytest.mark.parametrize(
    ("css", "code", "words"),
    [
        ("#menu", Code.UNREACHABLE, "chrome.nav (nav) takes all"),
        ("div#menu.open", Code.UNREACHABLE, "chrome.nav (nav) takes all"),
        (".top-menu, #menu", Code.UNREACHABLE, "chrome.nav (nav) takes all"),
        ("ul.more, #menu", Code.UNREACHABLE, "chrome.nav (nav), chrome.related (related)"),
        (".side > ul.more:first-child", Code.UNREACHABLE, "chrome.related (related) takes all"),
        (".story-line", Code.UNREACHABLE, "article.info.line takes all"),
        ("#menu, .new", Code.OVERLAP, "#menu is taken by chrome.nav (nav) before it"),
        ("div.story", Code.OVERLAP, "the same elements as article.body[0]"),
        ("h1.story-title", Code.OVERLAP, "the same elements as article.headline"),
    ],
)
def test_rules_for_the_same_elements(tmp_path: Path, css: str, code: Code, words: str) -> None:
    """A rule that earlier ones leave nothing, or only a part, is told with the rule that wins."""
    text = changed(LAYOUT, AFTER, RULE.format(css=css) + AFTER)
    order = {"ul.more, #menu": 'css = "ul.more, #menu"'}.get(css, f'css = "{css}"')
    fault = _one(_layout(tmp_path, text))
    assert (fault.key, fault.code) == ("chrome.extra.css", code)
    assert text.split("\n")[(fault.line or 0) - 1] == order
    assert all(word in fault.message for word in words.split(", "))


@pytest.mark.parametrize(
    "css",
    [
        ".more",
        "ul",
        "#menu2",
        "#menu a",
        "ul.more > li",
        "div.story p",
        ".story",
        ".menu",
        "a[id=menu]",
        "div.story.wide",
    ],
)
def test_rules_that_do_not_overlap(tmp_path: Path, css: str) -> None:
    """A wider rule after a narrower one, a rule inside another's element, another element: nothing to tell."""
    text = changed(LAYOUT, AFTER, RULE.format(css=css) + AFTER)
    assert _layout(tmp_path, text) == []


def test_a_rule_with_a_condition_leaves_the_others(tmp_path: Path) -> None:
    """Where the earlier rule asks for a text too, the later one gets the rest; the same condition leaves it nothing."""
    first = LAYOUT.replace('css = "#menu, .top-menu"', "css = \"#menu\"\nwhere = '^菜单'")
    second = "[chrome.extra]\nrole = 'tags'\ncss = '#menu'\n"
    assert _layout(tmp_path / "a", changed(first, AFTER, second + AFTER)) == []
    same = second + "where = '^菜单'\n"
    assert _one(_layout(tmp_path / "b", changed(first, AFTER, same + AFTER))).code is Code.UNREACHABLE


def test_a_rule_for_text_nodes_takes_no_elements(tmp_path: Path) -> None:
    """Text nodes and elements are not the same, though the selector is."""
    rule = "[chrome.extra]\nrole = 'tags'\ncss = '#menu'\ntextNodes = true\n"
    assert _layout(tmp_path, changed(LAYOUT, AFTER, rule + AFTER)) == []


def test_a_fallback_of_a_rule_takes_nothing_for_sure(tmp_path: Path) -> None:
    """A later alternative is used only where the earlier ones find nothing: it hides no other rule."""
    text = LAYOUT.replace('css = "#menu, .top-menu"', 'css = [".new-menu", "#menu"]')
    assert _layout(tmp_path, changed(text, AFTER, RULE.format(css="#menu") + AFTER)) == []


def test_bodies_are_fallbacks_of_each_other(tmp_path: Path) -> None:
    """A later body that asks for no more than an earlier one is never reached; another one is a fallback."""
    second = '[[article.body]]\ncss = "{css}"\n'
    same = changed(LAYOUT, "[chrome.nav]", second.format(css="div.story.wide") + "[chrome.nav]")
    fault = _one(_layout(tmp_path / "a", same))
    assert (fault.key, fault.code) == ("article.body[1].css", Code.UNREACHABLE)
    other = changed(LAYOUT, "[chrome.nav]", second.format(css="div.text") + "[chrome.nav]")
    assert _layout(tmp_path / "b", other) == []


def test_shared_rules_overlap_among_themselves_only(tmp_path: Path) -> None:
    """A layout's rule may take what a shared one asks for; two shared rules for one element are a fault."""
    shared = PROFILE + "[chrome.menu]\nrole = 'nav'\ncss = '#menu'\n"
    assert lint(write(tmp_path / "a", profile=shared)) == []
    twice = shared + "[chrome.bar]\nrole = 'tools'\ncss = 'div#menu'\n"
    fault = _one(lint(write(tmp_path / "b", profile=twice)))
    assert (fault.key, fault.line, fault.code) == ("chrome.bar.css", line_of(twice, "'div#menu'"), Code.UNREACHABLE)


@pytest.mark.parametrize(
    ("kind", "missing"),
    [("article", ["article.headline", "article.body", "fields.datePublished"]),
     ("video", ["article.headline", "fields.datePublished"]),
     ("gallery", ["article.headline", "fields.datePublished"])],
)  # fmt: skip
def test_rules_that_a_kind_needs(tmp_path: Path, kind: str, missing: list[str]) -> None:
    """An article needs headline, body and datePublished, in the layout or the site; the others need no body."""
    layout = f'id = "{NAME}"\nkind = "{kind}"\nevidence = [{{ css = "h1.x" }}]\n'
    site = changed(PROFILE, '[[fields.datePublished]]\nmeta = "article:published_time"\n', "")
    faults = lint(write(tmp_path / "a", profile=site, layouts={NAME: layout}))
    assert sorted(fault.key for fault in faults) == sorted(missing)
    assert {fault.code for fault in faults} == {Code.MISSING_RULE}
    shared = site + '[[fields.headline]]\nmeta = "og:title"\n[[fields.datePublished]]\nmeta = "date"\n'
    left = lint(write(tmp_path / "b", profile=shared, layouts={NAME: layout}))
    assert [fault.key for fault in left] == (["article.body"] if kind == "article" else [])


def test_layouts_that_nothing_tells_apart(tmp_path: Path) -> None:
    """Two layouts with the same landmarks would be chosen by the order of their names."""
    twin = changed(LAYOUT, NAME, "2025_twin")
    fault = _one(lint(write(tmp_path, layouts={NAME: LAYOUT, "2025_twin": twin})))
    assert (fault.key, fault.code) == ("evidence", Code.EVIDENCE)
    assert fault.file.endswith("2025_twin.toml")
    assert NAME in fault.message


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
    "html without css": Case('css = ".list a"\n', "", "lists[0]", "[[lists]]", Code.PLACE, "needs css"),
    "idle css": Case(
        'format = "html"', 'format = "json"', "lists[0].css", 'css = ".list a"', Code.IGNORED, "'css' does nothing"
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


def test_names_in_shared_rules(tmp_path: Path) -> None:
    """A shared field may look inside a rule of any layout; a name that none has is a fault."""
    shared = PROFILE + '[[fields.location]]\nwithin = "line"\n[[fields.location]]\nwithin = "nowhere"\n'
    fault = _one(lint(write(tmp_path, profile=shared)))
    assert (fault.key, fault.code) == ("fields.location[1].within", Code.NAME)


def test_faults_of_phrases(tmp_path: Path) -> None:
    """What is wrong with phrases.toml is told with its line and key."""
    phrases = (
        'evidence = [["statement"]]\nabove = "nav"\nthreshold = 0.5\n[[lines]]\nname = "statement"\nplace = ["end"]\n'
        "match = ['声明，.+']\n"
    )
    found = [(fault.line, fault.key, fault.code) for fault in lint(write(tmp_path, phrases_toml=phrases))]
    assert found == [(4, "lines[0].role", Code.PHRASE), (7, "lines[0].match", Code.PHRASE)]


def test_files_that_nothing_reads(tmp_path: Path) -> None:
    """Files that do not belong are told; hidden ones and notes are let alone."""
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
@settings(max_examples=300, deadline=None)
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


def test_linting_all_sites(tmp_path: Path) -> None:
    """All sites below a folder, or those named; a host of two is told; a name that is none is an error."""
    write(tmp_path)
    write(tmp_path, site="second", profile=changed(PROFILE, 'site = "sample"', 'site = "second"'))
    fault = _one(lint_all(tmp_path))
    assert (fault.key, fault.code) == ("hosts[0]", Code.HOST)
    assert lint_all(tmp_path, ["sample"]) == []
    assert lint_all(tmp_path, ["second"]) == [fault]
    with pytest.raises(ProfileInvalid, match="no profile folder third; there are: sample, second"):
        lint_all(tmp_path, ["third"])
