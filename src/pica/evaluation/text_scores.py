"""METEOR and BERTScore: scores of free text that need a resource beside the code, and are absent without it.

    scores = TextScores(wordnet="nltk_data/corpora/wordnet", bertscore="hub:FacebookAI/roberta-large", layer=17)
    scores(["I am so sorry."], ["That is sad, I am sorry."], "en")    →  {"meteor": 62.1, "bertscore": 93.1}

METEOR is nltk's with its own numbers (alpha 0.9, beta 3, gamma 0.5), which finds synonyms in WordNet and so knows
English alone. BERTScore is that of `inference/bertscore.py`; its model and layer belong to it, since scores by others
do not compare. Both are means over the answers of a view, in per cent.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from pica.errors import ParamsError
from pica.evaluation.metrics import tokens
from pica.workspace import resolve_path

# METEOR of two lists of tokens, the gold one first, 0 to 1.
_Meteor = Callable[[Sequence[str], Sequence[str]], float]
# BERTScore of answers and golds, a number a pair.
_BertScore = Callable[[Sequence[str], Sequence[str]], Sequence[float]]


class TextScores:
    """Those of the two that have what they need.

    Args:
        wordnet: a folder of WordNet 3.0 as nltk has it; None: no METEOR.
        bertscore: an encoder, as `inference.encoder.find` takes one; None: no BERTScore.
        layer: of the encoder, counted from 1; None: its last.

    Raises:
        ParamsError: nltk or the encoder is not installed, the folder is none of WordNet, or there is no such layer.
        ModelError: the encoder is none in the Hugging Face layout.
        SourceError: the hub does not give it.
    """

    def __init__(self, wordnet: str | None = None, bertscore: str | None = None, layer: int | None = None) -> None:
        self._meteor = meteor(resolve_path(wordnet)) if wordnet else None
        self._bertscore = _bertscore(bertscore, layer) if bertscore else None

    def __call__(self, answers: Sequence[str], golds: Sequence[str], language: str) -> dict[str, float]:
        """Of one view; nothing where neither is computed."""
        found = {}
        if self._meteor and language == "en":
            said, wanted = ([tokens(text, language) for text in texts] for texts in (answers, golds))
            found["meteor"] = 100 * float(np.mean(list(map(self._meteor, wanted, said))))
        if self._bertscore:
            found["bertscore"] = 100 * float(np.mean(self._bertscore(answers, golds)))
        return found


def meteor(folder: Path) -> _Meteor:
    """METEOR with the synonyms of a WordNet folder.

    Raises:
        ParamsError: nltk is not installed, or it cannot read the folder.
    """
    try:
        import nltk
        from nltk.corpus.reader.wordnet import WordNetCorpusReader
        from nltk.translate.meteor_score import single_meteor_score
    except ImportError:
        raise ParamsError(
            "evaluate.wordnet: METEOR needs nltk, which is not installed. pip install nltk, or set it to null."
        ) from None

    class Synonyms(WordNetCorpusReader):
        """WordNet without its ways to other versions, for which it would look up more folders."""

        def map_wn(self, version: str = "wordnet") -> None:
            return None

    if str(folder) not in nltk.data.path:
        nltk.data.path.append(str(folder))  # nltk reads nothing outside its data folders
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # other languages, which METEOR does not know, are in another folder
            wordnet = Synonyms(str(folder), None)
    except (OSError, ValueError, AssertionError) as error:
        raise ParamsError(
            f"evaluate.wordnet: {folder} is no WordNet folder ({error}). It is corpora/wordnet of nltk_data, with "
            "index.noun, data.noun and so on: python -m nltk.downloader wordnet."
        ) from None
    return lambda gold, answer: single_meteor_score(gold, answer, wordnet=wordnet)


def _bertscore(name: str, layer: int | None) -> _BertScore:
    from pica.inference.bertscore import BertScore  # torch takes seconds, and most runs do not need it

    return BertScore(name, layer)
