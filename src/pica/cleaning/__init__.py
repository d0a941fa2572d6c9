"""Raw conversations → clean ones, and the others with the reason of their rejection.

row_filter       each row by itself: `clean` repairs and masks its text, `rules` keep or reject it
dataset_filter   the rows of all datasets together: `decontamination`, `deduplication`, `scorecard`
fingerprints     texts as arrays of hashes, which `leakage` and `deduplication` compare
"""
