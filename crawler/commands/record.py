"""`scrapy record SITE URL...`: keep pages as fixtures, to be reviewed and then tested for ever."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.commands.ending import EndsQuietly
from crawler.commands.help import with_epilog
from crawler.commands.pages import Unusable, read_input, stated_url
from crawler.commands.profiles import no_such_site, usable
from crawler.errors import ProfileInvalid
from crawler.page.urls import host
from crawler.profiles.match import profile_for, read_url
from crawler.regression.fetching import fetch
from crawler.regression.recorder import NotRecorded, Recorder, Response
from crawler.spiders.options import BadSetting, Options
from crawler.terminal import plain
from crawler.warc.reader import NotAnArchive, read_archive

FIXTURES = "tests/fixtures"
_PAGES = (".html", ".htm", ".shtml", ".html.gz", ".htm.gz")
_EPILOG = """\
A case is FIXTURES/SITE/LAYOUT/CASE/. Its values are unreviewed until `scrapy review` says otherwise. Cookies, other
headers than those that say how to read the page, and query parameters that the article does not need are not kept; what
looks like a secret in the body is overwritten. A case is never overwritten: a name that is taken gets the day.

examples:
  scrapy record SITE https://www.example.org/news/1.html --name disclaimer_english_twin
  scrapy record SITE --archive pages.warc.gz
  scrapy record SITE --folder saved/ --layout 2026_article_main
"""


class Command(EndsQuietly, ScrapyCommand):
    """Writes fixtures; tells each by name, and what was not recorded."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """How it is called."""
        return "[options] SITE [URL...]"

    def short_desc(self) -> str:
        """What it does, in a line."""
        return "Keep pages of a site as fixtures"

    def long_desc(self) -> str:
        """What it does."""
        return (
            "Keep pages as fixtures: of URLs (fetched as politely as by a crawl), of WARC archives, or of a folder of"
            " saved pages. Exit status: 0 when each page was recorded; 1 when one was not; 2 for a wrong call."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--archive", metavar="FILE", nargs="+", action="extend", default=[], help="WARC files, or folders of them")
        add("--folder", metavar="DIR", help="a folder of saved pages (.html, .htm, also .gz)")
        add("--url", metavar="URL", help="where the one page of the folder comes from; wins over what it says")
        add("--name", metavar="CASE", help="the case's name: why it is kept (default: the article's id)")
        add("--layout", metavar="ID", help="the layout, where none recognises the page yet")
        add(
            "--scrub",
            action="store_true",
            help="replace the words, keep the structure: a page that may be shown to others",
        )
        add("--fixtures", metavar="DIR", default=FIXTURES, help=f"where fixtures are (default: {FIXTURES})")
        with_epilog(parser, _EPILOG)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Record, tell, set the exit status."""
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        try:
            self._profiles = usable(Options.of(self.settings).profiles)
        except (BadSetting, ProfileInvalid) as error:
            raise UsageError(str(error), print_help=False) from None
        if not args or args[0] not in self._profiles:
            told = no_such_site(args[0], self._profiles) if args else f"there are: {', '.join(sorted(self._profiles))}"
            raise UsageError(f"name a site first; {told}", print_help=False)
        if len(args) < 2 and not opts.archive and not opts.folder:
            raise UsageError("nothing to record: give URLs, --archive or --folder", print_help=False)
        wrong = next((url for url in args[1:] if not host(url)), None)
        if wrong is not None:
            raise UsageError(f"{wrong}: no http or https URL", print_help=False)
        self._site = args[0]
        now = datetime.now(UTC)
        recorder = Recorder(Path(opts.fixtures), self._profiles, now.astimezone().date().isoformat(), scrub=opts.scrub)
        recorded = failed = 0
        for response in self._responses(args[1:], opts):
            problem = response if isinstance(response, str) else self._stranger(response)
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
                sys.stderr.write(f"not recorded: {plain(problem)}\n")
        sys.stderr.write(f"recorded: {recorded}, not recorded: {failed}\n")
        if recorded:
            sys.stderr.write(f"now look at them: scrapy review {self._site}\n")
        self.exitcode = int(bool(failed) or not recorded)

    def _stranger(self, response: Response) -> str | None:
        profile = profile_for(response.url, self._profiles.values())
        if profile is not None and profile.site.site == self._site:
            return None
        return f"{response.url}: no page of {self._site}, whose hosts are {', '.join(self._hosts())}"

    def _hosts(self) -> tuple[str, ...]:
        return self._profiles[self._site].site.hosts

    def _responses(self, urls: list[str], opts: argparse.Namespace) -> Iterator[Response | str]:
        """Yield the responses, and as text what gave none."""
        for source in opts.archive:
            yield from self._archived(source)
        if opts.folder:
            yield from saved(opts.folder, opts.url)
        if urls and self.settings is not None:
            responses, problems = fetch(urls, self.settings, self._hosts())
            yield from responses
            yield from problems

    def _archived(self, source: str) -> Iterator[Response | str]:
        """Yield the article pages of the site in an archive; its other files are passed by."""
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


def saved(folder: str, url: str | None = None) -> Iterator[Response | str]:
    """Yield the saved pages of a folder, by name; as text those that cannot be used."""
    if not Path(folder).is_dir():
        yield f"{folder}: {'is a file; name the folder' if Path(folder).exists() else 'no such folder'}"
        return
    files = sorted(path for path in Path(folder).glob("*") if path.name.endswith(_PAGES))
    if not files:
        yield f"{folder}: no {', '.join(_PAGES)} file is there"
    if url is not None and len(files) > 1:
        yield f"--url says where one page comes from; {folder} holds {len(files)}"
        return
    for path in files:
        try:
            body = read_input(str(path))
            stated = url or stated_url(body, str(path))
            yield Response(url=stated, body=body)
        except Unusable as error:
            yield str(error)
