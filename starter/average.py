"""The weights of two models of one training, averaged: what the last rounds forgot comes back, what they learned stays.

    python starter/average.py LATER EARLIER SHARE OUT

SHARE is that of LATER, the model that replies; EARLIER is the one that it was trained from. See Wortsman et al. 2022,
"Robust fine-tuning of zero-shot models" (arXiv:2109.01903).
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file

WEIGHTS = "model.safetensors"


def averaged(later: Path, earlier: Path, share: float, out: Path) -> None:
    """Write LATER's folder with the averaged weights, in LATER's precision."""
    shutil.copytree(later, out, dirs_exist_ok=True)
    first, second = load_file(later / WEIGHTS), load_file(earlier / WEIGHTS)
    mixed = {name: share * first[name].float() + (1 - share) * second[name].float() for name in first}
    save_file({name: mixed[name].to(first[name].dtype) for name in first}, out / WEIGHTS, {"format": "pt"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("later", type=Path)
    parser.add_argument("earlier", type=Path)
    parser.add_argument("share", type=float)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    averaged(options.later, options.earlier, options.share, options.out)


if __name__ == "__main__":
    main()
