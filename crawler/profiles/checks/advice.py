"""What is wrong with a profile that could be used: rules that never win, evidence that proves nothing, idle keys.

These are the linter's own; the loader does not ask. They follow how the rules are applied: the article's first, then
the layout's chrome in the order of the file, then what the site shares; the first rule that claims an element has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from crawler.profiles.checks.errors import OWN_NAMES, PAGES
from crawler.profiles.checks.generated import generated_part
from crawler.profiles.checks.selectors import Member, read_selector
from crawler.profiles.checks.strings import names_in
from crawler.profiles.faults import Code, Fault, Severity
from crawler.profiles.folder import File, Folder
from crawler.profiles.model import Chrome, Fields, Landmark, Layout, ListSource, Region, Site, UrlForm, Value
from crawler.profiles.patterns import pattern
from crawler.profiles.resolved import pattern_name
from crawler.profiles.toml import KeyPath
from crawler.records.model import Kind, Role

_LISTS = {
    ("fields", "keywords"),
    ("fields", "editors"),
    ("fields", "authors", "name"),
    ("fields", "breadcrumbs", "name"),
    ("fields", "breadcrumbs", "url"),
}


def judge(folder: Folder) -> Iterator[Fault]:
    """Yield what a person should change or know, of a folder that may have other faults as well."""
    for file in folder.files():
        yield from _strings(file)
        if file is not folder.phrases:
            yield from _tables(file)
            yield from _unproven(file)
    site = folder.profile.site if folder.profile is not None else None
    for file in folder.layouts.values():
        layout = file.layout
        yield from _missing(file, layout, site)
        yield from _evidence(file, layout)
        yield from _names(file)
        yield from overlaps(file, _claims(file, layout))
    yield from _alike(folder)
    yield from _idle_patterns(folder)
    if folder.profile is not None:
        yield from overlaps(folder.profile, _chrome_claims(folder.profile, folder.profile.site.chrome))


def _strings(file: File) -> Iterator[Fault]:
    for string in file.reading.strings:
        if string.format == "xpath":
            yield file.fault(
                string.path, Code.XPATH_COST, "each page that needs it pays for a copy of the tree; use CSS"
            )
        if string.format != "css":
            continue
        try:
            reading = read_selector(string.text)
        except ValueError:
            continue  # told by the checks
        for name in reading.names:
            part = generated_part(name)
            if part is not None:
                stem = name.removesuffix(part)
                instead = f"match what stays, as in .{stem}*" if stem else "find the element another way"
                yield file.fault(
                    string.path, Code.GENERATED, f"{name!r} is made by a build and gone with the next; {instead}"
                )
        members = reading.members
        for number, member in enumerate(members):
            if any(earlier.covers(member) for earlier in members[:number]):
                yield file.fault(
                    string.path, Code.OVERLAP, f"{member.text} adds nothing to what the selector says before"
                )


# --- Keys and fallbacks -----------------------------------------------------------------------------------------------


def _tables(file: File) -> Iterator[Fault]:
    for path, table in file.reading.tables():
        if isinstance(table, Value):
            yield from _value(file, path, table)
        elif isinstance(table, Chrome):
            yield from _chrome(file, path, table)
        elif isinstance(table, UrlForm):
            yield from _form(file, path, table)
        elif isinstance(table, ListSource):
            yield from _list(file, path, table)
        if isinstance(table, Region):
            yield from _fallbacks(file, path, table)
        for field, label in zip(table.__struct_fields__, table.__struct_encode_fields__, strict=True):
            entries = getattr(table, field)
            if isinstance(entries, tuple) and entries and isinstance(entries[0], msgspec.Struct):
                yield from _repeated(file, (*path, label), entries)


def _repeated(file: File, path: KeyPath, entries: Sequence[msgspec.Struct]) -> Iterator[Fault]:
    """Yield a fault for each entry of a list that an earlier one makes needless."""
    for number, entry in enumerate(entries):
        for earlier in entries[:number]:
            where = file.reading.path(entry) or path
            if isinstance(entry, Landmark) and isinstance(earlier, Landmark):
                if (entry.css, entry.url, entry.data, entry.path) == (
                    earlier.css,
                    earlier.url,
                    earlier.data,
                    earlier.path,
                ):
                    yield file.fault(where, Code.EVIDENCE, "the same landmark twice: its weight counts twice; keep one")
                    break
            elif entry == earlier or (isinstance(entry, UrlForm) and _same_form(entry, earlier)):
                yield file.fault(where, Code.UNREACHABLE, "an earlier entry says the same; this one is never reached")
                break
            elif isinstance(earlier, Value) and earlier.const is not None:
                yield file.fault(
                    where, Code.UNREACHABLE, f"never reached: const = {earlier.const!r} before it always holds"
                )
                break


def _same_form(form: UrlForm, earlier: msgspec.Struct) -> bool:
    return isinstance(earlier, UrlForm) and form.match == earlier.match


def _fallbacks(file: File, path: KeyPath, region: Region) -> Iterator[Fault]:
    """Yield a fault for each alternative of a region's css that finds nothing where those before it found nothing."""
    if not isinstance(region.css, tuple):
        return
    before: list[Member] = []
    for number, source in enumerate(region.css):
        members = _members(source)
        if members and all(any(earlier.covers(member) for earlier in before) for member in members):
            yield file.fault(
                (*path, "css", number), Code.UNREACHABLE, f"{source!r} finds nothing that those before it do not find"
            )
        before += members


