"""The flow, driven by hand: every road a question can take, without a process."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from app import settings as s
from app.assistant.asking import Ask, Step, Stopped, ask_of, run
from app.assistant.flow import MODEL_ALONE, NOT_FOUND, STANDS, answer
from app.assistant.followup import Forms, by_rule
from app.assistant.quote import BETWEEN
from app.assistant.written import ALONE_NO_ROOM, NO_ROOM, QUOTED, REFUSED
from app.errors import AppError, WorkerGone
from app.paths import home
from app.settings import Settings
from app.types import Answer, Budget, Message, Passage, Reading, SearchResult, Stats, Support
from app.workers.calls.documents import Ground, Grounded, Mark, Marked, Read, Readings, Search, Searched
from app.workers.calls.engine import Chat, Chatted
from app.workers.message import Data


def passage(n: int, score: float, text: str = "") -> Passage:
    text = text or f"The rule number {n} is that the limit is {n}00 EUR."
    return Passage(
        id=n,
        document_id=n,
        document=f"{n}.pdf",
        path=f"/{n}.pdf",
        collection="HR",
        page=n,
        start=0,
        end=50,
        text=text,
        score=score,
    )


PASSAGES = (passage(1, 0.9), passage(2, 0.8), passage(3, 0.7), passage(4, 0.6))


QUOTE = "> The rule number 1 is that the limit is 100 EUR. [1]\n\n> The rule number 2 is that the limit is 200 EUR. [2]"


class Workers:
    """Plays the children's part and keeps what was asked of them."""

    def __init__(self, text: str = "The limit is 200 EUR.", *, found: bool = True, used: int = 99) -> None:
        self.calls: list[object] = []
        self.text, self.found, self.used = text, found, used
        self.passages = PASSAGES
        self.support: list[int | None] = []
        self.readings: tuple[Reading, ...] | None = None  # None: the reader is gone
        self.fail: dict[type, Exception] = {}
        self.note = ""

    def __call__(self, step: Step) -> Data:
        call = step.call
        self.calls.append(call)
        if type(call) in self.fail:
            raise self.fail[type(call)]
        if isinstance(call, Search):
            result = SearchResult(passages=self.passages, found=self.found, elapsed_ms=1.0, note=self.note)
            return Searched(result=result)
        if isinstance(call, Read):
            if self.readings is None:
                raise WorkerGone("The documents process ended.")
            return Readings(readings=self.readings)
        if isinstance(call, Mark):
            return Marked(passages=call.passages)
        if isinstance(call, Chat):
            used = min(self.used, len(call.passages))
            budget = Budget(context=8192, used=100)
            stats = Stats(prompt_tokens=90, completion_tokens=10)
            return Chatted(text=self.text, thinking="", reason="end", stats=stats, budget=budget, passages_used=used)
        assert isinstance(call, Ground)
        support = self.support or [None] * len(call.sentences)
        return Grounded(support=tuple(Support(n=n, score=0.9) for n in support))

    def made(self, kind: Callable[..., object]) -> list[object]:
        return [call for call in self.calls if type(call) is kind]


def asked(workers: Workers, **more: object) -> Answer:
    ask = Ask(question="What is the limit of the rule?", collections=(1,), searched="HR", model="M")
    return run(answer(msgspec.structs.replace(ask, **more)), workers)


def test_a_supported_answer_is_cited_with_what_was_searched() -> None:
    workers = Workers("The limit is 200 EUR [7]. It is a fine rule for the walkers of dogs.")
    workers.support = [2, None]
    done = asked(workers)
    assert done.text == "The limit is 200 EUR [1]. It is a fine rule for the walkers of dogs."
    (source,) = done.sources
    assert (source.n, source.passage.id) == (1, PASSAGES[1].id)
    assert source.passage.best is not None, "the sentence that says it is what is marked"
    assert "200 EUR" in source.passage.text[slice(*source.passage.best)]
    assert done.unsupported == ("It is a fine rule for the walkers of dogs.",)
    assert (done.searched, done.model, done.stats.prompt_tokens) == ("HR", "M", 90)
    (search,) = workers.made(Search)
    assert isinstance(search, Search) and search.collections == (1,)
    (chat,) = workers.made(Chat)
    assert isinstance(chat, Chat) and chat.grounded and chat.passages == PASSAGES


