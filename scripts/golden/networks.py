"""What Keras computes with the embedded backbone and with every network of the catalogue, for test/backbones/golden.test.ts.

Run with Keras 3 and TensorFlow installed: python scripts/golden/networks.py
Writes test/fixtures/golden.json: a digest of each output. The catalogue's networks have made-up weights, by a rule
that the test follows too, so that neither weights nor photos need to lie in the repository.
"""

import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402
from catalogue import IMAGENET_DEVIATION, IMAGENET_MEAN, set_normalization  # noqa: E402
from keras import applications, layers  # noqa: E402
from keras.src.legacy.saving.saving_utils import model_from_config  # noqa: E402

CHECKOUT = Path(__file__).parents[2]
SUMS = 16


def squeezenet(include_top, input_shape):
    """SqueezeNet 1.1, which Keras does not have, with the layer names of the published port ("/" is no longer allowed)."""
    inputs = keras.Input(input_shape)
    x = layers.Conv2D(64, 3, strides=2, activation="relu", name="conv1")(inputs)
    x = layers.MaxPooling2D(3, strides=2)(x)
    fires = [(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)]
    for number, (squeeze, expand) in enumerate(fires, start=2):
        x = layers.Conv2D(squeeze, 1, activation="relu", name=f"fire{number}_squeeze1x1")(x)
        left = layers.Conv2D(expand, 1, activation="relu", name=f"fire{number}_expand1x1")(x)
        right = layers.Conv2D(expand, 3, padding="same", activation="relu", name=f"fire{number}_expand3x3")(x)
        x = layers.Concatenate()([left, right])
        if number in (3, 5):
            x = layers.MaxPooling2D(3, strides=2)(x)
    if include_top:
        x = layers.Conv2D(1000, 1, activation="relu", name="conv10")(x)
        x = layers.Softmax()(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, x)


def of_keras(build, **options):
    return lambda include_top, input_shape: build(
        weights=None, include_top=include_top, input_shape=input_shape, **options
    )


# Per network: how to build it, the mode of preprocess_input, at which sizes without its top, at which with it.
SMALL = [(64, 96), (65, 97)]
NETWORKS = {
    "vgg16": (of_keras(applications.VGG16), "caffe", SMALL, []),
    "vgg19": (of_keras(applications.VGG19), "caffe", SMALL, []),
    "resnet50": (of_keras(applications.ResNet50), "caffe", SMALL, []),
    "mobilenet": (of_keras(applications.MobileNet), "tf", SMALL, [(224, 224)]),
    "mobilenet_v2": (of_keras(applications.MobileNetV2), "tf", SMALL, []),
    "mobilenet_v2_0.5": (of_keras(applications.MobileNetV2, alpha=0.5), "tf", SMALL, []),
    "mobilenet_v2_0.35": (of_keras(applications.MobileNetV2, alpha=0.35), "tf", SMALL, [(224, 224)]),
    "efficientnet_b0": (of_keras(applications.EfficientNetB0), None, SMALL, [(224, 224)]),
    "squeezenet": (squeezenet, "caffe", SMALL, [(227, 227)]),
}


def mix(numbers):
    """An integer hash (the last step of MurmurHash3) of unsigned 32-bit numbers."""
    x = numbers.astype("uint32")
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    return x ^ (x >> np.uint32(16))


def made_up(text, count):
    """`count` numbers in -1..1 that depend on a text and on nothing else."""
    seed = 0x811C9DC5  # FNV-1a
    for byte in text.encode():
        seed = (seed ^ byte) * 0x01000193 % 2**32
    with np.errstate(over="ignore"):
        places = np.arange(count, dtype="uint32") * np.uint32(0x9E3779B9) + np.uint32(seed)
        return mix(places).astype("float64") / 2**31 - 1


def made_up_weight(layer, position, name, shape):
    values = made_up(f"{layer.name}/{position}", int(np.prod(shape))).reshape(shape)
    if name in ("gamma", "moving_variance"):
        return 1 + 0.3 * values
    if len(shape) == 1:
        return 0.1 * values
    # Keeps signals alive through many layers, and lets no rounding error grow.
    fan_in = np.prod(shape[:-2] if isinstance(layer, layers.DepthwiseConv2D) else shape[:-1])
    return np.sqrt(4.5 / fan_in) * values


