"""What a model answers: under a label set, and freely."""
