"""Natural questions over tables, and seven more files with tables of the kinds that mislead.

Each question names its document and the cells that may answer it, one tuple for each way that is right; none where no
cell answers: the table lacks what is asked, or a sentence says it and a row would not. The rules were fitted on the
first half; the second was only counted until its wrong cells were mended, and the fresh ones were written after that.
"""

from __future__ import annotations

from pathlib import Path

_INSURANCE = """<html><head><title>Group insurance</title></head><body><h1>Group insurance</h1>
<p>Monthly contribution of an employee.</p>
<table><thead><tr><th rowspan="2">Cover</th><th colspan="2">Employee</th><th colspan="2">Partner</th></tr>
<tr><th>Under 40</th><th>40 and over</th><th>Under 40</th><th>40 and over</th></tr></thead><tbody>
<tr><td>Dental</td><td>6 €</td><td>9 €</td><td>8 €</td><td>13 €</td></tr>
<tr><td>Dental plus</td><td>11 €</td><td>16 €</td><td>14 €</td><td>22 €</td></tr>
<tr><td>Accident</td><td>4 €</td><td>4 €</td><td>5 €</td><td>5 €</td></tr></tbody></table></body></html>"""

_EQUIPMENT = """# Equipment pool

What can be borrowed from the store in building B.

| Device | At home | Abroad | Longest loan | Deposit |
|---|---|---|---|---|
| Beamer B10 | yes | no | 7 days | 50 € |
| Beamer B10S | yes | yes | 3 days | 120 € |
| Camera | no | no | 2 days | 200 € |
| Headset | yes | yes | 30 days | none |
"""

_BUDGET = """# Budget of the workshop

All figures in thousand euros.

| Item | 2024 | 2025 | Change |
|---|---|---|---|
| Tools | 42 | 48 | +6 |
| Machine hire | 18 | 15 | -3 |
| Cleaning | 9 | 11 | +2 |
| Total | 69 | 74 | +5 |
"""

_NOTICE = """# Notice periods

What holds for the employer.

| Length of service | Notice period |
|---|---|
| Up to 2 years | 4 weeks |
| From 2 years | 1 month |
| From 5 years | 2 months |
| From 10 years | 4 months |
"""

_POSTAGE = """# Postage

| Weight | Inland | Abroad |
|---|---|---|
| Up to 50 g | 0.95 € | 1.70 € |
| 51 g to 500 g | 1.80 € | 3.70 € |
| 501 g to 1,000 g | 2.90 € | 7.00 € |
"""

_VISITORS = """# Visitor parking

| Area | Spaces | With charger | Barrier opens | Barrier closes |
|---|---|---|---|---|
| North | 40 | 4 | 06:00 | 20:00 |
| North, upper deck | 25 | 0 | 07:00 | 19:00 |
| South | 60 | 8 | 05:30 | 22:00 |
"""

_WERKZEUG = """# Werkzeugausgabe

| Werkzeug | Leihdauer | Pfand | Mit Einweisung |
|---|---|---|---|
| Akkuschrauber | 3 Tage | 20 € | nein |
| Schweißgerät | 1 Tag | 80 € | ja |
| Leiter, 3 m | 7 Tage | keins | nein |
| Leiter, 8 m | 2 Tage | keins | ja |
"""

FILES = {
    "Group-Insurance.html": _INSURANCE,
    "Equipment-Pool.md": _EQUIPMENT,
    "Workshop-Budget.md": _BUDGET,
    "Notice-Periods.md": _NOTICE,
    "Postage.md": _POSTAGE,
    "Visitor-Parking.md": _VISITORS,
    "Werkzeugausgabe.md": _WERKZEUG,
}

Question = tuple[str, str, tuple[tuple[str, ...], ...]]
"""What is asked, of which document, and each set of cells that answers it."""

_TRAVEL, _WORK, _PRICES = "Travel-Policy-2026.pdf", "Working-Time-Rules.md", "Price-List-2026-Q1.md"
_MUNICH = (("165 €", "220 €"),)

