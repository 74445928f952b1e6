"""Writes one of the networks that are compared as a .keras file.

  make_models.py vgg16 FILE                 without its top, seeded random weights
  make_models.py mobilenet_v2_0.35 FILE     without its top; Keras downloads the ImageNet weights
  make_models.py efficientnet_lite0 FILE    from pretrained/efficientnet-lite0, with its top
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parents[1] / "golden"))

import keras  # noqa: E402
from networks import embedded  # noqa: E402

SHAPE = {"include_top": False, "input_shape": (224, 224, 3)}
MAKERS = {
    "vgg16": lambda: keras.applications.VGG16(weights=None, **SHAPE),
    "mobilenet_v2_0.35": lambda: keras.applications.MobileNetV2(alpha=0.35, weights="imagenet", **SHAPE),
    "efficientnet_lite0": lambda: embedded((224, 224)),
}

name, path = sys.argv[1:]
keras.utils.set_random_seed(1)
MAKERS[name]().save(path)
