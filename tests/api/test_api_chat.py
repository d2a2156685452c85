"""What programs send reaches the engine as they mean it, and comes back in OpenAI's form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from api_world import PASSAGE, ApiWorld, error_of, failing, written

from app.core.calls.library import KeepAssistant
from app.errors import AppError, NoSpace, WorkerGone
from app.library.records import Assistant
from app.settings import ANSWER_STYLE
from app.types import Budget, Candidate, SearchResult, SearchTrace, Stats, Support
from app.workers.calls.documents import Embed, Ground, Grounded, Read, Search, Searched
from app.workers.calls.engine import (
    Chat,
    Chatted,
    Complete,
    Completed,
    PromptMessage,
    Token,
    TokenLogprob,
    ToolCall,
    TopLogprob,
)

HELLO = {"model": "inhouse", "messages": [{"role": "user", "content": "Hi"}]}
WEATHER = {
    "type": "function",
    "function": {"name": "weather", "description": None, "parameters": {"type": "object", "properties": {}}},
}

NO_TOOL = {"type": "function", "function": {"name": "x"}}


def pieces(text: str) -> list[dict[str, Any]]:
    """The events of a stream, which must end as OpenAI's do."""
    events = [line.removeprefix("data: ") for line in text.split("\n\n") if line.startswith("data: ")]
    assert events[-1] == "[DONE]"
    return [json.loads(event) for event in events[:-1]]


def test_a_chat_is_answered(data_folder: object) -> None:
    world = ApiWorld()
    body = world.post("/v1/chat/completions", HELLO).json()
    assert body["object"] == "chat.completion" and body["model"] == "starter"
    assert body["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hello there", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ]
    assert body["usage"]["prompt_tokens"] == 20 and body["usage"]["total_tokens"] == 23
    assert body["usage"]["prompt_tokens_details"] == {"cached_tokens": 8}


def test_every_parameter_reaches_the_engine() -> None:
    world = ApiWorld()
    sent = {
        **HELLO,
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "What "}, {"type": "text", "text": "weather?"}]},
            {
                "role": "assistant",
                "content": None,
                "refusal": None,
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Bonn"}'}}
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "rain"},
        ],
        "temperature": 0.5, "top_p": 0.7, "top_k": 5, "min_p": 0.1, "repeat_penalty": 1.3, "seed": 11,
        "max_completion_tokens": 17, "stop": ["\n", "END"], "logprobs": True, "top_logprobs": 4,
        "tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "weather"}},
        "user": "someone", "metadata": {"a": "b"}, "store": False, "service_tier": "auto", "logit_bias": None,
    }  # fmt: skip
    assert world.post("/v1/chat/completions", sent).status_code == 200
    (call,) = world.asked(Complete)
    assert call.messages == (
        PromptMessage(role="system", content="Be brief."),
        PromptMessage(role="user", content="What weather?"),
        PromptMessage(role="assistant", tool_calls=(ToolCall(id="c1", name="weather", arguments='{"city":"Bonn"}'),)),
        PromptMessage(role="tool", content="rain", tool_call_id="c1"),
    )
    sampling = call.sampling
    assert (sampling.temperature, sampling.top_p, sampling.top_k, sampling.min_p) == (0.5, 0.7, 5, 0.1)
    assert (sampling.repeat_penalty, sampling.seed, sampling.max_tokens) == (1.3, 11, 17)
    assert sampling.stop == ("\n", "END") and call.logprobs == 4 and call.priority == 0
    assert json.loads(call.tools) == [WEATHER | {"function": WEATHER["function"] | {"strict": None}}]
    assert call.tool_choice == "weather"


def test_what_is_not_sent_is_as_settings_say() -> None:
    world = ApiWorld()
    world.core.core.settings.set(ANSWER_STYLE, "creative")
    world.post("/v1/chat/completions", HELLO)
    schema = {"type": "json_schema", "json_schema": {"name": "output", "schema": {"type": "object"}}}
    world.post("/v1/chat/completions", {**HELLO, "response_format": schema})
    plain, formed = world.asked(Complete)
    assert plain.sampling == world.core.core.settings.sampling()
    assert formed.sampling.repeat_penalty == 1.0, "JSON repeats its own signs"
    assert json.loads(formed.json_schema) == {"type": "object"} and not formed.json_object


