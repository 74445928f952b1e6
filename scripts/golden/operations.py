"""Small models of Keras' operations and of layers that tfjs lacks, with what Keras computes:
test/fixtures/cases/{slices,arithmetic_ops,activation_arguments,reductions,tensor_shaping,resizes,new_layers,shared}.keras
and operations.json.

python scripts/golden/operations.py test/fixtures/cases
"""

import json
import os
import sys
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
from keras import layers, ops
from keras.src.applications.convnext import LayerScale, StochasticDepth

shape = (12, 10, 4)
matrix = np.arange(12).reshape(4, 3).astype("float32") / 10 - 0.5


def slices(x):
    return [
        x[:, 1:-2, 2:],
        x[:, ::2, ::-1],
        x[..., 1],
        x[:, 3],
        x[:, -1, :, 1:3],
        x[:, :, :, None, ::-1][:, 0],
        x[:, 2:7:2, 1:4, ::3],
        x[..., :2],
    ]


def arithmetic_ops(x):
    return [
        1 - x,
        x / 3,
        x - np.array([0.1, 0.2, 0.3, 0.4], "float32"),
        x * np.array([0.5, 2, 3, 0.25], "float32"),
        ops.clip(x, -0.25, 0.5),
        ops.clip(x, 0, 0.5),
        ops.power(x, 3),
        x**2,
        ops.square(x),
        ops.abs(x),
        -x,
        ops.maximum(x, 0.2),
        ops.minimum(0.1, x),
        ops.maximum(x, -x * 0.5),
        ops.log_softmax(x),
        ops.hard_sigmoid(x),
        ops.relu6(x * 20),
        ops.cast(x, "float16") * 0 + x,
    ]


def activation_arguments(x):
    return [
        ops.leaky_relu(x, 0.4),
        ops.elu(x, 0.5),
        ops.celu(x, 2.0),
        ops.celu(x),
        ops.gelu(x),
        ops.gelu(x, approximate=False),
        ops.softmax(x, axis=1),
        ops.softmax(x),
        ops.log_softmax(x, axis=2),
        keras.activations.relu(x * 4, negative_slope=0.1, max_value=2.0),
        keras.activations.gelu(x, approximate=True),
    ]


def reductions(x):
    return [
        ops.mean(x, axis=[1, 2]),
        ops.mean(x, axis=-1),
        ops.mean(x, axis=[1, 2], keepdims=True),
        ops.max(x, axis=-1, keepdims=True),
        ops.max(x, axis=(1, 2)),
        ops.max(x, axis=2),
        ops.min(x, axis=1),
        ops.sum(x, axis=[1, 3]),
        ops.sum(x, axis=-1, keepdims=True),
        ops.mean(x, axis=[1, 2, 3], keepdims=True),
    ]


def tensor_shaping(x):
    rows = ops.reshape(x, (-1, 120, 4))
    return [
        rows,
        ops.transpose(x, (0, 3, 1, 2)),
        ops.pad(x, [[0, 0], [1, 2], [0, 3], [0, 0]]),
        ops.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=0.5),
        ops.expand_dims(ops.mean(x, axis=[1, 2]), 1),
        ops.squeeze(ops.mean(x, axis=1, keepdims=True), 1),
        ops.matmul(x, matrix),
        ops.matmul(ops.transpose(rows, (0, 2, 1)), rows),
        ops.normalize(x, axis=-1),
        ops.normalize(ops.mean(x, axis=[1, 2])),
        ops.concatenate([x, x], axis=1),
        ops.concatenate([x, x * 2], axis=-2),
        layers.UnitNormalization()(ops.mean(x, axis=1)),
    ]


def resizes(x):
    kinds = ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"]
    outputs = [ops.image.resize(x, (7, 13), interpolation=kind) for kind in kinds]
    outputs += [ops.image.resize(x, (5, 4), interpolation=kind, antialias=True) for kind in kinds]
    outputs += [layers.Resizing(20, 17, interpolation=kind)(x) for kind in kinds]
    outputs += [
        layers.Resizing(6, 9, crop_to_aspect_ratio=True)(x),
        layers.Resizing(6, 9, pad_to_aspect_ratio=True, fill_value=0.5)(x),
        layers.Resizing(9, 3, pad_to_aspect_ratio=True)(x),
    ]
    return outputs


def new_layers(x):
    return [
        layers.GroupNormalization(groups=2)(x),
        layers.GroupNormalization(groups=-1, epsilon=1e-5)(x),
        layers.GroupNormalization(groups=1, scale=False)(x),
        layers.LayerNormalization(axis=1)(x),
        LayerScale(0.3, 4)(x),
        StochasticDepth(0.2)(x),
        layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x - 3)),
        layers.AveragePooling2D(3, 2)(layers.ZeroPadding2D(((1, 0), (2, 1)))(x - 3)),
        layers.MaxPooling2D(3, 2, padding="same")(layers.ZeroPadding2D(2)(x - 3)),
        layers.AveragePooling2D(2, 2, padding="same")(layers.Cropping2D(1)(x - 3)),
    ]


def shared(x):
    """Layers without weights that are called again, with other sizes or more inputs."""
    add, resize, flatten = layers.Add(), layers.Resizing(5, 6), layers.Flatten()
    return [
        add([x, x * 2]),
        add([x, x * 2, x * 3]),
        resize(x),
        resize(x[:, 1:, 2:]),
        flatten(ops.mean(x, axis=[1, 2])),
        flatten(x),
    ]


def deflate(path):
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def main(folder):
    expected = {}
    for build in (
        slices,
        arithmetic_ops,
        activation_arguments,
        reductions,
        tensor_shaping,
        resizes,
        new_layers,
        shared,
    ):
        name = build.__name__
        keras.utils.clear_session()
        keras.utils.set_random_seed(1)
        inputs = keras.Input(shape)
        outputs = layers.Concatenate()([layers.Flatten()(each) for each in build(inputs)])
        model = keras.Model(inputs, outputs, name=name)
        for weight in model.weights:
            weight.assign(np.random.uniform(0.5, 1.5, weight.shape))
        model.save(os.path.join(folder, f"{name}.keras"))
        deflate(os.path.join(folder, f"{name}.keras"))
        count = int(np.prod(shape))
        # as in test/formats/keras/cases.test.ts
        values = ((7 * np.arange(count)) % 256) / 255 * 2 - 1
        result = model.predict(values.astype("float32").reshape(1, *shape), verbose=0)[0]
        expected[name] = {
            "scale": 2,
            "offset": -1,
            "input": shape,
            "output": [1, int(result.size)],
            "sum": round(float(result.astype("float64").sum()), 4),
            "every7th": [round(float(value), 6) for value in result[::7]],
        }
    with open(os.path.join(folder, "operations.json"), "w") as file:
        file.write(json.dumps(expected).replace('}, "', '},\n "') + "\n")


main(sys.argv[1])
