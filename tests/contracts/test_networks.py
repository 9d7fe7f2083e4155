"""What every network promises, for every form that it accepts."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lamina import kinds
from lamina.core import Batch, Encoded, Form, Json, Taught
from lamina.learning.rows import Rows
from lamina.learning.supervised import Supervised
from lamina.model.onnx import FEATURES, Runner, export
from lamina.networks._build import join, layered
from lamina.networks._join import Ensemble, Join
from lamina.networks._layered import Layered
from lamina.outputs.category import Category
from lamina.outputs.number import Number

ROWS = 40
FORMS = {
    "numbers": Form("vector", (3,), (0, 0, 0)),
    "words": Form("vector", (2,), (3, 200)),
    "table": Form("vector", (5,), (0, 4, 0, 90, 0)),
    "small picture": Form("grid", (8, 8, 1)),
    "wide picture": Form("grid", (9, 21, 3)),
    "photo": Form("grid", (64, 64, 3)),
    "series": Form("sequence", (13, 3)),
    "sound": Form("spectrum", (17, 8)),
    "text": Form("tokens", (11,), (12,)),
    "film": Form("film", (5, 12, 12, 3)),
}
CASES = [
    (kind, name)
    for kind in kinds.names("networks")
    for name, form in FORMS.items()
    if form.kind in kinds.find("networks", kind).accepts
    and (kind != "pretrained" or name in ("photo", "film"))
    and (not kind.startswith("pretrained_") or find_spec("transformers"))
]
each_case = pytest.mark.parametrize(("kind", "name"), CASES)


def rows(form: Form, count: int = ROWS, seed: int = 0) -> Tensor:
    """Raw encoded rows: numbers of any size with NaN, codes with the unknown 0, bytes."""
    rng = np.random.default_rng(seed)
    if form.kind in ("sequence", "spectrum", "tokens"):
        here = torch.arange(form.shape[0]) < some_lengths(form, count)[:, None]
        if form.kind == "tokens":
            return torch.from_numpy(rng.integers(1, form.sizes[0], (count, *form.shape), np.int32)) * here
        steps = 10 * rng.standard_normal((count, *form.shape)) + 5
        if form.kind == "sequence":
            steps[rng.random(steps.shape) < 0.1] = np.nan
        return torch.where(here[:, :, None], torch.from_numpy(steps.astype(np.float32)), 0.0)
    if form.kind != "vector":
        pixels = torch.from_numpy(rng.integers(0, 256, (count, *form.shape), np.uint8))
        here = torch.arange(form.shape[0]) < some_lengths(form, count)[:, None]
        return pixels * here[:, :, None, None, None] if form.timed else pixels
    columns = [
        np.where(rng.random(count) < 0.2, np.nan, rng.standard_normal(count) * 10.0 ** (3 * place) + 5)
        if not size
        else rng.integers(0, size, count)
        for place, size in enumerate(form.sizes)
    ]
    return torch.from_numpy(np.stack(columns, 1).astype(np.float32))


def some_lengths(form: Form, count: int) -> Tensor:
    """Of rows over time: the first is the longest, others are as short as one step."""
    return form.shape[0] - torch.arange(count) * 5 % form.shape[0]


def given(form: Form, x: Tensor) -> tuple[Tensor, ...]:
    """What a network is called with for these rows: also their lengths, where they are over time."""
    return (x, some_lengths(form, len(x))) if form.timed else (x,)


def options(kind: str, form: Form) -> Json:
    """Frames are not enlarged for those that know photographs: that would take minutes."""
    return {"side": 32} if form.kind == "film" and kind.startswith("pretrained") else {}


def settle(network: Any, kind: str, form: Form, seed: int) -> None:
    """A network that knows photographs is given its own features."""
    given_rows = (torch.rand(ROWS, 1280),) if kind == "pretrained" else given(form, rows(form, seed=1))
    x, *lengths = given_rows
    network.settle(x, torch.Generator().manual_seed(seed), *lengths)


def built(kind: str, form: Form, seed: int = 0) -> Layered:
    torch.manual_seed(seed)
    network = layered({"kind": kind, "options": options(kind, form)}, form)
    settle(network, kind, form, seed)
    return network


def outputs() -> dict[str, Taught]:
    category, number = Category(), Number()
    category.classes, number.scale = ("a", "b", "c"), 2.0
    return {"word": category, "amount": number}


def joined(cases: dict[str, tuple[str, Form]], seed: int = 0) -> Join:
    """A network with heads that have an opinion."""
    torch.manual_seed(seed)
    forms = {name: form for name, (_, form) in cases.items()}
    network = join(
        {name: {"kind": kind, "options": options(kind, form)} for name, (kind, form) in cases.items()},
        forms,
        outputs(),
        None,
    )
    for name, (kind, form) in cases.items():
        settle(network.networks[name], kind, form, seed)
    for head in network.heads.values():
        torch.nn.init.normal_(head.weight, std=0.3)  # type: ignore[arg-type]
    return network


def batch(forms: dict[str, Form], known: float = 1.0) -> Batch:
    return Batch(
        {
            name: Encoded(
                rows(form), torch.arange(ROWS) % 3 > 0, lengths=some_lengths(form, ROWS) if form.timed else None
            )
            for name, form in forms.items()
        },
        {"word": torch.arange(ROWS) % 3, "amount": torch.randn(ROWS)},
        {"word": torch.full((ROWS,), known), "amount": torch.full((ROWS,), known)},
        torch.ones(ROWS),
    )


@each_case
def test_features_have_the_stated_width(kind: str, name: str) -> None:
    form = FORMS[name]
    network = built(kind, form).eval()
    whole = network(*given(form, rows(form))).whole
    assert network.kind == kind
    assert whole.shape == ((ROWS, network.copies, network.width) if network.copies > 1 else (ROWS, network.width))
    assert whole.isfinite().all()
    for seen in network(*given(form, rows(form))).maps:
        assert len(seen) == ROWS


@each_case
def test_every_parameter_gets_a_finite_gradient(kind: str, name: str) -> None:
    form = FORMS[name]
    network = built(kind, form).train()
    if not any(parameter.requires_grad for parameter in network.parameters()):
        return  # frozen
    whole = network(*given(form, rows(form))).whole
    (whole * torch.randn_like(whole)).sum().backward()
    for called, parameter in network.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, called
            assert parameter.grad.isfinite().all(), called
            assert parameter.grad.abs().sum() > 0, called


@each_case
def test_a_seed_settles_it(kind: str, name: str) -> None:
    form = FORMS[name]
    one, same, other = built(kind, form), built(kind, form), built(kind, form, seed=1)
    for called, tensor in one.state_dict().items():
        assert torch.equal(tensor, same.state_dict()[called]), called
    x = given(form, rows(form))
    assert torch.equal(one.eval()(*x).whole, same.eval()(*x).whole)
    if any(parameter.requires_grad for parameter in one.parameters()):
        assert any(not torch.equal(t, other.state_dict()[called]) for called, t in one.state_dict().items())


@each_case
def test_rows_do_not_see_each_other_when_answering(kind: str, name: str) -> None:
    form = FORMS[name]
    network, x = built(kind, form).eval(), given(form, rows(form))
    order = torch.from_numpy(np.random.default_rng(0).permutation(ROWS))
    with torch.inference_mode():
        whole = network(*x).whole
        scale = float(whole.abs().max())
        for some in (order, order[:1]):
            found = network(*(each[some] for each in x)).whole
            torch.testing.assert_close(found, whole[some], atol=1e-5 * scale, rtol=0)


TIMED = [(kind, name) for kind, name in CASES if FORMS[name].timed]


@pytest.mark.parametrize(("kind", "name"), TIMED)
def test_padding_changes_nothing(kind: str, name: str) -> None:
    """Whatever lies beyond a row's length, and however far it reaches: no scale, answer or gradient depends on it."""
    form = FORMS[name]
    x, lengths = given(form, rows(form))
    junk = x.clone()
    junk[torch.arange(form.shape[0]) >= lengths[:, None]] = 7
    longer = torch.cat([junk, torch.full_like(x, 9)], 1)
    found: list[dict[str, Tensor]] = []
    for padded in (x, junk, longer):
        network = built(kind, form).eval()
        network.settle(padded, torch.Generator().manual_seed(0), lengths)
        whole = network(padded, lengths).whole
        if whole.requires_grad:  # else it is frozen
            whole.square().sum().backward()
        gradients = {called: p.grad for called, p in network.named_parameters() if p.grad is not None}
        found.append({"answers": whole.detach(), **dict(network.named_buffers()), **gradients})
    for other in found[1:]:
        for called, one in found[0].items():
            scale = float(one.nan_to_num().abs().max()) if one.numel() else 0.0
            torch.testing.assert_close(
                other[called], one, atol=1e-4 * scale, rtol=0, equal_nan=True, msg=f"{called} sees the padding"
            )


