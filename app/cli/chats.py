"""`inhouse chats`: list, save, take in, move and remove conversations. They work beside a window."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from app.chats.records import Chat, Project
from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.core.calls.chat_files import ChatsImported, ChatsListed, ChatsStored, ExportChats, ImportChats, ListChats
from app.core.calls.chats import DeleteChat, PurgeChats
from app.core.calls.projects import CreateProject, MoveToProject, ProjectMade
from app.errors import AppError
from app.workers.message import Data

P = TypeVar("P", bound=argparse.ArgumentParser)
NAMED = 20
"""Chats that could not be imported, by name; more are counted."""


def add_chats_command(commands: argparse._SubParsersAction[P]) -> None:
    """Its options."""
    chats = commands.add_parser(
        "chats",
        help="list chats, save them as Markdown, Word or PDF with their sources, import those of other apps",
        description="Without an action: the chats, newest first. A chat is named by its number, or by its title.",
    )
    chats.set_defaults(query="", project=None, limit=100)
    chats.add_argument("--json", action="store_true", help="print JSON lines")
    actions = chats.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="those that hold some words, or lie in a project")
    listing.add_argument("query", nargs="?", default="", metavar="WORDS")
    listing.add_argument("--project", metavar="NAME", help="only those of this project; “” for those in none")
    listing.add_argument("--limit", type=int, default=100, metavar="N", help="at most so many (100)")
    export = actions.add_parser("export", help="save one chat as .md, .docx or .pdf; any number of them as .json")
    export.add_argument("chats", nargs="*", metavar="CHAT", help="none: all of them, as .json")
    export.add_argument("file", metavar="FILE")
    importing = actions.add_parser("import", help="add the chats of an export: Inhouse, ChatGPT, Open WebUI, LM Studio")
    importing.add_argument("file", metavar="FILE")
    move = actions.add_parser("move", help="put a chat into a project, which is made where there is none")
    move.add_argument("chat", metavar="CHAT")
    move.add_argument("project", metavar="PROJECT", help="“” takes it out of its project")
    remove = actions.add_parser("remove", help="remove chats for good, with the files that are only in them")
    remove.add_argument("chats", nargs="+", metavar="CHAT")
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON lines")


def command(args: argparse.Namespace, session: Session) -> int:
    """Run the action."""
    actions: dict[str | None, Callable[[argparse.Namespace, Session], int]] = {
        "export": _export,
        "import": _import,
        "move": _move,
        "remove": _remove,
    }
    return actions.get(args.action, _list)(args, session)


def _list(args: argparse.Namespace, session: Session) -> int:
    project_id = None if args.project is None else _project(session, args.project)
    listed = _listed(session, ListChats(query=args.query, project_id=project_id, limit=max(1, args.limit)))
    names = {each.id: each.name for each in listed.projects}
    for chat in listed.chats:
        project = names.get(chat.project_id, "")
        if args.json:
            say_json(_json(chat, project))
        else:
            day = time.strftime("%Y-%m-%d", time.localtime(chat.updated_at))
            said = " · ".join(part for part in (project, _origin(chat)) if part)
            say(f"{chat.id:>5}  {day}  {chat.title}" + (f"  ({said})" if said else ""))
    if not listed.chats:
        tell("No chat fits." if args.query or args.project is not None else "There are no chats yet.")
    return 0


def _export(args: argparse.Namespace, session: Session) -> int:
    ids = tuple(_chat(session, each).id for each in args.chats)
    path = Path(args.file).expanduser().absolute()
    session.call(ExportChats(path=str(path), chat_ids=ids))
    say_json({"file": str(path)}) if args.json else tell(f"Saved as {path}.")
    return 0


def _import(args: argparse.Namespace, session: Session) -> int:
    """1 where not one chat of the file is here afterwards."""
    progress = session.progress

    def heard(data: Data) -> None:
        if isinstance(data, ChatsStored):
            progress.show(f"{data.done:,} chats…")

    progress.show("Reading…")
    try:
        found = session.call(ImportChats(path=str(Path(args.file).expanduser().absolute())), heard)
    finally:
        progress.clear()
    assert isinstance(found, ChatsImported)
    if args.json:
        skipped = [{"title": each.title, "reason": each.reason} for each in found.skipped]
        counts = {"added": found.added, "known": found.known, "left_out": found.left_out}
        say_json({**counts, "app": found.app, "skipped": skipped})
    else:
        known = f" Here already: {found.known:,}." if found.known else ""
        added = "1 chat was added" if found.added == 1 else f"{found.added:,} chats were added"
        say(f"{added} from {found.app or 'Inhouse'}.{known}")
        if found.left_out:
            tell(f"Left out, since a chat would have had too many: {found.left_out:,} other versions of messages.")
        for each in found.skipped[:NAMED]:
            tell(f"Not imported: {each.title or 'a chat without a title'}. {each.reason}")
        if len(found.skipped) > NAMED:
            tell(f"Not imported either: {len(found.skipped) - NAMED:,} more.")
    return 0 if found.added or found.known else 1


def _move(args: argparse.Namespace, session: Session) -> int:
    chat = _chat(session, args.chat)
    projects = _listed(session, ListChats(limit=1)).projects
    project_id = _find(projects, args.project) if args.project else 0
    if args.project and not project_id:
        made = session.call(CreateProject(name=args.project))
        assert isinstance(made, ProjectMade)
        project_id = made.project.id
    session.call(MoveToProject(chat_id=chat.id, project_id=project_id))
    tell(f"“{chat.title}” is in {f'“{args.project}”' if project_id else 'no project'} now.")
    return 0


def _remove(args: argparse.Namespace, session: Session) -> int:
    chats = [_chat(session, each) for each in args.chats]
    for chat in chats:
        session.call(DeleteChat(chat_id=chat.id))
    session.call(PurgeChats())
    tell(f"Removed for good: {', '.join(f'“{chat.title}”' for chat in chats)}.")
    return 0


def _chat(session: Session, named: str) -> Chat:
    """A chat by its number, or by its whole title where only one has it.

    Raises:
        AppError: there is none, or several.
    """
    chats = _listed(session, ListChats(limit=-1)).chats
    found = [chat for chat in chats if str(chat.id) == named]
    found = found or [chat for chat in chats if chat.title.casefold() == named.casefold()]
    if len(found) > 1:
        raise AppError(
            f"{len(found)} chats are called “{named}”.", "Name one by its number: “inhouse chats” lists them."
        )
    if not found:
        raise AppError(f"There is no chat “{named}”.", "“inhouse chats” lists them.")
    return found[0]


def _project(session: Session, name: str) -> int:
    """Raises AppError where no project has that name; 0 for ""."""
    found = _find(_listed(session, ListChats(limit=1)).projects, name)
    if name and not found:
        raise AppError(f"There is no project “{name}”.", "“inhouse chats move CHAT PROJECT” makes one.")
    return found


def _find(projects: tuple[Project, ...], name: str) -> int:
    return next((each.id for each in projects if each.name.casefold() == name.casefold()), 0)


def _listed(session: Session, call: ListChats) -> ChatsListed:
    listed = session.call(call)
    assert isinstance(listed, ChatsListed)
    return listed


def _origin(chat: Chat) -> str:
    if chat.imported_from:
        return f"from {chat.imported_from}"
    return f"branch of {chat.branched_from}" if chat.branched_from else ""


def _json(chat: Chat, project: str) -> dict[str, object]:
    return {
        "id": chat.id,
        "title": chat.title,
        "project": project,
        "imported_from": chat.imported_from,
        "branched_from": chat.branched_from,
        "created_at": chat.created_at,
        "updated_at": chat.updated_at,
    }
