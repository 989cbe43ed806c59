"""Decides from the original page whether it needs a browser, and compares it with the rendered page. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from ..errors import Failure, PageRefused, Quarantined
from ..page.dom import Page
from ..page.text import size
from ..profiles.load import Profile
from ..profiles.model import Layout, ListSource, Render
from ..records.model import ChromeEntry, Record, RenderedChanges, Role
from . import notices
from .record import SHORT_BODY, partition_page
from .refusals import page_texts

_NAMES = dict(zip(Record.__struct_encode_fields__, Record.__struct_fields__, strict=True))
"""The record's attributes by their names in JSON."""

COMPARED = (
    "title", "headline", "originalHeadline", "info", "abstract", "description", "articleSection", "keywords", "authors",
    "editors", "account", "source", "datePublished", "dateModified", "location", "breadcrumbs", "articleBody", "images",
    "mainImage", "commentCount",
)  # fmt: skip
"""The fields that rendering is asked about."""
_INCIDENTAL = frozenset({"title", "description", "keywords"})
"""Metadata that scripts also change on pages that are complete as sent, such as a counter in the title."""


class Need(msgspec.Struct, frozen=True):
    """Why a page needs a browser, how it is to be rendered, and what is waited for.

    `awaits` are selectors in groups, each with the characters of text that an element of the group must have.
    """

    why: str
    rule: Render
    awaits: tuple[tuple[tuple[str, ...], int], ...] = ()


def need(
    body: bytes,
    url: str,
    content_type: str | None,
    profile: Profile,
    found: Record | PageRefused | Quarantined,
) -> Need | None:
    """Return why the page `body` needs a browser, or None if it does not or its profile does not allow it.

    `found` is the page's record, or the error that it was refused with. A page refused for its content
    (captcha, removed, not found) does not need one: scripts would not change that.
    """
    if isinstance(found, PageRefused) or not _allowed(profile):
        return None
    if isinstance(found, Quarantined):
        return _refused(body, url, content_type, profile, found)
    layout = profile.layouts.get(found.layout.id)
    rule = profile.render(found.layout.id)
    why = _missing(found, rule)
    if why is None and rule.mode == "when-missing" and rule.click:
        dom = Page.from_bytes(body, url, content_type).dom
        shown = next((css for css in rule.click if dom.css_first(css) is not None), None)
        why = f"it has {shown}, which must be clicked" if shown is not None else None
    if why is None or layout is None:
        return None
    return Need(why, rule, _awaits(rule, [layout], [role for role, mode in rule.roles.items() if mode != "never"]))


def list_need(source: ListSource, profile: Profile, articles: int) -> Need | None:
    """Return why a list page needs a browser, or None if it does not or its profile does not allow it.

    `articles` is its number of links to articles as it was sent.
    """
    if source.format != "html" or source.render == "never" or (source.render == "when-missing" and articles):
        return None
    why = "the profile renders each page of this list" if source.render == "always" else "it has no links to articles"
    rule = profile.render(None)
    return Need(why, rule, (((source.css or "a[href]",), 0),))


def changes(static: Record | None, rendered: Record) -> RenderedChanges:
    """Return the fields and roles of `rendered` that differ from those of the page as it was sent.

    Compared with None, a page that gave no record, they are all that `rendered` has.
    """
    fields = [name for name in COMPARED if _value(rendered, name) != (_value(static, name) if static else None)]
    before = _by_role(static.chrome) if static is not None else {}
    after = _by_role(rendered.chrome)
    roles = sorted(role for role in {*before, *after} if before.get(role) != after.get(role))
    return RenderedChanges(tuple(fields), tuple(roles))


def difference(rule: Render, changed: RenderedChanges) -> bool:
    """Return whether rendering changed what the profile renders the page for."""
    if rule.mode != "never" and not _INCIDENTAL.issuperset(changed.fields):
        return True
    return not (rule.fields.keys().isdisjoint(changed.fields) and rule.roles.keys().isdisjoint(changed.roles))


