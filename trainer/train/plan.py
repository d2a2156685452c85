"""What a run needs before it starts: memory, time and disk, from a short measurement on this machine."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil
from msgspec import Struct

from app.embedder.readers import TEACHING_BYTES, TEACHING_DISK_BYTES
from app.errors import AppError
from app.llama.memory import PROCESS_BYTES, Shape, adapter_weights, checking_bytes
from app.llama.planner import SHARE
from app.llama.teaching import Teaching
from trainer.context import Context
from trainer.errors import TrainerError, as_trainer_error
from trainer.scratch import corpus, measure
from trainer.scratch.network import STEP_TOKENS
from trainer.spec import TOKENS_A_WEIGHT, RunSpec, read_spec
from trainer.spec.recipes import Objective
from trainer.train import amounts, base, choose, device, halving, launch, pace, selection, shapes, words

READER_STEP = 16
"""Questions beside a passage in a step of the reader, as it itself was trained."""
BITS = {"F16": 16.0, "Q8_0": 8.5, "Q6_K": 6.6, "Q5_K_M": 5.7, "Q4_K_M": 4.9}


class Plan(Struct, frozen=True, kw_only=True):
    """Figures for a person to decide by. `fits` is False where it cannot run; `instead` names what would."""

    fits: bool
    memory_bytes: int
    memory_available: int
    disk_bytes: int
    disk_available: int
    seconds: float
    steps: int
    tokens: int
    precision: str
    learning_rate: float
    epochs: float
    device: str = ""  # that trains, whose memory this is
    on_card: bool = False
    checkpointing: bool = False
    max_length: int = 0  # tokens of an example
    trying: float = 0.0  # seconds to find the best settings, at most; they come before the training's
    exporting: float = 0.0  # seconds of writing and checking the files, after the training's
    comparing: float = 0.0  # seconds of the comparison, which comes after that
    words: int = 0  # that would be, or become, tokens, and tokens of a page without and with them
    page_before: float = 0.0
    page_after: float = 0.0
    words_advised: bool = False
    reason: str = ""
    instead: str = ""
    warnings: tuple[str, ...] = ()


def command(folder: Path, approve_above: float | None = None) -> int:
    """`trainer plan RUN.json`: one JSON object on stdout, or a sentence on stderr; the exit status.

    `approve_above` counts the open examples of at least this quality as if they were approved.
    """
    try:
        spec = read_spec(folder / "run.json")
        if approve_above is not None:
            prepare = msgspec.structs.replace(spec.prepare, approve_above=approve_above)
            spec = msgspec.structs.replace(spec, prepare=prepare)
        found = make(Context(spec, folder, lambda _event: None))
    except (AppError, OSError) as error:
        sys.stderr.write(f"{as_trainer_error(error)}\n")
        return 1
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    return 0


def make(context: Context) -> Plan:
    """Measure this machine for a second or two and count the data.

    Raises:
        TrainerError: the data or the base cannot be read.
    """
    spec = context.spec
    if spec.training.objective in PLANS:
        return PLANS[spec.training.objective](context)
    shape = shapes.shape_of(spec.base)
    tokens, longest, examples, given = amounts.of_run(context)
    disk = spec.limits.disk_bytes or shutil.disk_usage(context.run).free
    here = device.devices(spec.limits)
    found = device.decide(spec, shape, longest, here)
    chosen = device.with_teaching(spec.hyper, found, longest)
    mean = tokens / max(examples, 1)
    hyper = choose.choose(chosen, spec.training, mean, longest, shape.context, shape.parameters)
    epochs, batch = hyper.epochs or 1.0, hyper.batch_tokens or 512
    trained = int(tokens * epochs)
    each = pace.seconds_a_token(shape, found)
    seconds = trained * each * spec.training.work + 60
    on_card = found.device.kind == "gpu"
    trying, short = halving.expected(spec.find_best if spec.tries else None, seconds)
    plan = Plan(
        fits=found.fits,
        memory_bytes=found.needs_bytes if on_card else max(found.needs_bytes, checking_bytes(shape)),
        memory_available=found.device.free,
        disk_bytes=_disk(spec, shape),
        disk_available=disk,
        seconds=round(seconds, 1),
        steps=max(1, round(trained / batch)),
        tokens=trained,
        precision=found.precision,
        learning_rate=hyper.learning_rate or 0.0,
        epochs=epochs,
        device=found.device.name,
        on_card=on_card,
        checkpointing=found.checkpointing,
        max_length=hyper.max_length or 0,
        trying=round(trying, 1),
        exporting=round(pace.EXPORTED_TOKENS * (1 + len(spec.export.quantizations)) * each + pace.EXPORTING_S, 1),
        comparing=round(amounts.compared(context) * each + pace.COMPARING_S, 1) if spec.compare else 0.0,
        warnings=(*short, *_warnings(found, longest, given, launch.processes(found, here))),
    )
    return _judge(_with_words(context, plan), shape)


def _with_words(context: Context, plan: Plan) -> Plan:
    """What domain words save, wished for or not, where the recipe can learn them and the vocabulary takes them."""
    folder = base.folder_at_hand(context.spec.base, context.cache) if context.spec.training.takes_words else None
    if folder is None:
        return plan
    try:
        found = words.of_run(context, base.load_tokenizer(folder))
    except TrainerError:
        return plan
    before, after = round(found.before, 1), round(found.after, 1)
    count, advised = len(found.chosen), found.advised
    return msgspec.structs.replace(plan, words=count, page_before=before, page_after=after, words_advised=advised)


def _warnings(found: Teaching, longest: int, examples: int, cards: int) -> Iterator[str]:
    if cards > 1:
        yield f"{cards} cards train together, each with the whole model: it takes less time than is said here."
    if examples < selection.FEW:
        yield f"Only {examples} examples."
    if found.longest < longest:
        yield f"Examples are cut to {found.longest} tokens, since the longest ones do not fit the memory."


def _reader(context: Context) -> Plan:
    """The same for teaching the search: questions, each beside a few passages."""
    spec = context.spec
    train, _ = selection.choose(selection.read_examples(context), spec.seed)
    epochs = spec.hyper.epochs or spec.training.epochs
    tokens = round(len(train) * pace.LESSONS * pace.LESSON_TOKENS * epochs)
    each = pace.seconds_a_token(pace.READER_SHAPE, pace.AS_READ)
    plan = Plan(
        fits=True,
        memory_bytes=TEACHING_BYTES,
        memory_available=spec.limits.memory_bytes or int(psutil.virtual_memory().available),
        disk_bytes=TEACHING_DISK_BYTES,
        disk_available=spec.limits.disk_bytes or shutil.disk_usage(context.run).free,
        seconds=round(tokens * each * spec.training.work + pace.EXAM_S, 1),
        steps=max(1, round(len(train) * pace.LESSONS * epochs / READER_STEP)),
        tokens=tokens,
        precision="bf16",
        device=device.PROCESSOR,
        learning_rate=spec.hyper.learning_rate or spec.training.learning_rate,
        epochs=epochs,
        warnings=(f"Only {len(train)} questions.",) if len(train) < selection.FEW else (),
    )
    if (short_of := _short_of_disk(plan)) is not None or plan.memory_bytes <= plan.memory_available:
        return short_of or plan
    short = (plan.memory_bytes - plan.memory_available) / 1e9
    instead = f"Close other programs: {short:.1f} GB more are needed."
    return msgspec.structs.replace(plan, fits=False, reason="There is too little memory.", instead=instead)


FEW_TOKENS = 0.05
"""Of the text that a model of a size could learn from: with less it learns by heart."""


def _whole(context: Context) -> Plan:
    """The same for a model that is made from nothing, whose speed is measured on its own shape."""
    spec, found = context.spec, measure.needs(context)
    shape, hyper = spec.scratch, spec.hyper
    taught = corpus.conversations(context)[0]
    lengths = [amounts.example_tokens(example) for example in taught] or [0]
    asked = corpus.asked(spec)
    general = asked * (amounts.TEMPLATE_TOKENS + shape.answer_tokens)
    conversations, longest = sum(lengths) + general, max(lengths)
    epochs = hyper.epochs or spec.training.epochs
    read, answered = round(found.text_tokens * shape.epochs), round(conversations * epochs)
    wanted = shape.parameters * TOKENS_A_WEIGHT
    plan = Plan(
        fits=found.memory_bytes <= found.free_bytes,
        memory_bytes=found.memory_bytes,
        memory_available=found.free_bytes,
        disk_bytes=found.disk_bytes,
        disk_available=spec.limits.disk_bytes or shutil.disk_usage(context.run).free,
        seconds=round((read + answered) * found.seconds_a_token + asked * measure.GENERAL_S + measure.FILES_S, 1),
        steps=max(1, round(read / STEP_TOKENS)) + max(1, round(answered / spec.training.step_tokens)),
        tokens=read + answered,
        precision=found.precision,
        learning_rate=hyper.learning_rate or spec.training.learning_rate,
        epochs=shape.epochs,
        device=found.place,
        on_card=found.on_card,
        max_length=min(longest, shape.context),
        warnings=(
            f"About {found.text_tokens:,} tokens of text; a model of this size could learn from {wanted:,}. It will "
            "know your text by heart, and little of the world.",
        )
        if found.text_tokens < FEW_TOKENS * wanted
        else (),
    )
    if (short_of := _short_of_disk(plan)) is not None or plan.fits:
        return short_of or plan
    instead = f"Close other programs: {(plan.memory_bytes - plan.memory_available) / 1e9:.1f} GB more are needed."
    return msgspec.structs.replace(
        plan, reason="There is too little memory.", instead=f"{instead} Or make a smaller model."
    )


PLANS: dict[Objective, Callable[[Context], Plan]] = {"reading": _reader, "whole": _whole}
"""Of recipes that train something else than an adapter on a chat model."""


def _disk(spec: RunSpec, shape: Shape) -> int:
    unpacked = shape.parameters * (4 if shape.parameters < base.FULL_PRECISION_BELOW else 2)
    kinds = sum(shape.parameters * BITS[kind] / 8 for kind in spec.export.quantizations)
    checkpoints = (3 + spec.tries * halving.HELD) * adapter_weights(shape, spec.hyper.rank) * 12
    grown = unpacked + shape.parameters * 2 if spec.grows else 0
    return int(unpacked + grown + shape.parameters * 2 + kinds + checkpoints + 50e6)


def _short_of_disk(plan: Plan) -> Plan | None:
    if plan.disk_bytes <= plan.disk_available:
        return None
    short = (plan.disk_bytes - plan.disk_available) / 1e9
    return msgspec.structs.replace(
        plan, fits=False, reason="There is too little room on the disk.", instead=f"Free {short:.1f} GB more."
    )


def _judge(plan: Plan, shape: Shape) -> Plan:
    refused = _short_of_disk(plan)
    if refused is not None:
        return refused
    beside, ram = checking_bytes(shape), int(psutil.virtual_memory().available)
    if plan.on_card and plan.fits and beside > ram:
        instead = f"Close other programs ({(beside - ram) / 1e9:.1f} GB more are needed), or choose a smaller model."
        reason = "There is too little ordinary memory to check the model before and after training."
        return msgspec.structs.replace(plan, fits=False, reason=reason, instead=instead)
    if plan.fits and plan.memory_bytes <= plan.memory_available:
        return plan
    short = max(0.0, plan.memory_bytes - plan.memory_available * SHARE) / 1e9
    most = max(0.0, (plan.memory_available - PROCESS_BYTES) / 0.9 / 1e9)
    others = "Close what else uses the card" if plan.on_card else "Close other programs"
    instead = f"{others} ({short:.1f} GB more are needed), or choose a model of up to {most:.1f} billion parameters."
    where = f" on {plan.device}" if plan.on_card else ""
    return msgspec.structs.replace(plan, fits=False, reason=f"There is too little memory{where}.", instead=instead)
