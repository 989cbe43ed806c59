"""Where the body is: the element that holds it, or those that it consists of, and what in them is not the article."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from selectolax.lexbor import LexborNode

from ..heuristics.roles import CREDITS, Region, inner_role, named, worded
from ..page.index import outermost
from ..page.text import squeeze
from ..profiles.patterns import occurs
from ..records.model import Role
from .marks import first, is_telling, ways
from .names import names
from .phrases import CREDITS_WHERE, DECK, LABEL, NOTICE, PROMOTED
from .sample import Sample

_UP: Final = 3
"""Elements around the innermost one that holds the body, which may be identified more surely."""
_MOST: Final = 0.7
"""Share of the body in an element from which it may be the body's."""
_NOISE: Final = 0.3
"""Weight of what is not the body beside what is: some of it can be taken out by rules of its own."""
_PARTS: Final = {True: 0.1, False: 0.03}
"""What a rule for parts must be better by: one for the element around them takes parts not met yet as well.

Chinese pages (True) write paragraphs as anything; elsewhere they are `p`, and there are more boxes between them.
"""
_VAGUE: Final = 0.05
"""What a selector by names is better by than one by a tag or a look."""
_GOOD: Final = 0.6
_WHOLE: Final = 0.98
_KINDS: Final = ":is(p, h2, h3, h4, ul, ol, blockquote, figure, table, pre)"
_TOP: Final = frozenset({"html", "body", None})


class BodyRule(msgspec.Struct, frozen=True):
    """Selectors of the body, tried in order; with `every` all elements that the first one finds are the body."""

    css: tuple[str, ...]
    every: bool

    def nodes(self, sample: Sample) -> list[LexborNode]:
        """Return the body's elements on a page."""
        for css in self.css:
            if self.every:
                nodes = outermost(sample.find(css))
                if nodes:
                    return nodes
            elif (node := first(sample, css)) is not None:
                return [node]
        return []

    def lines(self, sample: Sample) -> list[int]:
        """Return the numbers of the lines in the body's elements."""
        return [number for node in self.nodes(sample) for number in sample.lines_in(node)]


def learn_body(samples: Sequence[Sample]) -> BodyRule | None:
    """Return the rule that finds the bodies of pages best; None if no element has a name."""
    order: dict[BodyRule, None] = {}
    for sample in samples:
        order.update(dict.fromkeys(_candidates(sample)))
    best = _best(order, samples)
    if best is None:
        return None
    poor = [sample for sample in samples if _score(best, sample) < _GOOD]
    css, every = list(best.css), best.every
    while poor and len(css) < _UP:
        other = _best([rule for rule in order if rule.every == every], poor)
        rest = [sample for sample in poor if other is None or _score(other, sample) < _GOOD]
        if other is None or len(rest) == len(poor):
            break
        css += other.css
        poor = rest
    found = [(sum(bool(sample.find(one)) for sample in samples), one) for one in dict.fromkeys(css)]
    ordered = [one for _, one in sorted(found, key=lambda pair: pair[0])]
    if len(ordered) == 1 and not every:
        ordered += _equal(best, order, samples)
    # an id is given to a second element where the first one was closed too early: the body is both
    sole = all(len(sample.find(one)) <= 1 for one in ordered for sample in samples)
    if not every and len(best.css) == 1 and _goes_on(best.css[0], samples):
        return BodyRule(best.css, every=True)
    return BodyRule(tuple(ordered), every or (sole and re.fullmatch(r"#[\w-]+", ordered[0]) is not None))


def _goes_on(css: str, samples: Sequence[Sample]) -> bool:
    """Return whether a page has further elements of the body's name, and all of them beside it are prose.

    The reading may have stopped at the advertisement between two of them.
    """
    further = False
    for sample in samples:
        nodes = outermost(sample.find(css))
        for node in nodes[1:]:
            lines = sample.lines_in(node)
            length = sample.length(lines)
            prose = sum(sample.outline.lines[n].prose for n in lines)
            beside = (
                node.parent is not None and nodes[0].parent is not None and node.parent.mem_id == nodes[0].parent.mem_id
            )
            if not length or prose * 2 < length or not beside:
                return False
            further = True
    return further


def _equal(best: BodyRule, rules: Iterable[BodyRule], samples: Sequence[Sample]) -> list[str]:
    """Return a second name of the same elements, for pages that lack the first one."""
    nodes = [{node.mem_id for node in best.nodes(sample)} for sample in samples]
    for rule in rules:
        css = rule.css[0]
        if rule.every or css == best.css[0] or not re.fullmatch(r"[#.][\w-]+\*?", css) or best.css[0] in css:
            continue
        if re.fullmatch(r"[#.][\w-]+\*?", best.css[0]) and all(
            {node.mem_id for node in rule.nodes(sample)} == own for sample, own in zip(samples, nodes, strict=True)
        ):
            return [css]
    return []


