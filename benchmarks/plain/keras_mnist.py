"""Keras's `mnist_convnet` example (keras.io/examples/vision/mnist_convnet) with its own settings.

Two things differ: the images come from the IDX files, and after each epoch the test accuracy is looked at, outside the
timing, to find when 99.0 % is first reached. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

START = time.perf_counter()  # imports count

import keras  # noqa: E402
import numpy as np  # noqa: E402
from idx import idx  # noqa: E402
from keras import layers  # noqa: E402

TARGET = 0.99


class Look(keras.callbacks.Callback):
    """Test accuracy and learning seconds after each epoch."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        super().__init__()
        self.x, self.y = x, y
        self.aside = 0.0
        self.seen: list[tuple[float, float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        seconds = time.perf_counter() - START - self.aside
        begin = time.perf_counter()
        _, accuracy = self.model.evaluate(self.x, self.y, batch_size=500, verbose=0)
        self.aside += time.perf_counter() - begin
        self.seen.append((seconds, float(accuracy)))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=15)
    asked = parser.parse_args()
    keras.utils.set_random_seed(asked.seed)

    x_train, y_train, x_test, y_test = (
        idx(asked.data / f"{name}-ubyte.gz")
        for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    )
    x_train, x_test = (np.expand_dims(x.astype("float32") / 255, -1) for x in (x_train, x_test))
    y_train, y_test = (keras.utils.to_categorical(y, 10) for y in (y_train, y_test))

    model = keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    look = Look(x_test, y_test)
    model.fit(
        x_train,
        y_train,
        batch_size=128,
        epochs=asked.epochs,
        validation_split=0.1,
        verbose=0,
        callbacks=[look],
    )
    reached = [seconds for seconds, accuracy in look.seen if accuracy >= TARGET]
    said = {
        "accuracy": look.seen[-1][1],
        "learning_seconds": round(look.seen[-1][0], 2),
        "to_target": round(reached[0], 2) if reached else None,
        "epochs_seen": [[round(seconds, 1), round(accuracy, 4)] for seconds, accuracy in look.seen],
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
