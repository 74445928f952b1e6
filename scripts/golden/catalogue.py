"""Keras' own files and outputs for a network of the catalogue, for test/backbones/catalogue-parity.test.ts.

Run with Keras 3 and TensorFlow installed:
    python scripts/golden/catalogue.py OUT NAME top|no-top:HEIGHTxWIDTH:LAYOUT[,LAYOUT...] ...
LAYOUT is weights (the weights-only HDF5 of Keras 1 and 2, as the published files are), h5, weights.h5 or keras.
Writes for the first case OUT/0/NAME.LAYOUT, OUT/0/pixels.bin (float32, RGB 0..255, [HEIGHT, WIDTH, 3]),
OUT/0/output.whole.bin (float32, of a whole model) and OUT/0/output.weights.bin (of the network that Keras builds around
published weights), for the next one OUT/1/..., and so on.
Weights are random, with a fixed seed, batch-norm statistics included.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras.src.legacy.saving import legacy_h5_format  # noqa: E402

# Per module of Keras Applications: its networks by the names that they have here.
MODULES = {
    "vgg16": {"vgg16": "VGG16"},
    "vgg19": {"vgg19": "VGG19"},
    "resnet": {f"resnet{depth}": f"ResNet{depth}" for depth in (50, 101, 152)},
    "resnet_v2": {f"resnet{depth}_v2": f"ResNet{depth}V2" for depth in (50, 101, 152)},
    "densenet": {f"densenet{depth}": f"DenseNet{depth}" for depth in (121, 169, 201)},
    "xception": {"xception": "Xception"},
    "inception_v3": {"inception_v3": "InceptionV3"},
    "inception_resnet_v2": {"inception_resnet_v2": "InceptionResNetV2"},
    "mobilenet": {"mobilenet": "MobileNet"},
    "mobilenet_v2": {"mobilenet_v2": "MobileNetV2"},
    "mobilenet_v3": {f"mobilenet_v3_{size.lower()}": f"MobileNetV3{size}" for size in ("Small", "Large")},
    "nasnet": {f"nasnet_{size.lower()}": f"NASNet{size}" for size in ("Mobile", "Large")},
    "efficientnet": {f"efficientnet_b{number}": f"EfficientNetB{number}" for number in range(8)},
    "efficientnet_v2": {
        f"efficientnet_v2_{kind.lower()}": f"EfficientNetV2{kind}" for kind in ("B0", "B1", "B2", "B3", "S", "M", "L")
    },
    "convnext": {
        f"convnext_{size.lower()}": f"ConvNeXt{size}" for size in ("Tiny", "Small", "Base", "Large", "XLarge")
    },
}
APPLICATIONS = {
    name: (getattr(keras.applications, built), getattr(keras.applications, module))
    for module, networks in MODULES.items()
    for name, built in networks.items()
}
IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], dtype="float32")
IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], dtype="float32")


def random_weight(rng, layer, name, shape, gain):
    """Values that keep signals alive through many layers without letting rounding errors grow, and no trivial statistic."""
    if name in ("gamma", "moving_variance"):
        return rng.uniform(0.7, 1.3, shape)
    if name in ("beta", "moving_mean", "bias"):
        return rng.normal(0, 0.1, shape)
    is_depthwise = name == "depthwise_kernel" or isinstance(layer, keras.layers.DepthwiseConv2D)
    fan_in = np.prod(shape[:-2] if is_depthwise else shape[:-1])
    return rng.standard_normal(shape, dtype="float32") * np.sqrt(gain / fan_in)


def randomize(model):
    rng = np.random.default_rng(1)
    # In the deepest of these, at 480x480, Keras itself makes .4 of a difference of 1e-6 with a gain of 1.2.
    gain = 1.0 if model.name.startswith("efficientnetv2") else 1.2
    for layer in model.layers:
        if is_adapted(layer):
            set_normalization(layer, IMAGENET_MEAN, IMAGENET_DEVIATION**2)
        else:
            for weight in layer.weights:
                weight.assign(random_weight(rng, layer, weight.name, tuple(weight.shape), gain).astype("float32"))


def is_adapted(layer):
    """Whether it normalizes by weights; others of the kind have their numbers in the config."""
    return isinstance(layer, keras.layers.Normalization) and layer.input_mean is None


def temper_classifier(model, images):
    """Scales the top's kernel so that its scores are neither all alike nor all at one class."""
    [*_, layer] = [layer for layer in model.layers if 1000 in layer.output.shape and layer.weights]
    features = keras.Model(model.inputs, layer.input).predict(images, verbose=0).reshape(-1)
    kernel = layer.weights[0]
    scores = features @ kernel.numpy().reshape(features.size, -1)
    kernel.assign(kernel.numpy() * (2 / scores.std()))


def set_normalization(layer, mean, variance):
    layer.adapt_mean.assign(mean)
    layer.adapt_variance.assign(variance)
    layer.finalize_state()


def save(model, layout, path):
    if layout == "weights":
        with h5py.File(path, "w") as file:
            legacy_h5_format.save_weights_to_hdf5_group(file, model)
    elif layout == "weights.h5":
        model.save_weights(path)
    else:
        model.save(path)


def rescale_as_published(model):
    """With its published weights Keras rescales EfficientNet's input once more; a model built without lacks the layer."""
    for layer in model.layers:
        if is_adapted(layer):
            set_normalization(layer, IMAGENET_MEAN, IMAGENET_DEVIATION**3)


def made_up_photo(height, width):
    """Patches of colour with some grain: plain noise would average out on its way up. [1, height, width, 3]"""
    rng = np.random.default_rng(2)
    patches = rng.uniform(0, 225, (7, 7, 3))
    rows, columns = np.arange(height) * 7 // height, np.arange(width) * 7 // width
    return (patches[rows][:, columns] + rng.uniform(0, 30, (height, width, 3)))[np.newaxis].astype("float32")


def save_output(model, inputs, path):
    np.asarray(model(inputs, training=False)).tofile(path)


def run_case(out, name, top, height, width, layouts):
    build, module = APPLICATIONS[name]
    keras.backend.clear_session()
    model = build(weights=None, include_top=top, input_shape=(height, width, 3))
    randomize(model)
    images = made_up_photo(height, width)
    images.tofile(out / "pixels.bin")
    inputs = module.preprocess_input(images.copy())
    if top:
        temper_classifier(model, inputs)
    for layout in layouts:
        suffix = {"weights": "weights-only.h5"}.get(layout, layout)
        save(model, layout, str(out / f"{name}.{suffix}"))
    save_output(model, inputs, out / "output.whole.bin")
    rescale_as_published(model)  # predict() would go on with the old constants
    save_output(model, inputs, out / "output.weights.bin")


def main():
    out, name, *cases = sys.argv[1:]
    for number, case in enumerate(cases):
        top, size, layouts = case.split(":")
        folder = Path(out) / str(number)
        folder.mkdir()
        height, width = map(int, size.split("x"))
        run_case(folder, name, top == "top", height, width, layouts.split(","))


if __name__ == "__main__":
    main()
