"""Which articles are asked for: each once, by one form of its URL at a time, and never more than are wanted."""

from __future__ import annotations

from crawler.spiders.frontier import Frontier


def taken(frontier: Frontier) -> list[str]:
    """Take what may be asked for now, and give its URLs."""
    return [url for _, url in frontier.take()]


def test_each_article_is_taken_once_in_the_order_offered() -> None:
    """What is offered again counts as a duplicate."""
    frontier = Frontier()
    for key, url in [("a", "a1"), ("b", "b1"), ("a", "a1"), ("a", "a2")]:
        frontier.offer(key, url)
    assert taken(frontier) == ["a1", "b1"]
    assert taken(frontier) == []
    assert frontier.duplicates == 2


def test_another_form_is_tried_once_the_first_has_failed() -> None:
    """Before the articles that wait, and not at all when the first gave a record."""
    frontier = Frontier(limit=2)
    for key, url in [("a", "a1"), ("b", "b1"), ("c", "c1"), ("a", "a2"), ("b", "b2")]:
        frontier.offer(key, url)
    assert taken(frontier) == ["a1", "b1"]
    frontier.settle("a", "a1", written=False, again=True)
    frontier.settle("b", "b1", written=True, again=False)
    assert taken(frontier) == ["a2"]


def test_a_form_found_after_the_failure_is_tried() -> None:
    """An article that failed is asked for again by an address not tried yet, and only by such."""
    frontier = Frontier()
    frontier.offer("a", "a1")
    assert taken(frontier) == ["a1"]
    frontier.settle("a", "a1", written=False, again=True)
    frontier.offer("a", "a1")
    assert taken(frontier) == []
    frontier.offer("a", "a2")
    assert taken(frontier) == ["a2"]


def test_what_was_dropped_on_purpose_is_not_tried_again() -> None:
    """A record that was too old is so under every form."""
    frontier = Frontier()
    frontier.offer("a", "a1")
    assert taken(frontier) == ["a1"]
    frontier.settle("a", "a1", written=False, again=False)
    frontier.offer("a", "a2")
    assert taken(frontier) == []


def test_no_more_is_under_way_than_is_wanted() -> None:
    """With a limit, a page is asked for only as long as those under way might not be enough."""
    frontier = Frontier(limit=2)
    for key in "abcd":
        frontier.offer(key, key)
    assert taken(frontier) == ["a", "b"]
    frontier.settle("a", "a", written=False, again=False)
    assert taken(frontier) == ["c"]
    frontier.settle("b", "b", written=True, again=False)
    assert (taken(frontier), frontier.full, frontier.idle) == ([], False, False)
    frontier.settle("c", "c", written=True, again=False)
    assert (taken(frontier), frontier.full, frontier.idle) == ([], True, True)


def test_enough_is_known_before_it_is_fetched() -> None:
    """More lists are looked at only while the articles known could not do."""
    frontier = Frontier(limit=2)
    frontier.offer("a", "a")
    assert not frontier.enough
    frontier.offer("b", "b")
    assert frontier.enough
    assert not Frontier().enough


def test_an_article_under_another_id_is_known_from_then_on() -> None:
    """What a page says it is counts as well as what its address said."""
    frontier = Frontier()
    assert frontier.first("x")
    assert not frontier.first("x")
    frontier.offer("x", "x1")
    assert (taken(frontier), frontier.duplicates) == ([], 2)