def test_choices_of_one_seed_differ() -> None:
    world = ApiWorld()
    body = world.post("/v1/chat/completions", {**HELLO, "n": 3, "seed": 4}).json()
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2]
    assert [call.sampling.seed for call in world.asked(Complete)] == [4, 5, 6]
    assert body["usage"]["prompt_tokens"] == 20 and body["usage"]["completion_tokens"] == 9, "one prompt, three answers"


def test_a_stream_says_who_what_and_why() -> None:
    world = ApiWorld()
    said = pieces(
        world.post("/v1/chat/completions", {**HELLO, "stream": True, "stream_options": {"include_usage": True}}).text
    )
    assert [each["choices"][0]["delta"] for each in said[:-1]] == [
        {"role": "assistant", "content": "", "refusal": None}, {"content": "Hello"}, {"content": " there"}, {},
    ]  # fmt: skip
    assert [each["choices"][0]["finish_reason"] for each in said[:-1]] == [None, None, None, "stop"]
    assert said[-1]["choices"] == [] and said[-1]["usage"]["completion_tokens"] == 3
    assert len({each["id"] for each in said}) == 1


def test_streamed_choices_keep_apart() -> None:
    world = ApiWorld()
    said = pieces(world.post("/v1/chat/completions", {**HELLO, "stream": True, "n": 2}).text)
    for index in (0, 1):
        mine = [each["choices"][0] for each in said if each["choices"][0]["index"] == index]
        assert "".join(each["delta"].get("content", "") for each in mine) == "Hello there"
        assert mine[-1]["finish_reason"] == "stop"


def test_tool_calls_whole_and_streamed() -> None:
    world = ApiWorld()
    calls = (ToolCall(id="a", name="weather", arguments="{}"), ToolCall(id="b", name="weather", arguments="{}"))
    world.answers[Complete] = written(tool_calls=calls, reason="tool_calls")
    ask = {**HELLO, "tools": [WEATHER]}
    choice = world.post("/v1/chat/completions", ask).json()["choices"][0]
    assert choice["finish_reason"] == "tool_calls" and choice["message"]["content"] is None
    assert [call["id"] for call in choice["message"]["tool_calls"]] == ["a", "b"]
    one = world.post("/v1/chat/completions", {**ask, "parallel_tool_calls": False}).json()["choices"][0]
    assert [call["id"] for call in one["message"]["tool_calls"]] == ["a"]
    said = pieces(world.post("/v1/chat/completions", {**ask, "stream": True}).text)
    assert said[1]["choices"][0]["delta"]["tool_calls"][1] == {
        "index": 1, "id": "b", "type": "function", "function": {"name": "weather", "arguments": "{}"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "thinking"),
    [
        ({"reasoning_effort": "none"}, 0),
        ({"reasoning_effort": "low"}, 512),
        ({"reasoning_effort": "xhigh"}, None),
        ({"reasoning": {"max_tokens": 77}}, 77),
        ({"reasoning": {"effort": "high"}}, 4096),
        ({"reasoning": {"enabled": False}}, 0),
        ({"reasoning": {"enabled": True}}, 4096),
        ({}, 4096),  # as Settings say
    ],
)
def test_a_program_says_how_long_a_model_may_think(sent: dict[str, Any], thinking: int | None) -> None:
    world = ApiWorld()
    assert world.post("/v1/chat/completions", {**HELLO, **sent}).status_code == 200
    assert world.asked(Complete)[0].sampling.thinking == thinking


def test_thinking_stays_apart_from_the_answer() -> None:
    world = ApiWorld()

    def answer(job: Any) -> None:
        job.say(Token(text="Hm.", thinking=True))
        job.say(Token(text="Yes."))
        job.finish(Completed(text="Yes.", thinking="Hm.", reason="length"))

    world.answers[Complete] = answer
    choice = world.post("/v1/chat/completions", HELLO).json()["choices"][0]
    assert (choice["message"]["content"], choice["message"]["reasoning_content"]) == ("Yes.", "Hm.")
    assert choice["finish_reason"] == "length"
    said = pieces(world.post("/v1/chat/completions", {**HELLO, "stream": True}).text)
    assert [each["choices"][0]["delta"] for each in said[1:3]] == [{"reasoning_content": "Hm."}, {"content": "Yes."}]


