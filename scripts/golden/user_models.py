"""Small models that cover every supported layer, saved by Keras itself, with Keras' own outputs.

Writes test/fixtures/keras/: the files, and golden.json with inputs (by formula) and outputs.

    python scripts/golden/user_models.py            # Keras 3, the whole set
    python scripts/golden/user_models.py --legacy   # Keras 2 (package tf_keras), adds its files to the set
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
LEGACY = "--legacy" in sys.argv

import numpy as np  # noqa: E402

if LEGACY:
    import tf_keras as keras
else:
    import keras

L = keras.layers
FOLDER = Path(__file__).resolve().parents[2] / "test" / "fixtures" / "keras"
IMAGE = {"scale": 127.5, "offset": 127.5}
UNIT = {"scale": 1.0, "offset": 0.0}


def values(shape, scale, offset, phase):
    """The same numbers as the test makes: scale * sin(0.37 i + phase) + offset."""
    count = int(np.prod(shape))
    flat = scale * np.sin(0.37 * np.arange(count) + phase) + offset
    return flat.astype("float32").reshape((1, *shape))


def sequential():
    return keras.Sequential(
        [
            L.Input((16, 16, 3)),
            L.Rescaling(1 / 255),
            L.Conv2D(6, 3, padding="same", activation="relu"),
            L.MaxPooling2D(),
            L.Conv2D(8, (3, 2), strides=2, use_bias=False),
            L.BatchNormalization(),
            L.ReLU(max_value=6.0),
            L.Flatten(),
            L.Dense(12, activation="relu"),
            L.Dropout(0.5),
            L.Dense(5, activation="softmax"),
        ],
        name="plain",
    )


def merging():
    x = L.Input((9, 9, 3))
    a = L.Conv2D(4, 1, name="a")(x)
    b = L.BatchNormalization(scale=False, name="b")(L.Conv2D(4, 3, padding="same")(x))
    c = L.Activation("tanh")(L.BatchNormalization(center=False)(b))
    y = L.Concatenate()([L.Add()([a, b, c]), L.Subtract()([a, b]), L.Multiply()([a, c])])
    z = L.Concatenate(axis=1)([L.Average()([a, b]), L.Maximum()([a, c]), L.Minimum()([b, c])])
    return keras.Model(x, L.Concatenate()([L.GlobalAveragePooling2D()(y), L.GlobalMaxPooling2D()(z)]), name="merging")


def separable():
    x = L.Input((12, 14, 3))
    y = L.ZeroPadding2D(((1, 2), (0, 1)))(x)
    y = L.SeparableConv2D(5, 3, strides=2, padding="same", depth_multiplier=2, activation="elu")(y)
    y = L.PReLU(shared_axes=[1, 2])(y)
    y = L.DepthwiseConv2D(3, depth_multiplier=2, padding="same", dilation_rate=2)(y)
    y = L.DepthwiseConv2D((2, 3), strides=(2, 2), use_bias=False, activation="relu")(y)
    y = L.Cropping2D(((0, 1), (1, 0)))(y)
    y = L.PReLU()(y)
    return keras.Model(x, y, name="separable")


def transposed():
    x = L.Input((4, 5, 3))
    y = L.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu")(x)
    y = L.Conv2DTranspose(3, 3, strides=2, padding="valid")(y)
    y = L.Conv2DTranspose(2, 2, strides=3, padding="valid", use_bias=False)(y)
    y = L.AveragePooling2D(3)(y)
    y = L.UpSampling2D((2, 1))(y)
    y = L.UpSampling2D((2, 3), interpolation="bilinear")(y)
    y = L.AveragePooling2D((8, 9), padding="same")(y)
    return keras.Model(x, y, name="transposed")


def activations():
    names = "elu selu softplus softsign tanh sigmoid hard_sigmoid swish gelu linear relu softmax mish log_softmax"
    extra = "silu relu6 leaky_relu"
    new = "hard_silu hard_swish log_sigmoid hard_tanh tanh_shrink celu"
    x = L.Input((6,))
    all_names = (names + " " + extra + ("" if LEGACY else " " + new)).split()
    parts = [L.Dense(3, activation=name)(x) for name in ("hard_sigmoid", "silu", "leaky_relu", "tanh")]
    parts += [L.Activation(name)(x) for name in all_names]
    return keras.Model(x, L.Concatenate()(parts), name="activations")


def activation_layers():
    x = L.Input((3, 4, 2))
    wide = L.Rescaling(8.0)(x)
    parts = [
        L.ReLU()(wide),
        L.ReLU(max_value=2.0)(wide),
        L.ReLU(negative_slope=0.2)(wide),
        L.ReLU(max_value=3.0, negative_slope=0.1)(wide),
        L.ReLU(threshold=1.5)(wide),
        L.ReLU(threshold=1.0, max_value=4.0)(wide),
        L.LeakyReLU()(wide),
        L.ELU()(wide),
        L.ELU(0.6)(wide),
        L.Softmax()(x),
        L.Softmax(axis=1)(x),
        L.Conv2D(2, 1, activation=L.LeakyReLU())(wide),
    ]
    if LEGACY:
        parts.append(L.ThresholdedReLU(0.8)(wide))
    return keras.Model(x, L.Concatenate()(parts), name="activation_layers")


def grouped():
    x = L.Input((8, 8, 4))
    y = L.Conv2D(6, 3, groups=2, padding="same", activation="relu")(x)
    y = L.Conv2D(12, 3, groups=6, padding="same")(y)
    y = L.Conv2D(6, 3, groups=3, dilation_rate=2, use_bias=False)(y)
    y = L.Conv2D(4, 2, dilation_rate=(1, 2))(y)
    return keras.Model(x, y, name="grouped")


def normalizations():
    x = L.Input((6, 5, 3))
    adapted = L.Normalization(name="adapted")
    adapted.adapt(values((40, 6, 5, 3), 40.0, 100.0, 0.5)[0])
    y = adapted(x)
    y = L.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 0.5])(y)
    y = L.Normalization(mean=0.5, variance=4.0, axis=None)(y)
    y = L.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 0.5], invert=True)(y)
    y = L.Rescaling([1.0, 0.5, 2.0], offset=[0.0, 1.0, -1.0])(y)
    y = L.Rescaling(2.0, offset=-0.5)(y)
    y = L.LayerNormalization()(y)
    y = L.LayerNormalization(axis=[1, 2, 3], epsilon=1e-5, center=False)(L.Conv2D(4, 1)(y))
    y = L.BatchNormalization(axis=1)(y)
    return keras.Model(x, y, name="normalizations")


def base_network():
    x = L.Input((12, 12, 3), name="photo")
    y = L.Conv2D(6, 3, strides=2, padding="same", use_bias=False, name="conv1")(x)
    y = L.BatchNormalization(name="bn1")(y)
    y = L.ReLU(6.0, name="relu1")(y)
    y = L.DepthwiseConv2D(3, padding="same", use_bias=False, name="dw")(y)
    y = L.BatchNormalization(name="bn2")(y)
    return keras.Model(x, L.ReLU(6.0, name="out")(y), name="base")


def transfer():
    """What the transfer-learning guide builds: augmentation, a partly frozen base, a head."""
    base = base_network()
    base.trainable = True
    base.get_layer("conv1").trainable = False
    base.get_layer("bn1").trainable = False
    augment = keras.Sequential([L.RandomFlip("horizontal"), L.RandomRotation(0.1)], name="augment")
    x = L.Input((12, 12, 3))
    y = base(L.Rescaling(1 / 127.5, offset=-1)(augment(x)), training=False)
    y = L.Dropout(0.2)(L.GlobalAveragePooling2D()(y))
    return keras.Model(x, L.Dense(4, name="conv1")(y), name="transfer")


def frozen_transfer():
    base = base_network()
    base.trainable = False
    return keras.Sequential([L.Input((12, 12, 3)), base, L.Flatten(), L.Dense(3)], name="frozen_transfer")


def nested():
    inner = keras.Sequential([L.Conv2D(4, 3, name="conv"), L.BatchNormalization()], name="inner")
    middle = keras.Sequential([L.Input((8, 8, 3)), inner, L.MaxPooling2D()], name="middle")
    head = keras.Sequential([L.Flatten(), L.Dense(6)], name="head")
    model = keras.Sequential([middle, head, L.Dense(2)], name="nested")
    model.build((None, 8, 8, 3))
    return model


def siamese():
    tower = base_network()
    dense = L.Dense(5, activation="tanh", name="shared")
    a, b = L.Input((12, 12, 3), name="left"), L.Input((12, 12, 3), name="right")
    one = dense(L.GlobalAveragePooling2D()(tower(a)))
    two = dense(L.GlobalAveragePooling2D()(tower(b)))
    return keras.Model([a, b], L.Dense(1)(L.Multiply()([L.Subtract()([one, two]), one])), name="siamese")


def several_ends():
    image, table = L.Input((8, 8, 3), name="image"), L.Input((5,), name="table")
    y = L.GlobalAveragePooling2D()(L.Conv2D(4, 3)(image))
    z = L.Concatenate()([L.Dense(3)(table), y])
    return keras.Model([table, image], [L.Dense(2, name="second")(z), L.Dense(3, name="first")(y)], name="several_ends")


def one_dimension():
    x = L.Input((20, 3))
    y = L.Conv1D(4, 3, padding="same", activation="relu")(x)
    y = L.SpatialDropout1D(0.1)(L.MaxPooling1D(2)(y))
    y = L.Conv1D(5, 2, strides=2)(y)
    y = L.AveragePooling1D(2, strides=1, padding="same")(L.Conv1D(4, 2, dilation_rate=2)(y))
    flat = L.Concatenate()([L.GlobalMaxPooling1D()(y), L.GlobalAveragePooling1D()(y)])
    z = L.Permute((2, 1))(L.RepeatVector(3)(flat))
    return keras.Model(x, L.Reshape((4, -1))(z), name="one_dimension")


def three_dimensions():
    x = L.Input((6, 6, 6, 2))
    y = L.Conv3D(3, 3, padding="same", activation="relu")(x)
    y = L.SpatialDropout3D(0.1)(L.MaxPooling3D(2)(y))
    y = L.Conv3DTranspose(2, 2, strides=2)(y)
    y = L.AveragePooling3D((3, 2, 2))(y)
    return keras.Model(x, L.Flatten()(y), name="three_dimensions")


def squeeze_excite():
    x = L.Input((8, 8, 6))
    y = L.Conv2D(6, 1, activation="swish")(x)
    gate = L.GlobalAveragePooling2D(keepdims=True)(y)
    gate = L.Conv2D(6, 1, activation="sigmoid")(L.Conv2D(2, 1, activation="swish")(gate))
    other = L.Reshape((1, 1, 6))(L.GlobalMaxPooling2D()(y))
    y = L.Multiply()([y, gate, other])
    y = L.Dropout(0.2, noise_shape=(None, 1, 1, 1))(y)
    return keras.Model(x, L.Flatten()(L.GlobalMaxPooling2D(keepdims=True)(L.Add()([x, y]))), name="squeeze_excite")


def arithmetic():
    """Operators between tensors, as MobileNetV3 in Keras Applications has them."""
    x = L.Input((6, 6, 3))
    y = L.Conv2D(4, 1)(x)
    y = y * L.ReLU(6.0)(y + 3.0) * (1.0 / 6.0)
    z = L.Conv2D(4, 1)(x)
    y = 1.0 - (y + z) / 2.0 - z
    y = (y - z * y) * 0.5 - 0.25
    if not LEGACY:
        y = keras.ops.maximum(keras.ops.relu(y), keras.ops.sigmoid(z))
    return keras.Model(x, L.Flatten()(y), name="arithmetic")


def augmented():
    return keras.Sequential(
        [
            L.Input((18, 18, 3)),
            L.RandomFlip(),
            L.RandomRotation(0.2),
            L.RandomZoom(0.2),
            L.RandomTranslation(0.1, 0.1),
            L.RandomContrast(0.2),
            L.RandomBrightness(0.2),
            # Keras 3.15 leaves the size as it is outside of training, against its own output shape.
            *([L.RandomCrop(14, 17)] if LEGACY else []),
            L.CenterCrop(14, 13),
            L.CenterCrop(12, 15),
            L.Resizing(10, 14, crop_to_aspect_ratio=True),
            L.Rescaling(1 / 255),
            L.GaussianNoise(0.1),
            L.Conv2D(4, 3),
            L.ActivityRegularization(0.01),
            L.SpatialDropout2D(0.1),
            L.GaussianDropout(0.1),
            L.AlphaDropout(0.1),
            L.Flatten(),
            L.Dense(3),
            L.Flatten(),
        ],
        name="augmented",
    )


def resizing():
    x = L.Input((7, 9, 3))
    parts = [
        L.Flatten()(L.Resizing(5, 4)(x)),
        L.Flatten()(L.Resizing(11, 20)(x)),
        L.Flatten()(L.Resizing(4, 13, interpolation="nearest")(x)),
        L.Flatten()(L.UpSampling2D(2, interpolation="bilinear")(L.Conv2D(2, 3)(x))),
    ]
    return keras.Model(x, L.Dense(6)(L.Concatenate()(parts)), name="resizing")


def pooling():
    x = L.Input((11, 13, 2))
    a = L.AveragePooling2D(3, strides=2, padding="same")(x)
    b = L.MaxPooling2D((2, 3), padding="same")(x)
    c = L.AveragePooling2D((3, 2))(b)
    d = L.MaxPooling2D(3, strides=1)(a)
    parts = [L.GlobalAveragePooling2D()(d), L.Flatten()(c), L.GlobalMaxPooling2D()(a)]
    return keras.Model(x, L.Concatenate()(parts), name="pooling")


def open_size():
    x = L.Input((None, None, 3))
    y = L.MaxPooling2D()(L.Conv2D(5, 3, padding="same", activation="relu")(x))
    y = L.UpSampling2D()(L.Conv2D(4, 1)(y))
    return keras.Model(x, L.Dense(3, activation="softmax")(L.GlobalAveragePooling2D()(y)), name="open_size")


def odd_names():
    x = L.Input((4,), name="constructor")
    y = L.Dense(3, name="first layer")(x)
    y = L.Dense(3, name="_second")(y)
    return keras.Model(x, L.Dense(2, name="valueOf")(y), name="odd names")


def products():
    """Bilinear pooling: the products of two kinds of features, summed over all places; and cosines."""
    x = L.Input((6, 7, 3))
    one = L.Reshape((-1, 4))(L.Conv2D(4, 3, activation="relu")(x))
    other = L.Reshape((-1, 5))(L.Conv2D(5, 3, activation="tanh")(x))
    rows = L.Dense(5)(L.Permute((2, 1))(one))
    pooled = L.Dot(axes=1)([one, other])
    square = L.Dot(axes=(2, -1), normalize=True)([pooled, rows])
    flat = [L.Flatten()(pooled), L.Dense(20)(L.Flatten()(square))]
    return keras.Model(x, L.Concatenate()([L.Dot(axes=1)(flat), L.Dot(axes=-1, normalize=True)(flat), *flat]), name="products")


def replicated():
    x = L.Input((8, 8, 3))
    norm = L.experimental.SyncBatchNormalization() if LEGACY else L.BatchNormalization(synchronized=True)
    y = norm(L.Conv2D(4, 3)(x))
    y = L.SpatialDropout2D(0.2)(y if LEGACY else L.Identity()(y))
    return keras.Model(x, L.GlobalMaxPooling2D()(y), name="replicated")


def double_precision():
    keras.backend.set_floatx("float64")
    model = keras.Sequential([L.Input((5,)), L.Dense(4, activation="tanh"), L.Dense(2)], name="double_precision")
    keras.backend.set_floatx("float32")
    return model


MODELS = [
    (sequential, [IMAGE], "keras h5 weights.h5"),
    (merging, [UNIT], "keras"),
    (separable, [UNIT], "keras"),
    (transposed, [UNIT], "keras"),
    (activations, [UNIT], "keras"),
    (activation_layers, [UNIT], "keras"),
    (grouped, [UNIT], "keras"),
    (normalizations, [IMAGE], "keras"),
    (transfer, [IMAGE], "keras h5"),
    (frozen_transfer, [UNIT], "h5"),
    (nested, [UNIT], "keras"),
    (siamese, [UNIT, UNIT], "keras"),
    (several_ends, [UNIT, UNIT], "keras"),
    (one_dimension, [UNIT], "keras"),
    (three_dimensions, [UNIT], "keras"),
    (squeeze_excite, [UNIT], "keras"),
    (arithmetic, [UNIT], "keras h5"),
    (augmented, [IMAGE], "keras"),
    (resizing, [UNIT], "keras"),
    (pooling, [UNIT], "keras"),
    (open_size, [UNIT], "keras"),
    (odd_names, [UNIT], "keras"),
    (double_precision, [UNIT], "keras"),
    (products, [UNIT], "keras"),
    (replicated, [UNIT], "keras"),
]
# Keras 2 saves all of them as .h5, but takes no such names and saves no double.
LEGACY_FORMATS = {"sequential": "keras h5 weights", "transfer": "h5 weights"}
NOT_LEGACY = ("odd_names", "double_precision")


def randomize(model, seed):
    random = np.random.default_rng(seed)
    for variable in model.weights:
        name = getattr(variable, "path", variable.name)
        # What `adapt` found stays; the states of random generators are none of ours.
        if name.split("/")[0] == "adapted" or name in ("mean:0", "variance:0", "count:0") or "StateVar" in name:
            continue
        shape = tuple(variable.shape)
        if "variance" in name or "gamma" in name:
            value = random.uniform(0.5, 1.5, shape)
        else:
            fan_in = max(int(np.prod(shape[:-1])), 1) if len(shape) > 1 else 4
            value = random.normal(0, 1 / np.sqrt(fan_in), shape)
        variable.assign(value.astype("float32"))


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    golden = FOLDER / "golden.json"
    entries = json.loads(golden.read_text()) if LEGACY else []
    for index, (build, kinds, formats) in enumerate(MODELS):
        name = build.__name__
        if LEGACY:
            if name in NOT_LEGACY:
                continue
            formats = LEGACY_FORMATS.get(name, "h5")
            name = f"keras2_{name}"
        keras.backend.clear_session()
        model = build()
        randomize(model, index)
        tensors = [[size or 6 for size in tensor.shape[1:]] for tensor in model.inputs]
        inputs = [values(shape, **kind, phase=i) for i, (shape, kind) in enumerate(zip(tensors, kinds))]
        outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        files = []
        for suffix in formats.split():
            file = f"{name}.weights_only.h5" if suffix == "weights" else f"{name}.{suffix}"
            path = FOLDER / file
            (model.save_weights if "weights" in suffix else model.save)(str(path))
            files.append(file)
        entries = [entry for entry in entries if entry["name"] != name]
        entries.append(
            {
                "name": name,
                "files": files,
                "inputs": [{"shape": shape, **kind} for shape, kind in zip(tensors, kinds)],
                "outputs": [np.asarray(output).ravel().astype(float).round(6).tolist() for output in outputs],
            }
        )
        print(name, files, [len(output) for output in entries[-1]["outputs"]])
    golden.write_text("[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]\n")


main()