LOOKED_AT: tuple[Question, ...] = (
    ("How much may a hotel in Munich cost per night during trade fairs?", _TRAVEL, (("220 €",), *_MUNICH)),
    ("and without a fair? hotel Munich night trade fairs", _TRAVEL, (("165 €",), *_MUNICH)),
    ("How much may a hotel in Munich cost per night when there is no trade fair?", _TRAVEL, (("165 €",), *_MUNICH)),
    ("What is the hotel limit in Zurich outside trade fairs?", _TRAVEL, (("210 €",), ("210 €", "260 €"))),
    ("What is the hotel limit in Berlin except during fairs?", _TRAVEL, (("150 €",), ("150 €", "190 €"))),
    ("What may a hotel in Munich cost per week?", _TRAVEL, ()),
    ("What is the hotel limit for Munich and Hamburg?", _TRAVEL, ()),
    ("What is the hotel limit in Lisbon?", _TRAVEL, ()),
    ("Can I work from Spain, and for how long?", _TRAVEL, ()),
    ("May I work from Denmark for a full day?", _TRAVEL, ()),
    ("What do I get for 10 hours in Italy?", _TRAVEL, (("28 €",), ("28 €", "42 €"))),
    ("Daily allowance for Poland, less than 8 hours?", _TRAVEL, ()),
    ("Which city has a trade fair in March?", _TRAVEL, (("Munich",), ("Flow and Pump Expo", "Munich"))),
    ("When is the Alpine Hydropower Forum?", _TRAVEL, (("September",),)),
    ("Who approves a trip that costs 1,500 euros?", _TRAVEL, (("Department head",),)),
    ("Who approves a trip for 3,000 €?", _TRAVEL, (("Managing board",),)),
    ("How much is deducted when breakfast is not provided?", _TRAVEL, ()),
    ("How much is deducted for lunch?", _TRAVEL, (("40 %",),)),
    ("How much is deducted for breakfast and dinner together?", _TRAVEL, ()),
    ("What discount do I get on an order of 12,000 euros?", _PRICES, (("9 %",),)),
    ("What discount is there on an order of 1,000 euros?", _PRICES, ()),
    ("Which discount do I get at 40,000 €?", _PRICES, (("14 %",),)),
    ("What does the PX-220 cost?", _PRICES, (("968.00 €",),)),
    ("What does the PX-220H cost?", _PRICES, (("1,145.00 €",),)),
    ("What does the PX-220 for hot fluids cost?", _PRICES, (("1,145.00 €",),)),
    ("How long is the delivery of the PX-22?", _PRICES, ()),
    ("How much do the C-2 and the C-6 cost?", _PRICES, ()),
    ("What does a ball valve cost?", _PRICES, ()),
    ("What is the weight of the P-110?", _PRICES, ()),
    ("When does the night shift begin?", _WORK, (("21:45",),)),
    ("How long is the night shift?", _WORK, ()),
    ("What is the supplement for the night shift on Sundays?", _WORK, ()),
    ("Which shift gets no supplement?", _WORK, (("Early",), ("Early", "05:45", "13:45"))),
    ("How many days off do I get for my sister's wedding?", _WORK, ()),
    ("Do I get special leave when I move house?", _WORK, (("1 day",),)),
    ("What does dental cost for a partner over 40?", "Group-Insurance.html", (("13 €",), ("8 €", "13 €"))),
    ("What does dental plus cost for an employee under 40?", "Group-Insurance.html", (("11 €",), ("11 €", "16 €"))),
    ("What does accident cover cost for children?", "Group-Insurance.html", ()),
    ("May I take the beamer B10 abroad?", "Equipment-Pool.md", (("no",),)),
    ("May I take the beamer B10S abroad?", "Equipment-Pool.md", (("yes",),)),
    ("How long may I keep the camera?", "Equipment-Pool.md", (("2 days",),)),
    ("What deposit is due for a beamer?", "Equipment-Pool.md", ()),
    ("What did we spend on tools in 2025?", "Workshop-Budget.md", (("48",),)),
    ("What was the total in 2024?", "Workshop-Budget.md", (("69",),)),
    ("What did we spend on tools in 2023?", "Workshop-Budget.md", ()),
    ("How much more did cleaning cost in 2025 than in 2024?", "Workshop-Budget.md", (("+2",),)),
    ("What is the notice period after 6 years?", "Notice-Periods.md", (("2 months",),)),
    ("What is the notice period after 1 year?", "Notice-Periods.md", (("4 weeks",),)),
    ("What do guests pay for the soup without bread?", "Canteen.docx", (("3.00 €",),)),
    ("How much is a small parcel to Europe and overseas?", "Courier-Rates.pdf", (("14.40 €", "38.00 €"),)),
)

