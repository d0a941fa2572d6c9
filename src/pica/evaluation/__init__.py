"""From test instructions to predictions, and from predictions to scores.

    predict         what a model answers to the test rows
    asking          the same, by several processes, and from where a killed evaluation stopped
    baselines       what a majority vote and TF-IDF answer to the same rows
    label_scores    the ways to score a label, from what one pass gives
    causes          the lines of an input that may hold a cause, and what an answer gives as one
    metrics         the metrics of answers, each a pure function
    calibration     the metrics of probabilities
    replies         labels of replies, by a classifier of single turns
    adherence       whether replies carry what their prompts asked for
    empathy         how much empathy replies show
    general         what a model has forgotten of general language
    bootstrap       confidence intervals by resampling dialogues
    scoring         predictions → one row a view → one number a metric
    label_tables    predictions → tables of variants, classes and bins

Which label a free answer names is read by `pica.output`.

Scores and shares are in per cent throughout, as the papers of this field print them; Brier, NLL,
perplexity and entropy are not.
"""
