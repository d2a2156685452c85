"""Why this answer says which documents it was narrowed to, and whether the person or the question's words did."""

from __future__ import annotations

import msgspec
import pytest
from test_flow import Workers, asked

from app.assistant import why
from app.types import AnswerSettings, Filter, LookedAt, SearchTrace, Trace
from app.workers.calls.documents import Searched
from app.workers.message import Data


class Narrowing(Workers):
    """Workers that search with the filter of the call, or else with one that they read from its words."""

    def __call__(self, step: object) -> Data:
        data = super().__call__(step)  # type: ignore[arg-type]
        if isinstance(data, Searched):
            chosen = step.call.filter if step.call.filter.asks else Filter(kinds=("pdf",))  # type: ignore[attr-defined]
            trace = SearchTrace(documents=2, passages=9, candidates=(), filter=chosen)
            return Searched(result=msgspec.structs.replace(data.result, trace=trace))
        return data


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (Filter(), "kind: pdf (understood from your question)"),
        (Filter(folder="2025", since=1_704_067_200.0), "folder: 2025 · from 2024"),
    ],
)
def test_a_trace_keeps_what_was_searched(given: Filter, told: str) -> None:
    trace = asked(Narrowing("The limit is 200 EUR."), filter=given).trace
    assert trace is not None and why.only(trace) == told
    assert why.as_json(trace)["filter"]["kinds"] == trace.filter.kinds


def test_documents_are_named_as_long_as_they_are_there() -> None:
    settings = AnswerSettings(only_from_documents=True, passages=6, temperature=0.2, seed=None)
    looked = LookedAt(passage_id=1, document_id=4, document="Price-List.md", outcome="used")
    trace = Trace(
        asked="q", searched_as="q", documents=1, passages=3, filter=Filter(documents=(4,)), looked_at=(looked,),
        settings=settings,
    )  # fmt: skip
    assert why.only(trace) == "only in Price-List.md"
    gone = msgspec.structs.replace(trace, looked_at=(msgspec.structs.replace(looked, document=""),))
    assert why.only(gone) == "only in A document that was removed"
    assert why.only(msgspec.structs.replace(trace, looked_at=())) == "only in 1 document"
    assert why.only(msgspec.structs.replace(trace, filter=Filter())) == ""
