"""Gives built fixtures their expected values: ``python -m tests.expect [SITE[/LAYOUT[/CASE]]]``.

Only cases without an expected.json get one. A value is reviewed from the start if the builder's truth states it and the
record agrees; all others are left to ``scrapy review``, as for any recorded page. A record that contradicts the truth
gets no expected.json: the test of the truth says what is wrong.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from crawler.extract import profiles_in
from crawler.regression.fixture import Expected, Fixture, fixtures
from crawler.regression.values import values_of
from tests.cases import FIXTURES, Case
from tests.test_fixtures import NOTES, compared

WHOLE = {"id", "kind", "title", "headline", "originalHeadline", "description", "keywords", "editors", "datePublished",
         "datePrecision", "dateModified", "location", "commentCount", "canonicalUrl", "images", "charset"}  # fmt: skip
"""Keys of the truth that say all there is to say of the value of that name."""


def expect(fixture: Fixture, day: str) -> Expected:
    """Return the values of a built fixture, reviewed if its truth states them; raises ValueError if they differ."""
    record, truth = fixture.extract(profiles_in()), Case(fixture.folder).truth
    values = values_of(record)
    expected = Expected.unreviewed_of(values)
    wrong = []
    for key in truth:
        if key in NOTES:
            continue
        wanted, got = compared(record, truth, key)
        if wanted != got:
            wrong.append(key)
        elif key in WHOLE:
            expected.accept(key, day)
    if wrong:
        raise ValueError(f"the record contradicts the truth in {', '.join(wrong)}")
    return expected


def main(arguments: list[str]) -> int:
    """Write missing values; the exit status is 1 if a case was skipped."""
    day = datetime.now(UTC).date().isoformat()
    failed = 0
    for fixture in fixtures(FIXTURES, arguments[0] if arguments else ""):
        if not (fixture.folder / "truth.json").is_file() or fixture.expected is not None:
            continue
        try:
            expected = expect(fixture, day)
        except ValueError as error:
            failed += 1
            print(f"{fixture.name}: {error}", file=sys.stderr)
            continue
        fixture.write(expected)
        print(f"{fixture.name}: {len(expected.values)} values, {len(expected.unreviewed)} to review")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
