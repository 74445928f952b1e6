"""Keras' own layer tables of the networks in the catalogue, for test/backbones/catalogue.test.ts.

Run with Keras 3 and TensorFlow installed: python scripts/golden/architectures.py
Writes test/fixtures/architectures.json. Weights are random and not used.
"""

import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402

BUILDERS = {
    "vgg16": keras.applications.VGG16,
    "vgg19": keras.applications.VGG19,
    "resnet50": keras.applications.ResNet50,
    "mobilenet": keras.applications.MobileNet,
    "mobilenet_v2": keras.applications.MobileNetV2,
    "efficientnet_b0": keras.applications.EfficientNetB0,
}


def summarize(model):
    """One line per layer (class, name, output shape, parameters, padding), in Keras' order."""
    layers = []
    for layer in model.layers:
        shape = "x".join(str(size) for size in layer.output.shape[1:])
        padding = layer.get_config()["padding"] if isinstance(layer, keras.layers.ZeroPadding2D) else ""
        row = [type(layer).__name__, layer.name, shape, str(layer.count_params()), json.dumps(padding).strip('"')]
        layers.append(" ".join(row).strip())
    trainable = sum(w.numpy().size for w in model.trainable_weights)
    return {"name": model.name, "parameters": model.count_params(), "trainable": trainable, "layers": layers}


def main():
    table = {}
    for name, build in BUILDERS.items():
        for key, top, size in (("top", True, (224, 224)), ("noTop", False, (193, 257)), ("open", False, (None, None))):
            keras.backend.clear_session()
            model = build(weights=None, include_top=top, input_shape=(*size, 3))
            table.setdefault(name, {})[key] = summarize(model)
    for name in table:  # the middle of the other two is the same but for sizes
        del table[name]["open"]["layers"][4:-4]
        table[name]["noTop"]["layers"] = [row for row in table[name]["noTop"]["layers"] if "ZeroPadding2D" in row]
    path = Path(__file__).parents[2] / "test" / "fixtures" / "architectures.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
