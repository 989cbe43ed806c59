"""The profile language: the classes that `site_profiles/<site>/*.toml` are parsed into.

The JSON Schemas in `schema/` and docs/profile.md are generated from these classes, so they never differ. A profile
contains selectors, names and patterns, never code; patterns run in linear time (RE2).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ..records.model import Kind, Role
from .strings import (
    Attribute,
    Css,
    Day,
    Host,
    JmesPath,
    Language,
    MetaName,
    Name,
    Parameter,
    Regex,
    Span,
    Template,
    Text,
    Url,
    Variable,
    XPath,
    Zone,
)

WEB_PORTS = (80, 443)
"""The ports of http and https."""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A TOML table; unknown keys are errors."""


Unproven = Annotated[
    Text | None, Meta(description="Why no fixture shows this rule, or which of its selectors none shows.")
]


class Value(_Table, frozen=True, kw_only=True, cache_hash=True):
    """Where to find a value: one of css, xpath, meta, data, url or const, and which part of it to take.

    The keys mean the same in `fields`, in the items of a list and in the players of the body: elements are searched in
    the page, the item or the player; `meta`, `data` and `url` always refer to the page. With only `within`, the value
    is the region itself. Inside an item, a player or a region an `xpath` begins with `.//`, as in Scrapy.
    """

    css: Annotated[Css | None, Meta(description="The first matching element that yields a value.")] = None
    xpath: XPath | None = None
    meta: Annotated[MetaName | None, Meta(description="The content of the meta element with this name.")] = None
    data: Annotated[Name | None, Meta(description="A name under [data]: JSON embedded in the page.")] = None
    path: Annotated[JmesPath | None, Meta(description="JMESPath into `data`.")] = None
    url: Annotated[Regex | None, Meta(description="Matched on the page's URL: group 1, or year, month and day.")] = None
    const: Annotated[Text | None, Meta(description="A fixed value.")] = None
    within: Annotated[Name | None, Meta(description="Search only inside the regions of this rule.")] = None
    attr: Annotated[Attribute | None, Meta(description="Use this attribute instead of the text.")] = None
    text: Annotated[
        Literal["all", "own", "start", "after"],
        Meta(
            description="all: the element's text; own: its direct text nodes; start: those before its first child"
            " element; after: the text node that follows the element."
        ),
    ] = "all"
    match: Annotated[
        Regex | None,
        Meta(
            description="Take this pattern's first group, or its match; of a date in an order of its own, the groups"
            " `year`, `month`, `day` and `time`, which are read year first."
        ),
    ] = None
    split: Annotated[Regex | None, Meta(description="Split the value here; for fields that are lists.")] = None
    param: Annotated[Parameter | None, Meta(description="Take this query parameter of the URL that was found.")] = None
    every: Annotated[bool, Meta(description="Use all matching elements; for fields that are lists.")] = False
    unproven: Unproven = None

    def __post_init__(self) -> None:
        """Require exactly one place."""
        places = [self.css, self.xpath, self.meta, self.data, self.url, self.const]
        given = sum(place is not None for place in places)
        if given > 1 or (given == 0 and self.within is None):
            raise ValueError("exactly one of css, xpath, meta, data, url, const is needed (none for a whole region)")
        if self.path is not None and self.data is None:
            raise ValueError("path needs data")


Values = Annotated[tuple[Value, ...], Meta(description="Rules in order: the first that yields a value is used.")]


class Items(_Table, frozen=True, kw_only=True):
    """How a list region is split into items, and where to find an item's parts."""

    css: Annotated[Css, Meta(description="The elements of the items, inside the region.")]
    headline: Annotated[Values, Meta(description="The item's headline; by default the text of its first link.")] = ()
    url: Annotated[Values, Meta(description="Its URL; by default that of its first link.")] = ()
    author: Annotated[Values, Meta(description="Who published it.")] = ()
    date_published: Annotated[Values, Meta(description="When it was published, also relative (3小时前).")] = ()
    image: Annotated[Values, Meta(description="The URL of its picture.")] = ()
    comment_count: Annotated[Values, Meta(description="Its number of comments, also as 1.2万.")] = ()


