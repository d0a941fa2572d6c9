"""Talking to the model: what is known of the user, how to answer, and what keeps it safe.

state                    what a chat holds of its user, and how each part came about
session                  a chat as a value: state and exchanges, saved as JSON
skills                   which views are asked in a language, and what is off for want of training (views.yaml)
questions                the training renderer's prompts about the chat's own turns
persona                  sentences about the user, each with its evidence
policy                   stage and strategy, by the table in policy.yaml
safety                   what words speak of, by lexicon and classifier; help lines (help_lines.yaml)
lexicon                  levels and patterns (safety.yaml, safety_parts.yaml), rules (safety_context.yaml)
classifier, fitting      weights (safety_weights.json), and what makes them from safety_texts/
chatbot                  one user turn, from its words to the streamed reply
loading                  the chatbot of a repository
commands                 what the slash commands of `pica chat` do
asking                   one question to many inputs, for `pica ask` and the page
dialogues, transcripts   user turns replayed as Markdown
"""
