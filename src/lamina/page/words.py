"""What layers do, in plain words for somebody who has never seen one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

TITLES = {
    "Conv1d": "convolution", "Conv2d": "convolution", "Conv3d": "convolution", "Linear": "weighted sums", "Packed": "weighted sums",
    "Head": "answer", "NumberHead": "answer", "Sphere": "place on a sphere", "Along": "answer at each step", "BatchNorm1d": "batch norm",
    "BatchNorm2d": "batch norm", "LayerNorm": "layer norm", "GroupNorm": "group norm", "ReLU": "ReLU", "SiLU": "SiLU", "GELU": "GELU",
    "MaxPool2d": "max pooling", "AvgPool2d": "mean pooling", "AdaptiveAvgPool2d": "mean pooling", "MaxPool1d": "max pooling",
    "Embedding": "embedding", "EmbeddingBag": "embedding", "GRU": "GRU", "LSTM": "LSTM", "Dropout": "dropout", "Flatten": "flatten",
    "Dropout1d": "dropout", "Dropout2d": "dropout", "Identity": "nothing", "Pixels": "pixels on one scale", "Hide": "hiding",
    "Columns": "columns as numbers", "Signals": "signals on one scale", "Values": "values on one scale", "Words": "words as numbers",
    "ConvTranspose2d": "growing convolution", "Attention": "attention", "ZeroPad2d": "margin", "Finish": "colours",
    "Sums": "fitted words", "Mix": "inputs joined", "Read": "weighted sums",
}  # fmt: skip

DOES = {
    "Conv1d": "Slides {units} small filters along time; each looks for one pattern everywhere.",
    "Conv2d": "Slides {units} small filters over the picture; each looks for one pattern everywhere.",
    "Conv3d": "Slides {units} small filters over the film; each looks for one pattern everywhere.",
    "Linear": "{units} neurons. Each weighs all values that come in, adds them up, and adds a constant (its bias).",
    "Packed": "{units} neurons, in several copies of the network side by side. Each weighs all values that come in and adds them up.",
    "Head": "Weighs all features for each possible answer, and adds them up: the largest score is the answer.",
    "NumberHead": "Weighs all features and adds them up, in the units of the answer.",
    "Sphere": "Puts the example at a place on a sphere: the same one lies near, others far away.",
    "Along": "Weighs the features of each step for each possible answer.",
    "BatchNorm1d": "Brings every channel to one scale, by what was usual while it learned.",
    "BatchNorm2d": "Brings every channel to one scale, by what was usual while it learned.",
    "LayerNorm": "Brings the values of each example to one scale.",
    "GroupNorm": "Brings groups of channels of each example to one scale.",
    "ReLU": "Keeps what is above zero and forgets the rest: so a neuron can be silent.",
    "ReLU6": "Keeps what lies between zero and six.",
    "SiLU": "Lets through what is clearly above zero, and softly shuts off the rest.",
    "GELU": "Lets through what is clearly above zero, and softly shuts off the rest.",
    "Mish": "Lets through what is clearly above zero, and softly shuts off the rest.",
    "Hardswish": "Lets through what is clearly above zero, and softly shuts off the rest.",
    "Sigmoid": "Squeezes every value between zero and one.",
    "Tanh": "Squeezes every value between minus one and one.",
    "MaxPool2d": "Keeps the largest value of each small window: the picture shrinks, and exact places are forgotten.",
    "AvgPool2d": "Takes the mean of each small window: the picture shrinks.",
    "AdaptiveAvgPool2d": "Takes the mean over the whole picture: places are forgotten, what was seen stays.",
    "MaxPool1d": "Keeps the largest value of each stretch of time.",
    "Embedding": "Gives each word its own list of numbers, learned so that words used alike lie near each other.",
    "EmbeddingBag": "Gives each word its own list of numbers, and takes their mean.",
    "GRU": "Reads step by step and carries a memory along; gates decide what it keeps and what it forgets.",
    "LSTM": "Reads step by step and carries a memory along; gates decide what it keeps and what it forgets.",
    "Dropout": "While learning it switches off values at random, so that no neuron relies on a single other one; now it does nothing.",
    "Flatten": "Lays all values in one row.",
    "Identity": "Passes on what it gets.",
    "Pixels": "Brings the picture to one scale: what is usual over all examples becomes zero.",
    "Signals": "Brings each signal to one scale: what is usual over all examples becomes zero.",
    "Values": "Brings all values to one scale, words as switches.",
    "Hide": "While learning it hides some cells at random, so that no answer hangs on one column; now it passes them on.",
    "Columns": "Turns each column into numbers that can be weighed: numbers into steps along their range, words into switches.",
    "Words": "Gives each word of a column its own list of numbers.",
    "Attention": "Weighs the steps against each other, and adds up those that matter here.",
    "ZeroPad2d": "Adds a margin of zeros, so that filters also look at the edge.",
    "Sums": "A linear model that was solved before the others learned: adds up what each word, each pair of neighbours, and pieces of both say of the answer, the rarer the more; in several copies side by side.",
    "Mix": "{units} neurons. Each weighs the features of all inputs, each input with as much say as any other, and adds them up.",
    "Read": "{units} neurons, in several copies of the network side by side. Each weighs what the filters found and adds it up.",
    "Finish": "Turns maps into colours.",
    "ConvTranspose2d": "Lays {units} maps of twice the side: each value paints a small pattern of its own.",
}  # fmt: skip
OTHER = "A layer of its own kind: it turns the values that come in into others."
INPUTS = {
    "vector": "The example as a row of {size:,} numbers: columns brought to one scale, words as switches.",
    "grid": "The example as numbers: {shape} (height, width, colours).",
    "tokens": "The text as numbers: one for each word that it knows.",
    "sequence": "The series as numbers: one for each signal at each step.",
    "spectrum": "The sound as numbers: how loud each pitch is at each moment.",
    "film": "The film as numbers: pictures one after the other.",
}
OUTPUTS = {
    "category": "A score for each of {count:,} classes; turned into probabilities, the largest is the answer.",
    "tags": "A probability for each of {count:,} tags.",
    "number": "A number, with an interval that holds the truth as often as promised.",
    "identity": "Where the example lies: near to others of the same one.",
    "transcript": "A letter for each step, or none; together they are the text.",
}


def kind_of(module: Any) -> str:
    """The name of a module's kind; of a kind of somebody's own the nearest known one that it is made from."""
    names = [each.__name__ for each in type(module).__mro__]
    return next((name for name in names if name in DOES), names[0])


def title(kind: str) -> str:
    """`title("Conv2d") == "convolution"`."""
    if kind in TITLES:
        return TITLES[kind]
    if kind.startswith("Dropout"):
        return "dropout"
    return kind


def does(kind: str, units: int | None) -> str:
    """A sentence about a kind of layer."""
    key = "Dropout" if kind.startswith("Dropout") else kind
    return DOES.get(key, OTHER).format(units=f"{units:,}" if units else "some")


def about_input(form: str, shape: Sequence[int]) -> str:
    size = 1
    for each in shape:
        size *= each
    return INPUTS.get(form, "The example as numbers.").format(size=size, shape=" × ".join(map(str, shape)))


def about_output(output: Any) -> str:
    count = len(getattr(output, "classes", ()) or ())
    return OUTPUTS.get(output.kind, "The answer.").format(count=count)


def place(kind: str, at: Sequence[int]) -> str:
    """A place in a layer's input, in words: `place("Conv2d", (3, 2, 5)) == "channel 3, row 2, column 5"`."""
    if kind == "Conv2d" and len(at) == 3:
        return f"channel {at[0]}, row {at[1]}, column {at[2]}"
    if kind == "Conv1d" and len(at) == 2:
        return f"channel {at[0]}, step {at[1]}"
    if len(at) == 2:
        return f"{'copy' if kind in ('Packed', 'Head', 'NumberHead') else 'step'} {at[0]}, value {at[1]}"
    return f"value {at[-1]}"