class Region(_Table, frozen=True, kw_only=True):
    """A rule of the partition: it claims elements with their subtrees; rules inside win over rules outside."""

    css: Annotated[Css | tuple[Css, ...] | None, Meta(description="Elements; a list is tried in order.")] = None
    xpath: XPath | None = None
    where: Annotated[Regex | None, Meta(description="Only elements whose text matches this pattern.")] = None
    text_nodes: Annotated[
        bool, Meta(description="Claim the direct text nodes (that match `where`) of the elements, not the elements.")
    ] = False
    unproven: Unproven = None


class Chrome(Region, frozen=True, kw_only=True):
    """A region that is not part of the article."""

    role: Annotated[Role, Meta(description="The region's purpose: a role of the record.")]
    rest: Annotated[
        bool, Meta(description="Apply after the rules that all layouts share, for otherwise unclaimed regions.")
    ] = False
    heading: Annotated[Css | None, Meta(description="The element inside that is the block's heading.")] = None
    heading_before: Annotated[
        Css | None, Meta(description="Preceding siblings that are its heading, added to its entry.")
    ] = None
    heading_skip: Annotated[
        Css | None, Meta(description="Elements that may be between heading and region, such as tabs.")
    ] = None
    items: Annotated[Items | None, Meta(description="How to split the region into items, for lists.")] = None


class Images(_Table, frozen=True, kw_only=True):
    """Which images of the body are content, and where to find their URLs."""

    attrs: Annotated[
        tuple[Attribute, ...],
        Meta(
            description="Attributes with the URL, best first; tried before the usual ones of lazy loading, the"
            " largest of `srcset`, and `src`."
        ),
    ] = ()
    data: Annotated[
        Name | None, Meta(description="A name under [data] with all URLs in order, for elements with an encrypted one.")
    ] = None
    path: Annotated[JmesPath | None, Meta(description="JMESPath into `data` to the list of URLs.")] = None
    exclude: Annotated[Css | None, Meta(description="Images that are not content: icons, counters.")] = None
    exclude_url: Annotated[Regex | None, Meta(description="URLs that are not content: placeholders, logos.")] = None
    captions: Annotated[Css | None, Meta(description="Elements with the caption of the adjacent image.")] = None
    credits: Annotated[Regex | None, Meta(description="The credit inside a caption: the pattern's first group.")] = None


class Videos(_Table, frozen=True, kw_only=True):
    """Players in the body that are not HTML video or audio elements."""

    css: Annotated[Css, Meta(description="The elements of the players; their remaining text is the caption.")]
    url: Annotated[Values, Meta(description="Where the URL is, inside the player.")] = ()


class Inserts(_Table, frozen=True, kw_only=True):
    """What HTML from data leaves out: marks in the HTML, such as `<!--IMG_0-->`, and the data that belong there."""

    match: Annotated[Regex, Meta(description="The marks; the first group, or the match, is the name of an entry.")]
    path: Annotated[JmesPath, Meta(description="JMESPath into the body's data to an object: entries by name.")]
    html: Annotated[JmesPath, Meta(description="JMESPath from an entry to the HTML that replaces its marks.")]


class Body(Region, frozen=True, kw_only=True):
    """The article's text."""

    data: Annotated[Name | None, Meta(description="A name under [data] with the body, if no element has it.")] = None
    path: Annotated[
        JmesPath | None,
        Meta(
            description="JMESPath into `data` to HTML, or to a list of it. Text without block elements: each entry of a"
            " list, or each line, is a paragraph."
        ),
    ] = None
    inserts: Annotated[Inserts | None, Meta(description="What belongs in the place of marks in the data's HTML.")] = (
        None
    )
    every: Annotated[bool, Meta(description="All matching elements are the body, not only the first.")] = False
    headings: Annotated[Css | None, Meta(description="Elements that are headings, in addition to h1 to h6.")] = None
    images: Annotated[Images, Meta(description="Which images are content.")] = Images()
    videos: Annotated[Videos | None, Meta(description="Players other than HTML video and audio elements.")] = None


