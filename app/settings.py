"""What the user can choose: each setting declared once, in one JSON file that no crash or second window breaks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from app.errors import AppError
from app.paths import Home
from app.policy import Decided, Policy, Value, mark_of, policy_file, read_policy
from app.rules import RULES
from app.setting import PRESETS, THINKING_TOKENS
from app.setting import Setting as Setting
from app.settings_file import DROP, Migration, SettingsFile
from app.types import Sampling

log = logging.getLogger(__name__)

T = TypeVar("T")

SECTIONS = ("General", "Appearance", "Answers", "Assistants", "Documents", "Models and hardware", "API", "Privacy")

THEME = Setting(
    "theme", "system", "Theme", "Follow the system, or always light or dark.", "Appearance",
    choices=(("system", "System"), ("light", "Light"), ("dark", "Dark")),
)  # fmt: skip
TEXT_SIZE = Setting(
    "text_size", 100, "Text size", "In per cent. Ctrl + and Ctrl − change it anywhere.", "Appearance",
    minimum=80, maximum=200, kind=int,
)  # fmt: skip
REDUCED_MOTION = Setting(
    "reduced_motion", False, "Reduce motion", "Panels and menus appear at once.", "Appearance", kind=bool
)
ONLY_FROM_DOCUMENTS = Setting(
    "only_from_documents", True, "Only from my documents",
    "If your documents do not hold the answer, Inhouse says so instead of guessing.", "Answers", kind=bool,
    closed=True,
)  # fmt: skip
ANSWER_STYLE = Setting(
    "answer_style", "precise", "Answer style", "Precise stays close to the passages.", "Answers",
    choices=(("precise", "Precise"), ("balanced", "Balanced"), ("creative", "Creative")),
)  # fmt: skip
STYLE_IN_DOCUMENTS = Setting(
    "style_in_documents", False, "Also for answers from documents",
    "Otherwise these are precise, whatever the style: an exact answer beats a varied one.", "Answers", kind=bool,
)  # fmt: skip
THINKING = Setting(
    "thinking", "long", "Thinking",
    "Some models think before they answer. Less of it answers sooner, more of it is right more often.", "Answers",
    choices=(("off", "Off"), ("short", "Short"), ("long", "Long"), ("free", "No limit")),
)  # fmt: skip
INSTRUCTIONS = Setting(
    "instructions", "", "Instructions for the assistant", "Added to every question in every chat.", "Answers",
    maximum=2000,
)  # fmt: skip
ANSWER_LANGUAGE = Setting(
    "answer_language", "", "Answer language", "Documents can be in other languages.", "Answers",
    choices=(
        ("", "Same as the question"), ("English", "English"), ("German", "Deutsch"), ("French", "Français"),
        ("Spanish", "Español"), ("Italian", "Italiano"), ("Dutch", "Nederlands"), ("Portuguese", "Português"),
        ("Polish", "Polski"),
    ),
)  # fmt: skip
PASSAGES_PER_ANSWER = Setting(
    "passages_per_answer", 6, "Passages per answer", "More passages take longer to read.", "Answers",
    minimum=1, maximum=20, kind=int,
)  # fmt: skip
TEMPERATURE = Setting(
    "temperature", 0.2, "Temperature", "Lower gives steadier answers", "Answers",
    minimum=0.0, maximum=2.0, kind=float, details=True,
)  # fmt: skip
TOP_P = Setting(
    "top_p", 0.9, "Top-p", "Share of likely words kept", "Answers",
    minimum=0.01, maximum=1.0, kind=float, details=True,
)  # fmt: skip
TOP_K = Setting(
    "top_k", 40, "Top-k", "How many words compete", "Answers", minimum=0, maximum=1000, kind=int, details=True
)
MIN_P = Setting(
    "min_p", 0.05, "Min-p", "Drops unlikely words", "Answers", minimum=0.0, maximum=1.0, kind=float, details=True
)
REPEAT_PENALTY = Setting(
    "repeat_penalty", 1.1, "Repeat penalty", "Higher repeats less", "Answers",
    minimum=0.5, maximum=2.0, kind=float, details=True,
)  # fmt: skip
SEED: Setting[int | None] = Setting(
    "seed", None, "Seed", "A number repeats an answer", "Answers",
    minimum=0, maximum=2**32 - 1, kind=int, optional=True, unset="Random", details=True,
)  # fmt: skip
MAX_TOKENS = Setting(
    "max_tokens", 1024, "Longest answer", "In tokens; a token is about three quarters of a word", "Answers",
    minimum=16, maximum=16384, kind=int, details=True,
)  # fmt: skip
CONTEXT_LENGTH = Setting(
    "context_length", 8192, "Context length", "How much of the chat and passages the model keeps in view", "Answers",
    choices=((4096, "4k"), (8192, "8k"), (16384, "16k"), (32768, "32k")), kind=int, details=True,
)  # fmt: skip
DEFAULT_ASSISTANT = Setting(
    "default_assistant", "", "New chats begin with", "Each chat can have another one, and so can a new one.",
    "Assistants", maximum=40, unset="Nobody in particular",
)  # fmt: skip
"""The id of an assistant; "" is nobody in particular."""
DEFAULT_COLLECTION = Setting(
    "default_collection", 0, "Collection for new chats", "Where a new chat looks for answers.", "Documents",
    minimum=0, maximum=2**63 - 1, kind=int, unset="None, the model alone",
)  # fmt: skip
"""The id of a collection; 0 is the model alone."""
TRASH_DAYS = Setting(
    "trash_days", 30, "Days in the trash", "A document whose file was deleted is kept so long, then removed for good.",
    "Documents", minimum=1, maximum=365, kind=int,
)  # fmt: skip
READ_SCANS = Setting(
    "read_scans", True, "Read scanned pages",
    "Text in pictures of pages is recognised on this computer, a page at a time, while nothing else goes on.",
    "Documents", kind=bool,
)  # fmt: skip
UPDATE_SOURCE = Setting(
    "update_source", "", "Updates come from",
    "A folder or an https address of your company's own, which is looked at once a day. Nothing is taken by itself.",
    "General", maximum=500, unset="None", closed="",
)  # fmt: skip
THREADS: Setting[int | None] = Setting(
    "threads", None, "Processor threads", "Automatic uses one for each physical core.", "Models and hardware",
    minimum=1, maximum=256, kind=int, optional=True, unset="Automatic",
)  # fmt: skip
GPU_LAYERS: Setting[int | None] = Setting(
    "gpu_layers", None, "Layers on the graphics card", "Automatic puts there as many as fit.", "Models and hardware",
    minimum=0, maximum=1000, kind=int, optional=True, unset="Automatic",
)  # fmt: skip
OFFLINE = Setting(
    "offline", False, "Work without the internet",
    "Nothing is looked up or downloaded. Models can still be imported from a file.", "Models and hardware", kind=bool,
    closed=True,
)  # fmt: skip
CATALOGUE = Setting(
    "catalogue", "", "List of models", "A file or an address of your company's own.",
    "Models and hardware", maximum=500, unset="The list that comes along", closed="",
)  # fmt: skip
LLAMA_CPP = Setting(
    "llama_cpp", "", "llama.cpp folder", "Its converter then makes GGUF files of model folders.",
    "Models and hardware", maximum=500, unset="None", details=True, closed="",
)  # fmt: skip
ADD_RUNTIMES = Setting("add_runtimes", True, kind=bool, closed=False)
"""Whether builds of llama.cpp may be added, chosen and removed: a company's policy alone says no."""
UNLOAD_AFTER = Setting(
    "unload_after", 0, "Free the model's memory",
    "When nobody has asked for that long. The next key that you type loads it again.", "Models and hardware",
    choices=((0, "Never"), (5, "5 minutes"), (15, "15 minutes"), (60, "1 hour")), kind=int,
)  # fmt: skip
API_ENABLED = Setting(
    "api_enabled", False, "Programs on this computer may ask",
    "An OpenAI-compatible API on 127.0.0.1. Inhouse then stays when its window is closed.", "API", kind=bool,
    closed=False,
)  # fmt: skip
API_PORT = Setting(
    "api_port", 8217, "Port", "Programs find Inhouse there.", "API", minimum=1024, maximum=65535, kind=int
)
API_REQUESTS_A_MINUTE = Setting("api_requests_a_minute", 600, kind=int, minimum=1, maximum=1_000_000)
API_ORIGINS = Setting("api_origins", "", maximum=2000, closed="")
"""Web pages that may ask from a browser, separated by spaces: "https://wiki.example". Nobody needs it by default."""
KEEP_PRINTS = Setting("keep_prints", True, kind=bool, closed=False)
"""Whether what programs and commands were told is known again by its print: a company's policy alone says no."""
AUDIT = Setting(
    "audit", "off", "Keep a record",
    "Who asked what, what was shown and answered, taught, exported and removed. With contents it holds the words also "
    "of what is deleted later.", "Privacy",
    choices=(("off", "Off"), ("hashes", "Without contents"), ("contents", "With contents")), closed="hashes",
)  # fmt: skip
FIRST_RUN_DONE = Setting("first_run_done", False, kind=bool)
SIDEBAR_OPEN = Setting("sidebar_open", True, kind=bool)
LARGER_MODEL_HINT = Setting("larger_model_hint", True, kind=bool)
"""Whether an empty chat may say that a larger model answers better."""

