"""Keras' own files and outputs for a network of the catalogue, for test/pipeline/catalogue-parity.test.ts.

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

APPLICATIONS = {
    "vgg16": (keras.applications.VGG16, keras.applications.vgg16),
    "vgg19": (keras.applications.VGG19, keras.applications.vgg19),
    "resnet50": (keras.applications.ResNet50, keras.applications.resnet),
    "mobilenet": (keras.applications.MobileNet, keras.applications.mobilenet),
    "mobilenet_v2": (keras.applications.MobileNetV2, keras.applications.mobilenet_v2),
    "efficientnet_b0": (keras.applications.EfficientNetB0, keras.applications.efficientnet),
}
IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], dtype="float32")
IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], dtype="float32")


def random_weight(rng, layer, name, shape):
    """Values that keep signals alive through many layers without letting rounding errors grow, and no trivial statistic."""
    if name in ("gamma", "moving_variance"):
        return rng.uniform(0.7, 1.3, shape)
    if name in ("beta", "moving_mean", "bias"):
        return rng.normal(0, 0.1, shape)
    fan_in = np.prod(shape[:-2] if isinstance(layer, keras.layers.DepthwiseConv2D) else shape[:-1])
    return rng.standard_normal(shape, dtype="float32") * np.sqrt(1.5 / fan_in)


def randomize(model):
    rng = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            set_normalization(layer, IMAGENET_MEAN, IMAGENET_DEVIATION**2)
        else:
            for weight in layer.weights:
                weight.assign(random_weight(rng, layer, weight.name, tuple(weight.shape)).astype("float32"))


def temper_classifier(model, images):
    """Scales the top's kernel so that its scores are neither all alike nor all at one class."""
    layer = model.get_layer("conv_preds" if "conv_preds" in [each.name for each in model.layers] else "predictions")
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
        if isinstance(layer, keras.layers.Normalization):
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
