"""The use cases of a run as generators: what they ask of whom, in which order, without a process or a core."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import fake_run
import msgspec
import pytest

from app.embedder.readers import TaughtReader
from app.errors import AppError
from app.finetune import cases, wishes
from app.finetune.author import Author
from app.finetune.cases import Steps, TooLarge
from app.finetune.machine import Gathered
from app.finetune.measured import Measured
from app.finetune.own import as_examples, of_earlier_runs, read_questions
from app.finetune.plan import ReaderStart
from app.finetune.review import ReviewList
from app.finetune.runs import Run, Runs
from app.finetune.sources import Rated
from app.finetune.wizard import OwnQuestion, Wizard
from app.runtimes import CardShare, Placed
from app.text.model_text import Print
from app.types import Document, InstalledModel, Message, ModelInfo, SearchResult
from app.workers.calls.documents import Documents, DocumentText, ListDocuments, ReadText, Search, Searched
from app.workers.message import Done
from trainer.prepare.files import read_file
from trainer.spec import Checked, Example, Found, TextDocument, read_lines

BASE = InstalledModel(id="starter", name="SmolLM2 135M", path="base.gguf", file_bytes=1)
FITS = Measured(fits=True, memory_bytes=1, memory_available=2)
TIGHT = Measured(fits=False, memory_bytes=11, memory_available=10, disk_available=1)


class Played:
    """Drives a use case: does what it wants of the disk, and answers the rest from a table."""

    def __init__(self, wizard: Wizard, answers: dict[type, Callable[[Any], Any]]) -> None:
        self.wizard = wizard
        self.asked: list[str] = []
        self._answers: dict[type, Callable[[Any], Any]] = {
            wishes.Work: lambda call: call.do(),
            wishes.Keep: self._keep,
            wishes.LaunchTrainer: lambda _: Done(),
            wishes.CheckData: lambda _: Checked(),
            wishes.PauseChat: lambda _: Done(),
            **answers,
        }

    def _keep(self, call: wishes.Keep) -> Done:
        self.wizard = call.change(self.wizard)
        return Done()

    def run(self, steps: Steps[Any]) -> Any:
        """To its end; errors of the table are thrown in."""
        try:
            step = next(steps)
            while True:
                self.asked.append(f"{step.role}: {type(step.call).__name__}")
                try:
                    said = self._answers[type(step.call)](step.call)
                except AppError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(said)
        except StopIteration as end:
            return end.value


class Said:
    """Chats with one rated answer and one conversation."""

    def rated(self) -> Sequence[Rated]:
        return [Rated(id=1, history=(), question="How long?", answer="Ten years.", up=False, corrected="A year.")]

    def prints(self) -> Sequence[Print]:
        return [Print(1, 0.0, b"1234")]

    def messages(self, chat_id: int) -> Sequence[Message]:
        return (Message("user", "How long?"), Message("assistant", "Ten years."), Message("user", "Sure?"),
                Message("assistant", "One year."))  # fmt: skip


def documents(*names: str) -> dict[type, Callable[[Any], Any]]:
    rows = tuple(
        Document(id=n, collection_id=1, collection="Travel", name=name, path=f"/x/{name}", format="md", bytes=9,
                 status="failed" if name == "broken" else "indexed")
        for n, name in enumerate(names, 1)
    )  # fmt: skip
    return {
        ListDocuments: lambda _: Documents(documents=rows),
        ReadText: lambda call: DocumentText(name=names[call.document_id - 1], format="md", text="Words.", pages=()),
    }


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return fake_run.make_run(tmp_path / "runs")


def file_of(run: Run) -> str:
    """A person's file of questions, beside the runs."""
    path = run.folder.parents[1] / "a.csv"
    path.write_text("question,answer\nHow long?,3 days\n")
    return str(path)


