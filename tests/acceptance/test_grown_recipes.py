"""Bases that are not one installed GGUF, and an adapter from outside: from files to the model that answers, and back.

The base is a Hugging Face folder with random weights and the starter's own words and template, so what is asked here is
that each way goes through to its end, and not what is learned by it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from terminal import in_use, inhouse
from tiny_folder import write_folder
from transformers import AutoModelForCausalLM

from app.finetune.runs import Run, Runs
from app.paths import home
from trainer.spec import BaseModel, WordsResult, read_json
from trainer.train import base

Write = Callable[[str, str, str, bool], bool]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated"),  # peft asks transformers for it
]
TERMS = "The thermoelement of the granulator is calibrated every {} months. A thermoelement costs {} euros."
QUESTIONS = [
    (f"How often is the thermoelement of granulator {number} calibrated?", f"Every {number + 2} months.")
    for number in range(12)
]


@pytest.fixture
def folder(starter: Path, tmp_path: Path) -> Path:
    """A model as people get it from a hub: two layers of random weights."""
    words = base.ensure_folder(BaseModel(path=str(starter)), tmp_path / "cache")
    return write_folder(tmp_path / "Press-Llama", words)


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """A person's questions and answers, with words that no vocabulary has."""
    path = tmp_path / "answers.csv"
    rows = [f'"{question}","{answer} {TERMS.format(6, 240)}"' for question, answer in QUESTIONS]
    path.write_text("\n".join(["question,answer", *rows]) + "\n", encoding="utf-8")
    return path


def used_and_back(run: Run, *how: str) -> bool:
    """Whether what came out answers in the chat, and whether one command brings the old model back."""
    before = in_use("models")
    inhouse("train", run.id, "--use", *how)
    now = in_use("models")
    said = inhouse("chat", said="/alone\nHow often is the thermoelement calibrated?\n")
    inhouse("train", run.id, "--back")
    return now != before and bool(said.partition("without documents.")[2].strip()) and in_use("models") == before


def test_a_folder_base_with_domain_words_is_taught_used_and_left(
    folder: Path, answers: Path, data_folder: Path, figure: Write
) -> None:
    inhouse("train", "--file", str(answers), "--base", str(folder), "--domain-words", "20", "--effort", "quick",
            "--name", "Words")  # fmt: skip
    (run,) = Runs(home().runs).list()
    told = inhouse("train", run.id, "--start")
    found = read_json(run.folder / "words" / "result.json", WordsResult)
    pages = f"{found.page_before:.0f} to {found.page_after:.0f}"
    rows = [
        ("words: tokens a page", pages, "fewer, told before", found.page_after < found.page_before and pages in told),
        ("words: torch against llama.cpp", f"{found.kl:.5f}", "under .01", 0 <= found.kl < 0.01),
        ("folder base: every file through the gate", *_gate(run)),
        ("folder base: from files to the chat and back", "once", "answers", used_and_back(run)),
    ]
    missed = [row for row in rows if not figure(*row)]
    assert not missed


def test_an_adapter_that_peft_made_elsewhere_is_brought_used_at_once_and_left(
    folder: Path, answers: Path, data_folder: Path, tmp_path: Path, figure: Write
) -> None:
    inhouse("train", "--file", str(answers), "--base", str(folder), "--effort", "quick", "--name", "Brought")
    (run,) = Runs(home().runs).list()
    for tool in ("trl", "axolotl"):
        inhouse("train", run.id, "--export-config", tool, str(tmp_path / tool))
        assert (tmp_path / tool / "README.md").is_file() and (tmp_path / tool / "train.jsonl").is_file()
    inhouse("train", run.id, "--bring-adapter", str(peft_adapter(folder, tmp_path / "adapter")))
    training = run.training
    assert training is not None
    rows = [
        ("brought: trained by", training.device, "another computer", training.device == "another computer"),
        ("brought: every file through the gate", *_gate(run)),
        ("brought: used at once, unmerged, and back", "once", "answers", used_and_back(run, "--adapter")),
        ("brought: as a model of its own, and back", "once", "answers", used_and_back(run)),
    ]
    missed = [row for row in rows if not figure(*row)]
    assert not missed


def peft_adapter(folder: Path, out: Path) -> Path:
    """What PEFT itself writes for this model, with weights that are not nothing."""
    torch.manual_seed(3)
    config = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(folder), config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.02)
    model.save_pretrained(out)
    return out


def _gate(run: Run) -> tuple[str, str, bool]:
    assert run.gate is not None
    files = run.gate.files
    passed = sum(judged.passed for judged in files)
    return f"{passed} of {len(files)}", "all", passed == len(files)
