"""Ten office files with tables as people write them, and questions with the cells that answer them.

Each question names the cells that an answer must consist of, no more and no less; none where no cell answers it. The
first half of the documents is for fitting rules, the second is held out.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)


def _paragraph(text: str, style: str = "") -> str:
    properties = f"<w:pPr>{style}</w:pPr>" if style else ""
    return f'<w:p>{properties}<w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def _docx(title: str, *parts: str | list[tuple[str, ...]]) -> bytes:
    """A Word file: strings become paragraphs, lists of rows a table whose first row repeats as its header."""
    body = [_paragraph(title, '<w:outlineLvl w:val="0"/>')]
    for part in parts:
        if isinstance(part, str):
            body.append(_paragraph(part))
            continue
        rows = []
        for at, row in enumerate(part):
            head = "<w:trPr><w:tblHeader/></w:trPr>" if at == 0 else ""
            rows.append(f"<w:tr>{head}{''.join(f'<w:tc>{_paragraph(cell)}</w:tc>' for cell in row)}</w:tr>")
        body.append(f"<w:tbl>{''.join(rows)}</w:tbl>")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("_rels/.rels", _RELS)
        file.writestr("word/document.xml", f"<w:document {_W}><w:body>{''.join(body)}</w:body></w:document>")
    return buffer.getvalue()


def _pdf(title: str, intro: str, xs: tuple[int, ...], rows: list[tuple[str, ...]]) -> bytes:
    """A page with a heading, a sentence and a table with a bold header; `xs` are the columns' left edges in points."""
    content = [_pdf_text(60, 780, title, 16, "F2"), _pdf_text(60, 750, intro)]
    for at, row in enumerate(rows):
        font = "F2" if at == 0 else "F1"
        content += [_pdf_text(x, 715 - 20 * at, cell, 10, font) for x, cell in zip(xs, row, strict=True) if cell]
    stream = "".join(content).encode("cp1252")
    fonts = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica{} /Encoding /WinAnsiEncoding >>"
    resources = "/Resources << /Font << /F1 4 0 R /F2 5 0 R >> >>"
    page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 6 0 R {resources} >>"
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page.encode(),
        fonts.format("").encode(),
        fonts.format("-Bold").encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 7\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size 7 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def _pdf_text(x: int, y: int, text: str, size: int = 10, font: str = "F1") -> str:
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /{font} {size} Tf 1 0 0 1 {x} {y} Tm ({escaped}) Tj ET\n"


_RELOCATION = """# Relocation allowances

What the company pays when you move for a new post.

## Lump sums

| | Single | With family |
|---|---|---|
| **Within the country** | 1,200 € | 2,600 € |
| **Within Europe** | 2,400 € | 5,100 € |
| **Overseas** | 4,800 € | 9,900 € |

## What else is paid

| Item | Limit | Proof |
|---|---|---|
| Furniture transport | 3,500 € | three quotations |
| Estate agent | one monthly rent | invoice |
| Language course | 600 € | certificate |
| Temporary flat | 90 days | lease |
"""

_CANTEEN = _docx(
    "Canteen and coffee bar",
    "Opening hours at the main site. On public holidays both are closed.",
    [
        ("Day", "Canteen", "Coffee bar"),
        ("Monday to Thursday", "11:15 – 14:00", "07:30 – 17:00"),
        ("Friday", "11:15 – 13:30", "07:30 – 15:00"),
        ("Saturday", "closed", "08:00 – 12:00"),
    ],
    "Prices of the main dishes:",
    [
        ("Dish", "Employees", "Guests"),
        ("Daily special", "4.90 €", "7.20 €"),
        ("Vegetarian dish", "4.50 €", "6.80 €"),
        ("Salad bar, 100 g", "0.95 €", "1.30 €"),
        ("Soup", "2.10 €", "3.00 €"),
    ],
)

