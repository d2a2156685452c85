"""Downloads by the real child and the real client of a hub, from a hub on this computer where everything goes wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import Fault, Repo
from hub_world import FILE, REPO, SIZE, World, model_file, share_sent_twice, world_with
from huggingface_hub import constants

from app.errors import AppError, BadFile, NoSpace
from app.llama.split_files import parts_of
from app.models.download import Hub
from app.models.registry import Registry
from app.models.repositories import gguf_files, quantization_of, repository_in
from app.models.server_keys import ServerKeys
from app.workers.calls.models import (
    CatalogueRead,
    FetchFile,
    FetchProgress,
    FitModel,
    HubFound,
    ModelFitted,
    ReadCatalogue,
    RepositoryShown,
    SearchHub,
    ShowRepository,
)
from app.workers.message import Data


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_with(tmp_path_factory.mktemp("hub")) as made:
        yield made


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    yield shared_world
    shared_world.forget()


def test_a_model_is_fetched_checked_and_listed_with_where_it_is_from(world: World) -> None:
    seen: list[Data] = []
    model = world.fetch("plain", seen)
    assert Path(model.path).read_bytes() == world.file.read_bytes()
    assert model.origin == "downloaded" and model.architecture == "llama"
    assert (model.lineage["repo"], model.lineage["repo_file"]) == (REPO, FILE)
    assert model.lineage["sha256"] == world.hub.sha256(world.file)
    last = seen[-1]
    assert isinstance(last, FetchProgress) and last.done == last.total == SIZE and last.checking
    assert world.hub.sent == SIZE
    assert not list((world.home.models / "downloads" / "plain").glob("model/*"))
    assert world.fetch("plain").id == model.id and world.hub.sent == SIZE  # asked again after it was listed
    with pytest.raises(AppError, match="already installed as “tiny"):
        world.fetch("again")
    Registry(world.home).remove(model.id)
    assert not Path(model.path).parent.exists()


@pytest.mark.parametrize(
    "faults",
    [
        [Fault("body", cut_after=1 << 20)],
        [Fault("body", cut_after=700_000), Fault("store", status=503), Fault("head", status=500)],
        [
            Fault("head", status=429, headers={"Retry-After": "1"}),
            Fault("get", status=429, headers={"Retry-After": "0"}),
        ],
    ],
    ids=["cut", "cut, then trouble", "asked to wait"],
)
def test_what_passes_is_waited_for_and_nothing_comes_twice(world: World, faults: list[Fault]) -> None:
    world.hub.faults = faults
    seen: list[Data] = []
    began = time.monotonic()
    model = world.fetch(f"faults{len(faults)}{faults[0].kind}", seen)
    assert Path(model.path).read_bytes() == world.file.read_bytes()
    assert world.hub.sent == SIZE
    assert any(isinstance(each, FetchProgress) and each.note for each in seen)
    assert time.monotonic() - began < 20


def test_a_server_without_ranges_is_read_from_the_beginning_again(world: World) -> None:
    world.hub.faults = [Fault("body", cut_after=1 << 20), Fault("body", no_ranges=True)]
    model = world.fetch("ranges")
    assert Path(model.path).read_bytes() == world.file.read_bytes()


def test_a_wrong_file_is_never_offered(world: World) -> None:
    world.hub.faults = [Fault("body", wrong=True)]
    with pytest.raises(BadFile, match="check sum"):
        world.fetch("wrong")
    assert [each.origin for each in Registry(world.home).models() if each.origin == "downloaded"] == []
    assert world.fetch("wrong").lineage["sha256"] == world.hub.sha256(world.file)
    with pytest.raises(AppError, match="not the one that the catalogue describes"):
        world.client.call(FetchFile(id="other", repo=REPO, file=FILE, sha256=("0" * 64,)))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("head", status=403), "network may block it"),
        (Fault("head", status=403, headers={"X-Request-Id": "1"}), "refused the download"),
        (Fault("head", page=True), "not a hub of models"),
        (Fault("store", status=403), "network may block it"),
        (Fault("store", page=True), "not a hub of models"),
    ],
)
def test_a_refusal_says_who_refused_and_how_to_bring_the_file(world: World, fault: Fault, said: str) -> None:
    world.hub.faults = [fault]
    with pytest.raises(AppError, match=said) as caught:
        world.fetch("refused")
    assert caught.value.hint


def test_a_page_in_place_of_a_list_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    hub = Hub(world.hub.address)
    for ask in (lambda: hub.find("tiny"), lambda: hub.repository("owner/tiny")):
        world.hub.faults = [Fault("api", page=True)]
        with pytest.raises(AppError, match="not a hub of models"):
            ask()


def test_a_gated_repository_says_what_to_do_and_opens_with_a_token(world: World, tmp_path: Path) -> None:
    other = model_file(tmp_path / "gated.gguf", seed=5, size=1 << 20)
    world.hub.repos["owner/gated"] = Repo({"gated-Q8_0.gguf": other}, gated=True)
    world.hub.token = "hf_secret"
    with pytest.raises(AppError, match="wants to know who downloads") as caught:
        world.fetch("gated", file="gated-Q8_0.gguf", repo="owner/gated")
    assert "token" in caught.value.hint and world.hub.address in caught.value.hint
    ServerKeys(world.home).set("hub", "hf_secret")
    try:
        assert world.fetch("gated", file="gated-Q8_0.gguf", repo="owner/gated").quantization
    finally:
        ServerKeys(world.home).forget("hub")
    with pytest.raises(AppError, match="no repository “owner/none”"):
        world.fetch("none", repo="owner/none")
    with pytest.raises(AppError, match="not in “owner/tiny-GGUF”"):
        world.fetch("none", file="none.gguf")


def test_another_file_at_the_hub_begins_anew_and_says_so(world: World, tmp_path: Path) -> None:
    world.hub.repos["owner/moving"] = Repo({FILE: world.file})
    world.hub.faults = [Fault("body", cut_after=1 << 20), Fault("store", status=403, after=1)]
    with pytest.raises(AppError, match="may block it"):
        world.fetch("moving", repo="owner/moving")
    assert (world.home.models / "downloads" / "moving" / "model" / f"{FILE}.part").stat().st_size == 1 << 20
    other = model_file(tmp_path / "other.gguf", seed=7)
    world.hub.repos["owner/moving"] = Repo({FILE: other}, commit="f" * 40)
    seen: list[Data] = []
    model = world.fetch("moving", seen, repo="owner/moving")
    assert Path(model.path).read_bytes() == other.read_bytes() and model.lineage["revision"] == "f" * 40
    assert any(isinstance(each, FetchProgress) and "another one now" in each.note for each in seen)


def test_disk_space_is_asked_for_before_the_first_byte(world: World, tmp_path: Path) -> None:
    huge = tmp_path / "huge.gguf"
    with huge.open("wb") as file:
        file.truncate(1 << 43)  # sparse: more than any disk here
    world.hub._hashes[huge, huge.stat().st_mtime, 1 << 43] = "a" * 64
    world.hub.repos["owner/huge"] = Repo({"huge.gguf": huge})
    with pytest.raises(NoSpace, match="GB free"):
        world.fetch("huge", file="huge.gguf", repo="owner/huge")
    assert world.hub.sent == 0


def test_a_killed_process_fetches_nothing_twice(world: World, tmp_path: Path) -> None:
    """Killed three times at places of its own; tests/acceptance kills twenty times."""
    assert share_sent_twice(world, tmp_path / FILE, 16 << 20, kills=3) < 0.05


# --- looking ----------------------------------------------------------------------------------------------------------


def test_the_hub_is_searched_by_words_and_a_link_and_a_file_is_fitted_by_its_header(world: World) -> None:
    found = world.client.call(SearchHub(query="tiny"))
    assert isinstance(found, HubFound)
    (offer,) = [each for each in found.offers if each.model.repo == REPO]
    assert (offer.model.licence, offer.model.parameters, offer.file.bytes) == ("apache-2.0", 1_000_000, SIZE)
    assert offer.file.sha256 == (world.hub.sha256(world.file),)
    linked = world.client.call(SearchHub(query=f"{world.hub.address}/{REPO}/tree/main"))
    assert isinstance(linked, HubFound) and linked.offers[0].model.repo == REPO
    shown = world.client.call(ShowRepository(repo=REPO))
    assert isinstance(shown, RepositoryShown) and [each.file.name for each in shown.offers] == [FILE]
    world.hub.sent = 0
    fit = world.client.call(FitModel(repo=REPO, file=FILE))
    assert isinstance(fit, ModelFitted) and fit.fit.text and world.hub.sent < SIZE / 2
    here = world.client.call(FitModel(path=str(world.file)))
    assert isinstance(here, ModelFitted) and here.fit == fit.fit


def test_a_companys_list_is_read_from_an_address(world: World, tmp_path: Path) -> None:
    text = b'{"version": 1, "models": [{"id": "a", "name": "A", "repo": "o/a"}]}'
    (tmp_path / "list.json").write_bytes(text)
    world.hub.repos["o/list"] = Repo({"list.json": tmp_path / "list.json"})
    read = world.client.call(ReadCatalogue(source=f"{world.hub.address}/o/list/resolve/main/list.json"))
    assert isinstance(read, CatalogueRead) and [each.id for each in read.models] == ["a"]


def test_parts_and_names_of_files_in_a_repository() -> None:
    split = tuple(f"Q8_0/big-Q8_0-{n:05}-of-00003.gguf" for n in (1, 2, 3))
    listed = [
        (name, 10, "") for name in (*split, "small-Q4_K_M.gguf", "mmproj-F16.gguf", "x.imatrix.gguf", "README.md")
    ]
    models, projectors = gguf_files(listed)
    assert [(each.name, each.bytes, each.parts) for each in models] == [
        (split[0], 30, split), ("small-Q4_K_M.gguf", 10, ()),
    ]  # fmt: skip
    assert [each.name for each in projectors] == ["mmproj-F16.gguf"]
    assert gguf_files(listed[1:3])[0] == ()  # the first part is missing
    assert parts_of(split[0]) == split and parts_of("a.gguf") == ("a.gguf",)
    for name, quantization in (("a-UD-Q4_K_XL.gguf", "UD-Q4_K_XL"), ("a.IQ3_XXS.gguf", "IQ3_XXS"), ("b.gguf", "")):
        assert quantization_of(name) == quantization
    assert repository_in("https://hub.example/o/m/blob/v2/f.gguf") == ("o/m", "v2")
    assert repository_in("o/m") == ("o/m", "main") and repository_in("a small model") is None
