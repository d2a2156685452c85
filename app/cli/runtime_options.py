"""The options of `inhouse models runtime`: builds of llama.cpp that were added, and which one runs what."""

from __future__ import annotations

import argparse
from typing import TypeVar

from app.runtimes import ROLES

P = TypeVar("P", bound=argparse.ArgumentParser)


def add_runtime_action(actions: argparse._SubParsersAction[P]) -> None:
    """The action with its own."""
    runtime = actions.add_parser(
        "runtime",
        help="graphics cards, and the builds of llama.cpp that can use them: list, add, fetch, use, remove, test",
        description="Which devices models can run on, and which build of llama.cpp they run on. “make runtime” makes "
        "one for CUDA, Vulkan or Metal; “fetch” brings one from where updates come from. A runtime is a program: "
        "add only what you or your company built.",
    )
    runtime.add_argument("what", nargs="?", choices=("list", "add", "fetch", "use", "remove", "test"), default="list")
    runtime.add_argument(
        "name",
        nargs="?",
        default="",
        metavar="NAME",
        help="of use, remove, test and fetch; of add an archive or a folder",
    )
    runtime.add_argument("--name", dest="called", default="", metavar="TEXT", help="of add: what to call it")
    runtime.add_argument("--role", choices=ROLES, default="engine", help="of use: what runs on it (engine)")
