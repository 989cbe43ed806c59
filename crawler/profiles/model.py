"""What a site profile can say: the language of `site_profiles/<site>/*.toml`, as frozen data.

The JSON Schemas in `schema/` are made from these classes, so that a class, its documentation and what an editor offers
never differ. A profile holds selectors, names and patterns, never code; patterns run in linear time (RE2).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from crawler.profiles.strings import (
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
from crawler.records.model import Kind, Role

WEB_PORTS = (80, 443)
"""The ports of http and https."""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A TOML table; unknown keys are faults."""


Unproven = Annotated[Text | None, Meta(description="Why no recorded page proves it: coverage-matrix asks.")]


class Value(_Table, frozen=True, kw_only=True, cache_hash=True):
    """Where one value stands: one of css, xpath, meta, data, url or const, then what is taken of it.

    All of it means the same in `fields`, in the items of a list and in the players of the body: elements are looked
    for in the page, the item or the player; `meta`, `data` and `url` are always the page's. With `within` alone the
    value is the region itself. Asked of an item, a player or a region, an `xpath` begins with `.//`, as in Scrapy.
    """

    css: Annotated[Css | None, Meta(description="The first element that gives a value.")] = None
    xpath: XPath | None = None
    meta: Annotated[MetaName | None, Meta(description="The content of the meta element of this name.")] = None
    data: Annotated[Name | None, Meta(description="A name under [data]: JSON embedded in the page.")] = None
    path: Annotated[JmesPath | None, Meta(description="JMESPath into `data`.")] = None
    url: Annotated[Regex | None, Meta(description="Matched on the page's URL; its first group is the value.")] = None
    const: Annotated[Text | None, Meta(description="A fixed value.")] = None
    within: Annotated[Name | None, Meta(description="Look only inside the regions of this rule.")] = None
    attr: Annotated[Attribute | None, Meta(description="This attribute instead of the text.")] = None
    text: Annotated[
        Literal["all", "own", "start", "after"],
        Meta(
            description="all: the element's text; own: its direct text nodes; start: those before the first element in"
            " it; after: the text node that follows it."
        ),
    ] = "all"
    match: Annotated[Regex | None, Meta(description="Take the first group (or the whole match) of this pattern.")] = (
        None
    )
    split: Annotated[Regex | None, Meta(description="Cut the value here; for fields that are lists.")] = None
    param: Annotated[Parameter | None, Meta(description="Take this query parameter of the URL found.")] = None
    every: Annotated[bool, Meta(description="All matching elements, for fields that are lists.")] = False
    unproven: Unproven = None

    def __post_init__(self) -> None:
        """Refuse a rule that says no place, or several."""
        places = [self.css, self.xpath, self.meta, self.data, self.url, self.const]
        given = sum(place is not None for place in places)
        if given > 1 or (given == 0 and self.within is None):
            raise ValueError("exactly one of css, xpath, meta, data, url, const is needed (none for a whole region)")
        if self.path is not None and self.data is None:
            raise ValueError("path needs data")


Values = Annotated[tuple[Value, ...], Meta(description="Rules in order: the first that gives a value is taken.")]


class Items(_Table, frozen=True, kw_only=True):
    """How a list region is cut into items, and where an item's parts stand."""

    css: Annotated[Css, Meta(description="The item elements, inside the region.")]
    headline: Annotated[Values, Meta(description="The item's headline; without rules the text of its first link.")] = ()
    url: Annotated[Values, Meta(description="Its address; without rules that of its first link.")] = ()
    author: Annotated[Values, Meta(description="Who published it.")] = ()
    date_published: Annotated[Values, Meta(description="When, also as 3小时前.")] = ()
    image: Annotated[Values, Meta(description="Its picture's address.")] = ()
    comment_count: Annotated[Values, Meta(description="Its count of comments, also as 1.2万.")] = ()


class Region(_Table, frozen=True, kw_only=True):
    """A rule of the partition: it claims elements with their subtrees; rules inside win over rules outside."""

    css: Annotated[Css | tuple[Css, ...] | None, Meta(description="Which elements; a list is tried in order.")] = None
    xpath: XPath | None = None
    where: Annotated[Regex | None, Meta(description="Only elements whose text matches.")] = None
    text_nodes: Annotated[
        bool, Meta(description="Claim the direct text nodes (that match `where`) of the elements, not the elements.")
    ] = False
    unproven: Unproven = None


