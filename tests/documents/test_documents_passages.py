"""Passages: whole, in order, no larger than the embedder reads, cut only between sentences and rows."""

from __future__ import annotations

import random

import pytest

from app.documents.embed import Counter
from app.embedder.prepared import identity_of, prepared
from app.paths import home
from app.text.parsed import Block, Parsed
from app.text.passages import cut, embedded

EMBEDDER = prepared(home().cache)
COUNTER = Counter(EMBEDDER)
MAX_TOKENS = identity_of(EMBEDDER).tokens


def _document(*parts: tuple[str, str]) -> Parsed:
    text, blocks = "", []
    for kind, part in parts:
        level = 1 if kind == "heading" else 0
        blocks.append(Block(kind, len(text), len(text) + len(part), level))  # type: ignore[arg-type]
        text += part + "\n"
    return Parsed("text", text, tuple(blocks))


def _sizes(parsed: Parsed) -> list[int]:
    pieces = cut(parsed, COUNTER)
    return [len(COUNTER.spans(embedded(p.context, parsed.text[p.start : p.end]))) + 2 for p in pieces]


def test_small_neighbours_share_and_headings_divide() -> None:
    parsed = _document(
        ("heading", "Hotels"), ("paragraph", "Up to 180 euros."), ("list", "Breakfast too."),
        ("heading", "Trains"), ("paragraph", "First class above four hours."),
    )  # fmt: skip
    pieces = cut(parsed, COUNTER, "travel")
    assert [parsed.text[p.start : p.end] for p in pieces] == [
        "Up to 180 euros.\nBreakfast too.",
        "First class above four hours.",
    ]
    assert [p.heading for p in pieces] == ["travel › Hotels", "travel › Trains"]


def test_long_paragraph_is_cut_between_sentences() -> None:
    said = [f"Sentence number {n} speaks of matters such as contracts and travel." for n in range(60)]
    parsed = _document(("paragraph", " ".join(said)))
    pieces = cut(parsed, COUNTER)
    assert len(pieces) > 2
    for piece in pieces:
        text = parsed.text[piece.start : piece.end]
        assert text.startswith("Sentence") and text.endswith("travel.")
    for sentence in said:
        assert any(sentence in parsed.text[p.start : p.end] for p in pieces)


def test_rows_stay_whole_and_carry_their_header() -> None:
    rows = [("row", f"Laptop {n} | {n * 100} euros | ordered from the IT desk in week {n}") for n in range(80)]
    parsed = _document(("header_row", "Item | Price | Remark"), *rows)
    pieces = cut(parsed, COUNTER)
    assert len(pieces) > 3
    for piece in pieces:
        for line in parsed.text[piece.start : piece.end].splitlines():
            assert line.startswith(("Laptop", "Item |")) and line.split()[-1] in {str(n) for n in range(80)} | {
                "Remark"
            }
    assert all("Item | Price | Remark" in embedded(p.context, parsed.text[p.start : p.end]) for p in pieces)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_lost_and_nothing_too_large(seed: int) -> None:
    rng = random.Random(seed)
    kinds = ["paragraph", "list", "row", "code", "heading", "header_row"]
    letters = "abc déß 漢字 😀 .\t!?"
    parts = [
        (rng.choice(kinds), "x" + "".join(rng.choices(letters, k=rng.choice([3, 40, 900, 4000])))) for _ in range(40)
    ]
    parsed = _document(*parts)
    pieces = cut(parsed, COUNTER)
    covered = [False] * len(parsed.text)
    for piece in pieces:
        assert 0 <= piece.start < piece.end <= len(parsed.text)
        covered[piece.start : piece.end] = [True] * (piece.end - piece.start)
    for block in parsed.blocks:
        if block.kind != "heading":
            missing = [at for at in range(block.start, block.end) if not covered[at] and not parsed.text[at].isspace()]
            assert not missing
    assert max(_sizes(parsed)) <= MAX_TOKENS


def test_a_megabyte_without_a_gap_is_cut_quickly() -> None:
    assert max(_sizes(_document(("paragraph", "漢" * 100_000)))) <= MAX_TOKENS
