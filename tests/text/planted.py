"""Documents that are written here, and changes that are planted in them.

A document is a list of blocks of parts (sentences, items, rows); each part has an id, and rendering says where each
stands. So what was planted is known by place, whatever the noise: lines set anew, paragraphs cut, headings in capitals.
"""

from __future__ import annotations

import itertools
import random
import re
import textwrap
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field

SUBJECTS = [
    "The supplier",
    "The customer",
    "Each department head",
    "The travel desk",
    "A certified partner",
    "The data protection officer",
    "The works council",
    "The warehouse in Kassel",
    "Every new employee",
    "The auditor",
    "The project lead",
    "The board",
]
ACTIONS = [
    "delivers the goods to {place} within {n} days after {event}",
    "pays at most {money} for {thing}, net of tax",
    "informs {who} in writing no later than {n} working days before {event}",
    "keeps {thing} for {n} years",
    "may end the agreement with a notice of {n} weeks to the end of {event}",
    "checks {thing} every {n} months together with {who}",
    "receives {money} a month for {thing} until {date}",
    "is liable for damage to {thing} up to {money}",
    "stores {thing} at {place} below {n} degrees",
    "sends {who} a report about {thing} on {date}",
    "replaces {thing} free of charge during the first {n} months",
    "asks {who} for approval when {thing} costs more than {money}",
]
PLACES = [
    "the central warehouse",
    "the plant in Bremen",
    "the office in Lyon",
    "the site in Graz",
    "building C",
    "the yard",
]
EVENTS = [
    "receipt of the order",
    "the end of the trip",
    "acceptance",
    "the first delivery",
    "the quarter",
    "commissioning",
]
THINGS = [
    "spare parts",
    "the pressure gauge",
    "hotel rooms",
    "the backup tapes",
    "leased cars",
    "training records",
    "the test bench",
    "protective clothing",
    "mobile phones",
    "the customer's drawings",
    "cleaning agents",
    "the spare key",
    "personal files",
    "test samples",
]
PEOPLE = [
    "the line manager",
    "the legal team",
    "Ms Okafor",
    "the buyer",
    "Mr Lindqvist",
    "the security office",
    "the customer",
]
MONTHS = ["January", "March", "April", "June", "September", "November"]
TITLES = [
    "Purpose",
    "Scope of delivery",
    "Prices and payment",
    "Acceptance",
    "Warranty",
    "Liability",
    "Confidentiality",
    "Data protection",
    "Term and notice",
    "Storage",
    "Quality checks",
    "Travel",
    "Spare parts",
    "Training",
    "Working hours",
    "Complaints",
    "Final provisions",
]
OTHER_WORDS = {
    "delivers": "ships", "pays": "refunds", "informs": "notifies", "keeps": "archives", "checks": "inspects",
    "receives": "earns", "stores": "holds", "sends": "hands", "replaces": "repairs", "asks": "consults",
    "within": "inside", "writing": "person", "agreement": "contract", "damage": "harm", "report": "summary",
    "approval": "advice", "free": "clear", "liable": "responsible", "may": "must", "together": "jointly",
}  # fmt: skip
NUMBER = re.compile(r"(?<![\w.,/:-])\d{1,4}(?![\w/:-]|[.,]\d)")


@dataclass
class Part:
    """A sentence, an item or a row (its cells joined by bars)."""

    id: int
    text: str


@dataclass
class Piece:
    """A heading, a paragraph, a list, a table, or what is left alone ("raw")."""

    kind: str
    parts: list[Part]
    level: int = 0


@dataclass
class Planted:
    """A change that was made: which parts it is about on each side, and the figures."""

    kind: str
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    over: list[int] = field(default_factory=list)  # of a move: what it jumped over
    figures: tuple[str, str] = ("", "")


