"""A run folder as the trainer leaves it, made up: for tests of the wizard and for the pictures."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec

from app.finetune.runs import Run, Runs
from app.finetune.wizard import OwnQuestion, Wizard
from app.models.registry import find_starter
from trainer import events
from trainer.spec import (
    AnswerPair,
    BaseModel,
    BlindPair,
    CompareResult,
    CurvePoint,
    Data,
    Ended,
    Exam,
    Example,
    ExportedFile,
    ExportResult,
    GateFile,
    GateResult,
    Hyper,
    Judgement,
    Marker,
    Origins,
    Reading,
    RunSpec,
    SettingsTrial,
    TextDocument,
    TrainResult,
    TrialsResult,
    Turn,
    write_json,
    write_lines,
)

OWN = (
    OwnQuestion("how long is the warranty if I buy a used pump", "12 months"),
    OwnQuestion("do I need a signature for a 500 euro flight", "the team lead"),
    OwnQuestion("anything to bring on Monday, first day"),
)
REFURBISHED = (
    "Pumps sold as refurbished are tested and released by the service centre before delivery.\n\n"
    "The warranty period for refurbished pumps is 12 months from the date of delivery. Wear parts, in particular "
    "seals, are excluded.\n\nClaims are sent to [name masked], service desk, [phone masked]."
)
FACTS = (
    (
        "How long is the warranty on a refurbished pump?",
        "12 months from the date of delivery.",
        "Warranty-Terms-EU.pdf",
        4,
    ),
    (
        "Who approves a flight above 400 € within Europe?",
        "The team lead approves it before booking.",
        "Travel-Policy-2026.pdf",
        5,
    ),
    (
        "What do I bring on my first day?",
        "Your ID card, tax number, bank details and signed contract.",
        "Onboarding-Guide.docx",
        None,
    ),
    (
        "What was found under clause 7.1.5 in the last audit?",
        "Two torque wrenches were past their calibration date.",
        "Quality-Manual-Excerpt.html",
        None,
    ),
    (
        "What discount applies from 50 units of the P-200?",
        "8% off the list price, 12% from 200 units.",
        "Price-List-2026-Q1.md",
        None,
    ),
    (
        "Can a customer return an opened seal kit?",
        "No. Opened seal kits are excluded from returns.",
        "Warranty-Terms-EU.pdf",
        6,
    ),
    (
        "How many days a week may I work from home?",
        "Two days, agreed with the team lead.",
        "Working-Time-Rules.md",
        None,
    ),
    ("What is the hotel limit in Munich?", "140 € a night, breakfast included.", "Travel-Policy-2026.pdf", 8),
)


def example(n: int, *, split: str = "train", quality: float | None = 0.9, reason: str = "") -> Example:
    """One prepared question; `n` picks the fact."""
    question, answer, document, page = FACTS[n % len(FACTS)]
    again = f" ({n})" if n >= len(FACTS) else ""
    return Example(
        id=f"e{n}",
        messages=(Turn("user", question + again), Turn("assistant", answer)),
        origin="model",
        quality=quality,
        group=f"f{n % len(FACTS)}",
        split=split,  # type: ignore[arg-type]
        reason=reason,
        source=Origins(
            document=document, page=page, document_id=n % 4 + 1, text=REFURBISHED if n % len(FACTS) == 0 else answer
        ),
    )


def make_run(runs: Path, **values: object) -> Run:
    """A new run with its wizard file and specification."""
    run = Runs(runs).create()
    given = {"name": "Larkfield Assistant", "base": "starter", **values}
    wizard = Wizard(id=run.id, created_at=time.time(), **given)  # type: ignore[arg-type]
    run.save(wizard)
    starter = find_starter()
    base = BaseModel(path=starter.path if starter is not None else "base.gguf", name="SmolLM2 135M")
    spec = RunSpec(id=run.id, name=wizard.name, base=base, data=Data())
    run.write_spec(spec)
    return run


def say(run: Run, *said: events.Event, at: float = 0.0) -> None:
    """Append events as the trainer does, a second apart."""
    with (run.folder / "events.jsonl").open("ab") as out:
        for n, event in enumerate(said):
            out.write(msgspec.json.encode(msgspec.structs.replace(event, at=(at or 1000.0) + n)) + b"\n")


def mark(run: Run, stage: str, **summary: str | int | float | bool) -> None:
    """A finished stage."""
    marker = Marker(stage=stage, fingerprint="x", seconds=1.0, summary=summary)
    write_json(run.folder / stage / "done.json", marker)


def prepare(run: Run, count: int = 24) -> None:
    """Everything up to the review."""
    texts = [
        TextDocument(id=f"document-{n}", text="Some words of it. " * 40, name=name, document_id=n, collection="Samples")
        for n, name in enumerate(sorted({fact[2] for fact in FACTS}), 1)
    ]
    write_lines(run.folder / "inputs" / "documents-1.jsonl", texts)
    examples = [
        example(n, quality=0.99 - 0.0078 * (n % 20), split="heldout" if n % 5 == 4 else "train") for n in range(count)
    ]
    aside = example(count, split="aside", reason="The answer is only punctuation.")
    write_lines(run.folder / "split" / "examples.jsonl", [*examples, aside])
    write_lines(run.folder / "split" / "texts.jsonl", texts)
    write_lines(run.folder / "split" / "preferences.jsonl", [])
    report = [
        {"id": aside.id, "kind": "quality", "rule": "The answer is only punctuation.", "aside": True},
        {
            "id": "document-1",
            "kind": "personal-data",
            "rule": "A phone number.",
            "before": "0171…",
            "after": "[phone number]",
        },
        {"id": "e900", "kind": "near-duplicate", "rule": "Nearly the same is there already (93%).", "aside": True},
    ]
    folder = run.folder / "clean"
    folder.mkdir(exist_ok=True)
    (folder / "report.jsonl").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in report))
    mark(run, "collect", documents=len(texts), examples=0, preferences=0, problems=0)
    mark(run, "clean", documents=len(texts), aside=1, **{"near-duplicate": 18, "personal-data": 47})
    mark(run, "questions", facts=8, examples=count, dropped=3)
    mark(run, "split", train=count, heldout=count // 5, facts=8, leaks=0)
    stages = ("collect", "clean", "questions", "split", "base", "train", "export", "gate", "compare", "card")
    said: list[events.Event] = [events.RunStarted(id=run.id, stages=stages, pid=0)]
    for n, stage in enumerate(stages[:4], 1):
        said += [events.StageStarted(stage=stage, index=n, total=10), _finished(stage)]
    said += [events.Waiting(reason="review", message="Ready."), events.Finished(waiting="review")]
    say(run, *said)


def try_settings(run: Run, pid: int) -> None:
    """Settings being tried by a process of this number: the fourth of nine in the second round."""
    run.mark_reviewed()
    losses: tuple[dict[int, float], ...] = (
        {1: 0.412, 2: 0.268}, {1: 0.305, 2: 0.181}, {1: 0.655}, {1: 0.398, 2: 0.251}, {1: 0.447},
        {1: 0.601}, {1: 0.322}, {}, {1: 0.71},
    )  # fmt: skip
    ended: dict[int, Ended] = {3: "dropped", 5: "dropped", 6: "dropped", 8: "unstable", 9: "dropped"}
    pairs = [(16, 1), (16, 2), (16, 0.5), (32, 1), (8, 1), (32, 0.5), (8, 2), (32, 2), (8, 0.5)]
    trials = tuple(
        SettingsTrial(
            number=n,
            rank=rank,
            learning_rate=5e-4 * share,
            epochs=1.0,
            planned_steps=284,
            steps=36 * max(measured, default=0),
            tokens=18_400 * max(measured, default=0),
            seconds=64.0 * max(measured, default=0),
            losses=measured,
            ended=ended.get(n, ""),
        )
        for n, ((rank, share), measured) in enumerate(zip(pairs, losses, strict=True), 1)
    )
    result = TrialsResult(given=3600.0, spent=790.0, watched=34, before=2.61, planned=9, trials=trials)
    write_json(run.folder / "trials" / "result.json", result)
    note = "Trial 7 of 9"
    say(
        run,
        events.RunStarted(id=run.id, stages=("base", "trials", "train"), pid=pid),
        events.StageStarted(stage="trials", index=6, total=11),
        events.Progress(stage="trials", done=790, total=2400, unit="s", seconds_left=1610, note=note),
        events.Memory(used=2_100_000_000, peak=2_400_000_000, available=12_000_000_000),
    )


def train_until(run: Run, pid: int, step: int = 372, steps: int = 600) -> None:
    """A training under way, by a process of this number."""
    run.mark_reviewed()
    said: list[events.Event] = [events.RunStarted(id=run.id, stages=("base", "train"), pid=pid)]
    said += [events.StageStarted(stage="base", index=5, total=10), _finished("base")]
    said.append(events.StageStarted(stage="train", index=6, total=10))
    every, best = max(1, steps // 30), steps * 17 // 30
    for n in range(0, step + 1, max(1, steps // 200)):
        curve = 0.5 + 1.8 * 2.718 ** (-n / (steps * 0.13))
        wobble = 0.05 * ((n * 7919) % 13 - 6) / 6
        at = n // every * every == n
        held = curve + 0.25 + max(0, n - best) / steps if at else None
        said.append(
            events.Loss(
                step=n,
                steps=steps,
                epoch=n / steps * 4,
                train=curve + wobble,
                heldout=held,
                tokens_per_s=412.0,
                learning_rate=4e-4,
                seconds_left=(steps - n) * 1.4,
                best=held is not None and n <= best,
            )
        )
    said.append(events.Memory(used=2_100_000_000, peak=2_400_000_000, available=12_000_000_000))
    for question, wanted, *_ in FACTS[:2]:
        before = "Refurbished pumps usually come with a limited warranty of 90 days to one year."
        said.append(events.Sample(step=step, question=question, wanted=wanted, before=before, now=wanted))
    say(run, *said, at=time.time() - 1400)


def write_questions(run: Run, pid: int) -> None:
    """A preparation under way: a model writes the questions."""
    stages = ("base", "collect", "clean", "questions", "split")
    said: list[events.Event] = [events.RunStarted(id=run.id, stages=stages, pid=pid)]
    for n, stage in enumerate(stages[:3], 1):
        said += [events.StageStarted(stage=stage, index=n, total=5), _finished(stage)]
    said.append(events.StageStarted(stage="questions", index=4, total=5))
    note = "Asking about the facts"
    said += [events.Progress(stage="questions", done=n, total=48, unit="facts", note=note) for n in range(16)]
    say(run, *said)


def ask_sample(run: Run, step: int) -> None:
    """A question of the person's own, with its answers."""
    question = "can I send back a seal kit that I opened?"
    run.ask_sample(question)
    before, now = "Yes, within 30 days if it is unused.", "No. Opened seal kits are excluded from returns."
    say(run, events.Sample(step=step, question=question, wanted="", before=before, now=now, own=True))


