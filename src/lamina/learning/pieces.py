"""Pieces of words to write in, learned from a text: letters that often stand together become one."""

from __future__ import annotations

import json
from collections.abc import Sequence

from lamina.core import MissingExtra
from lamina.made._alphabet import END, FIRST, STOP, WORDS, Alphabet


def with_pieces(alphabet: Alphabet, passages: Sequence[str], tokens: int) -> Alphabet:
    """The alphabet with so many pairs joined that it has `tokens` codes in all, or as many as the passages hold.

    Raises:
        MissingExtra: the library that counts the pairs is not installed.
    """
    try:
        from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers
    except ModuleNotFoundError as error:
        raise MissingExtra("--tokens", "pretrained") from error
    counting = Tokenizer(models.BPE())
    counting.pre_tokenizer = pre_tokenizers.Split(Regex(WORDS), behavior="isolated")
    known = set(alphabet.letters)
    plain = ("".join(letter if letter in known else STOP for letter in passage) for passage in passages)
    size = max(1, tokens - FIRST + END)  # of its letters one more, which stands for what is none of them
    counting.train_from_iterator(plain, trainers.BpeTrainer(vocab_size=size, min_frequency=2, show_progress=False))
    pairs = [tuple(each) for each in json.loads(counting.to_str())["model"]["merges"]]
    joined = [(one, other) for one, other in pairs if STOP not in one + other]
    return Alphabet(alphabet.letters, joined, alphabet.ends)
