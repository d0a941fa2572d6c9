"""From test instructions to predictions, and from predictions to scores.

    predict         what a model answers to the test rows
    baselines       what a majority vote and TF-IDF answer to the same rows
    metrics         the metrics, each a pure function
    bootstrap       confidence intervals by resampling dialogues
    scoring         predictions → one row a view → one number a metric

Which label a free answer names is read by `pica.output`.

Scores and shares are in per cent throughout, as the papers of this field print them.
"""
