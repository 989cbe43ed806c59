"""docs/speed.md from the results of `make bench`: `python -m benchmarks.report > docs/speed.md`.

`--keep FOLDER` takes the results of a run into benchmarks/results.json first, one benchmark a file.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

from benchmarks.measuring import machine

RESULTS = Path(__file__).resolve().parent / "results.json"
NAMES = ("extraction", "parts", "replay", "crawl", "shared", "bulk", "engines", "rendering")

_HEAD = """\
# Speed

Made by `make bench` and `make docs`; the figures stand in `benchmarks/results.json`, each page's own too. Do not edit.

Every figure is a ratio within one run, with its spread (least, median, greatest): milliseconds of another machine say
little. `make guard` holds what a page costs in counted steps, on any machine.
"""


def keep(folder: Path) -> None:
    """Take what is in a folder of results into `RESULTS`; benchmarks that did not run keep theirs."""
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name in NAMES:
        path = folder / f"{name}.json"
        if path.exists():
            found[name] = {"machine": machine(), "result": json.loads(path.read_text(encoding="utf-8"))}
    ordered = {name: found[name] for name in NAMES if name in found}
    RESULTS.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def document(results: dict[str, Any]) -> str:
    """Return docs/speed.md for results."""
    sections = [_HEAD]
    for name, section in {
        "extraction": _extraction,
        "parts": _parts,
        "replay": _replay,
        "crawl": _crawl,
        "shared": _shared,
        "bulk": _bulk,
        "engines": _engines,
        "rendering": _rendering,
    }.items():
        if name in results:
            sections.append(f"{section(results[name]['result'])}\n{_machine(results[name]['machine'])}")
    if not results:
        sections.append("No figures yet.\n")
    return "\n".join(sections)


def _extraction(found: dict[str, Any]) -> str:
    text = """\
## Bytes to record

