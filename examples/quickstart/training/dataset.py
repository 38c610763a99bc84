"""The diamonds of ggplot2: what 53,940 diamonds cost, and why."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import pandas as pd

TARGET = "price"

NUMBERS = ["carat", "depth", "table", "x", "y", "z"]

# Each from the worst grade to the best, so that the model sees their order.
GRADES = {
    "cut": ["Fair", "Good", "Very Good", "Premium", "Ideal"],
    "color": ["J", "I", "H", "G", "F", "E", "D"],
    "clarity": ["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"],
}

COLUMNS = ["carat", "cut", "color", "clarity", "depth", "table", "x", "y", "z"]


def data_file() -> Path:
    """The CSV file inside the package dfply, which is read but never imported: it needs an older pandas."""
    package = importlib.util.find_spec("dfply")
    if package is None or not package.submodule_search_locations:
        raise FileNotFoundError("The package dfply, which ships the data set, is not installed: see conda.yml.")
    return Path(package.submodule_search_locations[0]) / "data" / "diamonds.csv"


def load() -> tuple[pd.DataFrame, str]:
    """All diamonds, indexed by their row in the file, and the SHA-256 of that file."""
    file = data_file()
    diamonds = pd.read_csv(file, dtype={**dict.fromkeys(NUMBERS, float), TARGET: float})
    # Nothing is 0 mm long: these were not measured.
    measured = (diamonds[["x", "y", "z"]] > 0).all(axis=1)
    return diamonds[measured], hashlib.sha256(file.read_bytes()).hexdigest()
