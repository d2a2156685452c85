"""Another embedder than the one that comes along: brought in, used while the old one answers, and gone back from."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import gguf
import numpy as np
import psutil
import pytest
from documents_helpers import files_holding
from safetensors.numpy import load_file, save_file
from tiny_embedder import write_gguf, write_sentence_folder
from tiny_gguf import write_split

from app.documents.backends import load_embedder
from app.documents.background import like_shipped
from app.documents.embed import Embedder
from app.documents.embedder_child import write
from app.documents.embedder_import import Order, import_embedder
from app.embedder.embedders import PART, Background, Embedders, Manifest
from app.errors import AppError, BadFile
from app.workers.calls.documents import Add, FileEvent
from app.workers.calls.embedders import (
    EmbedderImported,
    EmbedderUsed,
    ForgetReembedded,
    ImportEmbedder,
    ImportProgress,
    Reembed,
    ReembedProgress,
)
from app.workers.roles import Steps

if TYPE_CHECKING:
    from conftest import Documents


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sentence_folder(tmp_path_factory.mktemp("embedder") / "tiny-words")


@pytest.fixture(scope="module")
def brought(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of embedders with the tiny one in it, made once."""
    root = tmp_path_factory.mktemp("brought")
    ends(import_steps(root, folder))
    return root


def import_steps(root: Path, source: Path, **options: str) -> Steps:
    return import_embedder(Embedders(root), ImportEmbedder(path=str(source), **options))  # type: ignore[arg-type]


def ends(steps: Steps) -> object:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def imported(root: Path, source: Path, **options: str) -> Manifest:
    made = ends(import_steps(root, source, **options))
    assert isinstance(made, EmbedderImported)
    return made.embedder


def tried(source: Path, target: Path) -> Manifest:
    """What the disposable process does, in this one."""
    return write(Order(str(source), str(target), ""), lambda _: None)


# --- bringing one in --------------------------------------------------------------------------------------------------


def test_a_sentence_transformers_folder_is_kept_with_who_it_is(brought: Path, folder: Path) -> None:
    (made,) = Embedders(brought).all()
    identity = made.identity
    assert identity is not None and made.kind == "sentence-transformers" and made.name == "tiny-words"
    assert (identity.query, identity.passage, identity.pooling) == ("ask: ", "say: ", "mean")
    assert (identity.dimensions, identity.tokens, identity.precision) == (64, 96, "int8")
    assert made.background is not None and 0 < made.background.mean < 1
    assert not list(brought.glob(f"{PART}*")), "nothing half made is left"
    with pytest.raises(BadFile, match="here already as “tiny-words”"):
        imported(brought, folder)


def test_its_vectors_are_those_of_sentence_transformers(brought: Path, folder: Path) -> None:
    sentence_transformers = pytest.importorskip("sentence_transformers")
    (made,) = Embedders(brought).all()
    ours = Embedder(brought / made.id, made.identity)
    theirs = sentence_transformers.SentenceTransformer(str(folder), device="cpu")
    said = ["The hotel limit is 180 euros.", "Lunch is served at noon, and the canteen closes early."]
    for mine, other in (
        (ours.encode(said), theirs.encode(said, prompt_name="document")),
        (ours.encode_queries(said), theirs.encode(said, prompt_name="query")),
    ):
        assert (mine * other).sum(axis=1).min() > 0.99


def test_a_gguf_embedder_pools_as_its_file_says(tmp_path: Path) -> None:
    made = imported(tmp_path / "all", write_gguf(tmp_path / "tiny.gguf"), name="Tiny", query="q: ", passage="p: ")
    assert made.kind == "gguf" and made.name == "Tiny" and made.identity is not None
    assert (made.identity.pooling, made.identity.dimensions, made.identity.query) == ("mean", 64, "q: ")


def test_llama_and_our_graph_give_the_same_network_the_same_vectors(tmp_path: Path) -> None:
    both = [
        imported(tmp_path / "all", write_sentence_folder(tmp_path / "one", seed=6), query="", passage=""),
        imported(tmp_path / "all", write_gguf(tmp_path / "two.gguf", seed=6)),
    ]
    said = ["The hotel limit is 180 euros.", "Lunch is served at noon."]
    loaded = [load_embedder(each.kind, tmp_path / "all" / each.id, each.identity) for each in both]  # type: ignore[arg-type]
    assert (loaded[0].encode(said) * loaded[1].encode(said)).sum(axis=1).min() > 0.99


