"""The output module: what a model's text is taken to say, as typed results. Evaluation, `pica ask` and chat share it.

labels      which label a free answer names
answers     a label with its probabilities; cause spans that stand in the input; a description
replies     a reply sentence by sentence, without role tags and loops, and why it ended
sentences   where sentences end, in English and Chinese

"supporter: That sounds hard. That sounds hard. user: Yes"   →   Reply("That sounds hard.", stopped="loop")
"""

from pica.output.answers import Causes, Description, LabelAnswer, Span, find_causes
from pica.output.labels import parse_label
from pica.output.replies import Reply, ReplyReader, read_reply
from pica.output.sentences import split_sentences

__all__ = [
    "Causes",
    "Description",
    "LabelAnswer",
    "Reply",
    "ReplyReader",
    "Span",
    "find_causes",
    "parse_label",
    "read_reply",
    "split_sentences",
]
