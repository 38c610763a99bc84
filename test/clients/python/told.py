"""Writes a report as its tool does, and one line of JSON of what the tool itself says that is in it."""
import json
import os
import sys

folder = sys.argv[1]


def told(file, text, **values):
    with open(os.path.join(folder, file), "w", encoding="utf-8") as report:
        report.write(text)
    print(json.dumps({"report": file, "values": values}), flush=True)


def table(pandas, numpy, mean, rows=300):
    """Fares and ages, of which the age drifts with its mean."""
    random = numpy.random.default_rng(1)
    return pandas.DataFrame(
        {
            "age": random.normal(mean, 10, rows),
            "fare": random.lognormal(2, 1, rows),
            "sex": random.choice(["f", "m"], rows),
        }
    )