class Writer:
    """Writes one document from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.last_id = 0
        self._said: set[str] = set()

    def document(self, sections: int = 10) -> list[Piece]:
        pieces = [Piece("heading", [self.part("Framework agreement")], 1)]
        for title in self.random.sample(TITLES, sections):
            pieces += self.section(title)
        return pieces

    def section(self, title: str) -> list[Piece]:
        pieces = [Piece("heading", [self.part(title)], 2)]
        pieces += [self.paragraph() for _ in range(self.random.randint(2, 4))]
        if self.random.random() < 0.4:
            pieces.append(Piece("list", [self.part(self.sentence()) for _ in range(self.random.randint(3, 6))]))
        if self.random.random() < 0.5:
            pieces.append(self.table())
        return pieces

    def paragraph(self) -> Piece:
        return Piece("para", [self.part(self.sentence()) for _ in range(self.random.randint(2, 6))])

    def table(self) -> Piece:
        rows = [self.part("Article | Size | Price | Delivery")]
        rows += [self.row() for _ in range(self.random.randint(4, 9))]
        return Piece("table", rows)

    def row(self) -> Part:
        r = self.random
        article = f"{r.choice('PVCKR')}-{r.randint(100, 999)}"
        return self.part(
            f"{article} | DN {r.choice((15, 25, 50, 80))} | {r.randint(10, 900)} € | {r.randint(2, 30)} days"
        )

    def sentence(self) -> str:
        """One that was not said before."""
        r = self.random
        while True:
            made = f"{r.choice(SUBJECTS)} {r.choice(ACTIONS)}.".format(
                place=r.choice(PLACES), event=r.choice(EVENTS), thing=r.choice(THINGS), who=r.choice(PEOPLE),
                n=r.randint(2, 90), money=f"{r.randint(1, 99) * 50} €",
                date=f"{r.randint(1, 28)} {r.choice(MONTHS)} {r.randint(2024, 2029)}",
            )  # fmt: skip
            if self.is_new(made):
                return made

    def is_new(self, sentence: str) -> bool:
        """Whether no sentence so far is the same but for its figures: else nobody could say what was done to which."""
        masked = NUMBER.sub("0", sentence)
        new = masked not in self._said
        self._said.add(masked)
        return new

    def part(self, text: str) -> Part:
        self.last_id += 1
        return Part(self.last_id, text)


def read_markdown(text: str) -> list[Piece]:
    """A file that others wrote, as blocks; what is neither heading, prose, list nor table is left alone."""
    writer = Writer(0)
    pieces = []
    for block in re.split(r"\n\s*\n", re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)):
        lines = block.strip("\n").split("\n")
        if len(lines) == 1 and re.match(r"#{1,6} ", lines[0]):
            level = lines[0].index(" ")
            pieces.append(Piece("heading", [writer.part(lines[0][level:].strip())], level))
        elif all(re.match(r"[-*] \S", line) for line in lines):
            pieces.append(Piece("list", [writer.part(line[2:]) for line in lines]))
        elif re.match(r"[A-Z]", lines[0]) and not any(re.match(r"\s*([-*>#|`~]|\d+\.)|.*[{}<>`|]", x) for x in lines):
            sentences = re.split(r"(?<=[a-z)][.!?])\s+(?=[A-Z])", " ".join(line.strip() for line in lines))
            pieces.append(Piece("para", [writer.part(each) for each in sentences]))
        elif block.strip():
            pieces.append(Piece("raw", [writer.part(block.strip("\n"))]))
    return pieces


class Planter:
    """Makes changes in a copy of a document. Each is kept away from the others: a part is changed once."""

    def __init__(self, pieces: list[Piece], seed: int) -> None:
        self.pieces = deepcopy(pieces)
        self.random = random.Random(seed + 1_000_000)
        self.writer = Writer(seed + 2_000_000)
        self.writer.last_id = 100_000
        for piece in self.pieces:
            for part in piece.parts:
                self.writer.is_new(part.text)
        self.made: list[Planted] = []
        self._touched: set[int] = set()

    def plant(self, kind: str) -> bool:
        """One change of a kind; False where there is no place for it."""
        planted = getattr(self, f"_{kind}")()
        if planted:
            self.made.append(planted)
        return planted is not None

    def _parts(self, *kinds: str) -> list[tuple[Piece, int]]:
        found = [
            (piece, at)
            for piece in self.pieces
            if piece.kind in kinds
            for at, part in enumerate(piece.parts)
            if part.id not in self._touched and not (piece.kind == "table" and at == 0)
        ]
        self.random.shuffle(found)
        return found

    def _free(self, *kinds: str) -> list[int]:
        """Blocks that nothing was done to, nor to those beside them."""

        def untouched(at: int) -> bool:
            return not any(part.id in self._touched for part in self.pieces[at].parts)

        often = Counter(part.text for piece in self.pieces for part in piece.parts)

        def once(at: int) -> bool:
            return all(often[part.text] == 1 for part in self.pieces[at].parts if "|" not in part.text)

        found = [
            at
            for at in range(1, len(self.pieces) - 1)
            if once(at)
            if self.pieces[at].kind in kinds and untouched(at - 1) and untouched(at) and untouched(at + 1)
        ]
        self.random.shuffle(found)
        return found

    def _touch(self, *ids: int) -> None:
        self._touched.update(ids)

    def _around(self, piece: Piece, at: int) -> None:
        """Neighbours of something that came or went stay as they are, so that it is plain what was done."""
        self._touch(*(part.id for part in piece.parts[max(0, at - 1) : at + 2]))

    def _number(self) -> Planted | None:
        for piece, at in self._parts("para", "list", "table"):
            part = piece.parts[at]
            found = list(NUMBER.finditer(part.text))
            if found:
                number = self.random.choice(found)
                new = str(int(number[0]) + self.random.randint(1, 9))
                part.text = part.text[: number.start()] + new + part.text[number.end() :]
                self._touch(part.id)
                return Planted("number", [part.id], [part.id], figures=(number[0], new))
        return None

    def _words(self) -> Planted | None:
        for piece, at in self._parts("para", "list"):
            part = piece.parts[at]
            words = re.findall(r"(?<![\w/.-])[a-z]{4,}(?=[ ,])", part.text)
            if len(words) >= 3:
                old = self.random.choice(words)
                new = OTHER_WORDS.get(old, old + "ward")
                part.text = re.sub(rf"\b{old}\b", new, part.text, count=1)
                self._touch(part.id)
                return Planted("words", [part.id], [part.id])
        return None

    def _sentence_added(self) -> Planted | None:
        return self._put_in("para", lambda: self.writer.part(self.writer.sentence()))

    def _row_added(self) -> Planted | None:
        return self._put_in("table", self.writer.row)

    def _put_in(self, kind: str, make: object) -> Planted | None:
        for piece, at in self._parts(kind):
            if at + 1 < len(piece.parts) and piece.parts[at + 1].id in self._touched:
                continue
            if kind == "para" and not piece.parts[at].text.endswith("."):
                continue
            new = make()  # type: ignore[operator]
            piece.parts.insert(at + 1, new)
            self._around(piece, at + 1)
            return Planted("added", right=[new.id])
        return None

    def _sentence_removed(self) -> Planted | None:
        return self._take_out("para", "list")

    def _row_removed(self) -> Planted | None:
        return self._take_out("table")

    def _take_out(self, *kinds: str) -> Planted | None:
        for piece, at in self._parts(*kinds):
            beside = piece.parts[max(0, at - 1) : at + 2]
            if len(piece.parts) < 3 or any(part.id in self._touched for part in beside):
                continue
            self._around(piece, at)
            part = piece.parts.pop(at)
            return Planted("removed", left=[part.id])
        return None

    def _paragraph_added(self) -> Planted | None:
        for at in self._free("para"):
            new = self.writer.paragraph()
            self._touch(*(part.id for each in self.pieces[at : at + 2] for part in each.parts))
            self.pieces.insert(at + 1, new)
            self._touch(*(part.id for part in new.parts))
            return Planted("added", right=[part.id for part in new.parts])
        return None

    def _paragraph_removed(self) -> Planted | None:
        for at in self._free("para"):
            self._touch(*(part.id for each in self.pieces[at - 1 : at + 2] for part in each.parts))
            piece = self.pieces.pop(at)
            return Planted("removed", left=[part.id for part in piece.parts])
        return None

    def _paragraph_moved(self) -> Planted | None:
        free = self._free("para")
        for at in free:
            for to in free:
                if abs(at - to) < 3 or self.pieces[to - 1].kind == "table":
                    continue
                piece = self.pieces[at]
                low, high = (at + 1, to) if to > at else (to, at)
                over = [part.id for each in self.pieces[low:high] for part in each.parts]
                self._touch(*(p.id for a in (at, to) for each in self.pieces[a - 1 : a + 2] for p in each.parts))
                self.pieces.pop(at)
                self.pieces.insert(to - (to > at), piece)
                ids = [part.id for part in piece.parts]
                return Planted("moved", ids, ids, over)
        return None

    def _sections(self) -> list[tuple[int, int]]:
        heads = [at for at, piece in enumerate(self.pieces) if piece.kind == "heading" and piece.level == 2]
        found = list(itertools.pairwise([*heads, len(self.pieces)]))
        clean = [
            (a, b)
            for a, b in found[1:-1]
            if not any(part.id in self._touched for piece in self.pieces[a - 1 : b + 1] for part in piece.parts)
        ]
        self.random.shuffle(clean)
        return clean

    def _section_added(self) -> Planted | None:
        for a, _ in self._sections():
            new = self.writer.section(f"Rules for {self.random.choice(THINGS)}")
            self._touch(*(part.id for each in self.pieces[a - 1 : a + 1] for part in each.parts))
            self.pieces[a:a] = new
            ids = [part.id for each in new for part in each.parts]
            self._touch(*ids)
            return Planted("added", right=ids)
        return None

    def _section_removed(self) -> Planted | None:
        for a, b in self._sections():
            self._touch(*(part.id for each in self.pieces[a - 1 : b + 1] for part in each.parts))
            ids = [part.id for each in self.pieces[a:b] for part in each.parts]
            del self.pieces[a:b]
            return Planted("removed", left=ids)
        return None

    def _section_moved(self) -> Planted | None:
        for a, b in self._sections():
            others = [each for each in self._sections() if each[0] >= b + 1 or each[1] <= a - 1]
            if not others:
                continue
            to = others[0][0]
            section = self.pieces[a:b]
            over = [p.id for each in (self.pieces[b:to] if to > a else self.pieces[to:a]) for p in each.parts]
            edges = (*self.pieces[a - 1 : a + 1], *self.pieces[b : b + 1], *self.pieces[to - 1 : to + 1])
            self._touch(*(p.id for each in edges for p in each.parts))
            del self.pieces[a:b]
            at = to - (b - a if to > a else 0)
            self.pieces[at:at] = section
            ids = [p.id for each in section for p in each.parts]
            self._touch(*ids)
            return Planted("moved", ids, ids, over)
        return None

    def _column_added(self) -> Planted | None:
        for at in self._free("table"):
            table = self.pieces[at]
            place = self.random.randint(1, 4)
            for row, part in enumerate(table.parts):
                cells = part.text.split(" | ")
                cells.insert(place, "Country" if not row else self.random.choice(("DE", "FR", "AT", "CH")))
                part.text = " | ".join(cells)
            self._touch(*(part.id for part in table.parts))
            return Planted("column", right=[part.id for part in table.parts])
        return None


SIMPLE = ("number", "number", "number", "words", "words", "sentence_added", "sentence_removed", "paragraph_removed")
STRUCTURE = ("row_added", "row_removed", "paragraph_added", "paragraph_moved", "section_added", "section_removed")
ALL = (*SIMPLE, *STRUCTURE, "section_moved", "column_added")


def plant(pieces: list[Piece], seed: int, count: int, kinds: Sequence[str] = ALL) -> Planter:
    """A changed copy: large changes first, since they need the most room."""
    planter = Planter(pieces, seed)
    order = [planter.random.choice(kinds) for _ in range(count)]
    for kind in sorted(order, key=lambda each: -ALL.index(each)):
        if not planter.plant(kind):
            planter.plant("number")
    return planter


# --- rendering --------------------------------------------------------------------------------------------------------


@dataclass
class Rendered:
    """A text with the place of each part."""

    text: str
    form: str
    spans: dict[int, tuple[int, int]]
    pages: tuple[tuple[int, int], ...] = ()


def render(pieces: Sequence[Piece], form: str, seed: int | None = None) -> Rendered:
    """The text of a document; with a seed also with noise that no reader calls a difference."""
    noise = random.Random(seed) if seed is not None else None
    parts: list[tuple[str, int | None]] = []
    section = 0
    upper = noise is not None and noise.random() < 0.5
    cut = False
    for piece in pieces:
        if not cut and parts:
            parts.append(("\n\n", None))
        cut = False
        if piece.kind == "heading":
            section += piece.level == 2
            label = f"{section} " if piece.level == 2 and form != "raw" else ""
            text = piece.parts[0].text.upper() if upper else piece.parts[0].text
            parts += [("#" * piece.level + " " if form in ("markdown", "raw") else "", None), (label, None)]
            parts.append((text, piece.parts[0].id))
        elif piece.kind == "raw":
            parts.append((piece.parts[0].text, piece.parts[0].id))
        elif piece.kind in ("list", "table"):
            for at, part in enumerate(piece.parts):
                if at:
                    parts.append(("\n", None))
                bars = piece.kind == "table" and form in ("markdown", "raw")
                parts += [("| " if bars else "- " if piece.kind == "list" else "", None), (part.text, part.id)]
                parts.append((" |" if bars else "", None))
                if bars and not at:
                    parts.append(("\n|" + "---|" * (part.text.count("|") + 1), None))
        else:
            for at, part in enumerate(piece.parts):
                if at:
                    parts.append(("\n\n" if noise and noise.random() < 0.08 else " ", None))
                parts.append((part.text, part.id))
    return _assembled(parts, form, noise)


def _assembled(parts: Sequence[tuple[str, int | None]], form: str, noise: random.Random | None) -> Rendered:
    """Joined, with lines of another width and doubled spaces where lines mean nothing, with pages in a PDF."""
    text, spans = "", {}
    for piece, key in parts:
        if key is not None:
            if noise and form in ("markdown", "text") and "|" not in piece and len(piece) > 60:
                piece = "\n".join(textwrap.wrap(piece, noise.randint(40, 100), break_on_hyphens=False))
            if noise and form != "raw" and noise.random() < 0.1:
                piece = piece.replace(" ", "  ", 1)
            spans[key] = (len(text), len(text) + len(piece))
        text += piece
    if form != "pdf":
        return Rendered(text, "markdown" if form == "raw" else form, spans)
    return _paged(text, spans, noise.randint(900, 1600) if noise else 1200)


def _paged(text: str, spans: dict[int, tuple[int, int]], size: int) -> Rendered:
    """Pages of about `size` characters with a running header and a page number."""
    stops = []
    for match in re.finditer(r"\n\n", text):
        if match.start() - (stops[-1] if stops else 0) > size:
            stops.append(match.end())
    made, pages, moved = "", [], {}
    for number, (start, end) in enumerate(zip([0, *stops], [*stops, len(text)], strict=True), 1):
        begin = len(made)
        made += "Larkfield Components | Framework agreement\n\n"
        shift = len(made) - start
        moved |= {key: (a + shift, b + shift) for key, (a, b) in spans.items() if start <= a < end}
        made += text[start:end].rstrip() + f"\n\nPage {number} of {len(stops) + 1}"
        pages.append((begin, len(made)))
        made += "\n\n"
    return Rendered(made.rstrip(), "pdf", moved, tuple(pages))
