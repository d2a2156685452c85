"""Chats through the worker's own generators, with the starter model: reuse, isolation, cancel, overflow."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from engine_helpers import GREEDY, conversations_of, encoder_of, passage, run, said, spelled, turn

from app.assistant.followup import rewriting, written_in
from app.engine.worker import EngineRole
from app.errors import AppError, BadFile
from app.llama.saved import common_prefix
from app.paths import Home
from app.types import Message, Sampling
from app.workers.calls.documents import Search
from app.workers.calls.engine import (
    Chat,
    Chatted,
    Completed,
    Count,
    Counted,
    Load,
    Loaded,
    LoadProgress,
    Prefill,
    SetAdapter,
    Token,
)
from app.workers.message import Done

Ask = Callable[..., Chatted]


def words(count: int, seed: int = 1) -> str:
    draw = random.Random(seed)
    return " ".join(draw.choice(("river", "stone", "paper", "lamp", "green", "walks", "under")) for _ in range(count))


def test_loading_reports_and_describes(starter: Path, tmp_path: Path) -> None:
    engine = EngineRole(Home(tmp_path))
    result, events = run(engine.handle(Load(path=str(starter), context=100_000)))
    assert isinstance(result, Loaded)
    info = result.info
    fractions = [event.fraction for event in events if isinstance(event, LoadProgress)]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert (info.backend, info.gpu_layers, info.context, info.context_trained) == ("CPU", 0, 8192, 8192)
    assert "core" in info.device and info.parameters == 134_515_008 and info.has_template
    engine.close()


def test_an_answer_streams_what_it_ends_with(role: EngineRole) -> None:
    call = Chat(conversation="s", question="What is the capital of France?", sampling=GREEDY)
    result, events = run(role.handle(call))
    assert isinstance(result, Chatted)
    assert result.text == "".join(e.text for e in events if isinstance(e, Token)) and "Paris" in result.text
    prefill = [event for event in events if isinstance(event, Prefill)]
    assert prefill[-1].done == prefill[-1].total == result.stats.prompt_tokens
    assert result.reason == "end" and result.stats.completion_tokens > 0 and result.stats.first_token_ms > 0
    assert result.budget.used == result.stats.prompt_tokens + result.stats.completion_tokens


def test_second_turn_evaluates_only_what_is_new(role: EngineRole, ask: Ask) -> None:
    first = ask("Summarize: " + words(1900), "long")
    assert first.stats.prompt_tokens > 1900
    history = turn("Summarize: " + words(1900), first.text)
    second = ask("And in one word?", "long", history=history)
    new = encoder_of(role).count("And in one word?")
    assert second.stats.prompt_tokens > 1900
    assert second.stats.evaluated_tokens <= new + 32


def test_reuse_changes_nothing(role: EngineRole, ask: Ask) -> None:
    first = ask("Name a colour.", "w")
    history = turn("Name a colour.", first.text)
    warm = ask("Another one?", "w", history=history)
    assert warm.stats.evaluated_tokens < warm.stats.prompt_tokens
    slots = conversations_of(role).slots
    tokens = slots.held("w")
    slots.clear()
    cold = ask("Another one?", "w", history=history)
    assert cold.stats.evaluated_tokens == cold.stats.prompt_tokens
    assert (cold.text, slots.held("w")) == (warm.text, tokens)


def test_one_chat_never_appears_in_another(role: EngineRole, ask: Ask) -> None:
    question = "What is the code word?"
    secret, other = (f"The code word is {word}. {words(130)}" for word in ("Zanzibar-77", "Barbados-142"))
    assert encoder_of(role).count(secret) == encoder_of(role).count(other)  # so that the same cells are taken
    told, after = {}, {}
    for text in (secret, other):
        conversations_of(role).reset()
        told[text] = ask(question, "told", history=turn(text, "Noted."))
        after[text] = ask(question, "other")
    assert told[secret].text != told[other].text
    assert after[secret].text == after[other].text and "Zanzibar" not in after[secret].text
    slots = conversations_of(role).slots
    assert "Barbados" not in spelled(role, slots.held("other")) and "Barbados" in spelled(role, slots.held("told"))
    again = ask(question, "told", history=turn(other, "Noted."))
    assert again.text == told[other].text
    assert again.stats.evaluated_tokens < 8  # its sequence is still there


def has(role: EngineRole, sequence: int, tokens: int) -> bool:
    return conversations_of(role).context.holds(sequence, tokens)


@pytest.mark.parametrize("steps", [1, 3, 6])
def test_cancel_and_go_on(role: EngineRole, ask: Ask, steps: int) -> None:
    """After a cancel while reading or writing, the books say what the cache holds."""
    conversations_of(role).reset()
    slots = conversations_of(role).slots
    call = Chat(conversation="c", question="Repeat this: " + words(250), sampling=GREEDY)
    live = role.handle(call)
    seen = said(live, steps)
    live.close()
    assert isinstance(seen[0], Prefill) and (steps < 6 or isinstance(seen[-1], Token))
    prompt = conversations_of(role).prompt(call).tokens
    held = slots.held("c")
    assert held and held[: len(prompt)] == prompt[: len(held)]
    numbers = [n for n in range(conversations_of(role).context.sequences) if has(role, n, len(held))]
    assert len(numbers) == 1  # llama.cpp has as many
    answer = ask(call.question, "c")
    assert answer.stats.evaluated_tokens == max(1, len(prompt) - len(held))
    assert slots.held("c")[: len(prompt)] == prompt and answer.text


def test_sampling(role: EngineRole, ask: Ask) -> None:
    warm = Sampling(temperature=1.2, top_k=0, top_p=1.0, min_p=0.0, seed=5, max_tokens=16)
    one, two = (ask("Tell a story.", "seed", sampling=warm).text for _ in range(2))
    other = ask("Tell a story.", "seed", sampling=msgspec.structs.replace(warm, seed=6)).text
    assert one == two != other
    wild = Sampling(temperature=2.0, top_k=0, top_p=1.0, min_p=0.0, repeat_penalty=1.0, max_tokens=16)
    greedy = ask("Tell a story.", "greedy", sampling=msgspec.structs.replace(wild, temperature=0.0)).text
    for key, only in (("top_k", 1), ("top_p", 0.01), ("min_p", 1.0)):  # each leaves nothing but the likeliest
        alone = ask("Tell a story.", key, sampling=msgspec.structs.replace(wild, **{key: only})).text
        assert alone == greedy, key
    last = msgspec.structs.replace(wild, seed=2**32 - 1)  # what llama.cpp takes for "at random"
    assert ask("Tell a story.", "last", sampling=last).text == ask("Tell a story.", "last", sampling=last).text
    stopped = ask("Count: one, two, three", "stop", sampling=msgspec.structs.replace(GREEDY, stop=("e",)))
    assert stopped.reason == "stop" and "e" not in stopped.text


def test_json_schema_is_followed(ask: Ask) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 20}, "big": {"type": "boolean"}},
        "required": ["city", "big"],
    }
    sampling = Sampling(temperature=0, max_tokens=80)
    answer = ask("Paris as JSON.", "json", json_schema=json.dumps(schema), sampling=sampling)
    assert set(json.loads(answer.text)) == {"city", "big"}


@pytest.mark.parametrize("text", ['a "b" c', "back\\slash", "line\nbreak", "Größe ≥ 5 “x”", "\U0001f600", '"', '\\"'])
def test_fixed_texts_and_names_of_any_characters_are_followed_to_the_letter(ask: Ask, text: str) -> None:
    schema = {
        "type": "object", "properties": {text: {"enum": [text, f"{text}!"]}}, "required": [text],
        "additionalProperties": False,
    }  # fmt: skip
    answer = ask("Choose.", "json", json_schema=json.dumps(schema), sampling=Sampling(temperature=0, max_tokens=80))
    assert json.loads(answer.text)[text] in (text, f"{text}!")


@pytest.mark.parametrize(
    "schema",
    [
        "not json",
        "[]",
        '"x"',
        '{"type": "nonsense"}',
        '{"$ref": "#/nowhere"}',
        '{"$ref": "https://host.invalid/schema"}',
        '{"type": "string", "pattern": "("}',
        '{"type": "array", "items": {"type": "string"}, "minItems": 1000000000}',
        '{"a":' * 3000 + "1" + "}" * 3000,
        "x" * 100_000,
    ],
)
def test_garbage_schemas_are_refused(ask: Ask, schema: str) -> None:
    with pytest.raises(AppError, match="schema"):
        ask("x", "json", json_schema=schema)
    assert ask("Hello", "json").text


def test_a_long_history_drops_its_oldest_turns(role: EngineRole) -> None:
    compose = conversations_of(role).prompt
    history = tuple(m for n in range(80) for m in turn(f"Note {n}: {words(60, n)}", "Noted."))
    first = compose(Chat(conversation="h", question="What was the last?", history=history))
    assert 0 < first.budget.dropped_messages < 160 and first.budget.dropped_messages % 2 == 0
    assert len(first.tokens) <= 4096 - 1024 and not first.budget.shortened
    assert "Note 79" in spelled(role, first.tokens)
    longer = (*history, *turn("What was the last?", "Noted."))
    second = compose(Chat(conversation="h", question="And before?", history=longer))
    assert common_prefix(first.tokens, second.tokens) > len(first.tokens) - 8  # the cache stays of use


def test_passages_go_from_the_last(role: EngineRole) -> None:
    compose = conversations_of(role).prompt
    many = tuple(passage(words(600, n), n) for n in range(1, 10))
    prompt = compose(Chat(conversation="p", question="Which?", passages=many, grounded=True, history=turn("a", "b")))
    assert prompt.passages_used + prompt.budget.dropped_passages == 9 and 3 <= prompt.passages_used < 9
    assert prompt.budget.dropped_messages == 2
    huge = compose(Chat(conversation="p", question="Which?", passages=(passage(words(9000)),), grounded=True))
    assert huge.passages_used == 1 and huge.budget.shortened and len(huge.tokens) <= 3072


def test_a_question_longer_than_the_context(role: EngineRole) -> None:
    compose = conversations_of(role).prompt
    for size in (6000, 200_000):
        prompt = compose(Chat(conversation="q", question=words(size), history=turn("a", "b")))
        assert prompt.budget.shortened and 2500 < len(prompt.tokens) <= 3072
    with pytest.raises(AppError, match="does not fit"):
        compose(Chat(conversation="q", question="q", system=words(6000)))


def test_context_full_ends_the_answer(starter: Path, tmp_path: Path) -> None:
    engine = EngineRole(Home(tmp_path))
    run(engine.handle(Load(path=str(starter), context=256)))
    schema = json.dumps({"type": "array", "items": {"const": "abcdefgh"}, "minItems": 1000})
    call = Chat(conversation="f", question="Go", sampling=Sampling(max_tokens=5000), json_schema=schema)
    result, _ = run(engine.handle(call))
    assert isinstance(result, Chatted)
    assert result.reason == "length" and result.budget.used <= 256
    assert result.stats.completion_tokens > 100
    engine.close()


def test_count(role: EngineRole, ask: Ask) -> None:
    history = turn("Hello", "Hi!")
    counted, _ = run(role.handle(Count(history=history, question="Why?", passages=(passage("text"),))))
    assert isinstance(counted, Counted)
    call = Chat(conversation="n", question="Why?", history=history, passages=(passage("text"),), grounded=True)
    assert counted.tokens == len(conversations_of(role).prompt(call).tokens)


def test_failed_loads_leave_the_role_usable(starter: Path, tmp_path: Path) -> None:
    engine = EngineRole(Home(tmp_path))
    with pytest.raises(AppError, match="No model"):
        run(engine.handle(Chat(conversation="x", question="x")))
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(starter.read_bytes()[: 8 << 20])
    with pytest.raises(BadFile, match="cut off"):
        run(engine.handle(Load(path=str(bad))))
    loading = engine.handle(Load(path=str(starter), context=512))
    said(loading, 1)
    loading.close()  # cancelled: nothing is left behind
    with pytest.raises(AppError, match="No model"):
        run(engine.handle(Chat(conversation="x", question="x")))
    run(engine.handle(Load(path=str(starter), context=512)))
    with pytest.raises(AppError):
        run(engine.handle(Search(query="x")))
    result, _ = run(engine.handle(Chat(conversation="x", question="Hello", sampling=GREEDY)))
    assert isinstance(result, Chatted) and result.text
    engine.close()


def test_a_broken_adapter_changes_nothing(role: EngineRole, ask: Ask, starter: Path, tmp_path: Path) -> None:
    before = ask("Name a colour.", "ad").text
    broken = tmp_path / "adapter.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    for path in (broken, tmp_path / "none.gguf", starter):
        with pytest.raises(AppError):
            run(role.handle(SetAdapter(path=str(path))))
    assert isinstance(run(role.handle(SetAdapter()))[0], Done)
    assert ask("Name a colour.", "ad").text == before


def test_a_follow_up_comes_back_rewritten_in_its_form(role: EngineRole) -> None:
    """Whether it may be searched is decided by what it says; the starter is not asked for it (test_followup.py)."""
    call = rewriting("and in Hamburg?", (Message("user", "Hotel limit in Munich?"), Message("assistant", "165 euros.")))
    result, _ = run(role.handle(call))
    assert isinstance(result, Completed) and result.stats.completion_tokens <= call.sampling.max_tokens
    assert result.reason == "length" or written_in(result)


def test_history_may_be_messy(ask: Ask) -> None:
    history = (Message("assistant", "hi"), Message("user", ""), Message("user", "a"), Message("user", "b"))
    assert ask("c", "m", history=history).text
    assert ask("", "m").stats.prompt_tokens > 0
