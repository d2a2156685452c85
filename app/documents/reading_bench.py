"""`python -m app.documents.reading_bench FOLDER [--json]`: how every file below a folder is read, and how much of it.

Each file is read by a fresh child, as an Add reads it. Beside a file FOLDER/x/NAME may stand FOLDER/x/expected/NAME.md,
what another program read of it: word recall is the share of its words that we read too.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from msgspec import Struct

from app.documents.parse_process import MEMORY_LIMIT, Parser
from app.errors import BadFile
from app.formats import suffix_of
from app.members import member_path

RECALL_TARGET = 0.97
SLOWEST_S = 30.0
_WORD = re.compile(r"\w+")
_MARKS = re.compile(r"<!--.*?-->|(?<=\])\((?:[^()\s]|\([^()\s]*\))*(?:\s\"[^\"\n]*\")?\)|<br\s*/?>", re.S)
_ESCAPES = re.compile(r"\\(?=[_*#|<>\[\]-])")
_PEAK = re.compile(r"VmHWM:\s*(\d+) kB")


class File(Struct, frozen=True):
    """How a file fared."""

    name: str
    seconds: float  # of the processor, so that a busy computer judges no file; on the clock where the child is gone
    peak: int  # bytes of memory that the child held at most; 0 where it is gone
    text: str
    refused: str  # why, "" where it was read
    expected: str  # what another program read


def files(folder: Path) -> Iterator[File]:
    """Each file below a folder, read as an Add does."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.parent.name != "expected" and path.name != "MANIFEST.jsonl":
            yield _read(path)


def _read(path: Path) -> File:
    known = path.parent / "expected" / f"{path.name}.md"
    expected = known.read_text(encoding="utf-8") if known.exists() else ""
    text, refused, peak = "", "", 0
    with Parser() as parser:
        before = {child.pid for child in psutil.Process().children()}
        begun = time.monotonic()
        try:
            text = _whole(parser, str(path))
        except BadFile as error:
            refused = f"{error.message} ({error.code})"
        seconds = time.monotonic() - begun
        for child in psutil.Process().children():
            if child.pid not in before:
                seconds, peak = _cost(child, seconds)
    return File(path.name, seconds, peak, text, refused, expected)


def _whole(parser: Parser, path: str) -> str:
    """The text of a file with that of all that lies in it.

    Raises:
        BadFile: why the file cannot be read.
    """
    parsed = parser.parse(path)
    texts = [parsed.text]
    for held in parsed.files:
        with suppress(BadFile):  # it costs itself only
            texts.append(_whole(parser, member_path(path, held.name)))
    return "\n\n".join(texts)


def _cost(child: psutil.Process, seconds: float) -> tuple[float, int]:
    """Seconds of the processor and bytes at most of a child that lives on."""
    status = Path(f"/proc/{child.pid}/status")
    try:
        with child.oneshot():
            times, memory = child.cpu_times(), child.memory_info()
        found = _PEAK.search(status.read_text()) if status.exists() else None
    except (psutil.Error, OSError):
        return seconds, 0
    peak = int(found[1]) * 1024 if found else int(getattr(memory, "peak_wset", memory.rss))
    return times.user + times.system, peak


def words(text: str) -> Counter[str]:
    """The words of a text, without the marks of Markdown and the targets of its links."""
    return Counter(_WORD.findall(html.unescape(_ESCAPES.sub("", _MARKS.sub(" ", text))).casefold()))


def figures(folder: Path) -> Iterator[dict[str, Any]]:
    """A line a file, then a line a kind of file."""
    found: defaultdict[str, list[File]] = defaultdict(list)
    for file in files(folder):
        found[suffix_of(file.name)].append(file)
        said = f"refused: {file.refused}" if file.refused else f"read, {len(file.text):,} characters"
        yield {
            "figure": file.name,
            "value": round(file.seconds, 2),
            "unit": f"s, {file.peak >> 20} MB, {said}",
            "ok": file.seconds < SLOWEST_S and file.peak < MEMORY_LIMIT,
        }
    for suffix, known in sorted(found.items()):
        held = [file for file in known if file.expected]
        if held:
            yield _recall(suffix, held)


def _recall(suffix: str, held: Sequence[File]) -> dict[str, Any]:
    """Of different words: how often one is repeated says how a program writes merged cells, not what it read."""
    expected, read, repeats, repeated = 0, 0, 0, 0
    for file in held:
        wanted, ours = words(file.expected), words(file.text)
        expected += len(wanted)
        read += len(wanted.keys() & ours.keys())
        repeats += wanted.total()
        repeated += (wanted & ours).total()
    share = read / max(1, expected)
    return {
        "figure": f"word recall {suffix}",
        "value": round(share, 3),
        "unit": f"of {expected} words in {len(held)} files ({repeated / max(1, repeats):.3f} with repeats)",
        "target": RECALL_TARGET,
        "ok": share >= RECALL_TARGET,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 where one misses its target."""
    parser = argparse.ArgumentParser(prog="inhouse bench reading", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    ok = True
    for figure in figures(chosen.folder):
        ok = ok and figure["ok"]
        sys.stdout.write(json.dumps(figure, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
