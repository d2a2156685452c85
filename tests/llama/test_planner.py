"""How a model is fitted to the memory, against arithmetic done by hand, and what is said about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from arch_gguf import Sizes, write_model

from app.llama.fitted import Choice, best_of, fit_by_size, fit_model, fit_together, freed
from app.llama.gguf_header import GgufHeader
from app.llama.gguf_reader import read_header
from app.llama.needs import Needs, Setup, needs_of
from app.llama.planner import SAVED_BYTES, SHARE, Device, Plan, Wish, plan

GIB = 1 << 30
GB = 10**9
SHAPE = Sizes(layers=32, hidden=4096, heads=32, kv_heads=8, head=128, wide=14336, vocabulary=2048, context=131072)
PER_TOKEN = 32 * 8 * 128 * 2 * 2  # layers × kv heads × head size × (key, value) × 16 bits: 128 KiB


@pytest.fixture(scope="module")
def header(tmp_path_factory: pytest.TempPathFactory) -> GgufHeader:
    """Shaped as an 8-billion Llama; the file's size is what each test says."""
    path = tmp_path_factory.mktemp("shape") / "llama.gguf"
    return read_header(write_model(path, "llama", SHAPE, hollow=True))


@pytest.fixture(scope="module")
def needs(header: GgufHeader) -> Needs:
    """With weights of 5 GiB."""
    found = needs_of(header, file_bytes=5 * GIB)
    assert found is not None
    return found


def machine(free: float, total: float = 0, *gpus: float) -> list[Device]:
    """An ordinary memory and graphics cards of so many GiB, all of the cards free."""
    ram = Device("Processor", "cpu", int((total or free) * GIB), int(free * GIB))
    return [ram, *(Device(f"Card {size:g}", "gpu", int(size * GIB), int(size * GIB)) for size in gpus)]


def loaded(needs: Needs, devices: list[Device], context: int = 8192, layers: int | None = None) -> Plan:
    return plan(needs, devices, Wish(context, SHAPE.context, layers))


def test_plenty(needs: Needs) -> None:
    found = loaded(needs, machine(32))
    assert (found.kind, found.context, found.kv_8bit, found.gpu_layers) == ("cpu", 8192, False, 0)
    assert found.saved_bytes == SAVED_BYTES
    found = loaded(needs, machine(32, 32, 24))
    assert (found.kind, found.gpu_layers) == ("gpu", SHAPE.layers + 1)
    assert [(each.card, each.layers) for each in found.shares] == [(0, SHAPE.layers + 1)]


def test_the_context_never_exceeds_what_was_trained(needs: Needs) -> None:
    assert plan(needs, machine(64), Wish(1 << 20, 4096)).context == 4096
    assert plan(needs, machine(64), Wish(0, 4096)).context == 4096
    assert plan(needs, machine(64), Wish(0, 0)).context == 8192


def test_a_smaller_context_and_then_8_bits_come_before_layers_on_the_processor(needs: Needs) -> None:
    compute = needs.compute_bytes(8192, Setup())
    assert needs.cache_bytes(8192, False, Setup()) == 8192 * PER_TOKEN
    short = loaded(needs, machine(32, 32, (5 * GIB + compute + 6000 * PER_TOKEN) / SHARE / GIB))
    assert short.kind == "gpu" and not short.kv_8bit and 5500 < short.context < 6200
    eight = loaded(needs, machine(32, 32, (5 * GIB + compute + 3000 * PER_TOKEN) / SHARE / GIB))
    assert eight.kind == "gpu" and eight.kv_8bit and 5000 < eight.context < 6000
    for found in (short, eight):
        assert found.needs_bytes <= SHARE * found.has_bytes


def test_only_then_part_of_the_layers(needs: Needs) -> None:
    found = loaded(needs, machine(32, 32, 4))
    assert found.kind == "part" and 0 < found.gpu_layers < SHAPE.layers and found.context == 8192
    assert found.needs_bytes <= SHARE * 4 * GIB < found.needs_bytes + 5 * GIB / 32 + 8192 * PER_TOKEN / 32


def test_each_card_is_looked_at_by_itself(needs: Needs) -> None:
    found = loaded(needs, machine(32, 32, 4, 24, 4))
    assert (found.kind, found.device) == ("gpu", "Card 24")
    assert [(each.card, each.layers) for each in found.shares] == [(1, SHAPE.layers + 1)]


def on_cards(*cards: Device) -> list[Device]:
    return [*machine(32), *cards]


def card(free: float, total: float = 0, *, integrated: bool = False) -> Device:
    total = total or free
    return Device(f"Card {total:g}", "gpu", int(total * GIB), int(free * GIB), integrated)


