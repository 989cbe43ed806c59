"""Profiles written to do harm: each is refused at once, by loader and linter, with its fault named; nothing is run."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crawler.errors import ProfileInvalid
from crawler.profiles.faults import Code, Severity
from crawler.profiles.lint import lint
from crawler.profiles.load import load_profile
from tests.profile_samples import LAYOUT, NAME, PROFILE, changed, write

SOUND_ROLE = 'role = "nav"'
SOUND_MATCH = "match = '来源[:：]\\s*(.+)'"
SOUND_WITHIN = 'within = "line"\ncss = "a"\n' + SOUND_MATCH
SOUND_LIST = 'url = "https://www.sample.example/list_{page}.html"'
CSS = 'css = "ul.more"'

LAYOUTS: dict[str, tuple[str | bytes, Code]] = {
    "yaml": ("%YAML 1.2\n---\nid: !!python/object/apply:os.system ['touch x']\n", Code.TOML),
    "yaml anchors": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", Code.TOML),
    "json": ('{"id": "2024_story"}', Code.TOML),
    "a tag for a value": (changed(LAYOUT, SOUND_ROLE, "role = !!python/name:os.system"), Code.TOML),
    "a tag in a text": (LAYOUT + "[[fields.location]]\nconst = '!!python/name:os.system'\n", Code.TEXT),
    "a template": (LAYOUT + "[[fields.location]]\nconst = '{{ config.items() }}'\n", Code.TEXT),
    "the environment": (LAYOUT + "[[fields.location]]\nconst = '${AWS_SECRET_ACCESS_KEY}'\n", Code.TEXT),
    "a path": (LAYOUT + "[[fields.location]]\nconst = '/etc/passwd'\n", Code.TEXT),
    "a path upwards": (LAYOUT + "[[fields.location]]\nconst = '../../../etc/passwd'\n", Code.TEXT),
    "code in a text": (LAYOUT + '[[fields.location]]\nconst = \'__import__("os").system("id")\'\n', Code.TEXT),
    "an import": ('import = "os"\n' + LAYOUT, Code.UNKNOWN_KEY),
    "hooks": (LAYOUT + "[hooks]\nheadline = 'hooks:steal'\n", Code.UNKNOWN_KEY),
    "a class path": ("class = 'subprocess.Popen'\n" + LAYOUT, Code.UNKNOWN_KEY),
    "an include": ("include = '../other/profile.toml'\n" + LAYOUT, Code.UNKNOWN_KEY),
    "python's own keys": ("__class__ = 'x'\n__reduce__ = 'y'\n" + LAYOUT, Code.UNKNOWN_KEY),
    "an id upwards": (changed(LAYOUT, '"2024_story"', '"../../2024_story"'), Code.VALUE),
    "a rule's name upwards": (LAYOUT + "[chrome.'../../x']\nrole = 'nav'\ncss = 'a'\n", Code.NAME),
    "nested quantifiers": (changed(LAYOUT, SOUND_MATCH, "match = '^(a+)+$'"), Code.REGEX),
    "deeper quantifiers": (changed(LAYOUT, SOUND_MATCH, "match = '((x*)*)*y'"), Code.REGEX),
    "repetition of repetition": (changed(LAYOUT, SOUND_MATCH, "match = 'a{1000}{1000}'"), Code.REGEX),
    "a huge repetition": (changed(LAYOUT, SOUND_MATCH, "match = '(a{1000}){1000}'"), Code.REGEX),
    "a large program": (changed(LAYOUT, SOUND_MATCH, "match = '[\\p{L}\\p{N}]{1,900}'"), Code.REGEX),
    "a back-reference": (changed(LAYOUT, SOUND_MATCH, "match = '(a+)\\1+'"), Code.REGEX),
    "a long pattern": (changed(LAYOUT, SOUND_MATCH, f"match = '{'(' * 50_000}'"), Code.VALUE),
    "a long selector": (changed(LAYOUT, CSS, f'css = "{"div > " * 16_000}p"'), Code.VALUE),
    "many unions": (changed(LAYOUT, CSS, f'css = "{"a," * 200}a"'), Code.VALUE),
    "has in has": (changed(LAYOUT, CSS, 'css = "div:has(div:has(div:has(a)))"'), Code.CSS),
    "not in not": (changed(LAYOUT, CSS, f'css = "{":not(" * 50}a{")" * 50}"'), Code.CSS),
    "descendants of descendants": (changed(LAYOUT, CSS, 'css = "* * * * * * * *"'), Code.CSS),
    "siblings of siblings": (changed(LAYOUT, CSS, 'css = "li ~ li ~ li ~ li"'), Code.CSS),
    "an unclosed selector": (changed(LAYOUT, CSS, 'css = "a:not(b"'), Code.CSS),
    "document()": (LAYOUT + "[[fields.location]]\nxpath = \"document('file:///etc/passwd')\"\n", Code.XPATH),
    "regular expressions in XPath": (
        LAYOUT + "[[fields.location]]\nxpath = \"//p[re:test(., '(a+)+$')]\"\n",
        Code.XPATH,
    ),
    "the square of the page": (LAYOUT + '[[fields.location]]\nxpath = "//*[count(//*[.//*]) > 0]"\n', Code.XPATH),
    "walk after walk": (LAYOUT + '[[fields.location]]\nxpath = "//*//*//*//*"\n', Code.XPATH),
    "data that double": (
        LAYOUT + "[data.x]\nvariable = 'x'\n[[fields.location]]\ndata = 'x'\npath = '" + "[@,@]|" * 40 + "@'\n",
        Code.JMESPATH,
    ),
    "a variable without names": (LAYOUT + "[data.x]\nvariable = []\n", Code.VALUE),
    "a variable with code": (LAYOUT + "[data.x]\nvariable = 'x;alert(1)//'\n", Code.VALUE),
    "no number": (changed(LAYOUT, "weight = 3", "weight = nan"), Code.TYPE),
    "a huge number": (changed(LAYOUT, "weight = 3", f"weight = {'9' * 4000}"), Code.VALUE),
    "a huge share": (f"threshold = {'9' * 4000}\n" + LAYOUT, Code.VALUE),
    "a number too long to read": (changed(LAYOUT, "weight = 3", f"weight = {'9' * 100_000}"), Code.TOML),
    "1 MB": (LAYOUT + "# x\n" * 262_144, Code.FILE),
    "10,000 deep": ("x = " + "[" * 10_000 + "]" * 10_000, Code.TOML),
    "10,000 tables deep": ("x = " + "{a = " * 10_000 + "1" + "}" * 10_000, Code.TOML),
    "a key of 10,000 parts": (".".join("a" * 10_000) + " = 1", Code.TOML),
    "a header of 10,000 parts": ("[" + ".".join("a" * 10_000) + "]", Code.TOML),
    "100,000 keys": ("".join(f"k{number}=1\n" for number in range(30_000)), Code.TOML),
    "7,000 unknown keys": ("".join(f"k{number}=1\n" for number in range(7_000)) + LAYOUT, Code.UNKNOWN_KEY),
    "7,000 faults in one list": (changed(LAYOUT, CSS, f"css = [{'1,' * 7_000}]"), Code.TYPE),
    "a null byte": (LAYOUT.encode() + b'x = "\x00"\n', Code.TOML),
    "a byte order mark": (b"\xef\xbb\xbf" + LAYOUT.encode(), Code.TOML),
    "UTF-16": (LAYOUT.encode("utf-16"), Code.TOML),
    "no UTF-8": (LAYOUT.encode() + b"# \xff\xfe\n", Code.TOML),
    "half a character": (LAYOUT.encode() + b"# \xe4\xbd", Code.TOML),
    "a lone surrogate": (LAYOUT + '[[fields.location]]\nconst = "\\ud800"\n', Code.TOML),
    "a surrogate in bytes": (LAYOUT.encode() + b"# \xed\xa0\x80\n", Code.TOML),
    "text that turns around": (LAYOUT + '[[fields.location]]\nconst = "a\\u202eb"\n', Code.TEXT),
    "escape sequences": (LAYOUT + '[[fields.location]]\nconst = "\\u001b]0;x\\u0007"\n', Code.TEXT),
    "a key with escape sequences": ('"\\u001b[2J\\n" = 1\n' + LAYOUT, Code.UNKNOWN_KEY),
}

PROFILES: dict[str, tuple[str | bytes, Code]] = {
    "a site upwards": (changed(PROFILE, 'site = "sample"', 'site = "../sample"'), Code.VALUE),
    "a zone upwards": ('timezone = "../../../etc/passwd"\n' + PROFILE, Code.ZONE),
    "a zone with a path": ('timezone = "/etc/localtime"\n' + PROFILE, Code.ZONE),
    "a loopback host": (changed(PROFILE, '"sample.example"', '"sample.example", "127.0.0.1"'), Code.HOST),
    "a metadata host": (changed(PROFILE, '"sample.example"', '"metadata.google.internal"'), Code.HOST),
    "every host": (changed(PROFILE, '"sample.example"', '"sample.example", "com"'), Code.HOST),
    "a list in the cloud's metadata": (changed(PROFILE, SOUND_LIST, 'url = "http://169.254.169.254/{page}"'), Code.URL),
    "a list on disk": (changed(PROFILE, SOUND_LIST, 'url = "file:///etc/{page}"'), Code.URL),
    "a list of someone else": (changed(PROFILE, SOUND_LIST, 'url = "https://other.example/{page}"'), Code.URL),
    "a list by a look-alike": (changed(PROFILE, SOUND_LIST, 'url = "https://notsample.example/{page}"'), Code.URL),
    "a list with a user": (changed(PROFILE, SOUND_LIST, 'url = "https://sample.example@b.example/{page}"'), Code.URL),
    "a list with the host open": (changed(PROFILE, SOUND_LIST, 'url = "https://{page}/"'), Code.URL),
    "a list filled by the environment": (
        changed(PROFILE, SOUND_LIST, 'url = "https://www.sample.example/{HOME}/{page}"'), Code.TEMPLATE,
    ),
    "an address by attribute": (
        changed(PROFILE, '{channel}/{id}.html"', '{channel}/{id.__class__}.html"'), Code.URL,
    ),
    "a negative delay": (PROFILE + "[crawl]\ndelay = -1\n", Code.VALUE),
    "an endless delay": (PROFILE + "[crawl]\ndelay = inf\n", Code.TYPE),
    "a thousand at a time": (PROFILE + "[crawl]\nconcurrency = 1000\n", Code.VALUE),
    "a pipeline": (PROFILE + "[settings]\nITEM_PIPELINES = { 'os.system' = 1 }\n", Code.UNKNOWN_KEY),
    "an image host with a path": (PROFILE + '[proxies]\n"../x" = "url"\n', Code.HOST),
}  # fmt: skip

WORDED = 'evidence = [["a"]]\nabove = "nav"\nthreshold = 0.5\n'

PHRASES: dict[str, tuple[str | bytes, Code]] = {
    "phrases with a nested quantifier": (
        WORDED + '[[lines]]\nname = "a"\nrole = "nav"\nplace = ["end"]\nmatch = ["(x+)+y"]\n',
        Code.REGEX,
    ),
    "phrases with an import": ('import = "os"\n' + WORDED, Code.UNKNOWN_KEY),
    "phrases 10,000 deep": ("x = " + "[" * 10_000, Code.TOML),
}

_forbidden: list[str] = []
_watching = False


def _audit(event: str, _args: tuple[object, ...]) -> None:
    if _watching and event in {
        "subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn", "socket.connect", "socket.getaddrinfo",
        "os.remove", "os.rename", "pickle.find_class", "ctypes.dlopen",
    }:  # fmt: skip
        _forbidden.append(event)


sys.addaudithook(_audit)


@contextmanager
def watched() -> Iterator[None]:
    """Fail where something inside starts a process, opens a socket, unpickles or changes files, or takes a second."""
    global _watching  # noqa: PLW0603 - an audit hook cannot be removed
    _forbidden.clear()
    _watching = True
    start = time.process_time()
    try:
        yield
    finally:
        _watching = False
    assert time.process_time() - start < 1
    assert _forbidden == []


@pytest.fixture(scope="module", autouse=True)
def warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Import what the linter imports late, so that times are the profile's."""
    lint(write(tmp_path_factory.mktemp("warm"), layouts={NAME: "id = 1\n"}))