@pytest.mark.parametrize(("kind", "name"), TIMED)
def test_a_row_may_be_longer_than_any_learned_from(kind: str, name: str) -> None:
    form = FORMS[name]
    x, lengths = given(form, rows(form))
    found = built(kind, form).eval()(torch.cat([x, x], 1), 2 * lengths)
    assert found.whole.isfinite().all()


@each_case
def test_settling_makes_buffers_only(kind: str, name: str) -> None:
    form = FORMS[name]
    torch.manual_seed(0)
    network = layered({"kind": kind, "options": options(kind, form)}, form)
    before = {called: p.detach().clone() for called, p in network.named_parameters() if p.requires_grad}
    random = torch.get_rng_state()
    settle(network, kind, form, 0)
    for called, parameter in network.named_parameters():
        assert not parameter.requires_grad or torch.equal(parameter, before[called]), called
    assert all(tensor.isfinite().all() for tensor in network.state_dict().values())
    if kind != "pretrained":  # reading weights from a file draws nothing either, but random features above do
        assert torch.equal(torch.get_rng_state(), random)


@pytest.mark.parametrize("form", [form for form in FORMS.values() if form.kind == "vector"])
@pytest.mark.parametrize("kind", [k for k in kinds.names("networks") if "vector" in kinds.find("networks", k).accepts])
def test_odd_columns_stay_finite(kind: str, form: Form) -> None:
    """Columns that are empty, constant, huge or tiny; one row; none; and at answering, what was never seen."""
    odd = rows(form)
    for place, size in enumerate(form.sizes):
        odd[:, place] = 0.0 if size else [torch.nan, 7.0, 1e30][place % 3]
    tiny = rows(form) * 1e-39
    for seen in (odd, odd[:1], odd[:0], tiny):
        torch.manual_seed(0)
        network = layered({"kind": kind, "options": options(kind, form)}, form)
        network.settle(seen, torch.Generator().manual_seed(0))
        with torch.inference_mode():
            assert network.eval()(torch.cat([rows(form), odd])).whole.isfinite().all()


