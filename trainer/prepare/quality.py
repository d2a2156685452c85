"""Rules that say why a text is not worth learning from: broken characters, noise, boilerplate, another language.

The noise rules follow those published for web corpora (Rae et al., "Scaling Language Models: Methods, Analysis &
Insights from Training Gopher", 2021, appendix A), loosened for short company texts.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

from app.paths import RESOURCES

WORDS_FILE = RESOURCES / "prepare" / "small-words.txt"


@cache
def small_words() -> Mapping[str, frozenset[str]]:
    """Language → its commonest small words."""
    lines = WORDS_FILE.read_text(encoding="utf-8").splitlines()
    parts = (line.partition(":") for line in lines if not line.startswith("#"))
    return {code: frozenset(words.split()) for code, _, words in parts}


_SCRIPTS = {
    "zh": r"[\u4e00-\u9fff]",
    "ja": r"[\u3040-\u30ff]",
    "ko": r"[\uac00-\ud7af]",
    "ar": r"[\u0600-\u06ff]",
    "ru": r"[\u0400-\u04ff]",
    "el": r"[\u0370-\u03ff]",
    "he": r"[\u0590-\u05ff]",
    "hi": r"[\u0900-\u097f]",
}
MOJIBAKE = re.compile(r"Ã[\x80-\xbf©¤¶¼Ÿ¨ª®±³º§]|â€[™œ\x9d“”¦]|Â[ \xa0°§€£]|ï»¿|\ufffd")
"""UTF-8 that was once read as Windows-1252, and the sign for what could not be read."""


def language(text: str) -> str:
    """The language by script, else by its commonest small words; "" where a text is too short to tell."""
    letters = len(re.findall(r"[^\W\d_]", text))
    if letters < 8:
        return ""
    counts = {code: len(re.findall(pattern, text)) for code, pattern in _SCRIPTS.items()}
    if counts["ja"] > letters * 0.1:
        return "ja"
    code, most = max(counts.items(), key=lambda item: item[1])
    if most > letters * 0.4:
        return code
    words = re.findall(r"[^\W\d_]+", text.casefold())
    scores = {code: sum(word in stop for word in words) for code, stop in small_words().items()}
    best, hits = max(scores.items(), key=lambda item: item[1])
    return best if hits >= max(2, len(words) // 20) else ""


def repair(text: str) -> str:
    """Undo UTF-8 read as Windows-1252 where that gives a sound text, drop control signs, NFC."""
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs", "Cn"))
    if MOJIBAKE.search(text):
        try:
            mended = text.encode("cp1252").decode("utf-8")
        except UnicodeError:
            mended = text
        if len(MOJIBAKE.findall(mended)) < len(MOJIBAKE.findall(text)):
            text = mended
    return unicodedata.normalize("NFC", text)


def complaint(text: str, least_words: int = 2) -> str:
    """The first rule that a text breaks, as a sentence, or "" when it is sound."""
    words = [word for word in text.split() if word.strip("|-")]
    plain = re.findall(r"\w+", text)
    table = text.count("|") >= 4  # its lines are no text, and its cells may be numbers
    letters = sum(c.isalnum() if table else c.isalpha() for c in text)
    visible = sum(not c.isspace() and not (table and c in "|-") for c in text) or 1
    if not text.strip():
        return "It is empty."
    if MOJIBAKE.search(text):
        return "Characters in it are broken."
    if len(plain) < least_words and letters < 4 * least_words:
        return f"It has fewer than {least_words} words."
    if len(words) >= 8 and letters / visible < 0.5:
        return "Less than half of it is letters."
    if len(words) >= 12 and (mean := sum(map(len, words)) / len(words)) > 15 and language(text) not in ("zh", "ja"):
        return f"Its words are {mean:.0f} letters long on average."
    if len(words) >= 12 and sum(w in "#…" or w == "..." for w in words) / len(words) > 0.1:
        return "It is full of signs."
    return _repetition(words, text)


def _repetition(words: Sequence[str], text: str) -> str:
    if len(words) >= 20 and (top := Counter(words).most_common(1)[0])[1] / len(words) > 0.3:
        return f"It repeats “{top[0]}” {top[1]} times."
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) >= 6 and 1 - len(set(lines)) / len(lines) > 0.5:
        return "More than half of its lines repeat."
    pairs = Counter(zip(words, words[1:], words[2:], strict=False))
    if len(words) >= 20 and pairs and pairs.most_common(1)[0][1] * 3 / len(words) > 0.4:
        return "It repeats the same words over and over."
    return ""


def boilerplate(pages: Sequence[str], share: float = 0.5) -> frozenset[str]:
    """Lines that stand at the top or bottom of at least `share` of the pages, digits left out: headers and footers."""
    if len(pages) < 3:
        return frozenset()
    seen: Counter[str] = Counter()
    for page in pages:
        lines = [line for line in map(line_key, page.splitlines()) if line]
        seen.update({*lines[:2], *lines[-2:]})
    return frozenset(line for line, times in seen.items() if times >= max(3, share * len(pages)))


def line_key(line: str) -> str:
    """A line as `boilerplate` compares it: "Page 3 of 9" and "Page 4 of 9" are one."""
    return re.sub(r"\d+", "#", " ".join(line.split()).casefold())
