"""What the model makes of a picture is what llama.cpp's own helper makes of it, whatever positions its parts have.

Three kinds: positions in a row, positions of four numbers (M-RoPE), and parts that all look at each other. Each is held
against `mtmd_helper_eval_chunks` on the same prompt, in a context of its own.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import llama_cpp.llama_cpp as c
import llama_cpp.mtmd_cpp as m
import msgspec
import numpy as np
import pytest
from arch_gguf import write_model
from engine_helpers import GREEDY, conversations_of, run
from numpy.typing import NDArray
from test_engine_vision import BLUE, RED, picture
from tiny_gguf import write_tiny
from tiny_projector import Kind, write_tiny_projector

from app.engine.worker import EngineRole
from app.errors import AppError
from app.llama.context import Context, Part
from app.llama.vision import Eyes
from app.paths import Home
from app.pictures import Picture
from app.types import Message
from app.workers.calls.engine import Chat, Chatted, Load, Loaded, Token, TokenLogprob

SIZE, TOP = 1024, 8
NEAR, IN_SLICES = 1e-4, 5e-3
"""Half precision gives slightly other numbers where a prompt is read in other slices. Wrong positions differ by more:
with one for each part of a picture all tests of M-RoPE fail."""
WIDE = picture("green", (150, 60))
MODELS: dict[Kind, str] = {"mlp": "llama", "qwen2vl_merger": "qwen2vl", "gemma3": "gemma3"}


@dataclass
class Seeing:
    engine: EngineRole
    projector: Path
    kind: Kind


@pytest.fixture(scope="module", params=list(MODELS))
def seeing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeing]:
    folder, kind = tmp_path_factory.mktemp("seeing"), request.param
    projector = folder / "mmproj.gguf"
    if kind == "mlp":
        model = write_tiny(folder / "tiny.gguf")
        write_tiny_projector(projector)
    else:
        model = write_model(folder / "tiny.gguf", MODELS[kind])
        write_tiny_projector(projector, projects_to=256, kind=kind)
    engine = EngineRole(Home(folder))
    loaded, _ = run(engine.handle(Load(path=str(model), projector=str(projector), context=SIZE, threads=1)))
    assert isinstance(loaded, Loaded) and loaded.info.sees
    yield Seeing(engine, projector, kind)
    engine.close()


class Helper:
    """llama.cpp's own way: its tokenizer for prompts with pictures, and its evaluation of them."""

    def __init__(self, seeing: Seeing) -> None:
        self._model = conversations_of(seeing.engine).model
        self.context = Context(self._model, SIZE, 512, 1, sequences=1)
        params = m.mtmd_context_params_default()
        params.use_gpu, params.n_threads, params.print_timings, params.warmup = False, 1, False, False
        self.handle = m.mtmd_init_from_file(str(seeing.projector).encode(), self._model.handle, params)

    def evaluate(self, text: str, *pictures: Picture) -> tuple[NDArray[np.float32], int]:
        """Logits (vocabulary,) behind a prompt in which the marker stands for each picture; and its positions."""
        bitmaps = [
            m.mtmd_helper_bitmap_init_from_buf(
                self.handle, (ctypes.c_ubyte * len(each.data))(*each.data), len(each.data), False
            )
            for each in pictures
        ]
        chunks = m.mtmd_input_chunks_init()
        raw = text.encode()
        said = m.mtmd_input_text(raw, len(raw), False, True)
        array = (ctypes.c_void_p * len(bitmaps))(*bitmaps)
        assert m.mtmd_tokenize(self.handle, chunks, ctypes.byref(said), array, len(bitmaps)) == 0
        after = c.llama_pos(0)
        assert (
            m.mtmd_helper_eval_chunks(self.handle, self.context.handle, chunks, 0, 0, 512, True, ctypes.byref(after))
            == 0
        )
        m.mtmd_input_chunks_free(chunks)
        for bitmap in bitmaps:
            m.mtmd_bitmap_free(bitmap)
        return self.context.logits(-1).copy(), int(after.value)

    def go_on(self, position: int, token: int) -> NDArray[np.float32]:
        assert self.context.decode([Part(0, position, [token], wanted=True)]) == 0
        return self.context.logits(0).copy()

    def close(self) -> None:
        m.mtmd_free(self.handle)
        self.context.close()


@pytest.fixture
def helper(seeing: Seeing) -> Iterator[Helper]:
    made = Helper(seeing)
    yield made
    made.close()


def prompt_of(pictures: int) -> str:
    marks = "<__media__>\n" * pictures
    return (
        f"<|im_start|>system\nSay.<|im_end|>\n<|im_start|>user\n{marks}What is it?<|im_end|>\n<|im_start|>assistant\n"
    )


