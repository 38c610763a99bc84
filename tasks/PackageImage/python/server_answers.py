"""Compares what a server answered with what is expected. Written by the pipeline task MLOpsPackageImage.

It is run by the image's own Python, beside the server, which has been asked by then. It ends with 10 where an answer is wrong
and says why, with 0 where all are right; any other end is none of its own.
"""
import json
import os
import sys

sys.dont_write_bytecode = True
import mlops_answers  # noqa: E402

here = os.path.dirname(os.path.abspath(__file__))


def read(name):
    with open(os.path.join(here, name), "rb") as file:
        return file.read().decode("utf-8", "replace")


for index, case in enumerate(json.loads(read("cases.json"))):
    if not os.path.exists(os.path.join(here, "%d.status" % index)):
        continue
    wrong = mlops_answers.wrong_answer(case, int(read("%d.status" % index)), read("%d.answer" % index))
    if wrong:
        print("the server answered %s wrongly: %s" % (case["name"], " ".join(wrong.split())))
        sys.exit(10)
