"""Shared by the commands: their base class, help texts, options, profiles and the project's store."""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from ..errors import ProfileInvalid
from ..extract import PROFILES, profiles_in
from ..profiles.load import Profile, Profiles
from ..profiles.places import INSTALLED, installed, site_folders
from ..regression.fixture import PLACES
from ..spiders.options import PREFIX, BadSetting, Options
from ..store.interface import Store
from ..store.opening import open_store
from ..terminal import STOPPED, as_called, plain

Add = Callable[..., Any]
"""`add_argument` of a parser."""
PROFILES_SETTING = "PORTALSIEVE_PROFILES"
_FULL = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})
"""Errors of standard output in a file or on a disk that takes no more."""


class ProjectCommand:
    """Mixin of the commands. A command that is interrupted, or whose reader leaves, ends without a traceback.

    In another Scrapy project, or in none, a command uses this project's settings with the PORTALSIEVE_ settings of that
    project. It is not a ScrapyCommand itself, because Scrapy lists every subclass in this package as a command.
    """

    requires_project = True
    requires_crawler_process = False
    takes_profiles = True
    arguments = ""
    """The arguments, as the help shows them."""
    summary = ""
    """The description in the list of commands."""
    description = ""
    """The description in the command's help."""
    epilog = ""
    """Examples and exit statuses, at the end of the command's help."""
    exitcode: int
    _settings: Settings | None = None

    @property
    def settings(self) -> Settings | None:
        """The command's settings, None before Scrapy has set them."""
        return self._settings

    @settings.setter
    def settings(self, given: Settings | None) -> None:
        self._settings = given if given is None else own_settings(given)

    def syntax(self) -> str:
        """Return the command's arguments."""
        return self.arguments

    def short_desc(self) -> str:
        """Return the description in the list of commands."""
        return self.summary

    def long_desc(self) -> str:
        """Return the description in the command's help."""
        return self.description or self.summary

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options that all commands have, those of the command and the epilog."""
        super().add_options(parser)  # type: ignore[misc]
        if self.takes_profiles:
            add_profiles(parser)
        self._arguments(parser.add_argument)
        with_epilog(parser, self.epilog)

    def _arguments(self, add: Add) -> None:
        """Add the command's own options; `add` takes what `add_argument` does."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the options. Raises UsageError."""
        super().process_options(args, opts)  # type: ignore[misc]
        if self.takes_profiles and opts.profiles:
            self.project_settings.set(PROFILES_SETTING, opts.profiles, priority="cmdline")

    @property
    def project_settings(self) -> Settings:
        """The settings of the project. Raises RuntimeError before Scrapy has set them."""
        if self._settings is None:
            raise RuntimeError("Scrapy did not set the command's settings")
        return self._settings

    def fetch_settings(self) -> Settings:
        """Return the settings for fetching single pages: the command reports each failure, and -L shows more."""
        settings = self.project_settings.copy()
        settings.set("LOG_LEVEL", "CRITICAL", priority="spider")
        if self.options.contact:
            settings.set("USER_AGENT", self.options.user_agent, priority="spider")
        return settings

    @property
    def options(self) -> Options:
        """The project's options. Raises UsageError for an invalid setting."""
        return options_of(self.settings)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Call `work`; when standard output is closed the exit status so far stays, an interrupt sets `STOPPED`.

        A file or folder that cannot be used, such as an output below a file, ends the command with a message.
        """
        try:
            self.work(args, opts)
            sys.stdout.flush()
        except BrokenPipeError:
            close_output()
        except KeyboardInterrupt:
            sys.stderr.write("stopped\n")
            self.exitcode = STOPPED
        except OSError as error:
            if error.filename is None and error.errno in _FULL:
                close_output()
                sys.stderr.write(f"the output cannot be written: {error.strerror}; make room there\n")
                self.exitcode = 1
                return
            if error.filename is None:  # nothing that was given: a fault of the machine or of the program
                raise
            sys.stderr.write(
                f"{plain(f'{error.filename}: {error.strerror}')}; choose another place, or make room there\n"
            )
            self.exitcode = 1

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command and set `exitcode`."""
        raise NotImplementedError


def add_profiles(parser: argparse.ArgumentParser) -> None:
    """Add the option for folders of profiles."""
    parser.add_argument(
        "--profiles",
        metavar="DIR",
        action="append",
        default=[],
        help="folder of site profiles of your own; they count before the installed ones; may be repeated",
    )


def add_fixtures(add: Add) -> None:
    """Add the option for folders of fixtures."""
    help_text = f"folder of fixtures; may be repeated (default: {' and '.join(PLACES)})"
    add("--fixtures", metavar="DIR", action="append", help=help_text)


def add_pages(add: Add) -> None:
    """Add the options for saved and archived pages."""
    add("--archive", metavar="FILE", nargs="+", action="extend", default=[], help="WARC files, or folders of them")
    add("--folder", metavar="DIR", help="a folder of saved pages (.html, .htm, also .gz)")
    add("--url", metavar="URL", help="URL of the only page in the folder; overrides the one it states")
    add("--manifest", metavar="FILE", help="URLs of the folder's pages, as FILE<tab>URL or CSV")


