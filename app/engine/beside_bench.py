"""Writing and reading beside llama.cpp's own bench tool: `python -m app.engine.beside_bench chat --beside PATH`.

The tool is no part of Inhouse: build `llama-bench` from the source of the installed llama-cpp-python, with the flags
that the package was built with, and name it. Both get the same file, threads and batch, in rounds that take turns.
Without it the reference is a loop of llama.cpp's own calls in this process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from app.engine.bench import finish, starter, tokens_per_s
from app.engine.load import SETUP, physical_cores
from app.engine.worker import EngineRole
from app.errors import AppError
from app.figures import Figure, figure, write
from app.llama.bare import Bare
from app.paths import home
from app.types import Sampling
from app.workers.calls.engine import Chat, Chatted, Load

TARGET = 0.95
CONTEXT = 4096
WRITTEN, READ = 96, 512
"""Tokens of an answer, and of a prompt."""
TIMEOUT_S = 600


def figures(what: str, path: Path, tool: Path | None, threads: int, rounds: int) -> Iterator[Figure]:
    """The median of the ratios of neighbouring rounds; the first round, which pages the weights in, does not count."""
    role = EngineRole(home())
    bare = None if tool else Bare(path, CONTEXT, threads)
    try:
        finish(role.handle(Load(path=str(path), context=CONTEXT, threads=threads)))
        call = _call(role, what)
        prompt = role.conversations().prompt(call).tokens
        measure = _writing if what == "chat" else _reading
        reference = _reference(what, path, tool, bare, prompt, threads)
        ours, theirs = [], []
        for round_ in range(rounds + 1):
            role.conversations().reset()
            speed, other = measure(role, call), reference()
            if round_:
                ours.append(speed)
                theirs.append(other)
        ratio = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
        value, beside = statistics.median(ours), statistics.median(theirs)
        name = f"{what}-beside-llama-bench" if tool else f"{what}-beside-bare"
        yield figure(name, value, "tokens/s", beside, ratio, TARGET, ratio >= TARGET)
    finally:
        if bare is not None:
            bare.close()
        role.close()


def _call(role: EngineRole, what: str) -> Chat:
    if what == "chat":
        return Chat(
            conversation="", question="Write a long story about a river.", sampling=_greedy(WRITTEN), priority=1
        )
    model = role.conversations().model
    word = "The river walks under the green stone and the lamp, and nobody knows how old the bridge is. "
    return Chat(conversation="", question=word * (READ // len(model.tokenize(word))), sampling=_greedy(1), priority=1)


def _greedy(tokens: int) -> Sampling:
    return Sampling(temperature=0, max_tokens=tokens, repeat_penalty=1.0)


def _writing(role: EngineRole, call: Chat) -> float:
    """Tokens a second behind the first; guesses are off, since the tool makes none."""
    role.conversations().speculation.usable = False
    return tokens_per_s(role.handle(call))


def _reading(role: EngineRole, call: Chat) -> float:
    """Tokens of the prompt a second, from the request to the first token."""
    result = finish(role.handle(call))
    if not isinstance(result, Chatted):
        raise AppError("The model gave no answer.", "Choose another model to measure.")
    return result.stats.evaluated_tokens / (result.stats.first_token_ms / 1000)


def _reference(
    what: str, path: Path, tool: Path | None, bare: Bare | None, prompt: list[int], threads: int
) -> Callable[[], float]:
    if bare is not None:
        return lambda: bare.tokens_per_s(prompt, _greedy(WRITTEN)) if what == "chat" else bare.read_per_s(prompt)
    size = (
        ["-p", "0", "-n", str(WRITTEN), "-d", str(len(prompt))]
        if what == "chat"
        else ["-p", str(len(prompt)), "-n", "0"]
    )
    command = [
        *(str(tool), "-m", str(path), "-t", str(threads), "-b", str(SETUP.batch), "-ub", str(SETUP.batch)),
        *(*size, "-r", "1", "-o", "json"),
    ]
    return lambda: _tool(command)


def _tool(command: list[str]) -> float:
    """
    Raises:
        AppError: the tool cannot be run, or says something else than it should.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
        return float(json.loads(done.stdout)[0]["avg_ts"])
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError) as error:
        hint = "Name the program llama-bench, built from the source of the installed llama-cpp-python."
        raise AppError("The bench tool could not be used.", hint, f"{command[0]}: {error}") from error


def main() -> int:
    """Print the figure; 1 where the target is missed."""
    parser = argparse.ArgumentParser(prog="python -m app.engine.beside_bench")
    parser.add_argument("what", choices=("chat", "prefill"))
    parser.add_argument("--beside", type=Path, metavar="PATH")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--threads", type=int, default=physical_cores())
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    try:
        found = figures(chosen.what, chosen.model or starter(), chosen.beside, chosen.threads, chosen.rounds)
        return write(found, as_json=chosen.json)
    except AppError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
