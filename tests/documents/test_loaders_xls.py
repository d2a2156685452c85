"""Binary workbooks: what calamine reads of them, what is hidden, and files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_office import packed, xlsb

from app.documents.loaders import load
from app.documents.loaders.xls import load_xls, load_xlsb
from app.errors import BadFile
from app.places import Cells

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
SAMPLE = SHARED / "office" / "docling" / "legacy_sample.xls"
shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared office files are not here")


def test_a_binary_workbook_is_rows_under_their_header_in_their_cells(tmp_path: Path) -> None:
    data = xlsb({2: {1: "Item", 2: "Price"}, 3: {1: "Chair", 2: 49.5}, 4: {1: "Table", 2: 120.0}})
    parsed = load_xlsb(data)
    assert parsed.text == "Prices\n\nItem | Price\nChair | 49.5\nTable | 120"
    assert parsed.spots[0].place == Cells("Prices", (2, 3), (3, 4, 5))
    (tmp_path / "x.xlsb").write_bytes(data)
    assert load(str(tmp_path / "x.xlsb")).format == "xlsb"


def test_files_that_are_no_workbook_say_why(tmp_path: Path) -> None:
    def refused(name: str, data: bytes) -> BadFile:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BadFile) as caught:
            load(str(tmp_path / name))
        return caught.value

    assert refused("x.xlsb", packed({"xl/workbook.bin": b"none"})).code in ("damaged", "empty")
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "Workbook\0".encode("utf-16-le")
    assert refused("x.xls", ole).code == "damaged"
    assert refused("x.xls", b"a,b\n1,2").code == "damaged"


@shared
def test_real_workbooks_of_excel_97_are_read() -> None:
    parsed = load(str(SAMPLE))
    assert "Year | Freshwater Ducks\n2019 | 120\n2020 | 135" in parsed.text
    assert parsed.spots[-1].place == Cells("Duck Observations", (2, 3), tuple(range(4, 11)))
    example = load(str(SHARED / "office" / "unstructured" / "tests-example.xls"))
    assert "TF | True/False" in example.text and "Λ" in example.text


@shared
def test_a_hidden_row_of_an_old_workbook_is_left_out_and_said() -> None:
    data = bytearray(SAMPLE.read_bytes())
    row = data.index(b"\x08\x02\x10\x00\x05\x00")  # the ROW record of row 6, 2020
    data[row + 4 + 12] |= 0x20
    parsed = load_xls(bytes(data))
    assert "2020" not in parsed.text and "2021 | 150" in parsed.text
    assert parsed.note == "1 hidden row was left out."


@shared
def test_what_calamine_panics_at_is_refused() -> None:
    data = SAMPLE.read_bytes()
    for size in (600, 2000, len(data) // 2, len(data) - 100):
        with pytest.raises(BadFile):
            load_xls(data[:size])
