"""The record in Python matches the JSON Schema and survives a round trip through JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.records.lines import encode_line
from crawler.records.model import SCHEMA_VERSION, Block, BlockType, Flag, Kind, Provenance, Record
from crawler.records.schema import dumps
from crawler.records.validate import SCHEMA_FILE, load_schema, validate
from tests.record_samples import SAMPLES, article

# Every kind of character that a page can bring into a record: all but surrogates, which `validate` refuses.
text = st.text(max_size=20)
nullable = st.none() | text


def described(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every key of the objects in a schema with its description."""
    for key, value in schema.get("properties", {}).items():
        yield f"{path}/{key}", value.get("description", "")
        yield from described(value, f"{path}/{key}")
    for step in ("items", "additionalProperties"):
        if isinstance(schema.get(step), dict):
            yield from described(schema[step], f"{path}/{step}")


def test_the_published_schema_is_generated_from_the_classes() -> None:
    """The shipped file is the generator's output; if not, run `make docs`."""
    assert dumps() == SCHEMA_FILE.read_text(encoding="utf-8")


def test_every_field_and_every_value_of_a_closed_list_has_a_meaning() -> None:
    """A key of an object without a description, or a value without one, fails here."""
    schema = load_schema()
    objects = {"": schema, **schema["$defs"]}
    without = [path for name, each in objects.items() for path, meaning in described(each, name) if not meaning]
    assert [] == without
    lists = [each["x-enumDescriptions"] for each in schema["$defs"].values() if "enum" in each]
    assert len(lists) == 7
    assert [] == [value for meanings in lists for value, meaning in meanings.items() if not meaning]


@pytest.mark.parametrize("sample", SAMPLES)
def test_records_come_back_as_they_went(sample: str) -> None:
    """to_dict and from_dict, to_json and a JSON reader are inverses; the dict is the decoded JSON."""
    record = SAMPLES[sample]
    assert record == Record.from_dict(record.to_dict())
    assert record.to_dict() == json.loads(record.to_json())
    assert record == msgspec.json.decode(record.to_json(), type=Record)


@given(
    headline=nullable,
    keywords=st.lists(text, max_size=3).map(tuple),
    blocks=st.lists(st.builds(Block, type=st.sampled_from(BlockType), text=nullable, caption=nullable), max_size=3),
    provenance=st.dictionaries(text, st.builds(Provenance, text, nullable), max_size=3),
    flags=st.lists(st.sampled_from(Flag), max_size=3).map(tuple),
)
def test_any_text_comes_back(headline: str | None, blocks: list[Block], **fields: Any) -> None:
    """Whatever characters the texts contain, the record is a single line and can be read back from it."""
    record = msgspec.structs.replace(article(), headline=headline, blocks=tuple(blocks), **fields)
    line = record.to_json()
    assert record == Record.from_dict(json.loads(line)) == Record.from_dict(record.to_dict())
    assert [line] == line.splitlines()


@given(st.text() | st.characters(max_codepoint=0x2FFF))
def test_control_characters_never_break_a_line(value: str) -> None:
    """A line contains no raw control character and no line separator of any reader; the value is kept."""
    line = encode_line({value: [value]})
    assert {value: [value]} == json.loads(line)
    assert [line] == line.splitlines()
    decoded = line.decode()
    assert [decoded] == decoded.splitlines()
    assert not [c for c in decoded if c < " " or "\x7f" <= c <= "\x9f" or c in "\u2028\u2029"]


def test_every_separator_is_escaped_and_no_other_character() -> None:
    """Of U+0000 to U+D7FF, only JSON's own escapes, U+007F to U+009F, U+2028 and U+2029 are escaped."""
    every = "".join(map(chr, range(0xD800)))
    line = encode_line(every).decode()
    assert every == json.loads(line)
    escaped = {c for c in every if c not in line}
    assert escaped == {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u2028", "\u2029"}


def test_one_record_one_line_of_bytes() -> None:
    """The same record has the same bytes, also if its provenance was collected in another order."""
    record = article()
    turned = msgspec.structs.replace(record, provenance=dict(reversed(record.provenance.items())))
    assert encode_line(record) == encode_line(turned) == encode_line(Record.from_dict(record.to_dict()))


def test_blocks_leave_out_what_does_not_apply() -> None:
    """A paragraph has only type and text; every other object has all its keys."""
    plain = article().to_dict()
    assert plain["blocks"][0] == {"type": "paragraph", "text": "入夜，灯塔亮了。"}
    assert plain["blocks"][1] == {"type": "heading", "text": "旧灯", "level": 2}
    assert plain["pages"] is not None
    assert SAMPLES["gallery"].to_dict()["pages"] is None
    assert SAMPLES["gallery"].to_dict()["flags"] == []


def test_the_version_is_the_schemas() -> None:
    """The model, the schema's id and its constant have the same version."""
    schema = load_schema()
    assert schema["properties"]["schemaVersion"]["const"] == SCHEMA_VERSION
    assert f"urn:portalsieve:record:{SCHEMA_VERSION}" == schema["$id"]


def test_records_of_a_newer_minor_version_can_be_read() -> None:
    """Unknown keys are ignored by from_dict and rejected by validate."""
    newer = {**article().to_dict(), "mood": "calm"}
    assert article() == Record.from_dict(newer)
    with pytest.raises(Exception, match="/mood"):
        validate(newer)


def test_a_wrong_type_is_named_with_its_place() -> None:
    """The error of from_dict contains the path of the invalid value."""
    with pytest.raises(msgspec.ValidationError, match=r"\$\.blocks\[0\]\.type"):
        Record.from_dict({**article().to_dict(), "blocks": [{"type": "poem"}]})


def test_records_are_frozen() -> None:
    """A record is immutable."""
    with pytest.raises(AttributeError):
        article().kind = Kind.VIDEO  # type: ignore[misc]


def test_the_model_is_cheap_to_import() -> None:
    """Importing the model loads neither Scrapy nor the reference validator."""
    code = (
        "import sys, crawler.records.model; print([m for m in ('scrapy', 'twisted', 'jsonschema') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"
