"""Where the log goes: a small rotating file in the data folder, and stderr for those who ask. Nothing is ever sent.

The file is without contents by construction: of what is put into a message only numbers, words of the program and kinds
of errors are written (app/redact.py). On stderr it is whole, for the person who works there.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys

from app.files import make_folder
from app.paths import Home
from app.redact import error_text, plain, redacted, trace_text
from app.rules import LOG_LEVEL
from app.settings import company_policy

FORMAT = "%(asctime)s %(levelname)s %(name)s | %(message)s"
"""The stroke says that the line is without contents; 0.1 wrote a colon, and everything."""
MAX_BYTES = 1_000_000
KEPT_FILES = 3


class WithoutContents(logging.Formatter):
    """Writes of each message what holds nothing of documents, chats or people."""

    def format(self, record: logging.LogRecord) -> str:
        said = logging.makeLogRecord(record.__dict__)
        said.msg, said.args, said.exc_text = self._message(record), (), None
        error = record.exc_info[1] if record.exc_info else None
        said.exc_info = said.stack_info = None
        text = super().format(said).replace("\n", " ")
        return f"{text}\n{trace_text(error)}" if error is not None else text

    @staticmethod
    def _message(record: logging.LogRecord) -> str:
        if isinstance(record.msg, BaseException):
            return error_text(record.msg)
        if not isinstance(record.args, tuple) or not record.args:
            return redacted(str(record.msg) if not record.args else record.getMessage())
        try:
            return redacted(str(record.msg) % tuple(plain(each) for each in record.args))
        except (TypeError, ValueError):  # a message of a library that counts its values in another way
            return redacted(str(record.msg))


def start_log(home: Home, name: str, *, verbose: bool = False) -> None:
    """Log to `logs/NAME.log`; a folder that cannot be written costs the file, not the program."""
    root = logging.getLogger()
    if verbose:
        shown = logging.StreamHandler(sys.stderr)
        shown.setFormatter(logging.Formatter(FORMAT))
        root.addHandler(shown)
    try:
        make_folder(home.logs)
        kept: logging.Handler = logging.handlers.RotatingFileHandler(
            home.logs / f"{name}.log", maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8", delay=True
        )
    except OSError:
        kept = logging.NullHandler()
    kept.setFormatter(WithoutContents(FORMAT))
    root.addHandler(kept)
    root.setLevel(company_policy().rule(LOG_LEVEL).upper())  # last: what is wrong with the policy is logged too
