"""Who writes the questions that are made from documents: what may be chosen, and whether it may be used now."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from app.errors import AppError
from app.types import InstalledModel

RULES, OWN_FILE = "rules", "file"
"""Chosen in place of a model: rules alone; or no questions are made, and those of the person's files are all."""


class Served(Struct, frozen=True, kw_only=True):
    """A model on a server of the company."""

    id: str
    name: str
    host: str = ""  # that the passages are sent to; "" where it is this computer


class AuthorTrial(Struct, frozen=True, kw_only=True):
    """How well a model wrote questions of these documents, and how long it takes for all of them."""

    author: str  # id of the model
    asked: int
    passed: int
    used: bool  # it writes well enough
    able: bool = False  # it reads well enough to weigh the questions of rules
    facts: int = 0  # about so many it would ask for
    seconds: float = 0.0  # for all of them, by the pace of the trial
    questions: tuple[tuple[str, str, str], ...] = ()  # question, answer, and why it was dropped or ""


class Author(Struct, frozen=True):
    """The author as the trainer's specification names it."""

    writer: Literal["model", "served", "rules"] = "model"
    name: str = ""  # a GGUF file, or the server's name; "": the model that is trained


def author_of(chosen: str, consent: str, models: tuple[InstalledModel, ...], served: tuple[Served, ...]) -> Author:
    """What was chosen, as far as it can be used.

    Args:
        chosen: id of a model, RULES, OWN_FILE, or "" for the model that is trained.
        consent: the server that the person lets see passages of the documents.
        models: those that are installed here.
        served: those on servers.

    Raises:
        AppError: the model is gone, is an adapter, or is on a server that may not see the documents.
    """
    if chosen in ("", RULES, OWN_FILE):
        return Author("rules" if chosen == RULES else "model")
    on_server = next((each for each in served if each.id == chosen), None)
    if on_server is not None:
        require_consent(on_server, consent)
        return Author("served", on_server.host or on_server.name)
    model = next((each for each in models if each.id == chosen), None)
    if model is None or not model.path:
        raise AppError("The model that was to write the questions is no longer installed.", "Choose another author.")
    if model.adapter:
        raise AppError(f"“{model.name}” has no weights of its own, so it cannot write here.", "Choose another author.")
    return Author("model", model.path)


def require_consent(model: Served, consent: str) -> None:
    """Raises AppError where passages would be sent to another computer that the person has not agreed to."""
    if model.host and consent != model.host:
        raise AppError(
            f"“{model.name}” is on {model.host}: passages of your documents would be sent there.",
            "Agree to that, or choose another author.",
        )


def offers(
    models: tuple[InstalledModel, ...], served: tuple[Served, ...], base: str, *, files: bool
) -> list[tuple[Literal["base", "model", "server", "file", "rules"], str, str]]:
    """Everybody who may write, best first: (kind, what is chosen, name). `files`: the person brought some."""
    found: list[tuple[Literal["base", "model", "server", "file", "rules"], str, str]] = []
    own = next((model for model in models if model.id == base), None)
    found.append(("base", "", own.name if own is not None else ""))
    others = [model for model in models if model.id != base and not model.adapter]
    largest = sorted(others, key=lambda model: -(model.parameters or model.file_bytes))
    found += [("model", model.id, model.name) for model in largest]
    found += [("server", model.id, model.name) for model in served]
    found += [("file", OWN_FILE, "")] if files else []
    return [*found, ("rules", RULES, "")]
