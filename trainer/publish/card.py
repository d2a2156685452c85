"""The model card of a run: what it was made from, how, and how well, in the run's README.md."""

from __future__ import annotations

import msgspec

from app.files import write_atomic
from trainer.context import Context, Summary
from trainer.spec import BaseReport, CompareResult, ExportResult, GateResult, TrainResult, TrialsResult, read_json


def run(context: Context) -> Summary:
    """Write README.md."""
    write_atomic(context.run / "README.md", text(context).encode())
    return {"card": "README.md"}


def text(context: Context) -> str:
    """The card's Markdown."""
    spec = context.spec
    report = read_json(context.run / "base" / "report.json", BaseReport)
    result = read_json(context.run / "train" / "result.json", TrainResult)
    lines = [
        f"# {spec.name or spec.id}",
        "",
        f"{report.name}, {spec.training.achieved}. Made by Inhouse; its data never left that computer.",
        "",
        "## Base",
        "",
        f"- {report.name} ({report.architecture}, {_millions(report.parameters)} million parameters)",
        f"- identity {report.sha256[:16]}",
        *_agreement(context, report),
        "",
        "## Data",
        "",
        *[f"- {name.replace('_', ' ')}: {count}" for name, count in result.examples.items()],
        *[f"- from {entry.name or entry.path} ({entry.kind})" for entry in spec.data.inputs],
        "",
        *_reading(context),
        *_settings(context),
        "## Training",
        "",
        *_course(result),
        f"- highest memory {result.peak_memory_bytes / 1e9:.1f} GB",
        *[f"- {name}: {value}" for name, value in msgspec.to_builtins(result.hyper).items() if value is not None],
        f"- seed: {spec.seed}",
        "",
        *_scores(context),
        *_files(context),
        *_warnings(result),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _course(result: TrainResult) -> list[str]:
    """How a training went."""
    return [
        f"- {result.steps} of {result.planned_steps} steps, best at {result.best_step} ({result.stopped})",
        f"- {result.tokens:,} tokens in {result.seconds / 60:.1f} minutes, {result.tokens_per_s:.0f} a second",
        f"- loss {result.train_loss:.3f}; held out {_loss(result.heldout_before)} before, {_loss(result.heldout_loss)} "
        "after (nats a token)",
    ]


def _settings(context: Context) -> list[str]:
    """What was tried before, trial by trial; or that nothing was."""
    if context.spec.training.objective not in ("likelihood", "preference"):
        return []
    path = context.run / "trials" / "result.json"
    if not context.spec.tries or not path.exists():
        said = "Not tried: rank, rate and epochs are the recipe's own, chosen on the starter (docs/fine-tuning.md)."
        return ["## Settings", "", said, ""]
    result = read_json(path, TrialsResult)
    said = f"{result.spent / 60:.1f} of {result.given / 60:g} minutes, on {result.watched} watched questions."
    head = [
        "| Trial | Rank | Rate | Epochs | Steps | Tokens | Seconds | Watched loss | Ended |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    rows = [
        f"| {t.number} | {t.rank} | {t.learning_rate:.2e} | {t.epochs:g} | {t.steps} of {t.planned_steps} "
        f"| {t.tokens:,} | {t.seconds:.0f} | {_loss(t.loss)} | {t.ended} |"
        for t in result.trials
    ]
    return ["## Settings", "", result.reason, said, "", *([*head, *rows, ""] if rows else [])]


def _reading(context: Context) -> list[str]:
    """The pretraining of a new model, with its curve."""
    path = context.run / "pretrain" / "result.json"
    if not path.exists():
        return []
    result = read_json(path, TrainResult)
    rows = [f"| {p.step} | {p.epoch:.1f} | {p.train:.3f} | {_loss(p.heldout)} |" for p in result.curve]
    head = ["| Step | Times read | Training | Held out |", "|---|---|---|---|"]
    return ["## Reading", "", *_course(result), "", *head, *rows, ""]


def _agreement(context: Context, report: BaseReport) -> list[str]:
    """How near torch is to what the app runs; a reader has no GGUF."""
    if context.spec.training.objective == "reading":
        return []
    said = "not measured" if report.kl is None else f"KL {report.kl:.4f} nats a token"
    return [f"- torch and llama.cpp agree on it: {said}"]


def _files(context: Context) -> list[str]:
    """What came out, with what the gate says; a reader is one adapter, which the comparison read with."""
    if context.spec.training.objective == "reading":
        return []
    exported = read_json(context.run / "export" / "result.json", ExportResult)
    gate = {file.path: file for file in read_json(context.run / "gate" / "result.json", GateResult).files}
    lines = ["## Files", "", "| File | Kind | MB | KL to the trained model | Offered |", "|---|---|---|---|---|"]
    for file in exported.files:
        judged = gate[file.path]
        offered = "yes" if judged.passed else f"no: {judged.reason}"
        kind = file.quantization or "adapter"
        lines.append(f"| {file.path} | {kind} | {file.bytes / 1e6:.1f} | {judged.kl:.5f} | {offered} |")
    return [*lines, ""]


def _scores(context: Context) -> list[str]:
    """The comparison on questions that were kept out; nothing where it was not asked for."""
    path = context.run / "compare" / "result.json"
    if not path.exists():
        return []
    compared = read_json(path, CompareResult)
    rows = [f"| {e.name} | {e.count} | {e.base} | {e.tuned} | {e.p:.3f} |" for e in compared.exams]
    head = ["| Exam | Questions | Right before | Right after | p |", "|---|---|---|---|---|"]
    said = [f"- {compared.judgement.sentence}"]
    if (rewards := compared.rewards) is not None:
        figures = f"{rewards.right} of {rewards.count} pairs that were kept out, {rewards.margin:.2f} nats on average"
        said.append(f"- training moved the better answer up against the worse one in {figures}")
    if (beside := compared.head) is not None:
        figures = f"{beside.right} of {beside.count} texts right, this model {beside.tuned}"
        said.append(f"- a logistic regression on the embedder's vectors sorts {figures}")
    return ["## Compared", "", *said, "", *head, *rows, ""]


def _warnings(result: TrainResult) -> list[str]:
    return ["## Warnings", "", *[f"- {warning}" for warning in result.warnings]] if result.warnings else []


def _millions(count: int) -> str:
    return f"{count / 1e6:.0f}" if count >= 5e6 else f"{count / 1e6:.1f}"


def _loss(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"
