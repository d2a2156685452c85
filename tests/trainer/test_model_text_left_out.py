"""What a model wrote is collected apart: nothing trains on it before a person takes it back, and it is counted."""

from __future__ import annotations

from pathlib import Path

import msgspec

from app.text.model_text import Print, print_of
from app.types import Message
from trainer import events
from trainer.context import Context
from trainer.prepare import collect
from trainer.prepare.clean import Cleaner
from trainer.prepare.model_text import TEXT_REASON, apart
from trainer.spec import Example, RunSpec, TextDocument, read_lines, write_lines

SAID = (
    "Send the laptop a week ahead, together with a short letter that explains who will call and when, and have a buddy"
    " from another department answer every question that feels too small for a meeting."
)
OWN = "Visitors sign in at the front desk and wear a badge. "


def test_a_document_is_kept_without_it_and_its_pages_stay_where_they_are() -> None:
    text = f"{OWN}{SAID} {OWN}"
    span = (len(OWN), len(OWN) + len(SAID))
    kept, model = apart(TextDocument(id="d", text=text, pages=((0, len(text)),), by_model=(span,)))
    assert len(kept.text) == len(text) and kept.text.split() == [*OWN.split(), *OWN.split()]
    assert kept.pages == ((0, len(text)),) and not kept.excluded
    assert (model.text, model.excluded, model.reason) == (SAID, True, TEXT_REASON)
    assert Cleaner(mask=False, languages=()).clean_texts([model])[0].reason == TEXT_REASON


def test_a_document_that_is_all_a_models_leaves_nothing_to_learn() -> None:
    (model,) = apart(TextDocument(id="d", text=SAID, by_model=((0, len(SAID)),)))
    assert model.excluded


def test_collecting_counts_it_says_so_and_leaves_no_print_behind(tmp_path: Path) -> None:
    text = OWN * 9 + SAID
    document = TextDocument(id="d", text=text, by_model=((len(OWN) * 9, len(text)),))
    write_lines(tmp_path / "inputs" / "documents.jsonl", [document])
    rows = [Example(id="own", messages=_asked(OWN), approved=True), Example(id="chat", messages=_asked(SAID))]
    (tmp_path / "inputs" / "own.jsonl").write_bytes(
        b"".join(msgspec.json.encode({"question": row.question, "answer": row.answer}) + b"\n" for row in rows)
    )
    write_lines(tmp_path / "inputs" / "prints.jsonl", [Print(1, 0.0, print_of(SAID))])
    said: list[events.Event] = []
    inputs = [
        {"kind": "documents", "path": str(tmp_path / "inputs" / "documents.jsonl")},
        {"kind": "file", "path": str(tmp_path / "inputs" / "own.jsonl")},
    ]
    spec = msgspec.convert({"id": "r", "base": {"path": "m.gguf"}, "data": {"inputs": inputs}}, type=RunSpec)
    summary = collect.run(Context(spec, tmp_path, said.append))
    assert summary["by_model"] == 2
    found = read_lines(tmp_path / "collect" / "examples.jsonl", Example)
    assert [each.excluded for each in found] == [False, True]
    notices = [each.message for each in said if isinstance(each, events.Notice)]
    assert notices == [
        "One document holds text that an AI model wrote. It was left out.",
        "One answer in your files was written by an AI model in your chats, and left out.",
    ]
    assert not (tmp_path / "inputs" / "prints.jsonl").exists()


def _asked(answer: str) -> tuple[Message, ...]:
    return (Message("user", "How do we welcome people?"), Message("assistant", answer))
