"""The reader's training: what it learns from, and that a step or two leave an adapter that set-up can use."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from app.embedder.adapter import adapted
from app.embedder.prepared import TOKENIZER, prepared
from app.embedder.readers import ADAPTER
from app.paths import home
from trainer.reader.examples import answer_span, divided, examples, read_rows
from trainer.reader.network import encode
from trainer.reader.train import main

PARAGRAPHS = {
    "Pumps.md": [
        "The blue pump runs at 3 bar. It was built in Trier by the second shift.",
        "A red pump stands in hall 4, and nobody has oiled it since May.",
    ],
    "Doors.md": ["The north door opens at six. The guard has its key.", "The south door is closed on Sundays."],
}
"""Written for this test."""


def question(text: str, document: str, number: int, answer: str) -> dict[str, object]:
    paragraph = PARAGRAPHS[document][number]
    evidence = paragraph if answer else None
    answers = [answer] if answer else []
    return {"question": text, "document": document, "answers": answers, "evidence": evidence, "paragraph": paragraph}


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    rows = [
        question("At what pressure does the blue pump run?", "Pumps.md", 0, "3 bar"),
        question("Where is the red pump?", "Pumps.md", 1, "hall 4"),
        question("Who sold the blue pump?", "Pumps.md", 0, ""),
        question("When does the north door open?", "Doors.md", 0, "six"),
    ]
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_each_answer_is_learned_beside_a_paragraph_that_lacks_it(questions: Path) -> None:
    rows = read_rows(questions)
    made = list(examples(rows, random.Random(0)))
    blue = [each for each in made if each.question.startswith("At what pressure")]
    assert [(each.paragraph[slice(*each.answer)] if each.answer else "") for each in blue] == ["3 bar", ""]
    assert blue[1].paragraph in {PARAGRAPHS["Pumps.md"][1], *PARAGRAPHS["Doors.md"]}, "few of its own: of all"
    assert [each.answer for each in made if each.question.startswith("Who sold")] == [None]
    assert answer_span(rows[2]) is None


def test_documents_are_kept_out_by_name_alone() -> None:
    names, more = [f"{number}.md" for number in range(20)], [f"{number}.md" for number in range(15, 30)]
    known, kept = divided([names, more])
    assert (known, kept) == divided([[*reversed(names), *names], more])
    assert len(kept & set(names)) == 5 and len(kept - set(names)) == 5
    assert not known & kept and known | kept == {*names, *more}


def test_a_cut_paragraph_keeps_its_answer(questions: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(prepared(home().cache) / TOKENIZER))
    example = next(iter(examples(read_rows(questions), random.Random(0))))
    long = example._replace(paragraph=example.paragraph + " It hums." * 200)
    for seed in range(20):
        made = encode(tokenizer, long, 40, random.Random(seed))
        assert made is not None and len(made.ids) < 80
        assert tokenizer.decode(made.ids[made.start : made.end + 1]).strip() == "3 bar"


def test_a_step_leaves_an_adapter_that_set_up_can_use(questions: Path, tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel

    base = tmp_path / "base"
    config = BertConfig(
        vocab_size=250037, hidden_size=16, num_hidden_layers=5, num_attention_heads=2, intermediate_size=32
    )
    network = BertModel(config, add_pooling_layer=False)
    network.save_pretrained(base)
    (base / "tokenizer.json").write_bytes((prepared(home().cache) / TOKENIZER).read_bytes())
    out = tmp_path / "out"
    assert main([str(questions), "--base", str(base), "--out", str(out), "--epochs", "8"]) == 0
    adapter = load_file(out / ADAPTER)
    state = {name: part.numpy() for name, part in network.state_dict().items()}
    made = adapted(state, adapter)
    changed = {name for name in state if not np.array_equal(made[name], state[name])}
    assert changed and all(name.startswith("encoder.layer.4.") for name in changed)
    assert adapter["answer.weight"].shape == (2, 16)
    again = tmp_path / "again"
    rest = ["--adapter", str(out), "--out", str(again), "--epochs", "0.1", "--rate", "0"]
    assert main([str(questions), "--base", str(base), *rest]) == 0
    assert all(np.array_equal(part, adapter[name]) for name, part in load_file(again / ADAPTER).items())
