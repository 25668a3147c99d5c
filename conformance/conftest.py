"""Loads the plugin where the package is not installed; where it is, the entry point has done so."""

from importlib.metadata import entry_points

_installed = any(point.value == "callcheck.conformance.plugin" for point in entry_points(group="pytest11"))
pytest_plugins = [] if _installed else ["callcheck.conformance.plugin"]