ALL: tuple[Setting[Any], ...] = (
    THEME, TEXT_SIZE, REDUCED_MOTION, ONLY_FROM_DOCUMENTS, ANSWER_STYLE, STYLE_IN_DOCUMENTS, THINKING, INSTRUCTIONS,
    ANSWER_LANGUAGE, PASSAGES_PER_ANSWER, TEMPERATURE, TOP_P, TOP_K, MIN_P, REPEAT_PENALTY, SEED, MAX_TOKENS,
    CONTEXT_LENGTH, DEFAULT_ASSISTANT, DEFAULT_COLLECTION, TRASH_DAYS, READ_SCANS, THREADS, GPU_LAYERS, UNLOAD_AFTER,
    OFFLINE, UPDATE_SOURCE, CATALOGUE, LLAMA_CPP, ADD_RUNTIMES, API_ENABLED, API_PORT, API_REQUESTS_A_MINUTE,
    API_ORIGINS, KEEP_PRINTS, AUDIT, FIRST_RUN_DONE, SIDEBAR_OPEN, LARGER_MODEL_HINT,
)  # fmt: skip
BY_KEY: dict[str, Setting[Any]] = {setting.key: setting for setting in ALL}
DECIDED: dict[str, Decided] = {**BY_KEY, **{rule.key: rule for rule in RULES}}
"""All that a company's policy may set, by key."""
CLOSED: dict[str, Any] = {
    **{setting.key: setting.closed for setting in ALL if setting.closed is not None},
    **{rule.key: rule.safe for rule in RULES},
}
"""What holds of them while the policy cannot be read."""


