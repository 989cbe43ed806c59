"""What the tests share."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from vcr import VCR

from crawler.fetch.browser import NoBrowser, find_chromium
from tests import postgres_server
from tests.keeping import KEPT
from tests.wheels import installed

if sys.platform != "win32":
    import resource

# A time of its own for each example would be the machine's, not the code's.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Return the folder of the corpus next to the checkout; without it the test is skipped, in CI it fails."""
    folder = SHARED / "corpus"
    if (folder / "corpus.warc.gz").is_file():
        return folder
    reason = "the recorded pages are not at ../shared/corpus"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI must have them")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def renders() -> None:
    """Skip the test without Playwright and Chromium; fail in CI."""
    try:
        import playwright.async_api  # noqa: F401

        find_chromium()
    except (NoBrowser, ImportError) as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{missing}, and CI must have it")
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_server.Server]:
    """Start a PostgreSQL server for the session; skip the test where none is installed, fail in CI."""
    try:
        with postgres_server.home() as folder, postgres_server.started(folder) as server:
            yield server
    except (postgres_server.NoPostgres, ImportError) as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{missing}, and CI must have it")
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def common_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the processes of this run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if folder.name.startswith("popen-") else folder


@pytest.fixture(scope="session")
def environment(common_folder: Path) -> Path:
    """Return an environment with the wheel."""
    return installed(common_folder)


def corpus_index(corpus: Path, *sites: str) -> list[dict[str, Any]]:
    """Return name, site, kind and URL of the corpus pages, of all or of the given sites; the corpus grows."""
    pages: list[dict[str, Any]] = json.loads((corpus / "index.json").read_text(encoding="utf-8"))
    return [page for page in pages if not sites or page["site"] in sites]


def pytest_recording_configure(config: pytest.Config, vcr: VCR) -> None:
    """Let pytest-recording keep crawls as plain files."""
    KEPT.register(vcr)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let programs that a test starts hear SIGINT also where a shell runs the tests in the background, deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def limits_stay() -> Iterator[None]:
    """Fail a test that limits its own process: what runs later there, such as a browser, would fail in its place."""
    before = _limits()
    yield
    assert _limits() == before


def _limits() -> list[tuple[int, int]]:
    """Return the limits of this process that the package sets."""
    if sys.platform == "win32":
        return []
    return [resource.getrlimit(which) for which in (resource.RLIMIT_AS, resource.RLIMIT_CPU)]
