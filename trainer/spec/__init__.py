"""What crosses the trainer's border as data: a run's specification, its data files and its results.

Only msgspec, so the app imports it too. One run folder holds everything of a run:

    runs/ID/run.json            RunSpec
    runs/ID/events.jsonl        every event (trainer.events)
    runs/ID/control.json        Control: what the user asks of the run under way
    runs/ID/collect|clean|questions|split/   the rooms of trainer.prepare
    runs/ID/split/examples.jsonl             Example, all of them, with their split
    runs/ID/split/preferences.jsonl          Preference
    runs/ID/split/texts.jsonl                TextDocument
    runs/ID/inputs/own.jsonl    Example: the person's own questions, for the exam; without an answer for the blind test
    runs/ID/inputs/found.jsonl  Found: what search finds for each question (recipe "search"), written after the review
    runs/ID/review.jsonl        ReviewDecision, one a line; written by the wizard, the last one of an id counts
    runs/ID/author/             what a model on a server is to write, and what it wrote (trainer.spec.authoring)
    runs/ID/brought/            an adapter that was trained elsewhere (PEFT), in place of a training here
    runs/ID/reviewed            an empty file: a person has seen the list. Nothing trains before it
    runs/ID/base/report.json    BaseReport
    runs/ID/words/result.json   WordsResult      words/base/ words/base.gguf, with domain words
    runs/ID/head/head.json      app.embedder.heads.Head (recipe "classify")   head/result.json HeadResult
    runs/ID/head/answers.jsonl  HeadAnswer
    runs/ID/corpus|pretrain/    of the recipe “scratch”: texts and tokenizer, and the model that has read them
    runs/ID/trials/result.json  TrialsResult     trials/NN/ a trial that is still in
    runs/ID/train/result.json   TrainResult      train/adapter/ (PEFT, or a whole new model)   train/checkpoints/
    runs/ID/export/result.json  ExportResult     export/*.gguf
    runs/ID/gate/result.json    GateResult
    runs/ID/compare/result.json CompareResult    compare/answers.jsonl AnswerPair
    runs/ID/compare/blind.jsonl BlindPair        compare/votes.jsonl Vote, appended by the wizard
    runs/ID/README.md           the model card
    STAGE/done.json             Marker, written last: a stage without it is run again
"""

from __future__ import annotations

from trainer.spec.authoring import ANSWERED, ASKED, MAILBOX, Answered, Asked, Trial, Tried, Wish, Writer
from trainer.spec.comparison import (
    EXAMS,
    AnswerPair,
    BlindPair,
    BlindTally,
    CompareResult,
    Confusion,
    Exam,
    Grounding,
    HeadBeside,
    Judged,
    Judgement,
    Probe,
    Reading,
    RewardAccuracy,
    Side,
    Verdict,
    Vote,
    strictest,
)
from trainer.spec.files import (
    BROUGHT,
    FOUND,
    Written,
    read_json,
    read_lines,
    read_spec,
    review_of,
    write_json,
    write_lines,
)
from trainer.spec.recipes import (
    CLASSIFICATION,
    CONTINUED_PRETRAINING,
    DPO,
    FROM_SCRATCH,
    READER_TUNING,
    RECIPES,
    SFT,
    Recipe,
    TrainingRecipe,
)
from trainer.spec.records import (
    EXCLUDED,
    HELD_OUT,
    HELD_OUT_DOCUMENT,
    SAMPLE_FILE,
    Action,
    Control,
    Example,
    Found,
    Origin,
    Origins,
    Preference,
    ReviewDecision,
    SampleQuestion,
    Split,
    TextDocument,
    Turn,
)
from trainer.spec.results import (
    BaseReport,
    Checked,
    CurvePoint,
    ExportedFile,
    ExportResult,
    GateFile,
    GateResult,
    HeadAnswer,
    HeadResult,
    Marker,
    TrainResult,
    WordsResult,
)
from trainer.spec.scratch import SIZES, TOKENS_A_WEIGHT, NewModel
from trainer.spec.specification import (
    VERSION,
    BaseModel,
    Data,
    Export,
    Hyper,
    Input,
    Lessons,
    Limits,
    Precision,
    Prepare,
    Quantization,
    Replay,
    RunSpec,
)
from trainer.spec.trials import Ended, SettingsTrial, TrialsResult

__all__ = [
    "ANSWERED",
    "ASKED",
    "BROUGHT",
    "CLASSIFICATION",
    "CONTINUED_PRETRAINING",
    "DPO",
    "EXAMS",
    "EXCLUDED",
    "FOUND",
    "FROM_SCRATCH",
    "HELD_OUT",
    "HELD_OUT_DOCUMENT",
    "MAILBOX",
    "READER_TUNING",
    "RECIPES",
    "SAMPLE_FILE",
    "SFT",
    "SIZES",
    "TOKENS_A_WEIGHT",
    "VERSION",
    "Action",
    "AnswerPair",
    "Answered",
    "Asked",
    "BaseModel",
    "BaseReport",
    "BlindPair",
    "BlindTally",
    "Checked",
    "CompareResult",
    "Confusion",
    "Control",
    "CurvePoint",
    "Data",
    "Ended",
    "Exam",
    "Example",
    "Export",
    "ExportResult",
    "ExportedFile",
    "Found",
    "GateFile",
    "GateResult",
    "Grounding",
    "HeadAnswer",
    "HeadBeside",
    "HeadResult",
    "Hyper",
    "Input",
    "Judged",
    "Judgement",
    "Lessons",
    "Limits",
    "Marker",
    "NewModel",
    "Origin",
    "Origins",
    "Precision",
    "Preference",
    "Prepare",
    "Probe",
    "Quantization",
    "Reading",
    "Recipe",
    "Replay",
    "ReviewDecision",
    "RewardAccuracy",
    "RunSpec",
    "SampleQuestion",
    "SettingsTrial",
    "Side",
    "Split",
    "TextDocument",
    "TrainResult",
    "TrainingRecipe",
    "Trial",
    "TrialsResult",
    "Tried",
    "Turn",
    "Verdict",
    "Vote",
    "Wish",
    "WordsResult",
    "Writer",
    "Written",
    "read_json",
    "read_lines",
    "read_spec",
    "review_of",
    "strictest",
    "write_json",
    "write_lines",
]