_read: dict[Path, Policy] = {}


def company_policy() -> Policy:
    """The policy of this computer as it is now, read anew where its file is another one than the last time."""
    file = policy_file()
    kept = _read.get(file)
    if kept is None or kept.mark != mark_of(file):
        kept = _read[file] = read_policy(DECIDED, CLOSED, file)
    return kept


COLLECTION_NAME = "default_collection_name"
"""Where version 1's name of the default collection is kept until `resolve_collections` has found its id."""


def _ids(values: dict[str, Value]) -> dict[str, Value]:
    """The default collection is known by id."""
    name = values.pop(DEFAULT_COLLECTION.key, "")
    return {**values, COLLECTION_NAME: name} if name else values


MIGRATIONS: list[Migration] = [_ids]
"""Step n turns the values of version n + 1 into those of version n + 2."""

Listener = Callable[[str], None]


class Settings:
    """The choices of this user. Only what differs from the defaults is stored, so better defaults reach everyone."""

    def __init__(self, home: Home) -> None:
        self._stored = SettingsFile(home, MIGRATIONS, _usable)
        self.policy = company_policy()
        self._listeners: list[Listener] = []

    @property
    def note(self) -> str:
        """What goes wrong with the settings and with the company's policy, in sentences for the user, or ""."""
        return " ".join(each for each in (self.own_note, self.policy.problem) if each)

    @property
    def own_note(self) -> str:
        """What went wrong while the settings were read, or ""."""
        return self._stored.note

    @property
    def read_only(self) -> bool:
        """True where a newer Inhouse wrote the file: changes then last until the program ends."""
        return self._stored.read_only

    @property
    def _values(self) -> Mapping[str, Value]:
        return self._stored.values

    def get(self, setting: Setting[T]) -> T:
        """What the company's policy says, or the user chose, or the default."""
        if setting.key in self.policy.values:
            return cast(T, self.policy.values[setting.key])
        if setting.key in self._values:
            return cast(T, self._values[setting.key])
        return self.default(setting)

    def default(self, setting: Setting[T]) -> T:
        """What it is until someone chooses: for sampling values, what the answer style says."""
        preset = PRESETS[self.get(ANSWER_STYLE)] if setting.key in PRESETS["precise"] else {}
        return cast(T, preset.get(setting.key, setting.default))

    def is_locked(self, setting: Setting[Any]) -> bool:
        """Whether the company's policy decides, and nobody here."""
        return setting.key in self.policy.values

    def is_default(self, setting: Setting[Any]) -> bool:
        return setting.key not in self._values

    def set(self, setting: Setting[T], value: T) -> None:
        """Choose; stored at once. A new answer style drops sampling values of one's own.

        Raises:
            AppError: the value is not allowed, or the company has set another one.
            NoSpace: it could not be stored; it holds until the program ends.
        """
        if self.is_locked(setting):
            raise AppError(f"“{setting.label or setting.key}” is set by your company.", "Ask your IT to change it.")
        accepted = setting.accept(value)
        changes: dict[str, Any] = {setting.key: accepted}
        if setting.key == ANSWER_STYLE.key:
            changes = {**dict.fromkeys(PRESETS["precise"], DROP), **changes}
        elif accepted == self.default(setting):
            changes = {setting.key: DROP}
        if setting.key == DEFAULT_COLLECTION.key:
            changes[COLLECTION_NAME] = DROP
        self._change(changes)

    def reset(self, *settings: Setting[Any]) -> None:
        """Back to the defaults."""
        self._change({setting.key: DROP for setting in settings})

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(key)` after each change; returns the way to end it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def reload(self) -> None:
        """Take over what another process, or the company, changed."""
        self.follow_policy()
        before = dict(self._values)
        self._stored.load()
        self._notify(key for key in BY_KEY if before.get(key, DROP) != self._values.get(key, DROP))

    def follow_policy(self) -> bool:
        """Take over what the company has decided since; whether that is anything."""
        before, self.policy = self.policy, company_policy()
        if before is self.policy:
            return False
        self._notify(key for key in DECIDED if before.values.get(key, DROP) != self.policy.values.get(key, DROP))
        return True

    def sampling(self) -> Sampling:
        """The sampling values in force."""
        return Sampling(
            temperature=self.get(TEMPERATURE),
            top_k=self.get(TOP_K),
            top_p=self.get(TOP_P),
            min_p=self.get(MIN_P),
            repeat_penalty=self.get(REPEAT_PENALTY),
            seed=self.get(SEED),
            max_tokens=self.get(MAX_TOKENS),
            thinking=THINKING_TOKENS[self.get(THINKING)],
        )

    def resolve_collections(self, ids: Mapping[str, int]) -> None:
        """Take the id of the default collection in place of the name that version 1 knew; safe to repeat.

        A name that is not among them waits, until a collection is chosen.

        Raises:
            NoSpace: it could not be stored; it holds until the program ends.
        """
        name = self._values.get(COLLECTION_NAME)
        known = {each.casefold(): found for each, found in ids.items()}
        if isinstance(name, str) and name.casefold() in known:
            self._change({DEFAULT_COLLECTION.key: known[name.casefold()], COLLECTION_NAME: DROP})

    def _change(self, changes: dict[str, Any]) -> None:
        before = dict(self._values)
        try:
            self._stored.change(changes)
        finally:
            self._notify(key for key in changes if before.get(key, DROP) != self._values.get(key, DROP))

    def _notify(self, keys: Iterable[str]) -> None:
        for key in list(keys):
            for listener in list(self._listeners):
                listener(key)


def _usable(key: str, value: Value) -> bool:
    """Whether a value that was read is allowed; unknown keys are kept for the version that knows them."""
    if key not in BY_KEY:
        return True
    try:
        BY_KEY[key].accept(value)
    except AppError as error:
        log.info("A stored setting is not used: %s", error)
        return False
    return True