def is_shell(page: Page) -> bool:
    """Return whether a page has scripts and hardly any prose: an application shell that scripts fill."""
    if page.dom.css_first("script") is None:
        return False
    prose = 0
    for text in page_texts(page):
        counted = size(text)
        prose += counted if counted >= notices.SENTENCE else 0
        if prose > notices.PROSE:
            return False
    return True


def _refused(
    body: bytes, url: str, content_type: str | None, profile: Profile, error: Quarantined
) -> Need | None:  # fmt: skip
    """Return why a page without a record needs a browser: no article yet, and signs of scripts."""
    layout = profile.layouts.get(error.layout or "")
    known = layout is not None and error.score is not None and error.score >= layout.threshold
    rule = profile.render(error.layout if known else None)
    if not known and rule.mode == "never" and layout is not None and layout.render is not None:
        rule = profile.render(layout.id)
    if rule.mode == "never" or error.failure not in _SHELLS:
        return None
    why = _SHELLS[error.failure]
    if error.failure in {Failure.RULE_MISSED, Failure.UNKNOWN_LAYOUT} and rule.mode == "when-missing":
        page = Page.from_bytes(body, url, content_type)
        if error.failure is Failure.UNKNOWN_LAYOUT:
            page.index(profile.interest)
            if not is_shell(page):
                return None
        elif not _bodiless(page, profile):
            return None
    layouts = [layout] if known and layout is not None else profile.layouts.values()
    return Need(why, rule, _awaits(rule, layouts, ()))


_SHELLS = {
    Failure.NEEDS_RENDERING: "it says that its content is being loaded",
    Failure.EMPTY_BODY: "its body is empty",
    Failure.RULE_MISSED: "it has no article",
    Failure.UNKNOWN_LAYOUT: "it is an application shell without text",
}


def _bodiless(page: Page, profile: Profile) -> bool:
    try:
        return not partition_page(page, profile).builder.drafts
    except (PageRefused, Quarantined):
        return False


def _allowed(profile: Profile) -> bool:
    """Return whether any page of the profile may be rendered, a cheap check that excludes most sites."""
    rules = [profile.site.render, *(layout.render for layout in profile.layouts.values() if layout.render is not None)]
    return any(mode != "never" for rule in rules for mode in (rule.mode, *rule.fields.values(), *rule.roles.values()))


def _missing(record: Record, rule: Render) -> str | None:
    if rule.mode == "always":
        return "the profile renders each page"
    if rule.mode == "when-missing" and not record.blocks:
        return "it has no body"
    for name, mode in rule.fields.items():
        if mode == "always" or (mode == "when-missing" and _value(record, name) is None):
            return f"the profile renders it for {name}"
    shown = {entry.role for entry in record.chrome if entry.text or entry.items}
    for role, mode in rule.roles.items():
        if mode == "always" or (mode == "when-missing" and role not in shown):
            return f"the profile renders it for {role}"
    return None


def _value(record: Record, name: str) -> object:
    """Return a field by its name in JSON; None for an empty one."""
    value = getattr(record, _NAMES[name])
    return None if value in (None, "", ()) else value


def _by_role(entries: Iterable[ChromeEntry]) -> Mapping[Role, list[object]]:
    """Return the chrome's content by role, wherever it is on the page."""
    found: dict[Role, list[object]] = {}
    for entry in entries:
        found.setdefault(entry.role, []).append((entry.text, entry.heading, entry.items))
    return found


def _awaits(rule: Render, layouts: Iterable[Layout], roles: Iterable[Role]) -> tuple[tuple[tuple[str, ...], int], ...]:
    """Return what shows that a page's scripts are done: what the profile says, or a body, and regions by their role."""
    layouts = [*layouts]
    if rule.wait_for is not None:
        return (((rule.wait_for,), 0),)
    groups = [(_selectors(body.css for layout in layouts for body in layout.article.body), SHORT_BODY)]
    groups += [
        (_selectors(rule.css for layout in layouts for rule in layout.chrome.values() if rule.role is role), 1)
        for role in roles
    ]
    return tuple(group for group in groups if group[0])


def _selectors(rules: Iterable[str | tuple[str, ...] | None]) -> tuple[str, ...]:
    each = ((css,) if isinstance(css, str) else css or () for css in rules)
    return tuple(dict.fromkeys(css for one in each for css in one))
