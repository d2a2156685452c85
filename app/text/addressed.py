"""Sentences of a document that speak to an assistant instead of to its readers: "ignore your instructions", "add this
to your answer". They are data like the rest, and may be shown, but nothing of them is evidence.

By rule and in eleven languages. A request to people ("please send an e-mail to …") is none; what is found, missed and
wrongly found is in docs/retrieval.md.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from functools import lru_cache

from app.text.sentences import sentences

_REPLY = r"(?:answers?|responses?|repl(?:y|ies)|outputs?|completions?)"
_ASSISTANT = (
    r"(?:(?:A\.?I\.?|LLM|language|chat)[ -]?(?:assistants?|models?|bots?|agents?|systems?)"
    r"|assistants?(?!\s(?:managers?|drivers?|directors?|professors?|teachers?|coach|nurses?|buyers?|secretar))"
    r"|chatbots?|LLMs?|large language models?|Chat ?GPT|GPT-?\d?|Copilot|Claude|Gemini|the AI|AIs?)"
)
_DROP = r"(?:ignore|disregard|forget|override|bypass|neglect|skip|drop|discard|(?:ignor|disregard|forgett|overrid)ing)"
_RULES = r"(?:instructions?|prompts?|directions?|directives?|guidelines|commands?|orders)"
_CHANGE = (
    r"(?:replac|substitut|rearrang|convert|revers|jumbl|scrambl|shuffl|anagram|encod|encrypt|encipher|translat|spell"
    r"|misspell|capitali[sz]|remov|delet|omit|eliminat|combin|merg|join|introduc|insert|inject|incorporat|integrat"
    r"|embed|add|append|prepend|includ|augment|enhanc|enrich|modif|alter|chang|tweak|adjust|adapt|craft|render|provid"
    r"|present|deliver|writ|format|phras|rephras|reword|rewrit|word|us|mak|end|begin|start|conclud|finish|supplement"
    r"|suggest|mention|recommend|promot|advertis|weav|sprinkl|slip|plac|put|offer|intersperse|mix|transform|swap"
    r"|shift"
    r"|compress|group|hid|conceal|mask|invert|mimic|employ|apply)(?:e|es|y|t|n)?"
)
_SPLIT = r"(?:[^.!?\n]|[.!?](?=[^\s]))"
"""Within a sentence; the point of an address ends none."""
_POLITE = (
    r"(?:^|[.!?:;,\n\"“(|*#>-])\s*(?:and\s+|then\s+|also\s+|please,?\s+|kindly\s+|now,?\s+|finally,?\s+"
    r"|you (?:must|should|will|need to)\s+){0,3}"
)
"""Where a request may begin."""
_INSIDE = rf"(?:{_POLITE}|(?-i:(?<=[^\W\d_] )(?=[A-Z])))"
"""The same, and a capital letter in the middle of a sentence: what was put in later has no full stop before it."""

_OVERRIDE = (
    rf"\b{_DROP}\b{_SPLIT}{{0,30}}"
    rf"\b(?:previous|prior|above|earlier|preceding|existing|original|initial|your|system|all (?:of )?(?:the|your"
    rf"|other))\b"
    rf"{_SPLIT}{{0,30}}\b(?:{_RULES}|rules)\b",
    rf"\b{_DROP}\b{_SPLIT}{{0,20}}\b(?:{_RULES}|rules)\b\s(?:above|before|so far"
    r"|(?:that )?you (?:were|have been|got))",
    rf"\b{_DROP}\s(?:all (?:of )?)?(?:everything|anything|what)\b{_SPLIT}{{0,40}}(?:\b(?:you were|you have been"
    rf"|was) told\b"
    r"|\band\s(?:say|act|answer|reply|respond|write|translate|output|print|tell)\b)",
    rf"\b{_DROP}\sthe above\b{_SPLIT}{{0,40}}\band\s(?:say|act|answer|reply|respond|write|translate|output|print"
    rf"|tell)\b",
    rf"\b(?:when|while|before|after)\s(?:summari[sz]ing|answering|reading|processing|analy[sz]ing"
    rf"|reviewing)\s(?:this|the)\s"
    rf"\w+,\s(?:please |always |never |do not |you must |make sure to |also ){{0,2}}(?:{_CHANGE}|say|state|give"
    rf"|rate|ignore|answer)\b",
    r"\bto\s(?:the|any|all|every|whichever)\s(?:model|assistant|AI|LLM|agent|bot)s?\s(?:that\s|who\s)?(?:read"
    r"|process|summari[sz])",
    r"\b(?:AI|LLM|automated)\s(?:reviewers?|readers?|graders?|screeners?|recruiters?)\b[^.!?\n]{0,20}\b(?:should"
    r"|must|shall)\b",
    r"\bsystem override\b|\b(?:LLM|AI|GPT|prompt|assistant|model) instructions?\s?:",
    r"\b(?:repeat|print|show|output|send|forward|reveal|post|copy)\s(?:the |all |our )?(?:(?:text|words"
    r"|contents?|messages)\s"
    r"(?:above|of (?:this|the|our) (?:conversation|chat|prompt))|(?:previous |whole |entire )(?:conversation"
    r"|chat|prompt)\b)",
    rf"\bnew (?:system )?(?:{_RULES})\s*(?:for|to)\s+(?:the |you\b|all )?{_ASSISTANT}?",
    r"<\|[a-z_]{2,24}\|>|\[/?INST\]|<</?SYS>>|</?(?:start|end)_of_turn>|<(?:/)?(?:passage|system_prompt|assistant)>",
    r"(?:^|\n)\s*#{2,4}\s*(?:instruction|system|assistant|response)s?\s*:",
    r"(?:^|[\n.!?\"“])\W{0,4}(?:system|assistant|developer)\s*(?:prompt|message|note|override"
    r"|instruction)?\W{0,3}:\W{0,3}"
    r"(?:you|ignore|disregard|forget|new|from now|always|never|answer|respond|reply|do not|say)\b",
    rf"\b(?:reveal|print|repeat|show|output|display|disclose|leak|expose)\b{_SPLIT}{{0,30}}\b(?:your|the|hidden)\s"
    r"(?:full |entire |hidden |initial |original |own )?(?:system )?(?:prompt|system message|hidden instructions)\b",
    rf"(?-i:\b(?:[Ii]f|[Ss]ince|[Ww]hen|[Aa]s) you(?: are|['’]re) (?:an? |the )?){_ASSISTANT}",
    rf"\b(?:you are|you['’]re) (?:now|no longer)\s{_SPLIT}{{0,40}}\b(?:{_ASSISTANT}|DAN|unrestricted|jailbroken)\b",
    rf"\b(?:from now on|henceforth),? (?:you|{_ASSISTANT})\b{_SPLIT}{{0,20}}\b(?:are|must|will|should|answer"
    rf"|respond|reply)\b",
    rf"\b(?:act|behave|respond|pretend)\b{_SPLIT}{{0,12}}\b(?:as|to be)\b{_SPLIT}{{0,16}}\b(?:{_ASSISTANT}|DAN"
    rf"|jailbroken)\b",
    rf"\b(?:instructions?|notes?|message|attention|important|hints?|dear|hey|hello|reminder)\b{_SPLIT}{{0,24}}"
    rf"(?-i:\b(?:to|for|[Dd]ear|[Hh]ey|[Hh]ello|[Aa]ttention|ATTENTION|TO|FOR)\b)\W{{0,3}}"
    rf"(?:the |any |all |an? |my )?{_ASSISTANT}\b{_SPLIT}{{0,40}}[:,!]",
    rf"(?:^|[\n.!?\"“(])\W{{0,4}}(?:dear |hey |hi |hello |attention,? "
    rf"|important:? )?(?:{_ASSISTANT})\s?[,:!]\W{{0,3}}(?:please |you |now |always )?"
    rf"(?:{_CHANGE}|answer|respond|reply|say|tell|ignore|disregard|forget|output|state|claim|never|do)\b",
    rf"\b(?:an?|the|any|all|every|this|your) {_ASSISTANT}s?\b{_SPLIT}{{0,60}}\b(?:must|should|shall|has to"
    rf"|have to|is to|are to|needs? to)\b"
    r"\s(?:now |always |also |only |never |not )?(?:answer|respond|reply|say|tell|state|claim|output|ignore|disregard"
    r"|follow|obey|recommend|mention|include|add|rate|rank|approve|summari[sz]e)\b",
)
"""What takes an assistant over; the rest of its paragraph belongs to it."""
_STEER = (
    rf"{_INSIDE}{_CHANGE}\b{_SPLIT}{{0,160}}?\b(?:in|to|of|from|with|into|for|within|throughout|on"
    rf"|at the end of)\s(?:all |each of )?your\s"
    rf"(?:final |next |own |entire |whole )?{_REPLY}\b(?!\s(?:to|from|on)\b)",
    rf"{_INSIDE}{_CHANGE}\s(?:all |each of )?(?:the )?(?:words of |letters (?:of|in) |structure of |tone of )?your\s"
    rf"(?:final |next |own |entire |whole )?{_REPLY}\b{_SPLIT}{{0,12}}\b(?:to|with|without|by|using|as|in|so"
    rf"|into|from|for|through)\b",
    rf"{_INSIDE}{_CHANGE}\b{_SPLIT}{{0,60}}?\b(?:letters?|vowels?|consonants?|words?|spaces?|characters?"
    rf"|keywords?|phrases?)\b{_SPLIT}{{0,20}}?"
    rf"\b(?:in|of|from)\syour\s(?:{_REPLY}|message)\b",
    rf"(?:^|[.!?\n])\W*(?:with)?in your {_REPLY},\s(?:also |please )?{_CHANGE}\b",
    rf"{_POLITE}(?:respond|reply|answer)\s(?:only |just |solely |exclusively |always |exactly |instead "
    rf"|to (?:this|every|any|all|each)\w* (?:\w+ ){{0,2}}){{0,2}}(?:with|in|as)\s"
    r"(?:only|just|the (?:word|phrase|following|text|exact)|[\"“'‘«]|\w+ words?\b|json|emojis?|base64|rot13"
    r"|(?:all )?(?:caps|capitals|uppercase)"
    r"|english|french|german|spanish|italian|chinese|japanese|russian|arabic|latin|morse|pig latin)",
    rf"{_POLITE}replace\s(?:all |every |each |the )?(?:\w+ )?(?:letters?|vowels?|words?"
    rf"|consonants?)\b{_SPLIT}{{0,40}}\b(?:with|by)\b",
    rf"{_POLITE}(?:tell|inform|advise|instruct|convince|persuade|warn|ask|urge|direct)\s(?:the |your "
    rf"|all )?users?\b{_SPLIT}{{0,20}}\b(?:instead|that (?:the )?(?:answer|correct)|nothing)\b",
    rf"{_POLITE}answer\s(?:every|all|each|any)\s(?:\w+\s)?(?:questions?|prompts?|quer(?:y|ies)"
    rf"|requests?)\s(?:with|by)\b",
    rf"{_INSIDE}{_CHANGE}\b{_SPLIT}{{0,120}}?\bin\s(?:every|each|all|any)\s(?:of your\s)?{_REPLY}\b",
    rf"\b(?:when|if|whenever)\s(?:\w+\s){{0,3}}(?:asked|asks|ask|questioned"
    rf"|prompted)\b{_SPLIT}{{0,60}},\s(?:then\s|you\s(?:must|should)\s|only\s|always\s)*"
    r"(?:answer|respond|reply|say)\s(?:that|with|only|in|it|this|no|yes)\b",
    rf"\b(?:do not|don['’]t|never|without)\s(?:\w+\s){{0,2}}?(?:tell|telling|mention|mentioning|reveal|revealing"
    rf"|inform|informing|disclos\w+|show|showing)\b"
    rf"{_SPLIT}{{0,30}}\b(?:this|these|the|of)\s(?:{_RULES})\b{_SPLIT}{{0,30}}(?:\buser|\bhuman|\.|$)",
    r"\b(?:decode|decrypt|decipher)\s(?:this|the following|and (?:follow|execute|run|obey))\b",
)
"""What wants to change an answer."""
_TASK = (
    rf"{_POLITE}(?:write|draft|compose|create|generate|develop|provide|craft|tell me|give|sing)\s(?:me "
    rf"|us )?(?:an? |the )(?:\w+ ){{0,2}}?"
    r"(?:story|poem|sonnet|haiku|limerick|song|joke|fairy tale|essay|speech|monologue|(?:introduction|outline"
    r"|conclusion) (?:for|to|of) an essay)\b",
    rf"{_POLITE}translate\s(?:the following|this|these|the (?:word|phrase|sentence|text)"
    rf"|[\"“'‘«]){_SPLIT}{{0,60}}?\b(?:in)?to\s(?-i:[A-Z])",
    rf"\b(?:provide|give|what is|what['’]s|find)\s(?:me )?(?:the )?(?:\w+ )?(?:equivalent|translation)\s(?:for"
    rf"|of)\b|\bhow do you say\b{_SPLIT}{{0,60}}\bin (?-i:[A-Z])"
    r"|\bwhat(?: is|['’]s)\s[\"“'‘«][^\"”'’»\n]{1,60}[\"”'’»]\sin\s(?-i:[A-Z][a-z]+)\b",
    rf"\b(?:can|could|would) you (?:please )?(?:show|give|write|tell|explain"
    rf"|provide)\b(?: (?:to )?me)?\b{_SPLIT}{{0,40}}\b(?:function|code|script|program|snippet|poem|story)\b",
    rf"{_POLITE}(?:explain|describe|break down|summari[sz]e)\b{_SPLIT}{{1,60}}?\b(?:in (?:simple|plain"
    rf"|layman['’]?s?) terms|to a (?:child|five|5|beginner)|with an example|(?:the )?plot of)\b",
)
"""A piece of work that only an assistant would be given in passing."""
_OTHER_LANGUAGES = (
    # German
    r"\b(?:ignorier\w*|vergiss|vergessen sie|missachte\w*|übergehe?\w*)\b[^.!?\n]{0,30}\b(?:vorherig|bisherig"
    r"|vorig|vorangehend|obig|früher|vorstehend|ursprünglich|dein|ihr|system|alle)\w*"
    r"[^.!?\n]{0,30}\b(?:anweisung|instruktion|regel|vorgabe|befehl|prompt|anordnung)\w*",
    r"(?:^|[.!?:\n])\W*(?:bitte )?(?:antworte|antworten sie|erwidere)\s(?:ab jetzt |immer |stets |nur "
    r"|ausschließlich |lediglich |stattdessen ){0,3}(?:nur |ausschließlich )?(?:mit|auf)\s(?:[\"„“»']"
    r"|dem (?:wort|satz)|der (?:zahl|antwort)|den worten|nur|ja\b|nein\b|englisch|französisch|deutsch"
    r"|großbuchstaben|einem (?:gedicht|wort))",
    r"\bdu bist (?:jetzt|nun|ab jetzt|ab sofort|nicht mehr)\b[^.!?\n]{0,40}\b(?:ki|assistent\w*|modell|chatbot"
    r"|sprachmodell|dan|pirat)\b",
    r"(?:^|[.!?:,\n])\W*(?:bitte )?(?:füg|ersetz|bau|ergänz|nenn|erwähn|empfiehl|änder|beend|beginn|schreib"
    r"|verwend|wandl?)\w*\b[^.!?\n]{0,90}\b(?:deine[rmns]?|ihre[rmns]?)\s(?:nächsten |gesamten )?antwort(?:en)?\b",
    r"(?:^|[.!?:\n])\W*in deiner (?:nächsten )?antwort\b",
    r"\b(?:hinweis|anweisung|nachricht|achtung|wichtig)\w*\b[^.!?\n]{0,20}\b(?:an|für)\s(?:die |den |das "
    r"|alle )?(?:ki|ki-assistent\w*|assistent\w*|sprachmodell\w*|chatbot\w*|llm)\b",
    r"\b(?:die ki|der (?:ki-)?assistent|das sprachmodell|der chatbot)\s(?:muss|soll|sollte"
    r"|hat)\b[^.!?\n]{0,60}\b(?:antwort\w*|sag\w*|ignorier\w*|nenn\w*|ausgeb\w*|behaupt\w*)",
    r"\bwenn du\s(?:ein|eine)?\s?(?:ki|sprachmodell|assistent|chatbot|llm)\w*|\bals\s(?:ki|sprachmodell"
    r"|ki-\w+)\s(?:musst|sollst|wirst)\b",
    r"\bvergiss\s(?:alles|was)\b[^.!?\n]{0,40}\b(?:gesagt|vorher|bisher|zuvor|gelernt)\b",
    r"\bsag(?:e|en sie)?\s(?:dem|der|den)\s(?:nutzer|benutzer|anwender|fragenden)\w*\b",
    # French
    r"\b(?:ignore[zr]?|oublie[zr]?|ne (?:tiens|tenez) (?:pas|aucun) compte)\b[^.!?\n]{0,30}\b(?:instructions?"
    r"|consignes?|directives?|règles)\b[^.!?\n]{0,20}\b(?:précédent|ci-dessus|antérieur|initial|système|reçu)\w*",
    r"(?:^|[.!?:\n])\W*(?:réponds|répondez)\s(?:uniquement |seulement |toujours |simplement "
    r"|exclusivement ){0,2}(?:par|avec|en)\s(?:le mot|la phrase|uniquement|[«\"“]|oui\b|non\b|anglais|allemand"
    r"|majuscules)",
    r"\b(?:tu es|vous êtes) (?:maintenant|désormais)\b[^.!?\n]{0,40}\b(?:assistant|ia|modèle|chatbot|pirate)\b",
    r"(?:^|[.!?:,\n])\W*(?:ajoute|ajoutez|insère|insérez|remplace|remplacez|mentionne|mentionnez|inclus|incluez"
    r"|recommande|recommandez)\b[^.!?\n]{0,90}\b(?:ta|votre|tes|vos) réponses?\b",
    r"\b(?:message|instructions?|note|attention)\b[^.!?\n]{0,20}\b(?:à|pour)\s(?:l['’]|le |les |toute "
    r"|tout )?(?:ia|assistant|modèle de langage|chatbot)\b",
    r"\ben tant qu['’](?:assistant|ia|modèle)\b[^.!?\n]{0,20}\b(?:tu|vous)\b|\bcomo (?:asistente|modelo"
    r"|ia)\b[^.!?\n]{0,20}\bdebes\b",
    # Spanish, Italian, Portuguese, Dutch
    r"\b(?:ignor[ae]|ignorad|olvida|haz caso omiso de|desatiende|omite)\b[^.!?\n]{0,30}\b(?:instrucciones"
    r"|órdenes|indicaciones|reglas)\b[^.!?\n]{0,20}\b(?:anterior|previa|arriba|sistema)\w*",
    r"(?:^|[.!?:\n])\W*(?:responde|contesta)\s(?:solo|sólo|solamente|únicamente|siempre)\s(?:con|en)\b|(?:^"
    r"|[.!?:,\n])\W*(?:añade|agrega|incluye|inserta|menciona|reemplaza)\b[^.!?\n]{0,90}\b(?:tu|su) respuesta\b",
    r"\b(?:ignora|ignorate|dimentica)\b[^.!?\n]{0,30}\b(?:istruzioni|regole"
    r"|direttive)\b[^.!?\n]{0,20}\b(?:precedent|sopra|sistema)\w*|(?:^|[.!?:\n])\W*rispondi\s(?:solo|soltanto"
    r"|sempre)\s(?:con|in)\b",
    r"\b(?:ignore|esqueça|desconsidere)\b[^.!?\n]{0,30}\b(?:instruções|ordens"
    r"|regras)\b[^.!?\n]{0,20}\b(?:anterior|prévia|acima|sistema)\w*",
    r"\b(?:negeer|vergeet)\b[^.!?\n]{0,30}\b(?:vorige|eerdere|voorgaande|bovenstaande"
    r"|alle)\b[^.!?\n]{0,20}\b(?:instructies|opdrachten|regels)\b",
    # Russian, Arabic
    r"\b(?:игнорируй|проигнорируй|забудь|не обращай внимания на)\w*\b[^.!?\n]{0,30}\b(?:предыдущ|прошл"
    r"|вышеуказанн|прежн|сво|все)\w*\b[^.!?\n]{0,20}\b(?:инструкци|указани|команд|правил)\w*",
    r"(?:تجاهل|انس|تغاضى عن)[^.!?\n]{0,20}(?:التعليمات|الأوامر|الإرشادات|تعليماتك)",
    # Chinese, Japanese, Korean
    r"(?:忽略|无视|忘记|不要理会|忽視|無視)[^。！？\n]{0,12}(?:指令|指示|提示|说明|規則|规则|命令)",
    r"你(?:现在|現在)(?:是|扮演)[^。！？\n]{0,20}(?:助手|模型|AI|机器人)|(?:请|請)?(?:只|仅|僅|必须|必須)(?:回答|回复|回覆|输出|輸出)[：:“「\"']"
    r"|作为(?:一个)?(?:AI|人工智能|助手|语言模型)|在(?:你"
    r"|您)的(?:回答|回复|回覆|答案)(?:中|里|裡|末尾|开头)",
    r"(?:以前|前|上記|これまで|すべて)の(?:指示|命令|プロンプト|ルール)[^。！？\n]{0,6}(?:無視|忘れ)|(?:이전|위의|앞의|모든)\s?(?:지시|명령"
    r"|지침)[^.!?\n]{0,8}(?:무시|잊)",
)
_TAKEOVER = re.compile("|".join(_OVERRIDE), re.IGNORECASE)
_REQUEST = re.compile("|".join((*_STEER, *_TASK, *_OTHER_LANGUAGES)), re.IGNORECASE)
_WORTH = re.compile(
    r"your\s(?:\w+\s)?(?:answ|resp|repl|outp|compl|mess|prom|syst|instr|rules)|ignor|disregard|forget|overrid"
    r"|bypass|negle|discard"
    r"|instruct|prompt|assist|chatbot|\bai\b|llm|gpt|claude|gemini|copilot|language model|jailbr|<[|/_a-z]"
    r"|\[/?inst|system|developer"
    r"|from now|henceforth|this \w+, |to the |to any|to all|previous conv|the above|in every|in each|in all"
    r"|override|en tant|como"
    r"|als ki|wenn du|repl(?:y|ace)|respond|\banswer|\busers?\b|asked|decode|decrypt|decipher|story|poem"
    r"|sonnet|haiku|limerick"
    r"|song|joke|fairy|essay|speech|monolog|translat|equivalent|say\b|could you|can you|would you|terms|plot"
    r"|beginner|example"
    r"|[“\"'«‘]\sin\s|verg[ei]ss|missacht|übergeh|antwort|du bist|\bki\b|nutzer|anwender|oubli|consigne|répon"
    r"|tu es|vous êtes|olvida"
    r"|caso omiso|desatiende|omite|respuesta|responde|contesta|dimentica|rispondi|esqueça|desconsidere|negeer"
    r"|vergeet|игнор|забудь"
    r"|внимания|تجاهل|انس|تغاضى|[忽无忘不無你请請只仅在作前上以こすへ이위앞모]|sprachmodell",
    re.IGNORECASE,
)
"""What a sentence must hold so that the rules above are worth their time."""
_BLOB = re.compile(r"(?<![\w+/=-])(?:[A-Za-z0-9+/]{24,4000}={0,2})(?![\w+/=-])")
_TAGS = re.compile(r"[\U000e0020-\U000e007e]{4,}")
"""Invisible letters that only a model reads."""
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_BREAK = re.compile(
    r"(?<!<)\|(?!>)|\n(?=\s*(?:\n|[-*+•#>]\s|\d{1,2}[.)]\s)|[^\n:;]{1,60}:\s[^\n;]{0,400};\s[^\n:;]{1,60}:\s)"
)
"""Where a list item, a cell, a row of a CSV file ("City: Munich; Limit: 165 €") or a paragraph ends, whatever the
punctuation."""
_MOST = 4_000
"""Characters that are looked at in one go; a passage has far fewer."""


@lru_cache(maxsize=2048)
def addressed(text: str) -> tuple[tuple[int, int], ...]:
    """The spans of what speaks to an assistant, in order and apart; of a cell or a list item no more than that."""
    plain = _folded(text)
    found: list[tuple[int, int]] = []
    for start, end in _stretches(plain):
        if found and start < found[-1][1]:
            continue
        lines = plain[start:end]
        pieces = {lines, lines.replace("\n", " ")} if _WORTH.search(lines) else set()
        if any(map(_TAKEOVER.search, pieces)) or _TAGS.search(lines) or _encoded(lines):
            found.append((start, _paragraph_end(plain, end)))
        elif any(map(_REQUEST.search, pieces)):
            found.append((start, end))
    return tuple(found)


def masked(text: str, spans: tuple[tuple[int, int], ...]) -> str:
    """The text with these spans blank: every offset stays, and so do lines and the cells of tables."""
    for start, end in spans:
        blank = "".join(char if char in "\n|" else " " for char in text[start:end])
        text = f"{text[:start]}{blank}{text[end:]}"
    return text


def _folded(text: str) -> str:
    """Letters as they look, one for one: a full-width or styled letter is a plain one, an invisible one a space."""
    if text.isascii():
        return text
    folded = (unicodedata.normalize("NFKC", char) for char in text)
    same = "".join(new if len(new) == 1 else old for old, new in zip(text, folded, strict=True))
    return _INVISIBLE.sub(" ", same)


def _stretches(text: str) -> list[tuple[int, int]]:
    """Sentences, and within them the items of a list and the cells of a table."""
    found: list[tuple[int, int]] = []
    for start, end in sentences(text):
        at = start
        for stop in _BREAK.finditer(text, start, end):
            found.append((at, stop.start()))
            at = stop.end()
        found += [(left, min(left + _MOST, end)) for left in range(at, end, _MOST)]
    return [(start, end) for start, end in found if text[start:end].strip()]


def _paragraph_end(text: str, end: int) -> int:
    stop = _BREAK.search(text, end)
    return stop.start() if stop else len(text.rstrip()) if len(text.rstrip()) > end else end


def _encoded(piece: str) -> bool:
    """Whether a row of letters is Base64 of something that speaks to an assistant."""
    for match in _BLOB.finditer(piece):
        blob = match.group().rstrip("=")
        try:
            said = base64.b64decode(blob + "=" * (-len(blob) % 4), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        if said.isprintable() and (_TAKEOVER.search(said) or _REQUEST.search(said)):
            return True
    return False
