"""Checks of a profile's strings, one for each `format` of crawler/profiles/strings.py.

A profile is data from someone else. Each check raises ValueError saying what is wrong and what to write instead;
nothing here follows, opens or runs what a string says. Costs: facts on parsers and rules, measured on the worst pages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jmespath
from lxml import etree

from ...page.xpath import compile_xpath, linear
from ..faults import Code
from ..patterns import check_pattern
from .selectors import check_selector
from .suffixes import is_public_suffix

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_TEMPLATE_NAME = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_REACHING = re.compile(
    r"""
      (?P<path>(?:^|[/\\])\.\.(?:[/\\]|$) | ^(?:/|~[/\\]|[A-Za-z]:[/\\]|\\\\))
    | (?P<scheme>^\s*(?:(?:file|ftp|s3|gopher|chrome|view-source):/ | (?:data|javascript|vbscript):\S))
    | (?P<tag>!!|!python|^\s*[!&*][A-Za-z]\w*\b)
    | (?P<command>\$[({] | \$[A-Z_]{2,} | \{\{ | \{% | %[A-Z_]{2,}%)
    | (?P<code>^\s*(?:import|from)\s+[\w.]+(?:\s+import\b.*)?\s*;?\s*$
        | \b(?:eval|exec|__import__|getattr|system|popen)\s*\()
    """,
    re.VERBOSE,
)
_REACH = {
    "path": "a path: profiles cannot refer to files",
    "scheme": "a URL that is not http(s)",
    "tag": "a tag of another language",
    "command": "syntax of a shell or a template engine, which is not supported",
    "code": "code: profiles contain data only",
}


def check_text(text: str) -> None:
    """Refuse paths, tags, commands, code and invisible characters."""
    for char in text:
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co"}:
            raise ValueError(f"{text!r} contains the invisible character U+{ord(char):04X}; remove it")
    found = _REACHING.search(text)
    if found is not None:
        raise ValueError(f"{text!r} is not plain text but {_REACH[str(found.lastgroup)]}")


def check_host(host: str) -> None:
    """Refuse everything except public host names: IP addresses, single labels, ports, upper case, com.cn."""
    labels = host.split(".")
    if not host.isascii() or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(
            f"{host!r} is not a valid host name: use lower case, without scheme, port, path or trailing dot"
        )
    if (
        len(labels) < 2
        or labels[-1].isdigit()
        or labels[-1] in {"local", "localhost", "internal", "lan", "arpa", "onion"}
    ):
        raise ValueError(f"{host!r} is an IP address or a private name; use public host names only")
    if is_public_suffix(host):
        raise ValueError(
            f"{host!r} is a public suffix, whose subdomains belong to many owners; use the site's own domain"
        )


def names_in(template: str) -> list[str]:
    """Return the names in braces; raises ValueError for braces without a name."""
    names = _TEMPLATE_NAME.findall(template)
    rest = _TEMPLATE_NAME.sub("", template)
    if "{" in rest or "}" in rest or not all(_NAME.fullmatch(name) for name in names):
        raise ValueError(f"{template!r}: braces must contain a name, such as {{id}}, and be closed")
    return names


def check_template(template: str) -> None:
    """Refuse a template with invalid braces, or that results in a path."""
    names_in(template)
    check_text(_TEMPLATE_NAME.sub("x", template))


def check_url(template: str) -> None:
    """Refuse a URL template that is not http(s), has no fixed host, contains credentials or `..`."""
    names_in(template)
    plain = _TEMPLATE_NAME.sub("x", template)
    if not re.match(r"https?://", plain) or not plain.isprintable() or " " in plain:
        raise ValueError(f"{template!r} is not an http(s) URL")
    try:
        parts = urlsplit(plain)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{template!r} is not a URL: {error}") from None
    if not host or "@" in parts.netloc or parts.fragment or ".." in parts.path.split("/"):
        raise ValueError(f"{template!r}: a URL must have a host, but no user, fragment or ..")
    try:
        check_host(host)
    except ValueError as error:
        raise ValueError(f"{template!r}: {error}") from None


def check_date(text: str) -> None:
    """Refuse dates that do not exist."""
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date: {error}") from None


@lru_cache(maxsize=64)
def check_zone(name: str) -> None:
    """Refuse names that are not in the time zone database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}; use a name such as 'Asia/Shanghai'") from None


# --- XPath ------------------------------------------------------------------------------------------------------------

_XPATH_TOKEN = re.compile(
    r"""
      (?P<literal>"[^"]*"|'[^']*')
    | (?P<axis>(?P<axis_name>[a-z-]+)\s*::)
    | (?P<call>(?P<function>[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)\s*\()
    | (?P<name>[A-Za-z_][\w.-]*(?P<prefixed>:[A-Za-z_*][\w.-]*)?)
    | (?P<mark>//|::|\.\.|[/|@\[\]().*,=<>!+$-]|\d+)
    | \s+ | (?P<odd>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_LITERAL = re.compile(r"\"[^\"]+\"|'[^']+'")
_XPATH_FUNCTIONS = frozenset({
    "last", "position", "count", "local-name", "name", "string", "concat", "starts-with", "contains",
    "substring-before", "substring-after", "substring", "string-length", "normalize-space", "translate",
    "boolean", "not", "true", "false", "number", "floor", "ceiling", "round", "text", "node", "comment",
    "has-class", "re:test",
})  # fmt: skip
_XPATH_AXES = frozenset({"child", "attribute", "self", "parent", "descendant", "descendant-or-self"})
_SIBLINGS = frozenset({"following-sibling", "preceding-sibling"})
_MAX_BRANCHES = 3
_MAX_PREDICATES = 6
_NEXT_ONE = re.compile(r"\s*[\w*.-]+(?:\(\s*\))?\s*\[\s*[1-9]\s*\]")


@lru_cache(maxsize=256)
def check_xpath(expression: str) -> None:
    """Refuse XPath that does not compile, reaches outside, or costs more than one walk of the page.

    Measured on 20,000 nodes: a second `//`, a sibling axis without a number, `..` in a predicate and a predicate that
    walks the page take seconds to hours, because libxml2 merges node sets by comparing all with all.
    """
    depth = walks = branches = predicates = 0
    for token in _XPATH_TOKEN.finditer(expression):
        kind, text = token.lastgroup, token.group()
        wrong = None
        if text == "[":
            depth += 1
            predicates += 1
            if depth > 1 or predicates > _MAX_PREDICATES:
                wrong = "nested predicates" if depth > 1 else f"more than {_MAX_PREDICATES} predicates"
        elif text == "]":
            depth -= 1
        elif text == "|":
            walks = 0 if depth == 0 else walks
            branches += 1
            wrong = f"a union of more than {_MAX_BRANCHES + 1} paths" if branches > _MAX_BRANCHES else None
        elif text == "//":
            walks += 1
            wrong = "a walk of the page inside a predicate" if depth else None
        elif text == ".." and depth:
            wrong = ".. inside a predicate"
        elif text == "$":
            wrong = "a variable"
        elif kind in {"axis_name", "axis"}:
            name = token["axis_name"]
            walks += name.startswith("descendant")
            if depth and name not in {"child", "attribute", "self"}:
                wrong = f"the axis {name} inside a predicate"
            elif name in _SIBLINGS:
                wrong = None if _NEXT_ONE.match(expression, token.end()) else f"{name} without a number, such as [1]"
            elif name not in _XPATH_AXES:
                wrong = f"the axis {name}"
        elif kind in {"function", "call"} and token["function"] not in _XPATH_FUNCTIONS:
            wrong = f"the function {token['function']}()"
        elif token["prefixed"]:
            wrong = f"the prefix of {text}"
        elif kind == "odd":
            wrong = f"the character {text!r}"
        if walks > 1 and wrong is None:
            wrong = "a second walk of the page in one path"
        if wrong is not None:
            raise ValueError(
                f"XPath {expression!r}: {wrong} is not allowed (too slow, or outside the page); use CSS, or :has()"
            )
    try:
        compile_xpath(expression)
    except etree.XPathError as error:
        raise ValueError(f"XPath {expression!r} does not compile: {error}") from None
    for function, arguments in _calls(expression):
        quoted = [bool(_LITERAL.fullmatch(argument)) for argument in arguments]
        if function == "has-class" and not all(quoted):
            raise ValueError(f"XPath {expression!r}: has-class() requires class names in quotes")
        if function == "re:test":
            if not (1 < len(arguments) < 4 and all(quoted[1:])):
                raise ValueError(
                    f"XPath {expression!r}: re:test() requires a value, then a pattern and flags in quotes"
                )
            check_pattern(linear(arguments[1][1:-1]))


def _calls(expression: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each function called in `expression`, inner ones first, with its arguments as written."""
    calls: list[tuple[str, list[str]]] = []
    for token in _XPATH_TOKEN.finditer(expression):
        text = token.group()
        if text == ")" and calls:
            function, arguments = calls.pop()
            yield function, [argument.strip() for argument in arguments]
            if calls:
                calls[-1][1][-1] += f"{function}()"
        elif text[-1] == "(" and token["literal"] is None:
            calls.append((token["function"] or "", [""]))
        elif text == "," and calls:
            calls[-1][1].append("")
        elif calls:
            calls[-1][1][-1] += text


def leads_out(expression: str) -> str | None:
    """Return the first step of an XPath that leaves the element in which it is evaluated, or None.

    Such a step begins at the page's root, or goes to a parent. For the items of a list it would also take quadratic
    time.
    """
    before = ""
    for token in _XPATH_TOKEN.finditer(expression):
        text = token.group()
        if text.isspace():
            continue
        # a path continues after a name, a bracket or a dot; `and`, `or` and the like begin another one
        begins = not (before[-1:].isalnum() or before[-1:] in list("_)].*'\"")) or before in {"and", "or"}
        if (text[0] == "/" and begins) or text == ".." or token["axis_name"] == "parent":
            return text
        before = text
    return None


# --- JMESPath ---------------------------------------------------------------------------------------------------------

_JMESPATH_FUNCTIONS = frozenset({
    "abs", "ceil", "contains", "ends_with", "floor", "join", "keys", "length", "max", "max_by", "min",
    "min_by", "not_null", "reverse", "sort", "sort_by", "starts_with", "sum", "to_array", "to_number",
    "to_string", "type", "values",
})  # fmt: skip
_MAX_LISTS = 2
_MAX_WIDTH = 10
_MAX_STEPS = 24


@lru_cache(maxsize=1024)
def check_jmespath(expression: str) -> None:
    """Refuse JMESPath that is invalid, nested too deeply, or could make data grow: `[@, @] | [@, @] | …` doubles."""
    try:
        tree = jmespath.compile(expression).parsed
    except jmespath.exceptions.JMESPathError as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"{expression!r} is not valid JMESPath: {reason}") from None
    except RecursionError:
        raise ValueError(f"{expression!r} is nested too deeply") from None
    lists = 0
    level: list[Any] = [tree]
    for _ in range(_MAX_STEPS):
        for node in level:
            if node["type"] in {"multi_select_list", "multi_select_dict"}:
                lists += 1
                if lists > _MAX_LISTS or len(node["children"]) > _MAX_WIDTH:
                    raise ValueError(
                        f"{expression!r}: more than {_MAX_LISTS} lists in brackets, or one of more than {_MAX_WIDTH},"
                        " can make data grow without end"
                    )
            if node["type"] == "function_expression" and node["value"] not in _JMESPATH_FUNCTIONS:
                raise ValueError(f"{expression!r}: the function {node['value']}() is not available")
        level = [child for node in level for child in node["children"] if isinstance(child, dict)]
    if level:
        raise ValueError(f"{expression!r} is nested more than {_MAX_STEPS} levels deep")


CHECKS: dict[str, tuple[Code, Callable[[str], None]]] = {
    "css": (Code.CSS, check_selector),
    "re2": (Code.REGEX, check_pattern),
    "xpath": (Code.XPATH, check_xpath),
    "jmespath": (Code.JMESPATH, check_jmespath),
    "text": (Code.TEXT, check_text),
    "host": (Code.HOST, check_host),
    "url-template": (Code.URL, check_url),
    "template": (Code.TEMPLATE, check_template),
    "date": (Code.DATE, check_date),
    "time-zone": (Code.ZONE, check_zone),
}
"""For each `format` the code of its faults and the check."""