def make_up_weights(model):
    for layer in model.layers:
        if isinstance(layer, layers.Normalization):
            # The published EfficientNet has one more division, by the deviations' square roots.
            set_normalization(layer, IMAGENET_MEAN, IMAGENET_DEVIATION**3)
            continue
        for position, weight in enumerate(layer.weights):
            values = made_up_weight(layer, position, weight.name, tuple(weight.shape))
            weight.assign(values.astype("float32"))


def made_up_photo(height, width):
    """Patches of colour with some grain, RGB 0..255: plain noise would average out on its way up. [1, height, width, 3]"""
    y, x, channel = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    patch = y * 7 // height * 21 + x * 7 // width * 3 + channel
    grain = (y * width + x) * 3 + channel + 1000
    return (mix(patch) % 226 + mix(grain) % 30)[np.newaxis].astype("float32")


def digest(output):
    """The shape, the largest number and where it is, and sums in which every number and its place counts. Of one image."""
    values = np.asarray(output)[0]
    flat = values.reshape(-1).astype("float64")
    sums = [flat @ made_up(f"sum {i}", flat.size) / np.sqrt(flat.size) for i in range(SUMS)]
    return {
        "shape": list(values.shape),
        "best": int(flat.argmax()),
        "largest": float(f"{flat.max():.7g}"),
        "sums": [float(f"{value:.7g}") for value in sums],
    }


def run_catalogue():
    for name, (build, mode, sizes, top_sizes) in NETWORKS.items():
        cases = [(size, False) for size in sizes] + [(size, True) for size in top_sizes]
        for (height, width), top in cases:
            keras.backend.clear_session()
            model = build(include_top=top, input_shape=(height, width, 3))
            make_up_weights(model)
            photo = made_up_photo(height, width)
            if mode is not None:
                photo = applications.imagenet_utils.preprocess_input(photo, mode=mode)
            yield {"network": name, "top": top, "size": [height, width], **digest(model(photo, training=False))}


def embedded(size):
    """The embedded backbone, topology and weights as they lie in the repository, built in Keras."""
    folder = CHECKOUT / "pretrained" / "efficientnet-lite0"
    model_json = json.loads((folder / "model.json").read_text())
    topology = model_json["modelTopology"]
    topology["config"]["layers"][0]["config"]["batch_input_shape"] = [None, *size, 3]
    model = model_from_config({**topology, "class_name": "Functional"})
    [group] = model_json["weightsManifest"]
    stored = b"".join((folder / path).read_bytes() for path in group["paths"])
    weights, offset = {}, 0
    for entry in group["weights"]:
        dtype = np.dtype(entry.get("quantization", {}).get("dtype", entry["dtype"]))
        count = int(np.prod(entry["shape"]))
        weights[entry["name"]] = np.frombuffer(stored, dtype, count, offset).reshape(entry["shape"]).astype("float32")
        offset += count * dtype.itemsize
    for layer in model.layers:
        layer.set_weights([each for name, each in weights.items() if name.startswith(f"{layer.name}/")])
    return model


def run_embedded():
    for layer, size in (("predictions", (224, 224)), ("avg_pool", (224, 224)), ("top_activation", (64, 96))):
        model = embedded(size)
        photo = (made_up_photo(*size) - 127) / 128
        values = keras.Model(model.inputs, model.get_layer(layer).output)([photo], training=False)
        yield {"layer": layer, "size": list(size), **digest(values)}


def main():
    golden = {"embedded": list(run_embedded()), "catalogue": list(run_catalogue())}
    rows = {key: ",\n  ".join(json.dumps(case) for case in cases) for key, cases in golden.items()}
    text = ",\n".join(f' "{key}": [\n  {cases}\n ]' for key, cases in rows.items())
    (CHECKOUT / "test" / "fixtures" / "golden.json").write_text(f"{{\n{text}\n}}\n")


if __name__ == "__main__":
    main()