class Chrome(Region, frozen=True, kw_only=True):
    """A region that is not the article."""

    role: Annotated[Role, Meta(description="What the region is for, of the record's closed list of roles.")]
    rest: Annotated[
        bool, Meta(description="Applied after what the site's layouts share: for what no other rule names.")
    ] = False
    heading: Annotated[Css | None, Meta(description="The element inside that names the block.")] = None
    heading_before: Annotated[
        Css | None, Meta(description="Elements before the region, on its level, that name it: joined to its entry.")
    ] = None
    heading_skip: Annotated[
        Css | None, Meta(description="Elements that may stand between that heading and the region, such as tabs.")
    ] = None
    items: Annotated[Items | None, Meta(description="For lists.")] = None


class Images(_Table, frozen=True, kw_only=True):
    """Which images of the body are content, and where their address stands."""

    attrs: Annotated[
        tuple[Attribute, ...],
        Meta(
            description="Attributes with the address, best first; tried before the usual ones of lazy loading, the"
            " largest of `srcset`, and `src`."
        ),
    ] = ()
    exclude: Annotated[Css | None, Meta(description="Images that are no content: icons, counters.")] = None
    exclude_url: Annotated[Regex | None, Meta(description="Addresses that are no content: placeholders, logos.")] = None
    captions: Annotated[Css | None, Meta(description="Elements whose text is the caption of the image by them.")] = None
    credits: Annotated[Regex | None, Meta(description="The credit inside a caption: its first group.")] = None


class Videos(_Table, frozen=True, kw_only=True):
    """Players in the body that HTML does not name as video or audio by itself."""

    css: Annotated[Css, Meta(description="The players' boxes; their remaining text is the caption.")]
    url: Annotated[Values, Meta(description="Where the address stands, inside the player.")] = ()


class Body(Region, frozen=True, kw_only=True):
    """The article's text."""

    data: Annotated[Name | None, Meta(description="A name under [data] holding the body, where no element has it.")] = (
        None
    )
    path: Annotated[JmesPath | None, Meta(description="JMESPath into `data` to HTML text, or a list of such.")] = None
    every: Annotated[bool, Meta(description="All matching elements are the body, not the first shown.")] = False
    headings: Annotated[Css | None, Meta(description="Elements that are headings though HTML does not say so.")] = None
    images: Annotated[Images, Meta(description="Which images are content.")] = Images()
    videos: Annotated[Videos | None, Meta(description="Players that HTML does not name as such.")] = None


class Article(_Table, frozen=True, kw_only=True):
    """The article's side of the partition."""

    headline: Annotated[Region | None, Meta(description="The headline as shown.")] = None
    body: Annotated[tuple[Body, ...], Meta(description="Rules in order: the first that gives a block is taken.")] = ()
    info: Annotated[dict[Name, Region], Meta(description="Lines that are neither headline nor body.")] = {}


class Account(_Table, frozen=True, kw_only=True):
    """The account (号) that published the article."""

    name: Annotated[Values, Meta(description="Its name; without one the record has no account.")] = ()
    id: Annotated[Values, Meta(description="Its id on the site.")] = ()
    url: Annotated[Values, Meta(description="The address of its page.")] = ()
    description: Annotated[Values, Meta(description="What it says of itself.")] = ()
    article_count: Annotated[Values, Meta(description="文章数, also as 1.2万.")] = ()
    follower_count: Annotated[Values, Meta(description="关注度, 粉丝, also as 1.2万.")] = ()


class Source(_Table, frozen=True, kw_only=True):
    """来源 as the page states it."""

    name: Annotated[Values, Meta(description="Its name as the page states it.")] = ()
    url: Annotated[Values, Meta(description="Where its name leads.")] = ()


class Authors(_Table, frozen=True, kw_only=True):
    """The persons of the byline."""

    name: Annotated[Values, Meta(description="The names; a list.")] = ()
    url: Annotated[Values, Meta(description="Where the name leads, where there is one author.")] = ()


class Breadcrumbs(_Table, frozen=True, kw_only=True):
    """The path to the page, where no region with the role `breadcrumb` shows it."""

    name: Annotated[Values, Meta(description="The steps' names; a list.")] = ()
    url: Annotated[Values, Meta(description="Where they lead; as many as there are names.")] = ()


