"""Keras 3, or with --legacy Keras 2 (package tf_keras), and the numbers that its models are given."""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
LEGACY = "--legacy" in sys.argv

import numpy as np  # noqa: E402

if LEGACY:
    import tf_keras as keras
else:
    import keras

L = keras.layers


def values(shape, scale, offset, phase):
    """The same numbers as the test makes: scale * sin(0.37 i + phase) + offset."""
    count = int(np.prod(shape))
    flat = scale * np.sin(0.37 * np.arange(count) + phase) + offset
    return flat.astype("float32").reshape((1, *shape))
