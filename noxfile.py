"""Sessions for other versions of Python and of the dependencies: `nox --list`. Everyday work uses `make`."""

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["tests", "lowest"]
# What needs a browser, a database server or the versions that are pinned runs in `make test` only.
ELSEWHERE = (
    "--ignore-glob=*/test_rendering_*.py",
    "--ignore-glob=*/test_explain_browser.py",
    "--ignore=tests/test_guard.py",
    "--ignore=tests/test_quality_floor.py",
)


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """Run the tests with the pinned versions."""
    session.install("--require-hashes", "-r", "requirements-dev.txt", "-r", "requirements-uv.txt")
    session.run("python", "-m", "pytest", "-n", "auto", *ELSEWHERE, *session.posargs)


@nox.session(python="3.11")
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest versions that pyproject.toml allows."""
    pinned = session.create_tmp() + "/lowest.txt"
    extras = ("--extra", "parquet", "--extra", "poet", "--extra", "zyte", "--extra", "render", "--extra", "postgres")
    session.run_install(
        "uv", "pip", "compile", "--quiet", "pyproject.toml", *extras, "--resolution", "lowest-direct", "-o", pinned,
        external=True,
    )  # fmt: skip
    session.install("-r", "requirements-dev.txt", "-r", "requirements-uv.txt")
    session.install("-r", pinned)
    session.run("python", "-m", "pytest", "-n", "auto", *ELSEWHERE, *session.posargs)


@nox.session(python="3.11", default=False)
def changelog(session: nox.Session) -> None:
    """Move the files in changes/ into CHANGELOG.md, under the version that is given; --draft shows the section only."""
    session.install("towncrier>=24.8")
    session.run("towncrier", "build", "--yes", "--name", "portalsieve", "--version", *session.posargs)
