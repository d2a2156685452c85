"""Masks, attention, adapters and losses, each against a second way of computing it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import write_tiny
from tiny_gguf import write_split

from app.errors import BadFile
from trainer.errors import TrainerError
from trainer.spec import BaseModel, Turn
from trainer.train import base, lora, loss, objective, shared_prefix
from trainer.train.batches import collate
from trainer.train.chat import Encoded, encode_chat, encode_prompt

CHAT = (Turn("user", "the hen?"), Turn("assistant", "In the barn."), Turn("user", "why"), Turn("assistant", "Rain"))
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model unpacked for torch."""
    home = tmp_path_factory.mktemp("tiny")
    return base.ensure_folder(BaseModel(path=str(write_tiny(home / "tiny.gguf"))), home / "cache")


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Any:
    return base.load_tokenizer(folder)


@pytest.fixture
def model(folder: Path) -> Iterator[Any]:
    shared_prefix.register()
    yield base.load_model(folder, torch.float32)


def _conversations(tokenizer: Any, count: int = 5) -> list[Encoded]:
    said = ["yes", "no, never", "perhaps on the third of May", "the", "x" * 40]
    return [
        encode_chat(tokenizer, str(i), (Turn("user", f"question {i}?"), Turn("assistant", said[i])))
        for i in range(count)
    ]


def test_mask_holds_the_answers_and_their_end_and_nothing_else(tokenizer: Any) -> None:
    coded = encode_chat(tokenizer, "a", CHAT)
    learned = [token for token, target in zip(coded.ids, coded.targets, strict=True) if target]
    assert tokenizer.decode(learned) == "In the barn.<|im_end|>Rain<|im_end|>"
    prompt = encode_prompt(tokenizer, CHAT[:3])
    assert list(coded.ids[: len(prompt)]) == prompt


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}", "no part for"),
        ("{{ raise_exception('no') }}", "refuses"),
        (None, "no chat template"),
    ],
)
def test_template_that_cannot_teach_is_refused(folder: Path, template: str | None, said: str) -> None:
    tokenizer = base.load_tokenizer(folder)
    tokenizer.chat_template = template
    with pytest.raises(TrainerError, match=said):
        encode_chat(tokenizer, "a", CHAT)


def test_example_without_answer_is_refused(tokenizer: Any) -> None:
    with pytest.raises(TrainerError, match="no answer"):
        encode_chat(tokenizer, "a", CHAT[:1])


def test_shared_prefix_gives_the_loss_and_gradient_of_one_example_at_a_time(model: Any, tokenizer: Any) -> None:
    examples = _conversations(tokenizer)
    layers = lora.add_lora(model, 4, 8.0, seed=1)
    with torch.no_grad():
        for layer in layers.values():
            layer.b.normal_(std=0.05)
    model.set_attn_implementation(shared_prefix.NAME)
    batch = collate(examples, CPU)
    assert batch.layout.prefix >= 8
    loss.token_losses(model, batch).sum().backward()
    packed = [p.grad.clone() for p in lora.parameters(layers)]
    packed_loss = loss.example_losses(model, batch).detach()

    model.set_attn_implementation("eager")
    for parameter in lora.parameters(layers):
        parameter.grad = None
    for number, example in enumerate(examples):
        ids = torch.tensor([example.ids])
        logits = model(input_ids=ids, use_cache=False).logits[0, :-1]
        aims = torch.where(torch.tensor(example.targets[1:]), ids[0, 1:], -100)
        alone = torch.nn.functional.cross_entropy(logits, aims, ignore_index=-100, reduction="sum")
        assert alone.item() == pytest.approx(packed_loss[number].item(), rel=1e-4)
        alone.backward()
    for mine, theirs in zip(packed, lora.parameters(layers), strict=True):
        torch.testing.assert_close(mine, theirs.grad, rtol=1e-2, atol=1e-4)


