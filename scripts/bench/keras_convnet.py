"""Keras' turn in convnet.ts: its own ConvNet for MNIST, from IDX files; prints seconds per epoch, passed and worked."""
import json
import resource
import sys
import time

import numpy as np
import keras
from keras import layers

folder, epochs, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
keras.utils.set_random_seed(seed)


def read(part):
    images = np.fromfile(f"{folder}/{part}-images-idx3-ubyte", np.uint8)[16:].reshape(-1, 28, 28, 1)
    labels = np.fromfile(f"{folder}/{part}-labels-idx1-ubyte", np.uint8)[8:]
    return images.astype("float32") / 255, labels


class Clock(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        self.started = now()

    def on_epoch_end(self, epoch, logs=None):
        passed, worked = (end - start for start, end in zip(self.started, now()))
        self.epochs.append({"passed": passed, "worked": worked})


def now():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), usage.ru_utime + usage.ru_stime


x, y = read("train")
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
clock = Clock()
model.fit(x, y, batch_size=128, epochs=epochs, validation_split=0.1, callbacks=[clock], verbose=0)
_, accuracy = model.evaluate(*read("t10k"), verbose=0)
print(json.dumps({"epochs": clock.epochs, "accuracy": accuracy}))
