"""`inhouse assistants` and `inhouse prompts`: what is kept to ask with, made, changed, removed and handed on."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from app.cli.assistant_options import VALUES
from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.core.calls.library import (
    ExportLibrary,
    ImportLibrary,
    KeepAssistant,
    KeepPrompt,
    LibraryImported,
    LibraryListed,
    ListLibrary,
    RemoveFromLibrary,
)
from app.errors import AppError
from app.library.gone import what_is_gone
from app.library.records import LONGEST_TEXT, Assistant, Library, Prompt
from app.library.variables import asked
from app.setting import PRESETS
from app.settings import BY_KEY, DEFAULT_ASSISTANT

K = TypeVar("K", Assistant, Prompt)


def assistants(args: argparse.Namespace, session: Session) -> int:
    """Do what the action says."""
    kept = library(session).assistants
    if args.action in ("add", "new", "edit"):
        old = named(kept, args.name) if args.action == "edit" else None
        changed = _assistant(args, session, old or Assistant(name=args.name))
        session.call(KeepAssistant(assistant=changed, before=old))
        tell(f"Kept as the assistant “{getattr(args, 'called', '') or args.name}”.")
        return 0
    if args.action == "copy":
        copied = msgspec.structs.replace(named(kept, args.name), id="", name=args.called)
        session.call(KeepAssistant(assistant=copied))
        tell(f"Kept as the assistant “{args.called}”.")
        return 0
    if args.action == "use":
        _use(args.name, session, kept)
        return 0
    return _common(args, session, kept, lambda each: _say_assistant(each, session))


def prompts(args: argparse.Namespace, session: Session) -> int:
    """Do what the action says."""
    kept = library(session).prompts
    if args.action in ("add", "new", "edit", "copy"):
        old = named(kept, args.name) if args.action in ("edit", "copy") else None
        before = old or Prompt(name=args.name, text="")
        text = _given(args.text, args.file) if args.action != "copy" else None
        changed = msgspec.structs.replace(
            before,
            id="" if args.action == "copy" else before.id,
            name=getattr(args, "called", "") or before.name,
            text=before.text if text is None else text,
        )
        session.call(KeepPrompt(prompt=changed, before=old if args.action == "edit" else None))
        tell(f"Kept as the prompt “{changed.name}”.")
        return 0
    return _common(args, session, kept, lambda each: say(f"{each.name}\n{each.text}"))


def library(session: Session) -> Library:
    """All that is kept."""
    listed = session.call(ListLibrary())
    assert isinstance(listed, LibraryListed)
    if listed.note:
        tell(listed.note)
    return listed.library


def named(rows: Sequence[K], name: str) -> K:
    """The one of this name, whatever its case, or of the only name that holds it.

    Raises:
        AppError: none, or several, are called so.
    """
    wanted = name.strip().casefold()
    exact = [each for each in rows if each.name.casefold() == wanted]
    close = exact or [each for each in rows if wanted and wanted in each.name.casefold()]
    if len(close) == 1:
        return close[0]
    names = ", ".join(f"“{each.name}”" for each in close or rows) or "none yet"
    raise AppError(f"{'Several are' if close else 'Nothing is'} called “{name}”.", f"There are: {names}.")


def _common(args: argparse.Namespace, session: Session, kept: Sequence[K], show: Callable[[K], object]) -> int:
    if args.action == "show":
        found = named(kept, args.name)
        say_json(msgspec.to_builtins(found)) if args.json else show(found)
    elif args.action == "remove":
        found = named(kept, args.name)
        session.call(RemoveFromLibrary(id=found.id))
        tell(f"“{found.name}” is removed.")
    elif args.action == "export":
        ids = tuple(named(kept, name).id for name in args.names)
        session.call(ExportLibrary(path=str(Path(args.file).absolute()), ids=ids))
        tell(f"Saved as “{args.file}”.")
    elif args.action == "import":
        _import(args, session)
    else:
        first = session.settings.get(DEFAULT_ASSISTANT)
        for each in kept:
            mark = " (new chats begin with it)" if first and each.id == first else ""
            say_json(msgspec.to_builtins(each)) if args.json else say(_line(each) + mark)
        if not kept and not args.json:
            tell(f"There are none yet. Make one with “inhouse {args.command} add NAME”.")
    return 0


def _use(name: str, session: Session, kept: Sequence[Assistant]) -> None:
    """Have new chats begin with an assistant, in the window and in the terminal."""
    chosen = None if name.casefold() == "none" else named(kept, name)
    session.choose(DEFAULT_ASSISTANT, chosen.id if chosen else "")
    who = f"“{chosen.name}”" if chosen else "nobody in particular"
    tell(f"New chats begin with {who}.")
    if chosen is not None:
        tell_what_is_gone(chosen, session)


def tell_what_is_gone(assistant: Assistant, session: Session) -> None:
    """Say so where the model or the collection of an assistant was removed, and how to give it another one."""
    models = {each.id for each in session.models().models} if assistant.model_id else set()
    collections = {each.id for each in session.collections()} if assistant.collection_id else set()
    if gone := what_is_gone(assistant, models, collections):
        tell(f"{assistant.name}: {gone} “inhouse assistants edit” gives it another one.")


def _import(args: argparse.Namespace, session: Session) -> None:
    found = session.call(ImportLibrary(path=str(Path(args.file).absolute())))
    assert isinstance(found, LibraryImported)
    new: list[Assistant | Prompt] = [*found.library.assistants, *found.library.prompts]
    for each in new:
        say_json(msgspec.to_builtins(each)) if args.json else say(each.name)
    if not new:
        tell("Nothing new: all that it holds is here already.")
    if found.missing:
        tell(f"Not here, so it is left open: {', '.join(found.missing)}.")


def _assistant(args: argparse.Namespace, session: Session, before: Assistant) -> Assistant:
    """With what the options say in place of what was so."""
    text = _given(args.instructions, args.file)
    changes: dict[str, Any] = {"name": getattr(args, "called", "") or before.name}
    changes |= {} if text is None else {"instructions": text}
    changes |= {} if args.model is None else {"model_id": session.model(args.model).id if args.model else ""}
    for key in ("style", "in_documents", "thinking"):
        changes |= {} if getattr(args, key) is None else {key: getattr(args, key)}
    for key in VALUES:
        value = getattr(args, key)
        changes |= {} if value is None else {key: None if value == "default" else value}
    if args.collection == "none":
        changes["collection_id"] = 0
    elif args.collection is not None:
        changes["collection_id"] = session.collections([args.collection])[0].id if args.collection else None
    return msgspec.structs.replace(before, **changes)


def _given(text: str | None, file: str) -> str | None:
    """A text that was typed, or is in a file; None where neither is said. Raises AppError."""
    if not file:
        return text
    try:
        with nullcontext(sys.stdin) if file == "-" else Path(file).open(encoding="utf-8-sig") as stream:
            text = stream.read(LONGEST_TEXT + 1)  # of a longer one the core says so
    except (OSError, UnicodeDecodeError) as error:
        raise AppError(f"“{file}” cannot be read.", "It should be a text file.", str(error)) from error
    return text


def _line(each: Assistant | Prompt) -> str:
    text = " ".join((each.instructions if isinstance(each, Assistant) else each.text).split())
    return f"{each.name}: {text[:80]}{'…' if len(text) > 80 else ''}" if text else each.name


def _say_assistant(assistant: Assistant, session: Session) -> None:
    """All of it; a value of its own beside the one that its style has."""
    say(assistant.name)
    if assistant.instructions:
        say(assistant.instructions)
    if assistant.model_id:
        models = {each.id: each.name for each in session.models().models}
        say(f"Model: {models.get(assistant.model_id, 'one that was removed')}")
    if assistant.collection_id is not None:
        collections = {each.id: each.name for each in session.collections()}
        alone = "none, the model alone" if assistant.collection_id == 0 else "one that was removed"
        say(f"Collection: {collections.get(assistant.collection_id, alone)}")
    if assistant.style:
        say(f"Style: {assistant.style}" + (", for answers from documents too" if assistant.in_documents else ""))
    if assistant.thinking:
        say(f"Thinking: {assistant.thinking}")
    preset = PRESETS.get(assistant.style, {})
    for key in VALUES:
        value = getattr(assistant, key)
        if value is not None:
            usual = f" ({assistant.style}: {preset[key]})" if key in preset and preset[key] != value else ""
            say(f"{BY_KEY[key].label}: {value}{usual}")


def filled(prompt: Prompt, ask: Callable[[str], str]) -> dict[str, str]:
    """The values of the words in braces, each asked for once."""
    return {name: ask(name) for name in asked(prompt.text)}
