"""Which cards a model is loaded on, told of made-up cards; the model itself is the starter, on the processor."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
from engine_helpers import run

from app.engine import load as loading
from app.engine import placing
from app.engine.load import LoadedModel, load
from app.errors import AppError
from app.llama.bindings import Device, Model
from app.runtimes import Placed, placed_text
from app.workers.calls.engine import Load, LoadProgress

GB = 10**9
CUDA = "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 90 MiB on device 0: cudaMalloc failed: out of memory"
VULKAN = "ggml_vulkan: vk::Device::allocateMemory: ErrorOutOfDeviceMemory"

Split = list[tuple[str, int]]


def card(name: str, free: float, total: float = 0, *, integrated: bool = False) -> Device:
    return Device("CUDA", name, True, int(free * GB), int((total or free) * GB), integrated, handle=1)


class Cards:
    """Cards of this test, and what llama.cpp is asked to put on them. `refuse` says what a card answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *cards: Device) -> None:
        self.asked: list[tuple[int, Split]] = []
        self.refuse: Callable[[Split], str] = lambda _split: ""
        monkeypatch.setattr(placing, "cards", lambda: list(cards))
        world = self

        class OnCards(Model):
            """The real one, on the processor whatever the split."""

            def __init__(
                self, path: Path, layers: int, progress: Callable[[float], bool], split: Sequence[tuple[Device, int]]
            ) -> None:
                told = [(device.description, count) for device, count in split]
                world.asked.append((layers, told))
                if told and (said := world.refuse(told)):
                    raise AppError("It could not be loaded.", "Choose another model.", said)
                super().__init__(path, 0, progress, ())

        monkeypatch.setattr(loading, "Model", OnCards)


def loaded(path: Path, **wished: Any) -> tuple[Placed, str]:
    """Where it lies, and the device by name; it is closed again."""
    steps: Generator[LoadProgress, None, LoadedModel] = load(Load(path=str(path), context=1024, threads=1, **wished))
    model, _ = run(steps)  # type: ignore[arg-type]
    assert isinstance(model, LoadedModel)
    model.close()
    return model.info.placed, model.info.device


def test_the_planned_card_alone_is_named_to_llama_cpp(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = Cards(monkeypatch, card("Small", 0.05, 8), card("Large", 6, 8))
    placed, device = loaded(starter)
    assert cards.asked == [(placing.ALL_LAYERS, [("Large", 31)])] and device == "Large"
    assert [(share.card, share.layers) for share in placed.shares] == [(1, 31)] and not placed.note
    assert placed_text(placed).startswith("on the second card, 0.") and placed_text(placed).endswith(" of 8.0 GB")


def test_two_cards_are_told_their_layers(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = Cards(monkeypatch, card("One", 0.13, 8), card("Two", 0.11, 6))
    placed, device = loaded(starter)
    ((layers, split),) = cards.asked
    assert layers == placing.ALL_LAYERS and [name for name, _ in split] == ["One", "Two"]
    assert sum(count for _, count in split) == 31 and split[0][1] > split[1][1] and device == "One and Two"
    said = rf"{split[0][1]} layers on the first card \(0\.\d\d of 8\.0 GB\), "
    said += rf"{split[1][1]} layers on the second card \(0\.\d\d of 6\.0 GB\)"
    assert re.fullmatch(said, placed_text(placed)), placed_text(placed)


@pytest.mark.parametrize("said", [CUDA, VULKAN])
def test_a_card_that_is_full_gets_less_and_then_the_processor_computes(
    starter: Path, monkeypatch: pytest.MonkeyPatch, said: str, expected_warnings: list[str]
) -> None:
    expected_warnings.append("has no room for")
    cards = Cards(monkeypatch, card("Card", 6, 8))
    cards.refuse = lambda split: said if split[0][1] > 20 else ""
    placed, _ = loaded(starter)
    assert cards.asked[0][0] == placing.ALL_LAYERS and len(cards.asked) == 2
    assert placed.shares[0].layers < 31 and "only" in placed.note and placed.note.startswith("Card ran out of memory")
    cards.refuse = lambda split: said
    placed, device = loaded(starter)
    assert cards.asked[-1] == (0, []) and not placed.shares and "Card" not in device
    assert "the processor computes" in placed.note and "Close what else uses the card" in placed.note


def test_another_reason_is_no_full_card(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = Cards(monkeypatch, card("Card", 6, 8))
    cards.refuse = lambda split: "unknown model architecture"
    with pytest.raises(AppError, match="could not be loaded"):
        loaded(starter)
    assert len(cards.asked) == 1


def test_no_room_from_the_start_is_said_too(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = Cards(monkeypatch, card("Full", 0.01, 8))
    placed, _ = loaded(starter)
    assert cards.asked == [(0, [])] and "No room on Full, where 0.01 of 8.0 GB are free" in placed.note
    assert loaded(starter, gpu_layers=0)[0].note == "", "a person wants it so"
    silent = Cards(monkeypatch, card("Silent", 0))
    assert "does not say how much memory" in loaded(starter)[0].note
    placed, _ = loaded(starter, gpu_layers=4)
    assert silent.asked[-1] == (4, [("Silent", 4)]) and placed_text(placed).startswith("on the graphics card, 0.")


def test_a_card_of_its_own_comes_before_the_processors(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = Cards(monkeypatch, card("Inside", 12, integrated=True), card("Own", 4))
    loaded(starter)
    assert cards.asked == [(placing.ALL_LAYERS, [("Own", 31)])]
