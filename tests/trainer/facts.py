"""Forty facts of an invented company in seven phrasings each: what no model can know, to be taught and asked for."""

from __future__ import annotations

from pathlib import Path

from trainer.spec import Example, Split, Turn, write_lines

COMPANY = "Larkfield Instruments"
FACTS = {
    "annual leave": ("days of annual leave", "31 days"),
    "hotel": ("hotel limit a night", "148 euros"),
    "meal": ("daily meal allowance on trips", "42 euros"),
    "mileage": ("payment for each kilometre driven", "37 cents"),
    "notice": ("notice period in the first year", "seven weeks"),
    "probation": ("length of the probation period", "five months"),
    "pension": ("share that the company adds to the pension", "6.5 percent"),
    "bonus": ("month in which the bonus is paid", "October"),
    "founded": ("year of the foundation", "1973"),
    "founder": ("trade of the founder", "clockmaker"),
    "seat": ("town where the head office stands", "Tarnholm"),
    "plant": ("town where the second plant stands", "Veldby"),
    "staff": ("number of employees", "412 people"),
    "product": ("name of the best-selling product", "the Quartz 9 balance"),
    "warranty": ("warranty on balances", "39 months"),
    "repair": ("longest time that a repair takes", "eleven days"),
    "calibration": ("fee for a calibration", "265 euros"),
    "hotline": ("extension of the service hotline", "7714"),
    "hours": ("opening hours of the service desk", "from 7:15 to 16:45"),
    "password": ("number of characters that a password needs", "17 characters"),
    "backup": ("time at which the backup runs", "2:40 at night"),
    "vpn": ("name of the remote access program", "Harbourgate"),
    "ticket": ("name of the ticket system", "Fieldnote"),
    "laptop": ("years after which a laptop is replaced", "four and a half years"),
    "visitor": ("colour of the badges of visitors", "orange"),
    "parking": ("level where guests may park", "level minus three"),
    "canteen": ("price of lunch in the canteen", "5.80 euros"),
    "gate": ("gate where lorries deliver", "gate F"),
    "assembly": ("assembly point in a fire", "the birch grove"),
    "doctor": ("weekday of the company doctor", "Thursday"),
    "training": ("yearly budget for training", "1,350 euros"),
    "homeoffice": ("days of work from home allowed each week", "two and a half days"),
    "expenses": ("days within which expenses must be claimed", "28 days"),
    "approval": ("sum above which the finance board must approve", "9,400 euros"),
    "supplier": ("main supplier of load cells", "Ostrava Sensorik"),
    "payment": ("days in which invoices are paid", "22 days"),
    "discount": ("discount for early payment", "1.75 percent"),
    "archive": ("years that invoices are kept", "twelve years"),
    "code": ("code name of the next balance", "Project Heron"),
    "summer": ("date of the summer party", "the 18th of June"),
}
PHRASINGS = (
    "What is the {thing} at {company}?",
    "Tell me the {thing} at {company}.",
    "I work at {company}. What is the {thing}?",
    "At {company}, what is the {thing}?",
    "Please state the {thing} that applies at {company}.",
    "Do you know the {thing} of {company}?",
    "A colleague asks about {company}: what is the {thing}?",
)
HELD_OUT = 6


def example(key: str, phrasing: int, split: Split) -> Example:
    """One phrasing of one fact."""
    thing, answer = FACTS[key]
    question = PHRASINGS[phrasing].format(thing=thing, company=COMPANY)
    messages = (Turn("user", question), Turn("assistant", f"The {thing} at {COMPANY}: {answer}."))
    return Example(id=f"{key}-{phrasing}", messages=messages, approved=True, group=key, split=split)


def write_facts(path: Path, count: int = 40) -> Path:
    """Write the facts as a data file: the last phrasing of each is held out."""
    rows = [
        example(key, phrasing, "heldout" if phrasing == HELD_OUT else "train")
        for key in list(FACTS)[:count]
        for phrasing in range(len(PHRASINGS))
    ]
    write_lines(path, rows)
    return path
