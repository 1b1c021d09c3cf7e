#!/usr/bin/env python3
"""Tests of what the harness makes of figures; whether figures are right, each run checks itself."""
import json
import pathlib
import tempfile
import unittest

from harness import baseline, callgrind, load, table
from harness.case import Case
from harness.cli import all_cases
from harness.goals import Goal, goals, ours
from harness.process import NotReady, Program
from harness.results import Results
from harness.workshop import SETUPS

WRK = ('Running 1s test\nJSON {"requests": 2000, "bytes": 400000, "duration_us": 1000000, "p50_us": 250, '
       '"p90_us": 300, "p99_us": 900, "max_us": 1500, "errors": %d, "timeouts": 0, "not_ok": %d}\n')


def measured(**figures: float) -> Results:
    results = Results()
    for target, value in figures.items():
        results.add("case", target, {"rps": value})
    return results


class Figures(unittest.TestCase):
    def test_wrk_figures_are_per_second_and_in_milliseconds(self):
        figures = load.wrk_figures(WRK % (0, 0))
        self.assertEqual((figures["rps"], figures["p50_ms"], figures["p99_ms"]), (2000, 0.25, 0.9))

    def test_a_run_with_errors_or_refusals_has_no_figures(self):
        for errors, refusals in ((1, 0), (0, 1)):
            with self.assertRaises(RuntimeError):
                load.wrk_figures(WRK % (errors, refusals))

    def test_no_path_of_this_machine_is_kept(self):
        results = measured()
        results.fail("case", "kismet", "NotReady: /some/where/kismet.log says so; 1/2 of it")
        self.assertEqual(results.failures["case"]["kismet"], "NotReady: PATH says so; 1/2 of it")

    def test_the_median_of_rounds_is_judged(self):
        results = measured()
        for value in (1, 100, 3):
            results.add("case", "kismet", {"rps": value})
        self.assertEqual(results.median("case", "kismet", "rps"), 3)


class Goals(unittest.TestCase):
    def test_each_goal_belongs_to_a_case_that_exists(self):
        self.assertLessEqual({goal.case for goal in goals()}, {case.name for case in all_cases()})

    def test_each_setup_of_the_daemon_that_a_case_names_exists(self):
        named = {target for case in all_cases() for target in case.targets if target.startswith("kismet")}
        self.assertEqual(named, set(SETUPS))

    def test_a_goal_is_reached_short_or_not_measured(self):
        goal = Goal("case", "", ours("case", "rps"), ">=", 10)
        self.assertEqual([goal.judge(measured(kismet=value)).reached for value in (10, 9)], [True, False])
        self.assertIsNone(goal.judge(Results()).reached)

    def test_a_ratio_to_peers_needs_all_of_them(self):
        [goal] = [goal for goal in goals() if goal.case == "64k" and "peer" in goal.text]
        results = Results()
        for target, rps in (("kismet", 30), ("nginx", 10), ("lighttpd-stream-1", 20)):
            results.add("64k", target, {"rps": rps})
        self.assertIsNone(goal.judge(results).value)
        results.add("64k", "lighttpd-stream-2", {"rps": 15})
        self.assertEqual(goal.judge(results).value, 1.5)

    def test_the_table_shows_failures_and_marks(self):
        results = measured(kismet=9)
        results.fail("case", "nginx", "no such program")
        case = Case("case", "a case", ("kismet", "nginx"), lambda *_: {})
        text = table.report([case], [Goal("case", "speed", ours("case", "rps"), ">=", 10)], results)
        self.assertIn("SHORT", text)
        self.assertIn("failed: no such program", text)


class Baseline(unittest.TestCase):
    OLD = {"cases": {"hello": {"instructions": 1000, "functions": {"parse": 400, "write": 600}}}}

    def test_growth_over_three_percent_fails_and_names_the_functions(self):
        counts = {"hello": {"instructions": 1040, "functions": {"parse": 440, "write": 600}}}
        lines, good = baseline.compare(self.OLD, counts)
        self.assertFalse(good)
        self.assertIn("parse", "\n".join(lines))
        self.assertNotIn("write", "\n".join(lines))

    def test_functions_too_small_to_be_recorded_are_not_named(self):
        counts = {"hello": {"instructions": 1041, "functions": {"parse": 440, "write": 600, "tiny": 1}}}
        self.assertNotIn("tiny", "\n".join(baseline.compare(self.OLD, counts)[0]))

    def test_growth_within_three_percent_and_new_cases_pass(self):
        counts = {"hello": {"instructions": 1029, "functions": {}}, "new": {"instructions": 5, "functions": {}}}
        self.assertTrue(baseline.compare(self.OLD, counts)[1])

    def test_recording_one_case_keeps_the_others(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "baseline.json"
            path.write_text(json.dumps(self.OLD), encoding="utf-8")
            machine = {"commit": "abc", "system": "a system", "versions": {"compiler": "12", "valgrind": "3"}}
            baseline.record(path, {"64k": {"instructions": 7, "functions": {"copy": 7, "rare": 0.001}}}, machine)
            cases = baseline.read(path)["cases"]
            self.assertEqual(set(cases), {"hello", "64k"})
            self.assertEqual(cases["64k"]["functions"], {"copy": 7})

    def test_callgrind_listings_are_read_by_function(self):
        found = [callgrind.LINE.match(line) for line in (
            "1,500 (60.0%)  /src/a.cc:kismet::Parser::next(std::string_view) [/bin/kismet]", "Ir  file:function")]
        self.assertEqual(found[0].group(1), "1,500")
        self.assertIsNone(found[1])


class Processes(unittest.TestCase):
    def test_a_program_that_ends_before_it_listens_says_why(self):
        with tempfile.TemporaryDirectory() as folder:
            program = Program(["sh", "-c", "echo no luck; exit 3"], pathlib.Path(folder) / "log")
            with self.assertRaisesRegex(NotReady, "code 3: no luck"):
                program.wait_for_port()
            program.stop()

    def test_a_program_that_ignores_sigterm_is_ended_all_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            stubborn = "trap '' TERM; echo ready; while :; do sleep 1; done"
            program = Program(["sh", "-c", stubborn], pathlib.Path(folder) / "log")
            program.wait_for_text(b"ready")
            program.stop(grace=0.2)
            self.assertFalse(program.alive())


if __name__ == "__main__":
    unittest.main()
