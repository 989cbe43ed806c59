"""The two validators give the same verdict and the same pointers, for valid records and for every violation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from crawler.errors import Failure, Quarantined
from crawler.records.model import Coverage, Flag, LayoutChoice, Record
from crawler.records.validate import (
    Fault,
    conservation,
    faults,
    load_schema,
    validate,
)
from tests.record_samples import SAMPLES, article, plain
from tests.reference_validator import faults_reference, validate_reference

Spoiled = tuple[str, str, Any, int]  # keyword, pointer, the value spoiled, id of the subschema
OTHER_TYPES: list[Any] = [None, 0, "x", [], {}, True, 1.5]
IS_TYPE: dict[str, Callable[[Any], bool]] = {
    "null": lambda v: v is None,
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "string": lambda v: isinstance(v, str),
    "array": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
    "boolean": lambda v: isinstance(v, bool),
}
# Keywords that a value can break by itself; the others only lead to these.
ASSERTIONS = {
    "type", "enum", "const", "minLength", "maxLength", "pattern", "not", "minimum", "maximum", "required",
    "uniqueItems", "minItems", "anyOf",
}  # fmt: skip


def spoil(schema: dict[str, Any], value: Any) -> Iterator[Spoiled]:
    """Yield `value` with one violation for every keyword of `schema` that applies to it, at any depth."""
    if "$ref" in schema:
        yield from spoil(load_schema()["$defs"][schema["$ref"].rsplit("/", 1)[1]], value)
    for keyword, limit in schema.items():
        for pointer, spoiled in spoil_here(keyword, limit, value):
            yield keyword, pointer, spoiled, id(schema)
        if keyword == "properties" and isinstance(value, dict):
            for name in (name for name in limit if name in value):
                for inner, pointer, spoiled, where in spoil(limit[name], value[name]):
                    yield inner, f"/{name}{pointer}", {**value, name: spoiled}, where
        elif keyword == "additionalProperties" and limit and isinstance(value, dict):
            for name in value:
                for inner, pointer, spoiled, where in spoil(limit, value[name]):
                    yield inner, f"/{name}{pointer}", {**value, name: spoiled}, where
        elif keyword == "items" and isinstance(value, list):
            for i, entry in enumerate(value):
                for inner, pointer, spoiled, where in spoil(limit, entry):
                    yield inner, f"/{i}{pointer}", [*value[:i], spoiled, *value[i + 1 :]], where
        elif keyword == "allOf":
            for case in limit:
                branch = "then" if Draft202012Validator(case["if"]).is_valid(value) else "else"
                yield from spoil(case.get(branch, {}), value)


def spoil_here(keyword: str, limit: Any, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield (pointer, `value` with a violation of one keyword), where that is possible."""
    match keyword:
        case "type":
            allowed = [limit] if isinstance(limit, str) else limit
            yield "", next(v for v in OTHER_TYPES if not any(IS_TYPE[t](v) for t in allowed))
        case "enum" | "const":
            yield "", "no such value"
        case "minLength" if isinstance(value, str):
            yield "", value[: limit - 1]
        case "maxLength" if isinstance(value, str):
            yield "", value + "0" * (limit + 1 - len(value))
        case "pattern" if isinstance(value, str):
            yield "", "?" + value
        case "not" if isinstance(value, str):
            yield "", value + "\n"
        case "minimum" if value is not None:
            yield "", limit - 1
        case "maximum" if value is not None:
            yield "", limit + 1
        case "required" if value is not None:
            for name in limit:
                yield f"/{name}", {k: v for k, v in value.items() if k != name}
        case "additionalProperties" if limit is False and value is not None:
            yield "/stray~1key", {**value, "stray/key": 1}
        case "propertyNames":
            for name in ("Stray", "stray key"):
                yield f"/{name}", {**value, name: {"rule": "r", "raw": None}}
        case "uniqueItems" if value:
            yield "", [*value, value[0]]
        case "minItems":
            yield "", value[: limit - 1]
        case "anyOf":
            names = {name for case in limit for name in case["required"]}
            yield "", {k: v for k, v in value.items() if k not in names}


def all_spoiled() -> dict[str, Spoiled]:
    """Return the samples, each with every violation that is new, by a name that describes the violation."""
    found: dict[tuple[int, str, str], Spoiled] = {}
    for record in SAMPLES.values():
        for spoiled in spoil(load_schema(), record.to_dict()):
            keyword, pointer, _, where = spoiled
            if pointer:  # the record itself is always a dict
                found.setdefault((where, keyword, pointer), spoiled)
    return {f"{n}-{keyword}-{pointer}": value for n, ((_, keyword, pointer), value) in enumerate(found.items())}


SPOILED = all_spoiled()


def pointers(found: list[Fault]) -> list[str]:
    """Return what both must agree on: the places, each once, but not the keyword reported for a place."""
    return sorted({fault.pointer for fault in found})


