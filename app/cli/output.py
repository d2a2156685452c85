"""What the commands print: results on stdout, progress on stderr, nothing that could steer a terminal."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import unicodedata
from typing import Any, TextIO

from app.assistant.notices import answer_trust_json, date_text, notices, trust_json
from app.cited import BY_MODEL, cited_as, is_by_model, recognised_words, where
from app.members import origin
from app.text.plain import shown
from app.types import Answer, Passage

PAINT_EVERY_S = 0.1


def setup_streams() -> None:
    """UTF-8 wherever a file or another program reads; a terminal that lacks a character shows “?”."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")


def say(text: str = "") -> None:
    """A line of the result."""
    sys.stdout.write(printable(text) + "\n")


def tell(text: str) -> None:
    """A line about the result, on stderr."""
    sys.stderr.write(printable(text) + "\n")
    sys.stderr.flush()


def say_json(value: Any) -> None:
    """One JSON object on a line of its own, flushed so that a reader sees it at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def printable(text: str) -> str:
    """Text without control characters and direction overrides: what a document says must not steer the terminal."""
    return "".join(char if char in "\n\t" or not _steers(char) else "\ufffd" for char in text)


def _steers(char: str) -> bool:
    kind = unicodedata.category(char)
    return kind in ("Cc", "Cs") or char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


class Progress:
    """One line on stderr that is painted over; silent where stderr is no terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._shown = ""
        self._painted = 0.0
        self._live = self._stream.isatty()

    def show(self, text: str) -> None:
        """Paint the line, at most ten times a second."""
        now = time.monotonic()
        if not self._live or now - self._painted < PAINT_EVERY_S:
            return
        width = max(shutil.get_terminal_size().columns - 1, 20)
        text = printable(text).replace("\n", " ")[:width]
        self._stream.write("\r" + text.ljust(len(self._shown)))
        self._stream.flush()
        self._shown, self._painted = text, now

    def clear(self) -> None:
        """Wipe the line, so that the next output starts at its beginning."""
        if self._shown:
            self._stream.write("\r" + " " * len(self._shown) + "\r")
            self._stream.flush()
            self._shown = ""


class Draft:
    """Shows an answer as it is written, and takes it back when the checked one stands."""

    def __init__(self) -> None:
        self._text = ""
        self.live = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"

    def add(self, text: str) -> None:
        if self.live:
            self._text += printable(text)
            sys.stdout.write(printable(text))
            sys.stdout.flush()

    def take_back(self) -> None:
        """Wipe what was written; what has scrolled away stays."""
        if not self._text:
            return
        size = shutil.get_terminal_size()
        rows = sum(max(1, -(-len(line) // max(size.columns, 1))) for line in self._text.split("\n"))
        if rows < size.lines:
            up = f"\x1b[{rows - 1}A" if rows > 1 else ""
            sys.stdout.write(f"\r{up}\x1b[J")
        else:
            sys.stdout.write("\n\n")
        self._text = ""


def passage_json(passage: Passage) -> dict[str, Any]:
    """A passage as the commands give it to machines."""
    return {
        "document": passage.document,
        "path": passage.path,
        "page": passage.page,
        "place": where(passage),
        "within": origin(passage.path),
        "also": list(passage.also),
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "best": list(passage.best) if passage.best else None,
        "score": round(passage.score, 6),
        **trust_json(passage),
    }


def answer_json(answer: Answer) -> dict[str, Any]:
    """An answer as `ask --json` prints it."""
    stats = answer.stats
    return {
        "answer": answer.text,
        "sources": [{"n": source.n, **passage_json(source.passage)} for source in answer.sources],
        "not_found": answer.not_found,
        **answer_trust_json(answer),
        "model": answer.model,
        "stats": {
            "prompt_tokens": stats.prompt_tokens,
            "evaluated_tokens": stats.evaluated_tokens,
            "completion_tokens": stats.completion_tokens,
            "first_token_ms": round(stats.first_token_ms, 1),
            "tokens_per_s": round(stats.tokens_per_s, 1),
        },
    }


def place(passage: Passage) -> str:
    """Where a passage stands: “Travel-Policy.pdf, page 8 (Travel › Hotels)”."""
    heading = f" ({passage.heading})" if passage.heading else ""
    seen = recognised_words(passage)
    made = BY_MODEL if is_by_model(passage) else ""
    return ", ".join(filter(None, (f"{cited_as(passage)}{heading}", seen, made)))


def say_answer(answer: Answer) -> None:
    """An answer for people: the text, what it rests on, and what it does not."""
    say(answer.text)
    if answer.sources:
        say()
    for source in answer.sources:
        date = date_text(source.passage)
        say(f"[{source.n}] {place(source.passage)}" + (f" · {date}" if date else ""))
        sentence = shown(source.passage) if source.passage.best else ""
        if sentence and sentence not in answer.text.replace("**", ""):  # a quotation is there already
            say(f"    “{sentence}”")
    if answer.nearest:
        say("\nThe nearest passages:")
    for passage in answer.nearest:
        say(f"  • {place(passage)}: {shortened(passage)}")
    if answer.not_found and not answer.nearest:
        tell("There are no documents to search yet. Add some with “inhouse add PATH”.")
    for notice in notices(answer):
        say(f"\n{notice.text}")
    for sentence in answer.unsupported:
        tell(f"Not from your documents: {sentence}")
    if answer.note:
        tell(answer.note)


def shortened(passage: Passage, width: int = 160) -> str:
    """The best sentence or row of a passage, or its beginning, on one line and without marks."""
    text = shown(passage, 2 * width)
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def size_text(count: int) -> str:
    """Bytes as people read them: “98 MB”."""
    value = float(count)
    for unit in ("bytes", "KB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit in ("bytes", "KB") or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
