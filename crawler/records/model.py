"""The record in Python: one frozen struct for each object of the JSON Schema, one enum for each closed list.

Attributes are in snake_case, JSON keys in camelCase. The meaning of each field is documented once, in
`schema/record-1.1.0.json`, from which docs/record.md is generated.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from .lines import encode_line

if TYPE_CHECKING:
    from zyte_common_items import Article

SCHEMA_VERSION = "1.1.0"


class Kind(StrEnum):
    """The kind of page that a record describes."""

    ARTICLE = "article"
    GALLERY = "gallery"
    VIDEO = "video"


class BlockType(StrEnum):
    """The type of an article block."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    LIST = "list"
    TABLE = "table"
    QUOTE = "quote"
    CODE = "code"


class Role(StrEnum):
    """The purpose of a part of the page outside the article. A closed list: a new role is a schema change."""

    NAV = "nav"
    BREADCRUMB = "breadcrumb"
    SEARCH = "search"
    SHARE = "share"
    COMMENTS = "comments"
    DISCLAIMER = "disclaimer"
    CREDITS = "credits"
    RELATED = "related"
    HOT = "hot"
    NEXT = "next"
    ACCOUNT = "account"
    PREVIOUS = "previous"
    COLUMNS = "columns"
    TAGS = "tags"
    AD = "ad"
    APP = "app"
    TOOLS = "tools"
    FOOTER = "footer"
    HIDDEN = "hidden"
    UNKNOWN = "unknown"


class DatePrecision(StrEnum):
    """How exactly the page states its date."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"


class CharsetSource(StrEnum):
    """Which evidence decided the charset."""

    BOM = "bom"
    HEADER = "header"
    META = "meta"
    TRIAL = "trial"
    ASSUMED = "assumed"


class ExtractionMethod(StrEnum):
    """How an article was recognised."""

    PROFILE = "profile"
    GENERAL = "general"
    TEXT = "text"


class Flag(StrEnum):
    """A doubt that a consumer can filter on."""

    ENCODING_DOUBT = "encoding_doubt"
    TRUNCATED = "truncated"
    BODY_SHORT = "body_short"
    LAYOUT_FALLBACK = "layout_fallback"
    DATE_FROM_URL = "date_from_url"
    BODY_FROM_DATA = "body_from_data"
    DATE_PRECISION_LOW = "date_precision_low"
    RELATIVE_DATE = "relative_date"
    SMALL_MARGIN = "small_margin"
    PAGES_MISSING = "pages_missing"
    BODY_INCOMPLETE = "body_incomplete"
    IMAGE_MISSING = "image_missing"
    HEADLINE_DOUBT = "headline_doubt"
    DATE_DOUBT = "date_doubt"
    SOURCE_DOUBT = "source_doubt"
    AUTHOR_DOUBT = "author_doubt"
    IMAGES_DOUBT = "images_doubt"
    BODY_DOUBT = "body_doubt"
    BOUNDARY_DOUBT = "boundary_doubt"
    GENERAL = "general"
    LAYOUT_UNPROVEN = "layout_unproven"


# gc=False spares the collector structs that cannot be part of a cycle: frozen, and made of scalars and tuples.
class Info(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A line of the article outside headline and body."""

    text: str
    rule: str
    xpath: str | None = None