def test_log_probabilities_in_both_forms() -> None:
    world = ApiWorld()
    token = TokenLogprob("é", -0.5, (195, 169), (TopLogprob("é", -0.5, (195, 169)), TopLogprob("e", -1.0, (101,))))

    def answer(job: Any) -> None:
        job.say(Token(text="é", logprobs=(token,)))
        job.finish(Completed(text="é", logprobs=(token,)))

    world.answers[Complete] = answer
    chat = world.post("/v1/chat/completions", {**HELLO, "logprobs": True, "top_logprobs": 2}).json()
    (found,) = chat["choices"][0]["logprobs"]["content"]
    assert found["bytes"] == [195, 169] and found["top_logprobs"][1] == {"token": "e", "logprob": -1.0, "bytes": [101]}
    text = world.post("/v1/completions", {"model": "inhouse", "prompt": "caf", "logprobs": 2}).json()
    assert text["choices"][0]["logprobs"] == {
        "tokens": ["é"], "token_logprobs": [-0.5], "top_logprobs": [{"é": -0.5, "e": -1.0}], "text_offset": [0],
    }  # fmt: skip


def test_texts_go_on_one_choice_each() -> None:
    world = ApiWorld()
    body = world.post("/v1/completions", {"model": "starter", "prompt": ["One", "Two"], "n": 2, "max_tokens": 4}).json()
    assert [call.prompt for call in world.asked(Complete)] == ["One", "One", "Two", "Two"]
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2, 3]
    assert body["usage"]["prompt_tokens"] == 40, "two prompts, each read once"
    streamed = world.post("/v1/completions", {"model": "starter", "prompt": "One", "stream": True})
    assert "".join(each["choices"][0]["text"] for each in pieces(streamed.text)) == "Hello there"


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"frobnicate": 1}, "frobnicate", "unsupported_parameter"),
        ({"logit_bias": {"1": 2}}, "logit_bias", "unsupported_parameter"),
        ({"verbosity": "high"}, "verbosity", "unsupported_parameter"),
        ({"reasoning_effort": "endless"}, "reasoning_effort", "invalid_value"),
        ({"reasoning_effort": "low", "reasoning": {"max_tokens": 5}}, "reasoning", "invalid_value"),
        ({"reasoning": {"effort": "low", "max_tokens": 5}}, "reasoning", "invalid_value"),
        ({"reasoning": {"max_tokens": -1}}, "reasoning.max_tokens", "invalid_value"),
        ({"reasoning": {"exclude": True}}, "reasoning.exclude", "invalid_value"),
        ({"functions": []}, "functions", "unsupported_parameter"),
        ({"presence_penalty": 0.5}, "presence_penalty", "unsupported_parameter"),
        ({"store": True}, "store", "invalid_value"),
        ({"temperature": 3}, "temperature", "invalid_value"),
        ({"n": 9}, "n", "invalid_value"),
        ({"n": "1"}, "n", "invalid_value"),
        ({"stop": ["1", "2", "3", "4", "5"]}, "stop", "invalid_value"),
        ({"stop": ""}, "stop", "invalid_value"),
        ({"top_logprobs": 2}, "top_logprobs", "invalid_value"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "invalid_value"),
        ({"max_tokens": 1, "max_completion_tokens": 2}, "max_tokens", "invalid_value"),
        ({"tool_choice": "required"}, "tool_choice", "invalid_value"),
        ({"tools": [WEATHER], "tool_choice": NO_TOOL}, "tool_choice", "invalid_value"),
        ({"tools": [WEATHER], "response_format": {"type": "json_object"}}, "response_format", "invalid_value"),
        ({"response_format": {"type": "grammar"}}, "response_format.type", "invalid_value"),
        ({"messages": []}, "messages", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "missing_required_parameter"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id", "invalid_value"),
        ({"messages": [{"role": "user", "content": "x", "colour": 1}]}, "messages[0].colour", "unsupported_parameter"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            "messages[0].content[0].image_url.url",
            "invalid_value",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "x"}}]}]},
            "messages[0].content[0].type",
            "invalid_value",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused_by_name(change: dict[str, Any], param: str, code: str) -> None:
    world = ApiWorld()
    response = world.post("/v1/chat/completions", {**HELLO, **change})
    error = error_of(response)
    assert response.status_code == 400 and error["type"] == "invalid_request_error"
    assert (error["param"], error["code"]) == (param, code)
    assert param.split(".")[-1] in error["message"] or code == "invalid_value"
    assert not world.asked(Complete), "nothing was written"


def test_a_missing_parameter_is_named() -> None:
    error = error_of(ApiWorld().post("/v1/chat/completions", {"messages": HELLO["messages"]}))
    assert (error["param"], error["code"]) == ("model", "missing_required_parameter")


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b"", b"7"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    headers = {"content-type": "application/json"}
    response = ApiWorld().run(lambda client: client.post("/v1/chat/completions", content=body, headers=headers))
    assert response.status_code == 400
    error_of(response)


