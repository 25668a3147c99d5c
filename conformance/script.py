"""Reading `callbacks.toml`, for every `--script` and `--config`: one function, and the errors that they have in common.

The form of the file is told in `spec/script.py`; `callcheck collect` and `callcheck.Recorder` write it.
"""

from dataclasses import replace
from pathlib import Path

from callcheck.spec.reading import InvalidScenario, Refused, read_text
from callcheck.spec.script import Script, ScriptFit, loads


class InvalidScript(Refused):
    """The file cannot be used; the message is one sentence that names it and the place in it."""


def read_script(file: str | Path, *, incomplete: bool = False) -> Script:
    """The script in the file of that name.

    A callback whose arguments were not all read has no configuration to go by: it is refused with what has to be written,
    unless `incomplete` is asked for. Raises InvalidScript; also for a file without a single callback.
    """
    try:
        script = loads(read_text(file))
    except Refused as error:
        raise InvalidScript(str(error)) from None
    except InvalidScenario as error:
        raise InvalidScript(f"{file}: {error}") from None
    script = replace(script, fits=tuple(map(_without_onlookers, script.fits)))
    if not any(fit.callbacks for fit in script.fits):
        raise InvalidScript(f"{file}: there is no callback in it")
    gaps = [] if incomplete else [gap for fit in script.fits for gap in fit.gaps()]
    if gaps:
        more = f" (and {len(gaps) - 1} more)" if len(gaps) > 1 else ""
        raise InvalidScript(f"{file}: {gaps[0]}{more}")
    return script


ONLOOKERS = ("TensorBoard",)
"""They take no part in what the others of a list do, and most of their arguments are about what is not predicted."""


def _without_onlookers(fit: ScriptFit) -> ScriptFit:
    """Beside others they are not looked at, so that the others are, whatever their arguments are."""
    kept = tuple(each for each in fit.callbacks if each.callback not in ONLOOKERS)
    if not kept:
        return fit
    looking_on = tuple(each.callback for each in fit.callbacks if each.callback in ONLOOKERS)
    return replace(fit, callbacks=kept, others=(*fit.others, *looking_on))
