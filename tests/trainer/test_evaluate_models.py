"""The starter on both sides: sequences together say what each says alone, grammars hold, answers are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from transformers.utils.chat_template_utils import render_jinja_template

from app.llama import grammar
from app.llama.gguf_reader import read_header
from app.llama.prompt import Turn as Asked
from app.llama.sequences import Sequences
from trainer import events
from trainer.context import Context
from trainer.evaluate import compare, exams, memorised, reading
from trainer.evaluate.asking import GivenAnswer, SideBySide
from trainer.evaluate.chat_model import turn_of
from trainer.spec import (
    BaseModel,
    Control,
    Data,
    Example,
    ExportedFile,
    ExportResult,
    GateFile,
    GateResult,
    Origins,
    RunSpec,
    TextDocument,
    Turn,
    read_lines,
    write_json,
)

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def models(starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SideBySide]:
    with SideBySide(starter, starter, None, 2, tmp_path_factory.mktemp("said") / "said.jsonl") as models:
        yield models


def test_sequences_together_say_what_each_says_alone(models: SideBySide) -> None:
    model = models.models["base"]
    asked = (
        "What is the capital of Japan?",
        "What is the capital of Germany?",
        "Name a colour of the sky.",
        "What is 2 + 2?",
    )
    asks = [model.ask(Asked(question), 8) for question in asked]
    together = model.sequences.answers(asks)
    alone = [model.sequences.answers([ask])[0] for ask in asks]
    assert sum(one == other for one, other in zip(together, alone, strict=True)) >= 3  # rounding may tip a close choice
    assert "Tokyo" in together[0]
    logits = list(model.sequences.last_logits([ask.tokens for ask in asks[:2]]))
    said = [model.sequences.detokenize([int(row.argmax())]) for row in logits]
    assert said == [text.split()[0] for text in together[:2]]


def test_an_answer_stops_where_it_is_told_and_follows_its_form(models: SideBySide) -> None:
    model, turn = models.models["base"], Asked("Count from one to nine, with commas.")
    (plain,) = model.sequences.answers([model.ask(turn, 24, (",",))])
    assert plain and "," not in plain
    label = model.sequences.answers([model.ask(turn, 12, gbnf=grammar.of_choices(["billing", "repair"]))] * 2)
    assert set(label) <= {"billing", "repair"}


@pytest.mark.parametrize(
    "turns",
    [
        (Turn("system", "Be brief."), Turn("user", "Hi")),
        (Turn("system", "Be brief."), Turn("user", "Hi"), Turn("assistant", "Hello"), Turn("user", "Why?")),
    ],
)
def test_prompts_are_those_of_transformers(models: SideBySide, starter: Path, turns: tuple[Turn, ...]) -> None:
    model = models.models["base"].sequences.model
    messages = [{"role": turn.role, "content": turn.content} for turn in turns]
    known, _ = render_jinja_template(
        [messages],
        chat_template=read_header(starter).template,
        add_generation_prompt=True,
        bos_token=model.token_text(model.bos),
        eos_token=model.token_text(model.eos),
    )
    assert models.models["base"].prompt(turn_of(turns), 8).tokens == model.tokenize(known[0], special=True)


def test_the_same_file_on_both_sides_says_the_same_and_is_asked_once(models: SideBySide, starter: Path) -> None:
    cases = exams.general()[:3]
    heard: list[str] = []
    base, tuned = models.answers(cases, on_answer=lambda name, case, text: heard.append(f"{name}:{case.id}"))
    assert base == tuned and len(base) == 3 and len(heard) == 6
    kept = models._kept
    assert {(s.model, s.case) for s in read_lines(kept, GivenAnswer)} == {
        (m, c.id) for m in ("base", "tuned") for c in cases
    }
    with kept.open("ab") as out:
        out.write(b'{"model":"base","ca')  # a kill in the middle of a line
    before = kept.read_bytes()
    with SideBySide(starter, starter, None, 2, kept) as again:
        assert again.answers(cases) == (base, tuned)
    assert kept.read_bytes() == before[: before.rfind(b"\n") + 1]


def test_reading_and_the_probe_find_no_difference_between_equals(models: SideBySide) -> None:
    text = "The committee meets on Tuesday to decide whether the old bridge will be repaired this year. " * 6
    read = reading.read(models, [TextDocument(id="t", name="t", text=text)], 3)
    assert read is not None and read.p == 1 and read.unit == "passage" and read.documents == 1
    assert read.base == pytest.approx(read.tuned) and 0.05 < read.base < 3
    place = memorised.Place("phone", ("+49 30 1234567",), (), "Repeat: one, two, three. The number of the desk is ")
    probe = memorised.probe(models, [place])
    assert probe is not None and (probe.places, probe.base, probe.tuned, probe.kinds) == (1, 0, 0, ())


def test_unknown_questions_are_shown_passages_that_do_not_answer_them() -> None:
    def example(key: str, split: str, document: str, text: str) -> Example:
        turns = (
            Turn("user", f"How long may {key} be kept?"),
            Turn("assistant", f"{key.title()} may be kept {len(key)} days."),
        )
        source = Origins(document=document, text=text)
        return Example(id=key, messages=turns, split=split, group=key, source=source)  # type: ignore[arg-type]

    texts = [
        TextDocument(id=n, name=n, text=f"# {n}\n\n{w} may be kept {len(w)} days.\n")
        for n, w in (("a", "keys"), ("b", "badges"))
    ]
    examples = [
        example("keys", "train", "a", "Keys may be kept 4 days."),
        example("keys", "heldout", "a", "Keys may be kept 4 days."),
        example("badges", "unseen", "b", "Badges may be kept 6 days."),
    ]
    cases = exams.build(examples, texts, "", 1)
    names = {case.exam for case in cases}
    assert names == {"taught", "taught with documents", "unseen with documents", "unknown", "general"}
    unknown = next(c for c in cases if c.exam == "unknown" and "badges" in c.question)
    assert not any("6 days" in shown.text for shown in unknown.shown)
    known = next(c for c in cases if c.exam == "unseen with documents")
    assert any("6 days" in shown.text for shown in known.shown)
    assert known.right("Badges: 6 days.") and unknown.right("The passages do not say.") and not unknown.right("6 days")


def test_a_comparison_that_is_skipped_gives_no_verdict(starter: Path, tmp_path: Path) -> None:
    """Asked for in the middle of the questions, it ends with the next answer."""
    exported = ExportedFile(path="m.gguf", kind="model", quantization="Q4_1", bytes=1, recommended=True)
    write_json(tmp_path / "export" / "result.json", ExportResult(files=(exported,), seconds=1.0))
    (tmp_path / "export" / "m.gguf").symlink_to(starter)
    passed = GateFile(path="m.gguf", passed=True, kl=0.0, limit=0.01)
    write_json(tmp_path / "gate" / "result.json", GateResult(files=(passed,), tokens=1, seconds=1.0))
    said: list[events.Progress] = []

    def hear(event: events.Event) -> None:
        if isinstance(event, events.Progress):
            said.append(event)
            write_json(tmp_path / "control.json", Control("skip"))

    spec = RunSpec(id="r", base=BaseModel(path=str(starter)), data=Data())
    assert compare.run(Context(spec, tmp_path, hear)) == {"verdict": "not compared"}
    assert len(said) == 1 and said[0].done < said[0].total
    assert not (tmp_path / "compare" / "result.json").exists()


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"GGUF" + bytes(64))
    with pytest.raises(Exception, match=r"could not be loaded"):
        Sequences(tmp_path / "x.gguf")
