"""The section on sizing in docs/operations.md, computed from the benchmarks' results: `python -m benchmarks.sizing`.

What is between the two marks is replaced; `make docs` calls it. Each figure is one that a benchmark has measured, or
computed from such with the assumptions in `Assumed`, which the section names.
"""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

from benchmarks.report import RESULTS, table

DOCUMENT = RESULTS.parent.parent / "docs" / "operations.md"
BEGIN, END = "<!-- sizing: written by make docs -->\n", "<!-- sizing ends -->\n"


class Assumed(NamedTuple):
    """What is not measured: prices in dollars, the delay that a site allows, how busy a core may be."""

    core_hour: float = 0.04
    gigabyte_month: float = 0.02
    delay: float = 2.0
    busy: float = 0.7


_HOSTS = ["hosts", "pages/s", "pages per day", "cores, crawl", "cores, server", "stores", "growth per day"]
_COSTS = ["pages", "core hours", "dollars", "records", "dollars a month", "crawl: core hours", "of the server"]


def section(results: dict[str, Any], assumed: Assumed = Assumed()) -> str:  # noqa: B008 - it is immutable
    """Return the section for results."""
    shared, bulk = results["shared"]["result"], results["bulk"]["result"]["speed"]
    side = shared["sides"]["4"]
    light, server = side["cpuMilliseconds"], side["serverMilliseconds"]
    archive = bulk["cpuMilliseconds"]["1"]
    crawl = archive + light
    settled = max(shared["claimsPerSecond"].values())
    stored, log, line = side["bytesPerPage"], side["logBytesPerPage"], shared["bytesPerRecord"]
    measured = [
        ["CPU time of a page from an archive", f"{archive:.1f} ms: {1000 / archive:.0f} pages/s on one core"],
        ["CPU time of a crawled page, a light one", f"{light:.1f} ms: {1000 / light:.0f} pages/s on one core"],
        ["the same, of a page as in the archives, at most their sum", f"{crawl:.1f} ms: {1000 / crawl:.0f} pages/s"],
        ["the PostgreSQL server's CPU time for 1,000 pages", f"{server:.1f} s"],
        ["what its tables grow by 1,000 pages, indexes included", f"{stored / 1000:.1f} MB"],
        ["what its write-ahead log grows by 1,000 pages", f"{log / 1000:.1f} MB"],
        ["a record's line, without compression", f"{line / 1000:.1f} kB"],
        ["pages that one store reserves and settles per second", f"{settled:,}"],
    ]
    hosts = []
    for count in (100, 1000, 10_000):
        rate = count / assumed.delay
        cores = rate * crawl / 1000 / assumed.busy
        hosts.append(
            [
                f"{count:,}", f"{rate:,.0f}", f"{rate * 86400 / 1e6:,.1f} million", f"{max(1, cores):,.0f}",
                f"{rate * server / 1000 / assumed.busy:.1f}", f"{math.ceil(rate / settled / assumed.busy)}",
                f"{rate * 86400 * stored / 1e9:,.0f} GB",
            ]
        )  # fmt: skip
    costs = []
    for power in (6, 8, 10):
        pages = 10**power
        hours, size = pages * archive / 3.6e6, pages * line / 1e9
        costs.append(
            [
                f"10^{power}", f"{hours:,.0f}", f"{hours * assumed.core_hour:,.2f}", f"{size:,.0f} GB",
                f"{size * assumed.gigabyte_month:,.2f}",
                f"{pages * crawl / 3.6e6:,.0f}", f"{pages * server / 3.6e6:,.0f}",
            ]
        )  # fmt: skip
    made = {name: results[name]["machine"] for name in ("bulk", "shared")}
    days = "; ".join(
        f"`benchmarks.{name}` on {each['processor']}, {each['day']}, load {each['load']}" for name, each in made.items()
    )
    return f"""\
Measured ({days}):

{table(["figure", "measured"], measured)}
Your pages differ: measure some of them with `scrapy extract --warc … --jobs 1`, whose last line has the pages per
second.

**A crawl is bound by politeness.** N hosts with a delay of d seconds give N / d pages per second, however many machines
there are. With d = {assumed.delay:g} and cores that are busy for {100 * assumed.busy:.0f} % of the time at most:

{table(_HOSTS, hosts)}
Machines are the cores divided by those of one, and one more if one may fail. A process uses one core; a host belongs to
one process at a time, so there is no use in more processes than hosts. A store writes one transaction after another:
where one is not enough, give groups of sites databases of their own. Rendered pages take a browser's time instead (see
[Speed](speed.md)).

**Archives are bound by cores.** Core hours are pages × {archive:.1f} ms. Dollars assume {assumed.core_hour:g} per core
hour, and {assumed.gigabyte_month:g} per GB and month of records without compression. The last two columns are the core
hours of a crawl of as many pages; how long it takes follows from the table above.

{table(_COSTS, costs)}"""


def document(text: str, results: dict[str, Any]) -> str:
    """Return a document with the section for results."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{section(results)}\n{END}{after}"


def main() -> None:
    """Write the section."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    DOCUMENT.write_text(document(DOCUMENT.read_text(encoding="utf-8"), results), encoding="utf-8")


if __name__ == "__main__":
    main()
