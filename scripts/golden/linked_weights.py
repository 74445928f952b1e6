"""HDF5 files whose weights lie elsewhere: in a file of the machine, or in another HDF5 file. For test/formats/keras/hostile-hdf5.test.ts.

    python scripts/golden/linked_weights.py
"""

import json
from pathlib import Path

import h5py
import numpy as np

FOLDER = Path(__file__).resolve().parents[2] / "test" / "fixtures" / "keras"
DENSE = {"name": "dense", "units": 2, "use_bias": False, "batch_input_shape": [None, 3]}
CONFIG = {"class_name": "Sequential", "config": {"name": "tiny", "layers": [{"class_name": "Dense", "config": DENSE}]}}


def write(name, add_kernel):
    with h5py.File(FOLDER / name, "w") as file:
        file.attrs["keras_version"] = "2.15.0"
        file.attrs["model_config"] = json.dumps(CONFIG)
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [b"dense"]
        group = weights.create_group("dense")
        group.attrs["weight_names"] = [b"kernel:0"]
        add_kernel(group)


def external(group):
    group.create_dataset("kernel:0", (3, 2), "f4", external=[("/etc/passwd", 0, 24)])


def standard_input(group):
    group.create_dataset("kernel:0", (3, 2), "f4", external=[("/dev/stdin", 0, 24)])


def virtual(group):
    layout = h5py.VirtualLayout((3, 2), "f4")
    layout[:] = h5py.VirtualSource("/tmp/other.h5", "kernel", (3, 2))
    group.create_virtual_dataset("kernel:0", layout)


def half(group):
    group.create_dataset("kernel:0", data=np.arange(6, dtype="f2").reshape(3, 2))


def big_endian(group):
    group.create_dataset("kernel:0", data=np.arange(6, dtype=">f4").reshape(3, 2))


write("external.h5", external)
write("standard_input.h5", standard_input)
write("virtual.h5", virtual)
write("half.h5", half)
write("big_endian.h5", big_endian)