def _faulty(folder: Path, code: Code, *, loads: bool = False) -> None:
    with watched():
        codes = {fault.code for fault in lint(folder) if fault.severity is Severity.ERROR}
    assert code in codes
    if loads:
        return
    with watched(), pytest.raises(ProfileInvalid) as refused:
        load_profile(folder)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 1500


@pytest.mark.parametrize("name", LAYOUTS)
def test_hostile_layout(tmp_path: Path, name: str) -> None:
    """A layout written to do harm is refused for what it is."""
    text, code = LAYOUTS[name]
    _faulty(write(tmp_path, layouts={NAME: text}), code)


@pytest.mark.parametrize("name", PROFILES)
def test_hostile_profile(tmp_path: Path, name: str) -> None:
    """A profile.toml written to do harm is refused for what it is."""
    text, code = PROFILES[name]
    _faulty(write(tmp_path, profile=text), code)


@pytest.mark.parametrize("name", PHRASES)
def test_hostile_phrases(tmp_path: Path, name: str) -> None:
    """Wordings written to do harm are named by the linter; their patterns are compiled by their own loader, later."""
    text, code = PHRASES[name]
    _faulty(write(tmp_path, phrases_toml=text), code, loads=code is Code.REGEX)


@pytest.mark.parametrize("name", ["hooks.py", "layouts/x.py", "conftest.py", "deep/down/a.so", "run.sh", "model.pkl"])
def test_code_beside_the_profile(tmp_path: Path, name: str) -> None:
    """A folder with code in it is refused; the code is not imported, let alone run."""
    folder = write(tmp_path)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", encoding="utf-8")
    _faulty(folder, Code.FILE)
    assert not (tmp_path / "ran").exists()
    assert [fault.file for fault in lint(folder) if fault.code is Code.FILE] == [str(folder / name)]


