"""`inhouse ask` with a company's server: its model drafts a query where the rules cannot, and never the figure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openai_server import MODEL, Play, serving

from app.cli import main

pytestmark = pytest.mark.real
DRAFT = {
    "words": {"bring": "Amount"}, "operation": "sum", "column": "Amount", "group": "", "order": "", "limit": 0,
    "conditions": [{"column": "Seller", "operator": "is", "value": "Anna"}],
}  # fmt: skip


def test_a_larger_models_draft_is_calculated_and_a_wrong_one_given_back(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, key = tmp_path / "Deals.csv", tmp_path / "key"
    path.write_text("Seller;Amount\nAnna;1,50 €\nBen;2,25 €\nAnna;4,00 €\n", encoding="utf-8")
    with serving(Play(words=[json.dumps(DRAFT)])) as play:
        key.write_text(play.key)
        adding = ["models", "add-server", play.address, "--model", MODEL, "--name", "Large", "--key-file", str(key)]
        assert main(adding) == 0
        assert main(["models", "use", "Large"]) == 0
        assert main(["add", str(path)]) == 0
        capsys.readouterr()
        assert main(["ask", "How much did Anna bring in?"]) == 0
        said = capsys.readouterr()
        assert "Sum of “Amount” where “Seller” is “Anna”: **5.50 €** [1] [2]" in said.out
        assert '"operation"' not in said.out, "what the model writes is not the answer"
        assert "The model drafted the query" in said.err and "It took “bring” as “Amount”." in said.err
        asked = play.bodies[-1]
        assert asked["response_format"]["json_schema"]["schema"]["properties"]["operation"]
        assert "4,00" not in json.dumps(asked["messages"], ensure_ascii=False)

        before = len(play.bodies)
        play.words = [json.dumps(DRAFT | {"operation": "average"})]
        main(["ask", "How much did Anna bring in?"])
        said = capsys.readouterr()
        assert "It could not be calculated over Deals.csv." in said.err
        assert "Tried: Average of “Amount” where “Seller” is “Anna”." in said.err
        drafts = [body for body in play.bodies[before:] if "response_format" in body]
        assert len(drafts) == 3 and "does not fit" in drafts[-1]["messages"][-1]["content"]