class Fields(_Table, frozen=True, kw_only=True):
    """The record's fields that are views of the page. See docs/record.md for what each means.

    Where the rules for `datePublished`, `dateModified`, `description`, `articleSection` or `keywords` find nothing, the
    page's standard metadata are read: JSON-LD, `article:*` and other metas, microdata.
    """

    headline: Annotated[Values, Meta(description="Where no element shows the headline.")] = ()
    original_headline: Annotated[Values, Meta(description="原标题, where the page gives one.")] = ()
    abstract: Annotated[Values, Meta(description="The deck (摘要, 导语), most often `within` a line of `info`.")] = ()
    description: Annotated[Values, Meta(description="From the page's metadata.")] = ()
    article_section: Annotated[Values, Meta(description="The section of the site that the article is in.")] = ()
    keywords: Annotated[Values, Meta(description="From the page's metadata; a list.")] = ()
    authors: Annotated[Authors, Meta(description="The persons of the byline.")] = Authors()
    editors: Annotated[Values, Meta(description="责任编辑; a list.")] = ()
    account: Annotated[Account, Meta(description="The account (号) that published it.")] = Account()
    source: Annotated[Source, Meta(description="来源 as the page states it.")] = Source()
    date_published: Annotated[Values, Meta(description="When it was published. A record needs it.")] = ()
    date_modified: Annotated[Values, Meta(description="When it was changed.")] = ()
    location: Annotated[Values, Meta(description="IP 属地.")] = ()
    breadcrumbs: Annotated[Breadcrumbs, Meta(description="The path to the page, where no region shows it.")] = (
        Breadcrumbs()
    )
    main_image: Annotated[
        Values, Meta(description="The picture that stands for the article; without rules the body's first.")
    ] = ()
    comment_count: Annotated[Values, Meta(description="Comments; null where the page does not know.")] = ()


class Landmark(_Table, frozen=True, kw_only=True):
    """One piece of evidence for a layout."""

    css: Annotated[Css | None, Meta(description="The page has such an element.")] = None
    url: Annotated[Regex | None, Meta(description="A hint: the page's URL matches.")] = None
    data: Annotated[Name | None, Meta(description="A name under [data]: the page embeds such JSON.")] = None
    path: Annotated[JmesPath | None, Meta(description="JMESPath into `data` that must find something.")] = None
    weight: Annotated[int, Meta(ge=1, le=10, description="How much it speaks for the layout.")] = 1
    absent: Annotated[bool, Meta(description="Evidence is that the element is missing.")] = False

    def __post_init__(self) -> None:
        """Refuse evidence of two kinds or none."""
        if sum(place is not None for place in (self.css, self.url, self.data)) != 1:
            raise ValueError("exactly one of css, url, data is needed")
        if self.path is not None and self.data is None:
            raise ValueError("path needs data")


class Data(_Table, frozen=True, kw_only=True):
    """JSON embedded in the page: a script variable, or the text of a script element."""

    variable: Annotated[Variable | None, Meta(description="Name of a script variable.")] = None
    script: Annotated[Css | None, Meta(description="A script element whose text is JSON.")] = None
    url_encoded: Annotated[bool, Meta(description="The script's text is percent-encoded.")] = False

    def __post_init__(self) -> None:
        """Refuse data that stands in two places or none."""
        if (self.variable is None) == (self.script is None):
            raise ValueError("exactly one of variable and script is needed")


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
        Css | None, Meta(description="Wait until the page has such an element; without it for the body's rules.")
    ] = None
    idle: Annotated[
        float, Meta(ge=0, le=10, description="Wait until nothing has been requested for so many seconds.")
    ] = 0.5
    scrolls: Annotated[int, Meta(ge=0, le=50, description="Scroll to the end so many times, waiting after each.")] = 0
    click: Annotated[
        tuple[Css, ...], Meta(description="Elements to click on where they are shown, such as 展开全文.")
    ] = ()
    seconds: Annotated[float, Meta(gt=0, le=120, description="The most that one page may take.")] = 30.0
    hosts: Annotated[
        tuple[Host, ...], Meta(description="Hosts beside the site's own that scripts and data are fetched from.")
    ] = ()
    block: Annotated[tuple[Regex, ...], Meta(description="URLs that the page's scripts must not fetch.")] = ()


