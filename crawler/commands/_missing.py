"""Pages of `scrapy extract` that have no record: each with its reason and the next step."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import msgspec

from ..bulk.outcome import Kind, Outcome
from ..errors import NOT_RECEIVED, Failure
from ..page.urls import host
from ..profiles.checks.suffixes import owner
from ..terminal import as_called, plain

AGAIN = "check the URL and the network, then repeat the command; -s RETRY_TIMES=3 retries"
"""What to do about a page that was not received."""


class Missing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page without a record; written as JSON, one per line. `input` is the file, archive or URL that it is from."""

    input: str
    url: str | None
    failure: str
    reason: str
    next: str


def as_unicode(entry: Missing) -> Missing:
    r"""Return the entry with bytes of file names that are not UTF-8 written as `\udcff`, so that JSON can have them."""
    texts = {name: value for name in entry.__struct_fields__ if isinstance(value := getattr(entry, name), str)}
    changed = {name: text.encode("utf-8", "backslashreplace").decode() for name, text in texts.items()}
    return msgspec.structs.replace(entry, **changed)


def missing(outcome: Outcome, source: str, url: str | None, *, file: bool) -> Missing | None:
    """Return why a page has no record; None if it has one. `file`: `source` is a saved page."""
    entry = outcome.entry
    if outcome.record is not None or outcome.kind is Kind.SKIPPED:
        return None
    if entry is not None:
        url = entry.url or url
        site = entry.site
        failure: str = entry.failure
        return Missing(
            input=source,
            url=url,
            failure=failure,
            reason=plain(entry.message),
            next=_next(failure, site, url, source if file else url, outcome.kind),
        )
    reasons = {
        Kind.LIST: ("list", "a list of links, not an article", "nothing: `scrapy crawl` follows its links"),
        Kind.REDIRECT: ("redirect", "a redirect, not a page", "nothing: the page that it leads to is read"),
        Kind.OTHER: ("not_a_page", "not an article page of the site", "nothing"),
    }
    name = outcome.host or host(url or "") or "this host"
    unknown = (Failure.UNKNOWN_SITE, f"no profile for {name}", _draft(url, source, file))
    failure, reason, step = reasons.get(outcome.kind, unknown)
    return Missing(input=source, url=url, failure=failure, reason=reason, next=as_called(step))


def unusable(source: str, reason: str) -> Missing:
    """Return the entry of an input that is not a page, or whose URL is not known."""
    step = f"scrapy extract {shlex.quote(source)} --url URL, or name it in a --manifest"
    known = "does not contain its own URL" in reason
    folder = source != "" and Path(source).is_dir()
    return Missing(
        input=source,
        url=None,
        failure="no_url" if known else "unusable",
        reason=plain(reason),
        next=as_called(step) if known else "give the folder that contains the pages" if folder else "check the file",
    )


def uncounted(source: str, name: str, count: int) -> Missing:
    """Return the entry of an archive's pages of a host without a profile."""
    return Missing(
        input=source,
        url=f"http://{name}/",
        failure=Failure.UNKNOWN_SITE,
        reason=f"{count} {'page' if count == 1 else 'pages'}: no profile for {name}",
        next=as_called(f"scrapy newsite {site_name(f'http://{name}/') or 'NAME'} --archive {source} --host {name}"),
    )


def _next(failure: str, site: str, url: str | None, page: str | None, kind: Kind) -> str:
    """Return what to do about a page: a command where there is one."""
    at = f" --url {shlex.quote(url)}" if url and page != url else ""
    explain = f"scrapy explain {shlex.quote(page or 'PAGE')}{at}"
    if failure in NOT_RECEIVED:
        step = AGAIN
    elif kind is Kind.UNREAD:
        step = _draft(url, page or "PAGE", page != url)
    else:
        step = {
            Failure.UNKNOWN_SITE: _draft(url, page or "PAGE", page != url),
            Failure.UNKNOWN_LAYOUT: f"{explain}; {_new_layout(site, page, url)}",
            Failure.RULE_MISSED: f"{explain}; {_changed(site, page, url)}if the rule is wrong, mend it in {site}",
            Failure.PROFILE_INVALID: f"scrapy lint {site}".rstrip(),
            Failure.NEEDS_RENDERING: f"scrapy crawl {site} -a url={shlex.quote(url or 'URL')}",
            Failure.TRUNCATED: "save or fetch the page again: it ends early",
            Failure.EMPTY_BODY: "save or fetch the page again: it is empty",
            Failure.ENCODING_DOUBT: "save the page again as it was sent: its bytes are damaged",
            Failure.CAPTCHA: "fetch the page again later, more slowly",
            Failure.LOGIN_WALL: "nothing: the site shows the article to its members only",
            Failure.REMOVED: "nothing: the article was deleted",
            Failure.NOT_FOUND: "nothing: the article does not exist",
            Failure.NOT_AN_ARTICLE: f"nothing, unless it is an article: {explain}",
        }.get(Failure(failure), explain)
    return as_called(step)


def _new_layout(site: str, page: str | None, url: str | None) -> str:
    """Return what to do about a layout that no rule knows."""
    return f"{_changed(site, page, url)}if the layout is new, add it to the profile {site}"


def _changed(site: str, page: str | None, url: str | None) -> str:
    """Return what to do if the site changed its pages; nothing for a page that is not saved, which `repair` needs."""
    return f"if the site changed its pages, scrapy repair {site} {shlex.quote(page)}; " if page and page != url else ""


def _draft(url: str | None, page: str, file: bool) -> str:
    """Return the command that drafts a profile for the page's site."""
    name = site_name(url or "") or "NAME"
    pages = f"--folder {shlex.quote(str(page).rpartition('/')[0] or '.')}" if file else shlex.quote(url or "URL")
    return f"scrapy newsite {name} {pages}"


def site_name(url: str) -> str:
    """Return a name for a site's profile: the label of its registered domain."""
    name = re.sub(r"[^a-z0-9_]", "_", owner(host(url)))
    return name if re.fullmatch(r"[a-z0-9_]{2,30}", name) else ""