class Teaser(_Table, frozen=True, kw_only=True):
    """An element that says that the page has only the beginning of the article: its record is flagged `truncated`.

    A page that hides the element, or holds its text in a script, is not flagged.
    """

    css: Annotated[Css, Meta(description="The element, such as a paywall's box.")]
    where: Annotated[Regex | None, Meta(description="Only if its text matches.")] = None
    characters: Annotated[
        Regex | None,
        Meta(
            description="The first group is how many characters the whole article has, as the text states it: no flag"
            " for a body with at least nine tenths of them."
        ),
    ] = None
    unproven: Unproven = None


class Article(_Table, frozen=True, kw_only=True):
    """The article's part of the page."""

    headline: Annotated[Region | None, Meta(description="The headline as displayed.")] = None
    body: Annotated[tuple[Body, ...], Meta(description="Rules in order: the first that yields a block is used.")] = ()
    info: Annotated[dict[Name, Region], Meta(description="Lines that are neither headline nor body.")] = {}
    teaser: Annotated[tuple[Teaser, ...], Meta(description="Signs that the page has only a part of the article.")] = ()


class Account(_Table, frozen=True, kw_only=True):
    """The account (号) that published the article."""

    name: Annotated[Values, Meta(description="Its name; required for the record to have an account.")] = ()
    id: Annotated[Values, Meta(description="Its id on the site.")] = ()
    url: Annotated[Values, Meta(description="The URL of its page.")] = ()
    description: Annotated[Values, Meta(description="Its self-description.")] = ()
    article_count: Annotated[Values, Meta(description="文章数, also as 1.2万.")] = ()
    follower_count: Annotated[Values, Meta(description="关注度, 粉丝, also as 1.2万.")] = ()


class ArticleId(_Table, frozen=True, kw_only=True):
    """The article's own id as the page states it, for addresses from which it does not follow, such as short ones.

    The parts that have rules are joined by `:`. If all of them are found, they replace the id in the URL.
    """

    first: Annotated[Values, Meta(description="The first part.")] = ()
    second: Annotated[Values, Meta(description="The second part.")] = ()
    third: Annotated[Values, Meta(description="The third part.")] = ()


class Source(_Table, frozen=True, kw_only=True):
    """来源 as the page states it."""

    name: Annotated[
        Values, Meta(description="Its name as the page states it; counts of views or comments behind it are left out.")
    ] = ()
    url: Annotated[Values, Meta(description="The URL that its name links to.")] = ()


class Authors(_Table, frozen=True, kw_only=True):
    """The persons of the byline."""

    name: Annotated[Values, Meta(description="The names; a list.")] = ()
    url: Annotated[Values, Meta(description="The URL that the name links to, if there is one author.")] = ()


class Breadcrumbs(_Table, frozen=True, kw_only=True):
    """The path to the page, for pages without a region with the role `breadcrumb`."""

    name: Annotated[Values, Meta(description="The steps' names; a list.")] = ()
    url: Annotated[Values, Meta(description="The URLs that they link to; as many as names.")] = ()


class Fields(_Table, frozen=True, kw_only=True):
    """The record's fields. See docs/record.md for the meaning of each.

    If the rules for `datePublished`, `dateModified`, `description`, `articleSection` or `keywords` find nothing, the
    page's standard metadata are used: JSON-LD, `article:*` and other metas, microdata.
    """

    id: Annotated[ArticleId, Meta(description="The article's own id, if the page states it.")] = ArticleId()
    headline: Annotated[Values, Meta(description="For pages without an element for the headline.")] = ()
    original_headline: Annotated[Values, Meta(description="原标题, if the page has one.")] = ()
    abstract: Annotated[Values, Meta(description="The deck (摘要, 导语), most often `within` a line of `info`.")] = ()
    description: Annotated[Values, Meta(description="From the page's metadata.")] = ()
    article_section: Annotated[Values, Meta(description="The section of the site that the article is in.")] = ()
    keywords: Annotated[Values, Meta(description="From the page's metadata; a list.")] = ()
    authors: Annotated[Authors, Meta(description="The persons of the byline.")] = Authors()
    editors: Annotated[Values, Meta(description="责任编辑; a list.")] = ()
    account: Annotated[Account, Meta(description="The account (号) that published it.")] = Account()
    source: Annotated[Source, Meta(description="来源 as the page states it.")] = Source()
    date_published: Annotated[Values, Meta(description="When it was published. Required.")] = ()
    date_modified: Annotated[Values, Meta(description="When it was last changed.")] = ()
    location: Annotated[Values, Meta(description="IP 属地.")] = ()
    breadcrumbs: Annotated[Breadcrumbs, Meta(description="The path to the page.")] = Breadcrumbs()
    main_image: Annotated[Values, Meta(description="The article's main picture; by default the body's first.")] = ()
    comment_count: Annotated[Values, Meta(description="The number of comments; null if the page does not say.")] = ()


