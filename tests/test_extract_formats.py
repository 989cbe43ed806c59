"""`scrapy extract` over files, folders and patterns: formats, output that mirrors the input, what is missing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec
import pytest
from pyarrow import csv, parquet

from crawler import extract
from crawler.commands._missing import site_name
from crawler.commands._writers import ToFolder, file_name
from crawler.extract import profiles_in
from crawler.profiles.match import profile_for, read_url
from crawler.records.formats import Shape, as_html, as_markdown, as_text
from crawler.records.model import Block, BlockType
from tests.calling import call
from tests.cases import shipped
from tests.portal.archive import write_warc
from tests.portal.page import FixturePage
from tests.portal.write import PAGES, read_page, read_pages
from tests.record_samples import article

PLAIN = read_page(PAGES / "netease/2020_post_main/hao_plain.html")
NEWS = read_page(PAGES / "thepaper/2022_next/dom_and_data.html")
FOREIGN = "<html><head><title>镇上新闻</title></head><body><p>略</p></body></html>"


def saved(path: Path, page: FixturePage, url: str | None = None) -> Path:
    """Save a page as a browser does, with its URL in a comment."""
    url = url or page.url
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(f"<!-- saved from url=({len(url):04d}){url} -->\n".encode() + page.body)
    return path


def listed(path: Path) -> list[dict[str, str]]:
    """Return the entries of a list of missing pages."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two pages of known sites in subfolders, and one of an unknown site."""
    saved(tmp_path / "in/a/one.html", PLAIN)
    saved(tmp_path / "in/b/two.htm", NEWS)
    page = tmp_path / "in/b/three.html"
    page.write_text(f"<!-- saved from url=(0031)https://www.town.example.cn/1.html -->\n{FOREIGN}", encoding="utf-8")
    (tmp_path / "in/b/notes.txt").write_text("not a page")
    return tmp_path


def test_a_folder_of_200_pages_of_ten_sites(tmp_path: Path) -> None:
    """Every page is in the output or in the list of what is missing; three sites have no profile."""
    known = list({page.site: page for page in read_pages() if _is_article(page)}.values())[:7]
    assert 7 == len(known)
    strangers = ["www.town.example", "news.city.example.com.cn", "m.village.example.org"]
    for number in range(200):
        site = number % 10
        path = tmp_path / f"in/{number % 20:02d}/{number:03d}.html"
        if site < 7:
            saved(path, known[site])
        else:
            saved(path, NEWS, f"https://{strangers[site - 7]}/{number}.html")
    done = call("extract", tmp_path / "in", "-o", tmp_path / "out.jsonl", "--profiles-only")
    records = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    missing = listed(tmp_path / "out.missing.jsonl")
    assert (0, 140, 60) == (done.returncode, len(records), len(missing))
    assert {"unknown_site"} == {entry["failure"] for entry in missing}
    names = {str(path) for path in (tmp_path / "in").rglob("*.html") if int(path.stem) % 10 > 6}
    assert names == {entry["input"] for entry in missing}
    assert f"scrapy newsite town --folder {tmp_path}/in/07" == missing[0]["next"]
    assert f"without a record: 60, listed in {tmp_path}/out.missing.jsonl\n" in done.stderr


def _is_article(page: FixturePage) -> bool:
    profile = profile_for(page.url, profiles_in().values())
    if profile is None or read_url(page.url, profile).kind == "list" or page.status != 200:
        return False
    try:
        extract(page.body, page.url, headers=page.headers)
    except Exception:  # noqa: BLE001 - a page that has no record, for whatever reason
        return False
    return True


def test_a_folder_is_mirrored(folder: Path) -> None:
    """One file for each page, with its folder and name; files that are not pages are left out."""
    done = call("extract", folder / "in", "--format", "markdown", "-o", f"{folder}/out/", "--profiles-only")
    found = sorted(
        path.relative_to(folder / "out").as_posix() for path in (folder / "out").rglob("*") if path.is_file()
    )
    assert (0, ["a/one.md", "b/two.md", "missing.jsonl"]) == (done.returncode, found)
    assert f"# {PLAIN.truth['headline']}" in (folder / "out/a/one.md").read_text(encoding="utf-8")
    (entry,) = listed(folder / "out/missing.jsonl")
    assert ("https://www.town.example.cn/1.html", "unknown_site") == (entry["url"], entry["failure"])
    assert "no profile for www.town.example.cn" == entry["reason"]