class Layout(_Table, frozen=True, kw_only=True):
    """One `layouts/<id>.toml`: how one generation of a site's pages is built."""

    id: Annotated[str, Meta(pattern="^[0-9]{4}_[a-z0-9_]+$", description="First year seen and the landmark.")]
    kind: Annotated[Kind, Meta(description="What its pages are.")]
    evidence: Annotated[tuple[Landmark, ...], Meta(min_length=1, description="What tells this layout.")]
    threshold: Annotated[float, Meta(gt=0, le=1, description="Share of the weights needed.")] = 0.6
    since: Annotated[Day | None, Meta(description="First seen, YYYY-MM-DD.")] = None
    until: Annotated[Day | None, Meta(description="The site left it then; the file is closed.")] = None
    unclosed: Annotated[
        bool,
        Meta(description="Pages of this layout may end without `</body>`: they are flagged `truncated`, not refused."),
    ] = False
    unproven: Annotated[tuple[Text, ...], Meta(description="What no recorded page has proved.")] = ()
    article: Annotated[Article, Meta(description="Headline, body and the lines by them.")] = Article()
    chrome: Annotated[dict[Name, Chrome], Meta(description="Regions by name, first match wins on one element.")] = {}
    fields: Annotated[Fields, Meta(description="Where single values stand.")] = Fields()
    data: Annotated[dict[Name, Data], Meta(description="JSON embedded in the page, by name.")] = {}
    render: Annotated[Render | None, Meta(description="When its pages need a browser; else as the site says.")] = None
    patterns: Annotated[
        dict[Name, Regex], Meta(description="Regular expressions by name: `${name}` in this file stands for one.")
    ] = {}


class UrlForm(_Table, frozen=True, kw_only=True):
    """A form of the site's URLs, and how the article's own id is read from it."""

    kind: Annotated[
        Literal["article", "gallery", "video", "list", "ignore"],
        Meta(description="What stands there; lists give links, ignored forms nothing."),
    ]
    match: Annotated[Regex, Meta(description="Searched in the URL; named groups feed the templates.")]
    id: Annotated[Template | None, Meta(description="Template of the article's id.")] = None
    canonical: Annotated[Url | None, Meta(description="Template of the one URL of the article.")] = None
    unproven: Unproven = None


class ErrorPage(_Table, frozen=True, kw_only=True):
    """A page of the site that is not an article though its status says so; looked for before any layout.

    With css = "title", "body" or "html" it only counts where the page has hardly any prose: articles write of captchas.
    """

    css: Annotated[Css, Meta(description="An element that identifies the page.")]
    where: Annotated[Regex | None, Meta(description="Only if the element's text matches.")] = None
    reason: Annotated[Text, Meta(description="What the page is, such as: captcha.")]


class ListSource(_Table, frozen=True, kw_only=True):
    """A list of articles that the crawl starts from."""

    url: Annotated[Url, Meta(description="May hold {page}, {page2} (two digits), {offset} and {media}.")]
    format: Annotated[Literal["html", "json", "jsonp"], Meta(description="What the server sends.")]
    channel: Annotated[Text | None, Meta(description="Used with -a channel=NAME.")] = None
    first_url: Annotated[Url | None, Meta(description="The first page's URL where it differs.")] = None
    pages: Annotated[int, Meta(ge=1, le=1000, description="At most so many pages.")] = 1
    first_page: Annotated[int, Meta(description="The number of the first page.")] = 1
    page_size: Annotated[int, Meta(ge=1, description="{offset} is the page, from 0, times this.")] = 20
    css: Annotated[Css | None, Meta(description="html: the elements that hold the links.")] = None
    items: Annotated[JmesPath | None, Meta(description="json, jsonp: JMESPath to the list of items.")] = None
    link: Annotated[JmesPath, Meta(description="json, jsonp: JMESPath of an item's URL.")] = "url"
    date: Annotated[JmesPath | None, Meta(description="json, jsonp: JMESPath of an item's date.")] = None
    skip: Annotated[JmesPath | None, Meta(description="json, jsonp: JMESPath that is true for items to skip.")] = None
    media: Annotated[bool, Meta(description="Used with -a media=ID.")] = False
    unproven: Annotated[Text | None, Meta(description="What of it no recorded page has proved.")] = None