def test_unknown_models_and_places_are_not_found() -> None:
    world = ApiWorld()
    for response in (
        world.post("/v1/chat/completions", {**HELLO, "model": "gpt-6-astra"}),
        world.get("/v1/models/gpt-6-astra"),
        world.post("/v1/embeddings", {"model": "text-embedding-3-small", "input": "x"}),
    ):
        assert response.status_code == 404 and error_of(response)["code"] == "model_not_found"
    assert world.get("/v1/nothing").status_code == 404 and world.get("/v1/collections/9").status_code == 404
    wrong = world.get("/v1/chat/completions")
    assert wrong.status_code == 405 and wrong.headers["allow"] == "POST"
    assert error_of(wrong)["message"] == "GET is not possible here."


def test_the_model_in_use_has_a_name_that_stays() -> None:
    world = ApiWorld()
    listed = [model["id"] for model in world.get("/v1/models").json()["data"]]
    assert listed == ["inhouse", "starter", "inhouse-embed"]
    assert world.get("/v1/models/inhouse").json()["name"] == "SmolLM2 135M"
    for name in ("inhouse", "starter", "SmolLM2 135M"):
        assert world.post("/v1/chat/completions", {**HELLO, "model": name}).json()["model"] == "starter"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (WorkerGone("The model stopped.", "Try again.", "/home/someone/secret"), 503),
        (AppError("The prompt is too long.", "Shorten it."), 400),
        (NoSpace("The disk is full."), 507),
    ],
)
def test_what_fails_in_a_child_is_said_in_its_words(error: AppError, status: int) -> None:
    world = ApiWorld()
    world.answers[Complete] = failing(error)
    for stream in (False, True):
        response = world.post("/v1/chat/completions", {**HELLO, "stream": stream})
        assert response.status_code == status, "a stream that never began has a status of its own"
        assert error_of(response)["message"] == str(error) and "secret" not in response.text


def test_a_stream_that_fails_in_the_middle_says_so() -> None:
    world = ApiWorld()

    def answer(job: Any) -> None:
        job.say(Token(text="Hel"))
        job.fail(WorkerGone("The model stopped."))

    world.answers[Complete] = answer
    text = world.post("/v1/chat/completions", {**HELLO, "stream": True}).text
    last = json.loads(text.strip().split("\n\n")[-1].removeprefix("data: "))
    assert last["error"]["message"] == "The model stopped." and "[DONE]" not in text


def test_embeddings_in_both_forms() -> None:
    world = ApiWorld()
    plain = world.post("/v1/embeddings", {"model": "inhouse-embed", "input": ["a", "bc"]}).json()
    assert [each["embedding"] for each in plain["data"]] == [[0.6, 0.8, 1.0], [0.6, 0.8, 2.0]]
    assert plain["usage"] == {"prompt_tokens": 2, "total_tokens": 2}
    packed = world.post("/v1/embeddings", {"model": "inhouse-embed", "input": "a", "encoding_format": "base64"}).json()
    assert packed["data"][0]["embedding"] == "mpkZP83MTD8AAIA/"  # struct.pack("<3f", 0.6, 0.8, 1.0)
    world.post("/v1/embeddings", {"model": "inhouse-embed", "input": "a", "input_type": "query"})
    assert [call.query for call in world.asked(Embed)] == [False, False, True]
    many = world.post("/v1/embeddings", {"model": "inhouse-embed", "input": [f"text {i}" for i in range(70)]}).json()
    assert [each["index"] for each in many["data"]] == list(range(70))
    assert len(world.asked(Embed)) == 6, "in batches, so that a search gets its turn between them"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"input": [1, 2]}, "input[0]"),
        ({"input": " "}, "input"),
        ({"input": []}, "input"),
        ({"dimensions": 9}, "dimensions"),
    ],
)
def test_embeddings_that_cannot_be(change: dict[str, Any], param: str) -> None:
    response = ApiWorld().post("/v1/embeddings", {"model": "inhouse-embed", "input": "x", **change})
    assert response.status_code == 400 and error_of(response)["param"] == param


def test_a_collection_is_searched_without_saying_where_files_lie() -> None:
    world = ApiWorld()
    response = world.post("/v1/collections/1/search", {"query": "hotel limit", "k": 3})
    body = response.json()
    assert body["found"] and body["data"][0]["text"] == PASSAGE.text and body["data"][0]["document"] == "travel.md"
    assert "/home/someone" not in response.text
    (call,) = world.asked(Search)
    assert (call.query, call.collections, call.k) == ("hotel limit", (1,), 3)
    assert world.get("/v1/collections").json()["data"][0] == world.get("/v1/collections/1").json()


