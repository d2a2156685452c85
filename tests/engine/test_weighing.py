"""How likely texts are: the figures of another way to compute them, alone and beside answers that are being written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_helpers import conversations_of, encoder_of, run, together

from app.engine.worker import EngineRole
from app.errors import AppError
from app.llama.sequences import Sequences
from app.types import Message, Sampling
from app.workers.calls.engine import Chat, Complete, Completed, PromptMessage, Score, Scored, Tokenize, Tokenized

QUESTION = (PromptMessage(role="user", content="What is the capital of France? Answer with one word."),)
CITIES = ("Paris", "Berlin", "A long sentence about the weather in Bavaria.")
TEXT = "The capital of France is Paris, and the capital of Italy is Rome, as every pupil of this school has learned."


def reference(starter: Path, tokens: list[int]) -> list[float]:
    """log P of each token but the first: one batch a slice, in a context of its own, softmax by numpy."""
    with Sequences(starter, sequences=1, cells=512, threads=1, gpu=False) as model:
        rows = model.logits(tokens).astype(np.float64)
    rows -= rows.max(axis=1, keepdims=True)
    rows -= np.log(np.exp(rows).sum(axis=1, keepdims=True))
    return [float(rows[at, token]) for at, token in enumerate(tokens[1:])]


def echoed(role: EngineRole, **fields: object) -> Completed:
    call = Complete(echo=True, logprobs=2, sampling=Sampling(max_tokens=0), **fields)  # type: ignore[arg-type]
    done, _ = run(role.handle(call))
    assert isinstance(done, Completed)
    return done


def test_a_prompt_is_given_back_with_the_likelihood_of_each_token(role: EngineRole, starter: Path) -> None:
    done = echoed(role, prompt=TEXT)
    assert done.echoed is not None and done.echoed.text == TEXT and done.text == ""
    tokens = encoder_of(role).encode_text(TEXT).tokens
    wanted = reference(starter, tokens)
    shown = done.echoed.tokens[done.echoed.first :]
    assert [each.logprob for each in shown] == pytest.approx(wanted[-len(shown) :], abs=0.02)
    assert "".join(each.token for each in done.echoed.tokens) == TEXT
    assert all(each.top[0].logprob >= each.logprob for each in shown)


def test_tokens_are_taken_as_they_are_and_strange_ones_are_refused(role: EngineRole) -> None:
    ids = tuple(conversations_of(role).model.tokenize(TEXT))
    done = echoed(role, prompt_tokens=ids)
    assert done.echoed is not None and len(done.echoed.tokens) == len(ids) and done.echoed.first == 1
    with pytest.raises(AppError, match="no such token"):
        echoed(role, prompt_tokens=(1, 10**6))


def test_the_prompt_goes_on_behind_its_echo_as_without_it(role: EngineRole) -> None:
    sampling = Sampling(temperature=0, max_tokens=5, repeat_penalty=1.0)
    plain, _ = run(role.handle(Complete(prompt=TEXT, sampling=sampling)))
    both, _ = run(role.handle(Complete(prompt=TEXT, sampling=sampling, echo=True, logprobs=1)))
    assert isinstance(plain, Completed) and isinstance(both, Completed)
    assert both.text == plain.text and both.echoed is not None and len(both.logprobs) == 5


def test_choices_are_weighed_as_answers_to_the_chat(role: EngineRole, starter: Path) -> None:
    scored, _ = run(role.handle(Score(messages=QUESTION, texts=CITIES)))
    assert isinstance(scored, Scored)
    prompt = encoder_of(role).encode([Message("user", QUESTION[0].content)]).tokens
    for text, found in zip(CITIES, scored.texts, strict=True):
        tokens = conversations_of(role).model.tokenize(text)
        wanted = reference(starter, [*prompt, *tokens])[len(prompt) - 1 :]
        assert found.tokens == len(tokens) and found.logprob == pytest.approx(sum(wanted), abs=0.05)
    assert scored.texts[0].logprob > scored.texts[1].logprob
    again, _ = run(role.handle(Score(messages=QUESTION, texts=tuple(reversed(CITIES)))))
    assert isinstance(again, Scored)
    assert [each.logprob for each in reversed(again.texts)] == pytest.approx(
        [t.logprob for t in scored.texts], abs=0.02
    )


def test_an_empty_choice_is_refused(role: EngineRole) -> None:
    with pytest.raises(AppError, match="empty"):
        run(role.handle(Score(messages=QUESTION, texts=("Paris", ""))))


def test_weighing_and_writing_go_on_side_by_side(babble: EngineRole) -> None:
    conversations_of(babble).reset()
    words = " ".join(f"the cat sat on mat {n} and the dog" for n in range(30))
    alone, _ = run(babble.handle(Complete(prompt=words, echo=True, logprobs=1, sampling=Sampling(max_tokens=0))))
    conversations_of(babble).reset()
    calls = [
        Complete(prompt=words, echo=True, logprobs=1, sampling=Sampling(max_tokens=0)),
        Chat(conversation="a", question="the cat", sampling=Sampling(max_tokens=40, temperature=0), priority=1),
        Complete(prompt=words[8:], echo=True, logprobs=1, sampling=Sampling(max_tokens=0)),
        Complete(prompt="the dog", sampling=Sampling(max_tokens=30, temperature=0)),
    ]
    beside = together(babble, calls)[0][0]
    assert isinstance(alone, Completed) and isinstance(beside, Completed)
    assert alone.echoed is not None and beside.echoed is not None
    assert [t.logprob for t in beside.echoed.tokens] == pytest.approx(
        [t.logprob for t in alone.echoed.tokens], abs=0.01
    )


def test_a_text_that_does_not_fit_is_refused(babble: EngineRole) -> None:
    with pytest.raises(AppError, match="too long"):
        run(babble.handle(Complete(prompt="cat " * 2000, echo=True, logprobs=0, sampling=Sampling(max_tokens=0))))


def test_the_models_own_tokens_there_and_back(role: EngineRole) -> None:
    there, _ = run(role.handle(Tokenize(text=f"{TEXT}<|im_end|>")))
    assert isinstance(there, Tokenized) and there.eos and there.template
    assert there.tokens[-1] == conversations_of(role).model.eos
    back, _ = run(role.handle(Tokenize(tokens=there.tokens)))
    assert isinstance(back, Tokenized) and back.text == f"{TEXT}<|im_end|>"
