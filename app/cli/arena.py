"""`inhouse arena`: two models answer the same questions, and a person votes without knowing which is which."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import msgspec

from app.cited import cited_as
from app.cli.ask import read_queries
from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.core.calls.bench import (
    CastVote,
    ClearVotes,
    LineupNoted,
    ListQuestions,
    ListVotes,
    PairPlayed,
    PlayArena,
    QuestionsListed,
    VoteCast,
    VotesListed,
)
from app.errors import AppError
from app.evaluation.arena import Choice, Rating, points_text, standing_text
from app.types import InstalledModel
from app.workers.message import Data

KEYS: dict[str, Choice | None] = {"1": "left", "2": "tie", "3": "right", "4": "wrong", "s": None}
ASK = "1 A is better, 2 tie, 3 B is better, 4 both are wrong, s skip, q stop: "
MOST_QUESTIONS = 20


def add_arena_command(commands: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """The command's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "arena",
        help="let two models answer your questions, and vote without seeing the names",
        description="Two models answer the same questions from the same passages; you vote without seeing which is "
        "which. Votes are kept and add up. Without models: the ratings of all that were compared.",
    )
    parser.add_argument("models", nargs="*", metavar="MODEL", help="two names or ids")
    parser.add_argument("--questions", default="", metavar="FILE", help="one a line; else what your chats began with")
    parser.add_argument("--no-documents", action="store_true", help="the models answer alone")
    parser.add_argument("--votes", action="store_true", help="show what was voted on these two, and leave")
    parser.add_argument("--clear", action="store_true", help="delete the votes on these two")
    return parser


def command(args: argparse.Namespace, session: Session) -> int:
    """Ask for votes, or show what there is; 0 also where it was ended early, since votes are kept at once."""
    if not args.models:
        return _show(session, None, (), as_json=args.json)
    if len(args.models) != 2:
        raise AppError("Two models are compared.", "Name both: inhouse arena A B.")
    models = (session.model(args.models[0]), session.model(args.models[1]))
    ids = (models[0].id, models[1].id)
    if ids[0] == ids[1]:
        raise AppError("A model cannot be compared with itself.", "Name two different ones.")
    if args.clear:
        session.call(ClearVotes(models=ids))
        tell("The votes on these two models are deleted.")
        return 0
    if not args.votes:
        _play(args, session, ids)
    return _show(session, ids, models, as_json=args.json)


def _play(args: argparse.Namespace, session: Session, ids: tuple[str, str]) -> None:
    collections = session.collections(args.collection) if args.collection else ()
    questions = _questions(args, session, collections[0].id if len(collections) == 1 else None)
    call = PlayArena(
        models=ids,
        questions=questions,
        collections=tuple(each.id for each in collections),
        alone=args.no_documents,
    )
    step = 1 if _listed(session, ids).together else len(questions)
    asked = 0
    while asked < len(questions):
        pairs = _answers(session, msgspec.structs.replace(call, questions=questions[asked : asked + step]))
        for pair in pairs:
            asked += 1
            if not _vote(session, pair, f"Question {asked} of {len(questions)}"):
                return
        if len(pairs) < min(step, len(questions) - asked + len(pairs)):
            return  # stopped


def _answers(session: Session, call: PlayArena) -> list[PairPlayed]:
    """Both answers to each question; Ctrl C keeps the pairs that are there."""
    pairs: list[PairPlayed] = []

    def take(data: Data) -> None:
        if isinstance(data, PairPlayed):
            pairs.append(data)
        if isinstance(data, LineupNoted) and data.lasting:
            session.progress.clear()
            tell(data.text)
        elif isinstance(data, LineupNoted):
            session.progress.show(data.text)

    try:
        session.call(call, take, stoppable=True)
    except KeyboardInterrupt:
        tell("Stopped.")
    return pairs


def _vote(session: Session, pair: PairPlayed, place: str) -> bool:
    """Show a pair and ask; False: the person has had enough."""
    say(f"\n{place}: {pair.question}")
    if pair.failure is not None:
        tell(f"Not answered: {pair.failure.message} {pair.failure.hint}".strip())
        return True
    if pair.alike:
        say(f"\nBoth models gave the same answer, so there is nothing to choose:\n{pair.left.text}")
        return True
    for name, answer in (("A", pair.left), ("B", pair.right)):
        say(f"\n{name}: {answer.text or '(nothing)'}")
        for source in answer.sources:
            say(f"   [{source.n}] {cited_as(source.passage)}")
    say("")
    key = ""
    while key not in KEYS:
        try:
            key = input(ASK).strip().lower()
        except (EOFError, KeyboardInterrupt):
            return False
        if key == "q":
            return False
    choice = KEYS[key]
    if choice is not None:
        cast = session.call(CastVote(pair_id=pair.pair_id, choice=choice))
        assert isinstance(cast, VoteCast)
        vote = cast.vote
        say(f"A was {_named(vote.left_name, vote.left_speed)}, B was {_named(vote.right_name, vote.right_speed)}.")
    return True


def _named(name: str, speed: float) -> str:
    return f"{name} ({speed:.0f} tok/s)" if speed else name


def _questions(args: argparse.Namespace, session: Session, collection_id: int | None) -> tuple[str, ...]:
    """Raises AppError: there are none."""
    if args.questions:
        return tuple(read_queries(args.questions))
    found = session.call(ListQuestions(collection_id=0 if args.no_documents else collection_id))
    assert isinstance(found, QuestionsListed)
    if not found.questions:
        raise AppError("No chat has begun with a question yet.", "Name a file of questions: --questions FILE.")
    return found.questions[:MOST_QUESTIONS]


def _listed(session: Session, ids: tuple[str, str] | None) -> VotesListed:
    found = session.call(ListVotes(models=ids))
    assert isinstance(found, VotesListed)
    if found.note:
        tell(found.note)
    return found


def _show(session: Session, ids: tuple[str, str] | None, models: Sequence[InstalledModel], *, as_json: bool) -> int:
    """What the votes say: on two models, or of all."""
    found = _listed(session, ids)
    if as_json:
        say_json(msgspec.to_builtins(found))
    elif found.standing is not None:
        say(f"\n{standing_text(found.standing, models[0].name, models[1].name)}")
        if points := points_text(found.standing, models[0].name):
            say(points)
    elif found.ratings:
        for rating in found.ratings:
            say(_rating_line(rating))
    else:
        tell("Nothing was voted on yet. “inhouse arena A B” compares two models.")
    return 0


def _rating_line(rating: Rating) -> str:
    return (
        f"{rating.points:+5.0f}  ({rating.low:+.0f} to {rating.high:+.0f})  {rating.name}, "
        f"{rating.votes} {'vote' if rating.votes == 1 else 'votes'}"
    )