ONNX = [*({"only": (kind, FORMS[name])} for kind, name in CASES)]
ONNX += [{"table": ("mlp", FORMS["table"]), "photo": ("cnn", FORMS["small picture"])}]
ONNX += [{"table": ("mlp", FORMS["table"]), "sensors": ("rnn", FORMS["series"]), "words": ("rnn", FORMS["text"])}]


@pytest.mark.parametrize(
    ("cases", "members"),
    [  # a second network of pretrained weights would say nothing new, and is large
        (cases, members)
        for cases in ONNX
        for members in ((1,) if any(kind == "pretrained" for kind, _ in cases.values()) else (1, 2))
    ],
    ids=lambda each: each if isinstance(each, int) else " and ".join(f"{k} {f.shape}" for k, f in each.values()),
)
def test_onnx_answers_as_torch_does(cases: dict[str, tuple[str, Form]], members: int) -> None:
    forms = {name: form for name, (_, form) in cases.items()}
    network = Ensemble([joined(cases, seed) for seed in range(members)], outputs()).eval()
    found = batch(forms)
    with torch.inference_mode():
        raws, features = network(found.inputs)
    runner = Runner(export(network, forms, {name: name for name in outputs()}), "a test")
    for some in (slice(0, ROWS), slice(0, 1), slice(5, 12), slice(8, 9)):  # without the longest ones, time is shorter
        asked = {
            name: Encoded(
                each.values[some].numpy(),
                each.present[some].numpy(),
                lengths=None if each.lengths is None else each.lengths[some].numpy(),
            )
            for name, each in found.inputs.items()
        }
        answers = runner.run(asked)
        for name, raw in raws.items():
            assert raw.isfinite().all()
            np.testing.assert_allclose(answers[f"raw_{name}"], raw[some].numpy(), atol=1e-4, rtol=1e-4)
        np.testing.assert_allclose(answers[FEATURES], features[some].numpy(), atol=1e-4, rtol=1e-4)


