"""Records in the formats of others: schema.org's JSON-LD, and the items of zyte-common-items."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .model import Author, BlockType, DatePrecision, Record

if TYPE_CHECKING:
    from zyte_common_items import Article

CONTEXT = "https://schema.org"


class NoZyteItems(RuntimeError):  # noqa: N818 - states what is missing
    """`to_article` was called, but zyte-common-items is not installed."""

    def __init__(self) -> None:
        super().__init__("to_article needs zyte-common-items, which is not installed: pip install 'portalsieve[zyte]'")


def schema_org(record: Record) -> dict[str, Any]:
    """Return a record as a schema.org NewsArticle, ready for JSON-LD; what the record lacks is left out.

    Dates are written as in the record (a bare day stays one). The source that a portal names (来源) is the
    `sourceOrganization`; an account of the portal is the author if the page names no person.
    """
    url = record.canonical_url or record.url
    page = _some("WebPage", url=url, breadcrumb=_breadcrumbs(record)) if url else None
    media = {kind: [b.url for b in record.blocks if b.type is kind and b.url] for kind in BlockType}
    return {
        "@context": CONTEXT,
        **_some(
            "NewsArticle",
            identifier=record.id,
            url=url,
            mainEntityOfPage=page,
            headline=record.headline,
            alternativeHeadline=record.original_headline,
            description=record.description,
            abstract=record.abstract,
            articleSection=record.article_section,
            keywords=list(record.keywords),
            inLanguage=record.in_language,
            datePublished=record.date_published,
            dateModified=record.date_modified,
            author=_authors(record),
            editor=[_some("Person", name=name) for name in record.editors],
            sourceOrganization=_some("Organization", name=record.source.name, url=record.source.url)
            if record.source
            else None,
            locationCreated=_some("Place", name=record.location) if record.location else None,
            image=[_some("ImageObject", url=image.url, caption=image.caption) for image in record.images],
            video=[_some("VideoObject", contentUrl=address) for address in media[BlockType.VIDEO]],
            audio=[_some("AudioObject", contentUrl=address) for address in media[BlockType.AUDIO]],
            commentCount=record.comment_count,
            articleBody=record.article_body,
        ),
    }


def _some(kind: str, **values: Any) -> dict[str, Any]:
    """Return a node of a type with the properties that have a value; a count of 0 is a value."""
    return {"@type": kind, **{name: value for name, value in values.items() if value not in (None, "", [])}}


def _authors(record: Record) -> list[dict[str, Any]]:
    named = [_some("Person", name=author.name, url=author.url) for author in record.authors if author.name]
    account = record.account
    if named or account is None or not account.name:
        return named
    return [
        _some(
            "Organization", name=account.name, url=account.url, description=account.description, identifier=account.id
        )
    ]


def _breadcrumbs(record: Record) -> dict[str, Any] | None:
    entries = [
        _some("ListItem", position=number, name=crumb.name, url=crumb.url)
        for number, crumb in enumerate(record.breadcrumbs, 1)
    ]
    return _some("BreadcrumbList", itemListElement=entries) if entries else None


def zyte_article(record: Record) -> Article:
    """Return a record as an `Article` of zyte-common-items; raises NoZyteItems, ValueError for a record without a URL.

    Its `datePublished` has a time and an offset in every case, so a date of day precision is written as midnight UTC;
    `inLanguage` is the language without its region.
    """
    try:
        import zyte_common_items as zyte  # noqa: PLC0415 - an extra
    except ImportError:
        raise NoZyteItems from None
    url = record.url or record.canonical_url
    if url is None:
        raise ValueError(f"{record.id}: the record has no URL, which an Article must have")
    media = {kind: [b.url for b in record.blocks if b.type is kind and b.url] for kind in BlockType}
    return zyte.Article(
        url=url,
        canonicalUrl=record.canonical_url,
        headline=record.headline,
        datePublished=_moment(record.date_published, record.date_precision),
        datePublishedRaw=record.date_published_raw,
        dateModified=_moment(record.date_modified),
        authors=_listed(zyte.Author(name=a.name, nameRaw=a.name_raw, url=a.url) for a in _zyte_authors(record)),
        breadcrumbs=_listed(zyte.Breadcrumb(name=crumb.name, url=crumb.url) for crumb in record.breadcrumbs),
        inLanguage=record.in_language.partition("-")[0] if record.in_language else None,
        mainImage=zyte.Image(url=record.main_image.url) if record.main_image else None,
        images=_listed(zyte.Image(url=image.url) for image in record.images),
        description=record.description or record.abstract,
        articleBody=record.article_body or None,
        articleBodyHtml=record.article_body_html or None,
        videos=_listed(zyte.Video(url=address) for address in media[BlockType.VIDEO]),
        audios=_listed(zyte.Audio(url=address) for address in media[BlockType.AUDIO]),
        metadata=zyte.ArticleMetadata(
            dateDownloaded=record.fetch.fetched_at,
            probability=record.extraction.confidence if record.extraction else None,
        ),
    )


def _zyte_authors(record: Record) -> Iterable[Author]:
    account = record.account
    if record.authors or account is None or not account.name:
        return record.authors
    return [Author(name=account.name, name_raw=None, url=account.url)]


def _listed(values: Iterable[Any]) -> list[Any] | None:
    return list(values) or None


def _moment(date: str | None, precision: DatePrecision | None = None) -> str | None:
    bare = date is not None and (precision is DatePrecision.DAY or "T" not in date)
    return f"{date}T00:00:00Z" if bare else date
