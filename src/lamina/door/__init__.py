"""The public verbs, the same as on the command line.

`learning`: read, learn. `models`: load, explain, export. `page`: show, report. `labelling`: label.
`service`: serve.
Each imports what it needs when it is called: what answers imports no training code.
"""

from lamina.door.labelling import Sitting, label, label_with
from lamina.door.learning import learn, read, to_make_from, training
from lamina.door.models import explain, export, load
from lamina.door.page import learning_with, leave_time, open_with, report, settle_report, show
from lamina.door.service import serve, serve_with

__all__ = [
    "Sitting",
    "explain",
    "export",
    "label",
    "label_with",
    "learn",
    "learning_with",
    "leave_time",
    "load",
    "open_with",
    "read",
    "report",
    "serve",
    "serve_with",
    "settle_report",
    "show",
    "to_make_from",
    "training",
]
