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


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="trainer", description="Fine-tune a local model.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("run", "run or resume a run"), ("plan", "say what a run needs, without starting it")):
        commands.add_parser(name, help=text).add_argument("run", type=Path, help="the run's run.json")
    commands.choices["plan"].add_argument(
        "--approve-above", type=float, metavar="Q", help="as if open examples of this quality (0 to 1) were approved"
    )
    bench = commands.add_parser("bench", help="training speed and memory beside plain TRL")
    bench.add_argument("rest", nargs=argparse.REMAINDER, help="train MODEL.gguf [--steps N], prefer MODEL.gguf PAIRS")
    reader = commands.add_parser("reader", help="train the reader that comes with the app")
    reader.add_argument("rest", nargs=argparse.REMAINDER, help="QUESTIONS.jsonl… --base FOLDER --out FOLDER")
    chosen = parser.parse_args(arguments)
    if chosen.command == "reader":
        from trainer.reader.train import main as train_reader

        return train_reader(chosen.rest)
    if chosen.command == "bench":
        if chosen.rest[:1] == ["prefer"]:
            from trainer.train.bench_preference import main as run_preference

            return run_preference(chosen.rest)
        from trainer.train.bench import main as run_bench

        return run_bench(chosen.rest)
    path = chosen.run.absolute()
    folder: Path = path if path.is_dir() else path.parent
    if chosen.command == "run":
        from trainer.events import EventLog
        from trainer.pipeline import run

        return run(folder, EventLog(folder / "events.jsonl"))
    from trainer.train.plan import command

    return command(folder, chosen.approve_above)


if __name__ == "__main__":
    sys.exit(main())
