"""Loads a weights file of VGG16 with its top into Keras and saves the whole model. Prints one JSON line.

    keras_convert.py WEIGHTS OUT.keras
"""

import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
from peak_memory import peak_megabytes  # noqa: E402

began = time.perf_counter()
model = keras.applications.VGG16(weights=None)
model.load_weights(sys.argv[1])
model.save(sys.argv[2])
print(json.dumps({"startedSeconds": time.perf_counter() - began, "peakMegabytes": peak_megabytes()}))
