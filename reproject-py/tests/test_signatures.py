"""The options that the three functions share are those of one class: their names, defaults, types and words."""

import ast
import dataclasses
import inspect
import pathlib

import pytest

import reproject_rs
from reproject_rs import reproject_adaptive, reproject_exact, reproject_interp
from reproject_rs._call.options import Options

FUNCTIONS = [reproject_interp, reproject_adaptive, reproject_exact]
FIELDS = {field.name: field for field in dataclasses.fields(Options)}
# What is no option, and what only some have: the options of their methods, and the round trip, which areas do not make.
GIVEN = {"input_data", "output_projection"}
OWN = {
    reproject_interp: {"order", "footprint", "bad"},
    reproject_exact: {"footprint"},
    reproject_adaptive: {
        "center_jacobian", "despike_jacobian", "conserve_flux", "kernel", "kernel_width", "sample_region_width", "boundary_mode",
        "boundary_fill_value", "boundary_ignore_threshold", "x_cyclic", "y_cyclic", "bad_value_mode", "bad_fill_value", "footprint",
    },
}  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_parameter_is_read_and_has_its_words(function):
    parameters = set(inspect.signature(function).parameters)
    absent = {"roundtrip_coords"} if function is reproject_exact else set()
    assert parameters == GIVEN | OWN[function] | (FIELDS.keys() - absent)
    entries = [line for line in inspect.getdoc(function).splitlines() if " : " in line and not line.startswith(" ")]
    words = [name for line in entries for name in line.split(" : ")[0].split(", ")]
    assert "{" not in "".join(words) and parameters <= set(words)


def test_options_have_one_default():
    signatures = [inspect.signature(function).parameters for function in FUNCTIONS]
    for name in FIELDS:
        assert len({repr(s[name].default) for s in signatures if name in s}) == 1, name


@pytest.mark.parametrize("function", FUNCTIONS)
def test_stubs_state_the_types_of_the_options(function):
    """Each is stated twice in a stub: results are a pair or an array, by the value of ``return_footprint``."""
    stub = pathlib.Path(reproject_rs.__file__).parent / f"{function.__module__.split('.')[1]}.pyi"
    both, one = (node for node in ast.parse(stub.read_text()).body if isinstance(node, ast.FunctionDef))
    stated = [{a.arg: ast.unparse(a.annotation) for a in (*f.args.args, *f.args.kwonlyargs)} for f in (both, one)]
    assert [types.pop("return_footprint") for types in stated] == ["Literal[True]", "Literal[False]"]
    assert stated[0] == stated[1]
    for name in FIELDS.keys() & stated[0].keys():
        assert stated[0][name] == ast.unparse(ast.parse(FIELDS[name].type)), name
