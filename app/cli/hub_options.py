"""The options of `inhouse models` that are about models which are not here yet: search, download, downloads, fit."""

from __future__ import annotations

import argparse
from typing import TypeVar

P = TypeVar("P", bound=argparse.ArgumentParser)


def add_hub_actions(actions: argparse._SubParsersAction[P]) -> None:
    """The actions beside those of installed models."""
    search = actions.add_parser("search", help="what could be downloaded; words look through the hub")
    search.add_argument("query", nargs="*", metavar="WORDS", help="words, a repository or a link; none: the list")
    download = actions.add_parser(
        "download",
        help="fetch a model, check it and list it",
        description="Fetch a model. It goes on where it stood after a break; Ctrl C leaves it running.",
    )
    download.add_argument("model", metavar="MODEL", help="of the list, or owner/name, or owner/name:Q4_K_M")
    download.add_argument("--file", default="", metavar="NAME", help="this file of the repository")
    download.add_argument("--name", default="", help="what to call it")
    download.add_argument("--no-wait", action="store_true", help="do not wait until it is here")
    downloads = actions.add_parser("downloads", help="what is on its way; pause, resume or cancel it")
    downloads.add_argument("what", nargs="?", choices=("list", "pause", "resume", "cancel"), default="list")
    downloads.add_argument("download", nargs="?", default="", metavar="ID", help="or a part of its name; none: all")
    fit = actions.add_parser("fit", help="how a model would run on this computer")
    fit.add_argument("model", metavar="FILE", help="a GGUF file, or a model as for download")
    token = actions.add_parser("token", help="keep an access token of the hub in the system’s keyring")
    token.add_argument("--key-file", default="", metavar="FILE", help="holds the token; “-” reads it from stdin")
    token.add_argument("--forget", action="store_true", help="keep none any more")


def add_import_action(actions: argparse._SubParsersAction[P]) -> None:
    """A file, a folder, or the store of another program."""
    importing = actions.add_parser("import", help="bring in a model file, all of a folder, or those of another program")
    importing.add_argument(
        "file",
        metavar="FILE",
        help=".gguf, .inhouse, a folder of them, a model folder (with safetensors), or “ollama” or “lmstudio”",
    )
    importing.add_argument(
        "--name",
        default="",
        help="what to call it; of several: only those with this in their name; of a projector: whose it is",
    )
    importing.add_argument("--projector", default="", metavar="FILE", help="by which it sees: its mmproj file")
    importing.add_argument(
        "--gguf",
        default="",
        metavar="FILE",
        help="of a model folder: a GGUF of the same model (or put it into the folder)",
    )
    importing.add_argument(
        "--llama-cpp", default="", metavar="FOLDER", help="of a model folder: llama.cpp, whose converter then writes it"
    )
    importing.add_argument("--link", action="store_true", help="of a folder: leave the files where they are")
