"""`inhouse serve`: lets programs ask over HTTP for as long as it runs, and shows or renews their key."""

from __future__ import annotations

import argparse
import time
from typing import Any

from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.core.calls.api import Api, ApiMoved, RenewApiKey, ServeApi, ShowApi
from app.errors import AppError, WorkerGone
from app.workers.message import Data

AGAIN_AFTER_S = 1.0
"""A core that died is started again by its doors; not faster than this, should it die each time."""
MOST_TRIES = 5
STEADY_S = 60.0
"""After so long a time without an end, the tries count from the beginning."""

HOW_TO = """\
Programs that speak OpenAI's API reach Inhouse with:
  export OPENAI_BASE_URL={address}
  export OPENAI_API_KEY=$(inhouse serve --show-key)
The model “inhouse” is the one in use. Ctrl C turns this off."""
OPEN = """\
Warning: other computers on the network can reach this address. Whoever has the key can ask your documents, and
what is asked and answered crosses the network unencrypted."""


def command(args: argparse.Namespace, session: Session) -> int:
    """Run the command; returns the exit status."""
    if args.show_key or args.new_key:
        shown = session.call(RenewApiKey() if args.new_key else ShowApi())
        assert isinstance(shown, Api)
        say(shown.key)
        return 0
    return _serve(session, _call(args), as_json=args.json)


def _call(args: argparse.Namespace) -> ServeApi:
    return ServeApi(
        port=args.port,
        host=args.host,
        allow_network=args.allow_network,
        hosts=tuple(args.allow_host),
        origins=tuple(args.allow_origin),
        requests_a_minute=args.rate,
    )


def _serve(session: Session, call: ServeApi, *, as_json: bool) -> int:
    """Until Ctrl C; a core that dies meanwhile is replaced."""
    tries = 0
    while True:
        began = time.monotonic()
        try:
            session.call(call, lambda data: _show(data, as_json=as_json))
        except KeyboardInterrupt:
            tell("Programs can no longer connect, unless Settings let them.")
            return 0
        except WorkerGone as error:
            tries = 1 if time.monotonic() - began > STEADY_S else tries + 1
            if tries > MOST_TRIES:
                raise
            tell(f"{error.message} It is started again.")
            time.sleep(AGAIN_AFTER_S)
        else:
            raise AppError("The API was turned off.", "Start “inhouse serve” again.")


def _show(data: Data, *, as_json: bool) -> None:
    if not isinstance(data, ApiMoved) or not data.on:
        return
    if as_json:
        say_json({"address": data.address, "network": data.network})
        return
    say(f"Programs can ask at {data.address}")
    if data.network:
        tell(OPEN)
    tell(HOW_TO.format(address=data.address))


def add_serve_command(commands: Any) -> argparse.ArgumentParser:
    """`inhouse serve`."""
    serve: argparse.ArgumentParser = commands.add_parser(
        "serve",
        help="let programs ask, through an OpenAI-compatible API",
        description="Let programs on this computer ask while this command runs. docs/api.md says what they can ask.",
    )
    serve.add_argument("--port", type=_port, metavar="N", help="instead of the one in Settings; 0 takes any free one")
    serve.add_argument("--host", default="", metavar="ADDRESS", help="where to listen (127.0.0.1)")
    serve.add_argument(
        "--allow-network", action="store_true", help="--host may be an address that other computers reach, without TLS"
    )
    for option, name, text in (
        ("--allow-host", "NAME", "one more name by which programs may call this computer; can be repeated"),
        ("--allow-origin", "URL", "a web page that may ask from a browser; can be repeated"),
    ):
        serve.add_argument(option, action="append", default=[], metavar=name, help=text)
    serve.add_argument("--rate", type=_rate, metavar="N", help="most requests in a minute (600)")
    keys = serve.add_mutually_exclusive_group()
    keys.add_argument("--show-key", action="store_true", help="print the key that programs need, and leave")
    keys.add_argument("--new-key", action="store_true", help="make and print another key; the old one ends at once")
    return serve


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError("must be from 0 to 65535")
    return value


def _rate(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value