def reading(n: int, answer: str, chance: float) -> Reading:
    start = PASSAGES[n - 1].text.index(answer)
    return Reading(n=n, sentence=(0, len(PASSAGES[n - 1].text)), start=start, end=start + len(answer), chance=chance)


def test_a_small_model_is_not_asked_where_the_reader_finds_the_sentence() -> None:
    workers = Workers(found=False)
    workers.readings = (reading(2, "200 EUR", 0.9), reading(3, "300 EUR", 0.3))
    done = asked(workers, small=True)
    assert done.text == "The rule number 2 is that the limit is **200 EUR**. [1]"
    assert [source.passage.id for source in done.sources] == [2] and not done.note
    assert done.sources[0].passage.best == (0, len(PASSAGES[1].text))
    assert workers.made(Chat) == [] and workers.made(Ground) == []


def test_what_the_reader_does_not_find_is_not_quoted() -> None:
    workers = Workers()
    workers.readings = (reading(2, "200 EUR", 0.2),)
    done = asked(workers, small=True)
    assert (done.text, done.not_found, done.sources) == (NOT_FOUND, True, ())
    assert [passage.id for passage in done.nearest] == [1, 2, 3] and done.nearest[1].best == (0, len(PASSAGES[1].text))


def test_a_second_sentence_is_given_where_it_is_as_likely() -> None:
    workers = Workers()
    workers.readings = (reading(2, "200 EUR", 0.95), reading(1, "100 EUR", 0.93))
    done = asked(workers, small=True)
    assert [source.passage.id for source in done.sources] == [2, 1] and "**100 EUR**. [2]" in done.text


def test_two_sentences_of_which_one_answers_are_both_shown_and_it_is_said() -> None:
    workers = Workers()
    first = msgspec.structs.replace(reading(2, "200 EUR", 0.5), either=0.8)
    same, other = reading(1, "100 EUR", 0.3), reading(3, "300 EUR", 0.1)
    workers.passages = (PASSAGES[0], PASSAGES[1], msgspec.structs.replace(PASSAGES[2], page=3))
    workers.readings = (first, msgspec.structs.replace(same, start=first.start, end=first.end, n=2), other)
    done = asked(workers, small=True)
    assert [source.passage.id for source in done.sources] == [2, 3]
    assert "**200 EUR**. [1]" in done.text and "**300 EUR**. [2]" in done.text and done.note == BETWEEN
    unsure = msgspec.structs.replace(first, either=0.5)
    workers.readings = (unsure, other)
    assert asked(workers, small=True).not_found


def test_two_sentences_of_one_passage_are_marked_each_by_itself() -> None:
    workers = Workers()
    text = "The limit was 100 EUR. The limit is 200 EUR."
    workers.passages = (passage(1, 0.9, text),)
    spans = ((0, 22), (23, len(text)))
    starts = (14, 36)
    workers.readings = tuple(
        Reading(n=1, sentence=span, start=start, end=start + 7, chance=0.5, either=0.8)
        for span, start in zip(spans, starts, strict=True)
    )
    done = asked(workers, small=True)
    assert done.text == "The limit was **100 EUR**. [1]\n\nThe limit is **200 EUR**. [2]"
    assert [source.passage.best for source in done.sources] == list(spans)


def test_a_larger_model_writes_from_the_passage_that_the_reader_found() -> None:
    workers = Workers()
    workers.readings = (reading(3, "300 EUR", 0.9),)
    asked(workers)
    (chat,) = workers.made(Chat)
    assert isinstance(chat, Chat) and [passage.id for passage in chat.passages] == [3, 1, 2, 4]


TABLE = "| City | Standard | Trade fair |\n|---|---|---|\n| Hamburg | 150 € | 195 € |\n| Munich | 165 € | 220 € |"


def test_a_row_is_quoted_only_where_the_question_names_it() -> None:
    """To the reader a neighbour's figure looks as good: its row never answers."""
    workers = Workers()
    workers.passages = (passage(1, 0.9, TABLE),)
    row = TABLE.index("| Hamburg")
    end = TABLE.index("\n", row)
    workers.readings = (Reading(n=1, sentence=(row, end), start=row + 12, end=row + 17, chance=0.99),)
    done = asked(workers, small=True, question="What is the standard limit in Munich?")
    assert done.text == "Munich, standard: 165 € [1]"
    start, stop = done.sources[0].passage.best or (0, 0)
    assert TABLE[start:stop] == "| Munich | 165 € | 220 € |"
    assert asked(workers, small=True, question="What is the standard limit in Oslo?").not_found


