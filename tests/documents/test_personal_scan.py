"""Personal data on pages that are pictures: masked before what was recognised is kept."""

from __future__ import annotations

from app.documents.loaders.scan import Scan, scan_line
from app.documents.loaders.scan_personal import masked_scan
from app.text.personal.kinds import USUAL
from app.types import Box

BOX = Box(0, 0, 100, 10)


def test_words_of_a_line_are_replaced_and_the_others_keep_their_place() -> None:
    line = scan_line("Pay DE89 3704 0044 0532 0130 00, or ask (kim@firma-nord.de).", [], BOX, 0.9, 10.0)
    assert line is not None
    kept = masked_scan(Scan((line,), 100, 10), USUAL).lines[0]
    assert kept.text == "Pay [IBAN], or ask ([e-mail address])."
    said = [kept.text[word.start : word.end] for word in kept.words]
    assert said == ["Pay", "[IBAN],", "or", "ask", "([e-mail address])."]
    assert kept.words[-1].box == line.words[-1].box
