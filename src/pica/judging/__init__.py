"""A language model as judge of free replies: off unless asked for, and never a headline number.

    forms         what a judge is asked, in frozen words with a version
    answers       what it said → a probability of each answer it could give, or none
    answer_log    all raw answers on the disk, by what was asked
    server        a judge behind an OpenAI-compatible server
    local         a judge that is a model folder of this machine
    pairs         the replies of two systems to the same conversations, and the questions about them
    verdicts      answers → wins, ties and losses, ratings, position bias, length bins
    human         pairs for people to judge, and what their judgements say about the judge's

Two replies are shown in both orders, and where the two verdicts differ the pair is a tie. Ratings stand beside that.
"""