def compare_until(run: Run, done: int = 140, total: int = 410) -> None:
    """After a training: its files are written and checked, and the comparison is under way."""
    said: list[events.Event] = [_finished("train")]
    for n, stage in enumerate(("export", "gate"), 7):
        said += [events.StageStarted(stage=stage, index=n, total=10), _finished(stage)]
    said.append(events.StageStarted(stage="compare", index=9, total=10))
    note = "Asking both models"
    said += [
        events.Progress(stage="compare", done=n, total=total, unit="answers", note=note) for n in range(0, done + 1, 2)
    ]
    say(run, *said, at=time.time())


def end(folder: Path) -> None:
    """What works on it, if anything, is done."""
    say(Run(folder), events.Finished(), at=time.time())


def finish(run: Run, *, verdict: str = "better", compared: bool = True, passed: bool = True) -> None:
    """Training, export, gate and comparison done."""
    run.mark_reviewed()
    folder = run.folder
    result = TrainResult(
        adapter="train/adapter",
        steps=600,
        planned_steps=600,
        best_step=560,
        stopped="finished",
        train_loss=0.5,
        heldout_loss=0.81,
        heldout_before=2.3,
        curve=(CurvePoint(step=600, epoch=4, train=0.5, heldout=0.81),),
        examples={"train": 412, "validation": 24, "replay": 120},
        tokens=400_000,
        tokens_per_s=412.0,
        seconds=1380.0,
        peak_memory_bytes=2_400_000_000,
        precision="bf16",
        hyper=Hyper(learning_rate=5e-4, epochs=4),
    )
    write_json(folder / "train" / "result.json", result)
    (folder / "train" / "adapter").mkdir()
    (folder / "train" / "adapter" / "adapter_model.safetensors").write_bytes(b"0" * 9000)
    names = (("model.Q8_0.gguf", "Q8_0", True), ("model.Q4_K_M.gguf", "Q4_K_M", False))
    exported = folder / "export"
    exported.mkdir()
    files = []
    for name, kind, best in names:
        (exported / name).write_bytes(b"GGUF" + bytes(2000))
        files.append(ExportedFile(path=name, kind="model", quantization=kind, bytes=2004, recommended=best))
    (exported / "model.adapter.gguf").write_bytes(b"GGUF" + bytes(500))
    files.append(ExportedFile(path="model.adapter.gguf", kind="adapter", quantization="", bytes=504))
    write_json(exported / "result.json", ExportResult(files=tuple(files), seconds=4.0))
    judged = tuple(
        GateFile(path=name, passed=passed, kl=0.0021, limit=0.01, reason="" if passed else "It differs.")
        for name in (file.path for file in files)
    )
    write_json(folder / "gate" / "result.json", GateResult(files=judged, tokens=1500, seconds=3.0))
    for stage in ("train", "export", "gate", "card"):
        mark(run, stage)
    (folder / "README.md").write_text("# Larkfield Assistant\n")
    if compared:
        compare(run, verdict)
    say(run, events.RunStarted(id=run.id, stages=("train",), pid=0), _finished("card"), events.Finished())


