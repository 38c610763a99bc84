"""Makes reference.json: what scipy, scikit-learn and statsmodels say on numbers that the tests compute as well.

    python -m venv venv && venv/bin/pip install numpy scipy scikit-learn statsmodels
    venv/bin/python generate.py > reference.json
"""

import json
import sys

import numpy as np
import scipy
import sklearn
import statsmodels
from scipy import stats
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar

ROWS = 160
RESAMPLES = 2000
SEED = 20  # as in bootstrap.ts
MASK = 0xFFFFFFFF


def xoshiro128starstar(seed):
    """The generator of random.ts, written anew from its authors' description."""

    def splitmix():
        state = seed & MASK
        while True:
            state = (state + 0x9E3779B9) & MASK
            z = state ^ (state >> 16)
            z = (z * 0x21F0AAAD) & MASK
            z ^= z >> 15
            z = (z * 0x735A2D97) & MASK
            yield z ^ (z >> 15)

    fill = splitmix()
    s = [next(fill) for _ in range(4)]
    rotl = lambda x, k: ((x << k) | (x >> (32 - k))) & MASK
    while True:
        yield (rotl((s[1] * 5) & MASK, 7) * 9) & MASK
        t = (s[1] << 9) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 11)


def same_draws(rows):
    generator = xoshiro128starstar(SEED)
    return [np.array([next(generator) * rows >> 32 for _ in range(rows)]) for _ in range(RESAMPLES)]


rng = np.random.default_rng(7)
truth = rng.normal(50, 12, ROWS)
regression = {
    "label": truth,
    "candidate": truth + rng.normal(0.2, 3.0, ROWS),
    "champion": truth + rng.normal(0.0, 3.6, ROWS),
}
hidden = rng.normal(0, 1, ROWS)
outcome = (hidden + rng.normal(0, 0.7, ROWS) > 0.2).astype(float)
score = lambda noise: np.round(1 / (1 + np.exp(-1.8 * (hidden - 0.2 + rng.normal(0, noise, ROWS)))), 2)
scores = {"label": outcome, "candidate": score(0.3), "champion": score(0.9)}
classes = {
    "label": outcome,
    "candidate": (scores["candidate"] > 0.5).astype(float),
    "champion": (scores["champion"] > 0.5).astype(float),
}

FORMULAS = {
    "rmse": (regression, metrics.root_mean_squared_error),
    "mse": (regression, metrics.mean_squared_error),
    "mae": (regression, metrics.mean_absolute_error),
    "r2": (regression, metrics.r2_score),
    "accuracy": (classes, metrics.accuracy_score),
    "f1": (classes, metrics.f1_score),
    "auc": (scores, metrics.roc_auc_score),
    "log_loss": (scores, metrics.log_loss),
}


def expected(name):
    data, formula = FORMULAS[name]
    label, candidate, champion = data["label"], data["candidate"], data["champion"]
    draws = same_draws(ROWS)
    of = lambda rows: (formula(label[rows], candidate[rows]), formula(label[rows], champion[rows]))
    values = np.array([of(rows) for rows in draws])
    statistic = lambda rows: np.subtract(*of(rows.astype(int)))
    interval = stats.bootstrap(
        (np.arange(ROWS),),
        statistic,
        vectorized=False,
        n_resamples=10000,
        confidence_level=0.95,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    return {
        "candidate": formula(label, candidate),
        "champion": formula(label, champion),
        # On the very draws that bootstrap.ts makes.
        "sameDraws": {
            "difference95": list(np.quantile(values[:, 0] - values[:, 1], [0.025, 0.975])),
            "ratio90": list(np.quantile(values[:, 0] - 0.98 * values[:, 1], [0.05, 0.95])),
            "alone95": list(np.quantile(values[:, 0], [0.025, 0.975])),
        },
        # On draws of its own: equal but for chance.
        "scipyBootstrap95": [interval.low, interval.high],
    }


def mcnemar_case(b, c):
    return {
        "onlyFirst": b,
        "onlySecond": c,
        "statsmodels": float(mcnemar([[10, b], [c, 10]], exact=True).pvalue),
        "scipy": float(stats.binomtest(b, b + c).pvalue) if b + c else 1.0,
    }


json.dump(
    {
        "versions": {m.__name__: m.__version__ for m in (np, scipy, sklearn, statsmodels)},
        "data": {
            key: {name: values.tolist() for name, values in table.items()}
            for key, table in {"regression": regression, "classes": classes, "scores": scores}.items()
        },
        "firstNumbers": [value for value, _ in zip(xoshiro128starstar(SEED), range(5))],
        "metrics": {name: expected(name) for name in FORMULAS},
        "mcNemar": [
            mcnemar_case(b, c)
            for b, c in [(0, 0), (0, 1), (0, 6), (5, 15), (15, 5), (10, 10), (30, 60), (500, 600), (4000, 4300), (100000, 101000), (1, 40000)]
        ],
    },
    sys.stdout,
)
