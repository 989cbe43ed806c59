"""The project's own settings, checked before anything is fetched."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from scrapy.settings import default_settings

from .. import __version__
from ..bulk.cost import Cost
from ..fetch.addresses import Opened, opened
from ..profiles.places import FOLDER, INSTALLED, SHIPPED, Places, installed, look_up, site_folders
from ..records.runs import MAX_FAILED
from ..records.write import ChromeLevel
from ..store.link import WAIT
from ..store.postgres import LEASE
from ..store.server import is_server

PREFIX = "PORTALSIEVE_"
KNOWN = (
    "PORTALSIEVE_CHROME",
    "PORTALSIEVE_CHROMIUM",
    "PORTALSIEVE_CONTACT",
    "PORTALSIEVE_CSV_FORMULAS",
    "PORTALSIEVE_EXPLAINED",
    "PORTALSIEVE_LEASE",
    "PORTALSIEVE_MAX_FAILED",
    "PORTALSIEVE_MIN_FREE",
    "PORTALSIEVE_OPEN_ADDRESSES",
    "PORTALSIEVE_OUTPUT",
    "PORTALSIEVE_PAGE_MEMORY",
    "PORTALSIEVE_PAGE_PROCESS",
    "PORTALSIEVE_PAGE_SECONDS",
    "PORTALSIEVE_PROFILES",
    "PORTALSIEVE_RENDER_PAGES",
    "PORTALSIEVE_RETRY_DELAY",
    "PORTALSIEVE_SHIPPED_PROFILES",
    "PORTALSIEVE_STORE",
    "PORTALSIEVE_STORE_WAIT",
)
SECONDS = ("DOWNLOAD_DELAY", "DOWNLOAD_TIMEOUT")
WHOLE = {"DOWNLOAD_MAXSIZE": "bytes", "RETRY_TIMES": "tries"}
"""Scrapy settings in whole numbers and their units. Scrapy itself does not check them."""


class BadSetting(ValueError):  # noqa: N818 - states what is wrong
    """A setting is unknown or its value cannot be used. The message names it and says what is valid."""


class Options(msgspec.Struct, frozen=True):
    """The project's settings, validated.

    `profiles` are all folders of profiles in the order in which they count, `own_profiles` the user's among them;
    `store` is the store's file or the URL of a PostgreSQL database, None for the file in the output folder, `lease` the
    seconds after which the pages of a silent process that shares a database go to others, `store_wait` those for which
    a crawl waits for a database that does not answer any more; `min_free` is the disk space
    in bytes that a crawl leaves free; `retry_delay` is in seconds before the first retry; `max_failed` is the
    percentage of pages that may fail before the run counts as failed; `csv_formulas` is whether CSV files keep cells
    that a spreadsheet would run; `opened` are non-public addresses that may be connected to; `chromium` is the
    browser's program, None to look for it; `render_pages` is how many pages are rendered at once; `explained` is how
    many of its pages a run explains. `cost` limits what a page may use in a separate process, `page_process` is whether
    a crawl's pages get one.
    """

    chrome: ChromeLevel
    output: Path
    profiles: tuple[Path, ...]
    contact: str
    own_profiles: tuple[Path, ...] = ()
    store: Path | str | None = None
    lease: float = LEASE
    store_wait: float = WAIT
    min_free: int = 500 * 1024 * 1024
    retry_delay: float = 10.0
    max_failed: float = MAX_FAILED
    csv_formulas: bool = False
    cost: Cost = Cost()
    page_process: bool = False
    opened: tuple[Opened, ...] = ()
    chromium: str | None = None
    render_pages: int = 4
    explained: int = 12

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Options:
        """Read Scrapy's settings; raises BadSetting."""
        for name in settings:
            if name.startswith(PREFIX) and name not in KNOWN:
                near = difflib.get_close_matches(name, KNOWN, 1)
                hint = f" (did you mean {near[0]}?)" if near else ""
                raise BadSetting(f"unknown setting {name}{hint}. Valid settings: {', '.join(KNOWN)}")
            if name not in KNOWN and not hasattr(default_settings, name):
                near = difflib.get_close_matches(name, (*KNOWN, *SECONDS, *WHOLE), 1, 0.85)
                if near:
                    raise BadSetting(f"unknown setting {name} (did you mean {near[0]}?)")
        for name in SECONDS:
            if settings.get(name) is not None:
                _number(settings, name, "seconds")
        for name, unit in WHOLE.items():
            if settings.get(name) is not None and not str(settings[name]).isdecimal():
                raise BadSetting(f"{name} is {settings[name]!r}; use a whole number of {unit}, 0 or more")
        places = _places(settings)
        return cls(
            chrome=_chrome(settings["PORTALSIEVE_CHROME"]),
            output=_output(settings["PORTALSIEVE_OUTPUT"]),
            profiles=places.all,
            own_profiles=places.own,
            contact=_contact(settings["PORTALSIEVE_CONTACT"]),
            store=_store(settings["PORTALSIEVE_STORE"]),
            lease=_lease(settings),
            store_wait=_number(settings, "PORTALSIEVE_STORE_WAIT", "seconds"),
            min_free=int(_number(settings, "PORTALSIEVE_MIN_FREE", "MiB of disk") * 1024 * 1024),
            retry_delay=_number(settings, "PORTALSIEVE_RETRY_DELAY", "seconds"),
            max_failed=_percent(settings, "PORTALSIEVE_MAX_FAILED"),
            csv_formulas=_switch(settings, "PORTALSIEVE_CSV_FORMULAS"),
            cost=Cost(
                _number(settings, "PORTALSIEVE_PAGE_SECONDS", "CPU seconds"),
                int(_number(settings, "PORTALSIEVE_PAGE_MEMORY", "MiB of memory")),
            ),
            page_process=_switch(settings, "PORTALSIEVE_PAGE_PROCESS"),
            opened=_opened(settings["PORTALSIEVE_OPEN_ADDRESSES"]),
            chromium=str(settings["PORTALSIEVE_CHROMIUM"] or "") or None,
            render_pages=_pages(settings, "PORTALSIEVE_RENDER_PAGES", 32),
            explained=_pages(settings, "PORTALSIEVE_EXPLAINED", 1000),
        )

    @property
    def profiles_home(self) -> Path:
        """The folder for new profiles: the first of the user's own, never that of an installed package."""
        packages = {folder.resolve() for folder in installed()} if INSTALLED else set[Path]()
        own = next((folder for folder in self.own_profiles if folder.resolve() not in packages), None)
        return own or (Path(FOLDER) if INSTALLED else SHIPPED)

    @property
    def store_place(self) -> Path | str:
        """The file of the project's store, or its URL."""
        return self.store or self.output / "store.sqlite"

    @property
    def user_agent(self) -> str:
        """The User-Agent of the crawl."""
        return f"portalsieve/{__version__}" + (f" (+{self.contact})" if self.contact else "")


