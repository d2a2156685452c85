"""The real `openai` client and the real `llm` against a real `inhouse serve` with the starter and the embedder."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import openai
import psutil
import pytest
from served import ROOT, Serving, inhouse, serving

from app.core.door import CoreDoor
from app.paths import SAMPLES, Home

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform == "win32", reason="the terminal's door is for Unix sockets"),
]

HI = [{"role": "user", "content": "Say hello to my colleagues."}]
PLACE = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 30}, "country": {"type": "string", "maxLength": 30}},
    "required": ["city", "country"],
    "additionalProperties": False,
}
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 30}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    home = Home(tmp_path_factory.mktemp("api") / "home")
    home.root.mkdir()
    added = inhouse(home, "add", str(SAMPLES / "Travel-Policy-2026.pdf"), "--collection", "Rules")
    assert added.returncode == 0, added.stderr
    with serving(home, "--rate", "100000") as running:
        yield running


@pytest.fixture
def client(served: Serving) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=served.address, api_key=served.key, max_retries=0, timeout=120) as opened:
        yield opened


def test_the_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["inhouse", "starter", "inhouse-embed"]
    assert client.models.retrieve("inhouse").owned_by == "inhouse"


def test_a_chat(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="inhouse", messages=HI, max_tokens=24, temperature=0)
    (choice,) = answer.choices
    assert choice.message.content and choice.finish_reason in ("stop", "length")
    assert answer.model == "starter" and answer.usage is not None
    assert 0 < answer.usage.completion_tokens <= 24
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_stream_says_the_same(client: openai.OpenAI) -> None:
    asked: dict[str, Any] = {"model": "inhouse", "messages": HI, "max_tokens": 24, "temperature": 0}
    whole = client.chat.completions.create(**asked)
    pieces = list(client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    said = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
    assert said == whole.choices[0].message.content
    assert pieces[-1].usage is not None and whole.usage is not None
    assert pieces[-1].usage.completion_tokens == whole.usage.completion_tokens
    assert len(pieces) > 5, "it came in pieces"


def test_the_helpers_of_the_client_for_streams(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model="inhouse", messages=HI, max_tokens=40, stop=[" ", "\n"]) as stream:
        said = [event.delta for event in stream if event.type == "content.delta"]
        final = stream.get_final_completion()
    assert said and final.choices[0].message.content == "".join(said)


def test_a_conversation_with_a_system_message(client: openai.OpenAI) -> None:
    messages: list[Any] = [
        {"role": "system", "content": "You are terse."},
        {"role": "user", "content": "My name is Anna."},
        {"role": "assistant", "content": "Hello Anna."},
        {"role": "user", "content": [{"type": "text", "text": "What is my name?"}]},
    ]
    answer = client.chat.completions.create(model="inhouse", messages=messages, max_tokens=20, temperature=0)
    assert "Anna" in (answer.choices[0].message.content or "")


def test_an_answer_of_a_given_form(client: openai.OpenAI) -> None:
    question: list[Any] = [{"role": "user", "content": "Paris is in France. Which city, which country?"}]
    form: Any = {"type": "json_schema", "json_schema": {"name": "place", "schema": PLACE, "strict": True}}
    answer = client.chat.completions.create(model="inhouse", messages=question, response_format=form, max_tokens=120)
    jsonschema.validate(json.loads(answer.choices[0].message.content or ""), PLACE)
    streamed = client.chat.completions.create(
        model="inhouse", messages=question, response_format=form, max_tokens=120, stream=True
    )
    text = "".join(piece.choices[0].delta.content or "" for piece in streamed)
    jsonschema.validate(json.loads(text), PLACE)


def test_any_json_object(client: openai.OpenAI) -> None:
    question: list[Any] = [{"role": "user", "content": 'Answer with {"city": "Paris"} as JSON.'}]
    answer = client.chat.completions.create(
        model="inhouse", messages=question, response_format={"type": "json_object"}, max_tokens=300, temperature=0
    )
    text = answer.choices[0].message.content or ""
    assert text.lstrip().startswith("{")
    if answer.choices[0].finish_reason == "stop":
        assert isinstance(json.loads(text), dict)


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "weather"}}])
def test_a_tool_that_must_be_called(client: openai.OpenAI, choice: Any) -> None:
    question: list[Any] = [{"role": "user", "content": "What is the weather in Munich?"}]
    answer = client.chat.completions.create(
        model="inhouse", messages=question, tools=[WEATHER], tool_choice=choice, max_tokens=120
    )
    calls: Any = answer.choices[0].message.tool_calls
    assert answer.choices[0].finish_reason == "tool_calls" and calls
    assert calls[0].function.name == "weather"
    jsonschema.validate(json.loads(calls[0].function.arguments), WEATHER["function"]["parameters"])
    messages: list[Any] = [*question, answer.choices[0].message.model_dump()]
    messages.append({"role": "tool", "tool_call_id": calls[0].id, "content": "12 degrees and rain"})
    after = client.chat.completions.create(model="inhouse", messages=messages, tools=[WEATHER], max_tokens=30)
    assert after.choices[0].finish_reason


def test_streamed_tool_calls(client: openai.OpenAI) -> None:
    question: list[Any] = [{"role": "user", "content": "What is the weather in Munich?"}]
    with client.chat.completions.stream(
        model="inhouse", messages=question, tools=[WEATHER], tool_choice="required", max_tokens=120
    ) as stream:
        final = stream.get_final_completion()
    (call, *_) = final.choices[0].message.tool_calls or []
    assert call.function.name == "weather" and json.loads(call.function.arguments)


def test_log_probabilities_are_those_of_the_answer(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="inhouse", messages=HI, max_tokens=8, temperature=0, logprobs=True, top_logprobs=5
    )
    found = answer.choices[0].logprobs
    assert found is not None and found.content
    said = b"".join(bytes(token.bytes or ()) for token in found.content).decode(errors="ignore")
    assert (answer.choices[0].message.content or "").startswith(said.strip()[:5])
    for token in found.content:
        assert token.logprob <= 0 and len(token.top_logprobs) == 5
        assert sum(math.exp(top.logprob) for top in token.top_logprobs) <= 1.0001
        assert token.logprob == pytest.approx(token.top_logprobs[0].logprob, abs=1e-4), "greedy takes the likeliest"


def test_choices_seeds_and_stops(client: openai.OpenAI) -> None:
    asked: dict[str, Any] = {"model": "inhouse", "messages": HI, "max_tokens": 16, "temperature": 1.0}
    first = client.chat.completions.create(**asked, n=3, seed=7)
    again = client.chat.completions.create(**asked, n=3, seed=7)
    texts = [choice.message.content for choice in first.choices]
    assert texts == [choice.message.content for choice in again.choices] and len(set(texts)) > 1
    asked = {"model": "inhouse", "messages": HI, "max_tokens": 40, "temperature": 0}
    whole = client.chat.completions.create(**asked).choices[0].message.content or ""
    word = whole.split()[2]
    stopped = client.chat.completions.create(**asked, stop=[word]).choices[0]
    assert stopped.finish_reason == "stop" and stopped.message.content == whole[: whole.index(word)]


def test_a_text_goes_on(client: openai.OpenAI) -> None:
    text = client.completions.create(model="starter", prompt="The capital of France is", max_tokens=6, temperature=0)
    assert "Paris" in text.choices[0].text
    both = client.completions.create(model="starter", prompt=["One, two,", "The sun"], max_tokens=4, logprobs=2)
    assert [choice.index for choice in both.choices] == [0, 1] and both.choices[0].logprobs is not None
    pieces = client.completions.create(
        model="starter", prompt="The capital of France is", max_tokens=6, temperature=0, stream=True
    )
    assert "".join(piece.choices[0].text for piece in pieces) == text.choices[0].text


def test_embeddings_are_near_where_texts_are(client: openai.OpenAI) -> None:
    texts = ["The hotel limit in Munich", "How much may a night in Munich cost?", "Kubernetes pods restart"]
    data = client.embeddings.create(model="inhouse-embed", input=texts).data
    plain = client.embeddings.create(model="inhouse-embed", input=texts[0], encoding_format="float").data[0].embedding
    vectors = [each.embedding for each in data]
    assert vectors[0] == pytest.approx(plain, abs=1e-6)
    near, far = (sum(a * b for a, b in zip(vectors[0], other, strict=True)) for other in vectors[1:])
    assert math.sqrt(sum(value * value for value in plain)) == pytest.approx(1.0, abs=1e-3)
    assert near > far + 0.05  # this embedder's cosines lie between 0.7 and 1


def test_a_question_to_the_documents(served: Serving) -> None:
    headers = {"authorization": f"Bearer {served.key}"}
    with httpx.Client(base_url=served.address, headers=headers, timeout=120) as http:
        (rules,) = http.get("/collections").json()["data"]
        assert rules["name"] == "Rules"
        found = http.post(f"/collections/{rules['id']}/search", json={"query": "hotel limit in Munich"}).json()
        assert found["found"] and "Munich" in found["data"][0]["text"]
        question = {"question": "What is the hotel limit per night in Munich?"}
        answer = http.post(f"/collections/{rules['id']}/ask", json=question).json()
        assert answer["citations"] and answer["citations"][0]["document"] == "Travel-Policy-2026.pdf"
        with http.stream("POST", f"/collections/{rules['id']}/ask", json={**question, "stream": True}) as streamed:
            events = [line.removeprefix("data: ") for line in streamed.iter_lines() if line.startswith("data: ")]
        assert events[-1] == "[DONE]" and json.loads(events[-2])["object"] == "collection.answer"


def test_errors_are_those_that_the_client_knows(served: Serving, client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="gpt-6-astra", messages=HI)
    assert missing.value.code == "model_not_found" and missing.value.request_id
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="inhouse", messages=HI, logit_bias={"1": 2})
    assert refused.value.param == "logit_bias"
    with pytest.raises(openai.BadRequestError) as long:
        client.chat.completions.create(model="inhouse", messages=[{"role": "user", "content": "word " * 60_000}])
    assert "long" in long.value.message
    with pytest.raises(openai.BadRequestError):
        schema: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "nonsense"}}}
        client.chat.completions.create(model="inhouse", messages=HI, response_format=schema)
    wrong = openai.OpenAI(base_url=served.address, api_key="inhouse-wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        wrong.models.list()


def test_eight_streams_at_once_are_whole(client: openai.OpenAI) -> None:
    answers: dict[int, str] = {}

    def ask(i: int) -> None:
        stream = client.chat.completions.create(model="inhouse", messages=HI, max_tokens=24, temperature=0, stream=True)
        answers[i] = "".join(piece.choices[0].delta.content or "" for piece in stream)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8 and all(answers.values())
    assert len(set(answers.values())) == 1, "none got a word of another"


def test_a_client_that_leaves_in_the_middle_frees_the_model(served: Serving, client: openai.OpenAI) -> None:
    """Greedy and without a penalty the starter repeats itself for thousands of tokens; what ends that is the client."""
    long: list[Any] = [{"role": "user", "content": "Count: one, two, three"}]
    greedy: dict[str, Any] = {"temperature": 0, "extra_body": {"repeat_penalty": 1.0}}
    with CoreDoor(served.home) as door:
        core = psutil.Process(door.connect().pid)
    (engine,) = [child for child in core.children() if "engine" in child.cmdline()]
    streams = [
        client.chat.completions.create(model="inhouse", messages=long, max_tokens=7000, stream=True, **greedy)
        for _ in range(3)
    ]
    for stream in streams:
        next(iter(stream))
    assert seconds_of_work(engine, 2.0) > 0.2, "it writes"
    for stream in streams:
        stream.close()
    end = time.monotonic() + 60
    while seconds_of_work(engine, 1.0) > 0.1:
        assert time.monotonic() < end, "somebody still writes for nobody"


def seconds_of_work(process: psutil.Process, seconds: float) -> float:
    """Of a processor, in the next so many seconds."""
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    return float(after.user - before.user + after.system - before.system)


@pytest.fixture
def llm_folder(served: Serving, tmp_path: Path) -> Path:
    folder = tmp_path / "llm"
    folder.mkdir()
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    folder.joinpath("extra-openai-models.yaml").write_text(text.replace("http://127.0.0.1:8217/v1", served.address))
    folder.joinpath("keys.json").write_text(json.dumps({"inhouse": served.key}))
    return folder


def llm(folder: Path, *args: str) -> str:
    """Run the real command; what it prints."""
    environment = {**os.environ, "LLM_USER_PATH": str(folder), "LLM_LOAD_PLUGINS": ""}
    run = subprocess.run(
        [sys.executable, "-m", "llm", *args],
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        stdin=subprocess.DEVNULL,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_llm_as_the_documentation_says(llm_folder: Path) -> None:
    assert "inhouse" in llm(llm_folder, "models")
    assert llm(llm_folder, "-m", "inhouse", "Say hello.", "-o", "max_tokens", "20").strip()
    assert llm(llm_folder, "-m", "inhouse", "Say hello.", "-o", "max_tokens", "20", "--no-stream").strip()
    assert llm(llm_folder, "-m", "inhouse", "-s", "Be brief.", "And my name?", "-c", "-o", "max_tokens", "8").strip()
    made = llm(
        llm_folder, "-m", "inhouse", "--schema", json.dumps(PLACE), "Paris is in France.", "-o", "max_tokens", "120"
    )
    jsonschema.validate(json.loads(made), PLACE)


def test_llm_offers_tools(llm_folder: Path) -> None:
    function = "def weather(city: str) -> str:\n    'The weather in a city.'\n    return city + ': 12 degrees'\n"
    llm(llm_folder, "-m", "inhouse", "--functions", function, "Weather in Munich?", "-o", "max_tokens", "60")
