"""Bad input: each kind ends in a named failure or a quarantine, never in a record, within seconds and a bounded memory."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from crawler import extract
from tests.portal.badpages import BAD_PAGES

EXPECTED = {
    "empty_body": {"empty_body"},
    "noise": {"not_html"},
    "png_image": {"not_html"},
}
"""Failures where only one is right; elsewhere any named failure of a page is."""

CHILD = """
import json, resource, sys, time
from crawler import PageRefused, Quarantined, extract
from tests.portal.badpages import BAD_PAGES
page = BAD_PAGES[sys.argv[1]]()
started = time.process_time()
try:
    outcome = {"record": extract(page.body, page.url, headers=page.headers, status=page.status).id}
except (PageRefused, Quarantined) as error:
    outcome = {"failure": error.failure.value, "message": str(error)}
outcome["seconds"] = time.process_time() - started
outcome["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(outcome))
"""


@pytest.mark.parametrize("name", sorted(BAD_PAGES))
def test_bad_page_is_refused_with_its_reason(name: str) -> None:
    """No record, a reason that says what was found, at most 5 s of CPU and 1 GB."""
    run = subprocess.run(
        [sys.executable, "-c", CHILD, name],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).resolve().parent.parent,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (30, 30)),
    )
    assert run.returncode == 0, run.stderr[-2000:]
    outcome = json.loads(run.stdout)
    assert "record" not in outcome
    assert outcome["failure"] in EXPECTED.get(name, {outcome["failure"]})
    assert len(outcome["message"]) > 20
    assert (outcome["seconds"] <= 5, outcome["megabytes"] <= 1024) == (True, True), outcome


def test_text_in_place_of_bytes_says_what_to_pass() -> None:
    """A caller who has `response.text` at hand is told, not left with an error from deep inside."""
    with pytest.raises(TypeError, match=r"str was given, and bytes as received are wanted: response\.content"):
        extract("<html></html>", "https://www.example.org/1.html")  # type: ignore[arg-type]
