"""A model that thinks is held to its budget: the block is closed for it, and the answer begins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from engine_helpers import GREEDY, run
from tiny_gguf import CHATML, write_tiny

from app.engine.worker import EngineRole
from app.paths import Home
from app.workers.calls.engine import Chat, Chatted, Complete, Completed, Load, PromptMessage, Token

THINKS = CHATML.replace("assistant\n' }}", "assistant\n<think>\n' }}")


@pytest.fixture(scope="module")
def thinker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineRole]:
    """A tiny model whose template opens a block that it never closes by itself."""
    folder: Path = tmp_path_factory.mktemp("thinker")
    engine = EngineRole(Home(folder))
    run(engine.handle(Load(path=str(write_tiny(folder / "t.gguf", template=THINKS)), context=512, threads=1)))
    yield engine
    engine.close()


@pytest.mark.parametrize(("budget", "thought"), [(0, 0), (12, 12)])
def test_the_block_is_closed_when_the_budget_is_spent(thinker: EngineRole, budget: int, thought: int) -> None:
    sampling = msgspec.structs.replace(GREEDY, thinking=budget, max_tokens=10)
    result, events = run(thinker.handle(Chat(conversation="a", question="Hi", sampling=sampling)))
    assert isinstance(result, Chatted)
    assert len(result.thinking.strip()) == thought
    assert len(result.text) == 10, "thinking does not shorten the answer"
    assert (result.thought_ms > 0) == bool(thought)
    told = [event for event in events if isinstance(event, Token)]
    assert "".join(each.text for each in told if not each.thinking) == result.text


def test_without_a_limit_room_is_left_for_the_answer(thinker: EngineRole) -> None:
    sampling = msgspec.structs.replace(GREEDY, thinking=None, max_tokens=400)
    result, _ = run(thinker.handle(Chat(conversation="b", question="Hi", sampling=sampling)))
    assert isinstance(result, Chatted)
    assert len(result.text) > 60 and len(result.thinking) > 200


@pytest.mark.parametrize(("budget", "thought"), [(0, 0), (12, 12), (None, 75)])
def test_a_program_is_held_to_it_within_its_own_limit(thinker: EngineRole, budget: int | None, thought: int) -> None:
    sampling = msgspec.structs.replace(GREEDY, thinking=budget, max_tokens=100)
    call = Complete(messages=(PromptMessage(role="user", content="Hi"),), sampling=sampling)
    result, events = run(thinker.handle(call))
    assert isinstance(result, Completed)
    assert len(result.thinking.strip()) == thought
    assert result.stats.completion_tokens == 100 and len(result.text) >= 10, "a quarter at least is the answer's"
    told = [event for event in events if isinstance(event, Token)]
    assert "".join(each.text for each in told if each.thinking).strip() == result.thinking.strip()
    bare, _ = run(thinker.handle(Complete(prompt="Hi<think>", sampling=sampling)))
    assert isinstance(bare, Completed) and bare.thinking == "" and "</think>" not in bare.text


def test_an_answer_that_is_there_is_weighed_as_it_was_written(thinker: EngineRole) -> None:
    sampling = msgspec.structs.replace(GREEDY, thinking=0, max_tokens=6)
    written, events = run(thinker.handle(Chat(conversation="d", question="Hi", sampling=sampling, logprobs=5)))
    assert isinstance(written, Chatted)
    own = [each for event in events if isinstance(event, Token) for each in event.logprobs][-6:]
    call = Chat(conversation="e", question="Hi", says=written.text, logprobs=5)
    again, events = run(thinker.handle(call))
    assert isinstance(again, Chatted) and again.text == written.text
    weighed = [each for event in events if isinstance(event, Token) for each in event.logprobs][-6:]
    assert [each.token for each in weighed] == list(written.text)
    assert [each.logprob for each in weighed] == pytest.approx([each.logprob for each in own], abs=1e-3)
    _, events = run(thinker.handle(msgspec.structs.replace(call, says="Zz?")))
    other = [each for event in events if isinstance(event, Token) for each in event.logprobs][-3:]
    assert [each.token for each in other] == ["Z", "z", "?"] and other[0].logprob < weighed[0].logprob


def test_shares_come_only_where_they_are_asked_for(thinker: EngineRole) -> None:
    sampling = msgspec.structs.replace(GREEDY, thinking=0, max_tokens=6)
    call = Chat(conversation="c", question="Hi", sampling=sampling, logprobs=5)
    _, events = run(thinker.handle(call))
    shares = [each for event in events if isinstance(event, Token) and not event.thinking for each in event.logprobs]
    assert all(len(each.top) == 5 for each in shares[-6:])
    _, events = run(thinker.handle(msgspec.structs.replace(call, logprobs=None)))
    assert not any(event.logprobs for event in events if isinstance(event, Token))
