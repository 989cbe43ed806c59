"""The record in Python: one frozen struct for each object of the JSON Schema, one enum for each closed list.

Attributes are in snake_case, JSON keys in camelCase. The string in a field's annotation is its meaning; the published
JSON Schema (`schema.py`) and docs/record.md are generated from these classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from .lines import encode_line
from .scalars import (
    ALWAYS,
    FIELD_NAMES,
    UNIQUE,
    Count,
    Date,
    Described,
    Digest,
    HttpStatus,
    Instant,
    Language,
    Level,
    Link,
    PageNumber,
    Pixels,
    RecordId,
    Rule,
    Share,
    SiteName,
    SomeCount,
    SomeLink,
    SomeShare,
    SomeText,
    Text,
    Uri,
    XPath,
)

if TYPE_CHECKING:
    from zyte_common_items import Article

SCHEMA_VERSION = "1.1.0"


class Kind(Described):
    """The kind of page. Lists and front pages yield links, not records."""

    ARTICLE = "article", "text in paragraphs, with or without pictures"
    GALLERY = "gallery", "a series of pictures with captions"
    VIDEO = "video", "a page built around one video"


class BlockType(Described):
    """The type of a block."""

    PARAGRAPH = "paragraph", "a paragraph: `text`"
    HEADING = "heading", "a heading inside the article: `text`, `level`"
    IMAGE = "image", "a picture: `url`, `caption`, `credit`, `width`, `height`, as far as present"
    VIDEO = "video", "a video: the same keys"
    AUDIO = "audio", "audio: the same keys"
    LIST = "list", "a list: `text` and, as a view of it, `items`"
    TABLE = "table", "a table: `text` and, as a view of it, `rows`"
    QUOTE = "quote", "a quotation: `text`"
    CODE = "code", "preformatted text: `text`"


class Role(Described):
    """The purpose of a part of the page outside the article. A closed list: a new role is a schema change."""

    NAV = "nav", "navigation, back-to-top and the site's own menus"
    BREADCRUMB = "breadcrumb", "the path from the front page to this one"
    SEARCH = "search", "search boxes"
    SHARE = "share", "share buttons and their tips"
    COMMENTS = "comments", "the comment area"
    DISCLAIMER = "disclaimer", "the platform's disclaimer (特别声明, 平台声明), one entry per language"
    CREDITS = (
        "credits",
        "editor and source lines after the body (责任编辑, 本文来源), where the site marks the line as such",
    )
    RELATED = (
        "related",
        "recommended or related articles (相关推荐, 为您推荐, 延伸阅读), also inside the body's container",
    )
    HOT = "hot", "lists of the most-read articles (热点推荐, 热点新闻)"
    NEXT = "next", "the article to read next (阅读下一篇)"
    ACCOUNT = "account", "the card of the account or author that published it (文章数, 关注度)"
    PREVIOUS = "previous", "earlier articles of the same account (往期回顾)"
    COLUMNS = "columns", "the portal's own columns, one entry per column (头条要闻, 体育要闻)"
    TAGS = "tags", "tags and topics of the article"
    AD = "ad", "advertisements"
    APP = "app", "QR codes, open-in-app and download prompts"
    TOOLS = "tools", "accessibility and text size switches, log-in pop-ups, likes, toasts"
    FOOTER = "footer", "the page's footer: copyright, licences, contact"
    HIDDEN = "hidden", "text that no rule claims and that the page hides"
    UNKNOWN = "unknown", "text that no rule claims and that a reader sees"


class DatePrecision(Described):
    """How exactly the page states `datePublished`; null where there is no date."""

    SECOND = "second", "to the second"
    MINUTE = "minute", "to the minute: the seconds of `datePublished` are written 00"
    DAY = "day", "to the day: `datePublished` is a bare YYYY-MM-DD"


class CharsetSource(Described):
    """Which evidence decided the charset."""

    BOM = "bom", "a byte order mark at the start of the body"
    HEADER = "header", "the Content-Type header"
    META = "meta", "the page's own meta element"
    TRIAL = "trial", "decoding by trial: the charsets of header and meta do not fit the bytes, or there are none"
    ASSUMED = "assumed", "no evidence; a default"


class ExtractionMethod(Described):
    """How an article was recognised."""

    PROFILE = "profile", "by a layout of the site's profile"
    GENERAL = "general", "without a profile, by rules for news pages in general"
    TEXT = "text", "from a text dump, by the site's phrases"


class Flag(Described):
    """A doubt that a consumer can filter on."""

    ENCODING_DOUBT = "encoding_doubt", "the charset is not certain, or bytes did not decode"
    TRUNCATED = "truncated", "the page seems cut off, or says that it has only the beginning of the article"
    BODY_SHORT = "body_short", "the body is shorter than the layout's articles are"
    LAYOUT_FALLBACK = (
        "layout_fallback",
        "a field came from a fallback, because the layout's own rules for it found nothing",
    )
    DATE_FROM_URL = "date_from_url", "`datePublished` was read from the URL"
    BODY_FROM_DATA = "body_from_data", "the body was read from data embedded in a script"
    DATE_PRECISION_LOW = "date_precision_low", "only the day of `datePublished` is known"
    RELATIVE_DATE = "relative_date", "`datePublished` was computed from a phrase such as 3小时前 and the fetch time"
    SMALL_MARGIN = "small_margin", "the runner-up layout came close"
    PAGES_MISSING = "pages_missing", "the article has more pages than were joined: see `doubts`"
    BODY_INCOMPLETE = (
        "body_incomplete",
        "text or elements that look like more of the body were left out of it: see `doubts`",
    )
    IMAGE_MISSING = "image_missing", "the body has a picture whose address was not found: see `doubts`"
    HEADLINE_DOUBT = "headline_doubt", "the page's own statements of the headline disagree: see `doubts`"
    DATE_DOUBT = "date_doubt", "the page's own statements of the date disagree: see `doubts`"
    SOURCE_DOUBT = (
        "source_doubt",
        "`source` does not look like a source's name, or the page's statements disagree: see `doubts`",
    )
    AUTHOR_DOUBT = (
        "author_doubt",
        "an author does not look like a person's name, or the page's statements disagree: see `doubts`",
    )
    IMAGES_DOUBT = "images_doubt", "the pictures do not look like those of an article: see `doubts`"
    BODY_DOUBT = "body_doubt", "parts of the body do not look like an article's text: see `doubts`"
    BOUNDARY_DOUBT = "boundary_doubt", "the body seems to begin or end in the wrong place: see `doubts`"
    GENERAL = "general", "the page was read without a profile"
    LAYOUT_UNPROVEN = "layout_unproven", "the layout was recognised by evidence that no recorded page has proved"


# gc=False spares the collector structs that cannot be part of a cycle: frozen, and made of scalars and tuples.
class Info(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A line of the article outside headline and body."""

    text: Annotated[SomeText, "The line, verbatim."]
    rule: Annotated[Rule, "The rule that claimed it."]
    xpath: Annotated[XPath, "Where it is in the page; null in a record from a text dump."] = None


