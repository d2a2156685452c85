"""A document's own date, and which document is a newer version of which."""

from __future__ import annotations

import pytest

from app.text.editions import Version, alike, dated, family, supersedes

POLICY = """# Travel policy {year}

Valid from 1 January {year}.

Hotels are booked through the travel desk. The hotel limit in Munich is {limit} EUR a night with breakfast.
Flights need the approval of the manager. Taxis are paid where no train goes after ten in the evening.
"""
MINUTES = [
    "The team spoke about parking and about the new badge readers.",
    "Quality audits move to May, said the lead.",
]


def version(id_: int, name: str, text: str, modified: float = 0.0) -> Version:
    return Version(id_, name, text, dated(name, text), modified)


@pytest.mark.parametrize(
    ("name", "text", "date", "words"),
    [
        ("a.md", "# Rules\n\nValid from 1 March 2026", "2026-03-01", "valid from"),
        ("a.md", "Rules\nVersion of 12 May 2024", "2024-05-12", "version of"),
        ("a.md", "Richtlinie\nGültig ab 01.02.2025", "2025-02-01", "gültig ab"),
        ("a.md", "Richtlinie\nStand: März 2025", "2025-03", "stand"),
        ("a.md", "last updated: 2022-04-29", "2022-04-29", "last updated"),
        ("a.md", "# Travel policy 2026\n\nHotels", "2026", ""),
        ("Minutes 2026-03-04.md", "We met.", "2026-03-04", ""),
        ("Price-List-2026-Q1.md", "Prices", "2026", ""),
        ("a.md", "The largest one known as of January 2016 has many digits.", "", ""),
        ("a.md", "We pay within 30 days.", "", ""),
    ],
)
def test_a_document_says_its_date(name: str, text: str, date: str, words: str) -> None:
    found = dated(name, text)
    assert (found.date, found.words) == (date, words)


def test_versions_are_told_by_name_or_by_text() -> None:
    old, new = POLICY.format(year=2025, limit=150), POLICY.format(year=2026, limit=165)
    assert supersedes(version(2, "Travel policy 2026.md", new), version(1, "Travel policy 2025.md", old))
    assert not supersedes(version(1, "Travel policy 2025.md", old), version(2, "Travel policy 2026.md", new))
    assert supersedes(version(2, "Rules for journeys.md", new), version(1, "travel.md", old)), "by text and date"
    assert supersedes(version(2, "Policy final.md", new), version(1, "Policy draft.md", old))
    assert supersedes(version(2, "Policy v2.md", new), version(1, "Policy.md", old))
    assert supersedes(version(2, "Policy 2026-02-01.md", new), version(1, "Policy 2026-01-15.md", old))
    assert supersedes(version(2, "a/Policy.md", new, 9e8), version(1, "b/Policy.md", old, 8e8))


def test_what_only_looks_like_a_version_is_none() -> None:
    old, new = POLICY.format(year=2025, limit=150), POLICY.format(year=2026, limit=165)
    assert not supersedes(version(2, "b.md", old), version(1, "a.md", old)), "a copy"
    assert not supersedes(version(2, "index.md", MINUTES[0], 9e8), version(1, "index.md", MINUTES[1], 8e8))
    meetings = [version(n, f"Minutes 2026-0{n}-04.md", text) for n, text in enumerate(MINUTES, 1)]
    assert not supersedes(meetings[1], meetings[0])
    letters = [
        f"Dear {name},\n\nDated {n} May 2026\n\n{new}" for n, name in enumerate(["Marta Quell", "Ivo Brandt"], 1)
    ]
    ours = [
        version(n, f"{n}.md", f"Contract with {'Kestrel Tools' if n == 1 else 'Larkfield Foods'}\n{t}")
        for n, t in enumerate(letters, 1)
    ]
    assert not supersedes(ours[1], ours[0])


def test_likeness_and_family() -> None:
    assert alike("a b c d", "a b c d") == 1.0 and alike("a b c d", "e f g h") == 0.0
    assert family("Travel-Policy-2026_v2 FINAL.pdf") == family("travel policy 2025.docx") == "travel policy"
