"""Whether a conversation is in the language that its dataset says it is in.

py3langid, offline, on texts long enough to be sure of, and only where it is: a name, a shout or a word of slang is in
no language that it could tell. Of 220,000 real conversations it finds 39 in another language, each of which is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from pica.corpora import corpus, is_verbatim
from pica.corpora.general import CODE
from pica.schema import Conversation

# Those of the corpora and the larger ones of the web. Each one more is one more that slang can be taken for.
_LANGUAGES = "ar ca cs da de el en es fa fi fr he hi hu id it ja ko nl no pl pt ro ru sv tl tr uk vi zh"
_KNOWN = frozenset(_LANGUAGES.split())
_SHORTEST = 40  # characters
_READ = 300  # characters: more tells no more and takes longer
_SURE = 0.95

# Words of English alone. Two of them are enough, and spare most conversations the identifier, which takes 0.1 ms each.
_WORDS = "the and you that this with what your they it's i'm don't have not are how why who like just know my"
_ENGLISH = frozenset(_WORDS.split())


def in_another_language(conversation: Conversation) -> bool:
    """True where the text is surely not in `conversation.language`; False in doubt, and of a language not known here.

    General chats may go from one of their two languages to the other (a translation), and code is in none.
    """
    text = "\n".join(turn.text for turn in conversation.turns)
    languages = {conversation.language}
    if is_verbatim(conversation.corpus):
        text, languages = CODE.sub("", text), {*languages, *corpus(conversation.corpus).languages}
    text = text[:_READ]
    if len(text) < _SHORTEST or conversation.language not in _KNOWN:
        return False
    if conversation.language == "en" and len(_ENGLISH.intersection(text.lower().split())) > 1:
        return False
    language, probability = _identifier().classify(text)
    return language not in languages and probability >= _SURE


def language_of(texts: Sequence[str]) -> str:
    """The language that most of some texts are in, as far as one that is known here fits."""
    found = Counter(_identifier().classify(text[:_READ])[0] for text in texts)
    return found.most_common(1)[0][0] if found else "en"


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_LANGUAGES.split())
    return identifier
