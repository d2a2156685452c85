"""The list of models that comes along: its form, what it says of each, and what is offered of it on which computer."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.errors import AppError
from app.hub import Fitted, HubFile, Offer
from app.llama.planner import Device
from app.models.catalogue import OWN, parse_catalogue, read_catalogue
from app.models.fits import fitted
from app.models.offered import file_bytes, file_offers, offers_of
from app.models.repositories import quantization_of
from app.types import InstalledModel
from app.units import GB


def machine(ram: int, gpu: int = 0) -> list[Device]:
    """A computer of which nothing is in use yet."""
    cards = [Device("Card", "gpu", gpu, gpu)] if gpu else []
    return [Device("This computer", "cpu", ram, ram), *cards]


ALLOWED = {
    "id", "name", "repo", "revision", "kind", "licence", "parameters", "active", "context", "languages", "good_at",
    "thinks", "sees", "calls_tools", "gated", "files", "projector", "source",
}  # fmt: skip
FILE = {"name", "quantization", "bytes", "sha256", "parts"}


def test_every_model_of_the_list_says_what_a_person_and_the_hub_need() -> None:
    models = read_catalogue()
    assert {model.kind for model in models} == {"chat", "embedder"}
    chats = [model for model in models if model.kind == "chat"]
    assert len(chats) >= 15 and min(each.parameters for each in chats) <= 0.6e9
    assert max(each.parameters for each in chats) >= 70e9
    for model in models:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", model.repo) and model.licence and model.context and model.languages
        assert 10 < len(model.good_at) < 100 and "LLM" not in model.good_at, model.id
        for file in model.files:
            assert file.name.endswith(".gguf") and quantization_of(file.name) == file.quantization, file.name
            assert all(re.fullmatch(r"[0-9a-f]{64}", each) for each in file.sha256)
            if file.bytes:  # what a source gives and what the parameters say agree
                assert 0.75 < file.bytes / file_bytes(model, _unsized(file.name, file.quantization)) < 1.3, model.id
        if model.sees:
            assert model.projector is not None and model.projector.name.endswith(".gguf"), model.id
    raw = json.loads(OWN.read_text(encoding="utf-8"))["models"]
    assert all(set(each) <= ALLOWED and each["source"] for each in raw)
    assert all(set(file) <= FILE for each in raw for file in each["files"])


def _unsized(name: str, quantization: str) -> HubFile:
    return HubFile(name=name, quantization=quantization, bytes=0)


def test_the_recommendation_is_the_largest_that_runs_well() -> None:
    def recommended(devices: list[Device]) -> str:
        offers = offers_of(read_catalogue(), lambda size: fitted(size, devices), [])
        (best,) = [each for each in offers if each.recommended] or [None]
        return best.model.id if best is not None else ""

    assert recommended(machine(ram=8 * GB)) == "qwen3-4b"
    assert recommended(machine(ram=32 * GB)) == "qwen3-8b"
    assert recommended(machine(ram=32 * GB, gpu=12 * GB)) == "qwen3-14b"
    assert recommended(machine(ram=32 * GB, gpu=24 * GB)) == "qwen3-32b"
    assert recommended(machine(ram=128 * GB, gpu=80 * GB)) == "llama-3.3-70b"
    assert recommended(machine(ram=GB // 4)) == ""


def test_a_slow_processor_is_offered_what_it_writes_at_reading_speed() -> None:
    def shown(speed: float, devices: list[Device]) -> dict[str, Offer]:
        starter = InstalledModel(id="s", name="S", path="", file_bytes=100_000_000, tokens_per_s=speed)
        offers = offers_of(read_catalogue(), lambda size: fitted(size, devices), [starter], devices)
        return {each.model.id: each for each in offers}

    def best(offers: dict[str, Offer]) -> str:
        return next((id_ for id_, each in offers.items() if each.recommended), "")

    slow, quick = shown(60.0, machine(ram=32 * GB)), shown(300.0, machine(ram=64 * GB))
    assert slow["qwen3-8b"].tokens_per_s == pytest.approx(60 * 1e8 / slow["qwen3-8b"].file.bytes)
    assert "Slow here: about one word a second" in slow["qwen3-8b"].fit.text
    assert best(slow) == "granite-4.1-3b" and "Fits" in slow["granite-4.1-3b"].fit.text
    assert any("2 words a second" in each for each in slow["granite-4.1-3b"].fit.why)
    assert quick["qwen3-30b-a3b"].tokens_per_s > 3 > quick["qwen3-32b"].tokens_per_s  # experts: a tenth for each word
    assert best(quick) == "qwen3-30b-a3b"
    card = shown(900.0, machine(ram=32 * GB, gpu=12 * GB))
    assert best(card) == "qwen3-14b" and not any(each.tokens_per_s for each in card.values())


def test_what_sees_is_offered_with_its_projector_and_a_reranker_not_at_all() -> None:
    eyes = {"name": "mmproj-F16.gguf", "quantization": "F16", "bytes": 3 * GB}
    files = [{"name": "m-Q4_K_M.gguf", "quantization": "Q4_K_M", "bytes": 4 * GB}]
    listed = [
        {"id": "r", "name": "R", "repo": "o/r", "kind": "reranker", "files": files},
        {"id": "m", "name": "M", "repo": "o/m", "files": files, "projector": eyes},
        {"id": "n", "name": "N", "repo": "o/n", "files": files, "projector": {**eyes, "bytes": 0}},
    ]
    models = parse_catalogue(json.dumps({"version": 1, "models": listed}).encode(), "list")
    asked: list[int] = []

    def fit(size: int) -> Fitted:
        asked.append(size)
        return fitted(size, machine(ram=32 * GB))

    known, guessed = offers_of(models, fit, [])
    assert (known.file.bytes, known.file.about, guessed.file.about) == (7 * GB, False, True)
    assert 4 * GB < guessed.file.bytes < 5 * GB and asked == [known.file.bytes, guessed.file.bytes]


def test_of_several_files_the_balanced_one_that_fits_comes_first() -> None:
    (model,) = parse_catalogue(
        json.dumps(
            {"version": 1, "models": [{"id": "m", "name": "M", "repo": "o/m", "files": [
                {"name": f"m-{q}.gguf", "quantization": q, "bytes": size * GB}
                for q, size in (("Q8_0", 8), ("Q2_K", 2), ("Q4_K_M", 4), ("F16", 16))
            ]}]}
        ).encode(),
        "list",
    )  # fmt: skip
    here = InstalledModel(id="x", name="X", path="", file_bytes=1, lineage={"repo": "o/m", "repo_file": "m-Q8_0.gguf"})

    def order(ram: int) -> list[str]:
        offers = file_offers(model, lambda size: fitted(size, machine(ram=ram)), [here])
        assert [each.file.name for each in offers if each.installed] == ["m-Q8_0.gguf"]
        return [each.file.quantization for each in offers]

    assert order(64 * GB) == ["Q4_K_M", "Q8_0", "Q2_K", "F16"]
    assert order(4 * GB) == ["Q2_K", "Q4_K_M", "Q8_0", "F16"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is not a list"),
        (b"[]", "is not a list"),
        (b'{"version": 1, "models": [{"id": 3}]}', "is not a list"),
        (b'{"version": 2, "models": {}}', "newer Inhouse"),
        (b"[" * 100_000, "is not a list"),
    ],
)
def test_what_is_no_list_is_said(text: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "own.json").write_bytes(text)
    with pytest.raises(AppError, match=said):
        read_catalogue(tmp_path / "own.json")
    with pytest.raises(AppError, match="cannot be read"):
        read_catalogue(tmp_path / "none.json")
