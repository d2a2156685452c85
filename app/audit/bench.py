"""What a record costs and how long 10,000 take to prove, beside the same lines appended without a chain."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from app.audit.chain import Chain, verify

COUNT = 10_000
RECORD_LIMIT_MS, VERIFY_LIMIT_S = 1.0, 1.0


def about(chain: Chain, number: int) -> dict[str, object]:
    """As an answer with six passages stands in the record."""
    passage = {"changed": 1.7e9, "indexed": 1.7e9, "start": 0, "end": 900, "cited": 1}
    texts = {"name": chain.mark_of("a.pdf"), "text": chain.mark_of("x" * 900)}
    passages = [{"document": n, **texts, **passage} for n in range(6)]
    return {"question": chain.mark_of(f"Question {number}?"), "answer": chain.mark_of("y" * 400), "passages": passages}


def main() -> int:
    """Print both figures."""
    with tempfile.TemporaryDirectory() as name:
        chain = Chain(Path(name))
        chain.append("asked", about(chain, 0), who="someone")
        began = time.perf_counter()
        for number in range(1, COUNT):
            chain.append("asked", about(chain, number), who="someone", door="window")
        each_ms = (time.perf_counter() - began) * 1000 / (COUNT - 1)
        chain.close()
        began = time.perf_counter()
        found = verify(Path(name))
        took_s = time.perf_counter() - began
        assert not found.problem and found.records == COUNT + 1
        plain_ms = _plain(Path(name) / "plain")
    _say("record", each_ms, plain_ms, "ms each", RECORD_LIMIT_MS)
    _say("verify 10,000", took_s, 0.0, "s", VERIFY_LIMIT_S)
    return 0


def _plain(path: Path) -> float:
    with path.open("ab", buffering=0) as file:
        began = time.perf_counter()
        for _ in range(COUNT):
            os.write(file.fileno(), msgspec.json.encode({"question": "x" * 32}) + b"\n")
        return (time.perf_counter() - began) * 1000 / COUNT


def _say(name: str, value: float, reference: float, unit: str, limit: float) -> None:
    line = {"figure": name, "value": round(value, 4), "unit": unit, "target": f"< {limit:g}", "ok": value < limit}
    beside = {"reference": round(reference, 4), "ratio": round(value / reference, 2)} if reference else {}
    sys.stdout.write(json.dumps(line | beside) + "\n")


if __name__ == "__main__":
    sys.exit(main())
