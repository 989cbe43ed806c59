"""XPath over the page's tree, with the meaning that Scrapy's shell gives it (parsel).

An expression runs in lxml, on a copy of the parser's tree, with parsel's `has-class()` and `re:test()`. Only the
engine of `re:test()` is another: RE2, whose time is linear, where parsel's could take for ever. A pattern that the two
would read differently is refused (`linear`), and so are the other functions of `re:`.
"""

from __future__ import annotations

import re
from functools import lru_cache
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
        # elements of an HTML document: names such as o:p or @click are only valid there
        self._made = etree.HTMLParser().makeelement
        self._copy(root)

    def find(self, expression: str, context: LexborNode) -> list[str | LexborNode]:
        """Return what `expression`, evaluated at the element `context`, finds: elements, and all else as strings.

        A comment is its text. Raises ValueError for an expression that does not compile or cannot be evaluated.
        """
        place = self._copies.get(context.mem_id)
        if place is None:  # a text node: XPath could only find itself there
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
        while outside is not None:  # comments before and behind the root
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
    made.text = _NOT_XML.sub("", node.comment_content or "")  # lxml refuses `--` where the comment is made
    return made


def _name(name: str) -> str:
    return _NOT_IN_NAMES.sub("_", _NOT_XML.sub("_", name)).lower() or "_"


@lru_cache(maxsize=1024)
def compile_xpath(expression: str) -> etree.XPath:
    """Compile `expression`; raises `etree.XPathError` where it is no XPath 1.0."""
    from parsel.xpathfuncs import has_class  # noqa: PLC0415 - a third of the time that importing the library takes

    return etree.XPath(
        expression,
        namespaces={"re": _RE},
        extensions={(None, "has-class"): has_class, (_RE, "test"): _test},
        regexp=False,
        smart_strings=False,
    )


_content = etree.XPath("string()", smart_strings=False)


def _string(value: Any) -> str:
    """Return a value as a string, an element or the first of a set of them as its text."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return str(_content(value)) if etree.iselement(value) else str(value)


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


_UNLIKE = re.compile(
    r"""
      (?P<escape>\\(?:[^\W_]|\Z)) | (?P<other>\\.)
    | (?P<posix>\[:) | (?P<open>\[\^?\]?) | (?P<close>\])
    | (?P<group>\(\?(?!:|P<|[is]+\))) | (?P<repeat>\{,) | (?P<end>\$(?!\Z|[|)])) | (?P<dollar>\$)
    """,
    re.DOTALL | re.VERBOSE,
)
_SETS: Final = {"d": r"\p{Nd}", "w": r"\p{L}\p{N}_", "s": r"\t-\r\x1c-\x1f\x85\p{Z}"}
"""What Python means by these escapes in text; RE2 means ASCII only."""


def linear(pattern: str) -> str:
    """Return `pattern`, a regular expression as Python reads it, in the syntax of RE2.

    Raises ValueError where RE2 has nothing of the same meaning.
    """
    inside = False

    def written(token: re.Match[str]) -> str:
        nonlocal inside
        kind, text = token.lastgroup, token.group()
        if kind == "open" and not inside:
            inside = True
        elif kind == "close":
            inside = False
        elif kind == "escape" and text[1:].lower() in _SETS and not (inside and text[1:].isupper()):
            known = _SETS[text[1:].lower()]
            return known if inside else f"[{'^' if text[1:].isupper() else ''}{known}]"
        elif (
            (kind == "escape" and text[1:] not in set("nrtfvaxA"))
            or (kind == "posix" and inside)
            or (kind in {"group", "repeat", "end"} and not inside)
        ):
            raise ValueError(f"{pattern!r}: {text} has no equal in a linear-time regular expression (RE2)")
        elif kind == "dollar" and not inside:
            return r"(?:\n?\z)"
        return text

    return _UNLIKE.sub(written, pattern)
