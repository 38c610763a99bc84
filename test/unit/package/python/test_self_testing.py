"""Unit tests of the Python that goes into images. Run by test/unit/package/python.test.ts; python -m unittest runs them too."""
import os
import sys
import unittest
from decimal import Decimal

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, *[os.pardir] * 4, "tasks", "PackageImage", "python"))
sys.dont_write_bytecode = True
import mlops_answers as answers  # noqa: E402
import self_testing  # noqa: E402


class Answers(unittest.TestCase):
    def difference(self, actual, expected, absolute=0, relative=0):
        return answers.first_difference(answers.read(actual), answers.read(expected), absolute, relative)

    def test_equal_values_have_no_difference(self):
        for actual, expected in (
            ("1", "1.0"),
            ("[1, 2]", "[1,2]"),
            ('{"a": 1, "b": null}', '{"b": null, "a": 1}'),
            ('"[16.7]"', '"[16.7]"'),
        ):
            self.assertIsNone(self.difference(actual, expected), (actual, expected))

    def test_types_count(self):
        for actual, expected in (("true", "1"), ("1", "true"), ('"5"', "5"), ("null", "0"), ("[]", "{}")):
            self.assertIsNotNone(self.difference(actual, expected), (actual, expected))

    def test_no_digit_is_lost(self):
        self.assertEqual(
            self.difference("9007199254740993", "9007199254740992"),
            "$: expected 9007199254740992, got 9007199254740993",
        )
        self.assertIsNotNone(self.difference("0.1234567890123456789", "0.1234567890123456788"))

    def test_tolerance_is_numpys(self):
        self.assertIsNone(self.difference("110", "100", relative=0.1))
        self.assertIsNotNone(self.difference("110.1", "100", relative=0.1))
        self.assertIsNone(self.difference("0.5", "0", absolute=0.5))

    def test_names_the_place(self):
        self.assertEqual(self.difference('{"a": [1, 2]}', '{"a": [1, 3]}'), "$.a[1]: expected 3, got 2")
        self.assertEqual(self.difference("{}", '{"a": 1}'), "$.a: it is missing")
        self.assertEqual(self.difference('{"a": 1}', "{}"), "$.a: it was not expected")
        self.assertEqual(self.difference("[1]", "[1, 2]"), "$: expected 2 elements, got 1")

    def test_wrong_answer(self):
        case = {"expectStatus": 400}
        self.assertIsNone(answers.wrong_answer(case, 400, ""))
        self.assertIn("the status is 200, expected 400", answers.wrong_answer(case, 200, ""))
        self.assertIsNone(answers.wrong_answer({}, 204, "anything"))
        self.assertIn("not JSON", answers.wrong_answer({"expected": "1"}, 200, "NaN"))
        self.assertIn("not JSON", answers.wrong_answer({"expected": "1"}, 200, "<html>"))
        self.assertIsNone(answers.wrong_answer({"expected": "[1.0000001]"}, 200, "[1]"))

    def test_reads_decimals(self):
        self.assertEqual(answers.read("1.10"), Decimal("1.1"))


def raised(function):
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


class Lacks(unittest.TestCase):
    """What only the target has, told from what is wrong with the image."""

    def test_recognises_the_target(self):
        import socket

        for error, what in (
            (RuntimeError("Found no NVIDIA driver on your system."), "a GPU"),
            (ImportError("libcuda.so.1: cannot open shared object file"), "a GPU"),
            (RuntimeError("No CUDA GPUs are available"), "a GPU"),
            (Exception("DefaultAzureCredential failed to retrieve a token"), "an identity of Azure"),
            (Exception("ManagedIdentityCredential authentication unavailable, no response from the IMDS endpoint."), "an identity of Azure"),
            (socket.gaierror(-2, "Name or service not known"), "its network"),
            (ConnectionRefusedError(111, "Connection refused"), "its network"),
            (Exception("HTTPSConnectionPool(host='x'): Max retries exceeded with url: /"), "its network"),
        ):
            self.assertEqual(self_testing.lacks(error), what, error)

    def test_leaves_the_image_its_faults(self):
        for error in (
            ModuleNotFoundError("No module named 'pandaz'"),
            FileNotFoundError(2, "No such file or directory", "model.pkl"),
            ValueError("no such feature"),
            KeyError("data"),
            ImportError("libgomp.so.1: cannot open shared object file"),
        ):
            self.assertIsNone(self_testing.lacks(error), error)

    def test_looks_at_the_cause(self):
        def wrapped():
            try:
                raise ConnectionRefusedError(111, "Connection refused")
            except OSError as error:
                raise RuntimeError("cannot load the features") from error

        self.assertEqual(self_testing.lacks(raised(wrapped)), "its network")


class Reason(unittest.TestCase):
    def test_names_a_missing_variable_and_the_input_that_gives_it(self):
        text = self_testing.reason(raised(lambda: os.environ["NO_SUCH_VARIABLE"]))
        self.assertIn("NO_SUCH_VARIABLE is not set here: give it in selfTestEnvironmentVariables", text)
        self.assertEqual(self_testing.reason(raised(lambda: {}["data"])), "KeyError: 'data'")

    def test_names_the_root_that_a_wrapper_hides(self):
        def wrapped():
            try:
                import pandaz  # noqa: F401
            except ImportError as error:
                raise RuntimeError("the model cannot be loaded") from error

        self.assertEqual(
            self_testing.reason(raised(wrapped)),
            "RuntimeError: the model cannot be loaded (because of ModuleNotFoundError: No module named 'pandaz')",
        )


class DisguisedErrors(unittest.TestCase):
    def test_texts_of_any_depth(self):
        deep = "x"
        for _ in range(20000):
            deep = [deep]
        self.assertEqual(list(self_testing.texts(deep)), ["x"])


if __name__ == "__main__":
    unittest.main()