_PHONES = """<html><head><title>Who to call</title></head><body><h1>Who to call</h1>
<p>Inside the house dial the extension only.</p>
<table><tr><th>Task</th><th>Name</th><th>Extension</th><th>E-mail</th><th>Room</th></tr>
<tr><td>Payroll</td><td>Ines Falk</td><td>2310</td><td>payroll@larkfield.example</td><td>C 204</td></tr>
<tr><td>Works council</td><td>Tom Berger</td><td>2377</td><td>council@larkfield.example</td><td>A 011</td></tr>
<tr><td>IT hotline</td><td>Mara Lind</td><td>2500</td><td>help@larkfield.example</td><td>B 118</td></tr>
<tr><td>Company doctor</td><td>Dr. Jonas Weil</td><td>2604</td><td></td><td>A 003</td></tr>
</table></body></html>"""

_COURIER = _pdf(
    "Courier rates 2026",
    "Prices for a parcel without value added tax, collected at the reception before 15:30.",
    (60, 200, 310, 420),
    [
        ("Parcel", "Germany", "Europe", "Overseas"),
        ("Letter up to 500 g", "3.80 €", "8.10 €", "19.50 €"),
        ("Small parcel", "6.90 €", "14.40 €", "38.00 €"),
        ("Large parcel", "11.20 €", "24.60 €", "71.00 €"),
        ("Pallet", "89.00 €", "", "640.00 €"),
        ("Same-day rider", "45.00 €", "", ""),
    ],
)

_FRISTEN = """# Fristen und Formulare

Welche Frist für welchen Antrag gilt.

| Antrag | Frist | Formular |
|---|---|---|
| Urlaubsantrag | 14 Tage vorher | P-12 |
| Elternzeit | 7 Wochen vorher | P-31 |
| Dienstreise | 5 Arbeitstage vorher | R-02 |
| Reisekosten | 30 Tage danach | R-07 |

Zuschläge werden mit dem Lohn gezahlt.

| Zuschlag | Höhe |
|---|---|
| Nachtarbeit | 25 % |
| Sonntagsarbeit | 50 % |
| Feiertagsarbeit | 125 % |
"""

_PLANS = """<html><head><title>Software plans</title></head><body><h1>Software plans</h1>
<p>Prices per user and month.</p>
<table><thead><tr><th>Plan</th><th>Billing</th><th>Price</th><th>Storage</th></tr></thead><tbody>
<tr><td rowspan="2">Starter</td><td>monthly</td><td>9 €</td><td>50 GB</td></tr>
<tr><td>yearly</td><td>90 €</td><td>50 GB</td></tr>
<tr><td rowspan="2">Team</td><td>monthly</td><td>19 €</td><td>500 GB</td></tr>
<tr><td>yearly</td><td>190 €</td><td>500 GB</td></tr></tbody></table>
<h2>Support levels</h2>
<table><tr><th>Level</th><th>First response</th><th>Channel</th></tr>
<tr><td>Bronze</td><td>2 working days</td><td>e-mail</td></tr>
<tr><td>Silver</td><td>8 hours</td><td>e-mail and chat</td></tr>
<tr><td>Gold</td><td>1 hour</td><td>phone, day and night</td></tr></table></body></html>"""

_TRAININGS = _docx(
    "Training calendar, spring",
    "Register with your team lead. Places are given in the order of registration.",
    [
        ("Course", "Date", "Place", "Trainer", "Seats"),
        ("First aid", "3 March", "Training room C 3", "Red Cross", "16"),
        ("Forklift licence", "17 and 18 March", "Warehouse 2", "A. Novak", "8"),
        ("Spreadsheets, basics", "25 March", "online", "S. Ortiz", "30"),
        ("Spreadsheets, advanced", "8 April", "online", "S. Ortiz", "20"),
        ("Fire warden", "22 April", "Training room C 3", "Fire brigade", "12"),
    ],
)

