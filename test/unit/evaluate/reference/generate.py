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
SEED = 20  # as in studentised.ts
MASK = 0xFFFFFFFF


def xoshiro128starstar(seed):
    """The generator of random.ts, written again from its authors' description."""

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

kinds = np.clip(np.digitize(hidden, [-0.7, 0.5]), 0, 2)
guess = lambda noise: np.where(rng.random(ROWS) < noise, rng.integers(0, 3, ROWS), kinds).astype(float)
many = {"label": kinds.astype(float), "candidate": guess(0.25), "champion": guess(0.45)}


def smape(label, prediction):
    return np.mean(2 * np.abs(label - prediction) / (np.abs(label) + np.abs(prediction)))


averaged = lambda formula, average: lambda label, said: formula(label, said, average=average, zero_division=0)
FORMULAS = {
    "rmse": ("regression", metrics.root_mean_squared_error),
    "mse": ("regression", metrics.mean_squared_error),
    "mae": ("regression", metrics.mean_absolute_error),
    "mape": ("regression", metrics.mean_absolute_percentage_error),
    "smape": ("regression", smape),
    "quantile_loss_0.9": ("regression", lambda label, said: metrics.mean_pinball_loss(label, said, alpha=0.9)),
    "r2": ("regression", metrics.r2_score),
    "accuracy": ("classes", metrics.accuracy_score),
    "precision": ("classes", metrics.precision_score),
    "recall": ("classes", metrics.recall_score),
    "f1": ("classes", metrics.f1_score),
    "balanced_accuracy": ("many", metrics.balanced_accuracy_score),
    "f1_macro": ("many", averaged(metrics.f1_score, "macro")),
    "f1_weighted": ("many", averaged(metrics.f1_score, "weighted")),
    "f1_micro": ("many", averaged(metrics.f1_score, "micro")),
    "precision_macro": ("many", averaged(metrics.precision_score, "macro")),
    "recall_weighted": ("many", averaged(metrics.recall_score, "weighted")),
    "cohen_kappa": ("many", metrics.cohen_kappa_score),
    "mcc": ("many", metrics.matthews_corrcoef),
    "auc": ("scores", metrics.roc_auc_score),
    "pr_auc": ("scores", metrics.average_precision_score),
    "log_loss": ("scores", metrics.log_loss),
    "brier": ("scores", metrics.brier_score_loss),
}
TABLES = {"regression": regression, "classes": classes, "many": many, "scores": scores}


def studentised(statistic, values, level, draws):
    error = lambda rows: np.sqrt(rows.var(axis=-1, ddof=1) / ROWS)
    resamples = values[draws]
    ratios = (resamples.mean(axis=1) - values.mean()) / error(resamples)
    low, high = np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2])
    return [statistic - high * error(values), statistic - low * error(values)]


def expected(name):
    table, formula = FORMULAS[name]
    label, candidate, champion = (TABLES[table][each] for each in ("label", "candidate", "champion"))
    difference = lambda own, other: formula(label, own) - formula(label, other)
    whole = difference(candidate, champion)
    rows = np.arange(ROWS)
    without = [
        formula(label[rows != row], candidate[rows != row]) - formula(label[rows != row], champion[rows != row])
        for row in rows
    ]
    values = ROWS * whole - (ROWS - 1) * np.array(without)
    # Only the order of scores counts for these two, so that ranks change places.
    places = (stats.rankdata(candidate), stats.rankdata(champion)) if name in ("auc", "pr_auc") else (candidate, champion)
    permutation = stats.permutation_test(
        places,
        difference,
        permutation_type="samples",
        n_resamples=9999,
        vectorized=False,
        rng=np.random.default_rng(1),
    )
    return {
        "table": table,
        "candidate": formula(label, candidate),
        "champion": formula(label, champion),
        "standardError": np.sqrt(values.var(ddof=1) / ROWS),
        # On the very draws that studentised.ts makes.
        "interval95": studentised(whole, values, 0.95, DRAWS),
        "permutationPValue": permutation.pvalue,
    }


def delong():
    """E. DeLong, D. DeLong and D. Clarke-Pearson, Biometrics 44 (1988): the standard error of the difference of two aucs."""
    positive = scores["label"] == 1
    wins = lambda score: (lambda d: (d > 0) + 0.5 * (d == 0))(score[positive][:, None] - score[~positive][None, :])
    moved = wins(scores["candidate"]) - wins(scores["champion"])
    return np.sqrt(sum(moved.mean(axis=1 - axis).var(ddof=1) / moved.shape[axis] for axis in (0, 1)))


def gains():
    query = np.repeat(np.arange(8), 20)
    relevance = rng.integers(0, 4, 160)
    score = np.round(relevance + rng.normal(0, 1.5, 160))  # with ties
    of = lambda k: np.mean([metrics.ndcg_score([relevance[query == q]], [score[query == q]], k=k) for q in range(8)])
    return {"query": query.tolist(), "label": relevance.tolist(), "score": score.tolist(), "all": of(None), "five": of(5)}


def tail_excess(one, other):
    """By how many jackknife standard errors Geary's kurtosis, mean |error| over rms, is smaller of the one than of the other."""
    geary = lambda errors: 2 * np.log(np.mean(np.abs(errors)) / np.sqrt(np.mean(errors**2)))
    statistic = lambda rows: geary(other[rows]) - geary(one[rows])
    rows = np.arange(ROWS)
    values = np.array([ROWS * statistic(rows) - (ROWS - 1) * statistic(rows[rows != row]) for row in rows])
    return values.mean() / (values.std(ddof=1) / np.sqrt(ROWS))


DRAWS = np.array(same_draws(ROWS))


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
            for key, table in TABLES.items()
        },
        "firstNumbers": [value for value, _ in zip(xoshiro128starstar(SEED), range(5))],
        "metrics": {name: expected(name) for name in FORMULAS},
        "deLongStandardError": delong(),
        "ndcg": gains(),
        "normalQuantiles": [[level, stats.norm.ppf((1 + level) / 2)] for level in (0.9, 0.95, 0.99, 0.9975, 0.999)],
        "tailExcess": tail_excess(truth - regression["candidate"], truth - regression["champion"]),
        "mcNemar": [
            mcnemar_case(b, c)
            for b, c in [(0, 0), (0, 1), (0, 6), (5, 15), (15, 5), (10, 10), (30, 60), (500, 600), (4000, 4300), (100000, 101000), (1, 40000)]
        ],
    },
    sys.stdout,
)