def test_what_is_reviewed_is_learned_whatever_becomes_of_the_file(run: Run) -> None:
    wizard = msgspec.structs.replace(run.load(), files=(file_of(run),), goal="teach", step="data")
    Played(wizard, {}).run(cases.prepare(run, wizard, BASE, Runs(run.folder.parent), Said(), Gathered(), Author()))
    assert run.spec is not None
    (kept,) = run.spec.data.inputs
    Path(wizard.files[0]).unlink()
    assert kept.name == "a.csv" and Path(kept.path).name == "a.csv" and "How long?" in Path(kept.path).read_text()


def test_a_file_that_is_gone_or_a_folder_is_said_before_anything_is_made(run: Run, tmp_path: Path) -> None:
    for path, said in ((tmp_path / "gone.csv", "is no longer there"), (tmp_path, "is a folder")):
        wizard = msgspec.structs.replace(run.load(), files=(str(path),), goal="teach", step="data")
        played = Played(wizard, {})
        with pytest.raises(AppError, match=said):
            played.run(cases.prepare(run, wizard, BASE, Runs(run.folder.parent), Said(), Gathered(), Author()))
        assert played.wizard.step == "data" and "trainer: LaunchTrainer" not in played.asked


def test_a_collection_is_gathered_document_by_document(run: Run) -> None:
    wizard = msgspec.structs.replace(run.load(), collections=(1,), files=(file_of(run),), goal="teach", step="data")
    played, gathered = Played(wizard, documents("a.md", "broken", "b.md")), Gathered()
    played.run(cases.prepare(run, wizard, BASE, Runs(run.folder.parent), Said(), gathered, Author()))
    assert (gathered.done, gathered.total) == (2, 2), "one that failed to be read is not waited for"
    assert played.wizard.step == "review" and played.asked[-1] == "trainer: LaunchTrainer"
    spec = run.spec
    assert spec is not None and [(each.kind, each.name) for each in spec.data.inputs] == [
        ("file", "a.csv"), ("documents", "Travel"),
    ]  # fmt: skip
    assert [row.name for row in read_lines(Path(spec.data.inputs[1].path), TextDocument)] == ["a.md", "b.md"]


@pytest.mark.parametrize(
    ("goal", "kinds"),
    [("teach", ["file", "feedback", "chats", "documents"]), ("read", ["documents"]), ("prefer", ["file", "feedback"]),
     ("classify", ["file"]), ("search", ["file", "documents"]), ("scratch", ["file", "documents"])],
)  # fmt: skip
def test_a_goal_takes_what_it_can_use(run: Run, goal: Any, kinds: list[str]) -> None:
    wizard = Wizard(id=run.id, goal=goal, collections=(1,), files=(file_of(run),), chats=(4,), thumbs=True)
    played = Played(wizard, documents("a.md"))
    inputs = played.run(cases.gather(run, wizard, Said(), Gathered()))
    assert [each.kind for each in inputs] == kinds
    if goal == "teach":
        chats = (run.folder / "inputs" / "chats.jsonl").read_text()
        assert "One year." in chats and chats.count("\n") == 1, "what a person disliked is not offered"


def test_nothing_to_learn_from_leads_back_to_choosing(run: Run) -> None:
    wizard = Wizard(id=run.id, step="data", collections=(1,))
    played = Played(wizard, documents())
    with pytest.raises(AppError, match="nothing to learn from"):
        played.run(cases.prepare(run, wizard, BASE, Runs(run.folder.parent), Said(), Gathered(), Author()))
    assert played.wizard.step == "data" and "trainer: LaunchTrainer" not in played.asked


def test_what_the_goal_cannot_learn_from_leads_back_to_choosing(run: Run) -> None:
    wizard = Wizard(id=run.id, step="data", goal="classify", files=(file_of(run),))
    refused = Checked(message="“a.csv” holds no text with a label.", hint="Name the columns.")
    played, before = Played(wizard, {wishes.CheckData: lambda _: refused}), run.spec
    with pytest.raises(AppError, match="holds no text with a label"):
        played.run(cases.prepare(run, wizard, BASE, Runs(run.folder.parent), Said(), Gathered(), Author()))
    assert played.wizard.step == "data" and "trainer: LaunchTrainer" not in played.asked
    assert run.spec == before and not (run.folder / cases.CHECK).exists(), "the run is as it was"


