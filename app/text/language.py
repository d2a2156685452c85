"""The language of a text by its commonest words: what stemmer it needs, and which words of a question tell nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from app.text.fold import fold

DEFAULT = "en"
"""What a text is taken for whose language does not show: its words are stemmed like English ones."""

_STOP_LISTS = {
    "en": """a about above after again all also am an and any are as at be because been before being below between both
        but by can could did do does doing down during each few for from further had has have having he
        her here hers him his how i if in into is it its itself just let me more most my no nor not now of
        off on once only or other our ours out over own please s same she should so some such t tell than
        that the their theirs them then there these they this those through to too under until up very was
        we were what when where which while who whom whose why will with would you your yours""",
    "de": """aber als am an auch auf aus bei bin bis da dann das dass dem den der des die dies diese dieser dieses doch
        du durch ein eine einem einen einer eines er es für hat hatte hatten ich ihr im in ist ja kann man
        mit nach nicht noch nur ob oder sein seine sich sie sind so über um und uns unter viel viele vom
        von vor wann war waren warum was wegen welche welchem welchen welcher welches wenn wer werden wie
        wieviel wir wird wo wurde wurden zu zum zur""",
    "nl": """aan al als bij dat de deze die dit door een en er had heb heeft het hij hoe hoeveel hun ik in is je kan
        maar met naar niet nog nu of om onder ons ook op over te tot uit van veel voor waar waarom wanneer
        was wat we welk welke werd wie wij worden wordt ze zich zijn zo""",
    "fr": """à au aux avec ce ces cette combien comment d dans de des du elle en est et eux il ils je l la le les leur
        lui mais ne nous ou où par pas pour pourquoi qu quand que quel quelle quelles quels qui sa se ses
        son sont sur un une vous""",
    "es": """a al como cómo con cual cuál cuando cuándo cuánto cuántos de del donde dónde el ella en es esta este fue
        la las lo los no o para pero por qué que quien quién se sin son su sus un una y""",
    "it": """a al alla che chi come con da dei del della di dove e è gli i il in la le nel non per perché quale quali
        quando quanto quanti si sono su un una""",
    "pt": """a ao aos as com como da das de do dos e ela ele em entre era foi há isso já mais mas muito na nas não no
        nos o onde os ou para pela pelo por qual quais quando quanto quantos que quem se ser seu sua são um
        também uma""",
    "sv": """alla att av blev de den det där efter eller en ett från för genom har hade han hon hur i inte jag kan man
        med men mellan många mycket när och om på sig som så till under upp var vad varför vem vi vid vilka
        vilken vilket är över""",
    "da": """af alle at blev de den der det efter eller en er et for fra fordi han har havde hun hvad hvem hvilke
        hvilken hvilket hvor hvordan hvorfor hvornår i ikke jeg kan man mange med meget men mellem når og om op på
        sig som så til under var ved være""",
    "no": """alle at av ble de den der det etter eller en er et fordi fra før han har hadde hun hva hvem hvilke hvilken
        hvilket hvor hvordan hvorfor i ikke jeg kan man mange med mellom men mye når og også om opp på seg
        som så til under var ved være""",
    "fi": """ei eivät että he hän ja joka jos kanssa kuin kuinka kuka kun missä mikä millainen milloin minkä miksi mitä
        mitkä moni monta mukaan mutta myös ne niin oli olivat on ovat se sekä sen siitä sitä tai tämä voi""",
    "hu": """a az és egy ez hogy hol hány is ki kik között lehet meg mely melyik mennyi mert mi mikor milyen mint mit
        miért nem ne szerint több után vagy van volt voltak""",
    "ro": """a ai al ale au ca care câte câți când ce cel cine cu cum dar de despre din după este fi fost în între
        la mai mult nu o pe pentru prin sau se sunt și un una unde unei unui""",
    "pl": """ale być był była były co czy dla do gdy gdzie i ich ile jak jaka jaki jakie jako jest jego kiedy kto która
        które którego który którzy lub ma na nie o od oraz po pod przez przy się są tak to tym w we z za ze""",
    "cs": """a aby ale byl byla bylo byly co do i jak jako jaká jaké jaký je jeho jejich jsou k kde kdo kdy kolik která
        které který mezi na nebo nebyl o od po pro proč při s se si to u v ve z za že""",
    "tr": """bir bu da daha de değil en gibi hangi her için ile ise kaç kadar kim kimin mi mı mu mü nasıl ne neden nedir
        nerede nereye o olan olarak oldu olduğu sonra şu var ve veya ya""",
    "ru": """а без был была были было быть в во все где да для до его ее если есть же за и из или их к как какая какие
        какой когда который кто ли между мы на не но о об он она они от по почему при с сколько так то у
        чем через что чтобы это""",
    "el": """αλλά αν από για δεν εί είναι ένα ένας έχει η ή ήταν θα και κατά με μετά μια να ο οι όταν ότι ποια ποιες
        ποιο ποιοι ποιος πόσα πόσες πόσο πόσοι πότε που πού πώς σε στα στη στην στις στο στον στους τα την
        της τι τις το τον του τους των ως""",
    "hi": """और का की के को में से है हैं था थी थे ने पर यह वह कि क्या कौन कब कहाँ कैसे कितना कितने कितनी किस किसने
        किसी जो तो भी नहीं एक इस उस लिए द्वारा साथ हो गया होता""",
    "ar": """في من على إلى عن ما هو هي ماذا متى أين كيف كم التي الذي هل أن كان كانت مع هذا هذه و أو لا""",
    "fa": """از با به بر برای بود تا چرا چند چه چگونه چیست در را شد شده که کدام کجا کی است این آن و یا هم می""",
}
"""Words that tell nothing apart, by language. They are left out of queries, not of the index."""

STOP_WORDS = {name: frozenset(fold(word) for word in listed.split()) for name, listed in _STOP_LISTS.items()}
"""The same, folded: what `fold` makes of a text is compared with them."""

_LANGUAGES: dict[str, list[str]] = {}
for _name, _common in STOP_WORDS.items():
    for _word in _common:
        _LANGUAGES.setdefault(_word, []).append(_name)

_CLEAR = 2
"""Common words from which a language shows."""


def language_of(words: Iterable[str]) -> str:
    """The language whose common words stand in these folded words most often; English before another with as many.

    A few words show no language: a heading, a row of figures and a name are taken for `DEFAULT`.
    """
    counts = _counts(words)
    best = max(STOP_WORDS, key=lambda name: counts[name])
    return best if counts[best] >= _CLEAR else DEFAULT


def without_stop_words(words: Iterable[str]) -> list[str]:
    """These folded words without the stop words of one language, the one that has most of them: "war" is one in
    German."""
    listed = list(words)
    counts = _counts(listed)
    stop = STOP_WORDS[max(STOP_WORDS, key=lambda name: counts[name])]
    return [word for word in listed if word not in stop]


def _counts(words: Iterable[str]) -> Counter[str]:
    return Counter(name for word in words if word in _LANGUAGES for name in _LANGUAGES[word])
