"""The types that a consumer of the installed package sees: strict, without a stub or an ignore."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.waiting import PATIENCE

CONSUMER = Path(__file__).parent / "typing/consumer.py"


def test_a_consumer_is_typed(environment: Path, tmp_path: Path) -> None:
    """The documented calls have the types that `assert_type` states; of another program each wrong call is found."""
    wrong = tmp_path / "wrong.py"
    calls = ("extract('text', '')", "extract(b'', 1)", "extract(b'', '').headlin", "extract(b'', '', profiles=1)")
    wrong.write_text("\n".join(["from portalsieve import extract", *calls, ""]), encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--config-file", ""),
            *("--python-executable", environment / "bin/python", CONSUMER, wrong),
        ],
        cwd=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    found = [line.partition(": error:")[0] for line in done.stdout.splitlines() if ": error:" in line]
    assert (1, [f"{wrong}:{line}" for line in (2, 3, 4, 5)]) == (done.returncode, found)