def told(seeing: Seeing, call: Chat) -> tuple[Chatted, list[TokenLogprob]]:
    """The answer, and how likely its tokens were."""
    result, events = run(seeing.engine.handle(msgspec.structs.replace(call, logprobs=TOP)))
    assert isinstance(result, Chatted)
    return result, [each for event in events if isinstance(event, Token) for each in event.logprobs]


def chances(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Natural logarithms of the probabilities, the likeliest first."""
    wide = logits.astype(np.float64)
    return np.sort(wide - wide.max() - np.log(np.exp(wide - wide.max()).sum()))[::-1]


def same(seen: TokenLogprob, logits: NDArray[np.float32], near: float = NEAR) -> bool:
    return np.allclose([each.logprob for each in seen.top], chances(logits)[:TOP], atol=near)


def question(*pictures: Picture, conversation: str = "") -> Chat:
    return Chat(
        conversation=conversation, question="What is it?", system="Say.", pictures=pictures,
        sampling=msgspec.structs.replace(GREEDY, max_tokens=4),
    )  # fmt: skip


@pytest.mark.parametrize("pictures", [(RED,), (WIDE,), (BLUE, WIDE)], ids=["one", "wide", "two"])
def test_what_is_likely_behind_a_picture_is_what_llama_cpp_says(
    seeing: Seeing, helper: Helper, pictures: tuple[Picture, ...]
) -> None:
    conversations_of(seeing.engine).reset()
    answer, likely = told(seeing, question(*pictures))
    logits, position = helper.evaluate(prompt_of(len(pictures)), *pictures)
    if seeing.kind == "qwen2vl_merger":
        assert position < answer.stats.prompt_tokens, "a picture takes fewer positions than it has parts"
    else:
        assert position == answer.stats.prompt_tokens
    for at, seen in enumerate(likely):
        assert same(seen, logits), f"token {at}"
        logits = helper.go_on(position + at, int(logits.argmax()))


def test_it_is_the_same_where_a_picture_comes_from_the_cache_or_the_memory_beside_it(
    seeing: Seeing, helper: Helper
) -> None:
    conversations_of(seeing.engine).reset()
    first, _ = told(seeing, question(WIDE, conversation="1"))
    _, copied = told(seeing, question(WIDE, conversation="2"))
    logits, _ = helper.evaluate(prompt_of(1), WIDE)
    assert same(copied[0], logits, IN_SLICES)
    told(seeing, Chat(conversation="3", question="Something else", sampling=GREEDY))  # the others leave the cache
    again = Chat(
        conversation="1", question="Why?", system="Say.", sampling=GREEDY,
        history=(Message("user", "What is it?", (WIDE,)), Message("assistant", "A plan.")),
    )  # fmt: skip
    kept, likely = told(seeing, again)
    assert kept.stats.evaluated_tokens <= kept.stats.prompt_tokens - first.stats.prompt_tokens
    conversations_of(seeing.engine).reset()
    anew, fresh = told(seeing, msgspec.structs.replace(again, conversation="4"))
    assert anew.text == kept.text
    assert np.allclose([each.logprob for each in likely], [each.logprob for each in fresh], atol=IN_SLICES)


def test_the_parts_of_a_picture_are_counted_as_cells(seeing: Seeing) -> None:
    """Four pictures that fit by their positions alone would fill the cache in the middle of the prompt."""
    many = Chat(conversation="", question="What?", system="Say.", pictures=(WIDE, RED, BLUE, WIDE), sampling=GREEDY)
    conversations = conversations_of(seeing.engine)
    conversations.reset()
    prompt = conversations.prompt(many)
    answered, _ = told(seeing, many)
    slots = conversations.slots
    assert slots.cells(slots.idle) == len(prompt.tokens) + answered.stats.completion_tokens - 1


def test_a_picture_that_llama_cpp_would_end_the_process_over_is_refused(seeing: Seeing) -> None:
    eyes = Eyes(seeing.projector, conversations_of(seeing.engine).model, 1, 2)
    try:
        if seeing.kind != "gemma3":
            assert len(eyes.take(RED).images[0].tokens) > 2, "whose parts look only back are read in several batches"
            return
        with pytest.raises(AppError, match="could not look"):
            eyes.take(RED)
    finally:
        eyes.close()


def test_large_pictures_take_no_more_than_the_context_has_room_for(seeing: Seeing) -> None:
    call = Chat(conversation="", question="What?", system="Say.", pictures=(picture("red", (1344, 1344)),) * 4)
    prompt = conversations_of(seeing.engine).prompt(call)
    seen = sum(token < 0 for token in prompt.tokens)
    assert 0 < seen <= SIZE // 2
    if seeing.kind == "qwen2vl_merger":
        assert seen > SIZE // 4, "as large as it may be"
