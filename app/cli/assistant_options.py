"""The options of `inhouse assistants` and `inhouse prompts`, and those of `inhouse ask` that belong to them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeVar

from app.setting import PRESETS, THINKING_TOKENS
from app.settings import BY_KEY

P = TypeVar("P", bound=argparse.ArgumentParser)
VALUES = (*PRESETS["precise"], "seed")
LIKELY = 5
"""Words that `--shares` names for each that was written."""


def add_library_commands(commands: argparse._SubParsersAction[P], kind: type[P]) -> None:
    """Both commands with their actions."""
    said = "ways to be answered: list, add, edit, remove, hand on as a file, choose the one of new chats"
    assistants = commands.add_parser("assistants", help=said)
    _add_actions(assistants, kind, "assistant")
    prompts = commands.add_parser("prompts", help="saved questions with {words} that are asked for: list, add, edit")
    _add_actions(prompts, kind, "prompt")


def add_asking_options(ask: argparse.ArgumentParser) -> None:
    """What a question may say of them."""
    ask.add_argument("--assistant", default="", metavar="NAME", help="who answers, with its instructions and values")
    ask.add_argument("--shares", action="store_true", help="say how sure the model was of each word, too")


def _add_actions(parser: argparse.ArgumentParser, kind: type[P], what: str) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", parser_class=kind)
    parser.add_argument("--json", action="store_true", help="print JSON lines")
    actions.add_parser("list", help="all of them, as without an action")
    for action, text in (("show", "all that one says"), ("remove", "remove one; chats stay as they are")):
        actions.add_parser(action, help=text).add_argument("name", metavar="NAME")
    copying = actions.add_parser("copy", help="make one more like it, to change")
    copying.add_argument("name", metavar="NAME")
    copying.add_argument("called", metavar="NEW-NAME")
    if what == "assistant":
        using = actions.add_parser("use", help="have new chats begin with this one; “none” with nobody in particular")
        using.add_argument("name", metavar="NAME")
    for action, text in (("add", "make one (or “new”)"), ("edit", "change one")):
        changed = actions.add_parser(action, help=text, aliases=["new"] if action == "add" else [])
        changed.add_argument("name", metavar="NAME")
        if what == "assistant":
            _add_values(changed)
        else:
            changed.add_argument("--text", metavar="TEXT", help="what it asks; {words} in braces are asked for")
            changed.add_argument("--file", default="", metavar="FILE", help="holds the text; “-” reads it from stdin")
        if action == "edit":
            changed.add_argument("--name", dest="called", default="", metavar="NEW-NAME", help="call it otherwise")
    exporting = actions.add_parser("export", help="write them into a file to hand on; without names all, prompts too")
    exporting.add_argument("file", metavar="FILE")
    exporting.add_argument("names", nargs="*", metavar="NAME")
    actions.add_parser("import", help="take over what such a file holds").add_argument("file", metavar="FILE")
    for each in dict.fromkeys(actions.choices.values()):  # one that has two names is there twice
        each.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON lines")


def _add_values(parser: argparse.ArgumentParser) -> None:
    filled = "may hold {date}, {user}, {collection} and {model}"
    parser.add_argument("--instructions", metavar="TEXT", help=filled)
    parser.add_argument("--file", default="", metavar="FILE", help="holds the instructions; “-” reads them from stdin")
    parser.add_argument("--model", metavar="NAME", help="that it asks for; “” is the model in use")
    parser.add_argument("--collection", metavar="NAME", help="that it asks; “none” the model alone, “” the chat's own")
    parser.add_argument("--style", choices=("", *PRESETS), help="“” is the one in Settings")
    parser.add_argument("--in-documents", action=argparse.BooleanOptionalAction, help="its style for these answers too")
    parser.add_argument("--thinking", choices=("", *THINKING_TOKENS), help="how long a model may think that does")
    for key in VALUES:
        setting = BY_KEY[key]
        said = f"{setting.label}: {setting.help.lower()}; “default” is that of the style"
        parser.add_argument(f"--{key.replace('_', '-')}", type=_value(setting.kind), metavar="N", help=said)


def _value(kind: type) -> Callable[[str], object]:
    def value(text: str) -> object:
        return text if text == "default" else kind(text)

    value.__name__ = kind.__name__  # what argparse calls it where it does not fit
    return value
