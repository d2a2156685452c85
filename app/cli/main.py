"""Reads the command line and runs one command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import datetime
from typing import NoReturn

from app.cli import (
    arena,
    ask,
    assistants,
    audit,
    bench,
    calculate,
    chats,
    classify,
    compare,
    doctor,
    documents,
    embedder,
    evaluate,
    find,
    hidden,
    licences,
    model_text,
    models,
    opening,
    personal,
    policy,
    reader,
    repl,
    serve,
    summarise,
    table,
    takeout,
    train,
    training,
    update,
    vectors,
    watch,
)
from app.cli.arena import add_arena_command
from app.cli.assistant_options import add_asking_options, add_library_commands
from app.cli.bench import BENCHES
from app.cli.collection_options import add_collections_command
from app.cli.evaluate import add_eval_command
from app.cli.model_options import add_models_command
from app.cli.output import setup_streams, tell
from app.cli.session import Session
from app.cli.train_options import add_train_command
from app.cli.unkept import folder_for
from app.cli.vectors import add_vectors_command
from app.cli.watch_options import add_watch_command
from app.errors import AppError
from app.log import start_log
from app.opened import OPEN, absolute
from app.paths import home

COMMANDS: dict[str, Callable[[argparse.Namespace, Session], int]] = {
    OPEN: opening.command,
    "add": documents.add,
    "ask": ask.command,
    "assistants": assistants.assistants,
    "prompts": assistants.prompts,
    "search": documents.search,
    "find": find.command,
    "watch": watch.command,
    "remove": documents.remove,
    "collections": documents.collections,
    "hidden": hidden.command,
    "model-text": model_text.command,
    "personal": personal.command,
    "compare": compare.command,
    "table": table.command,
    "models": models.command,
    "reader": reader.command,
    "embedder": embedder.command,
    "vectors": vectors.command,
    "summarise": summarise.command,
    "calculate": calculate.command,
    "chat": repl.command,
    "chats": chats.command,
    "train": train.command,
    "training": training.command,
    "licences": licences.command,
    "classify": classify.command,
    "eval": evaluate.command,
    "arena": arena.command,
    "serve": serve.command,
    "doctor": doctor.command,
    "policy": policy.command,
    "audit": audit.command,
    "takeout": takeout.command,
    "update": update.command,
    "bench": bench.command,
}
"""What runs each command; it returns the exit status."""


class Parser(argparse.ArgumentParser):
    """Ends with status 1 and a plain sentence, like every other error here."""

    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"{message[:1].upper()}{message[1:]}. “{self.prog} --help” shows what is possible.\n")
        sys.exit(1)


def build_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = Parser(
        prog="inhouse",
        description="A private assistant for your documents. Without a command it opens the window.",
        epilog="Everything runs and stays on this computer, unless you use a model on a server. "
        "The exit status is 0, or 1 with a reason on stderr.",
    )
    parser.add_argument("--version", action=update.ShowVersion, nargs=0, help="show the version and leave")
    parser.add_argument("--verbose", action="store_true", help="show the log on stderr")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    _add_document_commands(commands)
    _add_find_command(commands)
    add_watch_command(commands, Parser)
    personal.add_personal_command(commands)
    chats.add_chats_command(commands)
    _add_asking_commands(commands)
    _add_json(add_models_command(commands))
    _add_json(add_train_command(commands))
    training.add_training_command(commands)
    licences.add_licences_command(commands)
    _add_json(classify.add_classify_command(commands))
    _add_json(add_eval_command(commands, _count))
    arena = add_arena_command(commands)
    _add_collection(arena)
    _add_json(arena)
    reader = commands.add_parser("reader", help="which reader weighs what search finds; use another one, or go back")
    reader.add_argument("action", nargs="?", choices=("list", "use", "back", "remove"), default="list")
    reader.add_argument("name", nargs="?", default="", metavar="NAME", help="of use and remove; own is Inhouse’s own")
    _add_json(reader)
    _add_json(embedder.add_embedder_command(commands))
    add_library_commands(commands, Parser)
    _add_json(add_vectors_command(commands))
    _add_json(serve.add_serve_command(commands))
    _add_json(takeout.add_takeout_command(commands))
    update.add_update_command(commands)
    _add_json(policy.add_policy_command(commands))
    _add_json(audit.add_audit_command(commands))
    doctor = commands.add_parser("doctor", help="check versions, hardware and the health of every store")
    doctor.add_argument("--quick", action="store_true", help="do not load the model")
    doctor.add_argument("--discard", default="", metavar="FILE", help="delete a damaged file that was set aside")
    doctor.add_argument("--report", default="", metavar="FILE", help="write it for a support desk, without contents")
    bench = commands.add_parser("bench", help="measure speed, beside a reference of the same run, or answers")
    bench.add_argument("what", choices=tuple(BENCHES))
    bench.add_argument(
        "dataset",
        nargs="?",
        default="",
        metavar="FOLDER",
        help="of reading: any files; of vectors, retrieval: documents/, questions.jsonl; or corpus.jsonl, tasks.jsonl",
    )
    bench.add_argument("--beside", default="", metavar="PATH", help="of chat, prefill: llama-bench, as a reference")
    bench.add_argument("--questions", default="", metavar="FILE", help="of retrieval: others over the same documents")
    bench.add_argument("--limit", type=_count, default=200, metavar="N", help="of retrieval: so many questions (200)")
    for command in (doctor, bench):
        _add_json(command)
    return parser


def _add_document_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    opened = commands.add_parser(
        OPEN, help="what a drop on the window does: add documents, import a model or a collection"
    )
    opened.add_argument("paths", nargs="+", metavar="FILE", type=absolute)
    add = commands.add_parser(
        "add",
        help="index files and folders",
        description="Index files and folders. The exit status is 1 only where not one file could be used.",
    )
    add.add_argument("paths", nargs="+", metavar="PATH")
    add.add_argument("--collection", metavar="NAME", help="made where it is missing")
    add.add_argument("--force", action="store_true", help="index unchanged files again too")
    remove = commands.add_parser("remove", help="take documents out of the index; the files themselves stay")
    remove.add_argument("documents", nargs="+", metavar="DOCUMENT", help="name or path")
    remove.add_argument("--with-answers", action="store_true", help="delete what stored answers say of them too")
    search = commands.add_parser("search", help="find passages, without a model")
    _add_question(search, "query")
    search.add_argument("-k", type=_count, default=8, metavar="N", help="how many passages (8)")
    collections = add_collections_command(commands)
    hidden = commands.add_parser("hidden", help="list text that readers of a document do not see, and decide on it")
    hidden.add_argument("document", nargs="?", default="", metavar="DOCUMENT", help="name or path")
    decision = hidden.add_mutually_exclusive_group()
    decision.add_argument("--read", action="store_true", help="read it too, as ordinary text")
    decision.add_argument("--keep-out", action="store_true", help="leave it out, as is usual")
    by_model = commands.add_parser("model-text", help="list documents with text that a model wrote, and decide on it")
    by_model.add_argument("document", nargs="?", default="", metavar="DOCUMENT", help="name or path")
    said = by_model.add_mutually_exclusive_group()
    said.add_argument("--approve", action="store_true", help="it was checked, and counts as any other text")
    said.add_argument("--keep-out", action="store_true", help="models do not learn from it, as is usual")
    compare = commands.add_parser("compare", help="say what is different between two documents or files")
    compare.add_argument("left", metavar="OLD", help="name or path of a document, or a file that is not indexed")
    compare.add_argument("right", metavar="NEW")
    compare.add_argument("--export", default="", metavar="FILE", help="save a report: .docx, .xlsx or .md")
    _add_filter(search)
    for command in (remove, search, hidden, by_model):
        _add_collection(command)
    for command in (add, remove, search, collections, hidden, by_model, compare):
        _add_json(command)


def _add_find_command(commands: argparse._SubParsersAction[Parser]) -> None:
    find = commands.add_parser(
        "find",
        help="list every document that mentions something and not something else, without a model",
        description="List every document that fits, for example: inhouse find “which contracts mention a bank "
        "guarantee but not arbitration, after 2024”. A phrase in quotation marks counts to the letter.",
    )
    find.add_argument("request", nargs="?", default="", metavar="REQUEST", help="in words; options add to it")
    find.add_argument(
        "--with", dest="having", action="append", default=[], metavar="TEXT", help="must mention it; can be repeated"
    )
    find.add_argument("--without", action="append", default=[], metavar="TEXT", help="must not; can be repeated")
    find.add_argument("--after", default="", metavar="DATE", help="files later than 2024, 2024-03 or 2024-03-31")
    find.add_argument("--before", default="", metavar="DATE", help="files earlier than that")
    find.add_argument("--sheet", default="", metavar="NAME", help="only on this sheet, or under this heading")
    find.add_argument("--no-meaning", action="store_true", help="by words only, also where no document has them")
    find.add_argument("--export", default="", metavar="FILE", help="save the list as .xlsx, .docx or .md, with links")
    _add_filter(find)
    _add_collection(find)
    _add_json(find)


def _add_asking_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    ask = commands.add_parser("ask", help="answer a question from the documents, with sources")
    _add_question(ask, "question")
    ask.add_argument("--model", default="", metavar="NAME", help="instead of the model in use")
    ask.add_argument(
        "--attach", action="append", default=[], metavar="FILE", help="a file to ask first, read for this question only"
    )
    ask.add_argument("--picture", action="append", default=[], metavar="FILE", help="a picture that the model is shown")
    ask.add_argument(
        "--page", action="append", type=int, default=[], metavar="N", help="with --picture: a page of that document"
    )
    ask.add_argument("--no-documents", action="store_true", help="ask the model alone")
    add_asking_options(ask)
    ask.add_argument("--why", action="store_true", help="say how the answer came about too")
    _add_filter(ask)
    _add_json(ask)
    table = commands.add_parser(
        "table",
        help="ask every document of a collection the same, as a table",
        description="Ask every document of a collection the same. What is through is kept: the same command goes on. "
        "“table templates” lists the lists of fields; “templates save NAME --field …”, “templates rename OLD NEW” and "
        "“templates delete NAME” keep your own.",
    )
    table.add_argument("name", metavar="NAME", help="of the table; one that is there is brought up to date")
    table.add_argument("more", nargs="*", metavar="…", help="behind templates: save, rename or delete, and names")
    table.add_argument(
        "--template", default="", metavar="NAME", help="contracts, invoices, cvs, certificates, your own"
    )
    table.add_argument(
        "--field", action="append", default=[], metavar="TEXT", help="a name, or “Name: question”; can be repeated"
    )
    table.add_argument("--export", default="", metavar="FILE", help="save it as .xlsx, .docx or .md, with links")
    _add_json(table)
    summarise = commands.add_parser(
        "summarise", help="a document, or what a collection holds, in its own words with sources; needs no model"
    )
    summarise.add_argument("document", nargs="?", default="", metavar="FILE", help="name or path; a new file is added")
    summarise.add_argument("--export", default="", metavar="FILE", help="save it as .docx or .md")
    _add_json(summarise)
    calculate = commands.add_parser(
        "calculate", help="count, add up or average the rows of a spreadsheet or CSV file; needs no model"
    )
    calculate.add_argument("question", metavar="QUESTION")
    calculate.add_argument("document", nargs="?", default="", metavar="FILE", help="name or path; a new file is added")
    calculate.add_argument("--export", default="", metavar="FILE", help="save it as .docx or .md")
    _add_json(calculate)
    chat = commands.add_parser("chat", help="talk in the terminal")
    for command in (ask, table, summarise, calculate, chat):
        _add_collection(command)


def _add_question(parser: argparse.ArgumentParser, name: str) -> None:
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument(name, nargs="?", metavar=name.upper())
    group.add_argument("--queries", metavar="FILE", help="one a line, answered one after the other")


def _add_collection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--collection", action="append", default=[], metavar="NAME", help="only this one; can be repeated"
    )


def _add_filter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--document", action="append", default=[], metavar="NAME", help="only from this file; can be repeated"
    )
    parser.add_argument("--folder", default="", metavar="NAME", help="only from files of this folder")
    parser.add_argument(
        "--kind",
        action="append",
        default=[],
        metavar="KIND",
        help="only from such files: pdf, docx, md; can be repeated",
    )
    parser.add_argument("--since", type=_date, default=0.0, metavar="DATE", help="only from files since 2025-03-31")


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON lines")


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1000:
        raise argparse.ArgumentTypeError("must be from 1 to 1000")
    return value


def _date(text: str) -> float:
    """A day, a month or a year of this computer's calendar as seconds since the epoch."""
    try:
        year, month, day = map(int, (*text.split("-"), "1", "1")[:3])
        return datetime(year, month, day).timestamp()
    except ValueError as error:
        raise argparse.ArgumentTypeError("must be a date like 2025-03-31, 2025-03 or 2025") from error


def main(argv: list[str]) -> int:
    """Run one command; returns the exit status: 0, or 1 with a plain sentence on stderr."""
    try:
        args = build_parser().parse_args(argv)
    except SystemExit as leave:
        return 0 if leave.code in (0, None) else 1
    setup_streams()
    try:
        return _run(args)
    except AppError as error:
        tell(str(error))
        if args.verbose and error.detail:
            tell(error.detail)
        return 1
    except KeyboardInterrupt:
        tell("Stopped.")
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it flushes at exit
        return 1


def _run(args: argparse.Namespace) -> int:
    with folder_for(home(), args.command) as place:
        start_log(place, "command", verbose=args.verbose)
        with Session(place, verbose=args.verbose) as session:
            if session.settings.note:
                tell_note(session.settings.note)
            return COMMANDS[args.command](args, session)


def tell_note(note: str) -> None:
    """What went wrong with the settings, before anything else."""
    sys.stderr.write(note + "\n")
