"""Recurrent networks: a series in pieces, a memory over many steps, and how deep they are."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lamina.core import Form, PlanError
from lamina.networks.rnn import Rnn

SERIES = Form("sequence", (40, 3))
TEXT = Form("tokens", (40,), (9,))


def steps(form: Form, rows: int) -> Tensor:
    draws = torch.Generator().manual_seed(1)
    if form.kind == "tokens":
        return torch.randint(1, form.sizes[0], (rows, *form.shape), generator=draws, dtype=torch.int32)
    found = 3 * torch.randn(rows, *form.shape, generator=draws)
    return torch.where(torch.rand(found.shape, generator=draws) < 0.1, torch.nan, found)


@pytest.mark.parametrize("form", [SERIES, TEXT], ids=lambda form: form.kind)
@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("pieces", [[40], [1] * 40, [3, 1, 20, 16]], ids=["whole", "step by step", "in pieces"])
def test_a_series_in_pieces_gives_what_the_whole_gives(form: Form, cell: str, pieces: list[int]) -> None:
    torch.manual_seed(0)
    x, lengths = steps(form, 5), torch.full((5,), 40)
    network = Rnn(form, cell=cell, both=False).eval()  # type: ignore[arg-type]
    network.settle(x, torch.Generator(), lengths)
    carried, begun, outputs = None, 0, []
    with torch.inference_mode():
        for piece in pieces:
            found, carried = network.step(x[:, begun : begun + piece], carried)
            begun += piece
            outputs.append(found.maps[0])
            so_far = network(x[:, :begun], torch.full((5,), begun))
            torch.testing.assert_close(found.whole, so_far.whole, atol=1e-5, rtol=0)
        torch.testing.assert_close(torch.cat(outputs, 2), network(x, lengths).maps[0], atol=1e-5, rtol=0)
        torch.testing.assert_close(found.state, network(x, lengths).state, atol=1e-5, rtol=0)


def test_who_reads_backwards_too_cannot_follow_a_stream() -> None:
    with pytest.raises(PlanError, match=r"also reads backwards, from the end .* both=False"):
        Rnn(SERIES).step(steps(SERIES, 1))


def test_there_are_two_kinds_of_cell() -> None:
    with pytest.raises(PlanError, match=r"no cell 'elman'. There are: gru, lstm"):
        Rnn(SERIES, cell="elman")  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_every_step_is_in_the_maps_and_padding_is_nothing(cell: str) -> None:
    x, lengths = steps(SERIES, 4), torch.tensor([40, 1, 17, 39])
    found = Rnn(SERIES, cell=cell, width=8).eval()(x, lengths)  # type: ignore[arg-type]
    [maps] = found.maps
    assert maps.shape == (4, 16, 40)
    for row, length in enumerate(lengths):
        assert maps[row, :, :length].any(0).all()
        assert not maps[row, :, length:].any()
    assert found.state.shape == (2, 4, 16)
    torch.testing.assert_close(found.state[-1, 2, :8], maps[2, :8, 16])  # forwards it ends at the last step
    torch.testing.assert_close(found.state[-1, 2, 8:], maps[2, 8:, 0])  # backwards at the first


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_it_remembers_what_came_first(cell: str) -> None:
    """The answer is the sign of the first step, twenty steps back; the rest is noise. The last state alone must know."""
    torch.manual_seed(0)
    form = Form("sequence", (20, 1))
    network, draws = Rnn(form, cell=cell, width=16, depth=1, both=False, drop=0.0), torch.Generator().manual_seed(0)  # type: ignore[arg-type]
    read_out = torch.nn.Linear(16, 1)
    lengths = torch.full((64,), 20)

    def task() -> tuple[Tensor, Tensor]:
        sign = torch.randint(0, 2, (64,), generator=draws).float()
        x = 0.3 * torch.randn(64, 20, 1, generator=draws)
        x[:, 0, 0] = 2 * sign - 1
        return x, sign

    network.settle(task()[0], torch.Generator(), lengths)
    learned = [*network.parameters(), *read_out.parameters()]
    optimiser = torch.optim.Adam(learned, 0.02)
    for _ in range(100):
        x, sign = task()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(read_out(network(x, lengths).state[-1])[:, 0], sign)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimiser.step()
    x, sign = task()
    with torch.inference_mode():
        said = read_out(network.eval()(x, lengths).state[-1])[:, 0] > 0
    assert (said == (sign > 0.5)).float().mean() > 0.95


def test_its_depth_is_its_layers() -> None:
    """Not the two directions, which lie beside each other."""
    assert Rnn(SERIES, depth=3).depth() == 3
    assert Rnn(TEXT, depth=1).depth() == 2  # and the vectors of the tokens
    assert Rnn.recurrent
