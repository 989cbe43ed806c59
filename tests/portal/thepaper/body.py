"""Builds the inside of a container whose paragraphs are bare text between ``<br>`` and empty boxes."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.portal.page import Truth, attr, esc
from tests.portal.prose import Prose

GREY = "color: rgb(128, 128, 128);"
GAP = '<br><div class="contheight"></div>'


@dataclass(slots=True)
class BareBody:
    """The growing container: ``html`` as it will stand on the page, the rest goes into the page's truth.

    ``gap`` is what ends a paragraph: ``<br>`` on account pages, then an empty ``div.contheight`` on the others.
    """

    prose: Prose
    gap: str = GAP
    html: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    images: list[Truth] = field(default_factory=list)
    optional: list[str] = field(default_factory=list)
    not_in_body: list[str] = field(default_factory=list)

    def text(self, text: str, *, plain: bool = True) -> None:
        """Return a paragraph: a text node, or inline elements and text nodes."""
        self.html.append((esc(text) if plain else self.prose.decorate(text)) + self.gap)
        self.texts.append(text)

    def subhead(self, text: str) -> None:
        """Return a heading as editors make it: a paragraph that is bold from end to end."""
        self.html.append(f"<strong>{esc(text)}</strong>{self.gap}")
        self.texts.append(text)

    def image(self, url: str, caption: str | None = None) -> None:
        """Return a picture in a centred box; its line, where there is one, stands behind the box in grey."""
        self.html.append(
            f'<div style="text-align:center;"><img src="{attr(url)}" width="600" height="400" alt=""></div>'
            + (f'<span style="{GREY}">{esc(caption)}</span>{self.gap}' if caption else "")
        )
        self.images.append({"url": url, "caption": caption})

    def grey(self, text: str) -> None:
        """Return a grey line that belongs to no picture: an editor's note, a paragraph like others."""
        self.html.append(f'<span style="{GREY}">{esc(text)}</span>{self.gap}')
        self.texts.append(text)

    def broken(self) -> None:
        """Return the remains of an emoji: a text node of replacement characters, which is no text."""
        self.html.append("\ufffd\ufffd\ufffd<br>\ufffd\ufffd")

    def line(self, text: str) -> None:
        """Return a text node that is a line of information, not body."""
        self.html.append(esc(text))
        self.not_in_body.append(text)

    def markup(self) -> str:
        """Return the container's inside."""
        return "".join(self.html)

    def truth(self) -> Truth:
        """Return what the body says of itself in the page's truth."""
        return {
            "body": list(self.texts),
            "images": list(self.images),
            "optional": list(self.optional),
            "notInBody": list(self.not_in_body),
        }
