import argparse
from pathlib import Path

import joblib
import pandas as pd
from sklearn.ensemble import RandomForestRegressor

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=Path)
parser.add_argument("--depth", type=int)
parser.add_argument("--model", type=Path)
args = parser.parse_args()

train = pd.read_csv(args.data / "train.csv")
model = RandomForestRegressor(n_estimators=40, max_depth=args.depth, random_state=5)
model.fit(train.drop(columns="price"), train["price"])
joblib.dump(model, args.model / "forest.pkl", compress=3)