class Landmark(_Table, frozen=True, kw_only=True):
    """One piece of evidence for a layout."""

    css: Annotated[Css | None, Meta(description="The page has a matching element.")] = None
    url: Annotated[Regex | None, Meta(description="The page's URL matches; not enough on its own.")] = None
    data: Annotated[Name | None, Meta(description="A name under [data]: the page embeds such JSON.")] = None
    path: Annotated[JmesPath | None, Meta(description="JMESPath into `data` that must find something.")] = None
    weight: Annotated[int, Meta(ge=1, le=10, description="How strong the evidence is.")] = 1
    absent: Annotated[bool, Meta(description="The evidence is that there is no such element.")] = False

    def __post_init__(self) -> None:
        """Require exactly one kind of evidence."""
        if sum(place is not None for place in (self.css, self.url, self.data)) != 1:
            raise ValueError("exactly one of css, url, data is needed")
        if self.path is not None and self.data is None:
            raise ValueError("path needs data")


class Data(_Table, frozen=True, kw_only=True):
    """Data embedded in the page: a script variable, JSON in a script element or an attribute, or HTML as text."""

    variable: Annotated[
        Variable | tuple[Variable, ...] | None,
        Meta(description="Name of a script variable; of a list, the first that the page has."),
    ] = None
    script: Annotated[Css | None, Meta(description="A script element whose text is JSON.")] = None
    every: Annotated[
        bool,
        Meta(
            description="All such script elements, as one list with the entries of lists in it; those that are not JSON"
            " are left out."
        ),
    ] = False
    element: Annotated[
        Css | None,
        Meta(
            description="An element whose text is HTML, such as a hidden textarea; the HTML may be escaped twice."
            " The value is a string."
        ),
    ] = None
    attr: Annotated[Attribute | None, Meta(description="The element's attribute whose value is JSON.")] = None
    path: Annotated[
        JmesPath | None,
        Meta(description="JMESPath to a string in these data whose text is JSON again, which is then the value."),
    ] = None
    match: Annotated[Regex | None, Meta(description="Take the variable's first value in which this is found.")] = None
    url_encoded: Annotated[
        bool, Meta(description="The text of the script element or attribute is percent-encoded.")
    ] = False

    def __post_init__(self) -> None:
        """Require exactly one place, and the keys that belong to it."""
        if sum(map(bool, (self.variables, self.script, self.element))) != 1:
            raise ValueError("exactly one of variable, script, element is needed")
        for key, given, place, there in (
            ("match", self.match is not None, "variable", self.variables),
            ("every", self.every, "script", self.script),
            ("attr", self.attr is not None, "element", self.element),
            ("urlEncoded", self.url_encoded, "script or attr", self.script or self.attr),
            ("path", self.path is not None, "variable, script or attr", self.element is None or self.attr),
        ):
            if given and not there:
                raise ValueError(f"{key} needs {place}")

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the script variable."""
        return (self.variable,) if isinstance(self.variable, str) else self.variable or ()


RenderMode = Literal["never", "when-missing", "always"]
RecordField = Literal[
    "abstract", "account", "articleBody", "articleSection", "authors", "breadcrumbs", "commentCount", "dateModified",
    "datePublished", "description", "editors", "headline", "images", "keywords", "location", "mainImage",
    "originalHeadline", "source",
]  # fmt: skip


class Render(_Table, frozen=True, kw_only=True):
    """When a page needs a browser, and how long the browser waits for its scripts.

    A page is fetched and read without a browser first. In a layout this table replaces the site's, except `hosts` and
    `block`, which are added. The site's table is used for pages that no layout recognises.
    """

    mode: Annotated[
        RenderMode,
        Meta(description="For the page: `when-missing` renders it if it has no body, or shows an element of `click`."),
    ] = "never"
    fields: Annotated[
        dict[RecordField, RenderMode],
        Meta(description="For single fields: `when-missing` renders the page if the record has no such value."),
    ] = {}
    roles: Annotated[
        dict[Role, RenderMode],
        Meta(description="For chrome: `when-missing` renders the page if no region with this role has text or items."),
    ] = {}
    wait_for: Annotated[
        Css | None, Meta(description="Wait for such an element; by default, for one that a body rule matches.")
    ] = None
    idle: Annotated[
        float, Meta(ge=0, le=10, description="Wait until nothing has been requested for this many seconds.")
    ] = 0.5
    scrolls: Annotated[int, Meta(ge=0, le=50, description="Scroll to the end this many times, waiting after each.")] = 0
    click: Annotated[
        tuple[Css, ...], Meta(description="Elements to click on where they are shown, such as 展开全文.")
    ] = ()
    seconds: Annotated[float, Meta(gt=0, le=120, description="Maximum seconds that one page may take.")] = 30.0
    hosts: Annotated[
        tuple[Host, ...], Meta(description="Hosts, besides the site's own, that scripts and data are fetched from.")
    ] = ()
    block: Annotated[tuple[Regex, ...], Meta(description="URLs that the page's scripts must not fetch.")] = ()


_RULE_NAME = (
    r"^(?:article\.(?:headline|body|teaser|info\.[A-Za-z]\w*)|chrome\.[A-Za-z]\w*|fields\.[A-Za-z]+(?:\.[A-Za-z]+)?)$"
)
"""The name of a rule's table, such as `chrome.pager` or `fields.source.url`."""


