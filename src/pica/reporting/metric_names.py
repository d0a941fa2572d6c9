"""What a metric is called on the page: `macro_f1` → Macro F1.

Of the first group higher is better, and the best system is marked; the second describes answers, or is better low.
"""

from __future__ import annotations

HIGHER_IS_BETTER = {
    "macro_f1": "Macro F1",
    "text_emotion_macro_f1": "Macro F1, text emotion",
    "dialogue_emotion_macro_f1": "Macro F1, dialogue emotion",
    "dialogue_inference_macro_f1": "Macro F1, dialogue inference",
    "weighted_f1": "Weighted F1",
    "accuracy": "Accuracy",
    "top2_accuracy": "Top-2 accuracy",
    "free_macro_f1": "Macro F1, free decoding",
    "micro_f1_without_no_emotion": "Micro F1 without no emotion",
    "micro_f1_without_others": "Micro F1 without others",
    "csv_weighted_f1": "Weighted F1, CSV subset",
    "cause_f1": "Cause F1",
    "cause_f1_char": "Cause F1 (characters)",
    "cause_em": "Exact match",
    "em_pos": "RECCON's EM (pos.)",
    "f1_pos": "RECCON's F1 (pos.)",
    "cause_raw_em": "Raw exact match",
    "pair_f1": "Pair F1",
    "coverage": "Coverage",
    "free_cause_f1": "Cause F1, free text",
    "free_cause_f1_char": "Cause F1, free text (characters)",
    "free_cause_em": "Exact match, free text",
    "rouge_l": "ROUGE-L",
    "rouge_l_char": "ROUGE-L (characters)",
    "bleu": "BLEU",
    "bleu_char": "BLEU (characters)",
    "bleu2": "BLEU-2",
    "bleu2_char": "BLEU-2 (characters)",
    "chrf": "chrF",
    "chrf_char": "chrF (Chinese)",
    "emotion_adherence": "Emotion carried",
    "act_adherence": "Act carried",
}
_DESCRIPTIVE = {
    "brier": "Brier",
    "nll": "NLL",
    "ece": "ECE",
    "temperature": "Temperature",
    "brier_fitted": "Brier, fitted",
    "nll_fitted": "NLL, fitted",
    "ece_fitted": "ECE, fitted",
    "perplexity": "Perplexity",
    "dist1": "Dist-1",
    "dist1_char": "Dist-1 (characters)",
    "dist2": "Dist-2",
    "dist2_char": "Dist-2 (characters)",
    "length": "Mean length",
    "length_char": "Mean length (characters)",
    "opener_entropy": "Opener entropy",
    "opener_entropy_char": "Opener entropy (characters)",
    "questions": "Questions",
    "repetition": "Repetition",
    "repetition_char": "Repetition (characters)",
    "unparsed": "Unparsed answers",
    "empty": "Empty answers",
    "truncated": "Truncated answers",
    "csv_n": "Rows of the CSV subset",
    "preference_bias": "Preference bias",
    "level": "Mean level",
    "gold_level": "Mean level, gold",
    "level_diff": "Squared difference of levels",
}
# Of a model and not of the views, so they have a table of their own.
GENERAL = {
    "general_ratio_en": "Perplexity over that before tuning, general English",
    "general_ratio_zh": "Perplexity over that before tuning, general Chinese",
    "general_accuracy": "General questions, right by letter",
    "general_bare_label": "General questions, answered by a bare label",
}
METRICS = HIGHER_IS_BETTER | _DESCRIPTIVE | GENERAL