COUNTED: tuple[Question, ...] = (
    ("What may I pay for a hotel in Hamburg while a fair is on?", _TRAVEL, (("195 €",), ("155 €", "195 €"))),
    ("Hotel limit in Vienna, but not during a fair?", _TRAVEL, (("160 €",), ("160 €", "200 €"))),
    ("Is breakfast included in the Munich limit?", _TRAVEL, ()),
    ("What is the hotel limit in Berlin from the sixth night on?", _TRAVEL, ()),
    ("What does a hotel in Zurich cost per month?", _TRAVEL, ()),
    ("How much more is the limit in Zurich than in Berlin?", _TRAVEL, ()),
    ("How long may I stay in Sweden?", _TRAVEL, ()),
    ("How many holidays are there in Austria?", _TRAVEL, ()),
    ("Daily allowance for 24 hours in France?", _TRAVEL, (("53 €",), ("36 €", "53 €"))),
    ("Allowance for a full day in Portugal?", _TRAVEL, ()),
    ("What do I get for more than 8 hours in Sweden?", _TRAVEL, (("44 €",),)),
    ("Who approves a flight within Europe for 520 €?", _TRAVEL, (("Team lead",),)),
    ("Does a flight within Europe for 300 € need approval?", _TRAVEL, (("Not needed",),)),
    ("Who answers questions about visas?", _TRAVEL, (("Mobility office",),)),
    ("What is the extension for emergencies at home?", _TRAVEL, ()),
    ("How soon is a trip for 500 euros answered?", _TRAVEL, (("2 working days",),)),
    ("When was the Munich limit raised?", _TRAVEL, (("1 January 2026",),)),
    ("Which discount applies to an order over 2,600 euros?", _PRICES, (("4 %",),)),
    ("What discount do I get on 9,999 €?", _PRICES, (("4 %",),)),
    ("What does the P-140 cost without delivery?", _PRICES, (("412.00 €",),)),
    ("What is the price of the RF-140?", _PRICES, (("246.00 €",),)),
    ("What is the price of the F-140?", _PRICES, ()),
    ("How fast is the motor valve V-50M delivered?", _PRICES, (("8 working days",),)),
    ("Which valve is the dearest?", _PRICES, ()),
    ("What does a controller for three pumps cost?", _PRICES, ()),
    ("How long is the warranty of the pump PX-220?", "Warranty-Terms-EU.pdf", ()),
    ("What is the warranty on used valves?", "Warranty-Terms-EU.pdf", ()),
    ("How fast is the reaction on the Basic level at weekends?", "Warranty-Terms-EU.pdf", ()),
    ("Where is the return depot for Poland?", "Warranty-Terms-EU.pdf", (("Poznan",),)),
    ("When does the early shift finish?", _WORK, (("13:45",),)),
    ("When does the night shift on line 3 begin?", _WORK, ()),
    ("Is there core time on Friday?", _WORK, (("none",),)),
    ("How many days of leave for the birth of a grandchild?", _WORK, ()),
    ("How much is the supplement for work on Sundays?", _WORK, ()),
    ("How many petrol cars are in Kassel?", "Car-Fleet-Rules.md", (("1",),)),
    ("What may gifts for customers cost without approval?", "Expense-Guide.docx", (("35 € a person and year",),)),
    ("Who calibrates the scale at least once a year?", "Quality-Manual-Excerpt.html", (("External laboratory",),)),
    (
        "What follows for a supplier with 80 points?",
        "Quality-Manual-Excerpt.html",
        (
            ("Incoming inspection of every lot",),
            ("B", "Incoming inspection of every lot"),
        ),
    ),
    ("What is the postage for 300 g abroad?", "Postage.md", (("3.70 €",),)),
    ("What is the postage for 2,000 g inland?", "Postage.md", ()),
    ("What does a letter of 40 g inland cost?", "Postage.md", (("0.95 €",),)),
    ("When does the barrier close in the north?", "Visitor-Parking.md", (("20:00",),)),
    ("When does the barrier open on the upper deck?", "Visitor-Parking.md", (("07:00",),)),
    ("How many spaces without a charger are in the south?", "Visitor-Parking.md", (("60", "8"),)),
    ("How many parking spaces are there in the west?", "Visitor-Parking.md", ()),
    ("Wie lange kann ich das Schweißgerät leihen?", "Werkzeugausgabe.md", (("1 Tag",),)),
    ("Wie hoch ist das Pfand für eine Leiter?", "Werkzeugausgabe.md", ()),
    ("Wie hoch ist das Pfand ohne Einweisung für den Akkuschrauber?", "Werkzeugausgabe.md", (("20 €",),)),
    ("Wann beginnt die Nachtschicht?", _WORK, ()),
    ("Welcher Zuschlag gilt für Nachtarbeit am Sonntag?", "Fristen.md", ()),
)


