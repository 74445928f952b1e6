#!/bin/sh
# GPU check: what the GPU of this machine does for finetune, beside its processor and PyTorch. Linux on x86-64, no network.
#
#   sh run.sh [WORK] [--networks efficientnet-lite0,vgg16] [--devices cpu,webgpu,cuda]
#
# Unpacks into WORK (by default the folder `work` beside this file), once. Writes WORK/results.json and WORK/table.md.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
case "${1:-}" in
  '' | --*) work=$here/work ;;
  *) work=$1; shift ;;
esac
mkdir -p "$work"
work=$(cd "$work" && pwd)

# What is in there is replaced: so it has to be ours, or empty but for the parts that are carried into it.
mark='Made by the GPU check of finetune, which replaces and removes what is in here.'
if [ "$(cat "$work/.gpu-check" 2>/dev/null)" != "$mark" ]; then
  for path in "$work"/* "$work"/.[!.]*; do
    [ ! -e "$path" ] || [ "$path" = "$work/parts" ] ||
      { echo "$work holds something else: $path. Name a folder that is empty, or is not there yet." >&2; exit 1; }
  done
  echo "$mark" >"$work/.gpu-check"
fi

# Without xz there is Python, on every machine that has PyTorch.
decompress() {
  if command -v xz >/dev/null 2>&1; then xz -dc "$1"
  else python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' "$1"; fi
}

if [ -e "$here/gpu-check.tar.xz" ]; then
  sum=$(sha256sum <"$here/gpu-check.tar.xz" | cut -d ' ' -f 1)
  [ "$sum" = "$(cat "$here/gpu-check.sha256")" ] || { echo "gpu-check.tar.xz is damaged: its sha-256 is $sum. Carry it again." >&2; exit 1; }
  if [ "$sum" != "$(cat "$work/unpacked" 2>/dev/null)" ]; then
    rm -rf "$work/program"
    decompress "$here/gpu-check.tar.xz" | tar -xf - -C "$work"
    echo "$sum" >"$work/unpacked"
  fi
fi
[ -e "$work/unpacked" ] || { echo "gpu-check.tar.xz is not beside run.sh, and $work has nothing unpacked." >&2; exit 1; }
exec "$work/program/node" "$work/program/scripts/gpu/check.js" "$here" "$work" "$@"
