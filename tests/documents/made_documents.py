"""Contracts, invoices, CVs and certificates made from a seed, with what stands in them and what does not.

Each has six fields asked of it. Wording and layout vary, fields are missing, and decoys stand where they are: dates of
other things, amounts of other rows, the other party's number. `unseen` adds wordings that nothing was tuned on.
"""

# ruff: noqa: E501 - wordings side by side
from __future__ import annotations

import html
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from docx import Document as WordDocument
from made_files import pdf, text_at

FIELDS = {
    "contracts": ("customer", "start-date", "end-date", "notice-period", "fee", "governing-law"),
    "invoices": ("supplier", "invoice-number", "invoice-date", "due-date", "total", "vat-number"),
    "cvs": ("name", "email", "phone", "date-of-birth", "current-employer", "languages"),
    "certificates": ("certificate-number", "holder", "standard", "issued-on", "valid-until", "issuing-body"),
}
COUNTS = {"contracts": 14, "invoices": 13, "cvs": 12, "certificates": 11}
FORMATS = ("md", "txt", "html", "docx", "pdf")
MISSING = 0.25

FIRMS = [
    f"{name} {form}"
    for name in ("Larkfield", "Nordwind Logistik", "Brightwater", "Hansen & Söhne", "Meridian Tools", "Alpenstahl",
                 "Quarry Lane Foods", "Rotterdam Pumps", "Kestrel Analytics", "Sonnenhof")
    for form in ("GmbH", "Ltd", "AG", "B.V.", "Inc.")
]  # fmt: skip
PEOPLE = ["Ines Albrecht", "Tomasz Nowak", "Priya Raman", "Jean-Luc Moreau", "Sofía García", "Anna van der Berg",
          "Mark O'Neill", "Yusuf Demir", "Karin Lindqvist", "Paul Weber"]  # fmt: skip
