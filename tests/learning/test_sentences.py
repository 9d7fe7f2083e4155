"""Features of a network that has read much: from a folder, without code, and without torch when answering."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lamina
import worlds
from lamina.core import LaminaError, PlanError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny network that has read nothing, saved as any other is."""
    import transformers
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    place = tmp_path_factory.mktemp("weights")
    words = ["[PAD]", "[UNK]", "not", "so", "good", "bad", *(f"w{k}" for k in range(300))]
    cutter = Tokenizer(models.WordLevel({word: code for code, word in enumerate(words)}, unk_token="[UNK]"))
    cutter.normalizer, cutter.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=cutter, unk_token="[UNK]", pad_token="[PAD]", model_max_length=32
    ).save_pretrained(place)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=32,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(place)
    return place


def test_a_folder_of_weights_learns_saves_and_answers(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAMINA_CACHE", str(tmp_path / "cache"))
    world = worlds.letters(200, 1)
    model = lamina.learn(world, "label", steps=60, folds=0, weights=str(folder))
    assert model.card.networks["letter"]["kind"] == "pretrained_text"
    assert list((tmp_path / "cache").glob("sentences-*.npy"))
    before = model.predict(worlds.letters(40, 2))["label"].shares
    back = lamina.load(model.save(tmp_path / "letters.lamina"))
    np.testing.assert_array_equal(back.predict(worlds.letters(40, 2))["label"].shares, before)
    again = lamina.learn(world, "label", steps=60, folds=0, weights=str(folder))
    np.testing.assert_allclose(again.predict(worlds.letters(40, 2))["label"].shares, before, atol=1e-6)


def test_without_weights_the_ways_to_get_them_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(PlanError, match="three ways"):
        lamina.learn(worlds.letters(60, 1), "label", steps=2, folds=0, network="pretrained")
    with pytest.raises(LaminaError, match="three ways"):
        lamina.learn(worlds.letters(60, 1), "label", steps=2, folds=0, weights=str(tmp_path))


def test_weights_that_may_hold_code_are_not_opened(folder: Path, tmp_path: Path) -> None:
    for each in folder.iterdir():
        if each.suffix != ".safetensors":
            (tmp_path / each.name).write_bytes(each.read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"anything")
    with pytest.raises(LaminaError, match=r"no \.safetensors"):
        lamina.learn(worlds.letters(60, 1), "label", steps=2, folds=0, weights=str(tmp_path))
