"""What a base said is not asked again, and what a kill cut is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from trainer.train import remembered
from trainer.train.remembered import BATCH, Remembered

PROMPTS = [[1, 2, 3], [4, 5], [6], [4, 5]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The prompts that reached the model, in order."""
    seen: list[list[int]] = []

    def answer(_model: Any, _tokenizer: Any, prompts: Sequence[Any], _limit: int) -> list[tuple[str, bool]]:
        seen.extend(prompts)
        return [(f"“{prompt[0]}”", len(prompt) > 1) for prompt in prompts]

    monkeypatch.setattr(remembered, "answer", answer)
    return seen


def test_a_prompt_is_answered_once_also_for_the_next_run(tmp_path: Path, asked: list[list[int]]) -> None:
    file = tmp_path / "cache" / "answers.jsonl"
    told: list[int] = []
    first = Remembered(None, None, file).answers(PROMPTS, 8, told.append)
    assert first == [("“1”", True), ("“4”", True), ("“6”", False), ("“4”", True)]
    assert sorted(asked) == [[1, 2, 3], [4, 5], [6]] and told == [4]
    assert Remembered(None, None, file).answers([*PROMPTS, [9]], 8) == [*first, ("“9”", False)]
    assert asked[3:] == [[9]]


def test_longer_answers_are_asked_for_anew(tmp_path: Path, asked: list[list[int]]) -> None:
    file = tmp_path / "answers.jsonl"
    for limit in (8, 16):
        Remembered(None, None, file).answers([[1]], limit)
    assert asked == [[1], [1]]


@pytest.mark.parametrize("cut", range(1, 40, 6))
def test_a_line_that_a_kill_cut_is_asked_again_and_costs_no_other(
    cut: int, tmp_path: Path, asked: list[list[int]]
) -> None:
    file = tmp_path / "answers.jsonl"
    whole = Remembered(None, None, file).answers(PROMPTS, 8)
    file.write_bytes(file.read_bytes()[:-cut])
    for _again in range(2):
        assert Remembered(None, None, file).answers(PROMPTS, 8) == whole
    assert len(asked) <= 4


def test_what_was_answered_before_a_kill_stays(tmp_path: Path, asked: list[list[int]]) -> None:
    prompts = [[number] for number in range(2 * BATCH)]

    def killed(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Remembered(None, None, tmp_path / "answers.jsonl").answers(prompts, 8, killed)
    Remembered(None, None, tmp_path / "answers.jsonl").answers(prompts, 8)
    assert len(asked) == 2 * BATCH


def test_without_a_file_nothing_is_written(tmp_path: Path, asked: list[list[int]]) -> None:
    assert Remembered(None, None).answers([[1]], 8) == Remembered(None, None).answers([[1]], 8)
    assert len(asked) == 2 and not list(tmp_path.iterdir())
