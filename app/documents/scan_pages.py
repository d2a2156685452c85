"""Pages of known words, drawn and degraded as scanners do, for the measurement of text recognition and for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Literal, get_args

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from app.paths import RESOURCES

WIDTH, HEIGHT = 595, 842
"""A4 in points."""
MARGIN = 60
BODY, SMALL = 11.0, 7.0
"""Type sizes in points."""
LEADING = 1.4

GERMAN = """Reisekostenrichtlinie

Diese Richtlinie gilt für alle Beschäftigten, die dienstlich verreisen. Übernachtungen in München werden bis 165 € je \
Nacht erstattet, während der Messe bis zu 220 €. Größere Beträge müssen vorab schriftlich genehmigt werden. Die \
Anschrift lautet Straße der Jugend 14, 80331 München.

Für Verpflegungsmehraufwand gelten die gesetzlichen Pauschalen: bei mehr als acht Stunden 14,00 €, ganztägig 28,00 €. \
Frühstück kürzt den Satz um 20 %. Fahrten mit dem eigenen Pkw werden mit 0,30 € je Kilometer vergütet; Mitfahrer \
erhöhen den Satz nicht. Abrechnungen sind innerhalb von 30 Tagen nach der Rückkehr einzureichen.

Ausschließlich Originalbelege werden anerkannt, Kopien genügen nicht. § 7 Haftung: Verlorene Schlüssel sind \
unverzüglich zu melden. Öffnungszeiten der Kasse: 9:30 bis 12:00 Uhr."""

ENGLISH = """Travel policy

This policy applies to all employees who travel on business. Hotel nights in Munich are refunded up to 165 € a night, \
during the trade fair up to 220 €. Larger amounts need a written approval beforehand. The address is 14 Youth Street, \
Munich.

Daily allowances follow the law: 14.00 € for more than eight hours, 28.00 € for a whole day. Breakfast reduces the \
allowance by 20 %. Trips with one's own car are refunded at 0.30 € a kilometre; passengers do not raise the rate. \
Claims are to be handed in within 30 days of the return.

Only original receipts are accepted, copies are not enough. Clause 7, liability: lost keys must be reported at once. \
The cash office is open from 9:30 to 12:00."""

GERMAN_ROWS = (
    ("Stadt", "Hotel je Nacht", "Während der Messe"), ("München", "165 €", "220 €"), ("Köln", "130 €", "210 €"),
    ("Überlingen am See", "98,50 €", "110,00 €"), ("Düsseldorf", "140 €", "195 €"), ("Gießen", "105 €", "120 €"),
)  # fmt: skip
ENGLISH_ROWS = (
    ("City", "Hotel a night", "During a fair"), ("Munich", "165 €", "220 €"), ("Cologne", "130 €", "210 €"),
    ("Lake Constance", "98.50 €", "110.00 €"), ("Manchester", "140 €", "195 €"), ("York", "105 €", "120 €"),
)  # fmt: skip

Kind = Literal[
    "300 dpi", "150 dpi", "skew 2°", "noise", "two columns", "table", "on its side", "small print", "fax"
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
DPI: dict[Kind, int] = {"300 dpi": 300, "150 dpi": 150, "small print": 150, "fax": 100}
"""200 for the others."""


def page_of(kind: Kind, text: str, rows: Sequence[Sequence[str]]) -> Image.Image:
    """A page of a kind, as a scanner would give it; a table shows `rows`, every other kind `text`."""
    dpi = DPI.get(kind, 200)
    columns = 2 if kind == "two columns" else 1
    image = (
        draw_table(rows, dpi)
        if kind == "table"
        else draw_text(text, dpi, columns, SMALL if kind == "small print" else BODY)
    )
    if kind in DEGRADE:
        image = DEGRADE[kind](image)
    image.info["dpi"] = (dpi, dpi)
    return image


def words_of(kind: Kind, text: str, rows: Sequence[Sequence[str]]) -> list[str]:
    """What is to be read on such a page, in order."""
    return [word for row in rows for cell in row for word in cell.split()] if kind == "table" else text.split()


def draw_text(text: str, dpi: int, columns: int = 1, size: float = BODY) -> Image.Image:
    """Paragraphs, the lines broken to fit, set in one or more columns of the same height."""
    gap = 30
    wide = (WIDTH - 2 * MARGIN - gap * (columns - 1)) / columns
    lines = _broken(text, wide, size)
    most = -(-len(lines) // columns)
    scale = dpi / 72
    image, pen = _paper(dpi)
    for number in range(columns):
        left = MARGIN + number * (wide + gap)
        for at, line in enumerate(lines[number * most : (number + 1) * most]):
            place = (left * scale, (MARGIN + at * size * LEADING) * scale)
            pen.text(place, line, font=_font(size * scale), fill=20)
    return image


def draw_table(rows: Sequence[Sequence[str]], dpi: int, size: float = BODY) -> Image.Image:
    """Cells with a rule below each row."""
    scale = dpi / 72
    image, pen = _paper(dpi)
    wide = (WIDTH - 2 * MARGIN) / max(len(row) for row in rows)
    for number, row in enumerate(rows):
        top = MARGIN + number * 24
        for column, cell in enumerate(row):
            pen.text(((MARGIN + column * wide) * scale, top * scale), cell, font=_font(size * scale), fill=20)
        low = (top + 18) * scale
        pen.line((MARGIN * scale, low, (WIDTH - MARGIN) * scale, low), fill=120, width=max(1, round(scale / 2)))
    return image


def _noisy(image: Image.Image) -> Image.Image:
    """Grain, a grey ground and a slight blur, as a bad copy has them; always the same."""
    pixels = np.asarray(image.filter(ImageFilter.GaussianBlur(1.0)), dtype=np.float64) * 0.8 + 30
    grain = np.random.default_rng(7).normal(0, 22, pixels.shape)
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))


def _faxed(image: Image.Image) -> Image.Image:
    """Black or white and nothing between, with specks; always the same."""
    pixels = np.asarray(image)
    specks = np.random.default_rng(7).random(pixels.shape) < 0.004
    return Image.fromarray(np.where(specks, 0, np.where(pixels < 150, 0, 255)).astype(np.uint8))


DEGRADE: dict[Kind, Callable[[Image.Image], Image.Image]] = {
    "skew 2°": lambda image: image.rotate(2, Image.Resampling.BICUBIC, fillcolor=255),
    "noise": _noisy,
    "fax": _faxed,
    "on its side": lambda image: image.transpose(Image.Transpose.ROTATE_90),
}


def _paper(dpi: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("L", (round(WIDTH * dpi / 72), round(HEIGHT * dpi / 72)), 255)
    return image, ImageDraw.Draw(image)


@cache
def _font(pixels: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(RESOURCES / "fonts" / "Inter-Regular.otf"), pixels)


def _broken(text: str, wide: float, size: float) -> list[str]:
    """The lines of paragraphs; "" between two."""
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and _font(size * 4).getlength(longer) / 4 > wide:
                lines.append(line)
                longer = word
            line = longer
        lines += [line, ""]
    return lines[:-1]
