"""What a site profile can say: the language of `site_profiles/<site>/*.toml`, as frozen data.

The JSON Schemas in `schema/` are made from these classes, so that a class, its documentation and what an editor offers
never differ. A profile holds selectors, names and patterns, never code; patterns run in linear time (RE2).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from crawler.records.model import Kind, Role

Css = Annotated[str, Meta(min_length=1, max_length=400, description="A CSS selector; a comma means union.")]
Regex = Annotated[str, Meta(min_length=1, max_length=800, description="An RE2 regular expression, searched for.")]
XPath = Annotated[
    str, Meta(min_length=1, max_length=400, description="XPath 1.0 where CSS cannot say it; costs a copy of the tree.")
]
Name = Annotated[str, Meta(pattern="^[A-Za-z][A-Za-z0-9_]{0,39}$", description="A name: letters, digits, underscores.")]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A TOML table; unknown keys are faults."""


class Value(_Table, kw_only=True):
    """Where one value stands: exactly one of css, xpath, meta, data, url or const, then what is taken of it."""

    css: Annotated[Css | None, Meta(description="The first element that gives a value.")] = None
    xpath: XPath | None = None
    meta: Annotated[str | None, Meta(description="name, property or itemprop of a meta element.")] = None
    data: Annotated[str | None, Meta(description="A name under [data]: JSON embedded in the page.")] = None
    path: Annotated[str | None, Meta(description="JMESPath into `data`.")] = None
    url: Annotated[Regex | None, Meta(description="Matched on the page's URL; its first group is the value.")] = None
    const: Annotated[str | None, Meta(description="A fixed value.")] = None
    within: Annotated[Name | None, Meta(description="Look only inside the region of this rule.")] = None
    attr: Annotated[str | None, Meta(description="This attribute instead of the text.")] = None
    text: Annotated[
        Literal["all", "own", "after"],
        Meta(description="all: the element's text; own: its direct text nodes; after: the text node that follows it."),
    ] = "all"
    match: Annotated[Regex | None, Meta(description="Take the first group (or the whole match) of this pattern.")] = None
    split: Annotated[Regex | None, Meta(description="Cut the value here; for fields that are lists.")] = None
    param: Annotated[str | None, Meta(description="Take this query parameter of the URL found.")] = None
    every: Annotated[bool, Meta(description="All matching elements, for fields that are lists.")] = False

    def __post_init__(self) -> None:
        """Refuse a rule that says no place, or several."""
        places = [self.css, self.xpath, self.meta, self.data, self.url, self.const]
        if sum(p is not None for p in places) != 1:
            raise ValueError("exactly one of css, xpath, meta, data, url, const is needed")
        if self.path is not None and self.data is None:
            raise ValueError("path needs data")


Values = Annotated[tuple[Value, ...], Meta(description="Rules in order: the first that gives a value is taken.")]


class Items(_Table, kw_only=True):
    """How a list region is cut into items, and where an item's parts stand."""

    css: Annotated[Css, Meta(description="The item elements, inside the region.")]
    headline: Values = ()
    url: Values = ()
    author: Values = ()
    date_published: Values = ()
    image: Values = ()
    comment_count: Values = ()


class Region(_Table, kw_only=True):
    """A rule of the partition: it claims elements with their subtrees; rules inside win over rules outside."""

    css: Annotated[Css | tuple[Css, ...] | None, Meta(description="Which elements; a list is tried in order.")] = None
    xpath: XPath | None = None
    where: Annotated[Regex | None, Meta(description="Only elements whose text matches.")] = None
    text_nodes: Annotated[
        bool, Meta(description="Claim the direct text nodes (that match `where`) of the elements, not the elements.")
    ] = False


class Chrome(Region, kw_only=True):
    """A region that is not the article."""

    role: Role
    heading: Annotated[Css | None, Meta(description="The element inside that names the block.")] = None
    heading_before: Annotated[
        Css | None, Meta(description="Elements before the region, on its level, that name it: joined to its entry.")
    ] = None
    items: Annotated[Items | None, Meta(description="For lists.")] = None


