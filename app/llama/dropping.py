"""Which messages a prompt goes without when a conversation has outgrown the context.

Where a cut can be depends on what stands before it alone, and a cut frees a good part of the room: so that many turns
begin with the same tokens, which the cache holds, before the next one is due.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

from app.types import Message

STEP_SHARE = 3
"""Cuts lie a third of the prompt's room apart. After one about two thirds are used; with 8,192 tokens the next is due
after 2,400 tokens of questions and answers."""


def first_kept(
    history: Sequence[Message], origin: int, start: int, excess: int, room: int, count: Callable[[str], int]
) -> int:
    """The index of the first message that stays where, of those from `start` on, `excess` tokens must go; their number
    where none can stay. Tokens are counted from `origin` on; `room`: of the whole prompt."""
    before = [0, *accumulate(count(message.content) for message in history[origin:])]
    turns = [at for at in range(start + 1, len(history)) if history[at].role == "user"]
    enough = [at for at in turns if before[at - origin] - before[start - origin] >= excess]
    step = max(room // STEP_SHARE, 1)
    cuts = (at for at in enough if _crosses(before, history, at, origin, step))
    return next(cuts, enough[0] if enough else len(history))


def _crosses(before: Sequence[int], history: Sequence[Message], at: int, origin: int, step: int) -> bool:
    """Whether a multiple of `step` lies between this turn of the user and the one before."""
    last = next((n for n in range(at - 1, origin - 1, -1) if history[n].role == "user"), origin)
    return before[at - origin] // step > before[last - origin] // step


def first_held(history: Sequence[Message], most: int) -> int:
    """The index from which on messages have at most so many characters: by steps of half of them, as cuts are."""
    before = [0, *accumulate(len(message.content) for message in history)]
    if before[-1] <= most:
        return 0
    half = max(most // 2, 1)
    least = -(-(before[-1] - most) // half) * half
    turns = (at for at in range(1, len(history)) if history[at].role == "user" and before[at] >= least)
    return next(turns, len(history))
