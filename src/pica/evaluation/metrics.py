"""The metrics. Scores and shares are in per cent; perplexity and entropy are not.

    classification   macro F1, weighted F1, accuracy           from counts of hits, predictions and golds by class
    emotion cause    exact match, token F1, pair F1             SQuAD's, in MLQA's form for languages without blanks
    free text        BLEU, chrF, ROUGE-L, Dist-n, length, …     over one definition of a token, sacrebleu's

Counts add up: those of a set of rows are the sum of its rows' counts. So the bootstrap resamples sums, not rows, and
every classification metric below takes counts of any leading shape `[…, 3, K]` and gives scores of shape `[…]`.
"""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
from sacrebleu.tokenizers.tokenizer_zh import TokenizerZh

_CHARACTERS, _WORDS = TokenizerZh(), Tokenizer13a()
_ARTICLES = {"a", "an", "the"}
# A Chinese character, or a run of others without blanks.
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]|[^\s\u3400-\u4dbf\u4e00-\u9fff]+")
# Nats a token: a higher loss would overflow, and says nothing more.
_HIGHEST = 100.0


# Classification


def class_counts(golds: Sequence[str], predicted: Sequence[str | None]) -> np.ndarray:
    """What each row adds to the counts of each class, `[rows, 3, K]`: hits, predictions, golds.

    The K classes are the labels that occur as gold, in alphabetical order. A prediction that is none of them, or None
    (the answer names no label), is a prediction of no class: its gold class misses one, and no class is made up for it.
    """
    classes = np.array(sorted(set(golds)))
    gold = np.array(golds)[:, None] == classes
    guess = np.array([label or "" for label in predicted])[:, None] == classes
    return np.stack([gold & guess, guess, gold], axis=1).astype(float)


def class_f1(counts: np.ndarray) -> np.ndarray:
    """F1 of each class, `[…, K]`: 2 hits / (predictions + golds), 0 where there is neither."""
    hits, predictions, golds = np.moveaxis(counts, -2, 0)
    return 100 * 2 * hits / np.maximum(predictions + golds, 1)


def macro_f1(counts: np.ndarray) -> np.ndarray:
    """The mean F1 of the classes that occur as gold."""
    return np.average(class_f1(counts), axis=-1, weights=counts[..., 2, :] > 0)


def weighted_f1(counts: np.ndarray) -> np.ndarray:
    """The F1 of the classes, weighted by their number of golds (scikit-learn's `average="weighted"`)."""
    return np.average(class_f1(counts), axis=-1, weights=counts[..., 2, :])


def accuracy(counts: np.ndarray) -> np.ndarray:
    """The share of rows whose gold label was predicted."""
    return 100 * counts[..., 0, :].sum(-1) / counts[..., 2, :].sum(-1)


# Emotion cause


def squad_tokens(text: str, language: str) -> list[str]:
    """Lower-case words without punctuation and English articles; in Chinese, characters, and words of other scripts.

    Source: SQuAD's `normalize_answer`, with Unicode punctuation and Chinese as in MLQA's `mixed_segmentation`, so that
    我的 iPhone is 我, 的, iphone.
    """
    kept = "".join(c for c in text.lower() if not _is_punctuation(c))
    if language == "zh":
        return _CHINESE.findall(kept)
    return [word for word in kept.split() if word not in _ARTICLES]


def _is_punctuation(character: str) -> bool:
    return character in string.punctuation or unicodedata.category(character).startswith("P")


def exact_match(answer: str, gold: str, language: str) -> float:
    """100 when both name the same set of spans, one a line, else 0."""
    return 100.0 * (_spans(answer, language) == _spans(gold, language))


def raw_exact_match(answer: str, gold: str) -> float:
    """100 when the strings are equal but for blanks around them, else 0. Source: RECCON's `EM_pos`."""
    return 100.0 * (answer.strip() == gold.strip())


def token_f1(answer: str, gold: str, language: str) -> float:
    """SQuAD's F1 over the two bags of tokens. Spans are joined, so that none has to be paired with another."""
    answered, wanted = Counter(squad_tokens(answer, language)), Counter(squad_tokens(gold, language))
    if not answered or not wanted:
        return 100.0 * (answered == wanted)
    return 100 * 2 * (answered & wanted).total() / (answered.total() + wanted.total())


def pair_f1(answers: Sequence[str], golds: Sequence[str], language: str) -> float:
    """F1 of all pairs of an emotional turn and one of its causes: a span counts when it is a gold one, as `exact_match`
    compares them. An answer holds one span a line, and the lines are a set."""
    said, wanted = ([_spans(text, language) for text in texts] for texts in (answers, golds))
    hits = sum(len(a & g) for a, g in zip(said, wanted, strict=True))
    return 100 * 2 * hits / max(1, sum(map(len, [*said, *wanted])))