def _link(path: Path, folder: Path) -> None:
    path.unlink()
    (folder.parent / "secret").write_text("password = 'hunter2'\n", encoding="utf-8")
    path.symlink_to(folder.parent / "secret")


def _pipe(path: Path, _folder: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _device(path: Path, _folder: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def _directory(path: Path, _folder: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("make", [_link, _pipe, _device, _directory])
@pytest.mark.parametrize("name", ["profile.toml", f"layouts/{NAME}.toml"])
def test_invalid_files(tmp_path: Path, name: str, make: Callable[[Path, Path], None]) -> None:
    """Links out of the folder, pipes, devices and folders under a file's name are not read, nor waited for."""
    folder = write(tmp_path)
    make(folder / name, folder)
    _faulty(folder, Code.FILE)
    assert "hunter2" not in "".join(map(str, lint(folder)))


def test_a_linked_folder_of_layouts(tmp_path: Path) -> None:
    """Layouts that lie outside the folder are not read."""
    folder = write(tmp_path)
    (folder / "layouts").rename(tmp_path / "elsewhere")
    (folder / "layouts").symlink_to(tmp_path / "elsewhere")
    _faulty(folder, Code.FILE)


def test_a_thousand_layouts(tmp_path: Path) -> None:
    """A folder with layouts without end is refused before they are read."""
    _faulty(write(tmp_path, layouts={f"2024_l{number}": "x" for number in range(1000)}), Code.FILE)


def test_messages_are_one_line_of_what_prints(tmp_path: Path) -> None:
    """What a fault quotes from the file cannot move the cursor, break the line or fill the screen."""
    layout = LAYOUT + '[[fields.location]]\nconst = "\\u001b[31m\\n\\u2028\\u202e' + "x" * 300 + '"\n"\\u0007" = 2\n'
    faults = lint(write(tmp_path, layouts={NAME: layout}))
    assert {Code.TEXT, Code.UNKNOWN_KEY} <= {fault.code for fault in faults}
    for fault in faults:
        assert fault.message.isprintable()
        assert fault.key.isprintable()
        assert len(fault.message) <= 400
