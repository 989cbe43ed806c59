"""From a page and its profile to a record: layout, partition, blocks, fields. Pure: no clock, network or state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ..errors import Failure, Quarantined
from ..page.dom import Page
from ..page.limits import check_part
from ..page.text import collapse, line_size
from ..page.urls import absolute
from ..profiles.load import Profile
from ..profiles.match import Choice, UrlReading, article_id, choose_layout, read_url
from ..profiles.model import Body, Layout, Value
from ..profiles.thumbnails import original
from ..records.model import (
    Account,
    Author,
    BodyFromData,
    Breadcrumb,
    ChromeEntry,
    Coverage,
    DatePrecision,
    Extraction,
    ExtractionMethod,
    Fetch,
    Flag,
    Image,
    Info,
    Kind,
    LayoutChoice,
    Pages,
    ProfileRef,
    Record,
    Role,
    Source,
)
from ..records.model import BlockType as Type
from . import refusals
from .blocks import BlockBuilder
from .claims import Claim, Claims, Target, apply_rules
from .consistency import at_odds
from .copies import content_hash, shared_size
from .dates import ParsedDate
from .doubts import Doubts
from .incomplete import left_out
from .items import ItemReader
from .metadata import LastResort, Metadata
from .pager import Pager, claim_pager
from .partition import Piece, Walk
from .promos import promos
from .teasers import note_teaser
from .values import Reader, Values

SHORT_BODY = 40
"""Articles with fewer characters are flagged: less than one Chinese news sentence."""
SMALL_MARGIN = 0.15


@dataclass(frozen=True, slots=True)
class PartitionedPage:
    """A partitioned page, before its fields are read: its pieces (`walk`) and blocks (`builder`).

    With `from_data` the blocks were read from embedded data, so they are not part of the page's text. `doubts` are
    those of its layout, claims and blocks so far, `values` what the profile's rules for values find on it.
    """

    reading: UrlReading
    choice: Choice
    layout: Layout
    walk: Walk
    builder: BlockBuilder
    values: Values
    from_data: bool
    doubts: Doubts
    pager: Pager | None


def sieve(page: Page, profile: Profile, apart: PartitionedPage, fetch: Fetch, now: datetime | None) -> Record:
    """Extract the record of `page` with `profile`; `apart` is its partition, whose doubts get those of the record.

    Raises `Quarantined` if a required field is missing; never guesses.
    """
    return Assembly(page, profile, apart, Reader(apart.values, profile, now)).record(fetch)


def walk_claims(
    page: Page, profile: Profile, values: Values, claims: Claims, doubts: Doubts
) -> tuple[Walk, BlockBuilder]:
    """Give every character of the page's text to one piece or block, by the claims on it."""
    walk = Walk(page, claims)
    builder = BlockBuilder(page, profile.site, walk, values, doubts)
    walk.body = builder.read
    walk.run(page.root)
    walk.body = None  # walk and builder holding each other would keep the page in memory until the collector comes
    return walk, builder


def partition_page(page: Page, profile: Profile) -> PartitionedPage:
    """Choose the layout of `page` and give every character of its text to one piece or block.

    Raises `Quarantined` if the page is not an article or its layout is not recognised.
    """
    reading = read_url(page.url, profile)
    if reading.kind in {"list", "ignore"}:
        raise Quarantined(Failure.NOT_AN_ARTICLE, f"{page.url}: a {reading.kind} page by the profile's URL forms")
    page.index(profile.interest)
    refusals.check_page(page, profile)
    choice = choose_layout(page, profile)
    if choice.layout is None:
        raise refusals.unrecognised(page, profile, choice)
    layout = choice.layout
    claims = apply_rules(page, layout)
    pager = claim_pager(page, claims, profile, reading)
    doubts = Doubts()
    values = Values(page, profile.data[layout.id], claims)
    walk, builder = walk_claims(page, profile, values, claims, doubts)
    from_data = not builder.drafts and _read_body_data(values, profile, layout, builder)
    return PartitionedPage(reading, choice, layout, walk, builder, values, from_data, doubts, pager)


def _read_body_data(values: Values, profile: Profile, layout: Layout, builder: BlockBuilder) -> bool:
    """Read the body from embedded data if no element contains it; return whether there was one."""
    for number, body in enumerate(layout.article.body):
        found = values.embedded(body.data, body.path) if body.data is not None else ()
        html = values.filled([item for item in found if isinstance(item, str)], body)
        rule = f"article.body[{number}].data"
        if html.strip() and read_html(html, rule, body, values, profile, layout, builder):
            return True
    return False


