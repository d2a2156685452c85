"""`python -m trainer run RUN.json`: the trainer's commands. Events go to stdout, one JSON object a line."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

for _name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
    os.environ[_name] = "1"  # before transformers is imported: nothing is ever fetched
os.environ["TOKENIZERS_PARALLELISM"] = "false"
# Threads that spin for long while they wait slow the chat beside the training, and on a busy machine the training
# itself; threads that sleep at once cost a tenth of the speed (290 against 320 tokens/s). This middle is best in both
# cases (150 against 141 beside a busy program). The user's own setting wins.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="trainer", description="Fine-tune a local model.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("run", "run or resume a run"),
        ("check", "say whether the recipe can learn from a run's data, without preparing it"),
        ("plan", "say what a run needs, without starting it"),
        ("author", "try how well the author of a run's questions writes"),
    ):
        commands.add_parser(name, help=text).add_argument("run", type=Path, help="the run's run.json")
    commands.choices["plan"].add_argument(
        "--approve-above", type=float, metavar="Q", help="as if open examples of this quality (0 to 1) were approved"
    )
    commands.add_parser("part", help="the training of a run alone, in one of several processes").add_argument(
        "run", type=Path, help="the run's run.json"
    )
    exporting = commands.add_parser("export-config", help="write data and configuration for TRL or Axolotl")
    exporting.add_argument("run", type=Path, help="the run's run.json")
    exporting.add_argument("tool", choices=("trl", "axolotl"))
    exporting.add_argument("folder", type=Path, help="an empty folder, or a new one")
    bringing = commands.add_parser("bring", help="lay an adapter that was trained elsewhere into a run")
    bringing.add_argument("run", type=Path, help="the run's run.json")
    bringing.add_argument("folder", type=Path, help="the folder that PEFT wrote")
    bench = commands.add_parser("bench", help="training beside plain TRL, and the plan's memory beside the real one")
    bench.add_argument("rest", nargs=argparse.REMAINDER, help="train, prefer or card MODEL.gguf, or memory")
    reader = commands.add_parser("reader", help="train the reader that comes with the app")
    reader.add_argument("rest", nargs=argparse.REMAINDER, help="QUESTIONS.jsonl… --base FOLDER --out FOLDER")
    folder_command = commands.add_parser("gguf", help="a Hugging Face folder as a GGUF")
    folder_command.add_argument("folder", type=Path)
    folder_command.add_argument("out", type=Path, help="the file to write")
    folder_command.add_argument("--beside", type=Path, help="a GGUF of the same model, whose keys are taken")
    folder_command.add_argument("--llama-cpp", type=Path, help="a llama.cpp checkout, whose converter writes it")
    adapter = commands.add_parser("adapter", help="an adapter that PEFT wrote as a GGUF, for the first model it fits")
    adapter.add_argument("folder", type=Path)
    adapter.add_argument("out", type=Path, help="the file to write")
    adapter.add_argument("models", type=Path, nargs="*", help="GGUF files")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    chosen = _parser().parse_args(arguments)
    if chosen.command == "gguf":
        from trainer.publish.from_folder import command as write_gguf

        return write_gguf(chosen.folder.absolute(), chosen.out.absolute(), chosen.beside, chosen.llama_cpp)
    if chosen.command == "adapter":
        from trainer.publish.peft_folder import command as write_adapter

        return write_adapter(chosen.folder.absolute(), chosen.out.absolute(), chosen.models)
    if chosen.command == "reader":
        from trainer.reader.train import main as train_reader

        return train_reader(chosen.rest)
    if chosen.command == "bench":
        return _bench(chosen.rest)
    path = chosen.run.absolute()
    folder: Path = path if path.is_dir() else path.parent
    if chosen.command == "check":
        from trainer.prepare.collect import command as check

        return check(folder)
    if chosen.command == "author":
        from trainer.prepare.trial import command as try_author

        return try_author(folder)
    if chosen.command in ("run", "part"):
        return _run(folder, part=chosen.command == "part")
    if chosen.command == "export-config":
        from trainer.publish.cluster import command as export_config

        return export_config(folder, chosen.tool, chosen.folder.absolute())
    if chosen.command == "bring":
        from trainer.train.brought import command as bring

        return bring(folder, chosen.folder.absolute())
    from trainer.train.plan import command

    return command(folder, chosen.approve_above)


def _bench(rest: list[str]) -> int:
    if rest[:1] == ["memory"]:
        from trainer.train.memory_bench import main as run_bench
    elif rest[:1] == ["prefer"]:
        from trainer.train.bench_preference import main as run_bench
    elif rest[:1] == ["card"]:
        from trainer.train.card_bench import main as run_bench
    else:
        from trainer.train.bench import main as run_bench
    return run_bench(rest)


def _run(folder: Path, *, part: bool) -> int:
    """Alone, or in one of the processes that a launcher started (it says so in the environment)."""
    from trainer.events import EventLog

    log = EventLog(None if part else folder / "events.jsonl")
    if part or int(os.environ.get("WORLD_SIZE", "1")) > 1:
        from trainer import together

        return together.part(folder, log) if part else together.run(folder, log)
    from trainer.pipeline import run

    return run(folder, log)


if __name__ == "__main__":
    sys.exit(main())
