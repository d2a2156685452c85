"""`inhouse models search|download|downloads|fit|token`: models that are not here yet, and how they come."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from app.cli.chat_files import existing_file
from app.cli.embedder import print_embedder
from app.cli.key_file import read_key
from app.cli.output import say, say_json, size_text, tell
from app.cli.session import Session
from app.core.calls.catalogue import (
    CancelDownload,
    Catalogue,
    Downloads,
    FetchModel,
    FitModel,
    HubFound,
    KeepHubToken,
    ListDownloads,
    ModelFitted,
    PauseDownload,
    RepositoryShown,
    ResumeDownload,
    SearchHub,
    ShowCatalogue,
    ShowRepository,
)
from app.core.calls.embedders import Embedders, ShowEmbedders
from app.embedder.embedders import Manifest
from app.errors import AppError
from app.formats import GGUF_SUFFIX
from app.hub import Download, Fitted, Offer
from app.llama.split_files import parts_of
from app.types import InstalledModel

POLL_S = 0.4
STATES = {"waiting": "waits", "paused": "paused", "checking": "being checked", "failed": "failed"}


def search(args: argparse.Namespace, session: Session) -> int:
    """The list, or what the hub has."""
    query = " ".join(args.query)
    if not query:
        shown = session.call(ShowCatalogue())
        assert isinstance(shown, Catalogue)
        offers = shown.offers
        if shown.blocked:
            tell(f"{shown.blocked} A file can still be imported: inhouse models import FILE.")
    else:
        session.progress.show("Looking…")
        found = session.call(SearchHub(query=query))
        assert isinstance(found, HubFound)
        offers = found.offers
    for offer in offers:
        if args.json:
            say_json(msgspec.to_builtins(offer))
        else:
            say(_line(offer))
    if not offers:
        tell("Nothing with a GGUF file was found. Other words may help, or the name of a repository: owner/name.")
    return 0


def _line(offer: Offer) -> str:
    model, mark = offer.model, "*" if offer.recommended else "+" if offer.installed else " "
    size = f"{'about ' if offer.file.about else ''}{size_text(offer.file.bytes)}" if offer.file.bytes else ""
    facts = [offer.file.quantization, size, model.licence, "asks for an account" if model.gated else "", offer.fit.text]
    name = model.id if model.id == model.repo else f"{model.id} ({model.name})"
    return f"{mark} {name}  {', '.join(fact for fact in facts if fact)}"


def download(args: argparse.Namespace, session: Session) -> int:
    """Put it into the queue, and wait for it."""
    offer = _offer(args.model, session, args.file)
    call = FetchModel(
        repo=offer.model.repo, file=offer.file.name, revision=offer.model.revision, name=args.name or _called(offer)
    )
    queued = session.call(call)
    assert isinstance(queued, Downloads)
    entry = next(each for each in queued.downloads if (each.repo, each.file) == (call.repo, call.file))
    if args.no_wait:
        _print(args, entry, f"“{entry.name}” is on its way: inhouse models downloads")
        return 0
    try:
        return _wait(args, session, entry)
    except KeyboardInterrupt:
        tell("It goes on. See “inhouse models downloads”; “inhouse models downloads pause” stops it.")
        return 1


def _called(offer: Offer) -> str:
    """What a person knows it by, with the quantization that tells files of one model apart."""
    name, quantization = offer.model.name, offer.file.quantization
    return name if quantization.casefold() in name.casefold() else f"{name} {quantization}"


def _wait(args: argparse.Namespace, session: Session, entry: Download) -> int:
    """
    Raises:
        AppError: it failed, in the words of the queue.
    """
    before = {each.id for each in _embedders(session)}
    while True:
        listed = session.call(ListDownloads())
        assert isinstance(listed, Downloads)
        now = next((each for each in listed.downloads if each.id == entry.id), None)
        if now is None:
            break
        if now.state == "failed":
            raise AppError(now.problem, now.advice)
        if now.state == "paused":
            _print(args, now, f"“{now.name}” was paused: inhouse models downloads resume")
            return 1
        session.progress.show(_progress(now))
        time.sleep(POLL_S)
    models = [each for each in session.models().models if each.lineage.get("download") == entry.id]
    if models:
        _print_model(args, models[0])
        return 0
    come = [each for each in _embedders(session) if each.id not in before]
    if come:
        return print_embedder(args, come[0])
    tell(f"“{entry.name}” was cancelled.")
    return 1


def _embedders(session: Session) -> tuple[Manifest, ...]:
    shown = session.call(ShowEmbedders())
    assert isinstance(shown, Embedders)
    return shown.imported


def _print_model(args: argparse.Namespace, model: InstalledModel) -> None:
    if args.json:
        say_json({"id": model.id, "name": model.name, "path": model.path, "bytes": model.file_bytes})
    else:
        say(f"“{model.name}” is installed: inhouse models use “{model.name}”.")


def downloads(args: argparse.Namespace, session: Session) -> int:
    """The queue, or a change of it."""
    listed = session.call(ListDownloads())
    assert isinstance(listed, Downloads)
    if args.what != "list":
        chosen = _chosen(args.download, listed.downloads)
        makers: dict[str, Callable[[str], Any]] = {
            "pause": lambda key: PauseDownload(id=key),
            "resume": lambda key: ResumeDownload(id=key),
            "cancel": lambda key: CancelDownload(id=key),
        }
        for each in chosen:
            listed = session.call(makers[args.what](each.id))
    for each in listed.downloads:
        _print(args, each, f"{each.id} {each.name}: {_progress(each)}")
    if not listed.downloads and not args.json:
        tell("Nothing is on its way.")
    return 0


def _chosen(text: str, queue: tuple[Download, ...]) -> list[Download]:
    """
    Raises:
        AppError: none is called so.
    """
    wanted = text.strip().casefold()
    found = [each for each in queue if wanted in (each.id, "") or wanted in each.name.casefold()]
    if text and not found:
        raise AppError(f"No download is called “{text}”.", "See “inhouse models downloads”.")
    return found


def _progress(entry: Download) -> str:
    size = f"{size_text(entry.done)} of {size_text(entry.total)}" if entry.total else ""
    if entry.state == "failed":
        return f"{entry.problem} {entry.advice}"
    if entry.state != "running":
        return ", ".join(part for part in (STATES[entry.state], size) if part)
    speed = f"{size_text(round(entry.bytes_per_s))}/s" if entry.bytes_per_s else ""
    left = _left(entry.seconds_left) if entry.seconds_left is not None else ""
    return ", ".join(part for part in (size, speed, left) if part) or "begins"


def _left(seconds: float) -> str:
    if seconds < 60:
        return "less than a minute left"
    minutes = round(seconds / 60)
    return f"{minutes} min left" if minutes < 90 else f"{minutes / 60:.1f} h left"


def fit(args: argparse.Namespace, session: Session) -> int:
    """How a file here, or one of a repository, would run; of one of the list its size says it where no hub answers."""
    if Path(args.model).expanduser().is_file() or args.model.endswith(GGUF_SUFFIX):
        _print_fit(args, _fitted(FitModel(path=existing_file(args.model)), session))
        return 0
    try:
        offer = _offer(args.model, session)
        session.progress.show("Reading the header of the file…")
        found = _fitted(FitModel(repo=offer.model.repo, file=offer.file.name), session)
    except AppError as error:
        listed = _listed(args.model, session)
        if not listed:
            raise
        tell(str(error))
        found = listed[0].fit
    _print_fit(args, found)
    return 0


def _fitted(call: FitModel, session: Session) -> Fitted:
    fitted = session.call(call)
    assert isinstance(fitted, ModelFitted)
    return fitted.fit


def _print_fit(args: argparse.Namespace, fitted: Fitted) -> None:
    if args.json:
        say_json(msgspec.to_builtins(fitted))
        return
    say(fitted.text)
    for sentence in fitted.why:
        say(f"  {sentence}")


def token(args: argparse.Namespace, session: Session) -> int:
    """The token is typed or read from a file, never an argument: those are seen by every user of the computer."""
    key = "" if args.forget else read_key(args.key_file, "Access token of the hub: ").strip()
    if not key and not args.forget:
        raise AppError("No token was given.", "Type it, or name a file that holds it with --key-file.")
    session.call(KeepHubToken(token=key))
    tell("The token is kept." if key else "No token is kept.")
    return 0


def _offer(name: str, session: Session, file: str = "") -> Offer:
    """The offer that a name means: of the list, or a file of a repository.

    Raises:
        AppError: nothing is called so, or the repository cannot be seen.
    """
    listed = _listed(name, session)
    repo, _, quantization = (listed[0].model.repo if listed else name).partition(":")
    session.progress.show("Asking the hub…")
    found = session.call(ShowRepository(repo=repo))
    assert isinstance(found, RepositoryShown)
    first, wanted = parts_of(file)[0], quantization.casefold()
    offers = [each for each in found.offers if each.file.name == (first or each.file.name)]
    offers = [each for each in offers if wanted in each.file.quantization.casefold()]
    if not offers:
        raise AppError(f"“{repo}” has no such GGUF file.", f"See “inhouse models search {repo}”.")
    if not listed:
        return offers[0]
    return msgspec.structs.replace(offers[0], model=msgspec.structs.replace(offers[0].model, name=listed[0].model.name))


def _print(args: argparse.Namespace, entry: Download, text: str) -> None:
    if args.json:
        say_json(msgspec.to_builtins(entry))
    else:
        say(text)


ACTIONS: dict[str, Callable[[argparse.Namespace, Session], int]] = {
    "search": search,
    "download": download,
    "downloads": downloads,
    "fit": fit,
    "token": token,
}
"""Beside those of installed models (app/cli/models.py)."""


def _listed(name: str, session: Session) -> list[Offer]:
    """What the list calls so."""
    shown = session.call(ShowCatalogue())
    assert isinstance(shown, Catalogue)
    wanted = name.strip().casefold()
    return [each for each in shown.offers if wanted in (each.model.id.casefold(), each.model.name.casefold())]
