"""Makes up houses, cleans them, and sets some aside."""
import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--rows", type=int)
parser.add_argument("--test-share", type=float)
parser.add_argument("--out", type=Path)
args = parser.parse_args()

dice = np.random.default_rng(5)
houses = pd.DataFrame(
    {
        "area": dice.normal(120, 40, args.rows).clip(25),
        "rooms": dice.integers(1, 9, args.rows),
        "age": dice.integers(0, 120, args.rows),
        "distance": dice.gamma(2, 4, args.rows),
    }
)
houses["price"] = (
    2.1 * houses["area"] + 6 * houses["rooms"] - 0.4 * houses["age"] - 5 * np.sqrt(houses["distance"]) + dice.normal(0, 9, args.rows) + 90
)
houses.loc[dice.random(args.rows) < 0.02, "area"] = np.nan
houses = houses.dropna().reset_index(drop=True)
train, test = train_test_split(houses, test_size=args.test_share, random_state=5)
args.out.mkdir(parents=True, exist_ok=True)
train.to_csv(args.out / "train.csv", index=False)
test.to_csv(args.out / "test.csv", index=False)
print(f"{len(train)} houses to learn from, {len(test)} set aside")
