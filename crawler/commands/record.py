"""`scrapy record SITE URL...`: record pages as fixtures, to be reviewed once and then tested."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ..page.urls import host
from ..profiles.match import profile_for, read_url
from ..regression.fetching import Browser, fetch
from ..regression.recorder import NotRecorded, Recorder, Response
from ..terminal import as_called, plain
from ..warc.reader import NotAnArchive, read_archive
from ._inputs import read_manifest, url_in
from ._pages import Unusable, read_input, stated_url
from ._shared import Add, ProjectCommand, add_pages, available, no_such_site, usable_profiles

FIXTURES = "tests/fixtures"
_PAGES = (".html", ".htm", ".shtml", ".html.gz", ".htm.gz")
_EPILOG = """\
A fixture is the folder FIXTURES/SITE/LAYOUT/CASE/. Its values are unreviewed until you accept them with `scrapy
review`. Cookies, headers that are not needed to read the page, and query parameters that are not part of the article's
address are left out; anything in the body that looks like a secret is overwritten. A fixture is never replaced: if the
name is taken, the date is added.

examples:
  scrapy record SITE https://www.example.org/news/1.html --name two_languages
  scrapy record SITE --archive pages.warc.gz
  scrapy record SITE --folder saved/ --layout 2026_article_main
"""


class Command(ProjectCommand, ScrapyCommand):
    """Writes fixtures, and prints their names and the pages that were not recorded."""

    arguments = "[options] SITE [URL...]"
    summary = "Record pages of a site as fixtures"
    description = (
        "Record pages as fixtures, from URLs (fetched as politely as in a crawl), WARC archives, or a folder of"
        " saved pages. Exit status: 0 when all pages were recorded; 1 when one was not; 2 for a usage error."
    )
    epilog = _EPILOG

    def _arguments(self, add: Add) -> None:
        add_pages(add)
        add("--name", metavar="CASE", help="the case's name, such as its peculiarity (default: the article's id)")
        add("--layout", metavar="ID", help="the layout, if none recognises the page yet")
        add("--rendered", action="store_true", help="record URLs as they are after their scripts too")
        add("--scrub", action="store_true", help="replace the words but keep the structure, so that it can be shared")
        add("--fixtures", metavar="DIR", default=FIXTURES, help=f"folder of fixtures (default: {FIXTURES})")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Record the pages, print a summary, set the exit status."""
        self._profiles = usable_profiles(self.options.profiles)
        if not args:
            raise UsageError(f"expected a site first; available: {available(self._profiles)}", print_help=False)
        if args[0] not in self._profiles:
            raise UsageError(no_such_site(args[0], self._profiles), print_help=False)
        if len(args) < 2 and not opts.archive and not opts.folder:
            raise UsageError("nothing to record; give URLs, --archive or --folder", print_help=False)
        wrong = next((url for url in args[1:] if not host(url)), None)
        if wrong is not None:
            raise UsageError(f"{wrong}: not an http(s) URL", print_help=False)
        self._site = args[0]
        now = datetime.now(UTC)
        recorder = Recorder(Path(opts.fixtures), self._profiles, now.astimezone().date().isoformat(), scrub=opts.scrub)
        recorded = failed = 0
        for response in self._responses(args[1:], opts):
            problem = response if isinstance(response, str) else self._foreign(response)
            if problem is None and isinstance(response, Response):
                try:
                    fixture = recorder.record(response, name=opts.name, layout=opts.layout)
                except NotRecorded as error:
                    problem = str(error)
                else:
                    recorded += 1
                    sys.stdout.write(f"{fixture.name}\n")
            if problem is not None:
                failed += 1
                sys.stderr.write(f"not recorded: {plain(as_called(problem))}\n")
        if not recorded and not failed:
            hosts = ", ".join(self._hosts())
            sys.stderr.write(f"{plain(' '.join(opts.archive))}: no article page of {self._site} (hosts: {hosts})\n")
        sys.stderr.write(f"recorded: {recorded}, not recorded: {failed}\n")
        if recorded:
            there = "".join(f" --profiles {shlex.quote(folder)}" for folder in opts.profiles or ())
            there += f" --fixtures {shlex.quote(opts.fixtures)}" if opts.fixtures != FIXTURES else ""
            sys.stderr.write(as_called(f"next, review them: scrapy review {self._site}{there}\n"))
        self.exitcode = int(bool(failed) or not recorded)

    def _foreign(self, response: Response) -> str | None:
        profile = profile_for(response.url, self._profiles.values())
        if profile is not None and profile.site.site == self._site:
            return None
        return f"{response.url}: not a page of {self._site} (hosts: {', '.join(self._hosts())})"

    def _hosts(self) -> tuple[str, ...]:
        return self._profiles[self._site].site.hosts

    def _responses(self, urls: list[str], opts: argparse.Namespace) -> Iterator[Response | str]:
        """Yield the responses, and an error message for each input without one."""
        for source in opts.archive:
            yield from self._archived(source)
        if opts.folder:
            yield from saved(opts.folder, opts.url, opts.manifest)
        if urls:
            browser = Browser(self.options.chromium) if opts.rendered else None
            site = self._profiles[self._site]
            fetched = fetch(urls, self.project_settings, self._hosts(), site=site, browser=browser)
            yield from fetched.responses
            yield from fetched.problems
            if fetched.stopped:
                raise KeyboardInterrupt  # Scrapy has handled the signal itself

    def _archived(self, source: str) -> Iterator[Response | str]:
        """Yield the site's article pages in an archive; other files are skipped."""
        profile = self._profiles[self._site]
        try:
            for found in read_archive(source):
                url = found.url or ""
                own = profile_for(url, self._profiles.values()) is profile
                if found.problem is not None:
                    yield found.problem.message
                elif own and read_url(url, profile).kind not in {"list", "ignore", None}:
                    yield Response(
                        url=url,
                        body=found.body,
                        status=found.status or 0,
                        headers=found.headers,
                        fetched_at=found.date,
                    )
        except (NotAnArchive, OSError) as error:
            yield str(error)


def saved(folder: str, url: str | None = None, manifest: str | None = None) -> Iterator[Response | str]:
    """Yield the saved pages of a folder, sorted by name, and an error message for each unusable one.

    `url` is the URL of the only page; `manifest` names a file with the URLs of several.
    """
    if not Path(folder).is_dir():
        yield f"{folder}: {'is a file; give its folder' if Path(folder).exists() else 'no such folder'}"
        return
    files = sorted(path for path in Path(folder).glob("*") if path.name.endswith(_PAGES))
    if not files:
        yield f"{folder}: contains no {', '.join(_PAGES)} file"
    if url is not None and len(files) > 1:
        yield f"--url needs a folder with one page; {folder} has {len(files)}"
        return
    try:
        named = read_manifest(manifest) if manifest else {}
    except Unusable as error:
        yield str(error)
        return
    for path in files:
        try:
            body = read_input(str(path))
            stated = url or url_in(named, str(path)) or stated_url(body, str(path))
            yield Response(url=stated, body=body)
        except Unusable as error:
            yield str(error) if len(files) == 1 else str(error).replace("it with --url URL", "it in a --manifest")
