"""The history: what changed in which release, read from the chains of change records, each with a scenario that shows it.

Nothing is said here that a chain does not say; what happens before and after a change is what the reference predicts. What that
rests on, the agreement of real releases with it, is read from the records of the campaigns.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from callcheck import __version__
from callcheck.reference.replay import replay
from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.chain import Change, Fork, chains, version
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import Dialect, before, release_dialect
from callcheck.spec.scenario import Scenario, from_json
from callcheck.spec.trace import Trace
from callcheck.spec.version import VERSION

from .counterexample import replayable
from .table import heading, table
from .words import wrapped


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A change with its circumstances."""

    package: str
    change: Change
    scenario: Scenario

    @property
    def now(self) -> Dialect:
        """The dialect of the release."""
        return release_dialect(self.package, self.change.release).dialect

    @property
    def before(self) -> Dialect:
        """The dialect of the release before it, or of the one whose code it took over."""
        found = before(self.package, self.change.release)
        assert found is not None  # a root has no changes
        return found

    @property
    def anchor(self) -> str:
        """What the change is called in links: it stays, however the change is said."""
        return f"{self.package}-{self.change.release}-{self.change.choice.replace('/', '-')}"

    @property
    def shown(self) -> tuple[str, ...]:
        """The scenario before and after, in two tables one below the other; with the steps of the optimizer, if nothing else
        differs."""
        tables = self._tables(steps=False)
        if tables[0] == tables[1]:
            tables = self._tables(steps=True)
        lines: list[str] = []
        for says, shown in zip(("before:", f"from {self.package} {self.change.release} on:"), tables, strict=True):
            lines += [says, *(f"  {line}" for line in shown)]
        return tuple(lines)

    def _tables(self, steps: bool) -> list[list[str]]:
        held = CHOICES[self.change.choice].held
        return [_table(self.scenario, dialect, steps, held) for dialect in (self.before, self.now)]


def _table(scenario: Scenario, dialect: Dialect, steps: bool, attributes: bool) -> list[str]:
    trace = replay(scenario, dialect)
    if isinstance(trace, Trace):
        return [line.rstrip() for line in table(scenario, trace, steps=steps, attributes=attributes)]
    lacking = [each.callback for each in scenario.configured() if not dialect.has(each.callback)]
    if not lacking:
        return [heading(scenario)[0], "  Nothing is predicted of it."]
    arguments = f"{CALLBACKS[lacking[0]].prefix}/arguments"
    return [heading(scenario)[0], f"  {CHOICES[arguments].values[dialect[arguments]]}"]


def history(prefix: str = "") -> Iterator[Told]:
    """The changes to the choices whose id begins so, by package and callback, oldest first."""
    for package, chain in chains().items():
        about = [each for each in chain.changes if each.choice.startswith(prefix)]
        for change in sorted(about, key=lambda each: (_rank(each.choice), version(each.release))):
            yield Told(package=package, change=change, scenario=from_json(dict(change.scenario)))


def _rank(choice: str) -> int:
    """The place of the callback that a choice belongs to; what two of them share comes last, and then training itself."""
    prefixes = [callback.prefix for callback in CALLBACKS.values()]
    part = choice.split("/")[0]
    return prefixes.index(part) if part in prefixes else len(prefixes) + (part == TRAINING)


def _part(choice: str) -> str:
    part = choice.split("/")[0]
    shared = "Training" if part == TRAINING else "The learning rate"
    return next((name for name, callback in CALLBACKS.items() if callback.prefix == part), shared)


def text(prefix: str = "") -> str:
    """The history as `callcheck history` prints it."""
    lines: list[str] = []
    part = None
    for each in history(prefix):
        if (each.package, _part(each.change.choice)) != part:
            part = each.package, _part(each.change.choice)
            lines += ["", f"{part[1]}, {each.package}"]
        lines.append(f"  {each.change.release}: {each.change.says}")
        lines.append(f"      {each.change.choice} = {each.change.value}; source: {each.change.source}")
    return "\n".join(part for line in lines[1:] for part in wrapped(line, hanging="      "))


# ---------------------------------------------------------------------------------------------- the document