CHAT = ModelInfo(
    path="m.gguf", name="M", architecture="llama", quantization="Q4_1", parameters=1, file_bytes=1, context=1,
    context_trained=1, backend="CPU", device="test", gpu_layers=0, layers=1, has_template=True, load_ms=1.0,
    memory_bytes=5,
)  # fmt: skip


def trained(run: Run, review: ReviewList, measured: Measured, **more: Any) -> tuple[Played, TooLarge | None]:
    answers: dict[type, Callable[[Any], Any]] = {
        wishes.PlanTraining: lambda _: measured,
        wishes.Approve: lambda call: review.decide(call.ids, "approve"),
    }
    played = Played(run.load(), answers)
    more = {"chat": None, "pause_chat": False, **more}
    return played, played.run(cases.train(run, review, more.pop("chat"), **more))


def test_the_chat_is_paused_only_where_both_do_not_fit_and_the_person_agrees(run: Run) -> None:
    fake_run.prepare(run)
    review = ReviewList(run.folder)
    played, refused = trained(run, review, TIGHT, chat=CHAT)
    assert refused == TooLarge(TIGHT, possible=True) and not run.reviewed
    assert played.asked == ["desk: Approve", "trainer: PlanTraining"]
    played, refused = trained(run, review, TIGHT)
    assert refused == TooLarge(TIGHT, possible=False), "nothing would be freed"
    played, refused = trained(run, review, TIGHT, chat=CHAT, pause_chat=True)
    assert refused is None and run.reviewed and played.wizard.chat_paused and played.wizard.step == "train"
    assert played.asked == [
        "trainer: PlanTraining", "desk: Keep", "desk: PauseChat", "disk: Work", "trainer: LaunchTrainer",
    ]  # fmt: skip
    played, refused = trained(run, review, TIGHT, chat=CHAT, pause_chat=True, known=FITS)
    assert refused is None and "desk: PauseChat" not in played.asked and "trainer: PlanTraining" not in played.asked


def test_a_chat_elsewhere_gives_a_card_nothing_back() -> None:
    """The figures are those of the device that trains."""
    on_card = msgspec.structs.replace(TIGHT, device="RTX", on_card=True)
    assert on_card.freed_by(CHAT) == 0 and on_card.fit(on_card.freed_by(CHAT)) == "too large"
    share = CardShare(card=0, name="RTX", layers=2, bytes=4, total=12)
    there = msgspec.structs.replace(CHAT, placed=Placed(shares=(share,), cards=1))
    assert on_card.freed_by(there) == 4 and on_card.fit(4) == "without the chat"
    assert TIGHT.freed_by(there) == 1, "what is not on the card is in ordinary memory"


def test_nothing_trains_where_everything_was_rejected(run: Run) -> None:
    fake_run.prepare(run)
    review = ReviewList(run.folder)
    review.decide([entry.example.id for entry in review.entries], "reject")
    with pytest.raises(AppError, match="Nothing is approved"):
        trained(run, review, FITS)


def test_labels_that_are_none_are_refused_before_it_is_measured(run: Run) -> None:
    spec = run.spec
    assert spec is not None
    run.write_spec(msgspec.structs.replace(spec, recipe="classify"))
    fake_run.prepare(run)
    review = ReviewList(run.folder)
    review.decide(["e0"], "approve")
    with pytest.raises(AppError, match="1 different labels"):
        trained(run, review, FITS)


def test_a_folder_of_folders_names_the_labels(run: Run, tmp_path: Path) -> None:
    for label, text in (("invoices", "Please pay 30 €."), ("orders", "Three pumps."), ("orders", "Two valves.")):
        (tmp_path / "mails" / label).mkdir(parents=True, exist_ok=True)
        (tmp_path / "mails" / label / f"{text[:3]}.txt").write_text(text)
    wizard = msgspec.structs.replace(run.load(), goal="classify", files=(str(tmp_path / "mails"),))
    Played(wizard, {}).run(cases.prepare(run, wizard, BASE, Runs(run.folder.parent), Said(), Gathered(), Author()))
    assert run.spec is not None
    (made,) = run.spec.data.inputs
    rows = read_file(Path(made.path))
    assert [(e.question, e.answer) for e in rows.examples] == [
        ("Please pay 30 €.", "invoices"), ("Three pumps.", "orders"), ("Two valves.", "orders"),
    ]  # fmt: skip
    empty = msgspec.structs.replace(wizard, files=(str(tmp_path / "mails" / "orders"),))
    with pytest.raises(AppError, match="at least two folders"):
        Played(empty, {}).run(cases.prepare(run, empty, BASE, Runs(run.folder.parent), Said(), Gathered(), Author()))


