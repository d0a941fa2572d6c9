"""A base model made here: a tiny decoder and its tokenizer, pre-trained on the training text.

It reads the conversations as plain text and the training chats for their answers, as base models of today have read
instructions before anybody tunes them: a frozen model of this size that had not could not be taught by an adapter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from pica.sampling import order
from pica.schema import Instruction
from pica.settings import Scratch
from pica.training.cutting import cut_of
from pica.training.encode import Encoded, fit
from pica.training.loop import Schedule, train
from pica.training.template import rendered, tokenise

_PAD, _START, _END = "<|pad|>", "<|im_start|>", "<|im_end|>"

# ChatML. The template is saved in the tokenizer, so that whoever loads the folder renders as it was trained.
_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def texts(instructions: Iterable[Instruction], seed: int) -> dict[str, Sequence[Mapping[str, str]]]:
    """What to read as plain text, by id: one closed question without its label, and one free chat, a conversation."""
    drawn: dict[tuple[str, bool], Instruction] = {}
    rows = list(instructions)
    for place in order([row.id for row in rows], seed).tolist():
        row = rows[place]
        drawn.setdefault((row.id.partition("#")[0], row.is_classification), row)
    return {row.id: row.messages[:-1] if row.is_classification else row.messages for row in drawn.values()}


def make_tokenizer(texts: Iterable[str], vocab_size: int, context: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer with a chat template in it."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[_PAD, _START, _END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        pad_token=_PAD,
        eos_token=_END,
        additional_special_tokens=[_START],
        chat_template=_TEMPLATE,
        model_max_length=context,
        clean_up_tokenization_spaces=False,
    )


def make_model(scratch: Scratch, tokenizer: PreTrainedTokenizerFast, seed: int) -> LlamaForCausalLM:
    """A Llama decoder with random weights."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=scratch.hidden_size,
        intermediate_size=scratch.hidden_size * 3,
        num_hidden_layers=scratch.layers,
        num_attention_heads=scratch.heads,
        max_position_embeddings=scratch.context,
        tie_word_embeddings=True,
        # Weights of the usual 0.02 keep the logits of rare tokens, answers among them, too small for a frozen head.
        initializer_range=scratch.hidden_size**-0.5,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    return LlamaForCausalLM(config)


def train_from_scratch(
    instructions: Sequence[Instruction], scratch: Scratch, seed: int
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Tokenizer and model, trained on the text of a training set."""
    words = [message["content"] for row in instructions for message in row.messages]
    tokenizer = make_tokenizer(words, scratch.vocab_size, scratch.context)
    model = make_model(scratch, tokenizer, seed)
    examples = [(id, _read(chat, tokenizer, scratch.context)) for id, chat in texts(instructions, seed).items()]
    answered = (
        (row.id, fit(row.instruction, row.messages, tokenizer, scratch.context, "last_reply", how))
        for row in instructions
        for how in [cut_of(row.id, row.instruction)]
    )
    examples += [(id, example) for id, example in answered if example is not None]
    names, encoded = zip(*examples, strict=True)
    schedule = Schedule(scratch.epochs, scratch.lr, scratch.batch_tokens, warmup=0.05, weight_decay=0.1, seed=seed)
    run = train(model, encoded, names, tokenizer.pad_token_id, schedule, what="base_model")
    return run.on.unwrap_model(run.model, keep_fp32_wrapper=False), tokenizer


def _read(chat: Sequence[Mapping[str, str]], tokenizer: PreTrainedTokenizerFast, context: int) -> Encoded:
    """All of a chat's tokens, each one trained."""
    ids = tuple(tokenise([rendered(chat, tokenizer)], tokenizer)[0][:context])
    return Encoded(ids, ids)