@pytest.mark.parametrize(
    ("flaw", "said"),
    [
        ("pickle", "pickle"), ("code", "code of its own"), ("auto_map", "code of its own"), ("dense", "Dense"),
        ("architecture", "architecture"), ("pooling", "pools"), ("truncated", "damaged"), ("nan", "damaged"),
        ("missing", "damaged"), ("outside", "outside itself"), ("no modules", "not a sentence-transformers folder"),
        ("noise", "not an embedder for search"), ("config", "damaged"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_says_why(tmp_path: Path, flaw: str, said: str) -> None:
    source = write_sentence_folder(tmp_path / "source", pooling="max" if flaw == "pooling" else "mean")
    spoil(source, flaw)
    (tmp_path / "made").mkdir()
    with pytest.raises(BadFile, match=said):
        tried(source, tmp_path / "made")


def test_a_refusal_comes_out_of_its_process_and_leaves_nothing(tmp_path: Path) -> None:
    source = write_sentence_folder(tmp_path / "source", model_type="t5")
    with pytest.raises(BadFile, match="architecture that is not known here: t5"):
        imported(tmp_path / "all", source)
    assert not list((tmp_path / "all").iterdir())


def spoil(source: Path, flaw: str) -> None:
    weights = source / "model.safetensors"
    modules = json.loads((source / "modules.json").read_text())
    config = json.loads((source / "config.json").read_text())
    match flaw:
        case "pickle":
            weights.rename(source / "pytorch_model.bin")
        case "code":
            modules[0]["type"] = "custom_st.Transformer"
        case "auto_map":
            config["auto_map"] = {"AutoModel": "modeling.Model"}
        case "dense":
            modules[2]["type"] = "sentence_transformers.models.Dense"
        case "architecture":
            config["model_type"] = "t5"
        case "truncated":
            weights.write_bytes(weights.read_bytes()[:-1000])
        case "nan" | "missing" | "noise":
            state = load_file(weights)
            if flaw == "missing":
                del state["encoder.layer.1.output.dense.bias"]
            else:
                name = "encoder.layer.0.output.dense.weight" if flaw == "nan" else "embeddings.word_embeddings.weight"
                state[name] = np.full_like(state[name], np.nan if flaw == "nan" else 0.5)
            save_file(state, weights)
        case "outside":
            modules[1]["path"] = "../../"
        case "config":
            (source / "config.json").write_text("[" * 100_000)
            return
    (source / "modules.json").write_text(json.dumps(modules))
    (source / "config.json").write_text(json.dumps(config))
    if flaw == "no modules":
        (source / "modules.json").unlink()


@pytest.mark.parametrize("pooling", [None, gguf.PoolingType.NONE, gguf.PoolingType.RANK])
def test_a_gguf_that_does_not_pool_is_refused(tmp_path: Path, pooling: gguf.PoolingType | None) -> None:
    (tmp_path / "made").mkdir()
    with pytest.raises(BadFile, match="pools"):
        tried(write_gguf(tmp_path / "tiny.gguf", pooling=pooling), tmp_path / "made")
    with pytest.raises(BadFile, match="is the first of 3 files of an embedder"):
        tried(write_split(tmp_path / "set")[0], tmp_path / "made")


def test_one_that_is_too_big_for_the_memory_is_refused_before_it_is_read(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free._replace(available=1000))
    for source in (folder, write_gguf(tmp_path / "tiny.gguf")):
        with pytest.raises(BadFile, match="too big for this computer’s memory"):
            tried(source, tmp_path)


def test_an_import_that_is_left_ends_its_process_and_leaves_nothing(tmp_path: Path, folder: Path) -> None:
    steps = import_steps(tmp_path / "all", folder)
    while not isinstance(next(steps), ImportProgress):
        pass
    steps.close()
    assert not list((tmp_path / "all").iterdir())


# --- using it ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def other(documents: Documents, brought: Path) -> Manifest:
    """The tiny embedder in the data folder of `documents`."""
    shutil.copytree(brought, documents.home / "embedders")
    (made,) = Embedders(documents.home / "embedders").all()
    return made


def reembed(documents: Documents, embedder_id: str) -> list[ReembedProgress]:
    used = documents.ask(Reembed(embedder_id=embedder_id))
    assert used == EmbedderUsed(embedder_id=embedder_id)
    return [event for event in documents.events if isinstance(event, ReembedProgress)]


def stored(documents: Documents) -> dict[int, bytes]:
    """Vectors as search compares them."""
    store = documents.role._store
    return {id_: vector for id_, _, vector in store.vectors()}


def passages(folder: Path, count: int) -> Path:
    """Files of one passage each."""
    folder.mkdir(exist_ok=True)
    for n in range(count):
        text = f"Regulation {n}: machine {n * 7} in hall {n % 5} is greased every {n + 2} days by shift {n % 3}."
        (folder / f"rule-{n}.txt").write_text(text, encoding="utf-8")
    return folder


def test_another_embedder_answers_and_going_back_gives_the_old_vectors_bit_for_bit(
    documents: Documents, other: Manifest, policies: Path
) -> None:
    documents.add(policies)
    before, found = stored(documents), documents.search("hotel limit in Vienna")
    progress = reembed(documents, other.id)
    assert progress[-1].done == progress[-1].total == len(before)
    after = stored(documents)
    assert after.keys() == before.keys() and {len(vector) for vector in after.values()} == {4 * 64}
    again = documents.search("hotel limit in Vienna")
    assert again.found and again.passages[0].id == found.passages[0].id
    documents.idle()
    assert stored(documents) == after and documents.health()["vectors by"] == other.id
    store = documents.role._store
    assert store.stale() == [] and not store.db.execute("SELECT 1 FROM next_vectors").fetchone(), "all in their places"
    reembed(documents, "")
    assert stored(documents) == before
    once_more = documents.search("hotel limit in Vienna")
    assert [(each.id, each.score) for each in once_more.passages] == [(each.id, each.score) for each in found.passages]


def test_meanwhile_the_old_vectors_answer_and_what_comes_and_goes_is_caught_up(
    documents: Documents, other: Manifest, policies: Path, tmp_path: Path
) -> None:
    documents.add(policies)
    documents.add(passages(tmp_path / "rules", 40))
    before = stored(documents)
    steps = documents.role.handle(Reembed(embedder_id=other.id))
    for said in steps:
        if isinstance(said, ReembedProgress) and said.done:
            break
    assert documents.search("hotel limit in Vienna").found
    assert stored(documents) == before, "search compares the vectors of before"
    (tmp_path / "new.txt").write_text("The gym in the basement opens at six in the morning.", encoding="utf-8")
    documents.add(tmp_path / "new.txt")
    removed = documents.remove("travel.md")
    assert removed.traces == 0 and not removed.places
    used = ends(steps)
    assert used == EmbedderUsed(embedder_id=other.id)
    found = documents.search("When does the gym in the basement open?")
    assert found.passages[0].document == "new.txt"
    assert {len(vector) for vector in stored(documents).values()} == {4 * 64}
    assert "travel.md" not in {each.document for each in documents.search("hotel limit in Vienna").passages}
    documents.idle()
    assert files_holding(documents.home, b"hotel limit in Vienna is 180") == []


def test_files_that_are_being_added_while_it_changes_are_caught_up(
    documents: Documents, other: Manifest, policies: Path, tmp_path: Path
) -> None:
    documents.add(policies)
    folder, collection = passages(tmp_path / "rules", 30), documents.collection("Policies")
    adding = documents.role.handle(Add(paths=(str(folder),), collection_id=collection))
    for said in adding:
        if isinstance(said, FileEvent) and said.status == "indexing":
            break
    reembed(documents, other.id)
    ends(adding)
    documents.idle()
    assert documents.role._store.stale() == [] and len(stored(documents)) >= 33
    assert {len(vector) for vector in stored(documents).values()} == {4 * 64}


def test_a_removal_leaves_no_vector_of_either_embedder(documents: Documents, other: Manifest, policies: Path) -> None:
    documents.add(policies)
    steps = documents.role.handle(Reembed(embedder_id=other.id))
    for said in steps:
        if isinstance(said, ReembedProgress) and said.done == said.total:
            break
    store = documents.role._store
    (travel,) = (each for each in documents.listed() if each.name == "travel.md")
    rows = store.db.execute(
        "SELECT p.vector, n.vector FROM passages p JOIN next_vectors n ON n.passage_id = p.id WHERE document_id = ?",
        (travel.id,),
    ).fetchall()
    assert rows
    assert documents.remove("travel.md").traces == 0
    for row in rows:
        assert [files_holding(documents.home, vector[64:128]) for vector in row] == [[], []]
    steps.close()


def test_one_that_is_cancelled_goes_on_where_it_was_and_one_that_is_forgotten_begins_anew(
    documents: Documents, other: Manifest, tmp_path: Path
) -> None:
    documents.add(passages(tmp_path / "rules", 60))
    steps = documents.role.handle(Reembed(embedder_id=other.id))
    for said in steps:
        if isinstance(said, ReembedProgress) and said.done:
            break
    steps.close()
    assert documents.health()["vectors by"] != other.id
    documents.restart()
    steps = documents.role.handle(Reembed(embedder_id=other.id))
    first = next(said for said in steps if isinstance(said, ReembedProgress))
    assert first.done > 0
    steps.close()
    documents.ask(ForgetReembedded())
    assert not documents.role._store.db.execute("SELECT 1 FROM next_vectors").fetchone()


def test_vectors_wait_for_their_places_over_a_restart(documents: Documents, other: Manifest, policies: Path) -> None:
    documents.add(policies)
    reembed(documents, other.id)
    after = stored(documents)
    documents.restart()  # before idle moments put them in their places
    assert documents.search("hotel limit in Vienna").found and stored(documents) == after
    added = documents.add(policies)
    assert added.unchanged == 3 and added.indexed == 0, "files are known although another embedder read them"


def test_one_that_is_gone_is_replaced_by_the_one_that_comes_along(
    documents: Documents, other: Manifest, policies: Path
) -> None:
    documents.add(policies)
    before = stored(documents)
    reembed(documents, other.id)
    documents.idle()
    documents.restart()
    shutil.rmtree(documents.home / "embedders")
    assert documents.search("hotel limit in Vienna").found, "by its words"
    documents.idle()
    assert stored(documents) == before


def test_one_that_cannot_be_loaded_costs_no_vectors(
    documents: Documents, other: Manifest, policies: Path, expected_warnings: list[str]
) -> None:
    expected_warnings.append("could not be loaded")
    documents.add(policies)
    reembed(documents, other.id)
    documents.idle()
    after = stored(documents)
    graph = documents.home / "embedders" / other.id / "model.onnx"
    whole = graph.read_bytes()
    graph.write_bytes(whole[:100])
    documents.restart()
    assert documents.search("hotel limit in Vienna").found, "by its words"
    documents.idle()
    assert "could not be loaded" in documents.health()["embedder"]
    graph.write_bytes(whole)
    documents.restart()
    documents.search("hotel")
    assert stored(documents) == after


def test_a_disk_without_room_is_said_before_anything_is_done(
    documents: Documents, other: Manifest, policies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents.add(policies)
    usage = shutil.disk_usage(documents.home)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(AppError, match="Search goes on as before"):
        ends(documents.role.handle(Reembed(embedder_id=other.id)))
    monkeypatch.undo()
    assert documents.search("hotel limit in Vienna").found


KILLED = """
import sys
from pathlib import Path
from app.documents.worker import DocumentsRole
from app.paths import Home
from app.workers.calls.embedders import Reembed, ReembedProgress
for said in DocumentsRole(Home(Path(sys.argv[1]))).handle(Reembed(embedder_id=sys.argv[2])):
    if isinstance(said, ReembedProgress):
        print(said.done, flush=True)
"""


@pytest.fixture
def child_environment() -> Iterator[dict[str, str]]:
    yield dict(os.environ) | {"PYTHONPATH": os.pathsep.join(sys.path)}


def test_a_kill_in_the_middle_costs_a_batch_and_no_answer(
    documents: Documents, other: Manifest, tmp_path: Path, child_environment: dict[str, str]
) -> None:
    documents.add(passages(tmp_path / "rules", 120))
    before = stored(documents)
    documents.restart()
    documents.close()
    for wanted in (1, 40):
        command = [sys.executable, "-c", KILLED, str(documents.home), other.id]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=child_environment)
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= wanted:
                os.kill(process.pid, signal.SIGKILL)
                break
        process.wait()
        process.stdout.close()
    documents.role = documents._role()
    documents.search("machine in hall 3")
    assert stored(documents) == before, "the vectors of before answer"
    documents.role._store.check()
    progress = reembed(documents, other.id)
    assert progress[0].done >= 40
    assert {len(vector) for vector in stored(documents).values()} == {4 * 64}


def test_a_cosine_counts_as_one_as_far_from_the_usual() -> None:
    seen = np.array([0.1, 0.3, -0.1, 0.0, -2.0], np.float32)
    lifted = like_shipped(seen, Background(mean=0.1, spread=0.1))
    assert np.allclose(lifted, [0.74, 0.784, 0.696, 0.0, -2.0], atol=1e-6)