class Images(_Table, kw_only=True):
    """Which images of the body are content, and where their address stands."""

    attrs: Annotated[tuple[str, ...], Meta(description="Attributes with the address, best first.")] = (
        "data-src",
        "data-original",
        "src",
    )
    exclude: Annotated[Css | None, Meta(description="Images that are no content: icons, counters.")] = None
    exclude_url: Annotated[Regex | None, Meta(description="Addresses that are no content: placeholders, logos.")] = None
    captions: Annotated[Css | None, Meta(description="Elements whose text is the caption of the image by them.")] = None
    credits: Annotated[Regex | None, Meta(description="The credit inside a caption: its first group.")] = None


class Videos(_Table, kw_only=True):
    """Players in the body that HTML does not name as video or audio by itself."""

    css: Css
    url: Values = ()


class Body(Region, kw_only=True):
    """The article's text."""

    data: Annotated[str | None, Meta(description="A name under [data] holding the body, where no element has it.")] = None
    path: Annotated[str | None, Meta(description="JMESPath into `data` to HTML text, or a list of such.")] = None
    every: Annotated[bool, Meta(description="The body is all matching elements, in order, not the first.")] = False
    headings: Annotated[Css | None, Meta(description="Elements that are headings though HTML does not say so.")] = None
    images: Images = Images()
    videos: Videos | None = None


class Article(_Table, kw_only=True):
    """The article's side of the partition."""

    headline: Annotated[Region | None, Meta(description="The headline as shown.")] = None
    body: Annotated[tuple[Body, ...], Meta(description="Rules in order: the first that gives a block is taken.")] = ()
    info: Annotated[dict[Name, Region], Meta(description="Lines that are neither headline nor body.")] = {}


class Account(_Table, kw_only=True):
    """The account (号) that published the article."""

    name: Values = ()
    id: Values = ()
    url: Values = ()
    description: Values = ()
    article_count: Values = ()
    follower_count: Values = ()


class Source(_Table, kw_only=True):
    """来源 as the page states it."""

    name: Values = ()
    url: Values = ()


class Authors(_Table, kw_only=True):
    """The persons of the byline."""

    name: Values = ()
    url: Values = ()


class Fields(_Table, kw_only=True):
    """The record's fields that are views of the page. See docs/record.md for what each means."""

    headline: Annotated[Values, Meta(description="Where no element shows the headline.")] = ()
    original_headline: Values = ()
    description: Values = ()
    keywords: Values = ()
    authors: Authors = Authors()
    editors: Values = ()
    account: Account = Account()
    source: Source = Source()
    date_published: Values = ()
    date_modified: Values = ()
    location: Values = ()
    main_image: Values = ()
    comment_count: Values = ()


class Landmark(_Table, kw_only=True):
    """One piece of evidence for a layout."""

    css: Css | None = None
    url: Annotated[Regex | None, Meta(description="A hint: the page's URL matches.")] = None
    weight: Annotated[int, Meta(ge=1, le=10)] = 1
    absent: Annotated[bool, Meta(description="Evidence is that the element is missing.")] = False

    def __post_init__(self) -> None:
        """Refuse evidence of two kinds or none."""
        if (self.css is None) == (self.url is None):
            raise ValueError("exactly one of css and url is needed")


class Data(_Table, kw_only=True):
    """JSON embedded in the page: a script variable, or the text of a script element."""

    variable: Annotated[str | None, Meta(description="Name of a script variable.")] = None
    script: Annotated[Css | None, Meta(description="A script element whose text is JSON.")] = None
    url_encoded: bool = False

    def __post_init__(self) -> None:
        """Refuse data that stands in two places or none."""
        if (self.variable is None) == (self.script is None):
            raise ValueError("exactly one of variable and script is needed")


