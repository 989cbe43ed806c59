"""Sets of elements that the HTML standard's tree construction treats alike.

Source: https://html.spec.whatwg.org/#tree-construction and https://html.spec.whatwg.org/#special.
"""

from __future__ import annotations

from typing import Final


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


FORMATTING: Final = _names("a b big code em font i nobr s small strike strong tt u")
VOID: Final = _names(
    "area base basefont bgsound br col embed frame hr image img input keygen link meta param source track wbr"
)
HEADINGS: Final = _names("h1 h2 h3 h4 h5 h6")
CLOSES_P: Final = HEADINGS | _names(
    "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form header "
    "hgroup hr li dd dt listing main menu nav ol p plaintext pre search section summary ul xmp"
)
CLOSED_IN_SCOPE: Final = CLOSES_P - HEADINGS - {"hr", "plaintext", "xmp", "form"} | {"button"}
SPECIAL: Final = CLOSES_P | _names(
    "applet area base basefont bgsound body br button caption col colgroup embed frame frameset head html iframe img "
    "input keygen link marquee meta noembed noframes noscript object param script select source style table tbody td "
    "template textarea tfoot th thead title tr track wbr"
)
MARKED: Final = _names("applet marquee object td th caption template")
TABLE_PARTS: Final = _names("caption colgroup tbody tfoot thead tr td th")
CELLS: Final = frozenset(("td", "th", "caption"))
SECTIONS: Final = _names("tbody tfoot thead")
IN_HEAD: Final = _names("base basefont bgsound link meta noframes noscript script style template title")
NO_FRAMESET: Final = _names(
    "applet area br button dd dt embed hr iframe image img input keygen li listing marquee object pre select table "
    "textarea wbr xmp"
)
RUBY: Final = _names("rb rp rt rtc")
NOT_INLINE: Final = RUBY | {"frameset", "table", "template"}
IMPLIED: Final = RUBY | {"dd", "dt", "li", "optgroup", "option", "p"}
INTEGRATION: Final = {
    "svg": _names("desc foreignobject title"),
    "math": _names("annotation-xml mi mn mo ms mtext"),
}
HTML_TYPES: Final = frozenset((b"text/html", b"application/xhtml+xml"))
FONT_LOOKS: Final = frozenset((b"color", b"face", b"size"))
BREAKOUT: Final = HEADINGS | _names(
    "b big blockquote body br center code dd div dl dt em embed head hr i img li listing menu meta nobr ol p pre ruby "
    "s small span strong strike sub sup table tt u ul var font"
)
SCOPE: Final = _names("applet caption html marquee object select table td template th")
TABLE_SCOPE: Final = frozenset(("html", "table", "template"))
LIST_SCOPE: Final = SCOPE | {"ol", "ul"}
BUTTON_SCOPE: Final = SCOPE | {"button"}
