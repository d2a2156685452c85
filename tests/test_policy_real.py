"""A company's policy with real processes: what a rule closes is closed where it is done, not only where it is asked."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import main
from app.engine.allowed import check_allowed
from app.errors import NotAllowed
from app.export.saving import save
from app.models.servers import is_here
from app.paths import home
from app.workers.calls.engine import Load

Lay = Callable[..., None]
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lay:
    """Lays a policy with these values."""
    file = tmp_path / "policy.json"
    monkeypatch.setenv("INHOUSE_POLICY", str(file))

    def to_disk(**values: Any) -> None:
        file.write_text(json.dumps({"version": 1, "values": values}))

    return to_disk


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; → its exit status, and all that it said."""

    def command(*words: str) -> tuple[int, str]:
        status = main(list(words))
        return status, "".join(capsys.readouterr())

    return command


def change_last(path: Path) -> None:
    """Another file, and the same model but for the least of a number."""
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))


def test_documents_come_from_the_named_folders_only_also_by_links(tmp_path: Path, lay: Lay, run: Run) -> None:
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    allowed.mkdir()
    other.mkdir()
    (allowed / "rules.md").write_text("# Rules\n\nThe night allowance is 190 euros.")
    (other / "secret.md").write_text("# Secret\n\nThe vault opens with zebra forty.")
    (allowed / "link.md").symlink_to(other / "secret.md")
    (allowed / "folder").symlink_to(other)
    lay(folders=[str(allowed)])
    status, said = run("add", str(other))
    assert status == 1 and "Your company does not allow documents from" in said
    status, said = run("add", str(allowed))
    assert status == 0 and "does not allow documents from there" in said
    assert "190" in run("search", "night allowance")[1]
    assert "zebra" not in run("search", "zebra vault")[1]
    status, said = run("ask", "What opens the vault?", "--attach", str(other / "secret.md"))
    assert status == 1 and "does not allow documents from" in said
    status, said = run("watch", "add", str(other))
    assert status == 1 and "does not allow documents from" in said
    status, said = run("compare", str(other / "secret.md"), str(allowed / "rules.md"))
    assert status == 1 and "does not allow documents from" in said
    assert all(b"zebra" not in file.read_bytes() for file in home().root.rglob("*") if file.is_file())


def test_personal_data_is_masked_in_what_is_there_and_in_what_comes(tmp_path: Path, lay: Lay, run: Run) -> None:
    before, after = tmp_path / "before.md", tmp_path / "after.md"
    before.write_text("# Desk\n\nWrite to a.k@northwind-pumps.com about the boiler.")
    after.write_text("# Gate\n\nWrite to b.m@northwind-pumps.com about the barrier.")
    lay()
    assert run("add", str(before), "--collection", "Here")[0] == 0
    assert "a.k@northwind-pumps.com" in run("search", "boiler")[1]
    lay(mask_personal_data=True)
    assert run("add", str(after), "--collection", "Here")[0] == 0
    assert "[e-mail address]" in run("search", "barrier")[1]
    assert "[e-mail address]" in run("search", "boiler")[1], "what was there is read anew first"
    status, said = run("personal", "Here", "--leave")
    assert status == 1 and "not masked" in said
    status, said = run("personal", "--document", "before.md", "--exempt")
    assert status == 1 and "not masked" in said
    lay()
    assert "[e-mail address]" in run("search", "barrier")[1], "it stays when the policy is gone"


def test_a_model_answers_only_if_its_sum_is_named(tmp_path: Path, lay: Lay, run: Run, starter: Path) -> None:
    mine = tmp_path / "mine.gguf"
    shutil.copy(starter, mine)
    change_last(mine)
    digest = hashlib.sha256(mine.read_bytes()).hexdigest()
    lay(models=["0" * 64])
    assert run("models", "import", str(mine))[0] == 0
    status, said = run("models", "use", "mine")
    assert status == 1 and "Your company does not allow this model" in said
    status, said = run("ask", "Hello?", "--no-documents", "--model", "mine")
    assert status == 1 and "Your company does not allow this model" in said
    assert run("ask", "Hello?", "--no-documents")[0] == 0, "the one that comes along answers"
    lay(models=[digest])
    assert run("models", "use", "mine")[0] == 0
    change_last(next(home().models.glob("*.gguf")))  # the list of models goes on saying what was imported
    assert run("models", "use", "starter")[0] == 0
    status, said = run("models", "use", "mine")
    assert status == 1 and "Your company does not allow this model" in said


def test_each_file_of_a_model_counts(tmp_path: Path) -> None:
    whole, adapter = tmp_path / "a.gguf", tmp_path / "b.gguf"
    whole.write_bytes(b"weights")
    adapter.write_bytes(b"adapter")
    named = tuple(hashlib.sha256(file.read_bytes()).hexdigest() for file in (whole, adapter))
    assert len(list(check_allowed(Load(path=str(whole), adapter=str(adapter), allowed=named)))) == 2
    assert list(check_allowed(Load(path=str(whole), adapter=str(adapter)))) == []
    for call in (
        Load(path=str(whole), allowed=()),
        Load(path=str(whole), adapter=str(adapter), allowed=named[:1]),
        Load(path=str(whole), projector=str(tmp_path / "none"), allowed=named),
    ):
        with pytest.raises(NotAllowed):
            list(check_allowed(call))


def test_nothing_is_exported_taught_or_served(tmp_path: Path, lay: Lay, run: Run) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Boiler\n\nThe boiler is oiled every 12 days. The boiler weighs 90 kg.")
    lay()
    assert run("add", str(page), "--collection", "Here")[0] == 0
    lay(exports=False, training=False, api_enabled=False)
    out = tmp_path / "out"
    out.mkdir()
    for words in (
        ("chats", "export", str(out / "chats.json")),
        ("collections", "Here", "--export", str(out / "here.inhouse")),
        ("find", "boiler", "--export", str(out / "list.xlsx")),
        ("summarise", "page.md", "--export", str(out / "summary.md")),
        ("assistants", "export", str(out / "words.json")),
        ("personal", "--document", "page.md", "--export", str(out / "copy.txt")),
    ):
        status, said = run(*words)
        assert status == 1 and "Your company does not allow exports" in said, words
    assert list(out.iterdir()) == []
    status, said = run("train", "--collection", "Here")
    assert status == 1 and "Your company does not allow fine-tuning" in said
    status, said = run("serve", "--port", "0")
    assert status == 1 and "Your company does not allow programs to ask" in said
    with pytest.raises(NotAllowed):
        save(out / "by-hand.txt", b"x")


def test_a_server_is_reached_only_if_its_host_is_named(lay: Lay, run: Run) -> None:
    lay(servers=["models.example"])
    status, said = run("models", "add-server", "https://other.example/v1", "--key-file", os.devnull)
    assert status == 1 and "Your company does not allow the server other.example" in said
    status, said = run("vectors", "use", "https://other.example")
    assert status == 1 and "Your company does not allow the server other.example" in said
    assert not is_here("http://127.evil.example/v1") and is_here("http://127.0.0.2:8000/v1")
