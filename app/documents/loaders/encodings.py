"""Guesses the encoding of text that is no UTF-8 and says nothing of itself.

charset-normalizer tells scripts apart well; among the encodings of Latin script it took French for Romanian, so there
the letters that each language writes decide.
"""

from __future__ import annotations

import re

_SAMPLE = 32 * 1024
_HIGH = re.compile(rb"[\x80-\xff]+")
_DENSE, _RUN = 0.3, 2.5
"""Share of bytes above ASCII, and their mean number in a row, from which a script is none of the Latin ones."""
_FEW = 6
"""Bytes above ASCII that are too few to tell a script by."""
_SCRIPTS = [
    "cp1251", "koi8_r", "koi8_u", "iso8859_5", "cp866", "cp1253", "cp1255", "cp1256", "cp874", "cp932", "euc_jp",
    "gb18030", "big5", "cp949",
]  # fmt: skip
_MARKS = "§°²³µ€£©®«»¿¡„“”‚‘’–—…•·×\u00a0"
_LATIN = {
    "cp1252": "äöüßàâçéèêëîïôùûœæøåñáíóúãÿðþìò",
    "cp1250": "ąćęłńóśźżáčďéěíňřšťúůýžäöüßőűđîâ",
    "iso8859_2": "ąćęłńóśźżáčďéěíňřšťúůýžäöüßőűđîâ",
    "cp1254": "ğıİşçöüâîû",
}
"""The letters that languages written in it have, and are written with often; the first of equals is taken."""
_WIDE = re.compile(
    "[\t\n\r -~\u00a0-\u052f\u0590-\u06ff\u0900-\u0e7f\u1e00-\u1fff\u2010-\u2044\u20ac\u2116\u3000-\u30ff\u4e00-\u9fff"
    "\uac00-\ud7a3\uff00-\uffef]"
)
_WIDE_SHARE = 0.97


def guess(data: bytes) -> str:
    """The likeliest 8-bit or multi-byte encoding of text."""
    sample = _sample(data)
    if b"\x1b$" in sample:
        return "iso2022_jp"
    runs = _HIGH.findall(sample)
    high = sum(map(len, runs))
    if high < _FEW or (high < _DENSE * len(sample) and high < _RUN * len(runs)):
        return _latin(sample)
    import charset_normalizer  # here, since most texts are UTF-8, and it takes as long to load as all loaders do

    found = charset_normalizer.from_bytes(sample, cp_isolation=_SCRIPTS, threshold=0.4).best()
    return found.encoding if found is not None else _latin(sample)


def guess_wide(sample: bytes) -> str:
    """UTF-16 of any script without a byte order mark; "" where it is none. Only zeros in it make one think of that."""
    even = sample[: len(sample) // 2 * 2]
    best, share = "", _WIDE_SHARE
    for encoding in ("utf-16-le", "utf-16-be"):
        text = even.decode(encoding, errors="replace")
        fits = len(_WIDE.findall(text)) / max(1, len(text))
        if fits > share:
            best, share = encoding, fits
    return best


def _sample(data: bytes) -> bytes:
    """Whole lines round the first byte that is no ASCII."""
    first = _HIGH.search(data)
    start = data.rfind(b"\n", 0, first.start()) + 1 if first else 0
    stop = data.find(b"\n", start + _SAMPLE)
    return data[start : stop if 0 < stop < start + 2 * _SAMPLE else start + _SAMPLE]


def _latin(sample: bytes) -> str:
    best, most = "cp1252", -1.0
    for encoding, letters in _LATIN.items():
        beyond = [char for char in sample.decode(encoding, errors="replace") if char > "\x7f"]
        known = letters + _MARKS + ("õ" if encoding == "cp1252" and "ã" in beyond else "")
        fits = sum(char in known or char.lower() in known for char in beyond) / max(1, len(beyond))
        if fits > most:
            best, most = encoding, fits
    return best
