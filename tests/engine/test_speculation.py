"""Guesses by prompt lookup: the very words of an answer without them, with any sampling, alone and beside others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_helpers import conversations_of, run, said, together
from msgspec.structs import replace
from tiny_gguf import CHATML, write_tiny

from app.engine import speculation
from app.engine.speculation import Lookup, Speculation
from app.engine.worker import EngineRole
from app.paths import Home
from app.types import Sampling
from app.workers.calls.engine import Chat, Chatted, Complete, Completed, Load, PromptMessage, Token
from app.workers.message import Data

QUESTION = "the cat sat on the mat and the dog sat on the log and the cat sat on the mat again"


@pytest.fixture
def eager(babble: EngineRole, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, int]]]:
    """Guesses are made wherever there are any; → (guesses, right ones) of each batch."""
    seen: list[tuple[int, int]] = []
    kept = Lookup.kept
    monkeypatch.setattr(speculation, "GAIN", 0.0)
    monkeypatch.setattr(Lookup, "kept", lambda self, *counts: (seen.append(counts), kept(self, *counts)))
    yield seen
    conversations_of(babble).speculation.usable = True


def ask(engine: EngineRole, *, guesses: bool, **sampling: object) -> str:
    conversations_of(engine).reset()
    conversations_of(engine).speculation.usable = guesses
    call = Chat(conversation="", question=QUESTION, sampling=Sampling(max_tokens=150, **sampling))  # type: ignore[arg-type]
    result, _ = run(engine.handle(call))
    assert isinstance(result, Chatted)
    return result.text


@pytest.mark.parametrize("sampling", [{"temperature": 0.0, "repeat_penalty": 1.0}, {"temperature": 0.4, "seed": 5}])
def test_the_words_are_those_without_guesses(
    babble: EngineRole, eager: list[tuple[int, int]], sampling: dict[str, object]
) -> None:
    plain = ask(babble, guesses=False, **sampling)
    assert not eager
    assert ask(babble, guesses=True, **sampling) == plain
    assert eager and conversations_of(babble).speculation.usable
    if sampling["temperature"] == 0.0:
        assert sum(right for _, right in eager) > 20


def test_nobody_guesses_while_several_write(babble: EngineRole, eager: list[tuple[int, int]]) -> None:
    conversations_of(babble).reset()
    greedy = Sampling(temperature=0, max_tokens=40, repeat_penalty=1.0)
    calls = [Chat(conversation=str(n), question=QUESTION, sampling=greedy) for n in range(2)]
    one, two = (result for result, _ in together(babble, calls))
    assert isinstance(one, Chatted) and isinstance(two, Chatted) and one.text == two.text
    assert not eager


def test_guesses_are_what_followed_last() -> None:
    lookup = Lookup()
    assert lookup.guess([1, 2, 3, 4, 5, 9, 1, 2, 3], 7) == [4, 5, 9, 1, 2, 3, 4]
    assert lookup.guess([1, 2, 3, 4, 5, 9, 1, 2, 3, 8, 1, 2, 3], 2) == [8, 1]
    assert lookup.guess([1, 2], 7) == []


def test_it_pays_or_it_is_left() -> None:
    model = Speculation(usable=True)
    tokens = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2, 3]
    assert model.guess(Lookup(), tokens) == []  # nothing was measured
    for size, seconds in ((1, 1.0), (3, 1.2), (5, 1.5), (8, 2.0)):
        model.took(size, seconds)
    assert len(model.guess(Lookup(right=0.95), tokens)) == 7
    assert model.guess(Lookup(right=0.1), tokens) == []
    for _ in range(30):
        model.took(8, 8.0)
        model.took(5, 5.0)
        model.took(3, 3.0)
    assert model.guess(Lookup(right=0.95), tokens) == []
    lookup = Lookup(right=0.1)
    for _ in range(20):  # the guesses that are not tried are looked at all the same
        lookup.guess(tokens, 2)
        lookup.came(4)
    assert lookup.right > 0.8


SCHEMA = json.dumps({"type": "array", "items": {"enum": ["the cat sat", "the dog sat", "again"]}, "minItems": 12})
TOOLS = json.dumps(
    [
        {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {
            "animal": {"type": "string", "maxLength": 6}, "where": {"enum": ["on the mat", "on the log"]},
        }, "required": ["animal", "where"]}}}
        for name in ("sit", "stand")
    ]
)  # fmt: skip
GREEDY = Sampling(temperature=0.0, repeat_penalty=1.0, max_tokens=120)
WARM = Sampling(temperature=0.7, seed=11, max_tokens=120)


def either_way(
    engine: EngineRole, call: Chat | Complete
) -> tuple[Chatted | Completed, Chatted | Completed, list[Data]]:
    """The answer without guesses and with them, each from an empty cache, and what the second told."""
    results, events = [], []
    for guesses in (False, True):
        conversations_of(engine).reset()
        conversations_of(engine).speculation.usable = guesses
        result, events = run(engine.handle(call))
        assert isinstance(result, Chatted | Completed)
        results.append(result)
    return results[0], results[1], events


@pytest.mark.parametrize("sampling", [GREEDY, WARM])
def test_a_form_is_kept_to_with_the_same_words(
    babble: EngineRole, eager: list[tuple[int, int]], sampling: Sampling
) -> None:
    call = Chat(conversation="", question=QUESTION, json_schema=SCHEMA, sampling=sampling)
    plain, guessed, _ = either_way(babble, call)
    assert guessed.text == plain.text and eager


@pytest.mark.parametrize("sampling", [GREEDY, WARM])
def test_a_tool_is_called_with_the_same_words(
    babble: EngineRole, eager: list[tuple[int, int]], sampling: Sampling
) -> None:
    asked = (PromptMessage(role="user", content=QUESTION),)
    call = Complete(messages=asked, tools=TOOLS, tool_choice="required", sampling=sampling)
    plain, guessed, _ = either_way(babble, call)
    assert isinstance(plain, Completed) and isinstance(guessed, Completed)
    named = [[(each.name, each.arguments) for each in result.tool_calls] for result in (plain, guessed)]
    assert named[0] == named[1] and guessed.text == plain.text and eager


@pytest.mark.parametrize("sampling", [GREEDY, WARM])
def test_a_stop_text_ends_it_at_the_same_place(
    babble: EngineRole, eager: list[tuple[int, int]], sampling: Sampling
) -> None:
    whole, _, _ = either_way(babble, Chat(conversation="", question=QUESTION, sampling=sampling))
    stop = whole.text[60:63]
    call = Chat(conversation="5", question=QUESTION, sampling=replace(sampling, stop=(stop,)), logprobs=2)
    plain, guessed, events = either_way(babble, call)
    assert guessed.reason == plain.reason == "stop"
    assert guessed.text == plain.text == whole.text[: whole.text.index(stop)]
    assert "".join(each.text for each in events if isinstance(each, Token)) == guessed.text
    shares = [share.token for each in events if isinstance(each, Token) for share in each.logprobs]
    assert "".join(shares).startswith(guessed.text) and eager


@pytest.mark.parametrize("sampling", [GREEDY, WARM])
def test_one_that_is_stopped_in_the_middle_leaves_nothing_wrong(
    babble: EngineRole, eager: list[tuple[int, int]], sampling: Sampling
) -> None:
    call = Chat(conversation="6", question=QUESTION, sampling=sampling)
    plain, _, _ = either_way(babble, call)
    for after in range(20, 90, 7):
        steps = babble.handle(call)
        told = said(steps, after)
        steps.close()
        assert plain.text.startswith("".join(each.text for each in told if isinstance(each, Token)))
    again, _ = run(babble.handle(call))
    assert isinstance(again, Chatted) and again.text == plain.text and eager
    assert again.stats.evaluated_tokens < 32, "what was read is still of use"


def test_a_block_that_is_closed_for_a_model_is_closed_at_the_same_place(
    tmp_path: Path, eager: list[tuple[int, int]]
) -> None:
    engine = EngineRole(Home(tmp_path))
    thinks = CHATML.replace("assistant\n' }}", "assistant\n<think>\n' }}")
    run(engine.handle(Load(path=str(write_tiny(tmp_path / "t.gguf", template=thinks)), context=1024, threads=1)))
    for budget in range(50, 74):
        sampling = replace(GREEDY if budget % 2 else WARM, thinking=budget, max_tokens=40)
        call = Chat(conversation="", question=QUESTION, sampling=sampling)
        plain, guessed, _ = either_way(engine, call)
        assert (guessed.thinking, guessed.text) == (plain.thinking, plain.text)
        assert len(plain.thinking.strip()) == budget and len(plain.text) == 40
    assert eager
    engine.close()


def test_an_answer_that_is_weighed_word_by_word_is_not_guessed_beyond_its_end(
    babble: EngineRole, eager: list[tuple[int, int]]
) -> None:
    conversations_of(babble).reset()
    call = Chat(conversation="", question=QUESTION, says=QUESTION * 2, logprobs=3)
    result, events = run(babble.handle(call))
    assert isinstance(result, Chatted) and result.text == QUESTION * 2
    shares = [share for each in events if isinstance(each, Token) for share in each.logprobs]
    assert len(shares) == len(QUESTION) * 2 and not eager
