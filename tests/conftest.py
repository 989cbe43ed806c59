"""What the tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from vcr import VCR

from tests.keeping import KEPT

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Give the folder of recorded pages beside the checkout; without it the test is skipped, in CI it fails."""
    folder = SHARED / "corpus"
    if (folder / "corpus.warc.gz").is_file():
        return folder
    reason = "the recorded pages are not at ../shared/corpus"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI must have them")
    pytest.skip(reason)


def pytest_recording_configure(config: pytest.Config, vcr: VCR) -> None:
    """Let pytest-recording keep crawls as plain files."""
    KEPT.register(vcr)
