"""Keras' features of SqueezeNet 1.1 with its published weights, for test/pipeline/real-weights.test.ts.

Run with Keras 3 and TensorFlow installed: python scripts/golden/squeezenet.py squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5
Writes test/fixtures/squeezenet.json: the mean of each of the 512 feature maps for one computed image of 227x227.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402

FIRES = [(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)]


def fire(x, squeeze, expand):
    x = layers.Conv2D(squeeze, 1, activation="relu")(x)
    left = layers.Conv2D(expand, 1, activation="relu")(x)
    right = layers.Conv2D(expand, 3, padding="same", activation="relu")(x)
    return layers.Concatenate()([left, right])


def build():
    inputs = keras.Input((227, 227, 3))
    x = layers.Conv2D(64, 3, strides=2, activation="relu")(inputs)
    x = layers.MaxPooling2D(3, strides=2)(x)
    for number, (squeeze, expand) in enumerate(FIRES, start=2):
        x = fire(x, squeeze, expand)
        if number in (3, 5):
            x = layers.MaxPooling2D(3, strides=2)(x)
    return keras.Model(inputs, x)


def read_weights(path):
    with h5py.File(path) as file:
        for layer in file.attrs["layer_names"]:
            group = file[layer.decode()]
            for name in group.attrs["weight_names"]:
                yield np.asarray(group[name.decode()])


def computed_image():
    """RGB 0..255, [1, 227, 227, 3]; the test computes the same."""
    y, x, channel = np.meshgrid(np.arange(227), np.arange(227), np.arange(3), indexing="ij")
    waves = 60 * np.sin(x / 29 + channel) + 60 * np.cos(y / 37 + 2 * channel)
    return np.floor(127.5 + waves)[np.newaxis].astype("float32")


def main():
    model = build()
    kernels = list(read_weights(sys.argv[1]))
    # Keras lists both halves of a fire module side by side, as the file does: conv by conv.
    order = [layer for layer in model.layers if layer.weights]
    for layer, kernel, bias in zip(order, kernels[::2], kernels[1::2]):
        layer.set_weights([kernel, bias])
    images = keras.applications.imagenet_utils.preprocess_input(computed_image(), mode="caffe")
    features = model.predict(images, verbose=0).mean(axis=(0, 1, 2))
    path = Path(__file__).parents[2] / "test" / "fixtures" / "squeezenet.json"
    path.write_text(json.dumps([float(f"{value:.7g}") for value in features]) + "\n")


if __name__ == "__main__":
    main()
