"""Which articles to ask for: each once, whatever forms its URL has, and no more than are wanted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator


class Frontier:
    """The articles of one run by their ids.

    An article is asked for by one URL at a time; if that page gives no record, by the next form of its URL that was
    found. `limit` is the most records wanted: no page is asked for that could not be needed.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.duplicates = 0
        self._known: set[str] = set()
        self._waiting: deque[tuple[str, str]] = deque()
        self._forms: dict[str, list[str]] = {}
        self._failed: set[str] = set()
        self._asked = 0
        self._written = 0

    @property
    def full(self) -> bool:
        """Whether as many records as wanted were written."""
        return self.limit is not None and self._written >= self.limit

    @property
    def enough(self) -> bool:
        """Whether what is known may well give as many records as wanted."""
        found = self._written + self._asked + len(self._waiting)
        return self.limit is not None and found >= self.limit

    @property
    def idle(self) -> bool:
        """Whether no page is asked for and none waits that may be."""
        return not self._asked and (not self._waiting or self.full)

    def offer(self, key: str, url: str) -> None:
        """Add a page of article `key`; one that is known already counts as a duplicate."""
        if key not in self._known:
            self._known.add(key)
            self._forms[key] = [url]
            self._waiting.append((key, url))
            return
        self.duplicates += 1
        forms = self._forms.get(key)
        if forms is None or url in forms:
            return
        forms.append(url)
        if key in self._failed:
            self._failed.discard(key)
            self._waiting.append((key, url))

    def take(self) -> Iterator[tuple[str, str]]:
        """Yield (article, URL) of the pages to ask for now; each is to be settled later."""
        while self._waiting and (self.limit is None or self._written + self._asked < self.limit):
            self._asked += 1
            yield self._waiting.popleft()

    def settle(self, key: str, url: str, *, written: bool, again: bool) -> None:
        """Note that a page taken was dealt with; with `again` the next form of its URL is tried, if there is one."""
        self._asked -= 1
        self._written += written
        forms = self._forms.get(key)
        if forms is None:
            return
        following = forms[forms.index(url) + 1 :] if url in forms else []
        if not again:
            del self._forms[key]
        elif following:
            self._waiting.appendleft((key, following[0]))
        else:
            self._failed.add(key)

    def first(self, key: str) -> bool:
        """Tell whether article `key`, found under another id than it was asked for, is new; it is known from now on."""
        if key in self._known:
            self.duplicates += 1
            return False
        self._known.add(key)
        return True
