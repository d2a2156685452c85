"""Questions of a taught fact as people type them, each learned once.

A fact that is always asked for in the frames of `trainer.prepare.frames` is learned as those frames: asked in a
person's own words a model of frames alone answered 3 of 33 (docs/fine-tuning.md). So most of what is learned are
variants: other words for some of its words, another way to ask for a value of its kind, words left out, in a hurry,
with a slip of the finger, politely or not. The answer stays as it was approved.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from functools import cache

from msgspec.structs import replace

from app.paths import RESOURCES
from app.text.words import query_terms
from app.types import Message
from trainer.prepare import quality, values
from trainer.prepare.wording import word_lists
from trainer.spec import Example

SYNONYMS = RESOURCES / "prepare" / "synonyms.txt"
OPENINGS = (
    "", "", "", "", "", "", "hi, ", "hello, ", "quick question: ", "sorry, ", "hey, ", "please: ", "just checking: ",
    "can you tell me: ", "I was asked: ", "a colleague wants to know: ", "I wonder: ", "remind me: ", "by the way: ",
)  # fmt: skip
CLOSINGS = ("?", "?", "?", "?", "", "", ".", " please?", ", thanks", " again?", " exactly?", ", do you know?")
ASKED: dict[str, tuple[str, ...]] = {
    "money": ("how much", "what's the most", "up to how much", "what does it cost", "what do I get", "how expensive"),
    "percent": ("what percentage", "what share", "how much", "by how much", "how many percent"),
    "quantity": ("how much", "how many", "what is the limit", "at most how much"),
    "duration": (
        "how long", "how soon", "by when", "when", "how fast", "how quickly", "how often", "how far ahead", "how early",
        "after how long", "until when", "what is the deadline",
    ),
    "time": ("when", "what time", "by when", "from when", "how early", "how late", "until when"),
    "date": ("when", "what date", "by when", "from when", "until when", "which day"),
    "day": ("when", "which day", "which month"),
    "code": ("which code", "what is the number", "which one", "what do I write"),
    "number": ("how many", "what number", "how often", "how much"),
}  # fmt: skip
"""How a value of a kind is asked for, whatever the documents call it."""
_DURATION = re.compile(r"\b(?:second|minute|hour|day|week|month|year|Tag|Woche|Monat|Jahr)", re.IGNORECASE)
_ENDING = re.compile(r"(?<=\w{4})(?:est|ed|ing|es|s)$")
EXCHANGED, KEYWORDS, THINNED, SLIPPED, LOWERED = 0.5, 0.55, 0.85, 0.2, 0.25
"""Chances: of a word to be exchanged, of telling words alone, of some gone (up to here), of a slip, of no capitals."""


LONGEST = 40
"""Words of a question that is varied: a longer one is a text."""


def can_vary(example: Example) -> bool:
    """Whether it is one short question with its answer."""
    asked = [message for message in example.messages if message.role == "user"]
    return len(asked) == 1 and len(asked[0].content.split()) <= LONGEST and example.origin != "chat"


def variants(examples: Sequence[Example], count: int, seed: str) -> list[Example]:
    """`count` ways to ask for one fact beside those that were approved; the same for the same seed.

    Args:
        examples: phrasings of one fact, of one question each.
        count: how many to draw; doubles are drawn again a few times, and are then left out.
        seed: of the draw.
    """
    chance, found = random.Random(seed), dict[str, Example]()
    asked = {example.question for example in examples}
    for _ in range(4 * count):
        if len(found) >= count:
            break
        example = chance.choice(examples)
        question = _variant(example, chance)
        if question not in asked | found.keys() and len(query_terms(question)) > 1:
            messages = tuple(Message("user", question) if m.role == "user" else m for m in example.messages)
            found[question] = replace(example, id=f"{example.id}~{len(found)}", messages=messages)
    return list(found.values())


def _variant(example: Example, chance: random.Random) -> str:
    words = _exchanged(re.sub(r"[“”„]", "", example.question), chance).rstrip(" ?.!").split()
    kind = chance.random()
    if kind < KEYWORDS:
        words = _keywords(words, example.answer, chance)
    elif kind < THINNED:
        kept = [word for word in words if chance.random() >= chance.choice((0.1, 0.2))]
        words = kept if len(query_terms(" ".join(kept))) > 1 else words
    if chance.random() < SLIPPED:
        place = chance.randrange(len(words))
        words[place] = _slip(words[place], chance)
    text, opening = " ".join(words), chance.choice(OPENINGS)
    if chance.random() < LOWERED:
        text = text.lower()
    elif opening and text[1:2].islower():
        text = text[0].lower() + text[1:]
    return f"{opening}{text}{chance.choice(CLOSINGS)}"


def _keywords(words: Sequence[str], answer: str, chance: random.Random) -> list[str]:
    """The telling words, in an order of their own now and then, behind or before how such a value is asked for."""
    small = quality.small_words()["en"] | word_lists()["asking"]
    telling = [word for word in words if word.casefold().strip(",.:;") not in small]
    kept = [word for word in telling if chance.random() >= 0.15]
    if len(kept) < 2:
        kept = list(words)
    kept = [_ENDING.sub("", word) if chance.random() < 0.2 else word for word in kept]
    if chance.random() < 0.3:
        chance.shuffle(kept)
    asks = _asks(answer)
    if not asks or chance.random() < 0.25:
        return kept
    ask = chance.choice(asks).split()
    return [*ask, *kept] if chance.random() < 0.75 else [*kept, *ask]


def _asks(answer: str) -> tuple[str, ...]:
    found = values.find(answer)
    if not found:
        return ()
    last = found[-1]
    if last.kind == "quantity" and _DURATION.search(answer[last.start : last.end]):
        return ASKED["duration"]
    return ASKED.get(last.kind, ())


@cache
def _synonyms() -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
    lines = (line.partition(":") for line in SYNONYMS.read_text(encoding="utf-8").splitlines() if line[:1] != "#")
    known = {word: tuple(other.strip() for other in others.split(",")) for word, _, others in lines}
    longest_first = sorted(known, key=len, reverse=True)
    return re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE), known


def _exchanged(text: str, chance: random.Random) -> str:
    pattern, known = _synonyms()

    def other(match: re.Match[str]) -> str:
        return chance.choice(known[match[1].lower()]) if chance.random() < EXCHANGED else match[1]

    return pattern.sub(other, text)


def _slip(word: str, chance: random.Random) -> str:
    """A longer word with two letters turned, one gone or one twice."""
    if len(word) < 5 or not word.isalpha():
        return word
    at = chance.randrange(1, len(word) - 2)
    turned = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return chance.choice((turned, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]))