def test_two_unequal_cards_share_what_neither_holds_alone(needs: Needs, header: GgufHeader) -> None:
    devices = on_cards(card(5), card(3))
    found = loaded(needs, devices)
    assert (found.kind, found.device, found.context) == ("gpu", "Card 5 and Card 3", 8192)
    first, second = found.shares
    assert (first.card, second.card) == (0, 1) and first.layers + second.layers == SHAPE.layers + 1
    assert 1.4 < first.layers / second.layers < 2.4, "by what each has free, less a compute buffer on each"
    for share in found.shares:
        assert share.needs_bytes <= SHARE * devices[1 + share.card].free
    beside = 2 * (needs.compute_bytes(8192, Setup()) + needs.pipeline_bytes(8192, Setup()))
    beside += needs.cache_bytes(8192, False, Setup())
    everything = sum(needs.layer_bytes) + needs.output_bytes + beside
    assert found.needs_bytes == pytest.approx(everything, abs=4) and found.has_bytes == 8 * GIB
    said = fit_model(header, devices, Wish(8192), file_bytes=5 * GIB)
    assert said.text.startswith("Fits your GPUs: ") and "layers on Card 5" in said.why[0]


def test_a_full_card_takes_nothing(needs: Needs) -> None:
    found = loaded(needs, on_cards(card(0.1, 24), card(8)))
    assert [each.card for each in found.shares] == [1] and found.kind == "gpu"
    part = loaded(needs, on_cards(card(0.1, 24), card(4)))
    assert part.kind == "part" and [each.card for each in part.shares] == [1]
    assert loaded(needs, on_cards(card(0.1, 24), card(0.2, 8))).kind == "cpu"


def test_layers_are_spread_before_any_is_left_to_the_processor_and_the_output_counts(needs: Needs) -> None:
    alone, both = loaded(needs, on_cards(card(2))), loaded(needs, on_cards(card(2), card(2)))
    assert alone.kind == both.kind == "part"
    assert alone.gpu_layers == sum(each.layers for each in alone.shares) < both.gpu_layers
    assert len(both.shares) == 2 and abs(both.shares[0].layers - both.shares[1].layers) <= 1
    inside = alone.gpu_layers - 1  # the last is the output
    cache = inside * needs.layer_caches(8192, False, Setup())[0]
    taken = inside * needs.layer_bytes[0] + needs.output_bytes + cache + needs.compute_bytes(8192, Setup())
    assert alone.needs_bytes == pytest.approx(taken, abs=inside)


def test_an_integrated_card_counts_where_there_is_no_other(needs: Needs) -> None:
    inside = card(16, integrated=True)
    assert [each.card for each in loaded(needs, on_cards(inside)).shares] == [0]
    beside = loaded(needs, on_cards(inside, card(8)))
    assert [each.card for each in beside.shares] == [1] and beside.device == "Card 8"
    assert [each.card for each in loaded(needs, on_cards(inside, card(4))).shares] == [1]


def test_a_card_that_does_not_say_its_memory_is_used_only_where_a_person_says_so(
    needs: Needs, header: GgufHeader
) -> None:
    silent = Device("Silent", "gpu", 0, 0)
    assert loaded(needs, on_cards(silent)).kind == "cpu"
    assert any("does not say" in why for why in fit_model(header, on_cards(silent), file_bytes=5 * GIB).why)
    found = loaded(needs, on_cards(silent), layers=10)
    assert (found.kind, found.gpu_layers) == ("part", 10) and [each.layers for each in found.shares] == [10]
    assert [each.card for each in loaded(needs, on_cards(silent, card(8))).shares] == [1]


def test_one_card_with_a_useful_context_comes_before_two_with_a_longer_one(needs: Needs) -> None:
    compute = needs.compute_bytes(8192, Setup())
    good = (5 * GIB + compute + 5000 * PER_TOKEN) / SHARE / GIB
    assert len(loaded(needs, on_cards(card(good), card(good))).shares) == 1
    short = (5 * GIB + compute + 900 * PER_TOKEN) / SHARE / GIB
    found = loaded(needs, on_cards(card(short), card(short)))
    assert len(found.shares) == 2 and (found.context, found.kv_8bit) == (8192, False)


def test_the_projector_lies_on_the_first_card(needs: Needs) -> None:
    sees = replace(needs, projector_bytes=GIB)
    blind, found = (loaded(each, on_cards(card(5), card(4))) for each in (needs, sees))
    assert found.shares[0].layers < blind.shares[0].layers
    assert found.needs_bytes - blind.needs_bytes == pytest.approx(GIB, abs=8)


def test_the_users_own_number_of_layers(needs: Needs) -> None:
    assert loaded(needs, machine(32, 32, 24), layers=0).gpu_layers == 0
    assert loaded(needs, machine(32, 32, 24), layers=10).gpu_layers == 10
    assert loaded(needs, machine(32, 32, 24), layers=99).kind == "gpu"


