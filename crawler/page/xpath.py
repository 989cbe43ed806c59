"""XPath over the page's tree, with the meaning that Scrapy's shell gives it (parsel).

An expression runs in lxml, on a copy of the parser's tree, with `has-class()` and `re:test()` beside the standard
functions. `re:test()` runs on RE2, whose time is linear; parsel's engine may backtrack without end. A pattern that
RE2 would read differently is refused (`linear`), and so are the other functions of `re:`.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import Any, Final

import re2
from lxml import etree
from selectolax.lexbor import LexborNode

_RE: Final = "http://exslt.org/regular-expressions"
_MAX_MEMORY: Final = 2 * 1024 * 1024
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_IN_NAMES = re.compile(r"[\s&<>\"'/=]")


class Tree:
    """A copy of the tree below `root` in lxml: elements, texts and comments, names in lower case."""

    def __init__(self, root: LexborNode) -> None:
        self._nodes: dict[Any, LexborNode] = {}
        self._copies: dict[int, Any] = {}
        # elements of an HTML document, because names such as o:p or @click are valid only there
        self._made = etree.HTMLParser().makeelement
        self._copy(root)

    def find(self, expression: str, context: LexborNode) -> list[str | LexborNode]:
        """Return what `expression`, evaluated at the element `context`, finds: elements, and all else as strings.

        A comment is its text. Raises ValueError for an expression that does not compile or cannot be evaluated.
        """
        place = self._copies.get(context.mem_id)
        if place is None:  # a text node, in which XPath could only find itself
            return []
        try:
            found = compile_xpath(expression)(place)
        except etree.XPathError as error:
            raise ValueError(f"XPath {expression!r}: {error}") from None
        if isinstance(found, list):
            return [self._nodes[item] if item in self._nodes else _string(item) for item in found]
        return [("1" if found else "0") if isinstance(found, bool) else str(found)]

    def _element(self, node: LexborNode) -> Any:
        made = self._made(_name(node.tag or "x"))
        for name, value in node.attributes.items():
            made.set(_name(name), _NOT_XML.sub("", value or ""))
        self._nodes[made] = node
        self._copies[node.mem_id] = made
        return made

    def _copy(self, root: LexborNode) -> None:
        top = last = self._element(root)
        outside = root.parent.first_child if root.parent is not None else None
        before = True
        while outside is not None:  # comments before and after the root
            if outside.mem_id == root.mem_id:
                before = False
            elif outside.is_comment_node and before:
                top.addprevious(_comment(outside))
            elif outside.is_comment_node:
                last.addnext(comment := _comment(outside))
                last = comment
            outside = outside.next
        stack: list[tuple[LexborNode, Any]] = [(root, top)]
        while stack:
            node, parent = stack.pop()
            last = None
            child = node.first_child
            while child is not None:
                if child.is_text_node:
                    text = _NOT_XML.sub("", child.text_content or "")
                    if last is None:
                        parent.text = (parent.text or "") + text
                    else:
                        last.tail = (last.tail or "") + text
                elif child.is_element_node:
                    last = self._element(child)
                    parent.append(last)
                    stack.append((child, last))
                elif child.is_comment_node:
                    last = _comment(child)
                    parent.append(last)
                child = child.next


def _comment(node: LexborNode) -> Any:
    made = etree.Comment()
    # `comment_content` is without the white space at its ends; lxml refuses `--` where the comment is made
    made.text = _NOT_XML.sub("", (node.html or "")[4:-3])
    return made


def _name(name: str) -> str:
    return _NOT_IN_NAMES.sub("_", _NOT_XML.sub("_", name)).lower() or "_"


_QUOTED: Final = r"\"[^\"]*\"|'[^']*'"
_HAS_CLASS = re.compile(rf"{_QUOTED}|(?<![\w.-])has-class\s*\(((?:{_QUOTED}|[\s,])*)\)")


@lru_cache(maxsize=1024)
def compile_xpath(expression: str) -> etree.XPath:
    """Compile `expression`; raises `etree.XPathError` if it is not valid XPath 1.0."""
    return etree.XPath(
        _HAS_CLASS.sub(_written_out, expression),
        namespaces={"re": _RE},
        extensions={(_RE, "test"): _test},
        regexp=False,
        smart_strings=False,
    )


def _written_out(found: re.Match[str]) -> str:
    """Return `has-class()` in standard XPath: parsel's own crashes the process on an attribute."""
    if found[1] is None:
        return found[0]
    tests = [
        f"contains(concat(' ', normalize-space(@class), ' '), concat(' ', {name}, ' '))"
        for name in re.findall(_QUOTED, found[1])
    ]
    return f"({' and '.join(tests)})"


_content = etree.XPath("string()", smart_strings=False)


def _string(value: Any) -> str:
    """Return a value as a string, a node or the first of a set of them as its text."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if not etree.iselement(value):
        return str(value)
    return value.text or "" if isinstance(value, etree._Comment) else str(_content(value))


def _test(_context: Any, value: Any, pattern: Any, flags: Any = "") -> bool:
    return _compiled(_string(pattern), ignore_case="i" in _string(flags)).search(_string(value)) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str, *, ignore_case: bool) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    options.case_sensitive = not ignore_case
    try:
        return re2.compile(linear(pattern), options)
    except re2.error as error:
        raise ValueError(f"{pattern!r} is not a linear-time regular expression (RE2): {error}") from None


_PART = re.compile(
    r"""
      (?P<set>\[\^?\]?(?:\\.|[^\]\\])*\]) | \\(?P<escape>[^\W_]) | \\.
    | (?P<other>\(\?(?!:|P<|[is]+\)) | \{, | \$(?!\Z|[|)])) | (?P<end>\$)
    """,
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?P<escape>[^\W_])|\\.|(?P<other>\[:)", re.DOTALL)
_SETS: Final = {"d": r"\p{Nd}", "w": r"\p{L}\p{N}_", "s": r"\t-\r\x1c-\x1f\x85\p{Z}"}
"""What Python means by these escapes; RE2 means ASCII only."""
_IN_SETS: Final = frozenset("dwsnrtfvax")
_ALONE: Final = frozenset("dwsDWSnrtfvaxA")


def linear(pattern: str) -> str:
    """Return `pattern`, a regular expression as Python reads it, in the syntax of RE2.

    Raises ValueError if RE2 has no equivalent.
    """

    def written(token: re.Match[str], *, inside: bool) -> str:
        escape = token["escape"]
        if token["other"] or (escape and escape not in (_IN_SETS if inside else _ALONE)):
            raise ValueError(f"{pattern!r}: {token[0]} is not supported in a linear-time regular expression (RE2)")
        known = _SETS.get(escape.lower()) if escape else None
        if known is None:
            return token[0]
        return known if inside else f"[{'^' if escape.isupper() else ''}{known}]"

    def part(token: re.Match[str]) -> str:
        if token["set"]:
            return token[0][0] + _ESCAPE.sub(partial(written, inside=True), token[0][1:])
        return r"(?:\n?\z)" if token["end"] else written(token, inside=False)

    return _PART.sub(part, pattern)