class Proof(_Table, frozen=True, kw_only=True):
    """The real pages that prove a layout: those whose records a maintainer compared with what the page shows.

    A statement, not a count by the program: such pages belong to their owners and are not part of the project.
    """

    pages: Annotated[int, Meta(ge=1, description="How many, at least.")]
    years: Annotated[
        tuple[Annotated[int, Meta(ge=1995, le=2100)], ...],
        Meta(min_length=1, description="The years in which they were published, in order, each once."),
    ]
    facts: Annotated[
        tuple[Annotated[str, Meta(pattern=_RULE_NAME)], ...],
        Meta(description="Rules of this file that none of these pages has: they rest on facts and made-up fixtures."),
    ] = ()


class Layout(_Table, frozen=True, kw_only=True):
    """One `layouts/<id>.toml`: how one generation of a site's pages is built."""

    id: Annotated[str, Meta(pattern="^[0-9]{4}_[a-z0-9_]+$", description="The file's name: first year and a landmark.")]
    kind: Annotated[Kind, Meta(description="The kind of its records.")]
    evidence: Annotated[tuple[Landmark, ...], Meta(min_length=1, description="What distinguishes this layout.")]
    threshold: Annotated[float, Meta(gt=0, le=1, description="Minimum share of the weights found.")] = 0.6
    since: Annotated[Day | None, Meta(description="First seen, YYYY-MM-DD.")] = None
    until: Annotated[Day | None, Meta(description="When the site stopped using it, YYYY-MM-DD.")] = None
    unclosed: Annotated[bool, Meta(description="Pages may lack `</body>`: flagged `truncated`, not refused.")] = False
    unproven: Annotated[tuple[Text, ...], Meta(description="What no recorded page proves, in words.")] = ()
    proved: Annotated[bool, Meta(description="false: no real page proves it; records get `layout_unproven`.")] = True
    proof: Annotated[Proof | None, Meta(description="The real pages that prove it; none for `proved = false`.")] = None
    article: Annotated[Article, Meta(description="Headline, body, and the lines next to them.")] = Article()
    chrome: Annotated[dict[Name, Chrome], Meta(description="Regions by name; the first match wins.")] = {}
    fields: Annotated[Fields, Meta(description="Where to find single values.")] = Fields()
    data: Annotated[dict[Name, Data], Meta(description="JSON embedded in the page, by name.")] = {}
    render: Annotated[Render | None, Meta(description="When its pages need a browser; by default, the site's.")] = None
    patterns: Annotated[
        dict[Name, Regex], Meta(description="Regular expressions by name: `${name}` refers to one.")
    ] = {}


