"""A wheel of the project, built and installed into an environment of its own; once per run of the tests."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parent.parent


def installed(base: Path) -> Path:
    """Return an environment below `base` that has the wheel; what the wheel depends on comes from this environment.

    Processes that ask for the same `base` share it.
    """
    home = base / "wheel"
    home.mkdir(exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "made").exists():
            _install(home)
            (home / "made").touch()
    return home / "venv"


def wheel(base: Path) -> Path:
    """Return the wheel of the same environment."""
    installed(base)
    return next((base / "wheel" / "dist").glob("*.whl"))


def _install(home: Path) -> None:
    _done(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", home / "dist", cwd=ROOT)
    _done(sys.executable, "-m", "venv", "--without-pip", home / "venv")
    built = next((home / "dist").glob("*.whl"))
    uv = shutil.which("uv") or ROOT / ".uv/bin/uv"
    _done(uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", home / "venv", built)
    packages = next((home / "venv" / "lib").glob("python*/site-packages"))
    (packages / "beside.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")


def names(built: Path) -> set[str]:
    """Return the names that the wheel adds to an environment, without its metadata."""
    with zipfile.ZipFile(built) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    return {name for name in tops if not name.endswith(".dist-info")}


def call(environment: Path, *arguments: object, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the environment in the folder `cwd`, with nothing of this process's own settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if "proxy" not in name.lower() and not name.startswith(("PYTEST", "PYTHON", "SCRAPY", "PORTALSIEVE"))
    }
    program, *given = map(str, arguments)
    return subprocess.run(
        [environment / "bin" / program, *given],
        cwd=cwd,
        env={**kept, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def _done(*arguments: object, cwd: Path | None = None) -> None:
    run = subprocess.run(list(map(str, arguments)), cwd=cwd, capture_output=True, text=True, check=False)
    assert (0, "") == (run.returncode, run.stderr if run.returncode else "")