class Look(_Table, frozen=True, kw_only=True):
    """How often articles of an age are looked at again."""

    younger: Annotated[Span, Meta(description="Articles that were published less than so long ago.")]
    every: Annotated[Span, Meta(description="Looked at again when so long has passed since the last look.")]


class Cap(_Table, frozen=True, kw_only=True):
    """A bound for pages whose URLs are alike, such as those of a calendar without end."""

    match: Annotated[Regex, Meta(description="Searched in the URL.")]
    pages: Annotated[int, Meta(ge=1, description="At most so many pages of this pattern a run.")]


class Crawl(_Table, frozen=True, kw_only=True):
    """Politeness and bounds of the crawl: the site's own figures."""

    delay: Annotated[float, Meta(ge=0, description="Seconds between two requests to a host.")] = 1.0
    concurrency: Annotated[int, Meta(ge=1, le=16, description="Requests a host at a time.")] = 1
    ports: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=65535)], ...],
        Meta(min_length=1, description="Ports that are connected to; no page, link or redirect leads to another."),
    ] = WEB_PORTS
    depth: Annotated[
        int, Meta(ge=0, le=20, description="How many lists deep links from list to list are followed.")
    ] = 0
    pages: Annotated[
        Annotated[int, Meta(ge=1)] | None, Meta(description="At most so many pages a run; the rest waits for the next.")
    ] = None
    caps: Annotated[tuple[Cap, ...], Meta(description="Bounds for single patterns of URLs.")] = ()
    looks: Annotated[
        tuple[Look, ...],
        Meta(description="When known articles are looked at again: the first that fits an article's age; none: never."),
    ] = (
        Look(younger="2d", every="6h"),
        Look(younger="14d", every="2d"),
        Look(younger="90d", every="30d"),
    )


class Site(_Table, frozen=True, kw_only=True):
    """One `profile.toml`: what is true of all pages of a site."""

    site: Annotated[str, Meta(pattern="^[a-z0-9_]{2,30}$", description="The folder's and the spider's name.")]
    title: Annotated[Text, Meta(description="The portal's name for people.")]
    hosts: Annotated[
        tuple[Host, ...],
        Meta(min_length=1, description="Hosts; their sub-domains belong to them, but those of other profiles."),
    ]
    timezone: Annotated[Zone, Meta(description="The time zone of the site's dates.")] = "Asia/Shanghai"
    language: Annotated[Language, Meta(description="The language of its articles, by BCP 47.")] = "zh-CN"
    tracking: Annotated[tuple[Parameter, ...], Meta(description="Query parameters that do not change the page.")] = ()
    proxies: Annotated[
        dict[Host, Parameter], Meta(description="Image host to the query parameter with the original.")
    ] = {}
    proxy_paths: Annotated[
        dict[Host, Regex],
        Meta(description="Image host to a pattern on its path: the first group is host and path of the original."),
    ] = {}
    urls: Annotated[tuple[UrlForm, ...], Meta(description="Forms of URLs; the first that matches holds.")] = ()
    error_pages: Annotated[tuple[ErrorPage, ...], Meta(description="Error pages served with status 200.")] = ()
    sealed: Annotated[
        tuple[Css, ...],
        Meta(
            description="Opaque elements, for speed: no selector matches anything inside them, as inside `script`,"
            " `noscript`, `svg` and `template`. Only `items`, `heading` and values with `within`, which are asked"
            " inside a region, do."
        ),
    ] = ()
    lists: Annotated[tuple[ListSource, ...], Meta(description="Where a crawl finds articles.")] = ()
    crawl: Annotated[Crawl, Meta(description="How politely to crawl.")] = Crawl()
    chrome: Annotated[dict[Name, Chrome], Meta(description="Regions that all layouts share; a layout's win.")] = {}
    fields: Annotated[Fields, Meta(description="Fallbacks for all layouts.")] = Fields()
    data: Annotated[dict[Name, Data], Meta(description="Embedded JSON that all layouts share.")] = {}
    render: Annotated[Render, Meta(description="When pages need a browser.")] = Render()
    patterns: Annotated[
        dict[Name, Regex],
        Meta(description="Regular expressions by name: `${name}` in a file of the profile stands for one."),
    ] = {}