_INTRODUCTION = """# What changed in Keras's callbacks, release by release

EarlyStopping, ReduceLROnPlateau, ModelCheckpoint and their kin, from Keras 1.0.0 on: the changes in how they stop training,
set the rate, save, restore, warn, print, refuse and fail. Each has a name that stays, for links; a source; and a smallest
scenario, with what happened before and what happens since, which everybody can try. The tables are what callcheck's reference
does as the release before and as the release itself; [what that rests on](#what-it-rests-on) stands at the end.

One package after the other is told: keras, TensorFlow's own tf.keras, tf-keras. Where a package took over another's code, its
part tells what came with that, and the other's part since when. Keras 3 is told as it is on TensorFlow, with the NumPy that
callcheck installs with it; COMPARISON.md has its other backends.

A line of a table is an epoch, by its index: what the callback was shown, and what was seen of it. Epochs and batches are
counted from 0. `lr` is the optimizer's learning rate as stored, `logged` what the callback put into the logs, `printed` and
`warned` what a line or a warning was about. A printed line that is `other` says what is false, such as one that counts the
epochs from 0, or is of a kind that later releases do not have. What is raised is Keras's by its type; its text is callcheck's
own. "Somebody" is another callback, and where `fit` itself raises it is "somebody else". Under each change stands what
callcheck calls it: a choice, which is a question, and by `=` its value from that release on, the answer.

Not told are: how the lines and warnings are worded, and whether a warning is Python's or a line of TensorFlow's log; a model
that is not built, or subclassed; a text in the logs, the argument `options` of ModelCheckpoint, and a filename of CSVLogger
that is a PathLike; the histograms, graphs and profiles of TensorBoard, and how many steps per second it finds; the callbacks
LambdaCallback, RemoteMonitor, ProgbarLogger and OrbaxCheckpoint, BackupAndRestore while it was experimental, and TensorBoard
before Keras 2.7.0. Nor is what `fit` itself does before a callback sees it, which can matter more than anything here: since
Keras 2.3.0, and TensorFlow 2.0.0, a metric is logged under the name it was compiled with (`accuracy`, which was `acc`: a
callback that monitors `val_acc` finds nothing); since TensorFlow 2.2.0, and Keras 2.4.0, the loss in a batch's logs is the mean
since the epoch began, where it was the batch's own; and `fit` takes initial_epoch since Keras 1.2.1.

To cite it: callcheck {version}, specification {specification}, HISTORY.md, with the name of the change, which is the end of
its link.

Made by `callcheck history --markdown HISTORY.md`; do not edit.
"""
_BASIS = """
## What it rests on

Real releases were asked for the same random scenarios as the reference in their dialect, by their hooks or through a real
`fit`, and had to do exactly the same. Each line is a class of releases that do the same, by the first and the last of them,
with those that were run; `results/agreement/` has the details. Of the others in a class, the code of the callbacks was
compared with that of one that was run. A release that was not looked at is refused where those around it differ.
"""
_BY_CALLBACK = """
One callback changes more seldom than all of them do. By callback: in how many classes the releases, backends and NumPy eras fall
that do the same with it, and for how many of these at least so many scenarios were compared, on one release of the class, by its
hooks.
"""
_STEPS = (10_000, 1_000, 100, 1)


def markdown() -> str:
    """The whole history as a document."""
    told = list(history())
    lines = [_INTRODUCTION.format(version=__version__, specification=VERSION), "## By release", ""]
    for package in chains():
        lines += _index(package, [each for each in told if each.package == package])
    for package in chains():
        parts: dict[str, list[tuple[str, list[str]]]] = {}
        for each in told:
            if each.package == package:
                parts.setdefault(_part(each.change.choice), []).append((each.change.release, _entry(each)))
        for fork in chains()[package].forks:
            for part, entry in _taken_over(package, fork):
                parts.setdefault(part, []).append((fork.release, entry))
        for part in (*CALLBACKS, *(part for part in parts if part not in CALLBACKS)):
            if part in parts:
                lines += ["", f"## {part}, {package}"]
                for _, entry in sorted(parts[part], key=lambda each: version(each[0])):
                    lines += entry
    return "\n".join([*lines, *_basis()]) + "\n"


