"""The options of `inhouse train`: what to learn, the review, a training under way, and what came out."""

from __future__ import annotations

import argparse
from typing import TypeVar, get_args

from app.cli.train_elsewhere import add_options
from app.cli.train_review import quality
from app.finetune.wizard import Effort, Goal, Size

P = TypeVar("P", bound=argparse.ArgumentParser)


def add_train_command(commands: argparse._SubParsersAction[P]) -> P:
    """The command, to which the caller may add more."""
    train = commands.add_parser(
        "train",
        help="begin a training, or take one up",
        description="Begin a training with --collection, --file, --chats or --thumbs, or take up the RUN that is "
        "named. It stops for your review; then --approve-above or --start trains, also when this command is left.",
    )
    train.add_argument("run", metavar="RUN", nargs="?", help="a run that is there, see --list; without it one begins")
    train.add_argument("--list", action="store_true", help="list the runs")
    _add_training_data(train.add_argument_group("what to learn"))
    review = train.add_argument_group("the review")
    review.add_argument("--questions", action="store_true", help="print the list to review, with ids")
    review.add_argument(
        "--approve-above", type=quality, metavar="Q", help="approve every question of at least this quality (0 to 1)"
    )
    for name in ("approve", "reject"):
        review.add_argument(f"--{name}", nargs="+", default=[], metavar="ID", help=f"{name} these questions")
    review.add_argument("--review", default="", metavar="FILE", help="decisions as JSON lines, as in review.jsonl")
    review.add_argument("--start", action="store_true", help="train with what is approved")
    review.add_argument(
        "--plan", action="store_true", help="say what it needs and how long it takes, and train nothing"
    )
    _add_training_actions(train)
    return train


def _add_training_data(data: argparse._ArgumentGroup) -> None:
    data.add_argument("--collection", action="append", default=[], metavar="NAME", help="learn from these documents")
    data.add_argument(
        "--file",
        action="append",
        default=[],
        metavar="FILE",
        help="learn from questions and answers; with classify from texts and labels, or a folder with a folder a label",
    )
    data.add_argument("--chats", nargs="*", type=int, metavar="ID", help="learn from these chats, or from all")
    data.add_argument("--thumbs", action="store_true", help="learn from rated answers")
    data.add_argument(
        "--recipe",
        choices=get_args(Goal),
        default="teach",
        help="what to do (default: %(default)s); search teaches the reader, scratch makes a model",
    )
    data.add_argument(
        "--size", choices=get_args(Size), default="10M", help="weights of the recipe scratch (default: %(default)s)"
    )
    data.add_argument(
        "--labels", default="", metavar="A,B,C", help="of the recipe classify (default: those in the data)"
    )
    data.add_argument(
        "--ask",
        default="",
        metavar="FILE",
        help="five to ten questions as you would ask a colleague, one a line with its answer behind a “|” (or a CSV): "
        "the exam, never learned from (default: those of the training before)",
    )
    _add_author(data)
    data.add_argument("--effort", choices=get_args(Effort), default="balanced", help="default: %(default)s")
    data.add_argument(
        "--base",
        default="",
        metavar="MODEL",
        help="the model to teach, or its folder (default: the one in use); with scratch it writes",
    )
    data.add_argument(
        "--domain-words",
        type=int,
        default=None,
        metavar="N",
        help="let up to N long words of the documents become tokens (teach and read; 0: none; --plan says the gain)",
    )
    data.add_argument(
        "--find-best",
        type=float,
        default=None,
        metavar="MINUTES",
        help="before training try ranks, rates and times through the data for so long, judged by watched questions "
        "(teach, read, prefer, classify; default: the recipe’s own settings; 0: not); --stop takes the best so far",
    )
    data.add_argument("--name", default="", help="what the new model is called")
    data.add_argument("--no-mask", action="store_true", help="keep personal details in what is learned")


def _add_author(data: argparse._ArgumentGroup) -> None:
    data.add_argument(
        "--author",
        default="",
        metavar="MODEL",
        help="who writes the questions about documents: an installed model or one on your company’s server, which is "
        "tried first; rules; or file, where those of --file are all (default: the model to teach, else rules)",
    )
    data.add_argument(
        "--send-passages", action="store_true", help="the server of --author may see passages of the documents"
    )
    data.add_argument("--try-author", action="store_true", help="only try how well the author writes, and how fast")


def _add_training_actions(train: argparse.ArgumentParser) -> None:
    course = train.add_argument_group("a training under way")
    course.add_argument("--pause-chat", action="store_true", help="let the chat wait where memory does not hold both")
    course.add_argument(
        "--sample-question",
        metavar="TEXT",
        help="show the model's answer to this question before it learns and whenever it is measured; it is neither "
        "taught nor part of the exam, and may be given to a new run, too (empty: show it no more)",
    )
    course.add_argument("--pause", action="store_true", help="pause it")
    course.add_argument("--resume", action="store_true", help="let it go on")
    course.add_argument("--stop", action="store_true", help="stop it and keep the best so far")
    course.add_argument(
        "--shorten-comparison", action="store_true", help="end the comparison with what has been asked by then"
    )
    course.add_argument("--skip-comparison", action="store_true", help="end the comparison without a verdict")
    add_options(train.add_argument_group("a training on another computer"))
    out = train.add_argument_group("what came out")
    out.add_argument("--install", nargs="?", const="", metavar="NAME", help="install the result, under this name")
    out.add_argument("--use", action="store_true", help="install it and let it answer")
    out.add_argument(
        "--adapter", action="store_true", help="with --use: on the model that was taught, with no new file"
    )
    out.add_argument(
        "--keep-head", action="store_true", help="keep what sorts without a model (as --name), see inhouse classify"
    )
    out.add_argument("--trials", action="store_true", help="list the settings that were tried, and why one was kept")
    out.add_argument("--vote", default="", metavar="ID=SIDE", help="judge a blind question: left, right or tie")
    out.add_argument("--keep-old", action="store_true", help="the old model stays")
    out.add_argument("--back", action="store_true", help="back to the model in use before")
    out.add_argument("--rename", default="", metavar="NAME", help="another name for the run and its model")
    out.add_argument("--delete-data", action="store_true", help="delete what it learned from; the model stays")
    out.add_argument("--delete", action="store_true", help="delete the run; an installed model stays")
