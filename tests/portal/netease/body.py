"""Builds the inside of an article's container and keeps the account of what is article and what is not."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.portal.page import Truth, contains, esc
from tests.portal.prose import Prose


@dataclass(slots=True)
class Body:
    """The growing container: ``html`` as it will stand on the page, the rest goes into the page's truth."""

    prose: Prose
    html: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    images: list[Truth] = field(default_factory=list)
    optional: list[str] = field(default_factory=list)
    chrome: list[Truth] = field(default_factory=list)
    not_in_body: list[str] = field(default_factory=list)
    blocks: list[Truth] = field(default_factory=list)
    videos: list[Truth] = field(default_factory=list)

    def text(self, text: str, *, wrap: str = "p", attrs: str = "", plain: bool = False) -> None:
        """Add a paragraph."""
        inner = esc(text) if plain else self.prose.decorate(text)
        self.html.append(f"<{wrap}{attrs}>{inner}</{wrap}>")
        self.texts.append(text)

    def subhead(self, text: str, mark: str = "strong") -> None:
        """Add a heading as editors make it: a paragraph that is bold from end to end."""
        self.html.append(f"<p><{mark}>{esc(text)}</{mark}></p>")
        self.texts.append(text)

    def block(self, markup: str, block: Truth) -> None:
        """Add a block that is no paragraph; ``block`` is what the record has for it, with its ``text``."""
        self.html.append(markup)
        self.texts.append(block["text"])
        self.blocks.append(block)

    def image(self, original: str, markup: str, caption: str | None = None) -> None:
        """Add a picture of the article; ``markup`` is the whole element that holds it."""
        self.html.append(markup)
        self.images.append({"url": original, "caption": caption})

    def junk(self, markup: str) -> None:
        """Add markup without text: empty paragraphs, editor's comments, styles."""
        self.html.append(markup)

    def other(self, role: str, markup: str, *texts: str) -> None:
        """Add chrome that stands in the article's container."""
        self.html.append(markup)
        self.chrome += contains(role, *texts)
        self.not_in_body += texts

    def fill(self, paragraphs: int) -> None:
        """Add so many paragraphs of prose."""
        for text in self.prose.article(paragraphs):
            self.text(text)

    def markup(self) -> str:
        """Return the container's inside."""
        return "\n".join(self.html)

    def truth(self) -> Truth:
        """Return what the body says of itself in the page's truth."""
        told: Truth = {
            "body": list(self.texts),
            "images": list(self.images),
            "optional": list(self.optional),
            "notInBody": list(self.not_in_body),
        }
        if self.videos:
            told["videos"] = list(self.videos)
        if self.blocks:
            told["blocks"] = list(self.blocks)
        return told
