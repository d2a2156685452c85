"""`python -m app.documents.ocr_bench [--json]`: the word error rate of text recognition, for each kind of page.

Pages of known words are drawn, degraded and read as any scan is. A word error is a word that is missing, added or
another one; the rate is their number for each word of the page. docs/reading.md has the figures.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from app.documents.loaders import load
from app.documents.recognition import recognised
from app.documents.scan_pages import ENGLISH, ENGLISH_ROWS, GERMAN, GERMAN_ROWS, KINDS, page_of, words_of
from app.documents.scanned import UNSURE
from app.text.compare.word_errors import differences, word_errors

TARGET = 0.05
"""One word in twenty: a reader still finds what is asked."""

LANGUAGES = (("German", GERMAN, GERMAN_ROWS), ("English", ENGLISH, ENGLISH_ROWS))


class Figure(Struct, frozen=True):
    """One line of the answer."""

    figure: str
    value: float
    unit: str
    ok: bool = True
    target: float | None = None


class Reading(Struct, frozen=True):
    """What was read of a page, and what stands there."""

    said: list[str]
    true: list[str]
    sure: float  # the mean
    wrong_unsure: int  # wrong words that were marked as hard to make out
    right_unsure: int  # right words that were
    seconds: float

    @property
    def errors(self) -> int:
        """Words that are missing, added or others."""
        return word_errors(self.said, self.true)


def read_page(path: Path, true: list[str]) -> Reading:
    """Read the picture in a file as the product does."""
    began = time.perf_counter()
    scan = recognised(str(path), 1)
    seconds = time.perf_counter() - began
    parsed = load(str(path), scans={1: scan})
    said = [word for word in parsed.text.split() if word != "|"]
    low = [parsed.text[line.start : line.end] for line in parsed.lines if (line.sure or 1.0) < UNSURE]
    wrong = {word for each in differences(said, true) for word in each.said}
    marked = sum(word in wrong for word in low), sum(word not in wrong for word in low)
    return Reading(said, true, scan.sure or 0.0, *marked, seconds)


def measure() -> Iterator[Figure]:
    """A figure a kind and language, and then how well a wrong word is told by how sure it is."""
    every: list[Reading] = []
    with tempfile.TemporaryDirectory(prefix="inhouse-bench-") as folder:
        for language, text, rows in LANGUAGES:
            for kind in KINDS:
                path = Path(folder) / "page.png"
                page = page_of(kind, text, rows)
                page.save(path, dpi=page.info["dpi"])
                reading = read_page(path, words_of(kind, text, rows))
                every.append(reading)
                rate = reading.errors / len(reading.true)
                yield Figure(f"{language}, {kind}", round(rate, 4), "word errors a word", rate <= TARGET, TARGET)
                _explain(reading)
    said = sum(len(reading.said) for reading in every)
    yield Figure("words marked as hard to read that are wrong", sum(each.wrong_unsure for each in every), "words")
    yield Figure("words marked as hard to read that are right", sum(each.right_unsure for each in every), "words")
    yield Figure("words read", said, "words")


def _explain(reading: Reading) -> None:
    """What was read wrongly, for whoever watches."""
    wrong = [f"{' '.join(each.said)} ← {' '.join(each.true)}" for each in differences(reading.said, reading.true)]
    words = f"    {reading.sure:.3f} sure, {reading.seconds:.1f} s; {'; '.join(wrong[:8]) or 'no error'}"
    print(words, file=sys.stderr, flush=True)  # noqa: T201


def main() -> int:
    """Print a figure a line; 1 where one misses its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.parse_args()
    ok = True
    for figure in measure():
        ok = ok and figure.ok
        print(json.dumps({key: value for key, value in asdict(figure).items() if value is not None}), flush=True)  # noqa: T201
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
