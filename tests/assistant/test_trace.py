"""Why an answer is as it is: what the trace keeps of each road, and how it is said."""

from __future__ import annotations

import msgspec
import pytest
from test_flow import PASSAGES, Workers, asked, passage, reading

from app.assistant import why
from app.assistant.trace import is_older
from app.errors import AppError
from app.types import Answer, Candidate, SearchTrace, Stats
from app.workers.calls.documents import Grounded, Read, Readings, Searched
from app.workers.calls.engine import Chatted
from app.workers.message import Data


class Watched(Workers):
    """Workers that say how the search went and how long they took."""

    more = 2  # candidates beyond the passages that came back

    def __init__(self, text: str = "The limit is 200 EUR.", **more: object) -> None:
        super().__init__(text, **more)  # type: ignore[arg-type]
        self.readings = ()

    def __call__(self, step: object) -> Data:
        data = super().__call__(step)  # type: ignore[arg-type]
        if isinstance(data, Searched):
            shown = [(each.id, each.document_id, each.document, each.page) for each in self.passages]
            extra = [(90 + n, 90, "Canteen.pdf", None) for n in range(self.more)]
            candidates = tuple(
                Candidate(passage_id=id_, document_id=of, document=name, page=page, share=0.5 / n, meaning=0.3 / n)
                for n, (id_, of, name, page) in enumerate([*shown, *extra], 1)
            )
            trace = SearchTrace(documents=21, passages=1604, candidates=candidates)
            return Searched(result=msgspec.structs.replace(data.result, trace=trace, elapsed_ms=300.0))
        if isinstance(data, Readings):
            return msgspec.structs.replace(data, elapsed_ms=400.0)
        if isinstance(data, Chatted):
            stats = Stats(prompt_tokens=90, completion_tokens=89, first_token_ms=1000.0, tokens_per_s=20.0)
            return msgspec.structs.replace(data, stats=stats)
        if isinstance(data, Grounded):
            return msgspec.structs.replace(data, elapsed_ms=60.0)
        return data


def fates(answer: Answer) -> list[tuple[str, int]]:
    assert answer.trace is not None
    return [(each.outcome, each.source) for each in answer.trace.looked_at]


def test_each_passage_has_its_reason() -> None:
    workers = Watched("The limit is 200 EUR. It is a fine rule for the walkers of dogs.", used=3)
    workers.more = 3
    workers.support = [2, None]
    done = asked(workers, passages=4)
    assert fates(done) == [
        ("unneeded", 0), ("used", 1), ("unneeded", 0), ("no_room", 0), ("weaker", 0), ("far", 0), ("far", 0),
    ]  # fmt: skip
    trace = done.trace
    assert trace is not None
    assert (trace.asked, trace.documents, trace.passages, trace.read, trace.used) == (
        "What is the limit of the rule?", 21, 1604, 4, 1,
    )  # fmt: skip
    assert (trace.wording, trace.statements) == ("model", 2)
    assert (trace.search_ms, trace.read_ms, trace.write_ms, trace.check_ms) == (300.0, 1400.0, 4400.0, 60.0)
    assert trace.settings.context == 8192 and trace.settings.passages == 4


def test_what_the_reader_found_is_kept_with_its_chance() -> None:
    workers = Watched()
    workers.readings = (reading(2, "200 EUR", 0.9), reading(3, "300 EUR", 0.3), reading(3, "rule", 0.1))
    done = asked(workers, small=True)
    assert fates(done)[:4] == [("no_answer", 0), ("used", 1), ("no_answer", 0), ("no_answer", 0)]
    trace = done.trace
    assert trace is not None and [each.chance for each in trace.looked_at[:5]] == [0.0, 0.9, 0.3, 0.0, None]
    assert (trace.wording, trace.statements, trace.read, trace.settings.context) == ("documents", 0, 4, 0)
    assert "not asked for this answer" in why.report(done) and "model added nothing" in why.report(done)


