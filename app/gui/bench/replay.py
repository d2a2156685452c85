"""A child that speaks as an engine but reads a long answer out: what the window costs without a model's own speed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from app.core import server
from app.paths import Home
from app.spawn import child_command
from app.types import Budget, ModelInfo, Stats
from app.workers import host
from app.workers.calls.engine import Chat, Chatted, Count, Counted, Load, Loaded, Token
from app.workers.message import Done
from app.workers.protocol import AnyCall
from app.workers.roles import Steps

TOKENS = 4_000
PER_SECOND = 300.0
"""About twice what the starter writes on two cores."""
_BLOCK = """## Rule {n}

Claims for trip {n} close **30 days** after it, see `form {n}`. The desk answers within two days.

- Keep each receipt
- Name the cost centre

| City | Limit |
|---|---|
| Munich | {n} euro |
| Vienna | 160 euro |

```python
limit = {n}  # euro a night
```

"""


def pieces() -> Iterator[str]:
    """Word by word, as a model writes: headings, lists, tables and code among the text."""
    count = n = 0
    while count < TOKENS:
        n += 1
        for word in _BLOCK.format(n=n).replace(" ", " \0").split("\0"):
            yield word
            count += 1


class ReplayRole:
    """An engine without a model."""

    concurrent = False

    def __init__(self, home: Home) -> None:
        self._pieces = list(pieces())

    def handle(self, call: AnyCall) -> Steps:
        """Loads at once; a chat reads the answer out at an even pace."""
        if isinstance(call, Load):
            return Loaded(info=_info(call.path))
        if isinstance(call, Count):
            return Counted(tokens=100, context=8192)
        if not isinstance(call, Chat):
            return Done()
        started = time.perf_counter()
        for n, piece in enumerate(self._pieces):
            time.sleep(max(0.0, started + n / PER_SECOND - time.perf_counter()))
            yield Token(text=piece)
        stats = Stats(completion_tokens=len(self._pieces), tokens_per_s=PER_SECOND)
        budget = Budget(context=8192, used=4100)
        text = "".join(self._pieces)
        return Chatted(text=text, thinking="", reason="end", stats=stats, budget=budget, passages_used=0)

    def background(self) -> Iterator[None]:
        """Nothing to warm up."""
        yield

    def close(self) -> None:
        """Nothing to give back."""


def _info(path: str) -> ModelInfo:
    return ModelInfo(
        path=path, name="Replay", architecture="none", quantization="none", parameters=0, file_bytes=0, context=8192,
        context_trained=8192, backend="CPU", device="none", gpu_layers=0, layers=0, has_template=True, load_ms=0.0,
        memory_bytes=0,
    )  # fmt: skip


def _command(*args: str) -> list[str]:
    """This child in the engine's place."""
    return [sys.executable, "-m", "app.gui.bench.replay"] if args == ("--worker", "engine") else child_command(*args)


if __name__ == "__main__":
    if sys.argv[1:] == ["core"]:
        sys.exit(server.main(_command))
    sys.exit(host.main("engine", ReplayRole))
