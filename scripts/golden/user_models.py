"""Small models that cover every supported layer, saved by Keras itself, with Keras' own outputs.

Writes test/fixtures/keras/: the files, and golden.json with inputs (by formula) and outputs.

    python scripts/golden/user_models.py            # Keras 3, the whole set
    python scripts/golden/user_models.py --legacy   # Keras 2 (package tf_keras), adds its files to the set
"""

import json
from pathlib import Path

import layer_models
import nested_models
import numpy as np
from either_keras import LEGACY, keras, values

FOLDER = Path(__file__).resolve().parents[2] / "test" / "fixtures" / "keras"
IMAGE = {"scale": 127.5, "offset": 127.5}
UNIT = {"scale": 1.0, "offset": 0.0}

MODELS = [
    (nested_models.sequential, [IMAGE], "keras h5 weights.h5"),
    (nested_models.merging, [UNIT], "keras"),
    (layer_models.separable, [UNIT], "keras"),
    (layer_models.transposed, [UNIT], "keras"),
    (layer_models.activations, [UNIT], "keras"),
    (layer_models.activation_layers, [UNIT], "keras"),
    (layer_models.grouped, [UNIT], "keras"),
    (layer_models.normalizations, [IMAGE], "keras"),
    (nested_models.transfer, [IMAGE], "keras h5"),
    (nested_models.frozen_transfer, [UNIT], "h5"),
    (nested_models.nested, [UNIT], "keras"),
    (nested_models.siamese, [UNIT, UNIT], "keras"),
    (nested_models.several_ends, [UNIT, UNIT], "keras"),
    (layer_models.one_dimension, [UNIT], "keras"),
    (layer_models.three_dimensions, [UNIT], "keras"),
    (layer_models.squeeze_excite, [UNIT], "keras"),
    (layer_models.arithmetic, [UNIT], "keras h5"),
    (layer_models.augmented, [IMAGE], "keras"),
    (layer_models.resizing, [UNIT], "keras"),
    (layer_models.pooling, [UNIT], "keras"),
    (nested_models.open_size, [UNIT], "keras"),
    (nested_models.odd_names, [UNIT], "keras"),
    (nested_models.double_precision, [UNIT], "keras"),
    (layer_models.products, [UNIT], "keras"),
    (layer_models.replicated, [UNIT], "keras"),
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
