import json
import os

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
import pandas
from great_expectations import expectations as expect

from told import told

context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
frame = pandas.DataFrame(
    {"age": [20, 31, None, 44], "fare": [1.0, float("nan"), 3.0, -4.0], "sex": ["f", "m", "m", "x"]}
)
asset = context.data_sources.add_pandas("pandas").add_dataframe_asset("passengers")
whole = asset.add_batch_definition_whole_dataframe("whole")
batch = whole.get_batch({"dataframe": frame})


def suite(name, *expectations):
    made = context.suites.add(gx.ExpectationSuite(name=name))
    for each in expectations:
        made.add_expectation(each)
    return made


def of(result, **more):
    statistics = result.statistics
    return {
        "ge.success": float(result.success),
        "ge.success_percent": statistics["success_percent"],
        "ge.evaluated_expectations": statistics["evaluated_expectations"],
        "ge.unsuccessful_expectations": statistics["unsuccessful_expectations"],
        **more,
    }


mixed = suite(
    "mixed",
    expect.ExpectColumnValuesToNotBeNull(column="age"),
    expect.ExpectColumnValuesToBeBetween(column="fare", min_value=0, max_value=10),
    expect.ExpectColumnValuesToBeInSet(column="sex", value_set=["f", "m"], mostly=0.7),
    expect.ExpectColumnMeanToBeBetween(column="fare", min_value=0),
    expect.ExpectTableRowCountToBeBetween(min_value=1),
)
result = batch.validate(mixed)
details = {
    "ge.unexpected_percent[column=age]": 25.0,
    "ge.unexpected_percent": max(each.result.get("unexpected_percent", 0) for each in result.results),
    "ge.observed_value[column=fare, expectation=expect_column_mean_to_be_between]": 0.0,
    "ge.unsuccessful_expectations[column=sex]": 0,
}
told("ge_validation.json", json.dumps(result.to_json_dict(), indent=1), **of(result, **details))
told("ge_describe.json", result.describe(), **of(result, **details))

fine = suite("fine", expect.ExpectTableRowCountToBeBetween(min_value=1))
told("ge_fine.json", json.dumps(batch.validate(fine).to_json_dict()), **of(batch.validate(fine)))

# Nothing was expected, so nothing is known.
told("ge_empty.json", json.dumps(batch.validate(suite("empty")).to_json_dict()), **{"ge.success_percent": "NaN"})

definitions = [
    context.validation_definitions.add(gx.ValidationDefinition(name=each.name, data=whole, suite=each))
    for each in (mixed, fine)
]
checkpoint = context.checkpoints.add(gx.Checkpoint(name="both", validation_definitions=definitions))
run = checkpoint.run(batch_parameters={"dataframe": frame})
both = [each.statistics for each in run.run_results.values()]
evaluated = sum(each["evaluated_expectations"] for each in both)
successful = sum(each["successful_expectations"] for each in both)
told(
    "ge_checkpoint.json",
    run.describe(),
    **{"ge.success": float(run.success), "ge.success_percent": successful / evaluated * 100},
)

# A column that is not there: the expectation raises, and how many values are unexpected nobody knows.
raising = batch.validate(suite("raising", expect.ExpectColumnValuesToBeUnique(column="gone")))
told("ge_raising.json", raising.describe(), **of(raising, **{"ge.unexpected_percent": "NaN"}))
