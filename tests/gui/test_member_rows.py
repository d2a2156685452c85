"""What lies in a mail or an archive stands behind it in the list, and says where it lies."""

from __future__ import annotations

from app.gui.documents.documents_model import Column, DocumentsModel
from app.gui.documents.row import Row
from app.workers.calls.documents import FileEvent


def test_what_lies_in_a_file_stands_behind_it_and_says_so() -> None:
    model = DocumentsModel()
    paths = ["/in/zebra.md", "/in/offers.zip//b.pdf", "/in/offers.zip//2025/a.docx", "/in/apple.md", "/in/offers.zip"]
    model.merge([Row(path, path.rpartition("/")[2], id=at, status="indexed") for at, path in enumerate(paths)])
    for column in (Column.STATUS, Column.NAME):
        model.sort(column)
        shown = [model.data(model.index(at, Column.NAME), 0) for at in range(len(paths))]
        assert shown == ["apple.md", "offers.zip", "a.docx (in offers.zip)", "b.pdf (in offers.zip)", "zebra.md"]
    model.apply(
        [FileEvent(path="/in/a.eml//b.pdf", status="reading"), FileEvent(path="/in/x/zebra.md", status="waiting")]
    )
    assert [row.folder for row in model.rows()[-2:]] == ["in a.eml", "x"]
    assert model.rows()[model.find("/in/offers.zip//b.pdf").row()].folder == "in offers.zip"