def _spans(text: str, language: str) -> set[tuple[str, ...]]:
    return {tuple(squad_tokens(line, language)) for line in text.splitlines() if line.strip()}


def coverage(answer: str, gold: str) -> float:
    """The gold's share of the characters of an answer that holds it; 0 when it does not. Source: PICA's er_abs."""
    answer, gold = answer.strip(), gold.strip()
    return 100 * len(gold) / len(answer) if gold and gold in answer else 0.0


# Free text


def tokens(text: str, language: str) -> list[str]:
    """sacrebleu's tokens in lower case: `13a` words and punctuation marks; in Chinese `zh`, single characters."""
    return (_CHARACTERS if language == "zh" else _WORDS)(text.lower()).split()


def bleu(answers: Sequence[str], golds: Sequence[str], language: str, order: int = 4) -> float:
    """sacrebleu's corpus BLEU of 1- to `order`-grams in lower case, `exp` smoothing, tokenised as in `tokens`."""
    return _bleu(language, order).corpus_score(answers, [golds]).score


def bleu_signature(language: str) -> str:
    """What sacrebleu says of how BLEU is computed here: `nrefs:1|case:lc|eff:no|tok:13a|smooth:exp|version:…`."""
    metric = _bleu(language, 4)
    metric.corpus_score(["a"], [["a"]])
    return str(metric.get_signature())


def _bleu(language: str, order: int) -> BLEU:
    tokenizer = "zh" if language == "zh" else "13a"
    return BLEU(lowercase=True, max_ngram_order=order, smooth_method="exp", tokenize=tokenizer)


def chrf(answers: Sequence[str], golds: Sequence[str]) -> float:
    """sacrebleu's corpus chrF2: character 1- to 6-grams, blanks left out."""
    return CHRF().corpus_score(answers, [golds]).score


def perplexity(log_probs: Sequence[float], tokens: Sequence[int]) -> float:
    """exp of the summed negative log-probability of the targets over their summed tokens: never a mean of rows."""
    return math.exp(min(-sum(log_probs) / sum(tokens), _HIGHEST))


def rouge_l(answer: str, gold: str, language: str) -> float:
    """F1 (beta 1) of the longest common subsequence of the two token lists. An empty answer scores 0."""
    said, wanted = tokens(answer, language), tokens(gold, language)
    common = _common_subsequence(said, wanted)
    return 100 * 2 * common / (len(said) + len(wanted)) if common else 0.0


def _common_subsequence(a: Sequence[str], b: Sequence[str]) -> int:
    """The length of the longest common subsequence, with one row of the table as the bits of an integer.

    Source: Hyyrö, Bit-parallel LCS-length computation revisited, AWOCA 2004. A table of Python numbers takes 100 times
    as long on the 300-character replies of the Chinese corpora.
    """
    where: dict[str, int] = {}
    for i, token in enumerate(a):
        where[token] = where.get(token, 0) | 1 << i
    all_ones = (1 << len(a)) - 1
    row = all_ones
    for token in b:
        matches = row & where.get(token, 0)
        row = (row + matches | row - matches) & all_ones
    return len(a) - row.bit_count()


def dist(texts: Sequence[Sequence[str]], n: int) -> float:
    """Dist-n of a whole corpus of token lists: distinct n-grams in all n-grams. 0 when no text has n tokens."""
    grams = Counter(tuple(text[i : i + n]) for text in texts for i in range(len(text) - n + 1))
    return 100 * len(grams) / grams.total() if grams else 0.0


def opener_entropy(texts: Sequence[Sequence[str]]) -> float:
    """How much the first two tokens of the texts vary, in bits: 0 when all open alike."""
    openers = Counter(tuple(text[:2]) for text in texts if text)
    shares = np.array([*openers.values()]) / max(1, openers.total())
    return float(-(shares * np.log2(shares)).sum()) + 0.0


def questions(texts: Sequence[str]) -> float:
    """The share of texts that ask something."""
    return 100 * float(np.mean(["?" in text or "？" in text for text in texts]))


def repetition(texts: Sequence[Sequence[str]]) -> float:
    """The share of a text's 4-grams that it has said before, a mean over the texts with a 4-gram; 0 without any."""
    grams = [[tuple(text[i : i + 4]) for i in range(len(text) - 3)] for text in texts if len(text) > 3]
    return 100 * float(np.mean([1 - len(set(of_text)) / len(of_text) for of_text in grams])) if grams else 0.0