def project_options(settings: Mapping[str, Any]) -> Options:
    """Return the options in the settings of another project, of which only the PORTALSIEVE_ ones are this project's."""
    return Options.of({name: settings[name] for name in settings if name.startswith(PREFIX)})


def _chrome(value: Any) -> ChromeLevel:
    try:
        return ChromeLevel(value)
    except ValueError:
        raise BadSetting(f"PORTALSIEVE_CHROME is {value!r}; use one of {', '.join(ChromeLevel)}") from None


def _output(value: Any) -> Path:
    if not value:
        raise BadSetting("PORTALSIEVE_OUTPUT is empty; set it to the folder for records")
    path = Path(value)
    if path.exists() and not path.is_dir():
        raise BadSetting(f"PORTALSIEVE_OUTPUT is {str(value)!r}, which is not a folder")
    return path


def _store(value: Any) -> Path | str | None:
    if value is None or is_server(value):
        found: str | None = value
        return found
    path = Path(value)
    if not str(value) or path.is_dir():
        raise BadSetting(
            f"PORTALSIEVE_STORE is {str(value)!r}; use a file name such as output/store.sqlite, or"
            " postgresql://USER@HOST/DATABASE"
        )
    return path


def _lease(settings: Mapping[str, Any]) -> float:
    seconds = _number(settings, "PORTALSIEVE_LEASE", "seconds")
    if seconds < 1:
        raise BadSetting(f"PORTALSIEVE_LEASE is {settings['PORTALSIEVE_LEASE']!r}; use at least 1 second")
    return seconds


def _number(settings: Mapping[str, Any], name: str, unit: str) -> float:
    try:
        number = float(settings[name])
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number < 10**9:
        raise BadSetting(f"{name} is {settings[name]!r}; use a number of {unit}, 0 or more")
    return number


def _percent(settings: Mapping[str, Any], name: str) -> float:
    percent = _number(settings, name, "percent")
    if percent > 100:
        raise BadSetting(f"{name} is {settings[name]!r}; use a percentage from 0 to 100")
    return percent


def _switch(settings: Mapping[str, Any], name: str) -> bool:
    known = {"1": True, "true": True, "0": False, "false": False}
    value = known.get(str(settings[name]).lower())
    if value is None:
        raise BadSetting(f"{name} is {settings[name]!r}; use 1 or 0")
    return value


def _opened(value: Any) -> tuple[Opened, ...]:
    try:
        return opened(value)
    except ValueError as error:
        raise BadSetting(
            f"PORTALSIEVE_OPEN_ADDRESSES is {value!r}: {error}; give IP addresses as ADDRESS[/BITS][:PORT]"
        ) from None


def _pages(settings: Mapping[str, Any], name: str, most: int) -> int:
    value = settings[name]
    if not str(value).isdecimal() or int(value) > most:
        raise BadSetting(f"{name} is {value!r}; give a whole number of pages, 0 to {most}")
    return int(value)


def _places(settings: Mapping[str, Any]) -> Places:
    """Return the folders of profiles: `site_profiles` where it is called counts as well."""
    try:
        places = look_up(settings=settings, here=True)
    except ValueError as error:
        raise BadSetting(str(error)) from None
    for path in places.own:
        if not site_folders(path):
            raise BadSetting(f"PORTALSIEVE_PROFILES is {str(path)!r}, which contains no SITE/profile.toml")
    return places


def _contact(value: Any) -> str:
    contact = str(value or "").strip()
    if contact and (not contact.isprintable() or not ("@" in contact or contact.startswith(("http://", "https://")))):
        raise BadSetting(
            f"PORTALSIEVE_CONTACT is {contact!r}; use an e-mail address or the URL of a page about the crawl"
        )
    return contact
