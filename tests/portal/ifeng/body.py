"""Builds an article's inside, as HTML for the page and for its data, and keeps the account of what is in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.portal.page import Truth, attr, esc
from tests.portal.prose import Prose

PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADAgH/p9u5JQAAAABJRU5ErkJggg=="


def picture(prose: Prose) -> str:
    """Return the address of an original picture."""
    return f"https://x0.ifengimg.com/ucms/{prose.between(2018, 2026)}_{prose.between(10, 52)}/{prose.hexa(40).upper()}_size{prose.between(20, 99)}_w{prose.between(400, 999)}_h{prose.between(200, 799)}.jpg"


def thumbnail(original: str) -> str:
    """Return the address under which lists show a picture: the original's host and path behind the size wanted."""
    return f"//d.ifengimg.com/w144_h80_q70/{original.removeprefix('https://')}"


@dataclass(slots=True)
class Body:
    """The growing article: ``html`` as the page shows it, ``data`` as its data hold it (pictures plain there)."""

    prose: Prose
    lazy: bool = False
    html: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    images: list[Truth] = field(default_factory=list)

    def text(self, text: str, *, plain: bool = True) -> None:
        """Return a paragraph."""
        self._add(f"<p>{esc(text) if plain else self.prose.decorate(text)}</p>")
        self.texts.append(text)

    def subhead(self, text: str) -> None:
        """Return a heading as editors make it: a paragraph that is bold from end to end."""
        self._add(f"<p><strong>{esc(text)}</strong></p>")
        self.texts.append(text)

    def image(self, url: str, caption: str | None = None) -> None:
        """Return a picture in a paragraph; its line, where there is one, is a paragraph marked as such."""
        under = f'<p class="picIntro"><span>{esc(caption)}</span></p>' if caption else ""
        plain = f'<p class="detailPic"><img src="{attr(url)}"/></p>{under}'
        self.data.append(plain)
        self.html.append(
            f'<p class="detailPic"><img src="{PIXEL}" data-lazyload="{attr(url)}" class="empty_bg" style="width:640px;height:360px" alt=""></p>{under}'
            if self.lazy
            else plain
        )
        self.images.append({"url": url, "caption": caption})

    def fill(self, paragraphs: int, images: int, *, captions: bool) -> None:
        """So many paragraphs of prose with pictures and headings between."""
        every = max(1, paragraphs // (images + 1))
        left = images
        for row, text in enumerate(self.prose.article(paragraphs), start=1):
            self.text(text, plain=row % 3 != 0)
            if row % 6 == 0:
                self.subhead(self.prose.subhead())
            if left and row % every == 0:
                left -= 1
                self.image(picture(self.prose), self.prose.caption() if captions and row % 2 else None)

    def _add(self, markup: str) -> None:
        self.html.append(markup)
        self.data.append(markup)
