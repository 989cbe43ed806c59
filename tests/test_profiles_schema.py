"""The published schemas: made from the classes, described in full, of one mind with what reads the files."""

from __future__ import annotations

import copy
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from crawler.profiles import docs
from crawler.profiles.checks.reading import KINDS, ParsedTable
from crawler.profiles.checks.schema import schema_errors
from crawler.profiles.faults import Code
from crawler.profiles.lint import lint
from crawler.profiles.schema import dumps, path, schema
from tests.profile_samples import LAYOUT, NAME, PROFILE, write

ROOT = Path(__file__).resolve().parent.parent

PHRASES = """\
evidence = [["statement"]]
above = "nav"
threshold = 0.5
[rows]
when = '(?P<time>\\d{4}-\\d\\d-\\d\\d)'
[[lines]]
name = "statement"
role = "disclaimer"
place = ["end"]
match = ['特别声明:.+']
[[lists]]
name = "hot"
role = "hot"
heading = ['热点']
items = [["headline", "when?"]]
"""
SOUND = {"profile": PROFILE, "layout": LAYOUT, "phrases": PHRASES}

RICH_LAYOUT = """\
id = "2024_rich"
kind = "gallery"
threshold = 0.5
unproven = ["one page only"]
evidence = [{ css = "a", weight = 2 }, { url = "/x/" }, { data = "state", path = "a.b", absent = true }]
[data.state]
variable = "window.state"
[[article.body]]
css = [".one", ".two"]
every = true
[article.body.images]
attrs = ["data-src"]
[article.body.videos]
css = ".player"
url = [{ css = "video", attr = "src" }]
[chrome.tools]
role = "tools"
xpath = "//p"
textNodes = true
[fields]
keywords = [{ meta = "keywords", split = "," }, { within = "tools" }]
[fields.account]
name = [{ data = "state", path = "name" }]
"""


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_are_up_to_date(kind: str) -> None:
    """Each published schema equals what its class gives; else run `python -m crawler.profiles.schema`."""
    assert path(kind).read_text(encoding="utf-8") == dumps(kind)


def test_the_reference_is_up_to_date() -> None:
    """docs/profile.md equals what the schemas give; else run `python -m crawler.profiles.schema`."""
    assert (ROOT / "docs" / "profile.md").read_text(encoding="utf-8") == docs.page()


def test_the_example_has_no_fault(tmp_path: Path) -> None:
    """The layout that the reference offers to copy passes the linter, but for the note that it is not proved."""
    (layout,) = re.findall(r"```toml\n(id = .*?)```", docs.page(), re.DOTALL)
    faults = lint(write(tmp_path, layouts={NAME: layout}))
    assert [Code.UNPROVEN] == [fault.code for fault in faults]


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_is_one(kind: str) -> None:
    """Each is draft 2020-12, has a title, an id and a description, and leads nowhere but into itself."""
    made = schema(kind)
    Draft202012Validator.check_schema(made)
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert made["$id"] == f"urn:portalsieve:schema:{kind}"
    assert made["title"]
    for node in _nodes(made):
        target = node.get("$ref")
        assert target is None or target.removeprefix("#/$defs/") in made["$defs"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_described_and_no_other_is_allowed(kind: str) -> None:
    """Each table is closed, and each of its keys has a description and a name in camelCase."""
    tables = [node for node in _nodes(schema(kind)) if "properties" in node]
    assert len(tables) > 2
    for table in tables:
        assert table["additionalProperties"] is False
        assert table["description"]
        for name, described in table["properties"].items():
            assert described["description"].strip(), name
            assert name[0].islower()
            assert "_" not in name


def _nodes(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for item in node for found in _nodes(item)]
    if not isinstance(node, dict):
        return []
    inner = [value for key, value in node.items() if key != "properties"]
    inner += node["properties"].values() if isinstance(node.get("properties"), dict) else []
    return [node, *_nodes(inner)]


@pytest.mark.parametrize("kind", KINDS)
def test_what_toml_cannot_say_is_not_in_it(kind: str) -> None:
    """TOML has no null: no schema allows one, or has one for a default."""
    assert [node for node in _nodes(schema(kind)) if node.get("type") == "null" or node.get("default", 0) is None] == []


def test_the_reference_names_every_key() -> None:
    """Each key of each table, each format and each code of the linter is in docs/profile.md."""
    page = docs.page()
    for kind in KINDS:
        for table in (schema(kind), *schema(kind)["$defs"].values()):
            assert table["description"].partition("\n")[0] in page
            for name in table.get("properties", {}):
                assert f"| `{name}` |" in page


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_file_breaks_nothing(kind: str) -> None:
    """A sound file has no breach, and is read whole, as msgspec reads it."""
    table = tomllib.loads(SOUND[kind])
    reading = ParsedTable(table, KINDS[kind])
    assert schema_errors(table, kind) == []
    assert reading.whole
    assert reading.table == msgspec.convert(table, KINDS[kind])


ODD = st.one_of(
    st.sampled_from(["", "x", "nav", "article", "2024-01-01", "2024_story", "//p", "a" * 500, "headline?"]),
    st.sampled_from([True, False, 0, 1, 2, 0.5, 11, -1, 2000, 1.0]),
    st.sampled_from([[], {}, ["a"], [1], {"css": "a"}, [{"css": "a"}], {"x": {"role": "nav", "css": "a"}}]),
)
NAMES = ["css", "xpath", "meta", "data", "path", "within", "role", "kind", "headline", "x", "1x", "extra", "every"]


@given(st.sampled_from(["profile", "layout", "phrases", "rich"]), st.data())
@settings(max_examples=600)
def test_schema_and_classes_agree(name: str, data: st.DataObject) -> None:
    """However a sound file is spoilt, the schema finds a breach just where the classes refuse to read it."""
    kind = "layout" if name == "rich" else name
    table = copy.deepcopy(tomllib.loads(RICH_LAYOUT if name == "rich" else SOUND[kind]))
    for _ in range(data.draw(st.integers(1, 2))):
        _spoil(table, data)
    try:
        made = msgspec.convert(table, KINDS[kind])
    except msgspec.ValidationError:
        made = None
    reading = ParsedTable(table, KINDS[kind])
    assert (schema_errors(table, kind) == [], reading.whole) == (made is not None, made is not None)
    if made is not None:
        assert reading.table == made


def _spoil(node: Any, data: st.DataObject) -> None:
    """Change, remove or add one thing somewhere in `node`."""
    while True:
        keys: list[Any] = list(node) if isinstance(node, dict) else list(range(len(node)))
        inner = [key for key in keys if isinstance(node[key], (dict, list)) and node[key]]
        if inner and data.draw(st.integers(0, 3)) > 0:
            node = node[data.draw(st.sampled_from(inner))]
            continue
        way = data.draw(st.sampled_from(["change", "remove", "add"]))
        if way == "add" and isinstance(node, dict):
            node[data.draw(st.sampled_from(NAMES))] = copy.deepcopy(data.draw(ODD))
        elif way == "add":
            node.append(copy.deepcopy(data.draw(ODD)))
        elif keys:
            key = data.draw(st.sampled_from(keys))
            if way == "remove":
                del node[key]
            else:
                node[key] = copy.deepcopy(data.draw(ODD))
        return
