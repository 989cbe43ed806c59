"""`scrapy COMMAND --help` is well-formed in a terminal of 80 columns."""

from __future__ import annotations

import argparse
import contextlib
import gc
import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from scrapy.commands import ScrapyCommand, ScrapyHelpFormatter
from scrapy.settings import Settings
from scrapy.utils.misc import walk_modules_iter

from crawler.__main__ import main
from crawler.store.errors import BadCursor, StoreMissing
from crawler.store.opening import open_store
from crawler.terminal import STOPPED

HEADINGS = {"Usage", "Options", "Global Options", "Arguments", "Values of --fail-on", "Examples"}
COMMANDS = {
    module.__name__.rpartition(".")[2]: module.Command
    for module in walk_modules_iter("crawler.commands")
    if hasattr(module, "Command")
}


def help_of(name: str) -> str:
    """Return the help of a command as Scrapy prints it."""
    command: ScrapyCommand = COMMANDS[name]()
    command.settings = Settings()
    parser = argparse.ArgumentParser(
        formatter_class=ScrapyHelpFormatter,
        usage=f"scrapy {name} {command.syntax()}",
        conflict_handler="resolve",
        description=command.long_desc(),
    )
    command.add_options(parser)
    return parser.format_help()


def test_garbage_is_collected_again_after_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the commands are imported there is no collection; their modules are not looked at again."""
    seen = []
    monkeypatch.setattr("scrapy.cmdline.execute", lambda: seen.append((gc.isenabled(), gc.get_freeze_count() > 0)))
    monkeypatch.setattr("sys.argv", ["scrapy", "lint"])
    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "crawler.settings")
    main()
    gc.unfreeze()
    assert seen == [(True, True)]


@pytest.mark.parametrize("during", ["scrapy.cmdline.execute", "crawler.__main__._import_commands"])
def test_a_start_that_is_interrupted_ends_in_one_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], during: str
) -> None:
    """Ctrl-C while the commands are imported, or the profiles are read, shows no traceback."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("crawler.__main__._import_commands", lambda: None)
    monkeypatch.setattr(during, interrupted)
    monkeypatch.setattr("sys.argv", ["crawler", "lint"])
    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "crawler.settings")
    with pytest.raises(SystemExit) as ended:
        main()
    assert (STOPPED, "stopped\n") == (ended.value.code, capsys.readouterr().err)


@pytest.mark.parametrize(("name", "meant"), [("extrct", "; did you mean extract?"), ("zzz", ".")])
def test_an_unknown_command_is_named(
    name: str, meant: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, by the program's own name, with the command that was probably meant."""
    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "crawler.settings")
    monkeypatch.setattr("crawler.terminal.program", "portalsieve")
    with pytest.raises(SystemExit) as ended:
        main([name])
    out, err = capsys.readouterr()
    message = f"portalsieve: error: unknown command {name}{meant} `portalsieve -h` lists the commands\n"
    assert (2, "", message) == (ended.value.code, out, err)


def test_every_command_is_checked() -> None:
    """Each public module of `crawler/commands` is a command."""
    folder = Path(__file__).parent.parent / "crawler/commands"
    assert set(COMMANDS) == {path.stem for path in folder.glob("*.py") if not path.name.startswith("_")}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_in_80_columns(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is longer, only headings are underlined, and there is an example of the command."""
    monkeypatch.setenv("COLUMNS", "80")
    text = help_of(name)
    assert [] == [line for line in text.splitlines() if cell_len(line) > 80]
    headings = re.findall(r"^(.+)\n([=-])\2+$", text, re.MULTILINE)
    assert set() == {heading for heading, _ in headings} - HEADINGS
    examples = text.partition("\nExamples\n========\n")[2].splitlines()
    assert [] == [line for line in examples if not line.startswith(f"  scrapy {name}")]
    assert examples


def test_messages_name_the_program_that_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those of the store: a command that a message gives can be copied."""
    with contextlib.closing(open_store(None)) as store:
        for program in ("scrapy", "portalsieve"):
            monkeypatch.setattr("crawler.terminal.program", program)
            with pytest.raises(StoreMissing, match=f"; `{program} crawl SITE` creates it"):
                open_store(tmp_path / "store.sqlite", make=False)
            with pytest.raises(BadCursor, match=f"; `{program} export` prints one"):
                store.since("netease", "0")
            with pytest.raises(BadCursor, match=f"use one that `{program} export` printed"):
                store.since("netease", "00000000-1-00000000")


def test_option_whose_help_breaks_after_a_colon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scrapy made a heading of `(default:` at the end of a line."""
    monkeypatch.setenv("COLUMNS", "80")
    assert "(default:\n                        everything)" in help_of("export")


def test_arguments_are_aligned(monkeypatch: pytest.MonkeyPatch) -> None:
    """A description that does not fit continues in its column."""
    monkeypatch.setenv("COLUMNS", "60")
    lines = help_of("crawl").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("  -a archive="))
    column = lines[first].index("read pages")
    assert " " * column == lines[first + 1][:column]
    assert lines[first + 1][column] != " "