def test_reading_from_files_alone_is_refused_before_anything_begins(run: Run) -> None:
    wizard = msgspec.structs.replace(run.load(), goal="read", files=(file_of(run),))
    with pytest.raises(AppError, match="no text to read"):
        Played(wizard, {}).run(cases.prepare(run, wizard, BASE, Runs(run.folder.parent), Said(), Gathered(), Author()))


def test_own_questions_reach_the_exam_and_no_input(run: Run) -> None:
    own = (OwnQuestion("how long off when I marry", "2 days"), OwnQuestion("and what of my cat"))
    wizard = msgspec.structs.replace(run.load(), files=(file_of(run),), own=own)
    run.save(wizard)
    Played(wizard, {}).run(cases.prepare(run, wizard, BASE, Runs(run.folder.parent), Said(), Gathered(), Author()))
    assert run.spec is not None and [each.name for each in run.spec.data.inputs] == ["a.csv"]
    asked = list(read_lines(Path(run.spec.data.own), Example))
    assert [(e.question, e.answer, e.held_out) for e in asked] == [
        ("how long off when I marry", "2 days", True), ("and what of my cat", "", True),
    ]  # fmt: skip
    fake_run.make_run(run.folder.parent)
    assert of_earlier_runs(Runs(run.folder.parent)) == own, "kept for the next round"
    sorted_ = msgspec.structs.replace(wizard, goal="classify")
    Played(sorted_, {}).run(cases.prepare(run, sorted_, BASE, Runs(run.folder.parent), Said(), Gathered(), Author()))
    assert run.spec.data.own == ""


THREE_DAYS = OwnQuestion("How long?", "3 days")


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.txt", "How long? | 3 days\n\n  And who?\n", (THREE_DAYS, OwnQuestion("And who?"))),
        ("a.csv", "Question;Answer\nHow long?;3 days\n", (THREE_DAYS,)),
        ("headless.csv", "How long?,3 days\n", (THREE_DAYS,)),
        ("german.csv", "Frage;Antwort\r\nHow long?;3 days\r\n", (THREE_DAYS,)),
        ("lines.csv", 'question,answer\n"How\nlong?",3 days\n', (THREE_DAYS,)),
        ("excel.txt", "Dürfen wir?|3 Tage\r\n".encode("cp1252"), (OwnQuestion("Dürfen wir?", "3 Tage"),)),
        ("notepad.txt", "Dürfen wir?|3 Tage\r\n".encode("utf-16"), (OwnQuestion("Dürfen wir?", "3 Tage"),)),
        ("twice.txt", "How long?\nhow  long ?|3 days\nHow long?|4 days\n", (OwnQuestion("how long ?", "3 days"),)),
        ("other.txt", "报销期限是多久？|30天\n", (OwnQuestion("报销期限是多久？", "30天"),)),
    ],
)  # fmt: skip
def test_own_questions_are_read_from_a_file(
    tmp_path: Path, name: str, content: str | bytes, found: tuple[OwnQuestion, ...]
) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert read_questions(tmp_path / name) == found


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("\n", "no question"),
        ("".join(f"question {n}?\n" for n in range(51)), "51 questions"),
        (None, "There is no file"),
        ("How long?\n???|!!\n", "“[?]{3}” in “q.txt” is no question"),
        ('{"question": "How long?"}\n', "is no question"),
        ("PK\x03\x04\0\0", "cannot be read as text"),
        ("x" * 2000, "longer than 1,000"),
        ("a?\n" * (1 << 20), "too large"),
    ],
)
def test_a_file_without_own_questions_says_what_to_do(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "q.txt").write_text(content)
    with pytest.raises(AppError, match=said) as error:
        read_questions(tmp_path / "q.txt")
    assert error.value.hint


