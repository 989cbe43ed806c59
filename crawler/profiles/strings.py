"""The types of strings in a profile: their maximum lengths, and the check that each must pass.

`format` names that check (crawler/profiles/checks/strings.py); it is also in the published schemas.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Css = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=400,
        description="A CSS selector; a comma means union.",
        extra_json_schema={"format": "css"},
    ),
]
Regex = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=800,
        description="An RE2 regular expression, searched for.",
        extra_json_schema={"format": "re2"},
    ),
]
XPath = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=400,
        description="An XPath as in Scrapy, with has-class() and re:test(), for what CSS cannot express; costs a copy"
        " of the tree.",
        extra_json_schema={"format": "xpath"},
    ),
]
JmesPath = Annotated[
    str,
    Meta(min_length=1, max_length=400, description="A JMESPath expression.", extra_json_schema={"format": "jmespath"}),
]
Text = Annotated[
    str, Meta(min_length=1, max_length=400, description="Plain text.", extra_json_schema={"format": "text"})
]
Span = Annotated[
    str,
    Meta(pattern="^[0-9]{1,6}[mhd]$", max_length=7, description="A span of time: minutes, hours or days, as in 6h."),
]
Host = Annotated[
    str,
    Meta(min_length=3, max_length=253, description="A host name in lower case.", extra_json_schema={"format": "host"}),
]
Url = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=500,
        description="An http(s) URL, where names in braces are filled in.",
        extra_json_schema={"format": "url-template"},
    ),
]
Template = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        description="Text where names in braces are filled in.",
        extra_json_schema={"format": "template"},
    ),
]
Day = Annotated[
    str,
    Meta(
        pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        description="A day, YYYY-MM-DD, in quotes.",
        extra_json_schema={"format": "date"},
    ),
]
Zone = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=60,
        description="A name of the time zone database, such as Asia/Shanghai.",
        extra_json_schema={"format": "time-zone"},
    ),
]
Name = Annotated[str, Meta(pattern="^[A-Za-z][A-Za-z0-9_]{0,39}$", description="A name: letters, digits, underscores.")]
Attribute = Annotated[str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_:.-]{0,59}$", description="The name of an attribute.")]
Parameter = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.~\[\]-]{1,60}$", description="The name of a query parameter.")]
MetaName = Annotated[
    str, Meta(pattern="^[A-Za-z][A-Za-z0-9_:.-]{0,79}$", description="name, property or itemprop of a meta element.")
]
Variable = Annotated[
    str, Meta(pattern=r"^[A-Za-z_$][A-Za-z0-9_$]*(\.[A-Za-z_$][A-Za-z0-9_$]*){0,5}$", description="A script variable.")
]
Language = Annotated[str, Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", description="A language, by BCP 47.")]