def test_a_request_for_a_text_is_left_to_the_model() -> None:
    workers = Workers()
    workers.readings = (reading(2, "200 EUR", 0.1),)
    workers.support = [2]
    assert asked(workers, small=True, question="Summarise the rules").text == "The limit is 200 EUR [1]."


@pytest.mark.parametrize("words", ["thank you", "Thanks a lot!", "Hello there", "Vielen Dank!", "ok, thanks", "谢谢"])
def test_small_talk_searches_nothing(words: str) -> None:
    workers = Workers("You are welcome.")
    done = asked(workers, small=True, question=words)
    assert (done.text, done.searched, [type(call) for call in workers.calls]) == ("You are welcome.", "", [Chat])


@pytest.mark.parametrize("words", ["Who do I thank?", "ok so what is the limit?", "Hello World costs?"])
def test_a_question_is_no_small_talk(words: str) -> None:
    workers = Workers()
    asked(workers, question=words)
    assert workers.made(Search)


def test_nothing_near_enough_means_not_found_and_the_model_is_not_asked() -> None:
    workers = Workers(found=False)
    done = asked(workers)
    assert (done.text, done.not_found, done.nearest) == (NOT_FOUND, True, PASSAGES[:3])
    assert workers.made(Chat) == []


def test_the_switch_lets_the_model_answer_alone_and_says_so() -> None:
    workers = Workers("Paris [1].", found=False)
    done = asked(workers, only_from_documents=False)
    assert (done.text, done.sources, done.note) == ("Paris [1].", (), MODEL_ALONE)
    (chat,) = workers.made(Chat)
    assert isinstance(chat, Chat) and not chat.grounded and chat.passages == ()


def test_without_collections_nothing_is_searched_and_the_text_stays_word_for_word() -> None:
    workers = Workers("a[1] = 2 ")
    done = asked(workers, collections=None)
    assert (done.text, done.searched) == ("a[1] = 2 ", "")
    assert [type(call) for call in workers.calls] == [Chat]


def test_an_answer_that_no_passage_supports_gives_way_to_the_evidence() -> None:
    done = asked(Workers("The limit is 999 EUR. I am sure."))
    assert done.text == QUOTE
    assert done.note == QUOTED
    assert [source.passage.id for source in done.sources] == [1, 2]
    assert all(source.passage.best == (0, 47) for source in done.sources), "the sentence that is quoted is marked"
    assert asked(Workers("The passages do not contain the answer.")).note == REFUSED
    assert asked(Workers("")).sources


def test_the_words_of_a_small_model_count_only_where_all_of_them_are_supported() -> None:
    mixed = "The limit is 200 EUR. It is a fine rule for the walkers of dogs."
    loose = "The limit is set for all the walkers at 200 EUR by this rule."
    for text, kept in ((mixed, False), (loose, False), ("The limit is 200 EUR.", True)):
        workers = Workers(text)
        workers.support = [2, None] if text == mixed else [2]
        assert asked(workers).text != QUOTE
        assert (asked(workers, small=True).text != QUOTE) is kept
    workers = Workers("The passages do not mention it. The limit is 200 EUR.")
    workers.support = [2]
    assert asked(workers).text.endswith("200 EUR [1].")
    assert (asked(workers, small=True).text, asked(workers, small=True).note) == (QUOTE, REFUSED)


def test_only_passages_that_the_prompt_held_can_be_cited() -> None:
    workers = Workers(used=1)
    workers.support = [1]
    done = asked(workers)
    (ground,) = workers.made(Ground)
    assert isinstance(ground, Ground) and ground.passages == PASSAGES[:1]
    assert all(source.passage.id == PASSAGES[0].id for source in done.sources)
    assert asked(Workers("Hi.", used=0), only_from_documents=False).sources == ()