def holds(rule: BodyRule | None, sample: Sample) -> bool:
    """Return whether a rule finds the whole body of a page."""
    if rule is None:
        return False
    own = sample.length(sample.chosen)
    return sample.length(n for n in rule.lines(sample) if sample.is_body(n)) >= _WHOLE * own


def confirmed_body(samples: Sequence[Sample]) -> tuple[int, int]:
    """Return on how many pages a rule learned from the other pages finds the whole body, and of how many."""
    if len(samples) < 2:
        return 0, 0
    right = sum(
        holds(learn_body([*samples[:number], *samples[number + 1 :]]), sample) for number, sample in enumerate(samples)
    )
    return right, len(samples)


def _best(rules: Sequence[BodyRule] | dict[BodyRule, None], samples: Sequence[Sample]) -> BodyRule | None:
    scored = [
        (sum(_score(rule, sample) - _VAGUE * (not is_telling(rule.css[0])) for sample in samples), -number, rule)
        for number, rule in enumerate(rules)
    ]
    score, _, best = max(scored, key=lambda one: (round(one[0], 4), one[1]), default=(0.0, 0, None))
    return best if score > 0 else None


def _score(rule: BodyRule, sample: Sample) -> float:
    """Return between -1 and 1 how well a rule finds the body of a page."""
    nodes = rule.nodes(sample)
    if not nodes:
        return 0.0
    lines = [number for node in nodes for number in sample.lines_in(node)]
    whole = sample.length(sample.chosen)
    own = sample.length(number for number in lines if sample.is_body(number))
    noise = sample.length(lines) - own
    recall = own / whole
    if recall < _MOST:
        return recall - 1
    return recall**2 - _NOISE * noise / (noise + own) - _PARTS[sample.language == "zh-CN"] * rule.every


def _candidates(sample: Sample) -> Iterator[BodyRule]:
    """Yield rules that find the body of one page."""
    if (inner := sample.body) is None:
        return
    whole = sample.length(sample.chosen)
    around = [inner]
    while len(around) <= _UP and (above := around[-1].parent) is not None and above.tag not in _TOP:
        around.append(above)
    inside: list[LexborNode] = []
    node: LexborNode | None = inner
    while node is not None and len(inside) < _UP:
        node = next((one for one in node.iter() if sample.in_body(one) >= _MOST * whole), None)
        if node is not None:
            inside.append(node)
    nodes = (*sample.same_lines(inner), *inside, *around[1:])
    for find in (names, ways):  # a name of its own is better than a place inside something else
        for node in nodes:
            for css in find(node):
                yield BodyRule((css,), every=False)
    for node in (*around[:1], *inside):
        for css in list(names(node))[:3]:
            yield BodyRule((f"{css} > {_KINDS}",), every=True)
    counts: Counter[str] = Counter()
    for number in sample.chosen:
        at = sample.outline.nodes[sample.outline.lines[number].element]
        steps = 0
        while at.mem_id != inner.mem_id and steps < _UP:
            counts.update(list(names(at))[:4])
            above = at.parent
            if above is None:
                break
            at, steps = above, steps + 1
    for css, count in counts.most_common(12):
        if count > 1:
            yield BodyRule((css,), every=True)


# --- What in the body's element is not the article --------------------------------------------------------------------


class InnerRule(msgspec.Struct, frozen=True):
    """Elements in the body that are not the article: by name, or by text (`where`), as text nodes (`text_nodes`)."""

    css: str
    role: Role
    where: str | None = None
    text_nodes: bool = False


class Inner(msgspec.Struct, kw_only=True):
    """An inner rule that was learned, the pages that have such elements, and why it is not kept."""

    rule: InnerRule
    pages: set[int]
    sample: str
    reason: str = ""
    guess: bool = False

    @property
    def deck(self) -> bool:
        """Whether it is the article's summary, by its name."""
        return self.rule.role is Role.TOOLS and self.rule.where is None and DECK.search(self.rule.css) is not None