def test_pages_with_the_same_name_get_different_files(tmp_path: Path) -> None:
    """`one.html` and `one.htm` have files of their own in the output."""
    saved(tmp_path / "in/one.html", PLAIN)
    saved(tmp_path / "in/one.htm", NEWS)
    call("extract", tmp_path / "in", "--format", "text", "-o", f"{tmp_path}/out/")
    assert ["one-2.txt", "one.txt"] == sorted(path.name for path in (tmp_path / "out").iterdir())


def test_a_long_name_is_cut(tmp_path: Path) -> None:
    """A name as long as the file system allows does not stop the others; two that begin alike stay apart."""
    for last, page in (("甲", PLAIN), ("乙", NEWS)):
        saved(tmp_path / f"in/{'长' * 82}{last}.html", page)
    saved(tmp_path / "in/one.html", PLAIN)
    done = call("extract", tmp_path / "in", "-o", f"{tmp_path}/out/")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert (0, "one.jsonl", 3) == (done.returncode, names[0], len(names))
    assert all(name.startswith("长" * 63 + "-") for name in names[1:])


@pytest.mark.parametrize(
    ("shape", "name", "out", "expected"),
    [("jsonl", "missing", "out", "missing-2.jsonl"), ("html", "one", "in", "one-2.html")],
)
def test_a_record_replaces_neither_the_list_nor_the_input(
    tmp_path: Path, shape: str, name: str, out: str, expected: str
) -> None:
    """A page called missing.html, and HTML beside the saved pages, get names of their own."""
    page = saved(tmp_path / f"in/{name}.html", PLAIN)
    before = page.read_bytes()
    call("extract", page, "--format", shape, "-o", f"{tmp_path}/{out}/")
    assert before == page.read_bytes()
    assert PLAIN.truth["headline"] in (tmp_path / out / expected).read_text(encoding="utf-8")


def test_a_folder_is_cleared_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed run left is looked for at a folder's first file: to list it for each would take a square of time."""
    cleared: list[Path] = []
    monkeypatch.setattr("crawler.records.write.clear_parts", cleared.append)
    writer = ToFolder(tmp_path / "out", Shape.JSONL)
    for number in range(5):
        writer.write(article(), Path(f"{number % 2}/{number}"))
    assert [tmp_path / "out/0", tmp_path / "out/1"] == cleared


