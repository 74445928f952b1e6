"""One measurement of what a PyTorch user would run: photos through a frozen VGG16 (random weights: for time only).

  torch_peer.py TRAIN VAL     folders with a folder per class; prints one JSON line
"""

import argparse
import json
import pathlib
import time

started = time.perf_counter()

import numpy as np  # noqa: E402
import torch  # noqa: E402
from peak_memory import peak_megabytes  # noqa: E402
from PIL import Image  # noqa: E402

WIDTHS = [64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool", 512, 512, 512, "pool", 512, 512, 512, "pool"]


class Photos(torch.utils.data.Dataset):
    """Decoded with Pillow in the loader's processes, as torchvision's ImageFolder does."""

    def __init__(self, folders, size):
        self.files = sorted(file for folder in folders for file in pathlib.Path(folder).glob("*/*") if file.is_file())
        self.size = size

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        photo = Image.open(self.files[index]).convert("RGB").resize((self.size, self.size), Image.BILINEAR)
        return torch.from_numpy(np.array(photo)).permute(2, 0, 1)


def make_base():
    layers, channels = [], 3
    for width in WIDTHS:
        if width == "pool":
            layers.append(torch.nn.MaxPool2d(2))
        else:
            layers += [torch.nn.Conv2d(channels, width, 3, padding=1), torch.nn.ReLU(inplace=True)]
            channels = width
    pooled = torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    return pooled.eval().to(memory_format=torch.channels_last)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("val")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=16)
    arguments = parser.parse_args()
    base = make_base()
    photos = Photos([arguments.train, arguments.val], arguments.size)
    loader = torch.utils.data.DataLoader(photos, batch_size=arguments.batch, num_workers=2)
    mean = torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
    start_seconds = time.perf_counter() - started

    began = time.perf_counter()
    images = 0
    with torch.inference_mode():
        for batch in loader:
            inputs = (batch.float().flip(1) - mean).contiguous(memory_format=torch.channels_last)
            images += len(base(inputs))
    seconds = time.perf_counter() - began

    figures = {
        "version": f"PyTorch {torch.__version__}",
        "peakMegabytes": peak_megabytes(),
        "startSeconds": start_seconds,
        "images": images,
        "imagesPerSecond": images / seconds,
    }
    print(json.dumps(figures))


main()
