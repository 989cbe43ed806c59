"""The Makefile's first steps on a machine that is not ready."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crawling import ROOT

OLD = f"""#!/bin/sh
exec {sys.executable} -c 'import sys; sys.version_info = (3, 9, 18); exec(sys.argv[1])' "$2"
"""


@pytest.mark.parametrize("target", ["setup", "setup-dev", ".uv/bin/uv"])
def test_an_old_python_is_reported_before_anything_is_made(tmp_path: Path, target: str) -> None:
    """Also before uv is installed by it: the folder stays as it was."""
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt", "requirements-uv.txt"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python"
    python.write_text(OLD)
    python.chmod(0o755)
    before = sorted(path.name for path in tmp_path.iterdir())
    done = subprocess.run(
        ["make", target, f"PYTHON={python}"], cwd=tmp_path, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "portalsieve needs Python 3.11 or later" in done.stderr
    assert before == sorted(path.name for path in tmp_path.iterdir())