FRESH: tuple[Question, ...] = (
    ("How expensive may my Vienna hotel be while there is a trade fair?", _TRAVEL, (("200 €",), ("160 €", "200 €"))),
    ("Excluding fairs, what is the limit per night in Hamburg?", _TRAVEL, (("155 €",), ("155 €", "195 €"))),
    ("What is the limit for two nights in Berlin?", _TRAVEL, ()),
    ("Do I need a visa for Switzerland?", _TRAVEL, ()),
    ("How long does the flight to Denmark take?", _TRAVEL, ()),
    ("What is the tax rate in Poland?", _TRAVEL, ()),
    ("Who approves a trip for exactly 2,500 euros?", _TRAVEL, ()),
    ("What is the dinner budget in Germany?", _TRAVEL, ()),
    ("Which page is about transport?", _TRAVEL, (("5",), ("3 Transport", "5"))),
    ("What is the phone extension for claims?", _TRAVEL, (("4425",),)),
    ("What discount is there for resellers on the PX-400?", _PRICES, ()),
    ("How much is a V-15 in steel?", _PRICES, ()),
    ("What is the flow of the P-140?", _PRICES, (("3.6 m³/h",),)),
    ("What is the discount from 15,000 euros up to 50,000 euros?", _PRICES, ()),
    ("What supplement does the late shift pay after midnight?", _WORK, ()),
    ("When does the late shift not work?", _WORK, ()),
    ("How many days may I volunteer without pay?", _WORK, ()),
    ("What is the deposit for the headset?", "Equipment-Pool.md", (("none",),)),
    ("Can I borrow the camera for a week?", "Equipment-Pool.md", ()),
    ("How much does machine hire cost per month in 2025?", "Workshop-Budget.md", ()),
    ("What is the notice period after 30 years?", "Notice-Periods.md", (("4 months",),)),
    ("What notice period do I have after 3 months?", "Notice-Periods.md", ()),
    ("How many spaces are in the south in winter?", "Visitor-Parking.md", ()),
    ("Braucht man für die Leiter 8 m eine Einweisung?", "Werkzeugausgabe.md", (("ja",),)),
    ("How many electric vans are there in Kassel?", "Car-Fleet-Rules.md", ()),
    ("How many people work in the early shift?", _WORK, ()),
    ("Who is my team lead?", _TRAVEL, ()),
)


def write_all(folder: Path) -> list[Path]:
    """Put the seven files into a folder."""
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in FILES]
