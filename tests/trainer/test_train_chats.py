"""Conversations as examples: only approved answers are learned, no exam question is read, odd ones are left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tiny import write_tiny

from app.finetune.sources import Rated, from_chat, from_ratings
from app.types import Message
from trainer.context import Context
from trainer.errors import TrainerError
from trainer.prepare import split
from trainer.spec import BaseModel, Data, Example, Origins, Preference, Replay, RunSpec, Turn, write_lines
from trainer.train import base
from trainer.train.gather import Gathering

CHAT = (Turn("user", "the hen?"), Turn("assistant", "In the barn."), Turn("user", "why"), Turn("assistant", "Rain"))


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = tmp_path_factory.mktemp("tiny")
    return base.load_tokenizer(base.ensure_folder(BaseModel(path=str(write_tiny(home / "tiny.gguf"))), home / "cache"))


@pytest.fixture
def gathering(tokenizer: Any, tmp_path: Path) -> Any:
    """What encodes the examples of a run, without a model."""
    spec = RunSpec(id="r", base=BaseModel(path="base.gguf"), data=Data())
    return Gathering(Context(spec, tmp_path / "runs" / "r", lambda _event: None), tokenizer, None, 512)


def learned(tokenizer: Any, unit: Any) -> list[str]:
    return [
        tokenizer.decode([token for token, target in zip(each.ids, each.targets, strict=True) if target])
        for each in unit
    ]


def test_a_thumb_up_teaches_the_answer_that_it_stands_under_and_no_earlier_one(gathering: Any, tokenizer: Any) -> None:
    history = (Message("user", "What is our notice period?"), Message("assistant", "It is 99 weeks."))
    liked = Rated(id=2, history=history, question="No, check again.", answer="It is 4 weeks.", up=True)
    (example,) = from_ratings([liked], pairs=False)
    (unit,) = gathering.encode([example], "train")
    assert learned(tokenizer, unit) == ["It is 4 weeks.<|im_end|>"]
    assert "99 weeks" in tokenizer.decode(unit[0].ids)


def test_a_rejected_answer_of_a_chat_is_not_learned_inside_a_later_one(gathering: Any, tokenizer: Any) -> None:
    rows = from_chat(1, [Message(turn.role, turn.content) for turn in CHAT])
    (unit,) = gathering.encode([row for row in rows if row.id == "chat-1-3"], "train")
    assert learned(tokenizer, unit) == ["Rain<|im_end|>"]


def test_a_conversation_of_ones_own_is_learned_whole(gathering: Any, tokenizer: Any) -> None:
    (unit,) = gathering.encode([Example(id="a", messages=CHAT, origin="file")], "train")
    assert learned(tokenizer, unit) == ["In the barn.<|im_end|>Rain<|im_end|>"]


def test_of_a_pair_only_the_two_answers_are_weighed(gathering: Any, tokenizer: Any, tmp_path: Path) -> None:
    pair = Preference(id="p", messages=CHAT[:3], chosen="Rain", rejected="Sun", approved=True)
    units = _pairs(gathering, [pair]).train
    assert learned(tokenizer, units[0]) == ["Rain<|im_end|>", "Sun<|im_end|>"]


def _pairs(gathering: Any, pairs: list[Preference]) -> Any:
    split_folder = gathering.context.stage("split")
    write_lines(split_folder / "preferences.jsonl", pairs)
    return gathering.preferences()


def test_no_held_out_question_of_a_chat_stands_in_a_conversation_that_is_taught() -> None:
    chats = []
    for chat in range(40):
        turns = []
        for n in range(3):
            turns.append(Message("user", f"Question {n} on topic {chat} {'abcdefghij'[chat % 10] * 5}?"))
            turns.append(Message("assistant", f"The answer {n} for {chat} is value{chat * 7 + n}."))
        chats += from_chat(chat, turns)
    examples, leaked = split.without_leaks(split.Splitter(17, 1, 0.1).split(split.group_phrasings(chats), frozenset()))
    held = {e.question for e in examples if e.split == "heldout"}
    taught = split.asked(e for e in examples if e.split in ("train", "validation"))
    assert len(held) == 12 and leaked == 0
    assert not held & set(taught)


def test_a_held_out_question_in_the_middle_of_a_taught_conversation_is_a_leak() -> None:
    taught = Example(id="a", messages=CHAT)
    held = Example(id="b", messages=(Turn("user", "The hen?"), Turn("assistant", "Barn.")), split="heldout")
    examples, leaked = split.without_leaks([taught, held])
    assert leaked == 1 and examples[1].split == "aside"


STRICT = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Roles must alternate, the user first.') }}{% endif %}"
    "{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
GREETED = (Turn("assistant", "Hello, how can I help?"), *CHAT[:2])


@pytest.fixture
def strict(gathering: Any) -> Iterator[Any]:
    """A model whose template wants the turns to alternate."""
    before = gathering.tokenizer.chat_template
    gathering.tokenizer.chat_template = STRICT
    yield gathering
    gathering.tokenizer.chat_template = before


def test_a_conversation_that_begins_with_a_greeting_is_learned_from_its_first_question_on(
    gathering: Any, tokenizer: Any
) -> None:
    (unit,) = gathering.encode([Example(id="a", messages=GREETED, origin="file")], "train")
    assert learned(tokenizer, unit) == ["In the barn.<|im_end|>"]
    assert tokenizer.decode(unit[0].ids).startswith("<|im_start|>assistant")


def test_examples_that_the_template_refuses_are_counted_and_named_and_the_rest_trains(strict: Any) -> None:
    row = Origins(document="faq.jsonl", row=7)
    examples = [
        Example(id="sound", messages=CHAT, origin="file"),
        Example(id="a", messages=GREETED, origin="file", source=row),
        Example(id="b", messages=(CHAT[0], *CHAT[:2])),
        Example(id="empty", messages=CHAT[:1]),
    ]
    assert [unit[0].id for unit in strict.encode(examples, "train")] == ["sound"]
    assert strict.counts == {"train": 1, "refused": 2}
    assert strict.warnings == [
        "Examples that the model's template refuses were left out (2): line 7 of “faq.jsonl”, “the hen?”.",
        "1 examples have no answer to learn and were left out.",
    ]


def test_when_the_template_refuses_all_the_run_ends_with_a_sentence(strict: Any) -> None:
    refused = [Example(id="a", messages=GREETED, origin="file")]
    assert strict.encode(refused, "validation") == []
    with pytest.raises(TrainerError, match="template refuses a conversation"):
        strict.encode(refused, "train")


def test_what_the_template_refuses_is_no_sample_either(strict: Any) -> None:
    rows = [
        Example(id="a", messages=GREETED, origin="file", split="validation"),
        Example(id="b", messages=CHAT, origin="file"),
    ]
    write_lines(strict.context.stage("split") / "examples.jsonl", rows)
    strict.spec = msgspec.structs.replace(strict.spec, replay=Replay(enabled=False))
    found = strict.gather()
    assert (len(found.train), found.validation, [e.id for e in found.shown]) == (1, [], ["b"])


def test_pairs_that_the_template_refuses_are_left_out(strict: Any) -> None:
    sound = Preference(id="p", messages=CHAT[:3], chosen="Rain", rejected="Sun", approved=True)
    odd = msgspec.structs.replace(sound, id="q", messages=GREETED[:2])
    units = _pairs(strict, [sound, odd]).train
    assert [each.id for unit in units for each in unit] == ["p+", "p-"]
    assert strict.counts["refused"] == 1
    with pytest.raises(TrainerError, match="template refuses a conversation"):
        _pairs(strict, [odd])
