"""The words of a question that ask for a calculation, in English and German, folded (see `app.text.fold`)."""

from __future__ import annotations

from typing import Literal

Word = Literal[
    "count", "sum", "much", "average", "share", "highest", "lowest", "most", "fewest", "top", "bottom", "latest",
    "earliest", "dearest", "cheapest", "list", "which", "group", "not",
    "above", "at least", "below", "at most", "or more", "or less", "between", "after", "before", "since", "until",
]  # fmt: skip


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PHRASES: dict[Word, str] = {
    "count": "how many|number of|count of|count|wie viele|wieviele|anzahl der|anzahl von|anzahl|zahl der",
    "sum": "total of|sum of|the total|total|sum|in total|altogether|combined|overall|summe der|summe von|summe|gesamt|"
    "insgesamt|zusammen|gesamte|gesamter|gesamtes",
    "much": "how much|wie viel|wieviel",
    "average": "average of|average|mean|on average|avg|durchschnitt|durchschnittlich|durchschnittliche|"
    "durchschnittlicher|durchschnittliches|durchschnittlichen|im schnitt|im durchschnitt|mittelwert|mittlere",
    "share": "what share of|share of|percentage of|percent of|proportion of|fraction of|share|percentage|anteil der|"
    "anteil von|anteil|wie viel prozent|wieviel prozent|prozentsatz",
    "highest": "highest|largest|biggest|greatest|maximum|max|hochste|hochster|hochstes|hochsten|grosste|grosster|"
    "grosstes|grossten|maximale|maximaler|maximales|maximalen",
    "lowest": "lowest|smallest|minimum|min|niedrigste|niedrigster|niedrigstes|niedrigsten|kleinste|kleinster|kleinstes|"
    "kleinsten|geringste|geringster|geringsten|minimale|minimaler|minimalen",
    "most": "the most|most|am meisten|die meisten|meisten",
    "fewest": "the fewest|the least|fewest|least|am wenigsten|die wenigsten|wenigsten",
    "top": "top",
    "bottom": "bottom",
    "latest": "latest|newest|most recent|neueste|neuester|neuesten|spateste|spatester|spatesten|jungste|letzte",
    "earliest": "earliest|fruheste|fruhester|fruhesten",
    "dearest": "most expensive|dearest|priciest|teuerste|teuerster|teuerstes|teuersten",
    "cheapest": "cheapest|least expensive|billigste|billigster|billigsten|gunstigste|gunstigster|gunstigsten",
    "list": "list all|list|show all|liste alle|zeige alle",
    "which": "which|welche|welcher|welches|welchen|welchem",
    "group": "for each|for every|in each|per|by|each|every|fur jede|fur jeden|fur jedes|je|pro|nach|grouped by",
    "not": "not in|not from|other than|not|no|without|except for|except|excluding|non|nicht|kein|keine|keinen|ohne|"
    "ausser",
    "above": "more than|greater than|higher than|larger than|bigger than|over|above|exceeding|exceeds|exceed|>|"
    "mehr als|uber|grosser als|hoher als",
    "at least": "at least|no less than|not less than|>=|mindestens|wenigstens",
    "below": "less than|fewer than|lower than|smaller than|under|below|<|weniger als|unter|kleiner als|niedriger als",
    "at most": "at most|up to|no more than|not more than|<=|hochstens|bis zu",
    "or more": "or more|oder mehr",
    "or less": "or less|oder weniger|or fewer",
    "between": "between|zwischen",
    "after": "after|later than",
    "before": "before|earlier than|vor",
    "since": "since|seit|ab",
    "until": "until|till|bis|bis zum|up to and including",
}
PHRASES: dict[tuple[str, ...], Word] = {
    tuple(phrase.split()): word for word, phrases in _PHRASES.items() for phrase in phrases.split("|")
}
LONGEST = max(map(len, PHRASES))

LIGHT = _set(
    """a an the of in on at to for from with is are was were be been do does did have has had there we our us you me my
    i it its that this these those what how please can could would tell give show all whose where their they them and or
    rows row entries entry records record lines , work works working located come comes came
    different distinct unique
    verschiedene verschiedenen unterschiedliche
    der die das den dem des ein eine einen einem einer eines von vom im in am an auf zu zum zur bei mit fur aus ist
    sind war waren hat haben hatte hatten gibt gab es wir unser unsere unserer ich mir uns sich was wie hoch
    gross lautet bitte alle aller allen ihre ihr und oder dass welche zeilen zeile eintrage eintrag datensatze datensatz
    arbeiten arbeitet werden wurden wird wurde year years jahr jahre jahren month monat euro euros eur usd chf gbp
    dollar dollars pounds kostet kosten cost costs"""
)
"""Words that say nothing of their own beside those that do."""

ROWS = _set("rows row entries entry records record zeilen zeile eintrage eintrag datensatze datensatz")
GENERIC = _set("amount value amounts values betrag wert betrage werte")
"""The one measure of a sheet, whatever it is called there."""
PRICE = _set("cost costs kostet kosten")
PRICES = _set("price cost preis kosten fee gebuhr rate betrag amount")
NOT_ADDED = _set(
    """price prices rate rates percent percentage ratio quote quota average avg mean durchschnitt mittelwert preis
    preise einzelpreis stuckpreis stundensatz satz steuersatz age alter temperature temperatur score rating note grade
    discount rabatt margin marge per je pro unit share anteil level stock bestand balance saldo kontostand index
    speed"""
)
"""Names of columns whose numbers are not to be added up, unless the question says just that."""
UNITS = {
    "€": "€", "euro": "€", "euros": "€", "eur": "€", "$": "$", "usd": "$", "dollar": "$", "dollars": "$", "£": "£",
    "gbp": "£", "pounds": "£", "chf": "chf", "%": "%", "percent": "%", "prozent": "%",
}  # fmt: skip
NUMBERS = {
    word: number
    for number, words in enumerate(
        ("two zwei", "three drei", "four vier", "five funf", "six sechs", "seven sieben", "eight acht", "nine neun",
         "ten zehn"), 2)
    for word in words.split()
}  # fmt: skip
MONTHS = {
    name: number
    for number, names in enumerate(
        ("january januar jan", "february februar feb", "march marz mar", "april apr", "may mai", "june juni jun",
         "july juli jul", "august aug", "september sep sept", "october oktober oct okt", "november nov",
         "december dezember dec dez"), 1)
    for name in names.split()
}  # fmt: skip
QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "erstes": 1, "ersten": 1, "zweites": 2, "zweiten": 2,
            "drittes": 3, "dritten": 3, "viertes": 4, "vierten": 4}  # fmt: skip
QUARTER = frozenset({"quarter", "quartal"})
