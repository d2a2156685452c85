"""The stages of a run in their order. What a stage needs is imported when its turn comes: preparing loads no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trainer.context import Context, Summary
from trainer.spec import RunSpec
from trainer.spec.recipes import Objective

Work = Callable[[Context], Summary]


@dataclass(frozen=True)
class Stage:
    """One step of a run; `load` imports what does its work."""

    name: str
    load: Callable[[], Work]
    review_after: bool = False
    """Whether a person must see what it made before the run goes on."""
    apart: bool = False
    """Whether it looks at the specification alone: no review, and no stage before it, makes it run again."""


def _collect() -> Work:
    from trainer.prepare.collect import run

    return run


def _clean() -> Work:
    from trainer.prepare.clean import run

    return run


def _questions() -> Work:
    from trainer.prepare.questions import run

    return run


def _split() -> Work:
    from trainer.prepare.split import run

    return run


def _base() -> Work:
    from trainer.train.stages import check_base

    return check_base


def _words() -> Work:
    from trainer.publish.grow import run

    return run


def _head() -> Work:
    from trainer.train.head import run

    return run


def _trials() -> Work:
    from trainer.train.trials import run

    return run


def _train() -> Work:
    from trainer.train.stages import train

    return train


def _export() -> Work:
    from trainer.publish.release import export

    return export


def _gate() -> Work:
    from trainer.publish.release import gate

    return gate


def _compare() -> Work:
    from trainer.evaluate.compare import run

    return run


def _card() -> Work:
    from trainer.publish.card import run

    return run


def _corpus() -> Work:
    from trainer.scratch.corpus import run

    return run


def _pretrain() -> Work:
    from trainer.scratch.stages import pretrain

    return pretrain


def _whole_train() -> Work:
    from trainer.scratch.stages import train

    return train


def _whole_export() -> Work:
    from trainer.scratch.stages import export

    return export


def _whole_gate() -> Work:
    from trainer.scratch.stages import gate

    return gate


def _reader_base() -> Work:
    from trainer.reader.stages import check_base

    return check_base


def _reader_train() -> Work:
    from trainer.reader.stages import train

    return train


def _reader_compare() -> Work:
    from trainer.reader.stages import compare

    return compare


PREPARE = (
    Stage("collect", _collect),
    Stage("clean", _clean),
    Stage("questions", _questions),
    Stage("split", _split, review_after=True),
)
BASE = Stage("base", _base, apart=True)
TRAIN = (Stage("train", _train), Stage("export", _export), Stage("gate", _gate))
WORDS = Stage("words", _words)
TRIALS = Stage("trials", _trials)
"""Of a run whose settings are to be found by trying; its last trial is where the training goes on."""
COMPARE = Stage("compare", _compare)
HEAD = Stage("head", _head)
"""Before the training, since it takes seconds: who stops then, or has no memory for more, has what sorts."""
READER = (Stage("train", _reader_train),)
"""Of the recipe that trains the reader: its one file is the adapter, and the comparison reads with the very graph that
the app runs, so there is nothing to export or to hold against it."""
WHOLE = (
    Stage("corpus", _corpus),
    Stage("pretrain", _pretrain),
    Stage("train", _whole_train),
    Stage("export", _whole_export),
    Stage("gate", _whole_gate),
)
"""Of the recipe that makes a model: there is none to check before, and none to compare with."""
CARD = Stage("card", _card)


@dataclass(frozen=True)
class Course:
    """The stages around preparing: what is checked before, what trains, and what compares."""

    before: tuple[Stage, ...]
    training: tuple[Stage, ...]
    comparing: tuple[Stage, ...]


_ADAPTER = Course((BASE,), TRAIN, (COMPARE,))
COURSES: dict[Objective, Course] = {
    "likelihood": _ADAPTER,
    "preference": _ADAPTER,
    "reading": Course((Stage("base", _reader_base, apart=True),), READER, (Stage("compare", _reader_compare),)),
    "whole": Course((), WHOLE, ()),
}
"""By what a recipe trains towards."""


def stages_of(spec: RunSpec) -> tuple[Stage, ...]:
    """The stages that this specification needs: data that is ready skips prepare.

    The base comes first: who learns that it cannot be trained learns it before the first question is made.
    """
    prepare = PREPARE if spec.data.inputs else ()
    course = COURSES[spec.training.objective]
    words = (WORDS,) if spec.grows else ()
    head = (HEAD,) if spec.training.needs_labels else ()
    trials = (TRIALS,) if spec.tries else ()
    comparing = course.comparing if spec.compare else ()
    return (*course.before, *prepare, *words, *head, *trials, *course.training, *comparing, CARD)
