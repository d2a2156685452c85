"""`inhouse classify`: sort texts into labels by a head that a training kept; list the heads, or remove one."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TypeVar

from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.core.calls.heads import Heads, ListHeads, RemoveHead
from app.embedder.heads import Head
from app.errors import AppError
from app.finetune.to_sort import Found, ToSort, read_texts, write_found
from app.workers.calls.embedders import MOST_TEXTS, Classified, Classify

P = TypeVar("P", bound=argparse.ArgumentParser)
SHOWN = 80
"""Characters of a text that are printed."""
NONE = "“inhouse train --recipe classify --file FILE” makes one, “inhouse train RUN --keep-head” keeps it."


def add_classify_command(commands: argparse._SubParsersAction[P]) -> P:
    """The options of `inhouse classify`."""
    classify = commands.add_parser(
        "classify",
        help="sort texts into the labels that a training was taught; needs no model",
        description="Sort texts into labels with a head on the embedder: “inhouse classify letter.txt --with Letters”. "
        "Without a text it lists the heads.",
    )
    classify.add_argument(
        "texts", nargs="*", metavar="TEXT", help="a text, a text file, a CSV with a column “text”, or a folder of texts"
    )
    classify.add_argument(
        "--with", dest="head", default="", metavar="HEAD", help="name or id (where there is one only, it)"
    )
    classify.add_argument("--export", default="", metavar="FILE", help="save the list as .csv")
    classify.add_argument("--remove", default="", metavar="HEAD", help="delete a head; its run stays")
    return classify


def command(args: argparse.Namespace, session: Session) -> int:
    """Sort the texts, or say what there is to sort with."""
    kept = session.call(ListHeads())
    assert isinstance(kept, Heads)
    if args.remove:
        head = _named(args.remove, kept.heads)
        session.call(RemoveHead(head_id=head.id))
        tell(f"“{head.name}” is removed. The run that made it stays.")
        return 0
    if not args.texts:
        _list(args, kept.heads)
        return 0
    head = _named(args.head, kept.heads)
    texts = [text for given in args.texts for text in _read(given)]
    found = _sorted(head, texts, session)
    for each in found:
        if args.json:
            say_json({"from": each.source, "label": each.label, "probability": each.probability, "text": each.text})
        else:
            say(f"{each.label}  {each.probability:.0%}  {each.source or _short(each.text)}")
    if args.export:
        path = Path(args.export).expanduser().absolute()
        write_found(path, found)
        tell(f"Saved as {path}.")
    return 0


def _named(name: str, heads: tuple[Head, ...]) -> Head:
    """The head of this name or id; the only one where none is named.

    Raises:
        AppError: there is none, or several could be meant.
    """
    if not heads:
        raise AppError("There is no head to sort with.", NONE)
    wanted = name.strip().casefold()
    found = [head for head in heads if not wanted or wanted in (head.id, head.name.casefold())]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"“{head.name}”" for head in heads)
    problem = f"There is no head “{name}”." if wanted else "There are several heads."
    raise AppError(problem, f"Name one with --with: {names}.")


def _read(given: str) -> list[ToSort]:
    """The texts of a file or folder; what is none is a text itself, unless it looks like a path."""
    path = Path(given).expanduser()
    try:
        is_there = path.exists()
    except OSError:  # longer than a name may be
        is_there = False
    if is_there:
        return read_texts(path)
    looks = " " not in given.strip() and (os.sep in given or path.suffix.casefold() in (".csv", ".txt", ".md", ".tsv"))
    if looks:
        raise AppError(f"There is no file “{given}”.", "Check its name.")
    return [ToSort("", given)] if given.strip() else []


def _sorted(head: Head, texts: list[ToSort], session: Session) -> list[Found]:
    found: list[Found] = []
    for start in range(0, len(texts), MOST_TEXTS):
        part = texts[start : start + MOST_TEXTS]
        session.progress.show(f"Sorting… {start} of {len(texts)}")
        said = session.call(Classify(head_id=head.id, texts=tuple(each.text for each in part)))
        assert isinstance(said, Classified)
        found += [Found(t.source, t.text, s.label, s.probability) for t, s in zip(part, said.found, strict=True)]
    return found


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1].rstrip()}…"


def _list(args: argparse.Namespace, heads: tuple[Head, ...]) -> None:
    for head in heads:
        if args.json:
            say_json(
                {"id": head.id, "name": head.name, "labels": head.labels, "texts": head.texts, "scores": head.scores}
            )
        else:
            say(f"{head.name}  {', '.join(head.labels)}; from {head.texts} texts; {head.scores}")
    if not heads and not args.json:
        tell(f"There is no head yet. {NONE}")
