"""A portal whose class names carry hashes and whose articles are in a script variable as well, and its pages of before.

``pages()`` gives every page with its truth; ``python -m tests.portal.write`` makes the fixtures of them.
"""

from __future__ import annotations

from datetime import datetime

from tests.portal.ifeng import lists, react, regional
from tests.portal.page import FixturePage

REGIONAL = (
    regional.Spec("br_and_styled_spans", "region: paragraphs as styled spans with <br>, pictures in boxes, logo and code picture that are no content, hidden share text twice"),
    regional.Spec("captions_and_editor_code", "news: plain paragraphs, .picIntro lines, [责任编辑：NAME CODE], source without a link", channel="news", broken_lines=False, captions=True, source_link=False, editor_code=True, day=datetime(2017, 3, 4, 5, 6), images=2),
    regional.Spec("second_page_empty_side", "address of the second page: the same id; nothing in the right column; one picture", page=1, side=False, images=1, channel="gd.people", day=datetime(2018, 10, 1, 0, 1), paragraphs=5),
)  # fmt: skip

ARTICAL = (
    react.Spec("comment_box_in_info", "comment counts inside the line of time and source; 为您推荐 in a box without a class; shop heading before its list", images=4),
    react.Spec("byline_paragraph", "the byline is the first paragraph, the editor line stands under the article; recommendations not filled", byline=True, editor=True, filled=False, day=datetime(2020, 2, 29, 8, 8, 8)),
    react.Spec("body_only_in_data", "the text box is empty: body, with a video, from allData", shown=False, video=True, day=datetime(2019, 6, 1, 0, 0, 5), host="ent"),
    react.Spec("two_text_boxes", "a video between two text boxes: both are body", video=True, host="finance", day=datetime(2021, 7, 7, 17, 17, 17), captions=False),
)  # fmt: skip

INFOBOX = (
    react.Spec("lazy_images", "src is a transparent pixel, the address is in data-lazyload; place behind the time; trailing space in og:time", era=2022, day=datetime(2022, 6, 17, 20, 4, 9), images=6, location="北京", filled=False),
    react.Spec("account_page", "大风号: account from the data; editor line with a code", era=2022, day=datetime(2022, 12, 12, 12, 12, 12), account=True, editor=True, host="feng", query="?aman=1b2c"),
    react.Spec("body_only_in_data_lazy", "the text box is empty, the data have plain pictures", era=2022, day=datetime(2023, 1, 3, 4, 5, 6), shown=False, host="i", images=2),
)  # fmt: skip

INDEX = (
    react.Spec("index_names", "class names index_name_Hash; source by rel=medianame", era=2023, day=datetime(2026, 1, 9, 10, 11, 12), location="广东", editor=True, filled=False),
    react.Spec("index_no_images", "no picture, short; recommendations filled", era=2023, day=datetime(2024, 5, 20, 13, 14, 15), images=0, paragraphs=5, host="mil"),
    react.Spec("index_account", "大风号 page with video between two texts", era=2023, day=datetime(2025, 8, 1, 19, 0, 1), account=True, video=True, host="feng", filled=False),
)  # fmt: skip

DATA = (
    react.Spec("before_scripts", "an empty root: everything from allData", era=0, shown=False, day=datetime(2020, 4, 4, 10, 0, 1)),
    react.Spec("phone_host", "i. host: the id of the channel's page", era=0, shown=False, host="i", video=True, day=datetime(2021, 1, 1, 1, 1, 1)),
    react.Spec("shared_page", "ishare host, /c/s/", era=0, shown=False, host="ishare", shared=True, account=True, day=datetime(2023, 3, 3, 3, 3, 3), query="?_share=weixin"),
)  # fmt: skip


def articles() -> list[FixturePage]:
    """Return every article."""
    return [
        *(regional.build(spec) for spec in REGIONAL),
        *(react.build(spec) for spec in (*ARTICAL, *INFOBOX, *INDEX, *DATA)),
    ]


def pages() -> list[FixturePage]:
    """Return every page of this portal, lists included."""
    found = articles()
    return [*found, *lists.pages(found)]
