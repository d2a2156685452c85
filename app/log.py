"""Where the log goes: a small rotating file in the data folder, and stderr for those who ask. Nothing is ever sent."""

from __future__ import annotations

import logging
import logging.handlers
import sys

from app.files import make_folder
from app.paths import Home

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
MAX_BYTES = 1_000_000
KEPT_FILES = 3


def start_log(home: Home, name: str, *, verbose: bool = False) -> None:
    """Log to `logs/NAME.log`; a folder that cannot be written costs the file, not the program."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    handlers: list[logging.Handler] = []
    if verbose:
        handlers.append(logging.StreamHandler(sys.stderr))
    try:
        make_folder(home.logs)
        handlers.append(
            logging.handlers.RotatingFileHandler(
                home.logs / f"{name}.log", maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8", delay=True
            )
        )
    except OSError:
        handlers.append(logging.NullHandler())
    for handler in handlers:
        handler.setFormatter(logging.Formatter(FORMAT))
        root.addHandler(handler)