def test_an_older_edition_and_a_repetition_are_told_apart() -> None:
    best = "The hotel limit in Munich is 165 EUR per night."
    names = ("Policy-2026.pdf", "Policy-2025.pdf", "Guide.docx", "Rates.pdf")
    texts = (best, best, f"For all trips: {best} Book early.", "The hotel limit in Bremen is 110 EUR per night.")
    workers = Watched(best)
    workers.passages = tuple(
        msgspec.structs.replace(passage(n, 0.9, text), document=name, best=(0, len(text)))
        for n, (name, text) in enumerate(zip(names, texts, strict=True), 1)
    )
    workers.support = [1]
    assert fates(asked(workers))[:4] == [("used", 1), ("older", 1), ("same", 1), ("unneeded", 0)]


@pytest.mark.parametrize(
    ("name", "other", "older"),
    [
        ("Travel-Policy-2025.pdf", "Travel-Policy-2026.pdf", True),
        ("Travel-Policy-2026.pdf", "Travel-Policy-2025.pdf", False),
        ("2025 prices.xlsx", "2026 prices.docx", True),
        ("Manual_v2.pdf", "Manual_v10.pdf", True),
        ("Spec rev 1.2.pdf", "Spec rev 1.10.pdf", True),
        ("Minutes-2025-11-03.docx", "Minutes-2026-01-12.docx", False),
        ("Invoice-1001.pdf", "Invoice-1002.pdf", False),
        ("Policy.pdf", "Policy.pdf", False),
        ("Policy.pdf", "Policy-2026.pdf", False),
        ("Report-2025-v2.pdf", "Report-2026-v1.pdf", True),
    ],
)
def test_only_a_year_or_a_version_makes_an_edition(name: str, other: str, older: bool) -> None:
    assert is_older(name, other) is older


def test_words_of_the_model_that_did_not_hold_are_said_to_be_replaced() -> None:
    done = asked(Watched("The limit is 999 EUR. I am sure."))
    assert done.trace is not None and done.trace.wording == "documents"
    assert "did not hold" in why.report(done)
    assert fates(done)[:2] == [("used", 1), ("used", 2)]


def test_what_was_not_found_has_a_trace_too() -> None:
    done = asked(Watched(found=False))
    assert done.not_found and done.trace is not None
    assert (done.trace.wording, done.trace.used, done.trace.write_ms) == ("none", 0, 0.0)
    assert "No passage answers" in why.report(done)


def test_without_documents_there_is_nothing_to_trace() -> None:
    done = asked(Watched(), collections=None)
    assert done.trace is None and why.report(done) == ""


def test_a_reader_that_fails_leaves_the_rest_of_the_trace() -> None:
    workers = Watched("The limit is 200 EUR.")
    workers.fail[Read] = AppError("The reader could not be loaded.")
    workers.support = [2]
    done = asked(workers)
    assert done.trace is not None and done.trace.looked_at[1].outcome == "used"
    assert done.trace.read_ms == 1000.0 and done.trace.looked_at[1].chance is None


def test_the_report_says_all_of_it_in_plain_words() -> None:
    workers = Watched("The limit is 200 EUR. It is a fine rule for the walkers of dogs.")
    workers.support = [2, None]
    text = why.report(asked(workers))
    for line in (
        "What was searched: HR, 21 documents",
        "  1,604 passages, 6 looked at, 4 read, 1 used",
        "  [1] 2.pdf, page 2: words 0.25, meaning 0.15, answers it 0.00",
        "  3.pdf, page 3: Read, but no sentence of the answer needs it (words 0.17, meaning 0.10, answers it 0.00)",
        "  1 of 2 statements are in a passage",
        "  In no passage, the model added it: “It is a fine rule for the walkers of dogs.”",
        "  Only from documents, 6 passages",
        "  Context 8k, temperature 0.20, random seed",
        "Time: 6.2 s",
        "  Checking: 0.1 s",
    ):
        assert line in text.split("\n")


def test_no_text_of_a_passage_is_in_the_trace() -> None:
    workers = Watched("The limit is 200 EUR.")
    workers.support = [2]
    stored = msgspec.json.encode(asked(workers).trace)
    assert not any(each.text.encode() in stored for each in PASSAGES)
    assert msgspec.json.decode(stored)["looked_at"][0]["document"] == "1.pdf"