From the bytes as received to the validated, serialised record: CPU time over that of lxml's bare parse of these bytes
(`HTMLParser(encoding=…, huge_tree=True)`, given the page's true charset), sum over sum; the spread is that of the
pages. The others give the body's text alone. F1 of the body's text by 4-character shingles; *slower* is a peer's time
over this project's in the same rounds.
"""
    for name, each in found["sets"].items():
        rows = [
            [
                f"**{subject}**" if subject == "portalsieve" else subject,
                _number(row["ratio"]),
                _spread(row),
                f"{row['f1']:.3f}" if "f1" in row else "",
                _number(row["pagesPerSecond"]),
                f"{_number(row['slower']['all'])} ({_spread(row['slower'])})" if "slower" in row else "",
            ]
            for subject, row in each["rows"].items()
        ]
        head = ["", "times the bare parse", "of a page", "body F1", "pages/s", "slower"]
        sites = ", ".join(f"{site} {_number(ratio)}" for site, ratio in each["bySite"].items())
        text += f"\n{each['pages']} {name}:\n\n{table(head, rows)}\nThis project by site: {sites}.\n"
    return text


def _parts(found: dict[str, Any]) -> str:
    parts = list(next(iter(found.values())))
    rows = [[part, *(f"{figures[part]:.2f}" for figures in found.values())] for part in parts]
    text = "## Where a page's time goes\n\nShares of the bare parse of the same bytes, sum over the pages.\n"
    return f"{text}\n{table(['', *found], rows)}"


def _replay(found: dict[str, Any]) -> str:
    taken = found["milliseconds"]
    rows = [
        ["`scrapy crawl` over an archive", f"{taken['crawl']:.2f}"],
        ["Scrapy with an empty callback, this project's settings", f"{taken['scrapy']:.2f}"],
        ["Scrapy with an empty callback, the library's settings", f"{taken['library settings']:.2f}"],
        ["the extraction alone", f"{taken['extraction']:.2f}"],
    ]
    return f"""\
## A crawl over an archive

CPU milliseconds a page, start-up taken off, medians of {found["rounds"]} rounds over {found["pages"]} pages:

{table(["", "ms a page"], rows)}
The crawl over (Scrapy with an empty callback + the extraction alone): **{found["ratio"]["median"]:.2f}**
({_spread(found["ratio"])}); with the library's settings for the empty callback
{found["ratioLibrarySettings"]["median"]:.2f} ({_spread(found["ratioLibrarySettings"])}).
"""


def _crawl(found: dict[str, Any]) -> str:
    ratios = found["ratios"]
    return f"""\
## The store

A crawl of {found["pages"]} pages of a local portal with the store over the same crawl without it, which loses pages if
it is killed: pages a second **{ratios["pagesPerSecond"]["median"]:.2f}** ({_spread(ratios["pagesPerSecond"])}), pages a
CPU second {ratios["pagesPerCpuSecond"]["median"]:.2f} ({_spread(ratios["pagesPerCpuSecond"])}).
"""


def _shared(found: dict[str, Any]) -> str:
    rows = []
    for side, row in found["sides"].items():
        ratio = found["overSqlite"].get(side)
        name = f"{side} process{'es' if side != '1' else ''}, PostgreSQL" if side != "0" else "one process, SQLite"
        over = f"**{ratio['median']:.2f}** ({_spread(ratio)})" if ratio else "1"
        server = f"{row['serverMilliseconds']:.2f}" if side != "0" else ""
        rows.append(
            [name, _number(row["pagesPerSecond"]), over, f"{row['cpuMilliseconds']:.1f}", server,
             f"{100 * row['storeShare']:.0f} %"]
        )  # fmt: skip
    head = ["", "pages/s", "over SQLite", "CPU ms a page", "server's CPU ms a page", "time in the store"]
    claims = found["claimsPerSecond"]
    return f"""\
## Several processes on one frontier

A crawl of {found["pages"]:,} pages of a local portal without delay, medians of {found["rounds"]} rounds. Processes,
portal and server share the machine, so with two cores more than two processes show what sharing costs, not what
machines add. *Time in the store* is the share of a process's time that its event loop waits for the store.

{table(head, rows)}
Pages reserved and settled per second, without a crawl: {claims["1"]:,} by one client, {claims["4"]:,} by four.
"""


def _engines(found: dict[str, Any]) -> str:
    rows = [
        [
            "command line" if side == "cli" else side,
            f"{row['seconds']:.0f}",
            f"{row['overhead']:.2f}",
            f"{row['overheadCpu']:.2f}",
            "yes" if row["equal"] else "**no**",
            ("yes" if row["equalAfterKills"] else "**no**") + f" ({row['kills']})" if "kills" in row else "",
        ]
        for side, row in found["sides"].items()
    ]
    head = ["", "seconds", "over the command line", "in CPU time", "same records", "after kills"]
    return f"""\
## Engines for archives

{found["records"]:,} records in {found["archives"]} archives, {found["jobs"]} workers each, by the clock and in CPU time
of all processes, start-up and all: that of Ray and Spark is the same for any number of records. The command line writes
JSON lines, the engines Parquet.

{table(head, rows)}"""


def _bulk(found: dict[str, Any]) -> str:
    speed, memory = found["speed"], found["memory"]
    rows = [
        [f"`--jobs {jobs}`", f"{speed['pagesPerSecond'][jobs]}", f"{speed['cpuMilliseconds'][jobs]:.2f}"]
        for jobs in ("1", "2")
    ]
    ratio = speed["twoOverOne"]
    return f"""\
## Archives over several processes

`scrapy extract --warc`, {speed["records"]} records, medians of {speed["rounds"]} rounds by the clock, start-up and all:

{table(["", "pages/s", "CPU ms a page"], rows)}
Two workers over one: **{ratio["median"]:.2f}** ({_spread(ratio)}).

Memory over {memory["records"]} records with two workers, resident MB: a worker {memory["workerFirstQuarter"]} in the
first quarter, {memory["workerLastQuarter"]} in the last, {memory["workerPeak"]} at most; the parent
{memory["parentPeak"]} at most.
"""


def _rendering(found: dict[str, Any]) -> str:
    ratio, peaks = found["ratio"], found["peakMiB"]
    rounds = found["rounds"]
    speeds = {side: statistics.median(each[side]["pagesPerSecond"] for each in rounds) for side in peaks}
    rows = [[side, f"{speeds[side]:.2f}", f"{peaks[side]}"] for side in peaks]
    return f"""\
## Rendered pages

{found["pages"]} pages of a local portal whose article a script fetches, {found["atOnce"]} at once, medians of
{len(rounds)} rounds, start-up and all. This project also extracts and stores the records; scrapy-playwright
gives the HTML.

{table(["", "pages/s", "peak MiB, browser and all"], rows)}
This project over scrapy-playwright: **{ratio["median"]:.2f}** ({_spread(ratio)}).
"""


def _machine(told: dict[str, Any]) -> str:
    load = f", load {told['load']} at the end" if told["load"] is not None else ""
    return f"*{told['processor']}, {told['cores']} cores, Python {told['python']}, {told['day']}{load}.*\n"


def _spread(found: dict[str, float]) -> str:
    return f"{_number(found['least'])} / {_number(found['median'])} / {_number(found['greatest'])}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown; all columns but the first are aligned right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def main() -> None:
    """Keep what is asked for, then print the document."""
    if sys.argv[1:2] == ["--keep"]:
        keep(Path(sys.argv[2]))
    else:
        sys.stdout.write(document(json.loads(RESULTS.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
