"""How what is not the article is called, or begins, in the bodies of most sites sooner or later."""

from __future__ import annotations

import re
from typing import Final

DECK: Final = re.compile(
    r"(?<![a-z])(?:intro|summary|abstract|lead|digest|daodu|zhaiyao|standfirst|deck|excerpt)(?![a-z])", re.IGNORECASE
)
LABEL: Final = re.compile(
    r"^[（(\[【—\-\s]*(?:本文)?(责任编辑|责编|编辑|实习编辑|值班编辑|主编|监制|校对|审核|来源|文章来源|本文来源|稿源|原标题|原题为|本文原标题|作者|记者|采写|撰文|文|图|执笔)\s*[:：]"
)
CREDITS_WHERE: Final = (
    r"^[（(\[【—\-\s]*(?:本文)?(?:(?:责任编辑|责编|实习编辑|值班编辑|编辑|主编|监制|校对|审核|文章来源|来源|稿源|作者|记者|采写|撰文|执笔)"
    r"\s*[:：][^。！？；，]{0,50}|(?:原标题|原题为?)\s*[:：《].{0,80})$|^《\s*[^《》]{2,12}\s*》\s*[（(]\s*\d{4}年\d{1,2}月\d{1,2}日[^（()）]{0,12}版\s*[）)]$"
)
"""A line that says who made the article, by its label. Accounts write such lines with bars, as part of the text."""
PROMOTED: Final = (
    r"(?i)^[^\p{L}\p{N}]*(?:相关(?:新闻|阅读|报道|文章|链接|专题|推荐|图集)|延伸|推荐阅读|(?:精彩|热门|重点)推荐|更多(?:精彩|新闻|资讯)|往期(?:回顾|精彩)"
    r"|猜你喜欢|related|read (?:more|also|next)|more (?:on|from)|mehr zum thema|lesen sie auch|à lire|lire aussi"
    r"|leer más|leggi anche)"
)
"""How a box of links begins that leads to other articles."""
NOTICE: Final = (
    r"^[^\p{L}\p{N}]*(?:特别声明|免责声明|版权声明|平台声明|声明)\s*[:：]|^此内容为[^。]*原创|^本文为[^。]*(?:独家|授权)"
    r"|^(?:未经|转载)[^。]*(?:授权|许可|同意|注明)[^。]*(?:转载|使用|出处)[^。]*。?$"
    r"|^(?:[本该][文稿]|以上|文章)[^。]*(?:仅代表|不代表)[^。]*。?$"
)
"""How a statement of the site begins, or all of it."""
