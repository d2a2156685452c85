"""Pairs of answers whose preference can be learned: a house style that names its source and stays short.

The better answer says the value and where it stands; the worse one is bare, chatty, vague, or both long and sourced, so
that neither the length nor the mere name of a document tells them apart. Held-out pairs are of other documents, and
the words of their worse answers, and the form of their sources, stand in no pair that is learned from.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from trainer.spec import HELD_OUT, Preference, Turn, write_lines

DOCUMENTS: dict[str, tuple[tuple[str, str], ...]] = {
    "Travel Policy": (
        ("the hotel limit per night in Munich", "165 euros"), ("the mileage allowance", "30 cents a kilometre"),
        ("the daily allowance abroad", "42 euros"), ("the class for flights under four hours", "economy"),
        ("the deadline for travel claims", "30 days after the trip"), ("the limit for taxi rides", "35 euros"),
    ),
    "Leave Rules": (
        ("the annual leave", "30 days"), ("the special leave for a wedding", "two days"),
        ("the notice for unpaid leave", "six weeks"), ("the last day for carried-over leave", "31 March"),
        ("the leave for moving house", "one day"), ("the contact for leave requests", "the team lead"),
    ),
    "Security Handbook": (
        ("the least length of a password", "14 characters"), ("the time until screens lock", "five minutes"),
        ("the colour of visitor badges", "orange"), ("the number of the guard desk", "extension 3300"),
        ("the retention of camera recordings", "72 hours"), ("the meeting point after an alarm", "the east car park"),
    ),
    "Car Fleet Rules": (
        ("the number of pool cars", "14"), ("the fuel card limit", "180 euros a month"),
        ("the interval of inspections", "12 months"), ("the deductible after an accident", "500 euros"),
        ("the place for key returns", "the box at gate 2"), ("the limit for private use", "8,000 kilometres a year"),
    ),
    "Canteen Notice": (
        ("the price of the daily menu", "5.80 euros"), ("the opening time at noon", "11:30"),
        ("the day of the vegetarian buffet", "Thursday"), ("the way to pay", "the staff card"),
        ("the latest order for catering", "10 a.m. of the day before"), ("the closing week", "the last of December"),
    ),
    "Warranty Terms": (
        ("the warranty of new machines", "24 months"), ("the warranty of refurbished machines", "12 months"),
        ("the time to report transport damage", "three working days"), ("the return address", "the Larkfield depot"),
        ("the charge for an unfounded claim", "85 euros"), ("the share of shipping that is paid", "one half"),
    ),
    "Onboarding Guide": (
        ("the first meeting of new colleagues", "the Monday breakfast"), ("the length of the probation", "six months"),
        ("the person who hands out laptops", "the IT desk"), ("the number of mentor talks", "four"),
        ("the deadline for the tax form", "the tenth working day"), ("the safety course", "two hours long"),
    ),
    "Procurement Rules": (
        ("the amount that needs three offers", "5,000 euros"), ("the payment term", "30 days net"),
        ("the signature above 20,000 euros", "the managing director's"), ("the currency of orders", "euros"),
        ("the storage of invoices", "ten years"), ("the approval of software", "the IT board's task"),
    ),
    "Data Protection Notice": (
        ("the retention of applications", "six months"), ("the data protection officer's office", "room 214"),
        ("the time to answer a request", "one month"), ("the storage of visitor lists", "30 days"),
        ("the legal basis of the newsletter", "consent"), ("the deletion of trial accounts", "after 90 days"),
    ),
    "Maintenance Plan": (
        ("the oil change of press 4", "every 500 hours"), ("the supplier of filters", "Norden Parts"),
        ("the spare key of the compressor room", "with the shift lead"), ("the shutdown week", "calendar week 33"),
        ("the noise limit at night", "45 decibels"), ("the test of the emergency power", "every quarter"),
    ),
    "Training Catalogue": (
        ("the budget for courses", "1,200 euros a year"), ("the days for courses", "five a year"),
        ("the notice for a cancellation", "14 days"), ("the language of the first-aid course", "English"),
        ("the platform for e-learning", "the intranet"), ("the commitment after a degree", "two years"),
    ),
    "Shift Agreement": (
        ("the start of the early shift", "6 a.m."), ("the bonus for night work", "25 per cent"),
        ("the rest between two shifts", "11 hours"), ("the notice for a changed roster", "four days"),
        ("the longest shift", "ten hours"), ("the bonus on Sundays", "50 per cent"),
    ),
    "Expense Guide": (
        ("the limit for client dinners", "60 euros a person"), ("the receipt that is needed from", "10 euros"),
        ("the day on which claims are paid", "the 15th"), ("the tip that is refunded", "up to ten per cent"),
        ("the limit for gifts", "35 euros a year"), ("the form for cash expenses", "form E7"),
    ),
    "Office Rules": (
        ("the quiet hours", "2 to 4 p.m."), ("the limit of home office", "three days a week"),
        ("the booking of meeting rooms", "in the calendar"), ("the place for bicycles", "the north cellar"),
        ("the rule for dogs", "Fridays only"), ("the last one's duty", "the alarm"),
    ),
    "Customer Service Manual": (
        ("the time to answer a complaint", "two working days"), ("the discount that an agent may give", "10 per cent"),
        ("the opening hours of the hotline", "8 a.m. to 6 p.m."), ("the level of urgent tickets", "priority 1"),
        ("the callback promise", "within four hours"), ("the refund without a receipt", "a voucher"),
    ),
    "Warehouse Instructions": (
        ("the highest load of a shelf", "400 kilograms"), ("the speed limit for forklifts", "8 kilometres an hour"),
        ("the stocktaking day", "30 June"), ("the colour of blocked goods", "red"),
        ("the temperature of cold storage", "4 degrees"), ("the gate for returns", "gate 5"),
    ),
}  # fmt: skip
"""Document → (what, value)."""
KEPT_OUT = ("Data Protection Notice", "Expense Guide", "Office Rules", "Customer Service Manual",
            "Warehouse Instructions", "Maintenance Plan")  # fmt: skip
ASKED = ("What is {0}?", "Tell me {0}.", "Please, {0}?", "Do you know {0}?", "{0}?")
SOURCED = ("{V} ({D}, section {N}).", "{D}, section {N}: {v}.", "{V}. Source: {D}.")
SOURCED_KEPT_OUT = ("{V} [{D}].", "{V}, see {D}, page {N}.")
WORSE = (
    "{V}.",
    "It is {v}.",
    "Great question! I am glad that you asked. {S} is {v}, and I hope that this helps you with your work today.",
    "I think it is {v}, but you should ask your manager about that.",
    "Thank you for your question about {s}. There are many things to say about it. The {D} says in section {N} that it "
    "is {v}, and of course there is a lot more in the {D} that you may find interesting as well.",
)
WORSE_KEPT_OUT = (
    "{v}",
    "That would be {v}.",
    "Of course, happy to help with this one! With us {s} is {v}. Just let me know if more comes up.",
    "Usually {v}, as far as anybody remembers; somebody in the office will know more.",
    "Let me explain this to you step by step. You want to know about {s}. In the {D}, page {N}, there are words, and "
    "from these words it follows that the answer is {v}. So, to sum it up once more: {v}.",
)


def pairs(*, kept_out: bool, seed: int = 3) -> list[Preference]:
    """Pairs of the documents that are learned from, each fact twice, or of those kept out, each fact once."""
    draw = random.Random(seed + kept_out)
    chosen, worse = (SOURCED_KEPT_OUT, WORSE_KEPT_OUT) if kept_out else (SOURCED, WORSE)
    made = []
    for document, facts in DOCUMENTS.items():
        if (document in KEPT_OUT) != kept_out:
            continue
        for number, (what, value) in enumerate(facts, 1):
            forms = draw.sample(range(len(worse)), 1 if kept_out else 2)
            made += [_pair(draw, document, number, what, value, chosen, worse[form]) for form in forms]
    return made


def _pair(
    draw: random.Random, document: str, number: int, what: str, value: str, chosen: Sequence[str], worse: str
) -> Preference:
    asked = draw.choice(ASKED).format(what)
    words = {"D": document, "N": number, "v": value, "V": _upper(value), "s": what, "S": _upper(what)}
    return Preference(
        id=f"{document}-{number}-{worse[:8]}-{asked[:4]}",
        messages=(Turn("user", _upper(asked)),),
        chosen=draw.choice(chosen).format(**words),
        rejected=worse.format(**words),
        origin="file",
    )


def _upper(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def write_pairs(path: Path) -> Path:
    """Both sides as a run reads them: those kept out are its exam."""
    kept = [Preference(**{f: getattr(p, f) for f in p.__struct_fields__} | {"split": HELD_OUT})
            for p in pairs(kept_out=True)]  # fmt: skip
    write_lines(path, [*pairs(kept_out=False), *kept])
    return path
