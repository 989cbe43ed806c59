"""The wheel in an environment of its own, beside a project that has a `crawler` package and profiles too."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from crawler.extract import PROFILES
from tests.cases import recorded
from tests.portal.archive import write_warc
from tests.portal.write import PAGES, read_page
from tests.wheels import call, names, wheel

CASE = "netease/2020_post_main/hao_plain"
PAGE = read_page(PAGES / f"{CASE}.html")
PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OWN = sorted(PROJECT["entry-points"]["scrapy.commands"])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a Scrapy project as other people have one: its package is called `crawler`, its profiles `site_profiles`."""
    files = {
        "scrapy.cfg": "[settings]\ndefault = crawler.settings\n",
        "crawler/__init__.py": "OURS = True\n",
        "crawler/extract.py": "raise ImportError('this is not the module that was asked for')\n",
        "crawler/settings.py": 'BOT_NAME = "theirs"\nSPIDER_MODULES = ["crawler.spiders"]\n',
        "crawler/spiders/__init__.py": "",
        "crawler/spiders/plain.py": (
            "import scrapy\n\n\nclass Plain(scrapy.Spider):\n    name = 'plain'\n    start_urls = []\n"
        ),
        "tests/test_theirs.py": "import crawler\n\n\ndef test_theirs():\n    assert crawler.OURS\n",
        "page.html": PAGE.body.decode(),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shutil.copytree(PROFILES / "thepaper", tmp_path / "site_profiles/thepaper")
    return tmp_path


def test_the_wheel_occupies_one_name(common_folder: Path) -> None:
    """Nothing but `portalsieve` is added to an environment."""
    assert {"portalsieve"} == names(wheel(common_folder))


def test_both_packages_can_be_imported(environment: Path, project: Path) -> None:
    """The project's `crawler` is its own, and the library extracts with the profiles in the wheel."""
    code = (
        "import crawler, pathlib, portalsieve, sys\n"
        f"record = portalsieve.extract(pathlib.Path('page.html').read_bytes(), {PAGE.url!r})\n"
        "print(crawler.OURS, record.headline, sorted(n for n in sys.modules if n.startswith('crawler.')))"
    )
    done = call(environment, "python", "-c", code, cwd=project)
    assert (f"True {PAGE.truth['headline']} []\n", "") == (done.stdout, done.stderr)


def test_commands_need_no_extra(environment: Path, project: Path) -> None:
    """What a plain installation lacks is not imported, as Scrapy loads all commands at each of its starts."""
    code = (
        "import sys\n"
        "for name in ('pytest', 'vcr', 'pyarrow', 'playwright', 'lightgbm', 'scrapy_poet', 'zyte_common_items'):\n"
        "    sys.modules[name] = None\n"
        "from importlib.metadata import entry_points\n"
        "print(*sorted(e.load() and e.name for e in entry_points(group='scrapy.commands')"
        " if e.value.startswith('portalsieve.')))"
    )
    done = call(environment, "python", "-c", code, cwd=project)
    assert (" ".join(OWN), "") == (done.stdout.strip(), done.stderr)


def test_the_script_extracts(environment: Path, project: Path) -> None:
    """`portalsieve extract` reads a page, whatever project it is called in, and its help names it so."""
    done = call(environment, "portalsieve", "extract", "page.html", "--url", PAGE.url, cwd=project)
    assert (0, PAGE.truth["headline"]) == (done.returncode, json.loads(done.stdout)["headline"])
    usage = call(environment, "portalsieve", "extract", "-h", cwd=project).stdout
    assert (True, False) == (
        "  portalsieve extract [options] [FILE|FOLDER|URL|-]..." in usage,
        "scrapy extract" in usage,
    )
    listed = call(environment, "portalsieve", cwd=project).stdout
    assert [] == [name for name in (*OWN, "crawl") if f"\n  {name} " not in listed]
    assert (
        "expected one site; `portalsieve list` shows them"
        in call(environment, "portalsieve", "crawl", cwd=project).stderr
    )
    sites = call(environment, "portalsieve", "list", cwd=project).stdout.split()
    assert sorted(path.parent.name for path in PROFILES.glob("*/profile.toml")) == sites


def test_scrapy_has_the_commands(environment: Path, project: Path) -> None:
    """Scrapy's own command line has them in another project and outside of any, next to that project's spiders."""
    done = call(environment, "python", "-m", "scrapy", "extract", "page.html", "--url", PAGE.url, cwd=project)
    assert (0, PAGE.truth["headline"]) == (done.returncode, json.loads(done.stdout)["headline"])
    nowhere = project / "tests"
    (project / "scrapy.cfg").rename(project / "scrapy.cfg.away")
    done = call(environment, "python", "-m", "scrapy", "extract", "../page.html", "--url", PAGE.url, cwd=nowhere)
    assert (0, PAGE.truth["headline"]) == (done.returncode, json.loads(done.stdout)["headline"])
    (project / "scrapy.cfg.away").rename(project / "scrapy.cfg")
    assert "plain\n" == call(environment, "python", "-m", "scrapy", "list", cwd=project).stdout
    assert 0 == call(environment, "python", "-m", "scrapy", "crawl", "plain", "-L", "ERROR", cwd=project).returncode


def test_a_projects_setting_holds_in_the_commands(environment: Path, project: Path) -> None:
    """PORTALSIEVE_ settings of the project are used: here the folder of its own profiles."""
    with (project / "crawler/settings.py").open("a", encoding="utf-8") as settings:
        settings.write('PORTALSIEVE_PROFILES = "site_profiles"\n')
    done = call(environment, "python", "-m", "scrapy", "lint", cwd=project)
    assert (0, "1 profile: 0 errors") == (done.returncode, done.stdout.splitlines()[-1].partition(",")[0])


def test_the_script_crawls(environment: Path, project: Path) -> None:
    """A crawl runs from the wheel: spiders, middlewares, handlers and the store are found by the package's name."""
    archive = project / "pages.warc.gz"
    write_warc(archive, [PAGE])
    done = call(environment, "portalsieve", "crawl", "netease", "-a", f"archive={archive}", cwd=project)
    records = [path.read_text(encoding="utf-8") for path in (project / "output/records/netease").glob("*.jsonl")]
    assert (0, [PAGE.truth["headline"]]) == (done.returncode, [json.loads(line)["headline"] for line in records])


def test_pytest_starts_and_has_the_plugin(environment: Path, project: Path) -> None:
    """The project's own tests run beside the plugin, which collects its recorded pages, also those of shipped sites."""
    recorded(project / "cases", CASE)
    done = call(environment, "python", "-m", "pytest", "-v", "-p", "no:cacheprovider", ".", cwd=project)
    passed = re.search(r"(\d+) passed", done.stdout)
    assert (0, "") == (done.returncode, done.stderr)
    assert ("test_theirs.py::test_theirs PASSED" in done.stdout, int(passed[1]) > 5 if passed else False) == (
        True,
        True,
    )