def _entry(told: Told) -> list[str]:
    """A change as the document has it."""
    change, choice = told.change, CHOICES[told.change.choice]
    return [
        "",
        f'<a id="{told.anchor}"></a>',
        "",
        f"### {_part(choice.id)}, {told.package} {change.release}: {change.says}",
        "",
        f"`{choice.id}` = `{told.now[choice.id]}`. {choice.question} {choice.values[told.now[choice.id]]}",
        "",
        f"Source: {change.source}",
        "",
        "```",
        *told.shown,
        "the scenario, for `callcheck trace -`:",
        *replayable(told.scenario),
        "```",
    ]


def _taken_over(package: str, fork: Fork) -> Iterator[tuple[str, list[str]]]:
    """By callback, what a release changed by taking over another package's code."""
    older = [release for release in chains()[package].known if version(release) < version(fork.release)]
    if not older:
        return
    then, now = (release_dialect(package, release).dialect for release in (older[-1], fork.release))
    own = {change.choice for change in chains()[package].changes if change.release == fork.release}
    changed: dict[str, list[str]] = {}
    for choice in CHOICES.values():
        if choice.id in now.choices and choice.id not in own and then[choice.id] != now[choice.id]:
            answer = f"- {choice.question} {choice.values[now[choice.id]]} (`{choice.id}` = `{now[choice.id]}`)"
            changed.setdefault(_part(choice.id), []).append(answer)
    for part, answers in changed.items():
        title = f"### {part}, {package} {fork.release}: what came with the code of {fork.dialect}"
        yield part, ["", title, "", f"{fork.says} ({fork.source}).", "", *answers]


def _index(package: str, told: Sequence[Told]) -> list[str]:
    """The releases in which something changed, with links to what did, and those in which a package took over another's code."""
    chain = chains()[package]
    entries = [(fork.release, f"{fork.says} ({fork.source})") for fork in chain.forks]
    if chain.follows is not None:
        entries.append((chain.follows.since, f"{chain.follows.says} ({chain.follows.source})"))
    for release in {each.change.release: None for each in told}:
        parts: dict[str, list[str]] = {}
        for each in told:
            if each.change.release == release:
                link = f"[{each.change.choice.split('/')[1]}](#{each.anchor})"
                parts.setdefault(_part(each.change.choice), []).append(link)
        entries.append((release, "; ".join(f"{part} {', '.join(links)}" for part, links in parts.items())))
    return [
        f"- **{package} {release}**: {said}" for release, said in sorted(entries, key=lambda each: version(each[0]))
    ]


def _basis() -> Iterator[str]:
    """What was run, by class of releases; nothing where the records are not at hand."""
    from ..agreement import compared, kept  # what it takes to run is heavy
    from ..classes import classes, most_compared

    records: dict[str, list[str]] = {}
    for of_class, subject, record in kept():
        callbacks = record["callbacks"].values()
        asked = [counts["compared"] for counts in callbacks]
        different = sum(counts["different"] for counts in callbacks)
        many = f"{min(asked):,}" if min(asked) == max(asked) else f"{min(asked):,} to {max(asked):,}"
        package, _, release = of_class.partition("+")[0].rpartition("-")
        if package in chains():
            point = f"{package}-{chains()[package].point(release)}"
            records.setdefault(point, []).append(f"| {subject} | {many} | {different} |")
    if not records:
        return
    yield _BASIS
    yield "| releases that do the same | run | scenarios for each callback | differences |"
    yield "|---|---|---|---|"
    for package, chain in chains().items():
        for point in chain.points():
            last = chain.last(point)
            span = point if last == point else f"{point} to {last}"
            rows = [
                row
                for name, found in records.items()
                if name.partition("+")[0] == f"{package}-{point}"
                for row in found
            ]
            for row in rows or ["| none: read off its code alone | - | - |"]:
                yield f"| {package} {span} {row}"
    yield _BY_CALLBACK
    yield "| callback | classes | " + " | ".join(f"{step:,}" for step in _STEPS) + " |"
    yield "|---" * (2 + len(_STEPS)) + "|"
    counted = compared()
    for callback in CALLBACKS:
        most = [most_compared(counted, callback, one) for one in classes(callback)]
        reached = " | ".join(str(sum(many >= step for many in most)) for step in _STEPS)
        yield f"| {callback} | {len(most)} | {reached} |"
