"""On which device a model is taught, against the sums done by hand."""

from __future__ import annotations

import pytest

from app.llama.memory import (
    Shape,
    activation_bytes,
    checking_bytes,
    hole_bytes,
    training_bytes,
    usual_shape,
)
from app.llama.planner import SHARE, Device
from app.llama.teaching import LEAST_TOKENS, plan_teaching

SHAPE = Shape(3_000_000_000, 28, 3072, 128_000, 8192)
LONG = 2048
FULL, TWICE, SMALL, SMALLEST = (
    training_bytes(SHAPE, precision, LONG, checkpointing=twice, on_card=True)
    for precision, twice in (("bf16", False), ("bf16", True), ("nf4", False), ("nf4", True))
)
IN_RAM = FULL + hole_bytes(SHAPE, "bf16", LONG)


def ram(free: float) -> Device:
    return Device("the processor", "cpu", int(free), int(free))


def card(name: str, free: float, total: float = 0) -> Device:
    return Device(name, "gpu", int(total or free), int(free))


def test_activations_that_are_computed_twice_are_those_of_one_layer() -> None:
    one, wide = activation_bytes(SHAPE, "bf16"), SHAPE.widths[0]
    others = (SHAPE.layers - 1) * one
    # each layer's input is kept, in 16 bits; a layer's gradients, and not the logits, are on their way beside one
    beside = SHAPE.layers * SHAPE.hidden * 2 + 2 * (3 * wide + SHAPE.hidden) - 256 * 8 * SHAPE.vocabulary / LONG
    assert pytest.approx(LONG * (others - beside), abs=4) == FULL - TWICE
    assert SMALLEST < TWICE < FULL and SMALLEST < SMALL < FULL


def test_the_card_with_the_most_room_that_keeps_everything() -> None:
    found = plan_teaching(SHAPE, LONG, [ram(64e9), card("Full", 0.2e9, 24e9), card("Free", FULL / SHARE + 1)])
    assert (found.device.name, found.precision, found.checkpointing, found.needs_bytes) == ("Free", "bf16", False, FULL)
    assert found.fits and found.longest == LONG


def test_then_activations_twice_then_the_processor_then_four_bits_then_shorter_examples() -> None:
    def chosen(on_card: float, free: float) -> tuple[str, str, bool, int]:
        found = plan_teaching(SHAPE, LONG, [ram(free), card("Card", on_card / SHARE + 1)], exact=("fp32", "bf16"))
        assert found.fits and found.needs_bytes <= found.device.free
        return found.device.name, found.precision, found.checkpointing, found.longest

    assert chosen(TWICE, 64e9) == ("Card", "bf16", True, LONG)
    assert chosen(SMALLEST, 64e9) == ("the processor", "fp32", False, LONG)
    assert chosen(SMALLEST, IN_RAM) == ("the processor", "bf16", False, LONG)
    assert chosen(SMALLEST, 1e9) == ("Card", "nf4", True, LONG)
    short = training_bytes(SHAPE, "nf4", LONG // 2, checkpointing=True, on_card=True)
    alone = plan_teaching(SHAPE, LONG, [card("Card", short / SHARE + 1)])
    assert (alone.precision, alone.checkpointing, alone.longest, alone.fits) == ("nf4", True, LONG // 2, True)


def test_where_nothing_fits_the_least_is_named() -> None:
    found = plan_teaching(SHAPE, LEAST_TOKENS, [ram(1e9), card("Card", 1.5e9)])
    assert not found.fits and found.precision == "nf4" and found.checkpointing
    assert found.needs_bytes == training_bytes(SHAPE, "nf4", LEAST_TOKENS, checkpointing=True, on_card=True)


def test_a_persons_own_choice_stands() -> None:
    here = [ram(64e9), card("Card", FULL * 2)]
    found = plan_teaching(SHAPE, LONG, here, given="nf4", checkpointing=True)
    assert (found.device.name, found.precision, found.checkpointing) == ("Card", "nf4", True)
    tight = plan_teaching(SHAPE, LEAST_TOKENS, [card("Card", FULL / 4)], given="bf16", checkpointing=False)
    assert not tight.fits and (tight.precision, tight.checkpointing) == ("bf16", False)


@pytest.mark.parametrize("parameters", [135_000_000, 7_000_000_000])
def test_an_adapter_is_a_smaller_share_of_a_larger_model_and_checks_hold_all_weights(parameters: int) -> None:
    shape = usual_shape(parameters)
    assert checking_bytes(shape) > 2 * parameters
    assert training_bytes(shape, "bf16") > checking_bytes(shape)