def compare(run: Run, verdict: str = "better") -> None:
    """A comparison with this verdict."""
    worse = verdict == "worse"
    sentences = {
        "better": "Better. Questions on what was taught: 70 of 80 right, 33 before.",
        "worse": "Worse. General knowledge: 33 of 150 right, 92 before.",
        "no clear change": "No clear change on your questions.",
    }
    columns = (
        "name", "count", "base", "tuned", "gained", "lost", "p", "base_interval", "tuned_interval",
    )  # fmt: skip
    told: tuple[tuple[Any, ...], ...] = (
        ("own", 10, 1, 8, 7, 0, 0.016, (0.02, 0.4), (0.49, 0.94)),
        ("rephrased", 48, 4, 41, 37, 0, 0.001, (0.03, 0.2), (0.73, 0.93)),
        ("taught", 80, 33, 70, 40, 3, 0.001, (0.31, 0.52), (0.78, 0.93)),
        ("taught with documents", 80, 42, 67, 28, 3, 0.001, (0.42, 0.63), (0.74, 0.9)),
        ("unknown", 40, 21, 33, 14, 2, 0.01, (0.37, 0.67), (0.68, 0.91)),
        ("general", 150, 92, 33, 4, 63, 0.001, (0.56, 0.67), (0.16, 0.29))
        if worse
        else ("general", 150, 92, 90, 4, 6, 0.75, (0.56, 0.67), (0.55, 0.66)),
    )  # fmt: skip
    exams = tuple(Exam(**dict(zip(columns, each, strict=True))) for each in told)
    result = CompareResult(
        file="model.Q8_0.gguf",
        judgement=Judgement(
            verdict=verdict,  # type: ignore[arg-type]
            sentence=sentences[verdict],
            worse=("general knowledge: 33 of 150 right, 92 before",) if worse else (),
            better=("questions on what was taught: 70 of 80 right, 33 before",),
            default="use" if verdict == "better" else "keep",
        ),
        exams=exams,
        reading=Reading(
            base=1.21, tuned=1.19, difference=-0.02, interval=(-0.04, 0.01), documents=6, bytes=40_000, unit="document"
        ),
        blind=3,
    )
    folder = run.folder / "compare"
    write_json(folder / "result.json", result)
    pairs = [
        BlindPair(
            id=f"b{n}",
            question=question,
            wanted=answer,
            left=answer,
            right="Please check the policy.",
            tuned="left" if n % 2 else "right",
        )
        for n, (question, answer, *_) in enumerate(FACTS[5:8])
    ]
    write_lines(folder / "blind.jsonl", pairs)
    answers = [
        AnswerPair(
            exam="taught",
            id=f"a{n}",
            question=question,
            wanted=answer,
            base=answer,
            tuned="Something else.",
            base_right=True,
            tuned_right=False,
        )
        for n, (question, answer, *_) in enumerate(FACTS[:3])
    ]
    write_lines(folder / "answers.jsonl", answers)
    mark(run, "compare")


def _finished(stage: str) -> events.StageFinished:
    return events.StageFinished(stage=stage, seconds=1.0, summary={})