def test_what_is_asked_twice_counts_once_in_the_exam() -> None:
    asked = as_examples([THREE_DAYS, OwnQuestion("How long"), OwnQuestion("Who?"), THREE_DAYS])
    assert [(each.question, each.answer) for each in asked] == [("How long?", "3 days"), ("Who?", "")]


def test_a_new_training_forgets_what_came_of_the_old_one(run: Run) -> None:
    fake_run.prepare(run)
    run.save(msgspec.structs.replace(run.load(), installed="ab12", went_back=True, kept_old=True))
    played, _ = trained(run, ReviewList(run.folder), FITS)
    wizard = played.wizard
    assert (wizard.installed, wizard.went_back, wizard.kept_old) == ("", False, False)


def test_what_came_out_is_listed_under_its_new_id(run: Run, tmp_path: Path) -> None:
    fake_run.prepare(run)
    fake_run.finish(run)
    listed: list[InstalledModel] = []

    def list_model(call: wishes.ListModel) -> InstalledModel:
        listed.append(msgspec.structs.replace(call.model, id="ab12", name="Larkfield Assistant 2"))
        return listed[-1]

    played = Played(run.load(), {wishes.ListModel: list_model})
    model = played.run(cases.install(run, run.load(), tmp_path / "models", BASE))
    assert model == listed[0] and model.lineage["base"] == "SmolLM2 135M" and Path(model.path).exists()
    assert (played.wizard.installed, played.wizard.name) == ("ab12", "Larkfield Assistant 2")


def test_teaching_the_search_asks_what_search_finds_for_every_question_that_is_not_left_out(run: Run) -> None:
    fake_run.prepare(run)
    run.save(msgspec.structs.replace(run.load(), goal="search", collections=(7,)))
    run.write_spec(msgspec.structs.replace(run.spec, recipe="search"))  # type: ignore[type-var]
    review = ReviewList(run.folder)
    first, *_ = review.entries
    review.decide([first.example.id], "reject")
    asked: list[Search] = []

    def found(call: Search) -> Searched:
        asked.append(call)
        return Searched(result=SearchResult(passages=(), found=False, elapsed_ms=1.0))

    played = Played(run.load(), {Search: found, wishes.PlanTraining: lambda _: FITS, wishes.Approve: lambda _: Done()})
    review.decide([entry.example.id for entry in review.entries[1:3]], "approve")
    assert played.run(cases.train(run, review, None, pause_chat=False)) is None
    rows = list(read_lines(run.folder / "inputs" / "found.jsonl", Found))
    wanted = [e.example.id for e in review.entries if e.state != "rejected" and not e.example.excluded]
    assert [row.id for row in rows] == wanted and first.example.id not in wanted
    assert {(call.collections, call.k) for call in asked} == {((7,), cases.READ)}


def test_teaching_the_search_goes_on_from_the_reader_in_use(run: Run, tmp_path: Path) -> None:
    wizard = msgspec.structs.replace(run.load(), collections=(1,), goal="search", step="data")
    start = ReaderStart(TaughtReader(id="r", name="House"), tmp_path / "readers" / "r", asker="base.gguf")
    played = Played(wizard, documents("a.md"))
    played.run(cases.prepare(run, wizard, start, Runs(run.folder.parent), Said(), Gathered(), Author()))
    spec = run.spec
    assert spec is not None and spec.recipe == "search" and spec.prepare.make_questions
    assert (spec.base.path, spec.base.name, spec.base.gguf) == (str(start.folder), "House", "base.gguf")
    named = msgspec.structs.replace(wizard, files=(file_of(run),))
    played.run(cases.prepare(run, named, start, Runs(run.folder.parent), Said(), Gathered(), Author()))
    assert run.spec is not None and not run.spec.prepare.make_questions, "questions of a person are taken as they are"
