"""What logs, crash reports and the report for a support desk leave out: contents, names, paths, addresses and keys."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from app.errors import AppError

LEFT_OUT = "…"
LEAST = 3
"""Letters of a word that is looked for as it stands; a shorter one is in too much that tells nothing."""

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"“[^”\n]*”?"), "“…”"),
    (re.compile(r"‘[^’\n]*’"), "‘…’"),
    (re.compile(r"«[^»\n]*»"), "«…»"),
    (re.compile(r"„[^“”\n]*[“”]"), "„…“"),
    (re.compile(r"`[^`\n]*`"), "`…`"),
    (re.compile(r'"(?:\\.|[^"\\\n])*"'), '"…"'),
    (re.compile(r"(?<!\w)[bru]*'(?:\\.|[^'\\\n])*'(?!\w)"), "'…'"),
    (re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE), "<address>"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "<mail>"),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b"), "<address>"),
    (re.compile(r"(?<![\w<])(?:~|[A-Za-z]:)?[/\\](?=\S).*?(?=: |[,;)]\s|\n|$)"), "<path>"),
    (re.compile(r"\b(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{20,}"), "<key>"),
)
"""Quoted text first: by the rule of the house every name in a sentence of ours is quoted."""
_FRAME = re.compile(r'^(\s*)File "([^"]+)", line (\d+)(?:,)? in (\S+)(.*)$')
_KNOWN = re.compile(r"^[A-Za-z_][\w:+-]*(?:\.(?:db|json|jsonl|npz|so|dll|dylib|log))?$")
"""A word of the program: a state, a role, a file of its own. What has another ending may be a document."""


def redacted(text: str) -> str:
    """The text without what stands in quotation marks, paths, addresses and keys."""
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text


def plain(value: object) -> object:
    """What may be logged of a value that is put into a message: numbers, words of the program, what an error is."""
    if value is None or isinstance(value, int | float | bool):
        return value
    if isinstance(value, BaseException):
        return error_text(value)
    text = str(value)
    if isinstance(value, PurePath) or not isinstance(value, str):
        return text if isinstance(value, PurePath) and _KNOWN.match(text) else f"<{type(value).__name__}>"
    return text if _KNOWN.match(text) and len(text) <= 40 and redacted(text) == text else LEFT_OUT


def error_text(error: BaseException) -> str:
    """ "AppError: The file “…” is damaged.", "FileNotFoundError 2", "ValueError": kind and no content."""
    if isinstance(error, AppError):
        return f"{type(error).__name__}: {redacted(str(error))}"
    number = f" {error.errno}" if isinstance(error, OSError) and error.errno else ""
    return f"{type(error).__name__}{number}"


def trace_text(error: BaseException) -> str:
    """Where an error came from, and of each in its chain what `error_text` says; no value that was worked on."""
    lines: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = [f"  {program_path(each.filename)}:{each.lineno} {each.name}" for each in _frames(error)]
        lines = [*frames, error_text(error), *(["that was the reason for", *lines] if lines else [])]
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return "\n".join(lines)


def _frames(error: BaseException) -> traceback.StackSummary:
    return traceback.extract_tb(error.__traceback__)


def program_path(path: str) -> str:
    """The end of a path of the program: nothing of the folders that it is installed in."""
    return "/".join(PurePath(path.replace("\\", "/")).parts[-3:]) if path.endswith(".py") else "<path>"


def cleaned_lines(lines: Iterable[str], words: re.Pattern[str] | None) -> Iterator[str]:
    """Of a log or a crash report what a stranger may read: lines of a known form, without their contents.

    Anything else is a part of some text, and is counted only.
    """
    dropped = 0
    for raw in lines:
        line = _cleaned(raw.rstrip())
        if line is None:
            dropped += bool(raw.strip())
            continue
        if dropped:
            yield f"  [{dropped} lines left out]"
            dropped = 0
        yield words.sub(LEFT_OUT, line) if words is not None else line
    if dropped:
        yield f"  [{dropped} lines left out]"


_LOGGED = re.compile(r"^(\d{4}-\d\d-\d\d [\d:,]+ [A-Z]+ [\w.]+)( \||:) (.*)$")
"""A line of the log. Where a colon stands an older Inhouse wrote it, with contents: its message is left out."""
_HEAD = re.compile(r"^(Inhouse|Time|Where|System|Fatal Python error|Windows fatal exception)\b")
_TRACE = re.compile(r"^  ([\w./-]+\.py|<path>|<\w+>):\d+ [\w<>.]+$")
_THREAD = re.compile(
    r"^(?:Current thread|Thread) 0x[0-9a-f]+|^Stack \(most recent|^Current thread's C stack|^Traceback "
)
_KIND = re.compile(
    r"^(\w+(?:\.\w+)*(?:Error|Exception|Interrupt|Exit|Busy|Damaged|NoSpace|BadFile|NewerData|WorkerGone)"
    r"(?: \d+)?)(?::.*)?$"
)


def _cleaned(line: str) -> str | None:
    if logged := _LOGGED.match(line):
        return f"{logged[1]}: {redacted(logged[3]) if logged[2] == ' |' else LEFT_OUT}"
    if frame := _FRAME.match(line):
        return f"{frame[1]}{program_path(frame[2])}:{frame[3]} {frame[4]}"
    if _HEAD.match(line):
        return redacted(line)
    if _TRACE.match(line) or _THREAD.match(line) or line == "that was the reason for":
        return line
    kind = _KIND.match(line)
    return kind[1] if kind else None


def words_pattern(words: Iterable[str]) -> re.Pattern[str] | None:
    """Finds each of these as a whole, whatever its case; None where there are none of them."""
    known = sorted({word.strip() for word in words if len(word.strip()) >= LEAST}, key=len, reverse=True)
    if not known:
        return None
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, known)) + r")(?!\w)", re.IGNORECASE)
