"""METEOR and BERTScore, on a WordNet of one synonym and an encoder with random weights."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from pica.errors import ModelError, ParamsError
from pica.evaluation.scoring import score_views
from pica.evaluation.text_scores import TextScores
from pica.inference.bertscore import BertScore
from pica.schema import Prediction

WORDS = ["i", "am", "so", "sorry", "to", "hear", "that", "it", "must", "hurt", "a", "lot"]
LAYERS = 3


@pytest.fixture(scope="module")
def wordnet(tmp_path_factory):
    """One noun synset of two words, in WordNet's own layout."""
    folder = tmp_path_factory.mktemp("wordnet")
    for part in ("adj", "adv", "noun", "verb"):
        for name in (f"index.{part}", f"data.{part}", f"{part}.exc"):
            (folder / name).write_text("")
    (folder / "lexnames").write_text("00\tadj.all\t3\n")
    (folder / "index.noun").write_text("dog n 1 0 1 0 00000000  \nhound n 1 0 1 0 00000000  \n")
    (folder / "data.noun").write_text("00000000 00 n 02 dog 0 hound 0 000 | it barks  \n")
    return folder


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    """A small BERT whose tokens are words."""
    folder = tmp_path_factory.mktemp("encoder")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    ids = {word: number for number, word in enumerate([*special, *dict.fromkeys(WORDS)])}
    words = Tokenizer(models.WordLevel(ids, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    made = PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )
    made.model_max_length = 32
    made.save_pretrained(folder)
    torch.manual_seed(0)
    size = {"hidden_size": 16, "num_hidden_layers": LAYERS, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=len(ids), max_position_embeddings=32, **size)).save_pretrained(folder)
    return str(folder)


def replies(language="en"):
    gold, answer = ("a dog barks", "a hound barks") if language == "en" else ("别难过", "不要难过")
    return [
        Prediction(
            "esconv/test/1#0",
            "esconv-generation",
            "dialogue_generation",
            "esconv",
            language,
            "tuned",
            gold,
            answer,
            None,
            None,
            True,
        )
    ]


def test_a_synonym_counts_for_meteor(wordnet):
    scores = TextScores(wordnet=str(wordnet))
    # Three matches in one chunk: 1 - 0.5 * (1 / 3) ** 3.
    assert scores(["a hound barks"], ["a dog barks"], "en") == {"meteor": pytest.approx(100 * (1 - 0.5 / 27))}
    # Two matches of three words, in two chunks.
    assert scores(["a cat barks"], ["a dog barks"], "en") == {"meteor": pytest.approx(100 * (2 / 3) * 0.5)}
    assert scores(["别难过"], ["别难过"], "zh") == {}


def test_a_view_of_replies_has_the_scores_that_were_asked_for(wordnet, encoder):
    scores = TextScores(str(wordnet), encoder)
    assert {"meteor", "bertscore"} <= set(score_views(replies(), 0, 0, text_scores=scores))
    chinese = score_views(replies("zh"), 0, 0, text_scores=scores)
    assert {"meteor", "bertscore"} & set(chinese) == {"bertscore"}
    assert not {"meteor", "bertscore"} & set(score_views(replies(), 0, 0))


@pytest.fixture(scope="module")
def loaded(encoder):
    return PreTrainedTokenizerFast.from_pretrained(encoder), BertModel.from_pretrained(encoder).eval()


@pytest.fixture(scope="module")
def layers(encoder):
    return [BertScore(encoder, layer) for layer in range(1, LAYERS + 1)]


def by_hand(loaded, layer, answer, gold):
    """BERTScore's F1 of one pair, without a batch: the best match of each token, [CLS] and [SEP] among the matches."""
    words, model = loaded

    def vectors(text):
        with torch.no_grad():
            states = model(**words(text, return_tensors="pt"), output_hidden_states=True).hidden_states[layer][0]
        return states / states.norm(dim=-1, keepdim=True)

    alike = vectors(answer) @ vectors(gold).T
    precision, recall = alike[1:-1].max(1).values.mean(), alike[:, 1:-1].max(0).values.mean()
    return float(2 * precision * recall / (precision + recall))


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)


@settings(max_examples=25, deadline=None)
@given(pairs=st.lists(st.tuples(texts, texts), min_size=1, max_size=6), layer=st.integers(1, LAYERS))
def test_each_pair_scores_as_it_does_alone(layers, loaded, pairs, layer):
    answers, golds = zip(*pairs, strict=True)
    expected = [by_hand(loaded, layer, answer, gold) for answer, gold in pairs]
    assert layers[layer - 1](answers, golds) == pytest.approx(expected, abs=1e-5)


def test_equal_texts_score_one_and_an_empty_one_nothing(encoder):
    assert BertScore(encoder, None)(["i am", "", "so"], ["i am", "i am", ""]) == [pytest.approx(1), 0, 0]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"wordnet": "tests"}, ParamsError, r"evaluate\.wordnet: .*tests is no WordNet folder"),
        (
            {"bertscore": "no_such_encoder"},
            ParamsError,
            r"evaluate\.bertscore: the package no_such_encoder is not",
        ),
        ({"bertscore": "./tests"}, ModelError, "is no encoder in the Hugging Face layout"),
    ],
)
def test_what_is_missing_is_named(given, error, message):
    with pytest.raises(error, match=message):
        TextScores(**given)


def test_a_layer_that_the_encoder_does_not_have_is_named(encoder):
    with pytest.raises(ParamsError, match=r"bertscore_layer is 4, and .* has 3 layers"):
        TextScores(bertscore=encoder, layer=4)
