"""The reference of the profile language, made from its schemas: docs/profile.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from crawler.profiles.checks.reading import KINDS
from crawler.profiles.faults import Code
from crawler.profiles.schema import schema

_HEAD = """\
<!-- Made by `python -m crawler.profiles.schema` from the language's classes, crawler/profiles/model.py: edit those. -->
# The profile language

A site is one folder of `site_profiles/`: what its addresses look like, how its pages are built, where values stand. All
of it is data. A profile cannot run, import, include or fill in anything; `scrapy lint` and the loader read it as
something written by a stranger, and refuse what is more than it may be.

| file | schema | what it says |
| --- | --- | --- |
| `profile.toml` | `profile.schema.json` | what is true of all pages: hosts, URL forms, lists, shared regions |
| `layouts/<id>.toml` | `layout.schema.json` | how one generation of pages is built; one file each |
| `phrases.toml` | `phrases.schema.json` | how a page reads when it comes as text |
| `CHANGES.md` | | what changed on the site, when it was seen, which fixture proves it |

The schemas are JSON Schema, draft 2020-12, in `crawler/profiles/schema/`. An editor that knows TOML schemas (taplo,
Even Better TOML) completes and checks keys with a first line such as

```toml
#:schema ../../../crawler/profiles/schema/layout.schema.json
```

## How rules are applied

1. The layout is chosen by its `evidence`: the share of the weights that the page shows, at least `threshold`.
2. Rules claim elements with their subtrees: first the article's (headline, body, info), then the layout's `chrome` in
   the order of the file, then the site's, and rules for the `rest` last. The first rule that claims an element has it;
   rules inside an element win over the rule that claims the element.
3. Where `css` is a list, the first selector that finds something is used. Where a value is a list of rules, the first
   that gives a value is used. The record says which.
4. What no rule claims is `unknown`, or `hidden` where the page hides it; never body.
"""

_STRINGS = """\
## What strings may hold

A string's `format` in the schema names its check.
"""

_FORMATS = (
    ("css", "A selector: tags, ids, classes, their start (`.b-*`), attributes, `:has()`, `:not()`, `:is()`, positions.",
     ("`:has()` inside `:has()`, three functions deep, two `~`, `~` and `:nth-…()` inside a function, `:is(a) b` (write"
     " `*:is(a) b`), five descendants, bare tags between: `div div div .x`.")),
    ("re2", "A regular expression of RE2, searched for in the text; or `${name}`, one under `[patterns]`.",
     "Look-around, back-references, more than 3,000 steps, a repetition of nothing but repetitions, as in `(a+)+`."),
    ("xpath", "XPath 1.0 with its own functions.",
     "A second walk of the page (`//`), predicates that walk, sibling axes without a number, prefixes, variables."),
    ("jmespath", "JMESPath into embedded JSON.", "Functions that make data grow, more than two lists in brackets."),
    ("text", "Plain text.", "Paths, commands, templates, tags of other languages, characters that nobody sees."),
    ("host", "A public host name in lower case.", "Addresses, ports, single labels, private names, public suffixes."),
    ("url-template", "An http(s) URL, names in braces.", "Others' hosts, users, `..`, unknown names."),
    ("template", "Text with names in braces.", "Names that the pattern has no group for."),
    ("date", "A day in quotes, such as `\"2020-10-01\"`.", "Days that the calendar does not have."),
    ("time-zone", "A time zone, such as `Asia/Shanghai`.", "Names that the time zone database does not have."),
)  # fmt: skip

_LIMITS = "A file has at most 256 kB, 8,000 keys and values, and 12 tables or lists inside each other.\n"

_FAULTS = """\
## What the linter says

`scrapy lint [SITE...]` prints one line a fault: `file:line key: message [code]`. Errors end it with status 1, warnings
do with `--strict`, notes never do.
"""

_NAMES = {"profile": "profile.toml", "layout": "layouts/<id>.toml", "phrases": "phrases.toml"}

_EXAMPLE = """\
## A small layout

```toml
id = "2024_story"
kind = "article"
since = "2024-03-01"

[[evidence]]
css = "div.story"
weight = 3

[[evidence]]
css = "h1.story-title"
weight = 2

[article.headline]
css = "h1.story-title"

[[article.body]]
css = "div.story"

[chrome.related]
role = "related"
css = "ul.more-stories"
[chrome.related.items]
css = "li"

[[fields.datePublished]]
css = "time.story-time"
match = '(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d)'
```
"""


def page() -> str:
    """Return the text of docs/profile.md."""
    parts = [_HEAD, _EXAMPLE]
    told: set[str] = set()
    for kind in KINDS:
        parts += _file(kind, told)
    formats = _table(["format", "what it is", "refused"], ([f"`{name}`", *rest] for name, *rest in _FORMATS))
    codes = _table(["code", "", "meaning"], ([f"`{code}`", code.severity.value, code.meaning] for code in Code))
    return "\n".join([*parts, _STRINGS, formats, _LIMITS, _FAULTS, codes])


def _file(kind: str, told: set[str]) -> Iterator[str]:
    """Yield the part of one file: its keys, then those of the tables in it that were not told before."""
    made = schema(kind)
    yield f"## `{_NAMES[kind]}`\n"
    yield made["description"] + "\n"
    yield _properties(made)
    for title, definition in made["$defs"].items():
        if title not in told:
            told.add(title)
            yield f"### {title}\n"
            yield definition["description"] + "\n"
            yield _properties(definition) if "properties" in definition else _values(definition)


def _values(definition: dict[str, Any]) -> str:
    return "One of " + ", ".join(f"`{value}`" for value in definition["enum"]) + ".\n"


def _properties(definition: dict[str, Any]) -> str:
    required = definition.get("required", ())
    rows = [
        [f"`{name}`", _type(described), "yes" if name in required else _default(described), described["description"]]
        for name, described in definition["properties"].items()
    ]
    return _table(["key", "type", "required, or default", "meaning"], rows)


def _type(described: dict[str, Any]) -> str:
    if "$ref" in described:
        title = described["$ref"].rpartition("/")[2]
        return f"[{title}](#{title.lower()})"
    if "anyOf" in described:
        return " or ".join(_type(choice) for choice in described["anyOf"])
    if "enum" in described:
        return " or ".join(f"`{value}`" for value in described["enum"])
    kind = described["type"]
    if kind == "array":
        return f"list of {_type(described['items'])}"
    if kind == "object":
        return f"table: name to {_type(described['additionalProperties'])}"
    return str(described.get("format", kind)) + _bounds(described)


def _bounds(described: dict[str, Any]) -> str:
    low = described.get("minimum", described.get("exclusiveMinimum"))
    high = described.get("maximum")
    if low is None and high is None:
        return ""
    above = "above " if "exclusiveMinimum" in described else ""
    return f" {above}{low} to {high}" if high is not None else f" from {low}"


def _default(described: dict[str, Any]) -> str:
    default = described.get("default")
    if default is None or default == []:
        return ""
    if isinstance(default, list):
        return ", ".join(f"`{value}`" for value in default)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [
        head,
        ["---"] * len(head),
        *([cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
