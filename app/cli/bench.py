"""`inhouse bench`: runs the measurements that sit beside the parts they measure, each in a process of its own."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import Any

from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.errors import AppError
from app.spawn import child_environment

MODEL, DATASET, FOLDER = "{model}", "{dataset}", "{folder}"
"""Stand for the file of the model in use, for a folder of documents with questions, and for one of any files."""
BESIDE = ("chat", "prefill")
"""What llama.cpp's own bench tool measures too."""
BENCHES: dict[str, tuple[tuple[str, ...], ...]] = {
    "start": (("app.gui.bench", "start"),),
    "chat": (("app.engine.bench",), ("app.gui.bench", "stream")),
    "prefill": (("app.engine.beside_bench", "prefill"),),
    "reopen": (("app.engine.reopen_bench",),),
    "index": (("app.documents.bench", "index"),),
    "search": (("app.documents.bench", "search"),),
    "scale": (("app.documents.scale_bench",),),
    "vectors": (("app.documents.vectors_bench", FOLDER),),
    "reading": (("app.documents.reading_bench", FOLDER),),
    "personal": (("app.documents.personal_bench", FOLDER),),
    "ocr": (("app.documents.ocr_bench",),),
    "retrieval": (("app.cli.retrieval", DATASET),),
    "swap": (("app.gui.bench", "swap"),),
    "api": (("app.api.bench",),),
    "download": (("app.models.bench", "download"),),
    "train": (("trainer", "bench", "train", MODEL),),
    "memory": (("trainer", "bench", "memory"),),
    "card": (("trainer", "bench", "card", MODEL),),
    "audit": (("app.audit.bench",),),
}
"""What is measured → the module that measures it, with its arguments; each prints one JSON line a figure."""


def command(args: argparse.Namespace, session: Session) -> int:
    """Print each figure as it comes; 1 where one misses its target."""
    if getattr(sys, "frozen", False):
        raise AppError("The measurements come with the source code only.", "Run them from a checkout.")
    ok = True
    for module, *given in _asked(args):
        more = [part for each in given for part in _filled(each, args, session)]
        process = subprocess.Popen(
            [sys.executable, "-m", module, *more, "--json"],
            stdout=subprocess.PIPE,
            env=child_environment(session.home, role="models" if args.what == "download" else ""),
            text=True,
            encoding="utf-8",
        )
        ok = _follow(process, as_json=args.json) and ok
    return 0 if ok else 1


def _asked(args: argparse.Namespace) -> tuple[tuple[str, ...], ...]:
    """
    Raises:
        AppError: a tool is named for what it does not measure.
    """
    if not args.beside:
        return BENCHES[args.what]
    if args.what not in BESIDE:
        raise AppError("There is no tool to measure this beside.", f"--beside goes with {' and '.join(BESIDE)}.")
    return (("app.engine.beside_bench", args.what, "--beside", args.beside),)


def _filled(given: str, args: argparse.Namespace, session: Session) -> list[str]:
    """
    Raises:
        AppError: it is measured on a folder, and none is named.
    """
    if given == MODEL:
        return [session.model().path]
    if given == FOLDER:
        if not args.dataset:
            raise AppError("This is measured on a folder.", "Name one that holds files.")
        return [args.dataset]
    if given != DATASET:
        return [given]
    if not args.dataset:
        raise AppError("Retrieval is measured on a folder.", "Name one that holds documents/ and questions.jsonl.")
    return [args.dataset, "--limit", str(args.limit), *(["--questions", args.questions] if args.questions else [])]


def _follow(process: subprocess.Popen[str], *, as_json: bool) -> bool:
    """Whether every figure met its target. A measurement that fails says why on stderr itself."""
    ok = True
    try:
        for line in process.stdout or ():
            figure = _figure(line)
            if figure is None:
                tell(line.rstrip())
                continue
            ok = ok and bool(figure.get("ok", True))
            if as_json:
                say_json(figure)
            else:
                say(_figure_text(figure))
        return process.wait() == 0 and ok
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _figure(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "figure" in value else None


def _figure_text(figure: dict[str, Any]) -> str:
    verdict = "ok " if figure.get("ok", True) else "BAD"
    text = f"{verdict} {figure['figure']}: {_number(figure.get('value'))} {figure.get('unit', '')}".rstrip()
    if figure.get("reference") is not None:
        text += f" (reference {_number(figure['reference'])}, ratio {_number(figure.get('ratio'))})"
    if figure.get("target") is not None:
        text += f", target {figure['target']}"
    return text


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else str(value)
