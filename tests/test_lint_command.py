"""`scrapy lint`: what it prints, and how it ends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from crawler.commands.lint import summary
from crawler.profiles.faults import Code, Fault, Severity
from tests.calling import call
from tests.crawling import command
from tests.profile_samples import LAYOUT, NAME, PROFILE, changed, line_of, write

ROOT = Path(__file__).resolve().parent.parent
FAULTY = changed(LAYOUT, 'role = "nav"', 'role = "navv"')
COSTLY = changed(LAYOUT, 'css = "ul.more"', 'xpath = "//ul"')


def lint(profiles: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `scrapy lint` on the profiles of a folder."""
    return call("lint", *arguments, PORTALSIEVE_PROFILES=str(profiles))


def test_a_fault_and_the_summary(tmp_path: Path) -> None:
    """Each fault is a line with file, line, key and message; the last line counts; errors give status 1."""
    folder = write(tmp_path, layouts={NAME: FAULTY})
    done = lint(tmp_path)
    first, last = done.stdout.splitlines()
    place = f"{folder / 'layouts' / NAME}.toml:{line_of(FAULTY, 'navv')} chrome.nav.role: "
    assert first.startswith(f"{place}'navv' is not a role; did you mean 'nav'? Roles: account, ad, ")
    assert last == "1 profile: 1 error, 0 warnings, 0 notes"
    assert (done.returncode, done.stderr) == (1, "")


def test_the_status(tmp_path: Path) -> None:
    """Warnings fail only with --strict; a valid profile never does; an unknown name is a usage error."""
    write(tmp_path, layouts={NAME: COSTLY})
    write(tmp_path, site="sound", profile=PROFILE.replace("sample", "sound"))
    calls: list[tuple[str, ...]] = [(), ("--strict",), ("sound", "--strict"), ("nil",)]
    assert [lint(tmp_path, *call).returncode for call in calls] == [0, 1, 0, 2]


def test_json(tmp_path: Path) -> None:
    """--json prints the faults as a list of objects and nothing else."""
    folder = write(tmp_path, layouts={NAME: COSTLY})
    found = json.loads(lint(tmp_path, "--json").stdout)
    assert found == [
        {
            "file": str(folder / "layouts" / f"{NAME}.toml"),
            "line": line_of(COSTLY, 'xpath = "//ul"'),
            "key": "chrome.related.xpath",
            "message": "each page that needs it costs a copy of the tree; use CSS if possible",
            "severity": "warning",
            "code": "xpath-cost",
        }
    ]


def test_a_folder_by_its_path(tmp_path: Path) -> None:
    """A folder that lies elsewhere is linted by its path; notes are counted, and shown to whoever asks for them."""
    noted = changed(LAYOUT, 'kind = "article"', 'kind = "article"\nunproven = ["one page only"]')
    folder = write(tmp_path / "elsewhere", layouts={NAME: noted})
    write(tmp_path / "here")
    assert lint(tmp_path / "here", str(folder)).stdout == (
        "1 profile: 0 errors, 0 warnings, 1 note (shown with --notes)\n"
    )
    note, last = lint(tmp_path / "here", str(folder), "--notes").stdout.splitlines()
    assert ("one page only" in note, last) == (True, "1 profile: 0 errors, 0 warnings, 1 note")


def test_the_shipped_profiles() -> None:
    """Without an argument every shipped profile is linted, with paths from the working directory."""
    done = call("lint")
    *faults, last = done.stdout.splitlines()
    sites = len(list((ROOT / "site_profiles").glob("*/profile.toml")))
    assert last.startswith(f"{sites} profiles: 0 errors, 0 warnings, ")
    assert all(fault.startswith("site_profiles/") for fault in faults)
    assert done.returncode == 0


def test_help() -> None:
    """--help says what the command does, how it ends, and shows how to call it."""
    done = command("lint", "--help")
    for part in ("--strict", "--json", "Examples\n========\n  scrapy lint\n", "Exit status:", "docs/profile.md"):
        assert part in done.stdout


@pytest.mark.parametrize(
    ("severities", "line"),
    [
        ([], "2 profiles: 0 errors, 0 warnings, 0 notes"),
        ([Severity.ERROR, Severity.NOTE, Severity.ERROR], "2 profiles: 2 errors, 0 warnings, 1 note"),
    ],
)
def test_the_summary(severities: list[Severity], line: str) -> None:
    """The summary counts by severity."""
    assert summary(2, [Fault("f", 1, "k", "m", severity, Code.CSS) for severity in severities]) == line
