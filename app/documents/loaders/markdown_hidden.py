"""What of a Markdown file nobody sees once it is shown: comments, HTML that is not displayed, notes as links."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.html_hidden import HiddenRules, Look
from app.text.hidden import HiddenKind

TAG = re.compile(r"<[^<>]*>")
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.S)
_CODE = re.compile(
    r"^[ ]{0,3}(```+|~~~+)[^\n]*\n.*?(?:^[ ]{0,3}\1[^\n]*$|\Z)|(?<!`)(`{1,3})(?!`)[^`\n]+\2(?!`)", re.S | re.M
)
_HTML_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)\b([^<>]*)>")
_MAY_HIDE = re.compile(r"\b(?:style|hidden|color|aria-hidden)\b", re.I)
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "em",
        "font",
        "i",
        "kbd",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "u",
        "var",
    ]
)
_NOWHERE = frozenset({"#", "", "<>", "//"})
"""Where a reference goes that is none: `[//]: # (a note)`."""


def without_hidden(text: str, hidden: HiddenTexts) -> str:
    """The text without what is hidden; where that is to be read, what is no text in Markdown becomes text."""
    for find in (_comments, _elements, _references):
        parts: list[str] = []
        done = 0
        for start, end, kind, said in find(text):
            if start < done:
                continue
            read = hidden.take(kind, said)
            if not read or kind == "comment":
                parts += [text[done:start], f"{said.strip()}\n" if read else ""]
                done = end
        text = "".join([*parts, text[done:]])
    return text


Found = Iterator[tuple[int, int, HiddenKind, str]]
"""Spans, in order, and what they say."""


def _comments(text: str) -> Found:
    if "<!--" in text:
        code = _code(text)
        for match in _COMMENT.finditer(text):
            if not _within(match.start(), code):
                yield match.start(), match.end(), "comment", match[1]


def _elements(text: str) -> Found:
    """HTML elements that a browser would not show. One that does not end goes to the end of its block."""
    if not _MAY_HIDE.search(text):
        return
    code = _code(text)
    tags = [tag for tag in _HTML_TAG.finditer(text) if not _within(tag.start(), code)]
    done, styled = 0, "<style" in text
    for at, tag in enumerate(tags):
        if tag[1] or tag.start() < done or not (_MAY_HIDE.search(tag[3]) or tag[2].lower() in ("dialog", "template")):
            continue
        kind = _judge(tag[0], tag[2].lower())
        if kind == "colour" and styled and "class" in tag[3]:
            continue  # a rule of the file's own sheet may give it another ground
        if kind is not None:
            done = _end(text, tags, at)
            yield tag.start(), done, kind, TAG.sub(" ", text[tag.start() : done])


def _judge(tag: str, name: str) -> HiddenKind | None:
    tree = LexborHTMLParser(f"<body>{tag}x</{name}>")
    node = tree.css_first(name)
    if node is None:
        return None
    kind, look = HiddenRules(tree).hides(node, Look())
    return kind or look.hides_text()


def _end(text: str, tags: list[re.Match[str]], at: int) -> int:
    name, depth = tags[at][2].lower(), 0
    stop = text.find("\n\n", tags[at].end()) if name in _INLINE else -1
    stop = len(text) if stop < 0 else stop
    for position in range(at, len(tags)):
        tag = tags[position]
        if tag.start() > stop:
            break
        if tag[2].lower() == name:
            depth += -1 if tag[1] else 1
            if depth == 0:
                return tag.end()
    return stop


def _references(text: str) -> Found:
    """Definitions of links that lead nowhere: only their source says anything."""
    if "]:" not in text:
        return
    env: dict[str, object] = {}
    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.parse(text, env)
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    known = env.get("references", {})
    again = env.get("duplicate_refs", [])
    every = [*known.values()] if isinstance(known, dict) else []
    every += again if isinstance(again, list) else []
    for each in sorted(every, key=lambda each: each["map"][0]):
        if each["href"] in _NOWHERE and each["title"]:
            first, last = each["map"]
            yield starts[first], min(starts[last], len(text)), "comment", each["title"]


def _code(text: str) -> list[tuple[int, int]]:
    """The spans of code, in which nothing is hidden."""
    return [match.span() for match in _CODE.finditer(text)]


def _within(place: int, spans: list[tuple[int, int]]) -> bool:
    at = bisect.bisect_right(spans, place, key=lambda span: span[0]) - 1
    return at >= 0 and place < spans[at][1]