LAWS = ["Germany", "the Netherlands", "England and Wales", "Austria", "the State of New York", "France"]
STANDARDS = ["ISO 9001:2015", "ISO 14001:2015", "ISO/IEC 27001:2022", "ISO 45001:2018", "EN 1090-2"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December"]  # fmt: skip


@dataclass
class Made:
    """A file with the truth about it: field → how its value may be given, nothing where it is not stated."""

    name: str
    template: str
    data: bytes
    truth: dict[str, tuple[str, ...]]


@dataclass
class _Page:
    """What a document says, before it has a format."""

    title: str
    blocks: list[tuple[str, object]] = field(default_factory=list)

    def text(self, words: str) -> None:
        self.blocks.append(("text", words))

    def heading(self, words: str) -> None:
        self.blocks.append(("heading", words))

    def rows(self, rows: list[tuple[str, ...]], header: bool = False) -> None:
        self.blocks.append(("header table" if header else "table", rows))


class _Writer:
    def __init__(self, seed: int, unseen: bool) -> None:
        self.r = random.Random(seed)
        self.unseen = unseen

    def one(self, known: list[str], new: list[str] | None = None) -> str:
        """One of the wordings; those that nothing was tuned on only among the unseen."""
        return self.r.choice([*known, *(new or [])] if self.unseen else known)

    def there(self) -> bool:
        return self.r.random() > MISSING

    def date(self, year: int | None = None) -> str:
        day, month, year = self.r.randint(1, 28), self.r.randint(1, 12), year or self.r.randint(2019, 2027)
        name = MONTHS[month - 1]
        return self.one(
            [
                f"{day} {name} {year}",
                f"{name} {day}, {year}",
                f"{day:02}.{month:02}.{year}",
                f"{year}-{month:02}-{day:02}",
            ],
            [f"{day}{_th(day)} {name} {year}", f"{day} {name[:3]} {year}", f"{day}{_th(day)} of {name}, {year}"],
        )

    def amount(self) -> str:
        euros = self.r.randint(120, 98_000)
        return self.one(
            [f"EUR {euros:,}.00", f"€{euros:,}.50", f"{euros:,}.00 EUR", f"{euros:,} €".replace(",", ".")],
            [f"EUR {euros:,}".replace(",", " "), f"CHF {euros:,}.00".replace(",", "'"), f"$ {euros:,}"],
        )

    def vat(self) -> str:
        return self.one(["DE", "ATU", "NL"]) + str(self.r.randint(10_000_000, 999_999_999))

    def two(self, from_: list[str]) -> list[str]:
        return self.r.sample(from_, 2)


def _th(day: int) -> str:
    return {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd"}.get(day, "th")


def make(seed: int, *, unseen: bool = False) -> list[Made]:
    """Fifty documents."""
    made = []
    for kind, count in COUNTS.items():
        for number in range(count):
            writer = _Writer(seed * 1000 + len(made), unseen)
            page, truth = _KINDS[kind](writer)
            suffix = FORMATS[(number + seed) % len(FORMATS)]
            data = _FORMATS[suffix](page)
            made.append(Made(f"{kind[:-1]}-{number + 1:02}.{suffix}", kind, data, truth))
    return made


# --- contracts --------------------------------------------------------------------------------------------------------


def _contract(w: _Writer) -> tuple[_Page, dict[str, tuple[str, ...]]]:
    provider, customer = w.two(FIRMS)
    page = _Page(w.one(["Service agreement", "Master services contract", "Maintenance contract", "Lease agreement"]))
    truth: dict[str, tuple[str, ...]] = dict.fromkeys(FIELDS["contracts"], ())
    start, end, law = w.date(2024), w.date(2026), w.one(LAWS)
    count = w.r.choice([1, 2, 3, 4, 6, 12])
    word = {1: "one", 2: "two", 3: "three", 4: "four", 6: "six", 12: "twelve"}[count]
    months = "month" if count == 1 else "months"
    notice = w.one([f"{count} {months}", f"{word} {months}", f"{word} ({count}) {months}"])
    fee = w.amount()
    known = {"customer": customer, "start-date": start, "end-date": end, "notice-period": notice, "fee": fee,
             "governing-law": law}  # fmt: skip
    for key, value in known.items():
        if w.there():
            truth[key] = (value,)
    truth["customer"] = (customer,)
    labels = {
        "customer": w.one(["Customer", "Client"], ["Buyer"]),
        "start-date": w.one(
            ["Start date", "Effective date", "Commencement date"], ["Contract start", "Start of the term"]
        ),
        "end-date": w.one(["End date", "Expiry date"], ["End of term", "Date of expiry"]),
        "notice-period": w.one(["Notice period", "Period of notice"], ["Termination notice"]),
        "fee": w.one(["Annual fee", "Fee", "Fee per year"], ["Contract value", "Remuneration (per year)"]),
        "governing-law": w.one(["Governing law", "Applicable law"], ["Choice of law"]),
    }
    layout = w.r.choice(["prose", "table", "lines"])
    if layout == "prose":
        _contract_prose(w, page, provider, truth)
    else:
        rows = [(labels[key], truth[key][0]) for key in FIELDS["contracts"] if truth[key]]
        w.r.shuffle(rows)
        rows.insert(w.r.randint(0, len(rows)), (w.one(["Signature date", "Date of signature"]), w.date()))
        rows.insert(0, (w.one(["Provider", "Contractor"]), provider))
        page.heading("Key terms")
        if layout == "table":
            page.rows(rows)
        else:
            for label, value in rows:
                page.text(f"{label}: {value}")
    _contract_decoys(w, page, provider)
    return page, truth


def _contract_prose(w: _Writer, page: _Page, provider: str, truth: dict[str, tuple[str, ...]]) -> None:
    customer = truth["customer"][0]
    page.text(f"This agreement is made between {provider} (the “Provider”) and {customer} (the “Customer”).")
    page.heading("1. Term")
    if truth["start-date"]:
        start = truth["start-date"][0]
        page.text(w.one(
            [f"This agreement commences on {start}.", f"The contract takes effect on {start}.",
             f"The agreement begins on {start} and is concluded for a fixed term."],
            [f"The services start on {start}.", f"It enters into force on {start}.", f"The first day of service is {start}."],
        ))  # fmt: skip
    if truth["end-date"]:
        end = truth["end-date"][0]
        page.text(w.one(
            [f"It ends on {end} without further notice being needed.", f"The contract expires on {end}.",
             f"The agreement remains in force until {end}."],
            [f"It runs until {end}.", f"The last day of the term is {end}.", f"Unless terminated earlier, the term ends on {end}."],
        ))  # fmt: skip
    page.heading("2. Termination")
    if truth["notice-period"]:
        notice = truth["notice-period"][0]
        page.text(w.one(
            [f"Either party may terminate this agreement with {notice} notice to the end of a quarter.",
             f"The notice period is {notice}.", f"Either party may terminate the agreement by giving {notice}' notice."],
            [f"The agreement can be terminated by either side with a notice period of {notice}.",
             f"Notice of {notice} is to be given by whoever wants to leave.", f"A notice period of {notice} applies."],
        ))  # fmt: skip
    else:
        page.text("Either party may terminate this agreement for good cause at any time.")
    page.heading("3. Fees and payment")
    if truth["fee"]:
        fee = truth["fee"][0]
        page.text(w.one(
            [f"The Customer pays an annual fee of {fee}.", f"The annual fee is {fee}, payable in advance."],
            [f"For the services the Customer owes {fee} a year.", f"The yearly fee amounts to {fee}."],
        ))  # fmt: skip
    page.heading("4. Final provisions")
    if truth["governing-law"]:
        law = truth["governing-law"][0]
        page.text(w.one(
            [f"This agreement is governed by the laws of {law}.", f"This contract is subject to the laws of {law}."],
            [f"The law of {law} applies.", f"This agreement shall be construed in accordance with the laws of {law}."],
        ))  # fmt: skip


def _contract_decoys(w: _Writer, page: _Page, provider: str) -> None:
    decoys = [
        f"Invoices are payable within {w.r.choice([14, 30, 60])} days.",
        f"Late payment costs a fee of {w.amount()} for each reminder."
        if w.unseen
        else f"Reminders cost {w.amount()} each.",
        f"{provider} carries an insurance of {w.amount()}.",
        f"The previous agreement of {w.date(2019)} had a notice period of nine months.",
        f"The parties met on {w.date(2023)} to agree on the schedule.",
        f"Hardware is handed over by {w.date(2025)}.",
        "The courts of Hamburg have jurisdiction.",
        "Defects are to be reported within two weeks.",
        f"Liability is limited to {w.amount()} per year.",
    ]
    if w.unseen:
        decoys += [
            f"The deposit of {w.amount()} is due on {w.date(2025)}.",
            "Spare parts must be kept in stock for six months.",
            f"The trial period ended on {w.date(2023)} and its fee was {w.amount()}.",
            f"The price list of {w.date(2022)} is replaced.",
            f"The supplier's licence expires on {w.date(2025)}.",
            f"A subcontractor is paid a fee of {w.amount()}.",
            "Maintenance is announced with two weeks' notice.",
        ]
    page.heading("Miscellaneous")
    for decoy in w.r.sample(decoys, 4):
        page.text(decoy)


# --- invoices ---------------------------------------------------------------------------------------------------------


def _invoice(w: _Writer) -> tuple[_Page, dict[str, tuple[str, ...]]]:
    supplier, customer = w.two(FIRMS)
    number = w.one([f"{w.r.randint(2022, 2026)}-{w.r.randint(100, 999)}", f"RE-{w.r.randint(10_000, 99_999)}",
                    f"INV{w.r.randint(1000, 9999)}/{w.r.randint(10, 99)}"], [f"{w.r.randint(100_000, 999_999)}"])  # fmt: skip
    truth: dict[str, tuple[str, ...]] = dict.fromkeys(FIELDS["invoices"], ())
    known = {"supplier": supplier, "invoice-number": number, "invoice-date": w.date(2025), "due-date": w.date(2026),
             "total": w.amount(), "vat-number": w.vat()}  # fmt: skip
    for key, value in known.items():
        if w.there():
            truth[key] = (value,)
    page = _Page("Invoice")
    labels = {
        "supplier": w.one(["Supplier", "Seller", "From"], ["Issued by"]),
        "invoice-number": w.one(["Invoice number", "Invoice no.", "Invoice #"], ["Invoice ID", "Bill number"]),
        "invoice-date": w.one(["Invoice date", "Date of invoice", "Date"], ["Date of issue", "Issued on"]),
        "due-date": w.one(["Due date", "Payment due", "Payable by"], ["Pay by", "Payment deadline"]),
        "vat-number": w.one(["VAT ID", "VAT number", "VAT reg. no."], ["VAT identification number"]),
    }
    head = [(labels[key], truth[key][0]) for key in labels if truth[key]]
    head.append((w.one(["Customer", "Bill to"]), customer))
    head.append((w.one(["Delivery date", "Date of delivery", "Order date"]), w.date(2025)))
    head.append((w.one(["Customer number", "Your order"]), str(w.r.randint(10_000, 99_999))))
    if w.r.random() < 0.5:
        head.append((w.one(["Customer VAT ID", "VAT ID of the customer"]), w.vat()))
    w.r.shuffle(head)
    _invoice_head(w, page, head)
    page.rows([("Item", "Quantity", "Price", "Amount"),
               *((item, str(w.r.randint(1, 9)), w.amount(), w.amount()) for item in ("Pump, steel", "Freight", "Hours"))],
              header=True)  # fmt: skip
    if w.unseen:
        page.text(
            w.one(
                [
                    f"The warranty ends on {w.date(2028)}.",
                    f"Our offer of {w.date(2024)} was accepted.",
                    f"Goods are to be returned by {w.date(2026)}.",
                ]
            )
        )
        page.text(f"Total weight: {w.r.randint(10, 900)} kg")
        page.text(f"{w.one(['Total of the last invoice', 'Credit note', 'Total excl. VAT'])}: {w.amount()}")
    sums = [(w.one(["Subtotal", "Net amount"]), w.amount()), (w.one(["VAT 19 %", "Plus 20 % VAT"]), w.amount())]
    if truth["total"]:
        sums.append(
            (w.one(["Total", "Total amount", "Amount due"], ["Grand total", "Total incl. VAT"]), truth["total"][0])
        )
    if w.r.random() < 0.5:
        page.rows(sums)
    else:
        for label, value in sums:
            page.text(f"{label}: {value}")
    page.text(
        w.one(
            [
                "Thank you for your order.",
                "Please quote the number in your payment.",
                f"Discount of 2 % until {w.date(2025)}.",
            ]
        )
    )
    page.text(f"Bank: Sparkasse, IBAN DE{w.r.randint(10, 99)} {w.r.randint(1000, 9999)} {w.r.randint(1000, 9999)}")
    return page, truth


def _invoice_head(w: _Writer, page: _Page, head: list[tuple[str, str]]) -> None:
    layout = w.r.choice(["table", "lines", "wide"])
    if layout == "table":
        page.rows(head)
    elif layout == "lines":
        for label, value in head:
            page.text(f"{label}: {value}")
    else:
        for left, right in zip(head[::2], head[1::2], strict=False):
            page.rows([(*left, *right)])
        if len(head) % 2:
            page.text(f"{head[-1][0]}: {head[-1][1]}")


# --- CVs --------------------------------------------------------------------------------------------------------------


def _cv(w: _Writer) -> tuple[_Page, dict[str, tuple[str, ...]]]:
    person, referee = w.two(PEOPLE)
    employer, former = w.two(FIRMS)
    mail = f"{person.split()[0].lower().replace('í', 'i')}.{w.r.randint(1, 99)}@example.com"
    truth: dict[str, tuple[str, ...]] = dict.fromkeys(FIELDS["cvs"], ())
    spoken = w.one(["German, English and Polish", "English (fluent), French (basic)", "Spanish, English, Turkish"])
    phone = w.one([f"+49 40 {w.r.randint(100_000, 999_999)}", f"+31 20 {w.r.randint(100, 999)} {w.r.randint(1000, 9999)}",
                   f"030 {w.r.randint(100_000, 999_999)}"])  # fmt: skip
    known = {"name": person, "email": mail, "phone": phone, "date-of-birth": w.date(w.r.randint(1965, 2001)),
             "current-employer": employer, "languages": spoken}  # fmt: skip
    for key, value in known.items():
        if w.there():
            truth[key] = (value,)
    truth["name"] = (person,)
    page = _Page(person if w.r.random() < 0.5 else "Curriculum vitae")
    labels = {
        "name": w.one(["Name", "Full name"]),
        "email": w.one(["E-mail", "Email"], ["E-mail address", "Mail"]),
        "phone": w.one(["Phone", "Tel.", "Mobile"], ["Telephone", "Cell"]),
        "date-of-birth": w.one(["Date of birth", "Born"], ["Birth date", "Born on"]),
        "current-employer": w.one(["Current employer", "Present employer"]),
        "languages": w.one(["Languages"], ["Language skills"]),
    }
    rows = [
        (labels[key], truth[key][0]) for key in labels if truth[key] and not (key == "name" and page.title == person)
    ]
    if w.r.random() < 0.5:
        page.rows(rows)
    else:
        for label, value in rows:
            page.text(f"{label}: {value}")
    page.heading("Experience")
    page.text(f"{w.r.randint(2010, 2015)} – {w.r.randint(2016, 2020)}: buyer at {former}, budget of {w.amount()}")
    page.text(f"Project for {w.one(FIRMS)}, finished on {w.date(2022)}.")
    page.heading("Education")
    page.text(f"Bachelor of Engineering, {w.r.randint(1990, 2020)}. Thesis handed in on {w.date(2010)}.")
    if w.unseen:
        page.text(f"Emergency contact: {w.one(PEOPLE)}, phone: +49 30 {w.r.randint(100_000, 999_999)}")
    page.heading("References")
    page.text(
        f"{referee}, {former}, e-mail: {referee.split()[0].lower()}@example.org, phone: +44 20 7946 {w.r.randint(1000, 9999)}"
    )
    return page, truth


# --- certificates -----------------------------------------------------------------------------------------------------


def _certificate(w: _Writer) -> tuple[_Page, dict[str, tuple[str, ...]]]:
    holder, body = w.two(FIRMS)
    truth: dict[str, tuple[str, ...]] = dict.fromkeys(FIELDS["certificates"], ())
    number = w.one([f"QM-{w.r.randint(1000, 9999)}", f"{w.r.randint(10, 99)} 100 {w.r.randint(10_000, 99_999)}",
                    f"C-{w.r.randint(2020, 2026)}-{w.r.randint(100, 999)}"])  # fmt: skip
    known = {"certificate-number": number, "holder": holder, "standard": w.one(STANDARDS), "issued-on": w.date(2024),
             "valid-until": w.date(2027), "issuing-body": body}  # fmt: skip
    for key, value in known.items():
        if w.there():
            truth[key] = (value,)
    page = _Page("Certificate")
    prose = w.r.random() < 0.4
    if truth["holder"] and (prose or w.r.random() < 0.3):
        page.text(f"This is to certify that {holder} has established a management system.")
    elif truth["holder"]:
        page.text(f"{w.one(['Holder', 'Organisation', 'Issued to'], ['Company', 'Awarded to'])}: {holder}")
    if prose:
        _certificate_prose(w, page, truth)
    else:
        labels = {
            "certificate-number": w.one(["Certificate number", "Certificate no."], ["Registration number"]),
            "standard": w.one(["Standard", "Certified to"], ["Norm"]),
            "issued-on": w.one(["Date of issue", "Issued on"], ["Issue date", "Date of certification"]),
            "valid-until": w.one(["Valid until", "Expiry date"], ["Valid to", "Expires on"]),
            "issuing-body": w.one(["Issuing body", "Certification body"], ["Issued by"]),
        }
        rows = [(label, truth[key][0]) for key, label in labels.items() if truth[key]]
        rows.append((w.one(["Date of audit", "Audit date", "Next audit"]), w.date(2025)))
        rows.append((w.one(["Report number", "Audit report no."]), f"A{w.r.randint(100, 999)}"))
        w.r.shuffle(rows)
        if w.r.random() < 0.5:
            page.rows(rows)
        else:
            for label, value in rows:
                page.text(f"{label}: {value}")
    page.text(
        w.one(
            [
                "Surveillance audits take place once a year.",
                f"The first certificate was followed by an audit on {w.date(2023)}.",
            ]
        )
    )
    if w.unseen:
        page.text(
            f"The accreditation of the laboratory expires on {w.date(2026)}, and its number is D-{w.r.randint(100, 999)}."
        )
        page.text(
            f"The laboratory report is valid until {w.date(2024)}." if w.r.random() < 0.3 else "Valid for three years."
        )
    page.text(f"Earlier certificates, such as that of {w.date(2018)}, are no longer valid.")
    return page, truth


def _certificate_prose(w: _Writer, page: _Page, truth: dict[str, tuple[str, ...]]) -> None:
    if truth["standard"]:
        page.text(
            w.one(
                [f"It meets the requirements of {truth['standard'][0]}."], [f"It complies with {truth['standard'][0]}."]
            )
        )
    if truth["certificate-number"]:
        page.text(f"Certificate no. {truth['certificate-number'][0]}")
    if truth["issued-on"]:
        page.text(
            w.one(
                [f"This certificate was issued on {truth['issued-on'][0]}."],
                [f"Given in Hamburg on {truth['issued-on'][0]}."],
            )
        )
    if truth["valid-until"]:
        page.text(w.one([f"This certificate is valid until {truth['valid-until'][0]}."],
                        [f"It expires on {truth['valid-until'][0]}.", f"After {truth['valid-until'][0]} it must be renewed."]))  # fmt: skip
    if truth["issuing-body"]:
        page.text(f"Certification body: {truth['issuing-body'][0]}")
    page.text(f"The audit took place on {w.date(2025)}.")


_KINDS: dict[str, Callable[[_Writer], tuple[_Page, dict[str, tuple[str, ...]]]]] = {
    "contracts": _contract,
    "invoices": _invoice,
    "cvs": _cv,
    "certificates": _certificate,
}

# --- formats ----------------------------------------------------------------------------------------------------------


def _md(page: _Page) -> bytes:
    out = [f"# {page.title}"]
    for kind, content in page.blocks:
        if isinstance(content, str):
            out.append(f"## {content}" if kind == "heading" else content)
        else:
            rows = list(content)  # type: ignore[call-overload]
            first = rows.pop(0) if kind == "header table" else ("",) * len(rows[0])
            lines = ["| " + " | ".join(first) + " |", "|" + " --- |" * len(first)]
            out.append("\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]))
    return "\n\n".join(out).encode()


def _txt(page: _Page) -> bytes:
    out = [page.title]
    for kind, content in page.blocks:
        if isinstance(content, str):
            out.append(f"\n{content}\n" if kind == "heading" else content)
        else:
            out.extend("    ".join(cell.ljust(24) for cell in row).rstrip() for row in content)  # type: ignore[attr-defined]
            out.append("")
    return "\n".join(out).encode()


def _html(page: _Page) -> bytes:
    out = [f"<h1>{html.escape(page.title)}</h1>"]
    for kind, content in page.blocks:
        if isinstance(content, str):
            tag = "h2" if kind == "heading" else "p"
            out.append(f"<{tag}>{html.escape(content)}</{tag}>")
        else:
            rows = []
            for at, row in enumerate(content):  # type: ignore[call-overload]
                tag = "th" if kind == "header table" and at == 0 else "td"
                rows.append("<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>")
            out.append("<table>" + "".join(rows) + "</table>")
    return ("<html><body>" + "".join(out) + "</body></html>").encode()


def _docx(page: _Page) -> bytes:
    word = WordDocument()
    word.add_heading(page.title, 1)
    for kind, content in page.blocks:
        if isinstance(content, str):
            if kind == "heading":
                word.add_heading(content, 2)
            else:
                word.add_paragraph(content)
        else:
            rows = list(content)  # type: ignore[call-overload]
            table = word.add_table(len(rows), len(rows[0]))
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    table.cell(at, column).text = cell
    stream = io.BytesIO()
    word.save(stream)
    return stream.getvalue()


def _pdf(page: _Page) -> bytes:
    out, y = [text_at(72, 770, page.title, 16, "F2")], 730.0
    for kind, content in page.blocks:
        if isinstance(content, str):
            y -= 10 if kind == "heading" else 0
            for line in _wrapped(content):
                out.append(text_at(72, y, line, 12 if kind == "heading" else 10, "F2" if kind == "heading" else "F1"))
                y -= 14
            y -= 8
        else:
            for row in content:  # type: ignore[attr-defined]
                width = 450 / len(row)
                out += [text_at(72 + width * column, y, cell, 10) for column, cell in enumerate(row)]
                y -= 16
            y -= 8
    return pdf(["".join(out)])


def _wrapped(words: str) -> list[str]:
    lines = [""]
    for word in words.split(" "):
        if len(lines[-1]) + len(word) > 88:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


_FORMATS: dict[str, Callable[[_Page], bytes]] = {"md": _md, "txt": _txt, "html": _html, "docx": _docx, "pdf": _pdf}