@pytest.mark.parametrize("sample", SAMPLES)
def test_good_records_pass_both(sample: str) -> None:
    """A valid record passes both validators as a struct, as a dict and as decoded JSON."""
    record = SAMPLES[sample]
    for shape in (record, record.to_dict(), json.loads(record.to_json())):
        assert faults(shape) == []
        assert faults_reference(shape) == []
        validate(shape)
        validate_reference(shape)


@pytest.mark.parametrize("name", SPOILED)
def test_each_broken_keyword_is_found_by_both(name: str) -> None:
    """A record that violates one keyword is rejected by both, at the same pointers, including the violation's."""
    keyword, pointer, spoiled, _ = SPOILED[name]
    hot, reference = faults(spoiled), faults_reference(spoiled)
    assert pointers(hot) == pointers(reference)
    for found in (hot, reference):
        assert (pointer, keyword) in [(fault.pointer, fault.keyword) for fault in found]
    with pytest.raises(Quarantined) as caught:
        validate(spoiled)
    assert (Failure.SCHEMA_INVALID, hot[0].pointer) == (caught.value.failure, caught.value.pointer)


def test_every_assertion_of_the_schema_is_broken_once() -> None:
    """The invalid records violate each keyword at each place of the schema, so that every part of it is tested."""
    reference = Draft202012Validator(load_schema())
    broken = {
        (id(error.schema), error.validator)
        for _, _, spoiled, _ in SPOILED.values()
        for error in reference.iter_errors(spoiled)
    }
    whole = {"#/type"}  # a record is a dict before it is validated
    missed = {path for place, path in assertions(load_schema(), "#").items() if place not in broken}
    assert whole == missed


def assertions(schema: dict[str, Any], path: str) -> dict[tuple[int, str], str]:
    """Return every (subschema, keyword) that can fail, with its path; `if` and what `not` and `anyOf` hold cannot."""
    found = {}
    for keyword, limit in schema.items():
        if keyword in ASSERTIONS or (keyword == "additionalProperties" and limit is False):
            found[id(schema), keyword] = f"{path}/{keyword}"
        if keyword in {"properties", "$defs"}:
            for name, inner in limit.items():
                found |= assertions(inner, f"{path}/{keyword}/{name}")
        elif keyword == "allOf":
            for i, inner in enumerate(limit):
                found |= assertions(inner, f"{path}/{keyword}/{i}")
        elif keyword in {"items", "propertyNames", "then", "else", "additionalProperties"} and isinstance(limit, dict):
            found |= assertions(limit, f"{path}/{keyword}")
    return found


# No empty keys: jsonschema-rs leaves them out of its paths.
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside `value`, itself included."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield from places(below, (*path, key))


PLACES = list(places(article().to_dict()))


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return `value` with `new` at `path`."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(copy[path[0]], path[1:], new)
    return copy


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(PLACES[1:]), json_values), min_size=1, max_size=3))
def test_any_change_is_judged_alike(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    """Both validators agree on any value anywhere in a record."""
    record = article().to_dict()
    for path, new in changes:
        try:
            record = put(record, path, new)
        except (KeyError, IndexError, TypeError, ValueError):
            continue  # an earlier change took the place away
    assert pointers(faults(record)) == pointers(faults_reference(record))


def test_a_struct_is_judged_as_its_json() -> None:
    """A struct, whose lists are tuples, has the same faults as its JSON."""
    record = msgspec.structs.replace(
        article(),
        flags=(Flag.TRUNCATED, Flag.TRUNCATED),
        keywords=("", "港口"),
        blocks=(),
        comment_count=-1,
        layout=LayoutChoice("x", float("nan"), "y", float("inf")),
    )
    places = ["/blocks", "/commentCount", "/flags", "/keywords/0", "/layout/confidence", "/layout/runnerUpConfidence"]
    assert places == pointers(faults(record)) == pointers(faults_reference(record))


@pytest.mark.parametrize("check", [faults, faults_reference])
def test_lone_surrogates_are_a_fault_with_a_place(check: Callable[[dict[str, Any]], list[Fault]]) -> None:
    """Text that UTF-8 cannot encode is reported where it is, in a key as in a value."""
    value = plain(article(), keywords=["灯塔", "\ud83d"])
    key = plain(article(), provenance={"head\udc00": {"rule": "r", "raw": None}})
    assert [(fault.pointer, fault.keyword) for fault in check(value)] == [("/keywords/1", "encoding")]
    assert [(fault.pointer, fault.keyword) for fault in check(key)] == [("/provenance/head\\udc00", "encoding")]
    for broken in (value, key):
        for refuse in (validate, validate_reference):
            with pytest.raises(Quarantined, match="lone surrogate"):
                refuse(broken)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"headline": None}, "/headline"),
        ({"blocks": []}, "/blocks"),
        ({"datePublished": None, "datePrecision": None}, "/datePublished"),
        ({"kind": "video", "headline": None}, "/headline"),
        ({"kind": "gallery", "datePublished": None, "datePrecision": None}, "/datePublished"),
        ({"url": None}, "/fetch/status"),
        ({"datePrecision": "day"}, "/datePublished"),
        ({"datePublished": "2026-02-20", "datePrecision": "minute"}, "/datePublished"),
        ({"datePublished": "2026-02-20T10:12:47"}, "/datePublished"),
        ({"datePublished": "2026-13-20T10:12:47+08:00"}, "/datePublished"),
        ({"mainImage": {"url": "javascript:alert(1)", "caption": None}}, "/mainImage/url"),
        ({"blocks": [{"type": "paragraph", "caption": "字"}]}, "/blocks/0/caption"),
        ({"blocks": [{"type": "paragraph"}]}, "/blocks/0/text"),
        ({"blocks": [{"type": "image", "text": "字", "url": "https://a.example/1"}]}, "/blocks/0/text"),
        ({"blocks": [{"type": "image"}]}, "/blocks/0"),
        ({"chrome": [{"role": "sidebar", "text": "", "heading": None, "items": None, "rule": "r", "xpath": None}]},
         "/chrome/0/role"),
    ],
)  # fmt: skip
def test_rules_of_the_contract(changes: dict[str, Any], pointer: str) -> None:
    """The first fault for each constraint on kinds of records and blocks."""
    for check in (validate, validate_reference):
        with pytest.raises(Quarantined) as caught:
            check(plain(article(), **changes))
        assert pointer == caught.value.pointer


