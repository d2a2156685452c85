"""A page's own style sheets, as far as they decide whether text is seen: which declarations hold for which element.

tinycss2 reads the sheets and Lexbor finds the elements, so that neither escapes nor comments hide a rule from us.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import tinycss2
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError
from tinycss2.ast import AtRule, Declaration, Node, QualifiedRule

SEEN_BY = frozenset(
    re.findall(
        r"[\w-]+",
        """display visibility opacity color background background-color background-image background-clip
        -webkit-background-clip -webkit-text-fill-color font font-size position left top right bottom text-indent
        margin-left margin-top clip clip-path height width max-height max-width overflow transform filter
        content-visibility""",
    )
)
"""Properties that can take text out of sight."""

_MAX_SHEET = 2_000_000
_MAX_WORK = 60_000_000
"""Selectors times elements: what is looked at before the rules that cannot hide by themselves are given up."""

_MAX_DEPTH = 20  # of rules in rules
_MAX_SELECTOR = 500
_WIDTH = 1280  # pixels of the window that media queries are asked about
_ON_DEMAND = re.compile(
    r"::|:(?:hover|focus|active|visited|target|checked|before|after|first-letter|first-line|placeholder"
    r"|selection|invalid|disabled|enabled|fullscreen|popover-open|open)",
    re.I,
)
"""States that a reader of the page does not begin with."""

_HIDES = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|opacity:0?(?:\.0)?|font(?:-size)?:|clip|(?:left|top|text-indent"
    r"|margin-(?:left|top)):-|scale\(0|transparent|rgba|hsla"
)
_IDS = re.compile(r"#[\w-]")
_CLASSES = re.compile(r"\.[\w-]|\[|(?<!:):(?!:)")
_TYPES = re.compile(r"(?:^|[\s>+~(])[a-z][\w-]*", re.I)
_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)\s*(?:,([^()]*))?\)")
_SIZE = re.compile(r"\((min|max)-(?:device-)?width:(\d+(?:\.\d+)?)(px|em|rem)?\)")
_ELSEWHERE = re.compile(
    r"^(?:print|speech)\b|^not(?:screen|all)\b|prefers-color-scheme:dark|prefers-reduced-motion:reduce|orientation:portrait"
    r"|hover:none|pointer:coarse|forced-colors:active|prefers-contrast:more|max-(?:device-)?height:[1-6]?\d{2}px"
)

Weight = tuple[bool, bool, tuple[int, int, int], int]
"""Important, in the element's own attribute, how precise its selector is, place in the page: the greatest holds."""


@dataclass
class _Rule:
    selector: str
    declarations: list[tuple[str, str, bool]]
    order: int

    @property
    def hides(self) -> bool:
        return any(_HIDES.search(f"{name}:{value}") for name, value, _ in self.declarations)

    @property
    def precision(self) -> tuple[int, int, int]:
        counts = (len(pattern.findall(self.selector)) for pattern in (_IDS, _CLASSES, _TYPES))
        ids, classes, types = counts
        return ids, classes, types


