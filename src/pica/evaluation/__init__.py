"""How good an answer is: from predictions to figures.

    answers     what label a free answer names
    metrics     the measures, each a pure function
    bootstrap   how sure a figure is, by resampling dialogues
    scoring     predictions → one row a view → one number a metric
    answering   what a model answers to the test rows
    baselines   what a majority vote and TF-IDF reach on the same rows

Scores and shares are in per cent throughout, as the papers of this field print them.
"""
