"""The embedded sample: made-up rows in every dataset's own native layout, quirks included.

`files/<corpus>/` holds the files. `python -m pica.sample` writes them anew, byte for byte, from the bank of texts in
`bank/`. None of it is copied from a dataset. The few chats of general text, `files/general/`, are written by hand.

The splits share no line of the bank (`bank.own`), so no dataset trains on what another one tests. What leaks does so on
purpose, for the filter to take [tests/sample/test_splits.py]:

| leak | rows of train |
|---|---|
| DailyDialog has a dialogue of its validation and one of its test set again | 2 |
| EmoContext has a chat of its validation and two of its test set again | 3 |
| EmoryNLP has scenes of MELD's test set | 3 |
| ESConv has situations of its test set | 2 |
| GoEmotions has comments of its validation and test set | 3 |
| IEMOCAP's sessions play one script | 3 |
| Mastodon has a post of its test set in three threads, which goes on without it | 3 |
| MELD has a clip of its test set under two ids, and a comment of GoEmotions' test set in a scene, which stays | 3 |

A module a corpus: `conversations(rng)` makes up its conversations, `write(conversations, folder)` is the inverse of the
corpus's reader, and `quirks(folder)` spoils the files in the ways that a Conversation cannot express.
"""
