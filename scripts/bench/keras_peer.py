"""One measurement of what a Keras user would run. Prints one JSON line.

  keras_peer.py extract MODEL TRAIN VAL          every image once through the frozen base
  keras_peer.py recipe  MODEL TRAIN VAL          keras.io's transfer learning: the frozen base inside fit()
  keras_peer.py cached  MODEL TRAIN VAL          features once, then a head on them

MODEL is a .keras file; TRAIN and VAL hold a folder per class.
"""

import argparse
import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
started = time.perf_counter()

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from peak_memory import peak_megabytes  # noqa: E402

PREPROCESSING = {
    "caffe": lambda x: x[..., ::-1] - tf.constant([103.939, 116.779, 123.68]),
    "tf": lambda x: x / 127.5 - 1.0,
    "lite": lambda x: (x - 127.0) / 128.0,
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["extract", "recipe", "cached"])
    parser.add_argument("model")
    parser.add_argument("train")
    parser.add_argument("val")
    parser.add_argument("--cut", help="layer whose output is the base's (default: the last one)")
    parser.add_argument("--preprocessing", choices=PREPROCESSING, default="caffe")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=5)
    return parser.parse_args()


def load_base(arguments):
    model = keras.models.load_model(arguments.model, compile=False)
    output = model.get_layer(arguments.cut).output if arguments.cut else model.output
    base = keras.Model(model.inputs, output)
    base.trainable = False
    return base


def open_folder(path, arguments, shuffle):
    images = keras.utils.image_dataset_from_directory(
        path,
        image_size=(arguments.size, arguments.size),
        batch_size=arguments.batch,
        shuffle=shuffle,
        seed=1,
        verbose=False,
    )
    classes = len(images.class_names)
    prepare = PREPROCESSING[arguments.preprocessing]
    prepared = images.map(lambda x, y: (prepare(x), y), num_parallel_calls=tf.data.AUTOTUNE)
    return prepared.prefetch(tf.data.AUTOTUNE), classes


def add_head(features, classes):
    return keras.layers.Dense(classes, activation="softmax")(keras.layers.Dropout(0.2)(features))


def fit(model, data, val, epochs, **options):
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(*data, validation_data=val, epochs=epochs, verbose=0, **options)
    return history.history["val_accuracy"]


def compute_features(base, path, arguments):
    pooled = keras.Sequential([base, keras.layers.GlobalAveragePooling2D()])
    data, classes = open_folder(path, arguments, shuffle=False)
    rows, labels = [], []
    for images, some in data:
        rows.append(pooled.predict_on_batch(images))
        labels.append(some.numpy())
    return np.concatenate(rows), np.concatenate(labels), classes


def extract(base, arguments):
    began = time.perf_counter()
    images = sum(len(compute_features(base, path, arguments)[0]) for path in (arguments.train, arguments.val))
    seconds = time.perf_counter() - began
    return {"images": images, "imagesPerSecond": images / seconds}


def recipe(base, arguments):
    data, classes = open_folder(arguments.train, arguments, shuffle=True)
    val, _ = open_folder(arguments.val, arguments, shuffle=False)
    inputs = keras.Input((arguments.size, arguments.size, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(base(inputs, training=False))
    accuracies = fit(keras.Model(inputs, add_head(pooled, classes)), [data], val, arguments.epochs)
    return {"epochs": arguments.epochs, "accuracy": accuracies[-1], "bestAccuracy": max(accuracies)}


def cached(base, arguments):
    rows, labels, classes = compute_features(base, arguments.train, arguments)
    val_rows, val_labels, _ = compute_features(base, arguments.val, arguments)
    inputs = keras.Input(rows.shape[1:])
    head = keras.Model(inputs, add_head(inputs, classes))
    data = [rows, labels]
    accuracies = fit(head, data, (val_rows, val_labels), arguments.epochs, batch_size=arguments.batch)
    return {"epochs": arguments.epochs, "accuracy": accuracies[-1], "bestAccuracy": max(accuracies)}


def main():
    arguments = parse_arguments()
    base = load_base(arguments)
    start_seconds = time.perf_counter() - started
    run = {"extract": extract, "recipe": recipe, "cached": cached}[arguments.mode]
    figures = {"startSeconds": start_seconds, **run(base, arguments)}
    version = f"Keras {keras.__version__}, TensorFlow {tf.__version__}"
    print(json.dumps({"version": version, "peakMegabytes": peak_megabytes(), **figures}))


main()