class UrlForm(_Table, frozen=True, kw_only=True):
    """A form of the site's URLs, and how the article's own id is read from it."""

    kind: Annotated[
        Literal["article", "gallery", "video", "list", "ignore"],
        Meta(description="The kind of page; lists yield links, ignored forms nothing. A record's is its layout's."),
    ]
    match: Annotated[
        Regex,
        Meta(description="Searched in the URL; templates may use named groups. The group `channel` names the channel."),
    ]
    id: Annotated[Template | None, Meta(description="Template of the article's id.")] = None
    canonical: Annotated[Url | None, Meta(description="Template of the article's canonical URL.")] = None
    unproven: Unproven = None


class ErrorPage(_Table, frozen=True, kw_only=True):
    """Error pages served with status 200. Checked before any layout.

    With css = "title", "body" or "html" a match only counts on pages with hardly any prose: articles write about
    captchas, too.
    """

    css: Annotated[Css, Meta(description="An element that identifies the page.")]
    where: Annotated[Regex | None, Meta(description="Only if the element's text matches.")] = None
    reason: Annotated[Text, Meta(description="What the page is, for example captcha.")]


class ListSource(_Table, frozen=True, kw_only=True):
    """A list of articles that the crawl starts from."""

    url: Annotated[Url, Meta(description="May contain {page}, {page2} (two digits), {offset} and {media}.")]
    format: Annotated[
        Literal["html", "json", "jsonp", "feed"], Meta(description="The format of the response; feed: RSS or Atom.")
    ]
    channel: Annotated[Text | None, Meta(description="Used with -a channel=NAME.")] = None
    first_url: Annotated[Url | None, Meta(description="The first page's URL if it differs.")] = None
    pages: Annotated[int, Meta(ge=1, le=1000, description="Maximum number of pages.")] = 1
    first_page: Annotated[int, Meta(description="The number of the first page.")] = 1
    page_size: Annotated[int, Meta(ge=1, description="{offset} is the page, from 0, times this.")] = 20
    css: Annotated[Css | None, Meta(description="html: the elements that contain the links.")] = None
    items: Annotated[JmesPath | None, Meta(description="json, jsonp: JMESPath to the list of items.")] = None
    link: Annotated[JmesPath, Meta(description="json, jsonp: JMESPath of an item's URL.")] = "url"
    date: Annotated[JmesPath | None, Meta(description="json, jsonp: JMESPath of an item's date.")] = None
    skip: Annotated[JmesPath | None, Meta(description="json, jsonp: JMESPath that is true for items to skip.")] = None
    media: Annotated[bool, Meta(description="Used with -a media=ID.")] = False
    render: Annotated[
        RenderMode,
        Meta(
            description="html: `when-missing` renders the page, as the site's `render` says, if it has no links to "
            "articles."
        ),
    ] = "never"
    unproven: Annotated[Text | None, Meta(description="What no recorded page proves about it.")] = None


class Revisit(_Table, frozen=True, kw_only=True):
    """How often articles of an age are revisited."""

    younger: Annotated[Span, Meta(description="Applies to articles younger than this.")]
    every: Annotated[Span, Meta(description="Minimum time between revisits.")]


class Cap(_Table, frozen=True, kw_only=True):
    """A limit for pages with similar URLs, such as those of an endless calendar."""

    match: Annotated[Regex, Meta(description="Searched in the URL.")]
    pages: Annotated[int, Meta(ge=1, description="Maximum number of pages with this pattern per run.")]


