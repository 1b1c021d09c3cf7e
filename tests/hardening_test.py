#!/usr/bin/env python3
"""hardening_test.py PROGRAM...: what cmake/toolchain.cmake asks for in release builds is in the programs, as readelf shows."""

import functools
import re
import subprocess
import sys
import unittest

PROGRAMS = []


def readelf(program, *options):
    return subprocess.run(
        ["readelf", "--wide", *options, program], capture_output=True, text=True, check=True, timeout=60
    ).stdout


def imports(program):
    """The functions that it takes from shared libraries, without their versions."""
    return set(re.findall(r" UND (\w+)", readelf(program, "--dyn-syms")))


def of_each_program(test):
    @functools.wraps(test)
    def test_all(self):
        for program in PROGRAMS:
            with self.subTest(program):
                test(self, program)

    return test_all


class Hardening(unittest.TestCase):
    @of_each_program
    def test_it_is_loaded_at_any_address(self, program):
        self.assertRegex(readelf(program, "--file-header"), r"Type:\s+DYN \(Position-Independent Executable")
        self.assertRegex(readelf(program, "--dynamic"), r"FLAGS_1.*\bPIE\b")
        self.assertNotIn("TEXTREL", readelf(program, "--dynamic"))

    @of_each_program
    def test_what_the_loader_has_bound_cannot_be_written(self, program):
        self.assertIn("GNU_RELRO", readelf(program, "--program-headers"))
        self.assertRegex(readelf(program, "--dynamic"), r"BIND_NOW|FLAGS_1.*\bNOW\b")

    @of_each_program
    def test_no_memory_is_both_written_and_run(self, program):
        headers = readelf(program, "--program-headers")
        self.assertRegex(headers, r"GNU_STACK\s.*\sRW\s")
        self.assertNotRegex(headers, r"\sRWE\s")

    @of_each_program
    def test_a_smashed_stack_ends_it(self, program):
        self.assertIn("__stack_chk_fail", imports(program))

    @of_each_program
    def test_the_c_library_checks_sizes(self, program):
        self.assertTrue([name for name in imports(program) if re.fullmatch(r"__\w+_chk", name)])

    @of_each_program
    def test_the_standard_library_checks_indices(self, program):
        self.assertTrue([name for name in imports(program) if "__glibcxx_assert_fail" in name])

    @of_each_program
    def test_it_searches_no_folder_of_the_build_for_libraries(self, program):
        self.assertNotRegex(readelf(program, "--dynamic"), "RPATH|RUNPATH")


if __name__ == "__main__":
    PROGRAMS = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
