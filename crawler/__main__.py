"""`portalsieve …` and `python -m crawler …`: Scrapy's command line in this project, wherever it is called from."""

from __future__ import annotations

import difflib
import gc
import os
import sys
from pathlib import Path
from typing import Any

from . import __version__, terminal

PROGRAM = "portalsieve"


def main(arguments: list[str] | None = None) -> None:
    """Run Scrapy's command line with this project's settings; ends by SystemExit.

    The environment variable SCRAPY_SETTINGS_MODULE names other settings, which begin with `from portalsieve.settings
    import *`.
    """
    os.environ.setdefault("SCRAPY_SETTINGS_MODULE", f"{__package__}.settings")
    given = sys.argv[1:] if arguments is None else arguments
    if arguments is None and Path(sys.argv[0]).stem == PROGRAM:
        terminal.program = PROGRAM
    if given in (["--version"], ["-V"]):
        sys.stdout.write(f"{PROGRAM} {__version__}\n")
        sys.exit(0)
    if terminal.program == PROGRAM and given in ([], ["-h"], ["--help"], ["help"]):
        _list_commands()
        sys.exit(0)
    sys.argv = [terminal.program, *given]  # Scrapy's messages name it by this
    try:
        if arguments is None:
            _import_commands()
        from scrapy import cmdline  # noqa: PLC0415 - it reads the environment

        cmdline._print_unknown_command = _unknown_command  # type: ignore[assignment]  # it names itself, on stdout
        try:
            cmdline.execute()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # commands of Scrapy do not catch it; a reader that leaves is not an error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:  # while commands, profiles or arguments are read; later on the commands catch it
        sys.stderr.write("stopped\n")
        sys.exit(terminal.STOPPED)
    except ValueError as error:  # commands of Scrapy, such as `list`, do not catch what our settings raise
        from .spiders.options import BadSetting  # noqa: PLC0415 - as above

        if not isinstance(error, BadSetting):
            raise
        sys.stderr.write(f"{terminal.program}: error: {terminal.plain(str(error))}\n")
        sys.exit(2)


def _import_commands() -> None:
    """Import what Scrapy imports at each start anyway, without looking for garbage: a third of the start is saved."""
    from scrapy.utils.misc import walk_modules_iter  # noqa: PLC0415 - as above

    gc.disable()
    try:
        for _ in walk_modules_iter(f"{__package__}.commands"):
            pass
    finally:
        gc.freeze()
        gc.enable()


def _commands() -> dict[str, Any]:
    from scrapy.cmdline import _get_commands_from_module  # noqa: PLC0415 - only here

    return _get_commands_from_module(f"{__package__}.commands", inproject=True)


def _unknown_command(settings: object, name: str, inproject: bool) -> None:
    """Print that there is no such command, and the one that was probably meant."""
    del settings, inproject
    near = difflib.get_close_matches(name, _commands(), 1)
    meant = f"; did you mean {near[0]}?" if near else "."
    sys.stderr.write(
        f"{terminal.program}: error: unknown command {terminal.plain(name)}{meant} `{terminal.program} -h` lists the"
        " commands\n"
    )


def _list_commands() -> None:
    """Print this project's commands, each with its description, and where Scrapy's are."""
    commands = _commands()
    width = max(map(len, commands))
    lines = [f"  {name:<{width}}  {command.short_desc()}" for name, command in sorted(commands.items())]
    sys.stdout.write(
        "\n".join(
            [
                f"{PROGRAM} {__version__}: splits news pages into the article and its labelled page chrome",
                "",
                f"usage: {PROGRAM} COMMAND [options] [arguments]",
                "",
                *lines,
                f"  {'list':<{width}}  List the sites with a profile",
                "",
                f"`{PROGRAM} COMMAND -h` describes a command. Scrapy's own commands (shell, fetch, …) work as well.",
                "",
            ]
        )
    )


if __name__ == "__main__":
    main()