class Layout(_Table, kw_only=True):
    """One `layouts/<id>.toml`: how one generation of a site's pages is built."""

    id: Annotated[str, Meta(pattern="^[0-9]{4}_[a-z0-9_]+$", description="First year seen and the landmark.")]
    kind: Kind
    evidence: Annotated[tuple[Landmark, ...], Meta(min_length=1, description="What tells this layout.")]
    threshold: Annotated[float, Meta(gt=0, le=1, description="Share of the weights needed.")] = 0.6
    since: Annotated[str | None, Meta(description="First seen, YYYY-MM-DD.")] = None
    until: Annotated[str | None, Meta(description="The site left it then; the file is closed.")] = None
    unproven: Annotated[tuple[str, ...], Meta(description="What no recorded page has proved.")] = ()
    article: Article = Article()
    chrome: Annotated[dict[Name, Chrome], Meta(description="Regions by name, first match wins on one element.")] = {}
    fields: Fields = Fields()
    data: dict[Name, Data] = {}


class UrlForm(_Table, kw_only=True):
    """A form of the site's URLs, and how the article's own id is read from it."""

    kind: Literal["article", "gallery", "video", "list", "ignore"]
    match: Annotated[Regex, Meta(description="Searched in the URL; named groups feed the templates.")]
    id: Annotated[str | None, Meta(description="Template of the article's id.")] = None
    canonical: Annotated[str | None, Meta(description="Template of the one URL of the article.")] = None


class ErrorPage(_Table, kw_only=True):
    """A page of the site that is no article though its status says so; looked for where no layout fits."""

    css: Css
    where: Regex | None = None
    reason: Annotated[str, Meta(description="What the page is, such as: captcha.")]


class ListSource(_Table, kw_only=True):
    """A list of articles that the crawl starts from."""

    url: Annotated[str, Meta(description="May hold {page}, {page2} (two digits), {offset} and {media}.")]
    format: Literal["html", "json", "jsonp"]
    channel: str | None = None
    first_url: Annotated[str | None, Meta(description="The first page's URL where it differs.")] = None
    pages: Annotated[int, Meta(ge=1, le=1000, description="At most so many pages.")] = 1
    first_page: Annotated[int, Meta(description="The number of the first page.")] = 1
    page_size: Annotated[int, Meta(ge=1, description="{offset} is the page, from 0, times this.")] = 20
    css: Annotated[Css | None, Meta(description="html: the elements that hold the links.")] = None
    items: Annotated[str | None, Meta(description="json, jsonp: JMESPath to the list of items.")] = None
    link: Annotated[str, Meta(description="json, jsonp: JMESPath of an item's URL.")] = "url"
    date: Annotated[str | None, Meta(description="json, jsonp: JMESPath of an item's date.")] = None
    skip: Annotated[str | None, Meta(description="json, jsonp: JMESPath that is true for items to skip.")] = None
    media: Annotated[bool, Meta(description="Used with -a media=ID.")] = False
    unproven: str | None = None


class Crawl(_Table, kw_only=True):
    """Politeness of the crawl: the site's own figures."""

    delay: Annotated[float, Meta(ge=0, description="Seconds between two requests to a host.")] = 1.0
    concurrency: Annotated[int, Meta(ge=1, le=16, description="Requests a host at a time.")] = 1


class Site(_Table, kw_only=True):
    """One `profile.toml`: what is true of all pages of a site."""

    site: Annotated[str, Meta(pattern="^[a-z0-9_]{2,30}$", description="The folder's and the spider's name.")]
    title: Annotated[str, Meta(description="The portal's name for people.")]
    hosts: Annotated[tuple[str, ...], Meta(min_length=1, description="Hosts; their sub-domains belong to them.")]
    timezone: str = "Asia/Shanghai"
    language: str = "zh-CN"
    tracking: Annotated[tuple[str, ...], Meta(description="Query parameters that do not change the page.")] = ()
    proxies: Annotated[dict[str, str], Meta(description="Image host to the query parameter with the original.")] = {}
    urls: tuple[UrlForm, ...] = ()
    error_pages: tuple[ErrorPage, ...] = ()
    lists: tuple[ListSource, ...] = ()
    crawl: Crawl = Crawl()
    chrome: Annotated[dict[Name, Chrome], Meta(description="Regions that all layouts share; a layout's win.")] = {}
    fields: Annotated[Fields, Meta(description="Fallbacks for all layouts.")] = Fields()
    data: dict[Name, Data] = {}

