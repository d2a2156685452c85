"""Whether something is an embedder at all: it puts sentences that say the same nearer than others, and gives unit
vectors. Tried before one is kept, in a process that may die of it."""

from __future__ import annotations

import numpy as np

from app.documents.background import moments
from app.documents.embed import Vectorizer
from app.embedder.embedders import Background
from app.errors import BadFile

PAIRS = (
    ("When must an invoice be paid?", "Invoices must be paid within thirty days."),
    ("How long is the notice period?", "The notice period is three months."),
    ("Who approves travel expenses?", "Travel expenses are approved by the head of the department."),
    ("Where is the car park?", "The car park is behind the main building."),
    ("Which temperature does the freezer need?", "The freezer is kept at a temperature of minus twenty degrees."),
    ("What time does the canteen open?", "The canteen opens at half past eleven."),
    ("How often are passwords changed?", "Passwords are changed every ninety days."),
    ("What insurance covers the machines?", "The machines are covered by an insurance against fire and water."),
)
"""Questions and what answers each, written for this."""

RIGHT = 0.75
"""The share of the questions to which the answer has to be the nearest sentence: by chance it is an eighth."""


def prove(embedder: Vectorizer) -> Background:
    """→ the usual cosines of questions with sentences that do not answer them.

    Raises:
        BadFile: it is no embedder that could be used; the message says why.
    """
    asked = embedder.encode_queries([question for question, _ in PAIRS])
    said = embedder.encode([answer for _, answer in PAIRS])
    both = np.concatenate([asked, said])
    if both.shape != (2 * len(PAIRS), embedder.identity.dimensions) or not np.isfinite(both).all():
        raise BadFile("This embedder gives no usable vectors.", "Choose another embedder.", str(both.shape), "vectors")
    if not np.allclose(np.linalg.norm(both, axis=1), 1, atol=1e-3):
        raise BadFile(
            "This embedder gives no usable vectors.", "Choose another embedder.", "not of length 1", "vectors"
        )
    cosines = asked @ said.T
    right = float((cosines.argmax(axis=1) == np.arange(len(PAIRS))).mean())
    if right < RIGHT:
        raise BadFile(
            "This is not an embedder for search: it does not put a question nearest to its answer.",
            "Choose an embedder that was trained for search or for sentences.",
            f"{right:.0%} of {len(PAIRS)} questions",
            "meaning",
        )
    return moments(cosines, ~np.eye(len(PAIRS), dtype=bool))
