"""Examples of all views → the instruction set: which rows, how often, and in words.

mixture      how many rows each view gives, from counts alone
counting     how many examples a view has
drawing      which of them are taken
writing      all of it, into Parquet files that are shuffled over the views
leak_check   that no training example shows a held-out text
"""
