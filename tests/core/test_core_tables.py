"""Tables in the core: rows are kept and told one by one, and a table goes on after a pause, a stop and a dead core."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from core_world import CoreWorld, TestDoor
from openpyxl import load_workbook

from app.core.calls import tables as c
from app.extraction.records import Cell
from app.text.fields.field import make_field
from app.types import Document, Passage
from app.workers.calls.documents import (
    Documents,
    FieldFound,
    FieldsRead,
    Forgotten,
    ListDocuments,
    ListTombstones,
    ReadFields,
    Remove,
    Removed,
    Tombstones,
)
from app.workers.message import Done

NOTICE = make_field("Notice period")
MONTHS = {1: "one month", 2: "two months", 3: "three months"}


class World:
    """A core whose documents process holds three documents."""

    def __init__(self, core: CoreWorld | None = None) -> None:
        self.core = core or CoreWorld()
        self.door = self.core.door()

    def run(self, **more: Any) -> int:
        return self.door.call(c.RunTable(**{"name": "Terms", "collection_id": 4, "fields": (NOTICE,), **more}))

    def list_documents(self, *ids: int) -> None:
        self.core.documents.last(ListDocuments).finish(Documents(documents=tuple(document(each) for each in ids)))
        self.turn()

    def turn(self) -> None:
        self.core.clock.pass_time(0.01)

    def asked(self) -> list[int]:
        return [job.call.document_id for job in self.core.documents.waiting(ReadFields)]

    def answer(self, text: str | None = None) -> int:
        """Answer the document that is asked; → its id."""
        job = self.core.documents.last(ReadFields)
        id_ = job.call.document_id
        job.finish(FieldsRead(fields=(found(id_, MONTHS[id_] if text is None else text),)))
        self.turn()
        return id_

    def told(self, kind: type, door: TestDoor | None = None) -> list[Any]:
        return [each for each in (door or self.door).events() if isinstance(each, kind)]

    def read(self, table_id: int = 1) -> c.TableRead:
        return self.door.result(self.door.call(c.ReadTable(table_id=table_id)))  # type: ignore[no-any-return]

    def values(self) -> dict[str, str]:
        return {row.document: row.cells.get(NOTICE.key, Cell()).shown for row in self.read().rows}


def document(id_: int) -> Document:
    return Document(
        id=id_, collection_id=4, collection="C", name=f"{id_}.pdf", path=f"/f/{id_}.pdf", format="pdf", bytes=9,
        status="indexed", pages=3, passages=3, indexed_at=1.0,
    )  # fmt: skip


def found(document_id: int, text: str) -> FieldFound:
    if not text:
        return FieldFound(key=NOTICE.key)
    said = f"The notice period is {text}."
    passage = Passage(
        id=9, document_id=document_id, document=f"{document_id}.pdf", path=f"/f/{document_id}.pdf", collection="C",
        page=2, start=0, end=len(said), text=said, best=(0, len(said)),
    )  # fmt: skip
    return FieldFound(key=NOTICE.key, text=text, passage=passage, chance=0.97)


def test_a_window_is_answered_at_once_and_every_door_hears_each_row() -> None:
    world = World()
    other = world.core.door()
    begun = world.run()
    assert world.door.result(begun).table.phase == "running"
    world.list_documents(1, 2, 3)
    for n in (1, 2, 3):
        assert world.answer() == n
        assert world.told(c.RowFilled, other)[-1].row.document_id == n
    assert world.told(c.TableMoved, other)[-1].table.phase == "done"
    assert world.values() == {"1.pdf": "one month", "2.pdf": "two months", "3.pdf": "three months"}


def test_a_command_waits_for_the_end_and_sees_what_comes() -> None:
    world = World()
    waiting = world.run(wait=True)
    world.list_documents(1)
    assert world.door.end(waiting) is None
    world.answer("")
    read = world.door.result(waiting)
    assert read.rows[0].cells[NOTICE.key].state == "not_stated"
    assert any(isinstance(each, c.RowFilled) for each in world.door.events(waiting))


def test_asked_again_only_what_is_new_or_changed_is_read() -> None:
    world = World()
    world.run()
    world.list_documents(1, 2)
    world.answer(), world.answer()
    world.run()
    world.list_documents(1, 2, 3)
    world.turn(), world.turn()
    assert world.asked() == [3]
    world.answer()
    assert world.read().table.phase == "done" and len(world.read().rows) == 3
    world.run(fields=(NOTICE, make_field("Start date")))
    world.list_documents(1, 2, 3)
    job = world.core.documents.last(ReadFields)
    assert [field.name for field in job.call.fields] == ["Start date"]


def test_a_correction_is_kept_when_the_document_is_read_again_and_can_be_taken_back() -> None:
    world = World()
    world.run()
    world.list_documents(1)
    world.answer()
    correct = c.CorrectCell(table_id=1, document_id=1, key=NOTICE.key, text="four months")
    assert world.door.result(world.door.call(correct)).row.cells[NOTICE.key].state == "by_hand"
    world.run()
    world.core.documents.last(ListDocuments).finish(
        Documents(documents=(Document(**{**as_dict(document(1)), "indexed_at": 2.0}),))
    )
    world.turn()
    assert not world.asked() and world.values() == {"1.pdf": "four months"}
    world.door.call(c.CorrectCell(table_id=1, document_id=1, key=NOTICE.key, text=None))
    assert world.values() == {"1.pdf": "one month"}
    refused = world.door.end(world.door.call(c.CorrectCell(table_id=1, document_id=7, key=NOTICE.key, text="x")))
    assert refused is not None and refused.error is not None


def as_dict(made: Document) -> dict[str, Any]:
    return {name: getattr(made, name) for name in made.__struct_fields__}


def test_pause_holds_the_next_document_and_resume_goes_on() -> None:
    world = World()
    world.run()
    world.list_documents(1, 2)
    world.door.call(c.PauseTable(table_id=1))
    world.answer()
    assert not world.asked() and world.read().table.phase == "paused"
    assert not world.core.core.busy, "a paused table waits on disk"
    world.door.call(c.ResumeTable(table_id=1))
    assert world.asked() == [2]
    world.answer()
    assert world.read().table.phase == "done"


def test_stop_keeps_what_is_through_and_a_leaving_command_interrupts() -> None:
    world = World()
    world.run()
    world.list_documents(1, 2)
    world.answer()
    world.door.call(c.StopTable(table_id=1))
    assert world.read().table.phase == "interrupted" and world.values() == {"1.pdf": "one month"}
    command = world.core.door()
    asked = command.call(c.RunTable(table_id=1, wait=True))
    world.list_documents(1, 2)
    world.turn()
    assert world.asked()[-1:] == [2]
    command.leave()
    assert world.read().table.phase == "interrupted" and command.end(asked) is not None


def test_a_core_that_dies_loses_no_row_and_the_next_one_goes_on() -> None:
    world = World()
    world.run()
    world.list_documents(1, 2, 3)
    world.answer(), world.answer()
    told = {each.row.document_id for each in world.told(c.RowFilled)}
    world.core.core.store.close()  # and nothing else: it was killed
    again = World(CoreWorld(world.core.home))
    read = again.read()
    assert read.table.phase == "interrupted" and {row.document_id for row in read.rows} >= told == {1, 2}
    again.door.call(c.RunTable(table_id=1))
    again.list_documents(1, 2, 3)
    again.turn(), again.turn()
    assert again.asked() == [3]


def test_a_removed_document_goes_from_the_table_also_while_it_is_read() -> None:
    world = World()
    world.run()
    world.list_documents(1, 2)
    world.answer()
    removing = world.door.call(Remove(ids=(1, 2)))
    world.core.documents.last(Remove).finish(Removed(documents=2, passages=3, traces=0, ids=(1, 2)))
    world.core.documents.last(ListTombstones).finish(Tombstones(ids=(1, 2)))
    world.core.documents.last(Forgotten).finish(Done())
    assert world.door.result(removing).documents == 2
    world.answer()  # the second one was being read
    assert world.read().rows == () and world.read().table.phase == "done"


def test_a_removed_collection_takes_its_table_along_while_it_is_filled() -> None:
    world = World()
    world.run()
    world.list_documents(1)
    world.core.core.tables.forget((), (4,))
    assert world.told(c.TableGone)[-1].table_id == 1
    assert world.door.result(world.door.call(c.ListTables())).tables == ()


def test_a_thousand_known_documents_are_passed_over_without_depth() -> None:
    world = World()
    for _ in range(2):
        world.run()
        world.core.documents.last(ListDocuments).finish(Documents(documents=tuple(document(n) for n in range(1, 1001))))
        world.turn()
        while world.asked():
            job = world.core.documents.last(ReadFields)
            job.finish(FieldsRead(fields=(FieldFound(key=NOTICE.key),)))
            world.core.clock.pass_time(0.001)
        world.core.clock.pass_time(1.0)
        assert world.read().table.phase == "done"
    assert len(world.read().rows) == 1000


def test_a_table_under_way_is_not_begun_twice_and_nothing_to_ask_is_refused() -> None:
    world = World()
    world.run()
    for refused in (world.run(), world.run(name="Other", fields=())):
        end = world.door.end(refused)
        assert end is not None and end.error is not None


def test_templates_are_listed_kept_and_deleted() -> None:
    world = World()
    keep = world.door.call(c.KeepTemplate(name=" Leases ", fields=(NOTICE,)))
    assert world.door.result(keep).templates[0].name == "Leases"
    left = world.door.result(world.door.call(c.DeleteTemplate(key="leases"))).templates
    assert {each.key for each in left} == {"contracts", "invoices", "cvs", "certificates"}


@pytest.mark.parametrize("suffix", [".xlsx", ".md"])
def test_export_writes_the_chosen_rows_in_their_order_with_links(suffix: str, tmp_path: Path) -> None:
    world = World()
    world.run()
    world.list_documents(1, 2)
    world.answer(), world.answer()
    path = tmp_path / f"terms{suffix}"
    world.door.result(world.door.call(c.ExportTable(table_id=1, path=str(path), documents=(2, 1))))
    if suffix == ".md":
        assert path.read_text(encoding="utf-8").index("2.pdf") < path.read_text(encoding="utf-8").index("1.pdf")
        return
    sheet = load_workbook(path).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]] == ["2.pdf", "two months", "page 2: The notice period is two months."]
    assert sheet.cell(2, 2).hyperlink.target.endswith("/f/2.pdf#page=2") or sheet.cell(2, 2).hyperlink.location
    wrong = world.door.end(world.door.call(c.ExportTable(table_id=1, path=str(tmp_path / "terms.pdf"))))
    assert wrong is not None and wrong.error is not None and ".xlsx" in wrong.error.hint


def test_a_template_of_ones_own_is_renamed_with_its_fields_and_never_over_another() -> None:
    world = World()
    for name in ("Leases", "Rents"):
        world.door.call(c.KeepTemplate(name=name, fields=(NOTICE,)))
    renamed = world.door.result(world.door.call(c.KeepTemplate(name="Tenancies", key="leases")))
    own = [each for each in renamed.templates if each.own]
    assert [(each.key, each.name) for each in own] == [("rents", "Rents"), ("tenancies", "Tenancies")]
    assert own[1].fields == (NOTICE,)
    for name, key in (("Rents", "tenancies"), ("Contracts", "tenancies"), ("Other", "contracts"), (" ", "rents")):
        refused = world.door.end(world.door.call(c.KeepTemplate(name=name, key=key)))
        assert refused is not None and refused.error is not None, (name, key)
    gone = world.door.end(world.door.call(c.DeleteTemplate(key="contracts")))
    assert gone is not None and gone.error is not None, "what comes along stays, and that is said"


def test_a_table_without_a_name_has_that_of_its_template_or_is_refused() -> None:
    world = World()
    named = world.door.result(world.run(name="  ", template="contracts"))
    assert named.table.name == "Contracts"
    refused = world.door.end(world.run(name=" "))
    assert refused is not None and refused.error is not None and "needs a name" in refused.error.message