_SHORT: Final = 240
_PHRASE: Final = 12
_SHORT_PHRASE: Final = 100
_SEVERAL: Final = 3
_EDGE: Final = 6
_REPEATED: Final = 30
_ENLARGED: Final = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:[?#].*)?$", re.IGNORECASE)
"""The address of a picture, which a smaller one leads to."""


def learn_inner(samples: Sequence[Sample], body: BodyRule) -> list[Inner]:
    """Return rules for what stands in the bodies and is not the article, those that hold on most pages first."""
    found: dict[InnerRule, Inner] = {}
    for number, sample in enumerate(samples):
        for node, lines in _beside(sample, body):
            region = Region(sample.outline, sample.outline.lines[lines[0]].element, range(lines[0], lines[-1] + 1))
            role = inner_role(region)
            for rule in _inner_rules(sample, body, node, lines, role):
                known = found.setdefault(rule, Inner(rule=rule, pages=set(), sample=region.sample))
                known.pages.add(number)
    return _sifted(list(found.values()), samples, body)


def _beside(sample: Sample, body: BodyRule) -> Iterator[tuple[LexborNode, list[int]]]:
    """Yield the outermost elements in the body that hold nothing of the article, and text nodes that are such lines."""
    outline = sample.outline
    for root in body.nodes(sample):
        waiting = [root]
        while waiting:
            node = waiting.pop()
            lines = list(sample.lines_in(node))
            inner = [n for n in lines if not sample.is_body(n)]
            if not inner:
                continue
            if len(inner) == len(lines):
                if not sample.holds_article(node) and not _is_picture(sample, node, lines):
                    yield node, lines
                continue
            element = sample.number_of(node)
            for n in inner:
                if outline.lines[n].element == element and n != sample.claiming.headline:
                    yield outline.nodes_of(n)[0], [n]
            children = [child for child in node.iter() if sample.lines_in(child)]
            waiting += reversed(children)


def _is_picture(sample: Sample, node: LexborNode, lines: Sequence[int]) -> bool:
    """Return whether an element is a picture with its caption, which is part of the body in either case."""
    if sample.length(lines) > _SHORT or not node.is_element_node:
        return False
    leads = node.css("a[href]") or ([node] if node.tag == "a" else [])
    enlarged = bool(leads) and all(_ENLARGED.search(link.attributes.get("href") or "") for link in leads)
    if not enlarged and any(sample.outline.lines[n].links for n in lines):
        return False
    if "video" in f"{node.id or ''} {node.attributes.get('class') or ''}".lower():
        return False
    return node.css_first("img, picture") is not None and node.css_first("video, audio, iframe, embed, object") is None


def _inner_rules(sample: Sample, body: BodyRule, node: LexborNode, lines: list[int], role: Role) -> Iterator[InnerRule]:
    """Yield the rules by which an element in the body may be known not to be the article, the surest first."""
    text = sample.outline.lines[lines[0]].text
    length = sample.length(lines)
    wanted = role if role not in {Role.UNKNOWN, Role.HIDDEN} else Role.CREDITS if CREDITS.search(text) else Role.TOOLS
    if node.is_element_node:
        for css in names(node):
            yield InnerRule(css, wanted)
    if len(lines) == 1 and length <= _SHORT and LABEL.search(text):
        if node.is_element_node:
            yield InnerRule(_inside(body, node.tag or "p"), Role.CREDITS, CREDITS_WHERE)
        else:
            above = node.parent
            for css in list(ways(above))[:3] if above is not None else ():
                yield InnerRule(css, Role.CREDITS, CREDITS_WHERE, text_nodes=True)


def _sifted(found: list[Inner], samples: Sequence[Sample], body: BodyRule) -> list[Inner]:
    """Return the rules that take nothing of the article on any page and something that no rule before them takes."""
    inside = [set(body.lines(sample)) for sample in samples]
    done: list[set[int]] = [set() for _ in samples]
    said: list[set[int]] = [set() for _ in samples]
    kept: list[Inner] = []
    order = sorted(found, key=lambda one: (-len(one.pages), one.rule.where is not None))
    for one in order:
        taken = [_takes(one.rule, sample) for sample in samples]
        wrong = sum(any(sample.is_body(n) for n in lines) for sample, lines in zip(samples, taken, strict=True))
        article = sum(
            any(n in sample.claiming.info or n == sample.claiming.headline for n in lines)
            for sample, lines in zip(samples, taken, strict=True)
        )
        new = [lines & inner - old for lines, inner, old in zip(taken, inside, done, strict=True)]
        if not any(new):
            continue
        if wrong or article or not any(lines - old for lines, old in zip(new, said, strict=True)):
            if len(one.pages) > 1 and 0 < wrong < len(one.pages):
                said = [old | lines for old, lines in zip(said, new, strict=True)]
                one.reason = f"takes part of the article on {wrong + article} of {len(samples)} pages"
                kept.append(one)
            continue
        alone = len(samples) > 1 and len(one.pages) == 1
        if alone and one.rule.where is None and not _says(one):
            one.reason = "on one page only, and neither name nor words say what it is"
            said = [old | lines for old, lines in zip(said, new, strict=True)]
        kept.append(one)
        if not one.reason:
            done = [old | lines for old, lines in zip(done, taken, strict=True)]
    return kept


def _says(one: Inner) -> bool:
    """Return whether the name of elements or their words say that they are not the article."""
    return (
        one.deck
        or named(one.rule.css.lower()) is not None
        or worded(one.sample) is not None
        or bool(CREDITS.search(one.sample))
    )


def _takes(rule: InnerRule, sample: Sample) -> set[int]:
    """Return the lines that a rule takes on a page."""
    found: set[int] = set()
    where = rule.where
    for node in sample.find(rule.css):
        lines = sample.lines_in(node)
        if where is None:
            found.update(lines)
        elif rule.text_nodes:
            found.update(n for n in lines if occurs(where, sample.outline.lines[n].text))
        elif lines and occurs(where, " ".join(sample.outline.lines[n].text for n in lines)):
            found.update(lines)
    return found


_TEXTS: Final = ":is(p, div, section, center)"
_BOXES: Final = ":is(p, div, ul, ol, dl, table, section, aside):has(a[href])"


_NOT_PROSE: Final = (("nav", Role.NAV), ("address", Role.CREDITS), (":is(aside, button, form, hgroup)", Role.TOOLS))
"""Elements that are not an article's text by their tag."""


def guesses(samples: Sequence[Sample], body: BodyRule, inner: Sequence[Inner]) -> list[Inner]:
    """Return rules for what stands in bodies of most sites sooner or later, if they take nothing of these articles.

    Those that take nothing are marked as unproven.
    """
    known = {(one.rule.css, one.rule.where) for one in inner}
    found = []
    rules = [
        InnerRule(_inside(body, _TEXTS), Role.CREDITS, CREDITS_WHERE),
        InnerRule(_inside(body, _TEXTS), Role.DISCLAIMER, NOTICE),
        InnerRule(_inside(body, _BOXES), Role.RELATED, PROMOTED),
    ]
    if " > " not in body.css[0]:
        rules.append(InnerRule(", ".join(body.css), Role.CREDITS, CREDITS_WHERE, text_nodes=True))
        rules += [
            InnerRule(_inside(body, tags), role)
            for tags, role in _NOT_PROSE
            if any(sample.find(tags) for sample in samples)
        ]
    for rule in rules:
        if (rule.css, rule.where) in known or any(
            sample.is_body(n) for sample in samples for n in _takes(rule, sample)
        ):
            continue
        taken = set() if rule.text_nodes else {n for n, sample in enumerate(samples) if _takes(rule, sample)}
        found.append(Inner(rule=rule, pages=taken, sample="", guess=True))
    return found


def _inside(body: BodyRule, inner: str) -> str:
    """Return a selector for elements in the body, or for those of its elements that are such."""
    if not body.every or all(" " not in css for css in body.css):
        return ", ".join(f"{css} {inner}" for css in body.css)
    return ", ".join(body.css)


def boilerplate(samples: Sequence[Sample], body: BodyRule, inner: Sequence[Inner]) -> list[Inner]:
    """Return rules for lines that stand at the edge of the bodies of different articles, word for word.

    The samples are different articles: a copy of one would make all of its lines look like boilerplate.
    """
    gone = [{n for one in inner if not one.reason for n in _takes(one.rule, sample)} for sample in samples]
    seen: dict[str, dict[int, int]] = {}
    for number, sample in enumerate(samples):
        lines = [n for n in body.lines(sample) if n not in gone[number]]
        for at, n in enumerate(lines):
            line = sample.outline.lines[n]
            if len(line.text) >= _PHRASE and (at < _EDGE or at >= len(lines) - _EDGE):
                seen.setdefault(squeeze(line.text), {}).setdefault(number, n)
    found = []
    for places in seen.values():
        if len(places) < 2:
            continue
        number, n = next(iter(places.items()))
        sample = samples[number]
        line = sample.outline.lines[n]
        if line.length > _SHORT_PHRASE and len(places) < _SEVERAL and worded(line.text) is None:
            continue  # two articles may share a paragraph
        node = sample.elements_of(n)
        if sample.lines_in(node) and len(sample.lines_in(node)) != 1:
            continue
        where = "^" + re.sub(r"([.+*?()\[\]{}|^$\\])", r"\\\1", line.text[:_REPEATED])
        role = worded(line.text) or (Role.RELATED if line.links else Role.DISCLAIMER)
        rule = InnerRule(
            _inside(body, node.tag or "p"),
            role if role not in {Role.NAV, Role.COLUMNS, Role.BREADCRUMB} else Role.TOOLS,
            where,
        )
        found.append(Inner(rule=rule, pages=set(places), sample=line.text))
    return found
