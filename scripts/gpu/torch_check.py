"""What PyTorch makes of the same network: torch_check.py '{"folder": ...}' prints one JSON line.

Reads the tfjs layers model that finetune reads, and runs its layers one after the other, as a user's own module would.
"""

import json
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

task = json.loads(sys.argv[1])


def read_weights(folder):
    manifest = json.loads((folder / "model.json").read_text())["weightsManifest"]
    weights = {}
    for group in manifest:
        data = b"".join((folder / path).read_bytes() for path in group["paths"])
        offset = 0
        for entry in group["weights"]:
            stored = np.dtype(entry.get("quantization", {}).get("dtype", entry["dtype"]))
            count = int(np.prod(entry["shape"], dtype=np.int64))
            values = np.frombuffer(data, stored, count, offset).reshape(entry["shape"])
            offset += count * stored.itemsize
            quantization = entry.get("quantization", {})
            if "scale" in quantization:
                values = values * quantization["scale"] + quantization["min"]
            weights[entry["name"]] = values.astype(np.float32)
    return weights


class Network(torch.nn.Module):
    """Up to the last feature map, then its average."""

    def __init__(self, folder, stop_at):
        super().__init__()
        model = json.loads((folder / "model.json").read_text())["modelTopology"]
        self.layers = (model.get("model_config") or model)["config"]["layers"]
        self.stop_at = stop_at
        for name, values in read_weights(folder).items():
            layer, variable = name.rsplit("/", 1)
            if variable == "kernel" and values.ndim == 4:
                values = values.transpose(3, 2, 0, 1)
            if variable == "depthwise_kernel":
                values = values.transpose(2, 3, 0, 1).reshape(-1, 1, *values.shape[:2])
            self.register_buffer(f"{layer}__{variable}", torch.from_numpy(np.ascontiguousarray(values)))

    def weight(self, layer, variable):
        return getattr(self, f"{layer}__{variable}", None)

    def forward(self, images):
        outputs = {}
        for layer in self.layers:
            name = layer["name"]
            inputs = [outputs[each[0]] for each in layer["inbound_nodes"][0]] if layer["inbound_nodes"] else [images]
            outputs[name] = last = self.run(layer["class_name"], name, layer["config"], inputs)
            if name == self.stop_at:
                break
        return last.mean((2, 3))

    def run(self, kind, name, config, inputs):
        x = inputs[0]
        if kind in ("InputLayer", "Dropout"):
            return x
        if kind in ("Conv2D", "DepthwiseConv2D"):
            depthwise = kind == "DepthwiseConv2D"
            kernel = self.weight(name, "depthwise_kernel" if depthwise else "kernel")
            stride = config["strides"]
            x = F.conv2d(pad(x, kernel.shape[2:], stride, config["padding"]), kernel, self.weight(name, "bias"), stride,
                         groups=x.shape[1] if depthwise else 1)
            return F.relu(x) if config["activation"] == "relu" else x
        if kind == "BatchNormalization":
            values = [self.weight(name, each) for each in ("moving_mean", "moving_variance", "gamma", "beta")]
            return F.batch_norm(x, *values, training=False, eps=config["epsilon"])
        if kind == "ReLU":
            return F.relu6(x) if config.get("max_value") == 6 else F.relu(x)
        if kind == "Add":
            return inputs[0] + inputs[1]
        if kind == "ZeroPadding2D":
            (top, bottom), (left, right) = config["padding"]
            return F.pad(x, (left, right, top, bottom))
        if kind == "MaxPooling2D":
            return F.max_pool2d(x, config["pool_size"], config["strides"])
        raise ValueError(f"the layer {kind} is not known here")


def pad(x, kernel, stride, padding):
    if padding != "same":
        return x
    both = [max((-(-size // step) - 1) * step + width - size, 0)
            for size, width, step in zip(x.shape[2:], kernel, stride)]
    (high, wide) = both
    return F.pad(x, (wide // 2, wide - wide // 2, high // 2, high - high // 2))


class Photos(torch.utils.data.Dataset):
    def __init__(self):
        self.files = sorted(pathlib.Path(task["photos"]).glob("*/*/*.jpg"))

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        height, width = task["size"]
        photo = Image.open(self.files[index]).convert("RGB").resize((width, height), Image.BILINEAR)
        return torch.from_numpy(np.array(photo)).permute(2, 0, 1)


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def measure_base(network, images, device, half):
    dtype = torch.float16 if half else torch.float32
    placed = network.to(device, dtype)
    expected = np.fromfile(pathlib.Path(task["reference"]) / "features.bin", np.float32)
    small = images.to(device, dtype)
    features = placed(small).float().cpu().numpy()
    expected = expected.reshape(features.shape)
    cosines = (features * expected).sum(1) / np.linalg.norm(features, axis=1) / np.linalg.norm(expected, axis=1)
    parity = {"cosineMin": float(cosines.min()), "largest": float(np.abs(features - expected).max())}
    rows = []
    for batch in (1, 8, 64) if device == "cuda" else (8,):
        x = small.repeat(-(-batch // len(small)), 1, 1, 1)[:batch].contiguous(memory_format=torch.channels_last)
        placed(x)
        wait(device)
        placed(x)
        wait(device)
        began, count = time.perf_counter(), 0
        while count < 256 and time.perf_counter() - began < 10:
            placed(x)
            wait(device)
            count += batch
        speed = count / (time.perf_counter() - began)
        precision = "fp16" if half else "fp32"
        rows.append({"device": device, "precision": precision, "batch": batch, "imagesPerSecond": speed, **parity})
    return rows


def measure_job(network, device):
    """Photos to features, decoded by the loader's processes."""
    began = time.perf_counter()
    placed = network.to(device, torch.float32)
    rules = task["preprocessing"]
    mean, std = (torch.tensor(rules[each], device=device).view(1, 3, 1, 1) for each in ("mean", "std"))
    photos = Photos()
    for batch in torch.utils.data.DataLoader(photos, batch_size=32, num_workers=torch.get_num_threads()):
        x = batch.to(device).float()
        x = ((x.flip(1) if rules["channelOrder"] == "BGR" else x) - mean) / std
        placed(x.contiguous(memory_format=torch.channels_last))
    wait(device)
    seconds = time.perf_counter() - began
    return {"device": device, "seconds": seconds, "imagesPerSecond": len(photos) / seconds}


def main():
    folder = pathlib.Path(task["folder"])
    card = json.loads((folder / "card.json").read_text())
    network = Network(folder, card.get("featureLayer")).eval().to(memory_format=torch.channels_last)
    size = task["size"]
    flat = np.fromfile(pathlib.Path(task["reference"]) / "images.bin", np.float32)
    images = torch.from_numpy(flat.reshape(-1, *size, 3)).permute(0, 3, 1, 2)
    rows, jobs = [], []
    with torch.inference_mode():
        for device in (["cuda"] if torch.cuda.is_available() else []) + ["cpu"]:
            jobs.append(measure_job(network, device))
            for half in (False, True) if device == "cuda" else (False,):
                rows += measure_base(network, images, device, half)
    print(json.dumps({"version": f"PyTorch {torch.__version__}", "rows": rows, "jobs": jobs}))


main()
