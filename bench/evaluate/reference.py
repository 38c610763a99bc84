"""The same intervals by pandas, numpy and scipy: <metric> <candidate's rows> <champion's rows> <resamples>."""

import json
import resource
import sys
import time

import numpy as np
import pandas as pd
from scipy.stats import rankdata

metric, candidate_file, champion_file, resamples = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
started = time.perf_counter()
candidate, champion = pd.read_csv(candidate_file), pd.read_csv(champion_file)
both = candidate.merge(champion, on="id", suffixes=("", "_champion"), validate="one_to_one")
assert (both["label"] == both["label_champion"]).all()
label = both["label"].to_numpy()
rng = np.random.default_rng(1)

if metric == "rmse":
    squares = [(both[name].to_numpy() - label) ** 2 for name in ("prediction", "prediction_champion")]

    def difference(rows):
        own, other = (np.sqrt(each[rows].mean()) for each in squares)
        return own - other

else:
    scores = [both[name].to_numpy() for name in ("score", "score_champion")]

    def auc(score, rows):
        positive = label[rows] == 1
        ranks = rankdata(score[rows])
        count = positive.sum()
        return (ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(rows) - count))

    def difference(rows):
        return auc(scores[0], rows) - auc(scores[1], rows)


ready = time.perf_counter()
values = [difference(rng.integers(len(label), size=len(label))) for _ in range(resamples)]
done = time.perf_counter()
print(
    json.dumps(
        {
            "read": ready - started,
            "perResample": (done - ready) / resamples,
            "interval": list(np.quantile(values, [0.025, 0.975])),
            "maxRss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        }
    )
)
