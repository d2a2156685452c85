"""A whole training on pairs of answers, as a person runs it, measured on pairs that were kept out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from style_pairs import write_pairs

from trainer import events, pipeline
from trainer.spec import BaseModel, CompareResult, Data, Export, RunSpec, read_json, write_json
from trainer.train.bench_preference import Measured

Write = Callable[[str, str, str, bool], bool]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def test_held_out_pairs_are_preferred_and_general_knowledge_stays(starter: Path, tmp_path: Path, figure: Write) -> None:
    run = tmp_path / "runs" / "style"
    run.mkdir(parents=True)
    spec = RunSpec(
        id="style",
        recipe="prefer",
        base=BaseModel(path=str(starter)),
        data=Data(preferences=str(write_pairs(tmp_path / "pairs.jsonl"))),
        export=Export(quantizations=("Q8_0",)),
    )
    write_json(run / "run.json", spec)
    assert pipeline.run(run, events.EventLog(run / "events.jsonl", echo=False)) == 0
    result = read_json(run / "compare" / "result.json", CompareResult)
    rewards, plain, general = result.rewards, result.exam("preferred"), result.exam("general")
    sys.stdout.write(f"{rewards}\n{plain}\n{general}\n{result.judgement.sentence}\n")
    assert rewards is not None and plain is not None and general is not None
    assert rewards.count == 36 and general.count >= 150
    met = [
        figure("DPO: held-out pairs preferred (.5 before)", f"{rewards.right} of {rewards.count}", "at least .8",
               rewards.right >= 0.8 * rewards.count),
        figure("DPO: general knowledge", f"{general.base} to {general.tuned} of {general.count}, p {general.p:.3f}",
               "no clear change", general.change == "chance"),
    ]  # fmt: skip
    # the verdict asks for more than the figure: better answers that are the likelier ones, which a rate that keeps
    # general knowledge does not reach in this style (docs/preference.md)
    assert plain.tuned >= plain.base
    assert all(met) and result.judgement.verdict != "worse"


def test_ours_is_held_against_trl(starter: Path, tmp_path: Path, figure: Write) -> None:
    """Accuracy no worse on the same pairs and hyper-parameters, faster, and with less memory."""
    pairs = write_pairs(tmp_path / "pairs.jsonl")
    command = [sys.executable, "-m", "trainer", "bench", "prefer", str(starter), str(pairs), "--epochs", "1"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    trl, ours = (msgspec.json.decode(line, type=Measured) for line in done.stdout.splitlines())
    sys.stdout.write(done.stdout)
    assert (trl.side, ours.side) == ("trl", "ours")
    figure("DPO beside TRL's: pairs preferred", f"{ours.relative:.2f}, TRL {trl.relative:.2f}", "no worse",
           ours.relative >= trl.relative - 0.1)  # fmt: skip
    assert ours.relative >= max(0.8, trl.relative - 0.1)
    assert ours.tokens_per_cpu_s > trl.tokens_per_cpu_s and ours.peak_bytes < trl.peak_bytes
