"""What is found as personal data in real files: how many of each kind, how fast, and a sample to be judged by hand.

`inhouse bench personal FOLDER`. Files are halved by the hash of their path below the folder, so that rules can be made
on one half ("fit") and judged on the other ("report"). With --sample the findings of the second half are printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from app.documents.files import walk
from app.documents.parse_process import Parser
from app.errors import BadFile
from app.text.personal.kinds import KINDS

AROUND = 50


def main(argv: list[str]) -> int:
    """Print one JSON line a figure; with --sample one a finding."""
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    options.add_argument("--sample", action="store_true")
    options.add_argument("--json", action="store_true")
    args = options.parse_args(argv)
    counts: dict[str, Counter[str]] = {"fit": Counter(), "report": Counter()}
    characters: Counter[str] = Counter()
    files: Counter[str] = Counter()
    began, spent = time.perf_counter(), 0.0
    with Parser() as parser:
        for path, text in _texts(args.folder, parser):
            half = half_of(path.relative_to(args.folder).as_posix())
            started = time.perf_counter()
            found = parser.find_personal(text, KINDS)
            spent += time.perf_counter() - started
            files[half] += 1
            characters[half] += len(text)
            counts[half].update(each.kind for each in found)
            if args.sample and half == "report":
                for each in found:
                    around = text[max(0, each.start - AROUND) : each.end + AROUND]
                    said = {"kind": each.kind, "found": text[each.start : each.end], "around": around}
                    sys.stdout.write(json.dumps({"file": str(path), **said}, ensure_ascii=False) + "\n")
    for half, counted in counts.items():
        for kind in KINDS:
            _say(f"{kind}, {half} half ({files[half]} files, {characters[half]:,} characters)", counted[kind], "found")
    _say("looked at", round(characters.total() / max(spent, 1e-9) / 1e6, 2), "million characters a second")
    _say("everything", round(time.perf_counter() - began, 1), "s")
    return 0


def half_of(name: str) -> str:
    """Which half of a set a file belongs to; the same on every machine."""
    return "report" if hashlib.sha256(name.encode()).digest()[0] & 1 else "fit"


def _texts(folder: Path, parser: Parser) -> Iterator[tuple[Path, str]]:
    for name in walk((str(folder),)):
        try:
            yield Path(name), parser.parse(name).text
        except BadFile:
            continue


def _say(figure: str, value: float, unit: str) -> None:
    sys.stdout.write(json.dumps({"figure": figure, "value": value, "unit": unit}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
