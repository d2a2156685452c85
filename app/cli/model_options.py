"""The options of `inhouse models`."""

from __future__ import annotations

import argparse
from typing import Any

from app.cli.hub_options import add_hub_actions, add_import_action
from app.cli.runtime_options import add_runtime_action


def add_models_command(commands: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """The parser, for what all commands have in common."""
    models: argparse.ArgumentParser = commands.add_parser(
        "models", help="list, find, download, import, use, rename or remove models"
    )
    actions = models.add_subparsers(dest="action", metavar="ACTION", parser_class=type(models))
    add_import_action(actions)
    adding = actions.add_parser("add-server", help="use a model on a server of your company (OpenAI-compatible)")
    adding.add_argument("address", metavar="ADDRESS", help="for example https://models.example.com/v1")
    adding.add_argument("--model", default="", metavar="NAME", help="its name there; needed where there are several")
    adding.add_argument("--name", default="", help="what to call it here")
    adding.add_argument("--key-file", default="", metavar="FILE", help="holds the key; “-” reads it from stdin")
    exporting = actions.add_parser("export", help="save a model as GGUF, or as .inhouse with its name and scores")
    exporting.add_argument("name", metavar="NAME")
    exporting.add_argument("file", metavar="FILE")
    for action, text in (("use", "use this model from now on"), ("remove", "delete Inhouse's copy of a model")):
        actions.add_parser(action, help=text).add_argument("name", metavar="NAME")
    renaming = actions.add_parser("rename", help="call a model otherwise")
    renaming.add_argument("name", metavar="NAME")
    renaming.add_argument("new_name", metavar="NEW-NAME")
    actions.add_parser("back", help="use the model that was in use before")
    add_hub_actions(actions)
    add_runtime_action(actions)
    for parser in actions.choices.values():
        parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON lines")
    return models