def _value(file: File, path: KeyPath, value: Value) -> Iterator[Fault]:
    given = {
        label
        for field, label, default in zip(
            value.__struct_fields__, value.__struct_encode_fields__, value.__struct_defaults__, strict=True
        )
        if getattr(value, field) != default
    }
    elsewhere = given & {"meta", "data", "url", "const"}
    for key in sorted(given & {"within", "attr", "text"}) if elsewhere else ():
        yield file.fault((*path, key), Code.IGNORED, f"{key!r} does nothing: {min(elsewhere)!r} asks no element")
    if tuple(step for step in path if isinstance(step, str)) not in _LISTS:
        for key in sorted(given & {"split", "every"}):
            told = f"{key!r} does nothing: only keywords, editors, authors and breadcrumbs are lists"
            yield file.fault((*path, key), Code.IGNORED, told)


def _chrome(file: File, path: KeyPath, chrome: Chrome) -> Iterator[Fault]:
    if chrome.role in {Role.UNKNOWN, Role.HIDDEN}:
        yield file.fault(
            (*path, "role"), Code.ROLE, f"{chrome.role.value!r} is for what no rule claims; say what it is"
        )
    if chrome.heading_skip is not None and chrome.heading_before is None:
        yield file.fault((*path, "headingSkip"), Code.IGNORED, "'headingSkip' does nothing without 'headingBefore'")


def _form(file: File, path: KeyPath, form: UrlForm) -> Iterator[Fault]:
    if form.kind in {"list", "ignore"}:
        for key in ("id", "canonical"):
            if getattr(form, key) is not None:
                yield file.fault((*path, key), Code.IGNORED, f"{key!r} does nothing: {form.kind} pages give no record")
        return
    try:
        groups = pattern(form.match).groupindex
    except ValueError:
        return  # told by the checks
    if form.id is None and "id" not in groups:
        yield file.fault(
            (*path, "match"), Code.NO_ID, "no group (?P<id>...) and no id: the record's id is a hash of the address"
        )


