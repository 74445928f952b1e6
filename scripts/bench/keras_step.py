"""Keras' turn in engines.ts: the same tail, the same batch, one training step after the other."""
import json
import sys
import time

import numpy as np
import keras
from keras import layers

tail, steps = sys.argv[1], int(sys.argv[2])
rng = np.random.default_rng(1)
if tail == "block5":
    shape = (14, 14, 512)
    middle = [layers.Conv2D(512, 3, padding="same", activation="relu") for _ in range(3)]
    middle += [layers.MaxPooling2D(2), layers.GlobalAveragePooling2D()]
else:
    shape = (25088,)
    middle = [layers.Dense(256, activation="relu")]
model = keras.Sequential([keras.Input(shape), *middle, layers.Dense(5, activation="softmax")])
model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
x = rng.random((32, *shape), dtype=np.float32)
y = np.arange(32) % 5
seconds = []
for _ in range(steps + 1):
    start = time.perf_counter()
    model.train_on_batch(x, y)
    seconds.append((time.perf_counter() - start) * 1000)
print(json.dumps({"milliseconds": seconds[1:]}))
