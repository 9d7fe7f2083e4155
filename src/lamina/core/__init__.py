"""The words every room shares. Import them from here: `from lamina.core import Form`.

`values`: what flows from a column to the answers (Coded, Form, Encoded, Features, Layout).
`parts`: what a model is made of, as protocols (Input, Network, Taught, Found, Made, Method).
`answers`: what a model gives back (Answer, Answers, Word, Piece).
`learning`: what learning passes on (Recipe, Batch, Loss, Progress).
`errors`: what went wrong, said for a person.

NumPy only: predicting imports this, and predicting never imports torch.
"""

from lamina.core.answers import CERTAIN, Answer, Answers, Piece, Word
from lamina.core.errors import DataError, LaminaError, MissingExtra, ModelError, PlanError, Unreadable, nearest
from lamina.core.learning import Batch, Loss, Progress, Recipe
from lamina.core.parts import Found, Input, Made, Method, Metrics, Network, Taught
from lamina.core.values import Array, Coded, Encoded, Features, Form, Graph, Json, Layout, Table, chunks

__all__ = [
    "CERTAIN",
    "Answer",
    "Answers",
    "Array",
    "Batch",
    "Coded",
    "DataError",
    "Encoded",
    "Features",
    "Form",
    "Found",
    "Graph",
    "Input",
    "Json",
    "LaminaError",
    "Layout",
    "Loss",
    "Made",
    "Method",
    "Metrics",
    "MissingExtra",
    "ModelError",
    "Network",
    "Piece",
    "PlanError",
    "Progress",
    "Recipe",
    "Table",
    "Taught",
    "Unreadable",
    "Word",
    "chunks",
    "nearest",
]