class Author(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A person of the byline."""

    name: Annotated[SomeText, "The name, without words such as 记者 or 文/."]
    name_raw: Annotated[Text, "The byline it was read from, verbatim."] = None
    url: Annotated[Link, "The person's page."] = None


class Account(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The self-media account that published the article."""

    name: Annotated[SomeText, "Its name."]
    id: Annotated[Text, "The site's id for it."] = None
    url: Annotated[Link, "Its page."] = None
    description: Annotated[Text, "How it describes itself."] = None
    article_count: Annotated[Count, "How many articles it has (文章数)."] = None
    follower_count: Annotated[Count, "How many followers it has (关注度); 1.2万 is 12000."] = None


class Source(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The source as the page states it."""

    name: Annotated[SomeText, "Its name."]
    url: Annotated[Link, "Where the name links to, usually the original article."] = None


class Breadcrumb(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One step of the path from the front page."""

    name: Annotated[SomeText, "Its name."]
    url: Annotated[Link, "Where it links to."] = None


class Block(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True, omit_defaults=True):
    """One block. Keys that do not apply to its type, or that the page does not give, are left out."""

    type: Annotated[BlockType, "The type of the block."]
    text: Annotated[
        SomeText | None,
        "All text the block shows, plain, white space collapsed, never markup. Pictures, videos and audio have"
        " `caption` instead.",
    ] = None
    level: Annotated[Level | None, "For a heading: 1 to 6."] = None
    url: Annotated[
        SomeLink | None,
        "For a picture, video or audio: the URL of the original. Left out where the page does not contain it.",
    ] = None
    caption: Annotated[SomeText | None, "For a picture, video or audio: all text it shows, including the credit."] = (
        None
    )
    credit: Annotated[SomeText | None, "Who created it: a view of `caption`, or read from an attribute."] = None
    width: Annotated[Pixels | None, "Width in pixels, as the page states it."] = None
    height: Annotated[Pixels | None, "Height in pixels, as the page states it."] = None
    items: Annotated[tuple[str, ...] | None, "For a list: its entries in order, a view of `text`."] = None
    rows: Annotated[tuple[tuple[str, ...], ...] | None, "For a table: its rows of cells, a view of `text`."] = None


class Image(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A content picture."""

    url: Annotated[SomeLink, "The original picture, neither the thumbnail proxy nor the lazy-load placeholder."]
    caption: Annotated[Text, "Its caption."] = None


class Pages(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The pages of a multi-page article that were joined; `number` counts from 1."""

    number: Annotated[PageNumber, "Which of the article's pages `url` is, counted from 1."]
    total: Annotated[PageNumber, "How many pages the article has."]
    urls: Annotated[tuple[SomeLink, ...], "The pages whose blocks are in this record, in reading order."] = ()


class Item(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """One entry of a link list; null for what the page does not have."""

    headline: Annotated[Text, "Its headline as shown in the list."] = None
    url: Annotated[Link, "Where it links to."] = None
    author: Annotated[Text, "Its author or account as shown."] = None
    date_published: Annotated[Date, "When it was published, as far as the list states it."] = None
    image: Annotated[Link, "Its picture."] = None
    comment_count: Annotated[Count, "How many comments it has, as the list states it."] = None


class ChromeEntry(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """A part of the page outside the article."""

    role: Annotated[Role, "Its purpose."]
    text: Annotated[str | None, "All its text, including that of `items`. Null with the chrome setting `items`."]
    heading: Annotated[Text, "Its heading, a view of `text`."] = None
    items: Annotated[
        tuple[Item, ...] | None, "For a link list: its entries in order, a view of `text`; null otherwise."
    ] = None
    rule: Annotated[
        Rule,
        "The rule that claimed it; `unclaimed` if no rule did, `fallback` for what a player shows when it cannot play.",
    ]
    xpath: Annotated[XPath, "Where it is in the page; null in a record from a text dump."] = None


class Coverage(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """Characters of the page's text by where they ended up, not counting white space."""

    total: Annotated[SomeCount, "The page's text: the sum of the other four."] = 0
    article: Annotated[
        SomeCount,
        "In `title`, `headline`, `info` and `blocks`; blocks read from data are not part of the page's text (see"
        " `bodyFromData`).",
    ] = 0
    chrome: Annotated[SomeCount, "In `chrome`, all roles except `hidden` and `unknown`."] = 0
    hidden: Annotated[SomeCount, "In `chrome` under `hidden`."] = 0
    unknown: Annotated[SomeCount, "In `chrome` under `unknown`."] = 0

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

    characters: Annotated[SomeCount, "Characters of the blocks, not counting white space."]
    in_page: Annotated[
        SomeCount, "Those in blocks whose text is also in the page's text, where `coverage` counts them."
    ]


class LayoutChoice(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The layout that was recognised; confidences and margin are shares from 0 to 1."""

    id: Annotated[SomeText, "Id of the layout: the name of its file in the profile."]
    confidence: Annotated[SomeShare, "Share of the layout's weighted evidence found in the page, 0 to 1."]
    runner_up: Annotated[Text, "Id of the second best layout; null if no other layout has any evidence."] = None
    runner_up_confidence: Annotated[Share, "The same share for the second best; null without one."] = None
    margin: Annotated[Share, "`confidence` minus `runnerUpConfidence`; null without a second best."] = None


class ProfileRef(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The profile that the page was split by; `version` is a digest of its files."""

    site: Annotated[SiteName, "Its name."]
    version: Annotated[SomeText, "A digest of its files; it changes with its rules."]


class Extraction(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """How the article was recognised; `confidence` is a share from 0 to 1."""

    method: Annotated[ExtractionMethod, "The method."]
    confidence: Annotated[
        Share,
        "How sure the method is: with `profile` and `text` the same figure as `layout.confidence`; null where the"
        " method has none.",
    ] = None
    model: Annotated[Text, "Name and version of the model that decided; null where none did."] = None


class Doubt(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One place that a flag is raised for: an XPath or the JSON pointer of a field, and the values found there."""

    flag: Annotated[Flag, "The flag; it is in `flags` too."]
    where: Annotated[
        SomeText,
        "Where the evidence is: an XPath in the parsed document (`/html/body/…`), or the JSON pointer of a field of"
        " this record (`/pages`).",
    ]
    values: Annotated[
        tuple[SomeText, ...],
        "What was found there, or the values that disagree, each cut to 200 characters; at most 10.",
    ] = ()


class Provenance(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The rule that produced a field, and the string it read."""

    rule: Annotated[Rule, "The rule that produced the field."]
    raw: Annotated[str | None, "What the rule read, verbatim; null if it did not read a string."] = None


class CharsetEvidence(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """How the bytes were decoded; `replaced` counts the U+FFFD that decoding inserted."""

    name: Annotated[SomeText, "The charset used for decoding."]
    chosen_by: Annotated[CharsetSource, "Which evidence decided."]
    bom: Annotated[Text, "The charset of the byte order mark, null without one."] = None
    header: Annotated[Text, "The charset in the Content-Type header."] = None
    meta: Annotated[Text, "The charset in the page's meta element."] = None
    replaced: Annotated[
        SomeCount, "How many U+FFFD the decoding inserted for bytes that are invalid in this charset."
    ] = 0


class RenderedChanges(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The fields of the record and the roles of the chrome that the page's scripts changed."""

    fields: Annotated[
        tuple[SomeText, ...],
        UNIQUE,
        "Names of the record's fields that differ (`account.name` for a field inside another).",
    ] = ()
    roles: Annotated[tuple[Role, ...], UNIQUE, "Roles of the chrome that differ."] = ()


class Fetch(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """How the page was fetched; `sha256` is the digest of the body's bytes as received."""

    fetched_at: Annotated[Instant | None, "When, RFC 3339; null if not known."]
    status: Annotated[
        HttpStatus | None, "The HTTP status; null if not known, always null in a record from a text dump."
    ]
    rendered: Annotated[bool, "Whether a browser ran the page's scripts before it was read."] = False
    rendered_changes: Annotated[
        RenderedChanges | None,
        "What the page's scripts changed, compared with the page as it was sent; null where it was not rendered or"
        " not compared.",
    ] = None
    charset: Annotated[CharsetEvidence | None, "How the bytes were decoded, with the evidence; null for a text dump."]
    sha256: Annotated[Digest, "Digest of the body's bytes as received."]


class Record(msgspec.Struct, frozen=True, dict=True, rename="camel", kw_only=True):
    """One page, split into its parts. The order of the fields is that of the keys in JSON.

    For speed, creating one checks nothing: `crawler.records.validate.validate` does, before a record is written.
    """

    schema_version: Annotated[
        str, Meta(extra_json_schema={"const": SCHEMA_VERSION}), "Version of this contract (semantic versioning)."
    ] = SCHEMA_VERSION
    id: Annotated[
        RecordId,
        "`<site>:<the site's own article id>`; without one, `<site>:` and a hash of the canonical URL, or of the"
        " text of a text dump. The same article has the same id for every form of its URL.",
    ]
    site: Annotated[SiteName, "Name of the site's profile."]
    kind: Annotated[Kind, "The kind of page."]
    url: Annotated[Uri, "The URL of the page as fetched. Null only in a record from a text dump."]
    canonical_url: Annotated[Uri, "The canonical URL, as the page or the profile states it."] = None
    title: Annotated[Text, "The text of the `title` element, verbatim."] = None
    headline: Annotated[Text, "The headline as shown."] = None
    original_headline: Annotated[Text, "The original headline (原标题) where the page has one."] = None
    info: Annotated[
        tuple[Info, ...],
        "The article's lines outside headline and body, verbatim: time and source line, byline, original-title line.",
    ] = ()
    abstract: Annotated[
        Text, "The deck: the summary that the page shows with the article (摘要, 导语). A view of a line in `info`."
    ] = None
    description: Annotated[Text, "The description in the page's metadata."] = None
    article_section: Annotated[
        Text, "The section of the site that the article is in, where the page states it (schema.org articleSection)."
    ] = None
    keywords: Annotated[tuple[SomeText, ...], "The keywords in the page's metadata, in order."] = ()
    authors: Annotated[tuple[Author, ...], "Persons of the byline, in order. Editors are not authors."] = ()
    editors: Annotated[tuple[SomeText, ...], "The editors in charge (责任编辑), in order."] = ()
    account: Annotated[Account | None, "The self-media account (公众号 and the like) that published it, or null."] = (
        None
    )
    source: Annotated[Source | None, "The source (来源) as the page states it, or null."] = None
    date_published: Annotated[Date, "When it was published, with the precision in `datePrecision`."] = None
    date_published_raw: Annotated[Text, "The text that the date was read from, verbatim."] = None
    date_precision: Annotated[DatePrecision | None, "How exactly the page states `datePublished`."] = None
    date_modified: Annotated[Date, "When it was last changed, where the page says so."] = None
    location: Annotated[Text, "The place that the site shows for the author's IP address (IP属地)."] = None
    in_language: Annotated[Language | None, "Language of the article, BCP 47 (zh-CN), or null."] = None
    breadcrumbs: Annotated[tuple[Breadcrumb, ...], "The path from the front page to this one, in order."] = ()
    blocks: Annotated[
        tuple[Block, ...],
        "The article in reading order. A block that shows text has all of it in `text`, or in `caption` for a"
        " picture, video or audio.",
    ] = ()
    article_body: Annotated[str, "The blocks as text, separated by blank lines; empty if no block shows text."] = ""
    article_body_html: Annotated[
        str,
        "The blocks as clean HTML: an allow-list of elements, no scripts, no event attributes, http and https URLs"
        " only.",
    ] = ""
    images: Annotated[tuple[Image, ...], "The content pictures in order."] = ()
    main_image: Annotated[Image | None, "The picture that represents the article, or null."] = None
    comment_count: Annotated[
        Count,
        "How many comments it has; null where the page does not state it (a static 0 that a script replaces is not"
        " a count).",
    ] = None
    pages: Annotated[
        Pages | None, "For an article of several pages: what was joined; null for an article of one page."
    ] = None
    chrome: Annotated[
        tuple[ChromeEntry, ...],
        "Everything on the page outside the article, in page order; how much of it is written depends on the chrome"
        " setting (`full`, `items`, `none`).",
    ] = ()
    coverage: Annotated[
        Coverage,
        "Characters of the page's text by where they ended up, not counting white space. Always complete, whatever"
        " the chrome setting.",
    ]
    body_from_data: Annotated[
        BodyFromData | None,
        "For a body that was read from data embedded in a script: how much of it the page shows too. Null where the"
        " body was read from the page's elements.",
    ] = None
    layout: Annotated[LayoutChoice, "The layout that was recognised by evidence in the page, and the confidence."]
    profile: Annotated[ProfileRef, "The profile that the page was split by."]
    extraction: Annotated[Extraction | None, ALWAYS, "How the article was recognised."] = None
    provenance: Annotated[
        dict[str, Provenance],
        FIELD_NAMES,
        "For each field of this record that a rule produced, by the field's name (`account.name` for a nested"
        " field): which rule, and what it read.",
    ] = msgspec.field(default_factory=dict)
    fetch: Annotated[Fetch, "How the page was fetched."]
    content_hash: Annotated[Digest, "Digest of the normalised headline and blocks: equal if the article is the same."]
    flags: Annotated[tuple[Flag, ...], UNIQUE, "Doubts that a consumer can filter on, each at most once."] = ()
    doubts: Annotated[
        tuple[Doubt, ...],
        "The evidence for some of the `flags`, one entry for each place; at most 20 entries for each flag.",
    ] = ()

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