class Author(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A person of the byline."""

    name: str
    name_raw: str | None = None
    url: str | None = None


class Account(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The self-media account that published the article."""

    name: str
    id: str | None = None
    url: str | None = None
    description: str | None = None
    article_count: int | None = None
    follower_count: int | None = None


class Source(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The source as the page states it."""

    name: str
    url: str | None = None


class Breadcrumb(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One step of the path from the front page."""

    name: str
    url: str | None = None


class Block(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True, omit_defaults=True):
    """One block of the article. Keys that do not apply (None) are left out of the JSON."""

    type: BlockType
    text: str | None = None
    level: int | None = None
    url: str | None = None
    caption: str | None = None
    credit: str | None = None
    width: int | None = None
    height: int | None = None
    items: tuple[str, ...] | None = None
    rows: tuple[tuple[str, ...], ...] | None = None


class Image(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A content picture: the original's URL."""

    url: str
    caption: str | None = None


class Pages(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The pages of a multi-page article that were joined; `number` counts from 1."""

    number: int
    total: int
    urls: tuple[str, ...] = ()


class Item(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """One entry of a link list."""

    headline: str | None = None
    url: str | None = None
    author: str | None = None
    date_published: str | None = None
    image: str | None = None
    comment_count: int | None = None


class ChromeEntry(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """A part of the page outside the article."""

    role: Role
    text: str | None
    heading: str | None = None
    items: tuple[Item, ...] | None = None
    rule: str
    xpath: str | None = None


class Coverage(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """Characters of the page's text by where they ended up, not counting white space."""

    total: int = 0
    article: int = 0
    chrome: int = 0
    hidden: int = 0
    unknown: int = 0

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(
            total=self.total + other.total,
            article=self.article + other.article,
            chrome=self.chrome + other.chrome,
            hidden=self.hidden + other.hidden,
            unknown=self.unknown + other.unknown,
        )


class BodyFromData(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Characters of a body that was read from embedded data, and how many of them the page shows too."""

    characters: int
    in_page: int


class LayoutChoice(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The layout that was recognised; confidences and margin are shares from 0 to 1."""

    id: str
    confidence: float
    runner_up: str | None = None
    runner_up_confidence: float | None = None
    margin: float | None = None


class ProfileRef(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The profile that the page was split by; `version` is a digest of its files."""

    site: str
    version: str


class Extraction(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """How the article was recognised; `confidence` is a share from 0 to 1."""

    method: ExtractionMethod
    confidence: float | None = None
    model: str | None = None


class Doubt(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One place that a flag is raised for: an XPath or the JSON pointer of a field, and the values found there."""

    flag: Flag
    where: str
    values: tuple[str, ...] = ()


class Provenance(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The rule that produced a field, and the string it read."""

    rule: str
    raw: str | None = None


class CharsetEvidence(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """How the bytes were decoded; `replaced` counts the U+FFFD that decoding inserted."""

    name: str
    chosen_by: CharsetSource
    bom: str | None = None
    header: str | None = None
    meta: str | None = None
    replaced: int = 0


class RenderedChanges(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The fields of the record and the roles of the chrome that the page's scripts changed."""

    fields: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()


class Fetch(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """How the page was fetched; `sha256` is the digest of the body's bytes as received."""

    fetched_at: str | None
    status: int | None
    rendered: bool = False
    rendered_changes: RenderedChanges | None = None
    charset: CharsetEvidence | None
    sha256: str


class Record(msgspec.Struct, frozen=True, dict=True, rename="camel", kw_only=True):
    """One page, split into its parts. The order of the fields is that of the keys in JSON.

    For speed, creating one checks nothing: `crawler.records.validate.validate` does, before a record is written.
    """

    schema_version: str = SCHEMA_VERSION
    id: str
    site: str
    kind: Kind
    url: str | None
    canonical_url: str | None = None
    title: str | None = None
    headline: str | None = None
    original_headline: str | None = None
    info: tuple[Info, ...] = ()
    abstract: str | None = None
    description: str | None = None
    article_section: str | None = None
    keywords: tuple[str, ...] = ()
    authors: tuple[Author, ...] = ()
    editors: tuple[str, ...] = ()
    account: Account | None = None
    source: Source | None = None
    date_published: str | None = None
    date_published_raw: str | None = None
    date_precision: DatePrecision | None = None
    date_modified: str | None = None
    location: str | None = None
    in_language: str | None = None
    breadcrumbs: tuple[Breadcrumb, ...] = ()
    blocks: tuple[Block, ...] = ()
    article_body: str = ""
    article_body_html: str = ""
    images: tuple[Image, ...] = ()
    main_image: Image | None = None
    comment_count: int | None = None
    pages: Pages | None = None
    chrome: tuple[ChromeEntry, ...] = ()
    coverage: Coverage
    body_from_data: BodyFromData | None = None
    layout: LayoutChoice
    profile: ProfileRef
    extraction: Extraction | None = None
    """None only in records of schema 1.0."""
    provenance: dict[str, Provenance] = msgspec.field(default_factory=dict)
    fetch: Fetch
    content_hash: str
    flags: tuple[Flag, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the record as the decoded JSON: dicts with string keys, lists, strings, numbers, None."""
        plain: dict[str, Any] = msgspec.json.decode(self.line)
        return plain

    @cached_property
    def line(self) -> bytes:
        """The record as JSON on one line, in UTF-8, without a line end. Encoded once, for checking and writing."""
        return encode_line(self)

    def to_json(self) -> str:
        """Return the record as JSON on one line, without a line end; the same record always gives the same string."""
        return self.line.decode()

    def to_schema_org(self) -> dict[str, Any]:
        """Return the article as a schema.org NewsArticle: a dict for JSON-LD, without what the record lacks."""
        from .interchange import schema_org  # noqa: PLC0415 - it imports this module

        return schema_org(self)

    def to_article(self) -> Article:
        """Return the article as an item of zyte-common-items (the extra `zyte`).

        Raises NoZyteItems if that is not installed, ValueError for a record without a URL.
        """
        from .interchange import zyte_article  # noqa: PLC0415 - it imports this module

        return zyte_article(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Record:
        """Create a record from the result of `to_dict`, or from decoded JSON.

        Unknown keys are ignored, so that records of a newer minor version can be read. Raises msgspec.ValidationError,
        which contains the path, for a wrong type or a value that is not in a closed list.
        """
        return msgspec.convert(data, cls)