@each_case
def test_a_batch_without_any_label_teaches_nothing(kind: str, name: str) -> None:
    forms = {"only": FORMS[name]}
    network = joined({"only": (kind, FORMS[name])})
    [loss] = Supervised(network, outputs()).losses(batch(forms, known=0.0))
    loss.sum.backward()  # type: ignore[no-untyped-call]
    assert loss.count == 0
    assert float(loss.sum.detach()) == 0
    for called, parameter in network.named_parameters():
        assert parameter.grad is None or not parameter.grad.any(), called


def test_thousands_of_columns_make_a_network_of_bounded_size() -> None:
    small, large = (
        layered({"kind": "mlp", "options": {"copies": 10}}, Form("vector", (count,), (0,) * count))
        for count in (100, 10_000)
    )
    assert small.width == 64
    assert sum(parameter.numel() for parameter in large.parameters()) < 4_500_000
    assert large.eval()(torch.zeros(2, 10_000)).whole.shape == (2, 10, large.width)


def test_no_picture_at_all_settles_too() -> None:
    network = layered({"kind": "cnn", "options": {}}, FORMS["small picture"])
    for count in (0, 1):
        network.settle(rows(FORMS["small picture"])[:count], torch.Generator().manual_seed(0))
        assert all(tensor.isfinite().all() for tensor in network.state_dict().values())


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        (kind, FORMS[name])
        for kind in kinds.names("networks")
        for name in ("series", "sound")
        if {"sequence", FORMS[name].kind} <= kinds.find("networks", kind).accepts
    ],
    ids=lambda each: each if isinstance(each, str) else each.kind,
)
def test_odd_signals_stay_finite(kind: str, form: Form) -> None:
    """Channels that are empty, constant, huge or tiny; one row; none; one step."""
    x, lengths = given(form, rows(form))
    odd = x.clone()
    odd[:, :, 0], odd[:, :, 1] = torch.nan if form.kind == "sequence" else 0.0, 7.0
    odd[:, :, 2] = 1e30
    for seen in (odd, odd[:1], odd[:0], x * 1e-39):
        torch.manual_seed(0)
        network = layered({"kind": kind, "options": options(kind, form)}, form)
        network.settle(seen, torch.Generator().manual_seed(0), lengths[: len(seen)])
        with torch.inference_mode():
            assert network.eval()(torch.cat([x, odd]), torch.cat([lengths, lengths])).whole.isfinite().all()


def test_an_absent_input_is_stood_in_for() -> None:
    """Whatever lies in an absent picture changes no answer; that it is absent does."""
    cases = {"table": ("mlp", FORMS["table"]), "photo": ("cnn", FORMS["small picture"])}
    network = joined(cases).eval()
    torch.nn.init.normal_(network.stand_in["photo"])  # type: ignore[index]
    table, photo = rows(FORMS["table"]), rows(FORMS["small picture"])
    here, gone = torch.ones(ROWS, dtype=torch.bool), torch.zeros(ROWS, dtype=torch.bool)

    def answers(pixels: Tensor, present: Tensor) -> Tensor:
        raws, _ = network({"table": Encoded(table, here), "photo": Encoded(pixels, present)})
        found: Tensor = raws["word"]
        return found

    assert torch.equal(answers(photo, gone), answers(255 - photo, gone))
    assert not torch.equal(answers(photo, here), answers(photo, gone))


def test_rows_of_are_gathered_in_order() -> None:
    values: Any = np.arange(12, dtype=np.float32).reshape(6, 2)
    made = Rows.of({"table": Encoded(values, np.ones(6, bool))}, {"y": (np.arange(6), np.ones(6, bool))})
    found = made.batch(torch.tensor([4, 0]), torch.device("cpu"))
    assert found.inputs["table"].values.tolist() == [[8, 9], [0, 1]]
    assert found.targets["y"].tolist() == [4, 0]
    assert found.weight.tolist() == [1, 1]