def _list(file: File, path: KeyPath, source: ListSource) -> Iterator[Fault]:
    raw = file.table["lists"][path[1]]
    useless = ("items", "link", "date", "skip") if source.format == "html" else ("css",)
    for key in useless:
        if key in raw:
            yield file.fault((*path, key), Code.IGNORED, f"{key!r} does nothing in a list of format {source.format!r}")
    try:
        names = set(names_in(source.url))
    except ValueError:
        return  # told by the checks
    for key, needed in (("pageSize", {"offset"}), ("firstPage", PAGES), ("firstUrl", PAGES)):
        if key in raw and not names & needed:
            listed = " or ".join(f"{{{name}}}" for name in sorted(needed))
            yield file.fault((*path, key), Code.IGNORED, f"{key!r} does nothing: the URL has no {listed}")


def _unproven(file: File) -> Iterator[Fault]:
    for path, table in file.reading.tables():
        said = getattr(table, "unproven", None) or ()
        if isinstance(said, str):
            yield file.fault((*path, "unproven"), Code.UNPROVEN, said)
        else:
            for number, text in enumerate(said):
                yield file.fault((*path, "unproven", number), Code.UNPROVEN, text)


# --- A layout as a whole ----------------------------------------------------------------------------------------------


def _missing(file: File, layout: Layout, site: Site | None) -> Iterator[Fault]:
    shared = site.fields if site is not None else Fields()
    fields = file.names("fields")
    if not shared.headline and "headline" not in file.names("article") | fields:
        yield file.fault(
            ("article", "headline"), Code.MISSING_RULE, "no rule gives the headline; a record cannot be without"
        )
    if layout.kind is Kind.ARTICLE and "body" not in file.names("article"):
        yield file.fault(("article", "body"), Code.MISSING_RULE, "no rule gives the body; an article cannot be without")
    if not shared.date_published and "datePublished" not in fields:
        yield file.fault(
            ("fields", "datePublished"), Code.MISSING_RULE, "no rule gives datePublished; a record cannot be without"
        )


def _evidence(file: File, layout: Layout) -> Iterator[Fault]:
    total = sum(mark.weight for mark in layout.evidence)
    if not total:
        return
    urls = sum(mark.weight for mark in layout.evidence if mark.url is not None)
    absent = sum(mark.weight for mark in layout.evidence if mark.url is None and mark.absent)
    if urls / total >= layout.threshold:
        what = "the URL alone"
    elif (urls + absent) / total >= layout.threshold:
        what = "the URL and what is absent, which hold of an empty page too,"
    else:
        return
    yield file.fault(
        ("threshold",) if "threshold" in file.table else ("evidence",),
        Code.EVIDENCE,
        f"{what} reach{'es' if what.endswith('alone') else ''} the threshold: {urls + absent} of {total}, and"
        f" {layout.threshold:g} is enough; raise it, or give what the page shows more weight",
    )


def _names(file: File) -> Iterator[Fault]:
    """Yield a fault for each rule whose name another has: `within` would mean both."""
    info, chrome = file.names("article", "info"), file.names("chrome")
    for place, names in ((("article", "info"), info & OWN_NAMES), (("chrome",), chrome & (info | OWN_NAMES))):
        for name in sorted(names):
            yield file.fault((*place, name), Code.NAME, f"the name {name!r} is another rule's too; choose another")


def _idle_patterns(folder: Folder) -> Iterator[Fault]:
    """Yield a fault for each named pattern that no file in its reach refers to."""
    for file in folder.files():
        users = folder.files() if file is folder.profile else (file,)
        used = {pattern_name(string.text) for user in users for string in user.reading.strings}
        for name in sorted(file.names("patterns") - used):
            yield file.fault(
                ("patterns", name), Code.IGNORED, f"nothing refers to it: write '${{{name}}}' where it holds"
            )


def _alike(folder: Folder) -> Iterator[Fault]:
    """Yield a fault for each layout with the same landmarks as an earlier one: nothing would tell them apart."""
    seen: dict[frozenset[tuple[object, ...]], str] = {}
    for name, file in folder.layouts.items():
        marks = frozenset((mark.css, mark.url, mark.data, mark.path, mark.absent) for mark in file.layout.evidence)
        other = seen.setdefault(marks, name)
        if marks and other != name:
            yield file.fault(
                ("evidence",), Code.EVIDENCE, f"the same landmarks as {other}: nothing tells the two apart"
            )