def read_html(
    html: str, rule: str, body: Body, values: Values, profile: Profile, layout: Layout, builder: BlockBuilder
) -> bool:
    """Read the body from HTML outside the page's tree; return whether there was one. Raises PageRefused."""
    check_part(html)
    inner = Page(html, values.page.url)
    inner.index(profile.interest)
    claims = apply_rules(inner, layout)
    root = inner.dom.body or inner.root
    claims.by_node.pop(root.mem_id, None)
    inside = Values(values.page, profile.data[layout.id], claims)
    nested = BlockBuilder(inner, profile.site, Walk(inner, claims), inside, builder.doubts, "/articleBody")
    nested.read(Claim(Target.BODY, rule, root, body=body))
    if not nested.drafts:
        return False
    builder.drafts = nested.drafts
    for name, nodes in claims.by_name.items():
        builder.walk.claims.by_name.setdefault(name, []).extend(nodes)
    return True


class Assembly:
    """One page, field by field; `extraction` says how, if not by a profile; `metadata` if read before."""

    def __init__(
        self, page: Page, profile: Profile, apart: PartitionedPage, reader: Reader,
        extraction: Extraction | None = None, metadata: Metadata | None = None,
    ) -> None:  # fmt: skip
        self.page = page
        self.profile = profile
        self.reading = apart.reading
        self.choice = apart.choice
        self.extraction = extraction or Extraction(ExtractionMethod.PROFILE, apart.choice.score)
        self.layout = apart.layout
        self.pieces = apart.walk.pieces
        self.claims = apart.walk.claims
        self.blocks = apart.builder.blocks()
        self.body_size = line_size("".join(text or "" for block in self.blocks for text in (block.text, block.caption)))
        self.builder = apart.builder
        self.values = apart.values
        self.from_data = apart.from_data
        self.pager = apart.pager
        self.reader, self.metadata = reader, metadata
        self.doubts = apart.doubts
        self.flags = apart.doubts.flags
        self._shown: list[Piece] = []

    def record(self, fetch: Fetch) -> Record:
        """Return the record; raises `Quarantined` if no rule finds a required field."""
        fields, read = self.layout.fields, self.reader
        title = self._piece_text(Target.TITLE)
        shown = self._piece_text(Target.HEADLINE)
        headline = shown or read.text("headline", fields.headline)
        if headline and not shown and self._is_from_meta(headline, fields.headline):
            self.flags.add(Flag.LAYOUT_FALLBACK)
        body = "\n\n".join(text for block in self.blocks for text in (block.text, block.caption) if text)
        refusals.check_body(
            self.page, self.profile, self.layout, self.choice, self.builder, self.body_size, title, headline
        )
        metadata = LastResort(Metadata(self.page, headline, self.metadata), read, self.doubts)
        date = read.date("datePublished", fields.date_published) or metadata.date(
            "datePublished", fields.date_published
        )
        self._require(headline, date)
        modified = read.date("dateModified", fields.date_modified) or metadata.date(
            "dateModified", fields.date_modified
        )
        images = tuple(Image(one.url, one.caption) for one in self.blocks if one.type is Type.IMAGE and one.url)
        if self.from_data:
            self.flags.add(Flag.BODY_FROM_DATA)
        if not self.layout.proved:
            self.flags.add(Flag.LAYOUT_UNPROVEN)
        note_teaser(self.page, self.layout, self.doubts, size=self.body_size)
        if fetch.charset is not None and fetch.charset.replaced:
            self.flags.add(Flag.ENCODING_DOUBT)
        if self.layout.kind is Kind.ARTICLE and self.body_size < SHORT_BODY:
            self.flags.add(Flag.BODY_SHORT)
        info, chrome = tuple(self._info()), tuple(self._chrome())
        for node, text in left_out(self.pieces, self.claims, body, in_page=not self.from_data):
            self.doubts.add(Flag.BODY_INCOMPLETE, self.page.path(node), (text,))
        for node, text in promos(self.builder.drafts):
            self.doubts.add(Flag.BODY_DOUBT, "/articleBody" if self.from_data else self.page.path(node), (text,))
        record = Record(
            id=article_id(self.reading, self.profile.site.site, read.stated_id(fields.id)),
            site=self.profile.site.site,
            kind=self.layout.kind,
            url=self.page.url,
            canonical_url=self._canonical(),
            title=title,
            headline=headline,
            original_headline=read.text("originalHeadline", fields.original_headline),
            info=info,
            abstract=read.text("abstract", fields.abstract),
            description=read.text("description", fields.description)
            or metadata.text("description", fields.description),
            article_section=read.text("articleSection", fields.article_section)
            or metadata.text("articleSection", fields.article_section),
            keywords=read.texts("keywords", fields.keywords) or metadata.keywords(fields.keywords),
            authors=self._authors(),
            editors=read.texts("editors", fields.editors),
            account=self._account(),
            source=self._source(),
            date_published=date[0].iso if date else None,
            date_published_raw=date[0].raw if date else None,
            date_precision=self._precision(*date) if date else None,
            date_modified=modified[0].iso if modified else None,
            location=read.text("location", fields.location),
            in_language=self.profile.site.language,
            breadcrumbs=tuple(self._breadcrumbs(chrome)),
            blocks=self.blocks,
            article_body=body,
            article_body_html=self.builder.html(),
            images=images,
            main_image=self._main_image(images),
            comment_count=read.number("commentCount", fields.comment_count),
            pages=self._pages(),
            chrome=chrome,
            coverage=self._coverage(title, shown, info, chrome),
            body_from_data=self._body_from_data(title, shown, info, chrome) if self.from_data else None,
            layout=self._choice(),
            profile=ProfileRef(self.profile.site.site, self.profile.version),
            extraction=self.extraction,
            provenance=dict(sorted(self.reader.provenance.items())),
            fetch=fetch,
            content_hash=content_hash(headline, self.blocks),
        )
        if self.extraction.method is not ExtractionMethod.GENERAL:
            named = next((piece.node for piece in self._of(Target.HEADLINE)), None)
            found, stated = date and date[0], metadata.stated("datePublished")
            for doubt in at_odds(self.page, record, named, found, stated, metadata.texts(), self.profile.timezone):
                self.doubts.add(*doubt)
        return msgspec.structs.replace(record, flags=tuple(sorted(self.flags)), doubts=self.doubts.entries())

    def _is_from_meta(self, headline: str, rules: Sequence[Value]) -> bool:
        """Return whether `headline` is one that only a meta element gives."""
        stated = [rule for rule in rules if rule.meta is None]
        return not stated or self.reader.peek(stated) != headline

    def _require(self, headline: str | None, date: tuple[ParsedDate, Value | None] | None) -> None:
        missing = [
            (pointer, rule)
            for pointer, rule, there in (
                ("/headline", "article.headline", headline),
                ("/articleBody", "article.body", self.blocks or self.layout.kind is not Kind.ARTICLE),
                ("/datePublished", "fields.datePublished", date or self.extraction.method is ExtractionMethod.GENERAL),
            )
            if not there
        ]
        if missing:
            pointer, rule = missing[0]
            raise Quarantined(
                Failure.RULE_MISSED,
                f"{self.page.url}: {rule} of layout {self.layout.id} finds nothing, but a record of kind"
                f" {self.layout.kind} requires it; compare the page with the layout's rule",
                pointer=pointer,
                layout=self.layout.id,
                score=self.choice.score,
                rule=rule,
            )

    def _of(self, target: Target) -> list[Piece]:
        return [piece for piece in self.pieces if piece.claim is not None and piece.claim.target is target]

    def _piece_text(self, target: Target) -> str | None:
        for piece in self._of(target):
            text = piece.text
            if target is Target.HEADLINE and text:
                self.reader.note("headline", piece.rule, text)
            return text or None
        return None

    def _info(self) -> list[Info]:
        return [
            Info(text, piece.rule, self.page.path(piece.node))
            for piece in self._of(Target.INFO)
            if (text := piece.text)
        ]

    def _chrome(self) -> list[ChromeEntry]:
        """Return the chrome entries in page order; a heading before its region is joined to it."""
        site = self.profile.site
        reader = ItemReader(self.values, site, self.profile.timezone, self.reader.now)
        entries = []
        leading = {
            piece.claim.heading_of: piece.text
            for piece in self.pieces
            if piece.claim is not None and piece.claim.heading_of
        }
        present = {piece.node.mem_id for piece in self.pieces}
        for piece in self.pieces:
            claim = piece.claim
            if piece.role is None or (claim is not None and claim.heading_of in present):
                continue
            chrome = claim.chrome if claim is not None else None
            text = piece.text
            items = reader.read(piece.node, chrome.items) if chrome is not None and chrome.items else None
            inside = piece.node.css_first(chrome.heading) if chrome is not None and chrome.heading else None
            heading = collapse(inside.text()) if inside is not None else self.claims.headings.get(piece.node.mem_id)
            if piece.node.mem_id in leading:
                heading = leading[piece.node.mem_id]
                text = f"{heading} {text}".strip()
            if not text and not items:
                continue
            self._shown.append(piece)
            heading, xpath = heading or None, self.page.path(piece.node)
            entries.append(
                ChromeEntry(role=piece.role, text=text, heading=heading, items=items, rule=piece.rule, xpath=xpath)
            )
        return entries

    def _authors(self) -> tuple[Author, ...]:
        rules = self.layout.fields.authors
        names = self.reader.texts("authors", rules.name)
        url = self.reader.url("authors.url", rules.url) if names and rules.url else None
        raw = self.reader.provenance["authors"].raw if names else None
        return tuple(Author(name, raw, url if len(names) == 1 else None) for name in names)

    def _account(self) -> Account | None:
        rules, read = self.layout.fields.account, self.reader
        name = read.text("account.name", rules.name)
        if name is None:
            return None
        return Account(
            name=name,
            id=read.text("account.id", rules.id),
            url=read.url("account.url", rules.url),
            description=read.text("account.description", rules.description),
            article_count=read.number("account.articleCount", rules.article_count),
            follower_count=read.number("account.followerCount", rules.follower_count),
        )

    def _source(self) -> Source | None:
        rules = self.layout.fields.source
        name = self.reader.text("source", rules.name)
        return Source(name, self.reader.url("source.url", rules.url)) if name else None

    def _precision(self, date: ParsedDate, rule: Value | None) -> DatePrecision:
        if date.relative:
            self.flags.add(Flag.RELATIVE_DATE)
        if rule is not None and rule.url is not None:
            self.flags.add(Flag.DATE_FROM_URL)
        precision = DatePrecision(date.precision)
        if precision is DatePrecision.DAY:
            self.flags.add(Flag.DATE_PRECISION_LOW)
        return precision

    def _canonical(self) -> str | None:
        if self.reading.form is not None and self.reading.form.canonical:
            return self.reading.canonical
        link = self.page.dom.css_first('link[rel="canonical"]')
        stated = link.attrs.get("href") if link is not None else self.page.meta("og:url")
        return absolute(self.page.url, stated or "") or self.reading.canonical

    def _breadcrumbs(self, chrome: Sequence[ChromeEntry]) -> list[Breadcrumb]:
        """Return the links of the first breadcrumb region (its rule's items, else all), else the values of rules."""
        for entry, piece in zip(chrome, self._shown, strict=True):
            if entry.role is not Role.BREADCRUMB:
                continue
            if entry.items is not None:
                return [Breadcrumb(item.headline, item.url) for item in entry.items if item.headline]
            links = ((collapse(link.text()), link.attrs.get("href") or "") for link in piece.node.css("a"))
            return [Breadcrumb(name, absolute(self.values.base, href)) for name, href in links if name]
        rules = self.layout.fields.breadcrumbs
        names = self.reader.texts("breadcrumbs", rules.name)
        urls = self.reader.texts("breadcrumbs.url", rules.url) if names else ()
        if len(urls) != len(names):
            return [Breadcrumb(name) for name in names]
        return [Breadcrumb(name, absolute(self.values.base, url)) for name, url in zip(names, urls, strict=True)]

    def _main_image(self, images: Sequence[Image]) -> Image | None:
        url = self.reader.url("mainImage", self.layout.fields.main_image)
        if url is not None:
            return Image(original(url, self.profile.site))
        return images[0] if images else None

    def _coverage(
        self, title: str | None, headline: str | None, info: Sequence[Info], chrome: Sequence[ChromeEntry]
    ) -> Coverage:
        article = line_size("".join([title or "", headline or "", *(line.text for line in info)]))
        if not self.from_data:
            article += self.body_size
        texts: dict[Role | None, list[str]] = {Role.HIDDEN: [], Role.UNKNOWN: [], None: []}
        for entry in chrome:
            texts[entry.role if entry.role in texts else None].append(entry.text or "")
        hidden, unknown, rest = (line_size("".join(of_role)) for of_role in texts.values())
        return Coverage(
            total=article + rest + hidden + unknown, article=article, chrome=rest, hidden=hidden, unknown=unknown
        )

    def _body_from_data(
        self, title: str | None, headline: str | None, info: Sequence[Info], chrome: Sequence[ChromeEntry]
    ) -> BodyFromData:
        page = [title, headline, *(line.text for line in info), *(entry.text for entry in chrome)]
        body = [text for block in self.blocks for text in (block.text, block.caption)]
        return BodyFromData(self.body_size, shared_size(body, page))

    def _pages(self) -> Pages | None:
        """Return the page's number; the other pages are missing, since pages are extracted one at a time."""
        pager = self.pager
        if pager is None:
            return None
        place = self.page.path(pager.nodes[0]) if pager.nodes else "/pages"
        missing = [url for number, url in pager.urls.items() if number != pager.number]
        self.doubts.add(Flag.PAGES_MISSING, place, missing or [node.text() for node in pager.nodes])
        if not pager.urls:
            return None
        return Pages(pager.number, pager.total, (self.page.url,))

    def _choice(self) -> LayoutChoice:
        choice = self.choice
        margin = None if choice.runner_up_score is None else round(choice.score - choice.runner_up_score, 4)
        if margin is not None and margin < SMALL_MARGIN:
            self.flags.add(Flag.SMALL_MARGIN)
        return LayoutChoice(self.layout.id, choice.score, choice.runner_up, choice.runner_up_score, margin)
