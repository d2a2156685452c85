"""The starter model, opened once for all tests of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_helpers import GREEDY, run
from tiny_gguf import write_tiny

from app.engine.speculation import Speculation
from app.engine.worker import EngineRole
from app.paths import Home
from app.workers.calls.engine import Chat, Chatted, Load

Ask = Callable[..., Chatted]


@pytest.fixture(autouse=True)
def unguessed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How far guesses are tried follows the clock, and with it what the cache holds behind an answer."""
    if "speculation" not in str(request.path):
        monkeypatch.setattr(Speculation, "guess", lambda *_: [])


@pytest.fixture(scope="module")
def role(starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineRole]:
    """An engine with the starter loaded at 4,096 tokens, on one thread: with more of them a context of over 512 tokens
    gives other roundings for another number, and how many compute follows the load of the computer."""
    engine = EngineRole(Home(tmp_path_factory.mktemp("home")))
    run(engine.handle(Load(path=str(starter), context=4096, threads=1)))
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


@pytest.fixture(scope="module")
def babble(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineRole]:
    """An engine with the tiny model at 1,024 tokens, for what needs many batches and no sense."""
    engine = EngineRole(Home(tmp_path_factory.mktemp("home")))
    run(engine.handle(Load(path=str(tiny), context=1024, threads=1)))
    yield engine
    engine.close()


@pytest.fixture
def ask(role: EngineRole) -> Ask:
    def ask(question: str, conversation: str = "a", **fields: object) -> Chatted:
        fields.setdefault("sampling", GREEDY)
        result, _ = run(role.handle(Chat(conversation=conversation, question=question, **fields)))  # type: ignore[arg-type]
        assert isinstance(result, Chatted)
        return result

    return ask
