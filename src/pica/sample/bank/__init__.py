"""The bank: made-up texts, and the functions that put them together. All of it was written for this project.

    rng = bank.Part(random.Random(7), "train")
    bank.utterance(rng, "relief")          → "They found the rabbit, safe and sound. I'm relieved."
    bank.caused(rng, "anger")              → "I'm livid because «Omar read my diary aloud»."
    bank.narrated(rng, "fear", cause=True) → "Hana was scared stiff «when the lift got stuck between two floors» ."
    bank.reply(rng, "Question")            → "How long have you been feeling this way?"

The texts lie beside this module as TOML, one choice a line, with `{slots}` for what changes: `words.toml` (the slots),
`emotions.toml`, `events.toml` (what happens to people, and which emotions it may cause), `frames.toml` (how both become
a sentence), `dialogue.toml` (exchanges by topic), `replies.toml` (what a listener says, by strategy), `support.toml`
(what people bring to a listener), `chinese.toml`. A corpus with labels of its own names them through `FAMILIES`.

Kinds of text that only some corpora have lie in modules of their own, each with its TOML: `reviews`, `market` (tweets),
`chat`, `distress` (posts and answers), `news` (headlines), `tales` (novels), …
"""

from pica.sample.bank.english import (
    FAMILIES,
    QUOTED,
    REACTIONS,
    STRATEGIES,
    TOPICS,
    advice,
    blur,
    caused,
    clause,
    exchange,
    feeling,
    felt,
    greeting,
    name,
    narrated,
    plain,
    problems,
    reaction,
    reply,
    rounds,
    say,
    shade,
    support,
    utterance,
)
from pica.sample.bank.slots import Part, fill, own, pick, uncapitalised, unmark

__all__ = [
    "FAMILIES",
    "QUOTED",
    "REACTIONS",
    "STRATEGIES",
    "TOPICS",
    "Part",
    "advice",
    "blur",
    "caused",
    "clause",
    "exchange",
    "feeling",
    "felt",
    "fill",
    "greeting",
    "name",
    "narrated",
    "own",
    "pick",
    "plain",
    "problems",
    "reaction",
    "reply",
    "rounds",
    "say",
    "shade",
    "support",
    "uncapitalised",
    "unmark",
    "utterance",
]
