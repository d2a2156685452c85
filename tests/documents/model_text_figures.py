"""Measures docs/model-text.md: python tests/documents/model_text_figures.py ../shared/data [LEAST SHARE]

Answers are those of mtrag's conversations, which models wrote and people corrected. Hits: each answer pasted between
two paragraphs of a handbook page, as it stands and reworded. False flags: the passages that they were made from, and
the handbook.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from app.documents import model_text
from app.documents.model_text import PrintSet
from app.text.bm25 import Index
from app.text.model_text import Print, print_of

OTHER = {"can": "may", "need": "require", "use": "employ", "help": "assist", "also": "additionally", "but": "however"}


def answers_of(folder: Path) -> list[tuple[str, list[str]]]:
    """Each answer once, with the passages that a search finds for its question: five, as the chat is shown."""
    corpus = [row["text"] for row in _lines(folder / "corpus.jsonl")]
    index = Index(corpus)
    found: dict[str, list[str]] = {}
    for task in _lines(folder / "tasks.jsonl"):
        question = ""
        for turn in task["turns"]:
            if turn["role"] == "user":
                question = turn["text"]
            elif turn["text"] not in found:
                found[turn["text"]] = [corpus[n] for n in index.search(question, 5)]
    return list(found.items())


def _lines(path: Path) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in path.read_text().splitlines()]


def reworded(share: float) -> Callable[[str], str]:
    """Every word in 1/share another, by chance with a fixed seed."""

    def change(text: str) -> str:
        draw = random.Random(5)
        return " ".join(OTHER.get(w, f"{w}ly") if draw.random() < share else w for w in text.split())

    return change


def shortened(text: str) -> str:
    """Every third sentence is left out."""
    parts = re.split(r"(?<=[.!?])\s+", text)
    return " ".join(part for n, part in enumerate(parts) if n % 3 != 1)


def main(data: Path, *limits: str) -> None:
    if limits:
        model_text.LEAST, model_text.SHARE = int(limits[0]), float(limits[1])
    pages = [path.read_text(errors="replace") for path in sorted((data / "handbook").rglob("*.md"))]
    answers = answers_of(data / "mtrag")
    bare = PrintSet([Print(n, 0.0, print_of(text)) for n, (text, _) in enumerate(answers)])
    prints = PrintSet([Print(n, 0.0, print_of(text, sources)) for n, (text, sources) in enumerate(answers)])
    corpus = [row["text"] for row in _lines(data / "mtrag" / "corpus.jsonl")]
    words = {text: len(text.split()) for text, _ in answers}
    print(len(answers), "answers,", sum(n >= 25 for n in words.values()), "of 25 words or more,", len(pages), "pages")
    for name, texts in (("passages that the answers were made from", corpus), ("handbook", pages)):
        flagged = [sum(bool(each.spans(text)) for text in texts) for each in (prints, bare)]
        print(f"false flags, {name}: {flagged[0]} of {len(texts)}; {flagged[1]} where no source is subtracted")
    for name, change in (
        ("as it stands", str), ("on one line, in capitals", str.upper), ("a third of its sentences gone", shortened),
        ("a word in twenty", reworded(0.05)), ("a word in ten", reworded(0.1)), ("a word in five", reworded(0.2)),
    ):  # fmt: skip
        for least, most in ((25, 10_000), (12, 25)):
            chosen = [text for text, n in words.items() if least <= n < most]
            print(f"found, {name}, {least} words on: {_hits(chosen, change, pages, bare)} of {len(chosen)}")


def _hits(texts: Sequence[str], change: Callable[[str], str], pages: Sequence[str], prints: PrintSet) -> int:
    count = 0
    for n, text in enumerate(texts):
        page = pages[n % len(pages)][:2000]
        pasted = f"{page}\n\n{change(text)}\n\n{page}"
        here = len(page) + 2, len(pasted) - len(page) - 2
        held = sum(max(0, min(b, here[1]) - max(a, here[0])) for a, b in prints.spans(pasted))
        count += 2 * held >= here[1] - here[0]
    return count


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