# --- Which rule wins --------------------------------------------------------------------------------------------------


class Claim(msgspec.Struct, frozen=True):
    """A rule of the partition in its order: `label` names it, `whole` tells that it takes all that it matches."""

    path: KeyPath
    label: str
    region: Region
    whole: bool


def _claims(file: File, layout: Layout) -> list[Claim]:
    article = layout.article
    claims = []
    if article.headline is not None:
        claims.append(Claim(("article", "headline"), "article.headline", article.headline, whole=False))
    for body in article.body:
        path = file.reading.path(body)
        claims.append(Claim(path, f"article.body[{path[-1]}]", body, whole=body.every))
    for name, region in article.info.items():
        claims.append(Claim(("article", "info", name), f"article.info.{name}", region, whole=True))
    return [*claims, *_chrome_claims(file, layout.chrome)]


def _chrome_claims(_file: File, rules: dict[str, Chrome]) -> list[Claim]:
    return [Claim(("chrome", name), f"chrome.{name} ({rule.role})", rule, whole=True) for name, rule in rules.items()]


def overlaps(file: File, claims: Sequence[Claim]) -> Iterator[Fault]:
    """Yield a fault for each rule that earlier ones leave nothing, or only a part of what it asks for.

    Only what holds on every page is told: the earlier rule has no `where` of its own, and its selector is the same, or
    asks by tag, id and classes for no more than the later one does.
    """
    for number, later in enumerate(claims):
        taken: dict[str, Claim] = {}
        left: list[str] = []
        for member in (member for source in _sources(later.region) for member in _members(source)):
            earlier = next((claim for claim in claims[:number] if _takes(claim, member, later)), None)
            if earlier is not None:
                taken[member.text] = earlier
            else:
                left.append(member.text)
        if not taken:
            continue
        winners = ", ".join(dict.fromkeys(claim.label for claim in taken.values()))
        path = (*later.path, "css")
        if left or later.region.xpath is not None:
            yield file.fault(path, Code.OVERLAP, f"{', '.join(taken)} is taken by {winners} before it")
        elif all(claim.whole for claim in taken.values()) or _both_bodies(later, taken):
            yield file.fault(path, Code.UNREACHABLE, f"never gets an element: {winners} takes all of them before it")
        else:
            yield file.fault(
                path, Code.OVERLAP, f"the same elements as {winners}, which takes the first of them", Severity.ERROR
            )


def _both_bodies(later: Claim, taken: dict[str, Claim]) -> bool:
    """Tell whether these are bodies: a later one is asked only where the earlier ones found nothing."""
    return all(claim.path[:2] == ("article", "body") == later.path[:2] for claim in taken.values())


def _takes(earlier: Claim, member: Member, later: Claim) -> bool:
    one, two = earlier.region, later.region
    if one.text_nodes != two.text_nodes or (one.where is not None and one.where != two.where):
        return False
    sources = _sources(one)[:1]  # a fallback takes elements only on pages where those before it find none
    if any(claimed.covers(member) for source in sources for claimed in _members(source)):
        return earlier.whole or earlier.path[:2] == later.path[:2] or _equal(one, member)
    return False


def _equal(region: Region, member: Member) -> bool:
    """Tell whether `member` asks for just what the first alternative of `region` does."""
    return any(
        claimed.text == member.text or (member.alone and member.covers(claimed))
        for claimed in _members(_sources(region)[0])
    )


def _sources(region: Region) -> tuple[str, ...]:
    return (region.css,) if isinstance(region.css, str) else region.css or ()


def _members(source: str) -> tuple[Member, ...]:
    try:
        return read_selector(source).members
    except ValueError:
        return ()  # told by the checks