def close_output() -> None:
    """Redirect standard output to the null device, so that nothing is written to a closed pipe, not even at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def with_epilog(parser: argparse.ArgumentParser, epilog: str) -> None:
    """Add `epilog` to the end of the parser's help.

    Its paragraphs are wrapped; lines that are indented keep their breaks. A paragraph that begins with a line such as
    "examples:" gets it as a heading.
    """
    base: Any = parser.formatter_class

    class Formatter(base):  # type: ignore[misc]
        """Scrapy's formatter without its two faults: see the comments."""

        def _fill_text(self, text: str, width: int, indent: str) -> str:  # noqa: ARG002 - argparse's signature
            # argparse would wrap all paragraphs into one.
            return "\n\n".join(_filled(paragraph, width) for paragraph in text.strip().split("\n\n"))

        def format_part_strings(self, parts: list[str]) -> list[str]:
            # Scrapy makes a heading of every line that ends in a colon, even if an option's help was wrapped there.
            if parts and parts[0].startswith(" "):
                return parts
            headed: list[str] = super().format_part_strings(parts)
            return headed

    parser.formatter_class = Formatter
    parser.epilog = as_called(epilog)
    if parser.usage is not None:
        parser.usage = as_called(parser.usage)
    if parser.description is not None:
        parser.description = as_called(parser.description)
    error = parser.error
    parser.error = lambda message: error(as_called(message))  # type: ignore[method-assign]


def _filled(paragraph: str, width: int) -> str:
    lines = paragraph.split("\n")
    if not any(line.startswith(" ") for line in lines):
        return textwrap.fill(" ".join(lines), width)
    heading = lines.pop(0).removesuffix(":") if not lines[0].startswith(" ") else ""
    heading = heading[:1].upper() + heading[1:]
    return "\n".join([heading, "=" * len(heading), *(_hanging(line, width) for line in lines)]).lstrip("\n")


def _hanging(line: str, width: int) -> str:
    """Wrap a line of two columns, such as an argument and its description; any other line stays as it is."""
    columns = re.match(r" +\S.*?\S {2,}(?=\S)", line)
    if columns is None or len(line) <= width:
        return line
    return textwrap.fill(line, width, subsequent_indent=" " * columns.end())


def own_settings(given: Settings) -> Settings:
    """Return `given` if they are this project's, else this project's with the PORTALSIEVE_ settings of `given`."""
    module = f"{__package__.partition('.')[0]}.settings"
    own = Settings()
    own.setmodule(module, priority="project")
    if given.get("COMMANDS_MODULE") == own["COMMANDS_MODULE"]:
        return given
    for name in given:
        if name.startswith(PREFIX):
            own.set(name, given[name], priority="project")
    return own


def options_of(settings: Mapping[str, Any] | None) -> Options:
    """Return the options in a project's settings. Raises UsageError for an invalid one."""
    if settings is None:
        raise RuntimeError("Scrapy did not set the command's settings")
    try:
        return Options.of(settings)
    except BadSetting as error:
        raise UsageError(str(error), print_help=False) from None


def usable_profiles(folders: Sequence[Path]) -> Profiles:
    """Return the valid profiles of `folders`; each invalid one is reported on standard error.

    Raises UsageError where the folders have no profile.
    """
    try:
        profiles = profiles_in(folders)
    except ProfileInvalid as error:
        raise UsageError(str(error), print_help=False) from None
    for site in profiles.refused:
        fault = plain(str(profiles.refusal(site)))
        shown = next((folder / site for folder in folders if folder != PROFILES and (folder / site).is_dir()), site)
        lint = as_called(f"`scrapy lint {shown}`")
        sys.stderr.write(f"{site} is skipped: {fault}; {lint} lists all faults\n")
    return profiles


def writable_folder(profile: Profile, options: Options) -> Path:
    """Return the folder to write changes of a site's profile into; an installed profile is copied for that.

    The copy is in the first folder of the user's own, so that nothing is ever written into an installed package.
    Raises UsageError if something else is there, such as a copy with edits that is not in use: changes of the installed
    profile would overwrite them.
    """
    if not INSTALLED or profile.folder.parent.resolve() not in {folder.resolve() for folder in installed()}:
        return profile.folder
    copy = options.profiles_home / profile.folder.name
    if copy.exists():
        raise UsageError(
            f"{copy} exists, but the profile in use is {profile.folder}: nothing was written. Use the other folder with"
            f" --profiles {copy.parent}, or move it away",
            print_help=False,
        )
    shutil.copytree(profile.folder, copy)
    sys.stderr.write(f"copied the profile to change it: {plain(str(copy))}\n")
    return copy


def no_such_site(site: str, profiles: Profiles) -> str:
    """Return why `site` has no usable profile: it is invalid, or does not exist."""
    if site in profiles.refused:
        return f"{site}: its profile is invalid: {profiles.refusal(site)}"
    return f"{site}: no such profile; available: {available(profiles)}. Folders of your own: --profiles DIR"


def available(names: Mapping[str, Any] | set[str]) -> str:
    """Return names as a list for an error message."""
    return ", ".join(sorted(names)) or "none"


@contextlib.contextmanager
def project_store(options: Options, site: str | None = None) -> Iterator[Store]:
    """Open the project's store and close it at the end; it is not created if it does not exist.

    Raises UsageError for a `site` that has neither a profile nor anything in the store; StoreError if the store cannot
    be used.
    """
    with contextlib.closing(open_store(options.store_place, make=False)) as store:
        known = {site.name for folder in options.profiles for site in site_folders(folder)} | set(store.sites())
        if site is not None and site not in known:
            raise UsageError(f"{site}: no such site; available: {available(known)}", print_help=False)
        yield store
