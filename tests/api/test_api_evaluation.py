"""What evaluation programs ask: likelihoods of a prompt's own tokens, prompts as tokens, a model's tokenizer.

The requests are those that lm-evaluation-harness 0.4.13 sends (`local-completions`, `local-chat-completions`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from api_world import ApiWorld, error_of
from served import Serving, serving

from app.paths import Home
from app.workers.calls.engine import Complete, Completed, Echoed, TokenLogprob, TopLogprob

SCORING: dict[str, Any] = {
    "model": "inhouse", "temperature": 0, "max_tokens": 1, "logprobs": 1, "seed": 1234, "echo": True,
}  # fmt: skip


def logprob(text: str, value: float) -> TokenLogprob:
    return TokenLogprob(text, value, tuple(text.encode()), (TopLogprob(text, value, tuple(text.encode())),))


def test_a_prompt_comes_back_with_its_likelihoods_and_null_for_the_first() -> None:
    world = ApiWorld()
    told = Echoed("Hi you", (logprob("Hi", 0.0), logprob(" you", -2.0)), first=1)
    world.answers[Complete] = lambda job: job.finish(
        Completed(text="!", reason="length", echoed=told, logprobs=(logprob("!", -0.5),))
    )
    (choice,) = world.post("/v1/completions", {**SCORING, "prompt": [[3, 7]]}).json()["choices"]
    assert choice["text"] == "Hi you!"
    assert choice["logprobs"] == {
        "tokens": ["Hi", " you", "!"], "token_logprobs": [None, -2.0, -0.5],
        "top_logprobs": [None, {" you": -2.0}, {"!": -0.5}], "text_offset": [0, 2, 6],
    }  # fmt: skip
    (call,) = world.asked(Complete)
    assert call.prompt is None and call.prompt_tokens == (3, 7) and call.echo and call.logprobs == 1


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("a", [("a", ())]),
        ([5, 6], [(None, (5, 6))]),
        (["a", "b"], [("a", ()), ("b", ())]),
        ([[5], [6]], [(None, (5,)), (None, (6,))]),
    ],
)
def test_prompts_are_texts_or_tokens(prompt: Any, wanted: Any) -> None:
    world = ApiWorld()
    assert world.post("/v1/completions", {"model": "inhouse", "prompt": prompt}).status_code == 200
    assert [(call.prompt, call.prompt_tokens) for call in world.asked(Complete)] == wanted


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"prompt": ["a", 5]}, "prompt"),
        ({"prompt": [[]]}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"prompt": ["a"] * 9}, "prompt"),
        ({"max_tokens": 0, "echo": False}, "max_tokens"),
        ({"stream": True}, "echo"),
        ({"logprobs": 6}, "logprobs"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(change: dict[str, Any], param: str) -> None:
    world = ApiWorld()
    response = world.post("/v1/completions", {**SCORING, "prompt": "a", **change})
    assert response.status_code == 400 and error_of(response)["param"] == param
    assert not world.asked(Complete)


def test_a_chat_as_the_harness_sends_it() -> None:
    world = ApiWorld()
    sent = {
        "messages": [{"role": "user", "content": "Hello", "type": "text"}],
        "model": "inhouse", "max_tokens": 256, "temperature": 0, "stop": ["\n\n"], "seed": 1234,
    }  # fmt: skip
    assert world.post("/v1/chat/completions", sent).status_code == 200


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    home = Home(tmp_path_factory.mktemp("evaluation") / "home")
    home.root.mkdir()
    with serving(home) as running:
        yield running


def ask(served: Serving, path: str, body: dict[str, Any] | None = None) -> Any:
    base = served.address.removesuffix("/v1")
    headers = {"authorization": f"Bearer {served.key}"}
    found = httpx.request("POST" if body else "GET", f"{base}{path}", json=body, headers=headers, timeout=120)
    assert found.status_code == 200, found.text
    return found.json()


def continuation(served: Serving, context: str, text: str) -> tuple[float, bool]:
    """As the harness computes it: the whole as tokens, the context's cut off at the front, the drawn one at the end."""
    before = ask(served, "/tokenize", {"prompt": context, "add_special_tokens": False})["tokens"]
    whole = ask(served, "/tokenize", {"prompt": context + text, "add_special_tokens": False})["tokens"]
    (choice,) = ask(served, "/v1/completions", {**SCORING, "prompt": [whole]})["choices"]
    found = choice["logprobs"]
    assert len(found["tokens"]) == len(whole) + 1, "each token of the prompt, and the one that was drawn"
    part = slice(len(before), -1)
    tops = [max(top.values()) for top in found["top_logprobs"][part]]
    return sum(found["token_logprobs"][part]), found["token_logprobs"][part] == tops


@pytest.mark.real
def test_multiple_choice_works_through_the_api(served: Serving) -> None:
    found = {word: continuation(served, "The capital of France is", f" {word}") for word in ("Paris", "Oslo", "banana")}
    assert 0 > found["Paris"][0] > found["Oslo"][0] > found["banana"][0]
    assert not found["banana"][1]


@pytest.mark.real
def test_the_tokenizer_is_that_of_the_model(served: Serving) -> None:
    info = ask(served, "/tokenizer_info")
    assert info["eos_token"] == "<|im_end|>" and "im_start" in info["chat_template"]
    text = "Grüße – 12 €<|im_end|>"
    tokens = ask(served, "/tokenize", {"prompt": text})["tokens"]
    assert ask(served, "/detokenize", {"tokens": tokens})["prompt"] == text
    assert ask(served, "/tokenize", {"prompt": "<|im_end|>"})["count"] == 1