class StyleSheets:
    """The declarations of a page, by element."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._found: dict[int, dict[str, tuple[Weight, str]]] = {}
        self._variables: dict[str, str] = {}
        self._own: dict[str, list[tuple[str, str, bool]]] = {}
        """What `style` attributes say: a page repeats few of them many times."""
        text = "\n".join(style.text() or "" for style in tree.css("style"))[:_MAX_SHEET]
        rules = list(self._rules(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True), "", 0))
        if rules:
            self._apply(tree, rules)

    def of(self, node: LexborNode, own: str) -> Mapping[str, str]:
        """What holds for an element whose `style` attribute is `own`."""
        found = self._found.get(node.mem_id)
        if not own:
            return {name: value for name, (_, value) in found.items()} if found else {}
        all_of = dict(found or {})
        if own not in self._own:
            self._own[own] = list(self._declarations(tinycss2.parse_declaration_list(own, skip_comments=True)))
        for name, value, important in self._own[own]:
            weight: Weight = (important, True, (0, 0, 0), 0)
            if name not in all_of or weight > all_of[name][0]:
                all_of[name] = weight, value
        return {name: value for name, (_, value) in all_of.items()}

    def _rules(self, nodes: list[Node], outer: str, depth: int) -> Iterator[_Rule]:
        """Every rule, those in @media and in other rules too."""
        if depth > _MAX_DEPTH:
            return
        for node in nodes:
            if isinstance(node, AtRule) and node.content is not None:
                asked = tinycss2.serialize(node.prelude).lower()
                if node.lower_at_keyword in ("supports", "layer", "container", "scope", "starting-style") or (
                    node.lower_at_keyword == "media" and _applies(asked)
                ):
                    inner = tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
                    yield from self._rules(inner, outer, depth + 1)
            elif isinstance(node, QualifiedRule):
                content = tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
                found = list(self._declarations(content))
                prelude = tinycss2.serialize([each for each in node.prelude if each.type != "comment"]).strip()
                for selector in _parted(prelude):
                    whole = _nested(outer, selector)
                    if found and len(whole) <= _MAX_SELECTOR and not _ON_DEMAND.search(whole):
                        yield _Rule(whole, found, node.source_line * 10_000 + node.source_column)
                    yield from self._rules([each for each in content if not _is(each)], whole, depth + 1)

    def _declarations(self, nodes: list[Node]) -> Iterator[tuple[str, str, bool]]:
        for node in nodes:
            if not isinstance(node, Declaration):
                continue
            value = tinycss2.serialize([each for each in node.value if each.type != "comment"]).strip()
            if node.name.startswith("--"):
                self._variables[node.name] = value
            elif node.lower_name in SEEN_BY:
                yield node.lower_name, _VARIABLE.sub(self._replaced, value).lower(), node.important

    def _replaced(self, match: re.Match[str]) -> str:
        return self._variables.get(match[1], match[2] or "")

    def _apply(self, tree: LexborHTMLParser, rules: list[_Rule]) -> None:
        """Rules that can hide come first, so that no crowd of others keeps them from being looked at."""
        size = max(len(tree.css("*")), 1)
        left = _MAX_WORK // size + 20
        for rule in sorted(rules, key=lambda rule: not rule.hides)[:left]:
            try:
                nodes = tree.css(rule.selector)
            except (SelectolaxError, ValueError):
                continue  # a selector of another engine
            for node in nodes:
                held = self._found.setdefault(node.mem_id, {})
                for name, value, important in rule.declarations:
                    weight = (important, False, rule.precision, rule.order)
                    if name not in held or weight >= held[name][0]:
                        held[name] = weight, value


def _is(node: Node) -> bool:
    return isinstance(node, Declaration)


def _parted(prelude: str) -> Iterator[str]:
    """The selectors of a list; a comma in brackets parts none."""
    depth = start = 0
    for at, char in enumerate(prelude):
        depth += (char in "([") - (char in ")]")
        if char == "," and not depth:
            yield prelude[start:at].strip()
            start = at + 1
    yield prelude[start:].strip()


def _nested(outer: str, selector: str) -> str:
    if not outer:
        return selector
    return selector.replace("&", outer) if "&" in selector else f"{outer} {selector}"


def _applies(query: str) -> bool:
    """Whether a media query holds on a screen of 1280 pixels; what we do not know is taken to hold."""
    return any(_holds(re.sub(r"\s+", "", each)) for each in query.split(","))


def _holds(query: str) -> bool:
    if _ELSEWHERE.search(query):
        return False
    for side, number, unit in _SIZE.findall(query):
        pixels = float(number) * (16 if unit in ("em", "rem") else 1)
        if (pixels > _WIDTH) if side == "min" else (pixels < _WIDTH):
            return False
    return True