def test_pages_of_an_archive_are_named_by_their_article(tmp_path: Path) -> None:
    """In a folder of the archive's name; whatever stands before them in the archive, and a second capture apart."""
    for name, pages in (("one", [PLAIN, NEWS, PLAIN]), ("two", [NEWS, PLAIN])):
        write_warc(tmp_path / f"in/{name}.warc.gz", pages)
    call("extract", tmp_path / "in", "--format", "text", "-o", f"{tmp_path}/out/")
    ours, theirs = (extract(page.body, page.url).id.replace(":", "_") for page in (PLAIN, NEWS))
    assert "netease_KK5ISJRA05F5G9FF" == ours
    expected = {f"one/{ours}.txt", f"one/{ours}-2.txt", f"one/{theirs}.txt", f"two/{ours}.txt", f"two/{theirs}.txt"}
    assert expected == {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.txt")}


@pytest.mark.parametrize(
    ("ident", "name"),
    [
        ("netease:KK5ISJRA05F5G9FF", "netease_KK5ISJRA05F5G9FF"),
        ("demo:a/b", "demo_a_b-e9966a3d"),
        ("demo:a:b", "demo_a_b-c73463d7"),
        ("demo:渡口", "demo__-33c77861"),
        ("demo:" + "x" * 200, "demo_" + "x" * 95 + "-7d8131e4"),
    ],
)
def test_an_id_becomes_a_file_name(ident: str, name: str) -> None:
    """As it is where that can be, else with a part of its hash; never longer than a file system takes."""
    assert name == file_name(msgspec.structs.replace(article(), id=ident))


@pytest.mark.parametrize("pattern", ["in/**/*.htm*", "in/*/*"])
def test_a_pattern_is_resolved(folder: Path, pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that the shell has left as it is; below the first folder that varies."""
    monkeypatch.chdir(folder)
    call("extract", pattern, "--format", "text", "-o", "out/", "--profiles-only")
    assert (True, True) == (Path("out/a/one.txt").is_file(), Path("out/b/two.txt").is_file())


def test_each_format(folder: Path) -> None:
    """By --format or the suffix of the file; the table formats have one row for each record."""
    page, out = folder / "in/a/one.html", folder / "out"
    out.mkdir()
    record = extract(page.read_bytes(), PLAIN.url)
    assert as_text(record) == call("extract", page, "--format", "text").stdout
    assert as_markdown(record) == call("extract", page, "--format", "markdown").stdout
    assert as_html(record) == call("extract", page, "--format", "html").stdout
    assert record.to_dict() == json.loads(call("extract", page, "--format", "json").stdout)
    assert record.to_dict() == json.loads(call("extract", page).stdout)
    for suffix in ("csv", "parquet", "md", "html", "json"):
        assert 0 == call("extract", page, folder / "in/b/two.htm", "-o", out / f"all.{suffix}").returncode
    assert 2 == parquet.read_table(out / "all.parquet").num_rows == csv.read_csv(out / "all.csv").num_rows
    assert [record.to_dict()["id"]] == [each["id"] for each in json.loads((out / "all.json").read_bytes())][:1]
    assert 2 == (out / "all.html").read_text(encoding="utf-8").count("<article>")
    assert [] == list(out.glob("*missing*"))


def test_a_manifest_has_the_urls(tmp_path: Path) -> None:
    """As lines with a tab, or as CSV with a head; alone, it says which files are read."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/x.html").write_bytes(PLAIN.body)
    (tmp_path / "m.tsv").write_text(f"pages/x.html\t{PLAIN.url}\n")
    (tmp_path / "m.csv").write_text(f"url,file\n{PLAIN.url},pages/x.html\n")
    for manifest in ("m.tsv", "m.csv"):
        for given in ((), (tmp_path / "pages",)):
            done = call("extract", *given, "--manifest", tmp_path / manifest)
            assert (0, PLAIN.truth["headline"]) == (done.returncode, json.loads(done.stdout)["headline"])
    (tmp_path / "m.tsv").write_text("pages/x.html\tnowhere\n")
    done = call("extract", "--manifest", tmp_path / "m.tsv")
    assert (2, True) == (done.returncode, "entry 1 is not a file and an http(s) URL" in done.stderr)


def test_a_page_without_its_url_is_listed(tmp_path: Path) -> None:
    """With the option that helps; the status is 1, because the input could not be used."""
    page = tmp_path / "x.html"
    page.write_text(FOREIGN, encoding="utf-8")
    done = call("extract", page, "--missing", tmp_path / "missing.jsonl")
    (entry,) = listed(tmp_path / "missing.jsonl")
    assert (1, "no_url") == (done.returncode, entry["failure"])
    assert f"scrapy extract {page} --url URL, or name it in a --manifest" == entry["next"]


def test_each_failure_has_its_next_step(tmp_path: Path) -> None:
    """A layout that is not known, a page that ends early, a rule that finds nothing."""
    urls = [f"https://www.163.com/dy/article/KK5ISJRA05F5G9F{letter}.html" for letter in "AB"]
    strange = FOREIGN.replace("略", "渡口停航以后。" * 40)
    for name, url, text in (("a", urls[0], strange), ("b", urls[1], strange[:60])):
        (tmp_path / f"{name}.html").write_text(f"<!-- saved from url=(1){url} -->{text}", encoding="utf-8")
    plain = shipped("netease/2020_post_main/hao_plain")
    missed = tmp_path / "c.html"
    missed.write_text(f"<!-- saved from url=(1){urls[0]} -->{plain.body.decode().replace('post_body', 'x')}", "utf-8")
    done = call("extract", tmp_path / "a.html", tmp_path / "b.html", missed, "--missing", tmp_path / "m.jsonl")
    entries = {entry["failure"]: entry["next"] for entry in listed(tmp_path / "m.jsonl")}
    assert 1 == done.returncode
    assert entries["rule_missed"] == (
        f"scrapy explain {missed} --url {urls[0]}; if the site changed its pages, scrapy repair netease {missed};"
        " if the rule is wrong, mend it in netease"
    )
    assert entries["unknown_layout"] == (
        f"scrapy explain {tmp_path}/a.html --url {urls[0]}; if the site changed its pages, scrapy repair netease"
        f" {tmp_path}/a.html; if the layout is new, add it to the profile netease"
    )
    assert "save or fetch the page again: it ends early" == entries["truncated"]


def test_nothing_where_there_should_be_pages_is_an_error(tmp_path: Path) -> None:
    """An empty folder, and a pattern without a match."""
    (tmp_path / "empty").mkdir()
    done = call("extract", tmp_path / "empty", tmp_path / "*.html", "--missing", tmp_path / "m.jsonl")
    assert 1 == done.returncode
    steps = {entry["input"]: entry["next"] for entry in listed(tmp_path / "m.jsonl")}
    assert "give the folder that contains the pages" == steps[str(tmp_path / "empty")]
    assert ("contains no saved page" in done.stderr, "matches no file" in done.stderr) == (True, True)


@pytest.mark.parametrize(
    "output",
    [
        ("extract", "-o", "a.html/records.jsonl"),
        ("extract", "-o", "a.html/records/"),
        ("extract", "--profiles-only", "--missing", "a.html/missing.jsonl"),
        ("explain", "-o", "a.html/explained.html"),
    ],
    ids=" ".join,
)
def test_an_output_below_a_file_is_named(
    tmp_path: Path, output: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, with the exit status of a failure."""
    monkeypatch.chdir(tmp_path)
    command, *options = output
    Path("a.html").write_text(f"<!-- saved from url=(1)https://www.town.example/1 -->{FOREIGN}", encoding="utf-8")
    done = call(command, "a.html", *options)
    last = done.stderr.splitlines()[-1]
    assert (1, True, False) == (done.returncode, "a.html" in last, "Traceback" in done.stderr)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.town.example/1", "town"),
        ("https://news.city.com.cn/", "city"),
        ("https://a-b.example.org/", "example"),
        ("https://x/", ""),
        ("https://town.github.io/", "town"),
        ("http://192.0.2.17/", ""),
    ],
)
def test_a_name_is_proposed_for_a_site(url: str, name: str) -> None:
    """The label of the domain, if it can be one."""
    assert name == site_name(url)


def test_text_of_a_page_is_never_markup() -> None:
    """What a page says stays text in Markdown and HTML."""
    evil = "# <script>alert(1)</script> *x* [y](z)"
    record = msgspec.structs.replace(
        article(), headline=evil, blocks=(Block(type=BlockType.PARAGRAPH, text=f"- {evil}"),)
    )
    text = as_markdown(record)
    assert "\\- # \\<script\\>alert(1)\\</script\\> \\*x\\* \\[y\\](z)" in text
    assert ("<script>" in as_html(record), "&lt;script&gt;" in as_html(record)) == (False, True)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("~~~", "\\~\\~\\~"),
        ("---", "\\---"),
        ("7.", "7\\."),
        ("a &lt; b & c", "a \\&lt; b & c"),
        ("a\r# b", "a # b"),
        ("-5 度，2020.5", "-5 度，2020.5"),
    ],
)
def test_a_paragraph_stays_one_in_markdown(said: str, written: str) -> None:
    """A fence would make code of the rest of the article, a rule or a list would lose text, an entity would change it."""
    record = msgspec.structs.replace(article(), blocks=(Block(type=BlockType.PARAGRAPH, text=said),))
    assert written == as_markdown(record).rstrip("\n").rpartition("\n")[2]


def test_a_missing_library_is_named_before_the_work(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra to install; no file is left."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = call("extract", folder / "in", "-o", folder / "out.parquet")
    message = "the extraction failed: parquet needs pyarrow, which is not installed: pip install 'portalsieve[parquet]'"
    assert (1, True, False) == (done.returncode, done.stderr.startswith(message), (folder / "out.parquet").exists())