_MAINTENANCE = _pdf(
    "Maintenance intervals",
    "The shift lead signs each entry in the machine log.",
    (60, 200, 320, 430),
    [
        ("Machine", "Lubrication", "Full inspection", "Responsible"),
        ("Lathe 4", "every 2 weeks", "every 6 months", "Plant mechanics"),
        ("Milling centre", "every week", "every 3 months", "Plant mechanics"),
        ("Compressor", "", "every 12 months", "Outside service"),
        ("Paint booth", "every 4 weeks", "every 12 months", "Safety officer"),
    ],
)

_ROOMS = """Room,Seats,Half day,Full day,Projector
Atrium,80,240 €,420 €,yes
Library,12,60 €,110 €,no
Workshop,24,95 €,170 €,yes
Boardroom,16,140 €,250 €,yes
"""

_KONTAKTE = _docx(
    "Ansprechpartner im Werk",
    "Bitte zuerst die Durchwahl wählen.",
    [
        ("Aufgabe", "Name", "Durchwahl", "Sprechzeit"),
        ("Lohnabrechnung", "Frau Anders", "310", "Montag bis Mittwoch"),
        ("Werkstatt", "Herr Brandt", "344", "täglich 7 bis 15 Uhr"),
        ("Empfang", "Frau Cordes", "300", "täglich 8 bis 18 Uhr"),
        ("Betriebsarzt", "Dr. Dietz", "366", "Donnerstag"),
    ],
)

FILES: dict[str, bytes] = {
    "Relocation.md": _RELOCATION.encode(),
    "Canteen.docx": _CANTEEN,
    "Who-to-call.html": _PHONES.encode(),
    "Courier-Rates.pdf": _COURIER,
    "Fristen.md": _FRISTEN.encode(),
    "Software-Plans.html": _PLANS.encode(),
    "Trainings.docx": _TRAININGS,
    "Maintenance.pdf": _MAINTENANCE,
    "Rooms.csv": _ROOMS.encode(),
    "Kontakte.docx": _KONTAKTE,
}

Question = tuple[str, str, tuple[str, ...]]
"""What is asked, of which document, and the cells that answer it."""

DEVELOPMENT: tuple[Question, ...] = (
    ("What is the hotel limit per night in Munich?", "Travel-Policy-2026.pdf", ("165 €", "220 €")),
    ("and during trade fairs? hotel limit night Munich", "Travel-Policy-2026.pdf", ("220 €",)),
    ("What is the hotel limit per night in Oslo?", "Travel-Policy-2026.pdf", ()),
    ("Who approves a flight outside Europe?", "Travel-Policy-2026.pdf", ("Department head",)),
    ("What is the daily allowance for a full day in Denmark?", "Travel-Policy-2026.pdf", ("75 €",)),
    ("What is the extension of the travel desk?", "Travel-Policy-2026.pdf", ("4410",)),
    ("What is the supplement for the night shift?", "Working-Time-Rules.md", ("27 %",)),
    ("When does the late shift end?", "Working-Time-Rules.md", ("21:45",)),
    ("How many days of special leave do I get for my own wedding?", "Working-Time-Rules.md", ("2 days",)),
    ("How many days of special leave do I get for a divorce?", "Working-Time-Rules.md", ()),
    ("When is core time on Friday?", "Working-Time-Rules.md", ("none",)),
    ("What does the booster pump PX-400 cost?", "Price-List-2026-Q1.md", ("2,390.00 €",)),
    ("What does the booster pump PX-500 cost?", "Price-List-2026-Q1.md", ()),
    ("What is the delivery time of the V-50M?", "Price-List-2026-Q1.md", ("8 working days",)),
    ("What is the lump sum for moving overseas with family?", "Relocation.md", ("9,900 €",)),
    ("How much is paid for a language course?", "Relocation.md", ("600 €",)),
    ("What proof is needed for furniture transport?", "Relocation.md", ("three quotations",)),
    ("Until when is the canteen open on Wednesday?", "Canteen.docx", ("11:15 – 14:00",)),
    ("When is the coffee bar open on Saturday?", "Canteen.docx", ("08:00 – 12:00",)),
    ("When is the canteen open on Sunday?", "Canteen.docx", ()),
    ("What do guests pay for the vegetarian dish?", "Canteen.docx", ("6.80 €",)),
    ("Who is the contact for payroll?", "Who-to-call.html", ("Ines Falk",)),
    ("What is the phone number of the IT hotline?", "Who-to-call.html", ("2500",)),
    ("What is the e-mail address of the company doctor?", "Who-to-call.html", ()),
    ("What does a large parcel to Europe cost?", "Courier-Rates.pdf", ("24.60 €",)),
    ("How much is a pallet overseas?", "Courier-Rates.pdf", ("640.00 €",)),
    ("How much is a pallet to Europe?", "Courier-Rates.pdf", ()),
    ("Welche Frist gilt für die Elternzeit?", "Fristen.md", ("7 Wochen vorher",)),
    ("Welches Formular brauche ich für die Dienstreise?", "Fristen.md", ("R-02",)),
    ("Wie hoch ist der Zuschlag für Samstagsarbeit?", "Fristen.md", ()),
)