class Crawl(_Table, frozen=True, kw_only=True):
    """Politeness and limits of the crawl of this site."""

    delay: Annotated[float, Meta(ge=0, description="Seconds between two requests to a host.")] = 1.0
    concurrency: Annotated[int, Meta(ge=1, le=16, description="Maximum concurrent requests per host.")] = 1
    ports: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=65535)], ...],
        Meta(min_length=1, description="Ports that are connected to; no page, link or redirect leads to another."),
    ] = WEB_PORTS
    depth: Annotated[int, Meta(ge=0, le=20, description="How many levels of links from list to list are followed.")] = 0
    pages: Annotated[
        Annotated[int, Meta(ge=1)] | None, Meta(description="Maximum pages per run; the rest waits for the next.")
    ] = None
    caps: Annotated[tuple[Cap, ...], Meta(description="Limits for URL patterns.")] = ()
    looks: Annotated[
        tuple[Revisit, ...],
        Meta(description="When articles are revisited: the first entry for their age counts; without one, never."),
    ] = (
        Revisit(younger="2d", every="6h"),
        Revisit(younger="14d", every="2d"),
        Revisit(younger="90d", every="30d"),
    )


class Site(_Table, frozen=True, kw_only=True):
    """One `profile.toml`: what all pages of a site have in common."""

    site: Annotated[str, Meta(pattern="^[a-z0-9_]{2,30}$", description="The name of the folder and the spider.")]
    title: Annotated[Text, Meta(description="The portal's display name.")]
    hosts: Annotated[
        tuple[Host, ...],
        Meta(min_length=1, description="Hosts; subdomains are included, except those that belong to other profiles."),
    ]
    extends: Annotated[
        Name | None,
        Meta(
            description="An installed profile that this folder adds to. A key of this folder's files replaces that of"
            " the file with the same name; a list begins with this file's entries; a table (`[chrome]`, `[fields]`)"
            " has the base's other keys too."
        ),
    ] = None
    timezone: Annotated[Zone, Meta(description="The time zone of the site's dates.")] = "Asia/Shanghai"
    language: Annotated[Language, Meta(description="The language of its articles, by BCP 47.")] = "zh-CN"
    tracking: Annotated[tuple[Parameter, ...], Meta(description="Query parameters that do not affect the page.")] = ()
    proxies: Annotated[
        dict[Host, Parameter], Meta(description="Image host to the query parameter that has the original's URL.")
    ] = {}
    proxy_paths: Annotated[
        dict[Host, Regex],
        Meta(description="Image host to a pattern for its path; the first group is host and path of the original."),
    ] = {}
    urls: Annotated[tuple[UrlForm, ...], Meta(description="URL forms; the first that matches counts.")] = ()
    error_pages: Annotated[tuple[ErrorPage, ...], Meta(description="Error pages served with status 200.")] = ()
    sealed: Annotated[
        tuple[Css, ...],
        Meta(
            description="Elements treated as opaque, for speed: selectors do not match anything inside them, as inside"
            " `script`, `noscript`, `svg` and `template`. Exceptions are `items`, `heading` and values with `within`,"
            " which apply inside a region."
        ),
    ] = ()
    lists: Annotated[tuple[ListSource, ...], Meta(description="Where a crawl finds articles.")] = ()
    crawl: Annotated[Crawl, Meta(description="Politeness and limits of the crawl.")] = Crawl()
    chrome: Annotated[
        dict[Name, Chrome], Meta(description="Regions that all layouts share; a layout's own take precedence.")
    ] = {}
    fields: Annotated[Fields, Meta(description="Fallbacks for all layouts.")] = Fields()
    data: Annotated[dict[Name, Data], Meta(description="Embedded JSON that all layouts share.")] = {}
    render: Annotated[Render, Meta(description="When pages need a browser.")] = Render()
    patterns: Annotated[
        dict[Name, Regex],
        Meta(description="Regular expressions by name: use `${name}` in the profile's files to refer to one."),
    ] = {}
