"""The bare loop as a program, so that the window can be measured beside it in turns.

`python -m app.engine.bare MODEL` reads one Chat call a line and prints tokens a second.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from app.engine.load import physical_cores
from app.engine.worker import EngineRole
from app.llama.bare import Bare
from app.paths import home
from app.workers.calls.engine import Chat, Load


def main(path: Path) -> int:
    """Serve stdin; the prompt's ids are those that the engine would use."""
    role = EngineRole(home())
    steps = role.handle(Load(path=str(path), context=8192))
    for _ in steps:
        pass
    conversations = role.conversations()
    bare = Bare(path, 8192, physical_cores())
    for line in sys.stdin.buffer:
        call = msgspec.json.decode(line, type=Chat)
        prompt = conversations.prompt(call).tokens
        sys.stdout.write(f"{bare.tokens_per_s(prompt, call.sampling)}\n")
        sys.stdout.flush()
    bare.close()
    role.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
