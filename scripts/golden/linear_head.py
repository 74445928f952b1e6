"""scikit-learn's optimum of softmax regression, for test/training/linear-head.test.ts.

Run with NumPy and scikit-learn installed: python scripts/golden/linear_head.py
Writes test/fixtures/training/linear-head.json.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

OUT = Path(__file__).parents[2] / "test/fixtures/training/linear-head.json"
CASES = [
    # name, images, features, classes, l2
    ("more images than features", 30, 5, 3, 0.05),
    ("fewer images than features", 12, 20, 3, 0.02),
    ("two classes", 16, 6, 2, 0.1),
]


def draw(images, features, classes):
    """Classes as shifts, features of very unlike sizes, three decimals."""
    random = np.random.default_rng(1)
    labels = np.arange(images) % classes
    centres = random.normal(size=(classes, features))
    values = 4 + (centres[labels] + random.normal(size=(images, features))) * np.geomspace(0.1, 3, features)
    return values.round(3), labels


def scale(values):
    """(x - mean) / sqrt(var + mean var), then one scale to a mean variance of 1."""
    variance = values.var(0)
    scaled = (values - values.mean(0)) / np.sqrt(variance + variance.mean())
    return scaled / np.sqrt(scaled.var(0).mean())


def solve(name, images, features, classes, l2):
    values, labels = draw(images, features, classes)
    # Two classes: one vector w for the two halves w/2 and -w/2, whose penalty together is half of w's.
    inverse = 1 / (l2 * images) * (2 if classes == 2 else 1)
    model = LogisticRegression(C=inverse, tol=1e-12, max_iter=100_000).fit(scale(values), labels)
    probabilities = model.predict_proba(scale(values))
    return {
        "name": name,
        "l2": l2,
        "classes": classes,
        "features": values.tolist(),
        "labels": labels.tolist(),
        "probabilities": probabilities.round(6).tolist(),
    }


OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(json.dumps([solve(*case) for case in CASES]) + "\n")
