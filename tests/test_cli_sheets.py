"""`inhouse calculate` with real children: a file that is new, its figure, machine-readable and saved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli import main

pytestmark = pytest.mark.real


def test_a_new_file_is_added_and_calculated_with(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "Fees.csv"
    path.write_text("Badge;Owner;Fee\nB1;Red;1,50 €\nB2;Blue;2,25 €\nB3;Red;4,00 €\n", encoding="utf-8")
    saved = tmp_path / "fees.md"
    assert main(["calculate", "What is the total fee of Red?", str(path), "--export", str(saved)]) == 0
    out, err = capsys.readouterr()
    assert "Sum of “Fee” where “Owner” is “Red”: **5.50 €** [1] [2]" in out
    assert "Badge: B1; Owner: Red; Fee: 1,50 €" in out.replace(" · ", "; ")
    assert 'SELECT SUM("Fee") FROM "Fees.csv" WHERE "Owner" = \'Red\'' in out
    assert "2 of 3 rows went in." in err
    assert "5.50 €" in saved.read_text(encoding="utf-8")
    assert main(["calculate", "How many badges are there?", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (
        said["answer"].startswith("Number of rows: **3**") and said["query"]["sql"] == 'SELECT COUNT(*) FROM "Fees.csv"'
    )
    assert main(["calculate", "How many elephants are there?"]) == 1
    assert "“elephants” is no column and no value of Fees.csv" in capsys.readouterr().err
    assert main(["calculate", "total fee", "--export", "x.odt"]) == 1
