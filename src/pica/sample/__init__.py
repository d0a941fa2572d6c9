"""The embedded sample: made-up rows in every dataset's own native layout, quirks included.

`files/<corpus>/` holds the files. `python -m pica.sample` writes them anew, byte for byte, from the bank of texts in
`bank/`. None of it is copied from a dataset. The few chats of general text, `files/general/`, are written by hand.

A module a corpus: `conversations(rng)` makes up its conversations, `write(conversations, folder)` is the inverse of the
corpus's reader, and `quirks(folder)` spoils the files in the ways that a Conversation cannot express.
"""
