# Makes test/fixtures/cases/teachable-machine: a small model built as Teachable Machine's Keras export is built, and
# Keras' own outputs for it. Usage: python scripts/golden/teachable_machine.py test/fixtures/cases/teachable-machine
import json, sys
from pathlib import Path
import h5py, numpy as np, keras
from keras import layers

out = Path(sys.argv[1]); out.mkdir(parents=True, exist_ok=True)
keras.utils.set_random_seed(1)
x = start = layers.Input((32, 32, 3), name="input_1")
x = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="Conv1")(x)
x = layers.BatchNormalization(name="bn_Conv1")(x)
x = layers.ReLU(6, name="Conv1_relu")(x)
x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="expanded_conv_depthwise")(x)
x = layers.BatchNormalization(name="expanded_conv_depthwise_BN")(x)
base = keras.Model(start, x, name="model1")
pooling = layers.GlobalAveragePooling2D(name="global_average_pooling2d_GlobalAveragePooling2D1")
features = keras.Sequential([layers.Input((32, 32, 3)), base, pooling], name="sequential_1")
head = keras.Sequential([layers.Input((4,)), layers.Dense(8, activation="relu", name="dense_Dense1"),
                         layers.Dense(3, activation="softmax", use_bias=False, name="dense_Dense2")], name="sequential_3")
model = keras.Sequential([layers.Input((32, 32, 3)), features, head], name="sequential_4")
values = ((7 * np.arange(32 * 32 * 3)) % 256 / 127.5 - 1).astype("float32").reshape(1, 32, 32, 3)
model.save(out / "keras_model.h5")
with h5py.File(out / "keras_model.h5", "r+") as file:
    config = json.loads(file.attrs["model_config"])
    def visit(node):
        if isinstance(node, list): [visit(each) for each in node]
        if isinstance(node, dict):
            if node.get("class_name") == "DepthwiseConv2D": node["config"]["groups"] = 1
            [visit(each) for each in node.values()]
    visit(config)
    file.attrs["model_config"] = json.dumps(config)
(out / "labels.txt").write_text("0 daisy\n1 dandelion\n2 common rose\n")
(out / "expected.json").write_text(json.dumps(model.predict(values, verbose=0)[0].tolist()))