def test_little_memory_shortens_the_context(needs: Needs) -> None:
    found = loaded(needs, machine(2, 8))
    assert found.kind == "cpu" and 1024 <= found.context < 8192


def test_what_the_cache_leaves_is_for_conversations_beside_it(header: GgufHeader) -> None:
    needs = needs_of(header, file_bytes=GIB)
    assert needs is not None
    taken = needs.memory(8192).total
    for beside in (0, 100 << 20):
        found = loaded(needs, machine((taken + beside + 2) / SHARE / GIB, 32))
        assert found.context == 8192 and found.saved_bytes == pytest.approx(beside, abs=4)


def test_it_is_said_in_sentences(header: GgufHeader) -> None:
    def text(devices: list[Device], size: int = 5 * GB) -> str:
        return fit_model(header, devices, Wish(8192), file_bytes=size).text

    assert text(machine(32, 32, 24)).startswith("Fits your GPU: 6.2 of 25.8 GB")
    assert text(machine(32, 32, 4)).startswith("Partly on your GPU, slower: ")
    assert text(machine(32, 32, 0.5)) == "Runs on the processor, slower"
    assert text(machine(32)) == "Fits memory: 6.2 of 34.4 GB"
    assert text(machine(12)) == "Tight: 6.2 of 12.9 GB"
    assert text(machine(16), 20 * GB).startswith("Too large: needs 23.8 GB")
    short = fit_model(header, machine(32, 32, 6), Wish(8192), file_bytes=5 * GB)
    assert short.kv_8bit or short.context < 8192
    assert any("8 bits" in why or "longer one would not fit" in why for why in short.why)


def test_an_unknown_kind_is_not_said_to_fit(tmp_path: Path) -> None:
    path = write_model(tmp_path / "strange.gguf", "llama")
    path.write_bytes(path.read_bytes().replace(b"llama", b"lhama"))
    fit = fit_model(read_header(path), machine(64, 64, 24))
    assert (fit.kind, fit.needs_bytes, fit.context) == ("unknown", 0, 0) and "lhama" in fit.why[0]


def test_the_best_quantization_that_fits(header: GgufHeader) -> None:
    sizes = {"Q2_K": 3.3, "Q4_K_M": 5.0, "Q6_K": 6.7, "Q8_0": 8.6, "F16": 16.2}
    choices = [Choice(name, int(size * GB), header) for name, size in sizes.items()]

    def chosen(devices: list[Device]) -> str:
        at, fit = best_of(choices, devices, Wish(8192))
        assert fit.kind == "large" or choices[at].quantization in fit.why[0]
        return choices[at].quantization

    assert chosen(machine(32, 32, 24)) == "F16"
    assert chosen(machine(32, 32, 9.5)) == "Q6_K"  # Q8_0 has room there, with half the context in 8 bits
    assert chosen(machine(32, 32, 7)) == "Q4_K_M"
    assert chosen(machine(16)) == "Q4_K_M"  # the larger ones would leave little for other programs
    assert chosen(machine(2)) == "Q2_K"


def test_beside_each_other_is_checked_on_the_device(needs: Needs) -> None:
    def together(now: list[Device], later: list[Device]) -> bool:
        return fit_together(needs, now, later, Wish(1024))

    ram = machine(32)[0]
    busy = Device("Card", "gpu", 10 * GIB, 4 * GIB)  # the old model takes six of the ten
    later = freed([ram, busy], 0, {0: 6 * GIB})
    assert later[1].free == 10 * GIB and later[0] == ram
    assert not together([ram, busy], later), "the ordinary memory's room does not count"
    other = Device("Other", "gpu", 10 * GIB, 9 * GIB)
    assert together([ram, busy, other], freed([ram, busy, other], 0, {0: 6 * GIB})), "the other card has room"
    roomy = Device("Card", "gpu", 48 * GIB, 40 * GIB)
    assert together([ram, roomy], freed([ram, roomy], 0, {0: 6 * GIB}))
    assert together(machine(30, 32), machine(32)) and not together(machine(2, 32), machine(30, 32))


def test_by_size_it_is_nearly_the_same(header: GgufHeader) -> None:
    for devices in (machine(32), machine(32, 32, 24), machine(4)):
        rough = fit_by_size(5 * GB, devices, 8_000_000_000, Wish(8192))
        exact = fit_model(header, devices, Wish(8192), file_bytes=5 * GB)
        assert rough.kind == exact.kind and rough.needs_bytes == pytest.approx(exact.needs_bytes, rel=0.1)
    assert fit_by_size(0, machine(32)).kind == "unknown"
