"""A portal with bare text in its articles: pages of 2014 to 2021, of its accounts, and of 2022 with data in a script.

``pages()`` gives every page with its truth; ``python -m tests.portal.write`` makes the fixtures of them.
"""

from __future__ import annotations

from datetime import datetime

from tests.portal.page import FixturePage
from tests.portal.thepaper import classic, lists, react

CLASSIC = (
    classic.Spec("name_medium_byline", "byline name/medium is author and source; 原题为 as the last text node; grey lines under pictures; three tabs, two hidden", original="last"),
    classic.Spec(
        "reporters_and_intern",
        "澎湃新闻记者 and 实习生 in one line, 来源 beside the time, .hide_word, many comments, words of the portal in a sentence",
        byline="reporters",
        hide_word=True,
        said=True,
        comments=24,
        images=4,
        captions=False,
        day=datetime(2020, 12, 31, 23, 59),
    ),
    classic.Spec(
        "gov_account",
        "澎湃号: author card, disclaimer, no related box, 本文原标题 as the first text node, paragraphs end with <br> alone, empty byline",
        byline="none",
        hao="政务",
        original="first",
        comments=0,
        images=9,
        captions=False,
        broken=True,
        day=datetime(2019, 5, 6, 15, 48),
    ),
    classic.Spec(
        "paike_plain_tail",
        "澎湃号 page whose last text nodes are the author's own editor lines: they stay body",
        byline="none",
        hao="湃客",
        tail=True,
        comments=2,
        images=1,
        day=datetime(2021, 5, 4, 7, 0),
        query="?commTag=true",
    ),
    classic.Spec("medium_alone_no_images", "byline is a medium alone; no picture; 原标题 in a grey span; two related", byline="bare", original="span", images=0, related=2, paragraphs=6, day=datetime(2016, 2, 29, 12, 30)),
)  # fmt: skip

REACT = (
    react.Spec("dom_and_data", "body in the page and in the data: told once; figure captions; editor line, tags, right column"),
    react.Spec("body_only_in_data", "the container is empty: body, headline, time and author come from the data", rendered=False, day=datetime(2023, 11, 2, 6, 5)),
    react.Spec("relative_time", "the page says 3小时前, publishTime has the milliseconds; other hashes in the class names; source in the data alone", relative=True, day=datetime(2024, 7, 19, 8, 30), images=5),
    react.Spec("original_title_paragraph", "（原标题：…） as a paragraph of the body; name/medium in the data", original=True, byline="medium", day=datetime(2025, 3, 8, 18, 18), images=0),
)  # fmt: skip

MOBILE = (
    react.Spec("phone_body_in_page", "m. host, /detail/ID: the same id as on the PC page", mobile=True, day=datetime(2023, 4, 5, 9, 0)),
    react.Spec("phone_body_only_in_data", "m. host, nothing but data", mobile=True, rendered=False, day=datetime(2024, 1, 1, 0, 30)),
    react.Spec("phone_forward_address", "m. host with the PC page's path and a sharing parameter", mobile=True, old_path=True, day=datetime(2022, 9, 10, 20, 0), images=6),
)  # fmt: skip


def articles() -> list[FixturePage]:
    """Return every article."""
    return [*(classic.build(spec) for spec in CLASSIC), *(react.build(spec) for spec in (*REACT, *MOBILE))]


def pages() -> list[FixturePage]:
    """Return every page of this portal, lists included."""
    found = articles()
    return [*found, *lists.pages(found)]