def test_a_question_to_a_collection_has_citations() -> None:
    world = ApiWorld()
    world.answers[Read] = lambda job: job.fail(AppError("Nothing can be read."))  # so that the model is asked
    world.answers[Chat] = lambda job: (  # type: ignore[assignment, return-value]
        job.say(Token(text="The limit in Munich is 165 €.")),
        job.finish(
            Chatted(
                text="The limit in Munich is 165 €.", thinking="", reason="end", stats=Stats(completion_tokens=9),
                budget=Budget(context=8192, used=50), passages_used=1,
            )
        ),
    )  # fmt: skip
    world.answers[Ground] = lambda job: job.finish(Grounded(support=(Support(n=1, score=0.9),)))
    body = world.post("/v1/collections/1/ask", {"question": "What is the hotel limit in Munich?"}).json()
    assert body["object"] == "collection.answer" and "[1]" in body["answer"] and not body["not_found"]
    assert body["citations"][0]["n"] == 1 and body["citations"][0]["document_id"] == 3
    assert (body["flagged"], body["disagree"], body["notices"]) == ([], None, [])
    assert {"date", "date_from", "newer", "flagged"} <= body["citations"][0].keys()
    said = pieces(world.post("/v1/collections/1/ask", {"question": "The hotel limit?", "stream": True}).text)
    assert said[0]["object"] == "collection.answer.draft" and said[0]["delta"] == "The limit in Munich is 165 €."
    assert said[-1]["object"] == "collection.answer" and said[-1]["citations"] == body["citations"]


def test_an_assistant_answers_where_it_is_named() -> None:
    world = ApiWorld()
    world.answers[Read] = lambda job: job.fail(AppError("Nothing can be read."))  # so that the model is asked
    world.answers[Chat] = lambda job: job.fail(AppError("It was asked."))
    world.core.door().call(KeepAssistant(assistant=Assistant(name="Plain letters", instructions="Be brief.")))
    asked = {"question": "What is the hotel limit in Munich?", "assistant": "plain LETTERS"}
    world.post("/v1/collections/1/ask", asked)
    assert "Be brief." in world.asked(Chat)[-1].system
    assert error_of(world.post("/v1/collections/1/ask", {**asked, "assistant": "x"}))["code"] == "assistant_not_found"


def test_why_says_how_the_answer_came_about_where_it_is_asked() -> None:
    world = ApiWorld()
    world.answers[Read] = lambda job: job.fail(AppError("Nothing can be read."))  # so that the model is asked
    world.answers[Chat] = lambda job: job.finish(
        Chatted(
            text="The limit in Munich is 165 €.", thinking="", reason="end", stats=Stats(completion_tokens=9),
            budget=Budget(context=8192, used=50), passages_used=1,
        )
    )  # fmt: skip
    world.answers[Ground] = lambda job: job.finish(Grounded(support=(Support(n=1, score=0.9),)))
    candidate = Candidate(passage_id=PASSAGE.id, document_id=3, document="travel.md", page=None, share=1.2, meaning=0.5)
    trace = SearchTrace(documents=1, passages=4, candidates=(candidate,))
    found = SearchResult(passages=(PASSAGE,), found=True, elapsed_ms=2.0, trace=trace)
    world.answers[Search] = lambda job: job.finish(Searched(result=found))
    asked = {"question": "What is the hotel limit in Munich?"}
    assert "why" not in world.post("/v1/collections/1/ask", asked).json()
    answered = world.post("/v1/collections/1/ask", {**asked, "why": True})
    how = answered.json()["why"]
    assert how["looked_at"] == [
        {
            "passage_id": PASSAGE.id, "document_id": 3, "document": "travel.md", "page": None, "words": 1.0,
            "meaning": 0.5, "chance": None, "flagged": 0, "outcome": "used", "source": 1,
        }
    ]  # fmt: skip
    assert (how["asked"], how["passages"], how["read"], how["used"], how["wording"]) == (
        asked["question"], 4, 1, 1, "model",
    )  # fmt: skip
    assert how["settings"]["passages"] == 6 and how["search_ms"] == 2.0
    streamed = pieces(world.post("/v1/collections/1/ask", {**asked, "why": True, "stream": True}).text)
    assert streamed[-1]["why"] == how