def test_a_fault_names_rule_layout_and_the_rest() -> None:
    """The exception has what is needed to fix the profile, without long quotations."""
    account = plain(article())["account"] | {"name": ""}
    with pytest.raises(Quarantined) as caught:
        validate(plain(article(), account=account, commentCount=-1, keywords=["\x1b[31m" * 500, ""]))
    fault = caught.value
    assert (fault.pointer, fault.rule, fault.layout, fault.score) == ("/account/name", "card", "2020_post", 0.95)
    assert str(fault).startswith("/account/name breaks the record schema 1.1.0, minLength: ")
    assert str(fault).endswith(" (and 2 more); fix the rule that produces the field")
    with pytest.raises(Quarantined) as caught:
        validate(plain(article(), flags=["\x1b[31m\u2028" * 500]))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("broken", [{}, {"provenance": 1, "layout": 2}, {"layout": {"id": 3, "confidence": "x"}}])
def test_a_record_in_ruins_is_refused_by_name(broken: dict[str, Any]) -> None:
    """A record that lacks even what the exception would contain is still rejected properly."""
    with pytest.raises(Quarantined) as caught:
        validate(broken)
    assert (caught.value.rule, caught.value.layout, caught.value.score) == (None, None, None)


@pytest.mark.parametrize(
    ("total", "words"), [(99, "1 characters are counted twice"), (103, "3 characters of the page are lost")]
)
def test_coverage_must_add_up(total: int, words: str) -> None:
    """The partition law: a record whose total is not the sum of its parts is rejected."""
    conservation(article())
    record = plain(article(), coverage={"total": total, "article": 60, "chrome": 30, "hidden": 8, "unknown": 2})
    assert faults(record) == []
    for check in (conservation, validate, validate_reference):
        with pytest.raises(Quarantined, match=words) as caught:
            check(record)
        assert caught.value.pointer == "/coverage/total"
        assert caught.value.layout == "2020_post"


@given(st.builds(Coverage, **{n: st.integers(0, 50) for n in ("total", "article", "chrome", "hidden", "unknown")}))
def test_coverage_law_is_plain_arithmetic(coverage: Coverage) -> None:
    """`conservation` rejects exactly the coverages that do not add up."""
    parts = coverage.article + coverage.chrome + coverage.hidden + coverage.unknown
    record = Record.from_dict(
        plain(
            article(),
            coverage=dict(
                zip(
                    coverage.__struct_fields__,
                    (coverage.total, coverage.article, coverage.chrome, coverage.hidden, coverage.unknown),
                    strict=True,
                )
            ),
        )
    )
    try:
        conservation(record)
        kept = True
    except Quarantined:
        kept = False
    assert (coverage.total == parts) == kept


def test_patterns_run_in_linear_time() -> None:
    """Every pattern of the schema is accepted by RE2, so none needs backtracking."""
    found = [value for key, value in walk(load_schema()) if key == "pattern" and isinstance(value, str)]
    assert len(found) > 5
    for pattern in found:
        re2.compile(pattern)


def test_objects_are_closed_and_described() -> None:
    """Every object lists all its keys and allows no others; every property has a description."""
    for _, schema in walk({"": load_schema()}):
        if isinstance(schema, dict) and schema.get("type") in ("object", ["object", "null"]):
            assert "additionalProperties" in schema
            assert schema["additionalProperties"] is False or "propertyNames" in schema
        if isinstance(schema, dict) and schema.get("additionalProperties") is False:
            names = list(schema["properties"])
            assert schema["required"] in (names, ["type"])
            for name, inner in schema["properties"].items():
                assert len(inner["description"]) > 5, name


def walk(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every key and value inside `value`."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield key, below
        yield from walk(below)