def test_models_with_other_attention_get_the_same_loss(model: Any, tokenizer: Any) -> None:
    examples = _conversations(tokenizer, 3)
    model.set_attn_implementation(shared_prefix.NAME)
    with torch.no_grad():
        fast = loss.example_losses(model, collate(examples, CPU))
        model.set_attn_implementation("sdpa")
        model.config.model_type = "unknown"
        plain = loss.example_losses(model, collate(examples, CPU, share=False))
    torch.testing.assert_close(fast, plain, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shared", [True, False])
def test_a_teachers_distribution_costs_the_divergence_from_it(
    model: Any, tokenizer: Any, shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside torch's own divergence over the whole vocabulary; a model that agrees pays nothing."""
    if shared:
        model.set_attn_implementation(shared_prefix.NAME)
    else:
        monkeypatch.setattr(loss, "shares_prefix", lambda _: False)
    coded = _conversations(tokenizer, 3)
    batch = collate(coded, CPU, share=shared)
    size = model.config.vocab_size
    before = loss.soft_targets(model, batch, size)
    assert loss.token_losses(model, batch, before).abs().max() < 1e-4
    layers = lora.add_lora(model, 4, 8.0, seed=1)
    for layer in layers.values():
        torch.nn.init.normal_(layer.b, std=0.05, generator=torch.Generator().manual_seed(2))
    now = loss.soft_targets(model, batch, size)
    one, other = (torch.zeros(len(batch.targets), size).scatter(1, a.tokens, a.probabilities) for a in (before, now))
    wanted = torch.nn.functional.kl_div(other.log(), one, reduction="none").sum(1)
    paid = loss.token_losses(model, batch, before)
    assert paid.max() > 0.1
    torch.testing.assert_close(paid.detach(), wanted, rtol=1e-3, atol=1e-4)
    paid.sum().backward()
    assert all(part.grad is not None for part in lora.parameters(layers))


def test_distilled_and_plain_examples_stand_in_one_batch(model: Any, tokenizer: Any) -> None:
    model.set_attn_implementation(shared_prefix.NAME)
    units = [(coded,) for coded in _conversations(tokenizer, 4)]
    teacher = objective.teacher_targets(model, units[:2], CPU)
    batch, examples = objective.in_batches(model, units, CPU)[0]
    mixed = objective.Likelihood(teacher).total(model, batch, examples)
    alone = sum(
        objective.Likelihood(teacher if n < 2 else {}).total(model, *objective.in_batches(model, [unit], CPU)[0])
        for n, unit in enumerate(units)
    )
    assert mixed > 1
    torch.testing.assert_close(mixed, alone, rtol=1e-4, atol=1e-3)


def test_what_the_base_said_weighs_as_the_run_has_it(model: Any, tokenizer: Any) -> None:
    model.set_attn_implementation(shared_prefix.NAME)
    units = [(coded,) for coded in _conversations(tokenizer, 4)]
    teacher = objective.teacher_targets(model, units[:2], CPU)
    for layer in lora.add_lora(model, 4, 8.0, seed=1).values():
        torch.nn.init.normal_(layer.b, std=0.05, generator=torch.Generator().manual_seed(2))

    def total(some: list[Any], weight: float) -> torch.Tensor:
        return objective.Likelihood(teacher, weight).total(model, *objective.in_batches(model, some, CPU)[0])

    replayed, taught = total(units[:2], 1.0), total(units[2:], 1.0)
    assert replayed > 0.1
    torch.testing.assert_close(total(units, 2.0), 2.0 * replayed + taught, rtol=1e-4, atol=1e-3)


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft asks transformers for it
def test_adapter_folder_means_the_same_to_peft(folder: Path, model: Any, tokenizer: Any, tmp_path: Path) -> None:
    import peft

    ids = torch.tensor([encode_prompt(tokenizer, CHAT[:1])])
    layers = lora.add_lora(model, 4, 8.0, seed=1)
    with torch.no_grad():
        for layer in layers.values():
            layer.b.normal_(std=0.1)
        mine = model(input_ids=ids).logits
        lora.set_enabled(layers, False)
        plain = model(input_ids=ids).logits
    lora.save_adapter(tmp_path, lora.state(layers), 4, 8.0, str(folder))
    other = peft.PeftModel.from_pretrained(base.load_model(folder, torch.float32), str(tmp_path))
    with torch.no_grad():
        theirs = other(input_ids=ids).logits
    torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4)
    assert (mine - plain).abs().max() > 0.1


def test_preference_loss_follows_its_definition() -> None:
    chosen, rejected = torch.tensor([3.0, 9.0]), torch.tensor([5.0, 2.0])
    base_chosen, base_rejected = torch.tensor([4.0, 8.0]), torch.tensor([4.5, 2.5])
    policy_ratio = (-chosen) - (-rejected)
    base_ratio = (-base_chosen) - (-base_rejected)
    by_definition = -torch.log(1 / (1 + torch.exp(-0.1 * (policy_ratio - base_ratio))))
    found = loss.preference_loss(chosen, rejected, base_chosen, base_rejected, 0.1)
    torch.testing.assert_close(found, by_definition)


def test_parity_gate_agrees_on_a_sound_file_and_refuses_stretched_rope(folder: Path, tmp_path: Path) -> None:
    sound = BaseModel(path=str(write_tiny(tmp_path / "tiny.gguf")))
    report = base.check(sound, folder, threads=1)
    assert report.kl is not None
    assert report.kl < 1e-4
    other = BaseModel(path=str(write_tiny(tmp_path / "other.gguf", seed=4)))
    with pytest.raises(TrainerError, match="behaves differently"):
        base.check(other, folder, threads=1)
    stretched = BaseModel(path=str(write_tiny(tmp_path / "rope.gguf", rope_freqs=True)))
    with pytest.raises(TrainerError, match="stretches its context"):
        base.ensure_folder(stretched, tmp_path / "cache")
    first, *_ = write_split(tmp_path / "set")
    with pytest.raises(TrainerError, match="comes in 3 files, and training reads one"):
        base.ensure_folder(BaseModel(path=str(first)), tmp_path / "cache")


def test_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.gguf"
    path.write_bytes(b"no model at all" * 100)
    with pytest.raises(BadFile, match=r"notes\.gguf is not a GGUF model file"):
        base.ensure_folder(BaseModel(path=str(path)), tmp_path / "cache")