HELD_OUT: tuple[Question, ...] = (
    ("How many vans are there in Kassel?", "Car-Fleet-Rules.md", ("1",)),
    ("How many electric cars stand in Larkfield?", "Car-Fleet-Rules.md", ("6",)),
    ("How many electric cars are in Linz?", "Car-Fleet-Rules.md", ()),
    ("What is the limit without approval for software?", "Expense-Guide.docx", ("0 €",)),
    ("Who approves gifts for customers?", "Expense-Guide.docx", ("Department head",)),
    ("Who approves gifts for suppliers?", "Expense-Guide.docx", ()),
    ("Where do I get my badge on the first day?", "Onboarding-Guide.docx", ("Security office, room A 012",)),
    ("When is the safety briefing on the first day?", "Onboarding-Guide.docx", ("11:30",)),
    ("From when on can I lease a bicycle?", "Onboarding-Guide.docx", ("After probation",)),
    ("How often is a pressure gauge calibrated?", "Quality-Manual-Excerpt.html", ("9 months",)),
    ("Who calibrates the calipers?", "Quality-Manual-Excerpt.html", ("Metrology room",)),
    ("How long is the warranty on refurbished pumps?", "Warranty-Terms-EU.pdf", ("18 months",)),
    ("Which carrier code is on return labels for Austria?", "Warranty-Terms-EU.pdf", ("AT-70",)),
    ("Which carrier code is on return labels for Spain?", "Warranty-Terms-EU.pdf", ()),
    ("What does the service level Plus cost a year?", "Warranty-Terms-EU.pdf", ("480 €",)),
    ("What is the monthly price of the Team plan?", "Software-Plans.html", ("19 €",)),
    ("What is the price of the Enterprise plan?", "Software-Plans.html", ()),
    ("How fast is the first response with Silver support?", "Software-Plans.html", ("8 hours",)),
    ("When does the forklift licence course take place?", "Trainings.docx", ("17 and 18 March",)),
    ("Who is the trainer for advanced spreadsheets?", "Trainings.docx", ("S. Ortiz",)),
    ("When is the spreadsheets course?", "Trainings.docx", ()),
    ("How many seats does the fire warden course have?", "Trainings.docx", ("12",)),
    ("How often is the milling centre lubricated?", "Maintenance.pdf", ("every week",)),
    ("When is the full inspection of the compressor?", "Maintenance.pdf", ("every 12 months",)),
    ("How often is lubrication needed on the compressor?", "Maintenance.pdf", ()),
    ("What does the boardroom cost for a full day?", "Rooms.csv", ("250 €",)),
    ("How many seats does the library have?", "Rooms.csv", ("12",)),
    ("Welche Durchwahl hat der Betriebsarzt?", "Kontakte.docx", ("366",)),
    ("Wer ist für die Lohnabrechnung zuständig?", "Kontakte.docx", ("Frau Anders",)),
    ("Welche Durchwahl hat die Kantine?", "Kontakte.docx", ()),
)


def write_all(folder: Path) -> list[Path]:
    """Put the ten files into a folder."""
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in FILES]