def test_passages_that_did_not_fit_are_quoted_or_the_model_is_said_to_answer_alone() -> None:
    done = asked(Workers("The limit is 900 EUR.", used=0))
    assert (done.text, done.note) == (QUOTE, NO_ROOM)
    assert [source.passage.id for source in done.sources] == [1, 2]
    alone = asked(Workers("The limit is 900 EUR.", used=0), only_from_documents=False)
    assert (alone.text, alone.sources, alone.note) == ("The limit is 900 EUR.", (), ALONE_NO_ROOM)


def test_far_passages_are_kept_from_the_model() -> None:
    workers = Workers()
    workers.passages = (passage(1, 0.9), passage(2, 0.01))
    asked(workers)
    (chat,) = workers.made(Chat)
    assert isinstance(chat, Chat) and len(chat.passages) == 1


def test_documents_that_fail_are_an_error_or_a_note() -> None:
    workers = Workers()
    workers.fail[Search] = WorkerGone("The documents process ended.")
    with pytest.raises(WorkerGone):
        asked(workers)
    done = asked(workers, only_from_documents=False)
    assert done.text == "The limit is 200 EUR." and "The documents process ended." in done.note


def test_where_the_check_fails_only_what_the_words_make_clear_is_cited() -> None:
    workers = Workers()
    workers.fail[Ground] = WorkerGone("The documents process ended.")
    assert asked(workers).text == "The limit is 200 EUR [1]."
    workers.text = "The limit is 250 EUR."
    done = asked(workers)
    assert done.sources and done.text.startswith("> ")
    assert "could not be checked" in done.note


def test_an_engine_that_fails_is_an_error() -> None:
    workers = Workers()
    workers.fail[Chat] = AppError("The model stopped.", "Restart it.")
    with pytest.raises(AppError, match="The model stopped"):
        asked(workers)


@pytest.mark.parametrize("kind", [Search, Chat, Ground])
def test_stop_ends_at_once_with_what_has_come(kind: type) -> None:
    workers = Workers()
    workers.fail[kind] = Stopped("The limit [1]", "thought")
    done = asked(workers)
    assert done.stopped and done.note
    assert type(workers.calls[-1]) is kind
    if kind is Chat:
        assert (done.text, done.thinking) == ("The limit", "thought")
    if kind is Ground:
        assert done.text == "The limit is 200 EUR [1]."
        assert done.sources[0].passage.id == PASSAGES[1].id


def test_notes_of_the_index_and_of_the_length_reach_the_user() -> None:
    workers = Workers()
    workers.note = "The index is being rebuilt."
    assert "The index is being rebuilt." in asked(workers).note
    workers.found = False
    assert "The index is being rebuilt." in asked(workers).note


def test_instructions_and_language_come_on_top_of_the_rules() -> None:
    workers = Workers()
    asked(workers, instructions="Use metric units.", language="German")
    (chat,) = workers.made(Chat)
    assert isinstance(chat, Chat)
    assert chat.system.endswith(f"Use metric units.\nAnswer in German.\n{STANDS}"), "no wish stands above the citations"
    assert "passages" in chat.system
    asked(workers)
    last = workers.made(Chat)[-1]
    assert isinstance(last, Chat) and last.system == ""


def test_the_users_settings_make_the_question() -> None:
    settings = Settings(home())
    settings.set(s.PASSAGES_PER_ANSWER, 3)
    settings.set(s.TEMPERATURE, 0.0)
    ask = ask_of(settings, "Hi?", collections=())
    assert (ask.passages, ask.sampling.temperature, ask.collections, ask.only_from_documents) == (3, 0.0, (), True)


@pytest.mark.parametrize(
    ("question", "query"),
    [
        ("And in Switzerland?", "What is the hotel limit in Switzerland?"),
        ("Does it include breakfast?", "Does it include breakfast? hotel limit Germany"),
        ("Why?", "Why? hotel limit Germany"),
        ("How many days of paid leave do employees get?", "How many days of paid leave do employees get?"),
        ("hotel limit Germany and?", "hotel limit Germany and?"),
    ],
)
def test_a_follow_up_borrows_the_words_it_leans_on(question: str, query: str) -> None:
    history = (
        Message("user", "First?"),
        Message("assistant", "Yes."),
        Message("user", "What is the hotel limit in Germany?"),
        Message("assistant", "160 EUR."),
    )
    assert by_rule(question, history).query == query
    assert by_rule(question, ()) == Forms(question)
