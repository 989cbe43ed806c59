"""pytest plugin: each fixture becomes one test per expected value and one per general check.

Where portalsieve is installed, pytest loads the plugin by itself: `pytest tests/fixtures tests/pages` collects every
folder with a `page.html.gz` and every annotated page. Settings in pytest's ini file: `portalsieve_profiles` (the folder
of your own site profiles, which count before the installed ones; by default `site_profiles` in pytest's root directory,
else those that `portalsieve.extract` uses) and `portalsieve_unknown_limit`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..errors import ProfileInvalid
from ..extract import profiles_of
from ..profiles.load import Profiles
from .fixture import LISTS, PAGE, Fixture, FixtureBroken
from .suite import FAILURE, FIRST, LAWS, UNKNOWN_LIMIT, Suite
from .template import is_annotated
from .values import absent

_SUITE = pytest.StashKey[Suite]()
_WITH_FIRST = pytest.StashKey[frozenset[Path]]()
"""The fixtures whose first check is run: without a record it fails, and the other checks would only repeat it."""
_PROFILES = pytest.StashKey[Profiles]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the settings."""
    group = parser.getgroup("portalsieve", "recorded pages")
    group.addoption(
        "--portalsieve-update",
        action="append",
        default=[],
        metavar="VALUE",
        help="set this expected value (headline, chrome.related) of failing fixtures to that of the record; it is"
        " unreviewed then. May be repeated; there is no way to update all values",
    )
    parser.addini("portalsieve_profiles", "the folder of site profiles", default="")
    parser.addini("portalsieve_unknown_limit", "maximum share of a page's text that may be unclaimed", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Raise UsageError for --portalsieve-update in several processes, or for something that is not a value."""
    names: list[str] = config.getoption("--portalsieve-update")
    if not names:
        return
    if config.getoption("numprocesses", None):
        raise pytest.UsageError("--portalsieve-update writes files: run it in one process, with -n 0")
    wrong = [name for name in names if name in {"all", "*", ""} or name in LAWS]
    if wrong:
        raise pytest.UsageError(
            f"--portalsieve-update {wrong[0]}: give the name of a value that you have checked, such as"
            " --portalsieve-update headline"
        )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the page of a recorded fixture, or an annotated page."""
    recorded = file_path.name == PAGE and file_path.parent.parent.name != LISTS
    if not recorded and not is_annotated(file_path):
        return None
    return FixtureFile.from_parent(parent, path=file_path)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note the fixtures whose first check is among those to run."""
    checks = (item for item in session.items if isinstance(item, FixtureCheck))
    session.config.stash[_WITH_FIRST] = frozenset(check.path for check in checks if check.name == FIRST)


class FixtureFile(pytest.File):
    """A fixture: an annotated page, or the page of a recorded fixture."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield its checks."""
        fixture = Fixture.at(self.path.parent if self.path.name == PAGE else self.path)
        try:
            names = Suite.names(fixture)
        except FixtureBroken as error:
            raise self.CollectError(str(error)) from None
        for name in names:
            yield FixtureCheck.from_parent(self, name=name, fixture=fixture)


class FixtureCheck(pytest.Item):
    """One check of a fixture, with the name of the value or the general check."""

    def __init__(self, *, fixture: Fixture, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.fixture = fixture

    def runtest(self) -> None:
        """Run the check. Raises Differs."""
        suite = _suite(self.config)
        profiles = self.config.stash[_PROFILES]
        if self.fixture.site in profiles.refused:
            if self._repeats:
                pytest.skip(f"the profile {self.fixture.site} is invalid: see the page's check `{FIRST}`")
            raise profiles.refusal(self.fixture.site)
        wrong = suite.check(self.fixture, self.name)
        if wrong is None:
            return
        if self.name in self.config.getoption("--portalsieve-update") and self.name not in {*LAWS, FAILURE}:
            _update(suite, self.fixture, self.name)
            return
        if self._repeats and suite.taken(self.fixture.folder).record is None:
            pytest.skip(f"the page has no record: see its check `{FIRST}`")
        raise Differs(wrong)

    @property
    def _repeats(self) -> bool:
        """Whether the page's first check is run as well, which fails if there is no record."""
        return self.name != FIRST and self.path in self.config.stash[_WITH_FIRST]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the message alone; the traceback says nothing about the page."""
        if isinstance(excinfo.value, (Differs, ProfileInvalid)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the location of the check."""
        return self.path, None, f"{self.fixture.name}: {self.name}"


class Differs(AssertionError):  # noqa: N818 - states what happened
    """A failed check. The message says everything."""


def _suite(config: pytest.Config) -> Suite:
    if _SUITE not in config.stash:
        stated = str(config.getini("portalsieve_profiles"))
        beside = config.rootpath / "site_profiles"
        folder = config.rootpath / stated if stated else beside if beside.is_dir() else None
        profiles = config.stash[_PROFILES] = profiles_of(folder)
        config.stash[_SUITE] = Suite(
            profiles,
            unknown_limit=float(config.getini("portalsieve_unknown_limit") or UNKNOWN_LIMIT),
            strict=os.environ.get("CI", "").lower() in {"1", "true"},
        )
    return config.stash[_SUITE]


def _update(suite: Suite, fixture: Fixture, name: str) -> None:
    expected = fixture.expected
    if expected is None:
        raise Differs(f"{fixture.name}: no expected.json to update; run `scrapy review {fixture.name}`")
    expected.put(name, suite.taken(fixture.folder).values.get(name, absent(name)))
    try:
        fixture.write(expected)
    except FixtureBroken as error:
        raise Differs(str(error)) from None
