"""How quick the model is, as ratios within one run: `python tests/benchmarks/bench_model.py`.

Not a test. Metrics and reading are timed in turns and in seconds of the processor, so that what
else runs on the machine matters little. No evaluation that does one operation at a time can be
quicker than its operations, each of which reads one or two arrays and writes one.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter, thread_time
from typing import NamedTuple

from numpy.lib.mixins import NDArrayOperatorsMixin

from analysis.findings.sensitivity import sobol
from analysis.model.registry import METRICS, Case, reads
from analysis.show.chapter import open_chapter

DRAWS, MANY, CHUNK, REPEATS = 16384, 2**20, 2**15, 11


class Task(NamedTuple):
    """The metrics of a segment, and the inputs that they read, as arrays."""

    model: str
    inputs: dict
    metrics: list[str]

    def evaluate(self, inputs: dict) -> None:
        """Every metric for other inputs of the same names."""
        case = Case(self.model, inputs)
        for name in self.metrics:
            getattr(case, name)


class Counted(NDArrayOperatorsMixin):
    """A number that counts what is done to it: each time a pass over arrays."""

    operations = 0

    def __array_ufunc__(self, *call, **options) -> "Counted":
        Counted.operations += 1
        return self


def seconds(work: Callable, clock: Callable = perf_counter) -> float:
    start = clock()
    work()
    return clock() - start


def usual(work: Callable) -> float:
    """The median of some repeats."""
    return median(seconds(work) for _ in range(REPEATS))


def tasks_of(study) -> list[Task]:
    """A task for each segment."""
    found = []
    for segment in study.segments:
        model = study.point(segment).business_model
        metrics = [name for name, metric in METRICS.items() if model in metric.formulas]
        inputs = set().union(*(reads(model, name) for name in metrics))
        case = study.drawn(segment)
        found.append(Task(model, {name: getattr(case, name) for name in inputs}, metrics))
    return found


def in_chunks(tasks: list[Task]) -> None:
    for task in tasks:
        for start in range(0, MANY, CHUNK):
            chunk = slice(start, start + CHUNK)
            task.evaluate({name: x[chunk] for name, x in task.inputs.items()})


def read_once(tasks: list[Task]) -> None:
    for task in tasks:
        for x in task.inputs.values():
            x.sum()


def operations_of(tasks: list[Task]) -> int:
    before = Counted.operations
    for task in tasks:
        task.evaluate(dict.fromkeys(task.inputs, Counted()))
    return Counted.operations - before


def everything() -> None:
    for task in tasks_of(open_chapter(draws=DRAWS)):
        task.evaluate(task.inputs)


def small() -> None:
    """What a report does."""
    opening = usual(lambda: open_chapter(draws=DRAWS))
    print(f"read tables: {opening:.3f} s")
    print(f"draw and evaluate, {DRAWS:,} draws: {usual(everything) - opening:.3f} s")


def large() -> None:
    """Many draws, where Python itself takes no time, beside the least that NumPy could take."""
    study, tasks = open_chapter(draws=MANY), []
    sampling = seconds(lambda: tasks.extend(tasks_of(study)), thread_time)
    read_once(tasks)
    metrics, reading = [], []
    for _ in range(REPEATS):
        metrics.append(seconds(lambda: in_chunks(tasks), thread_time))
        reading.append(seconds(lambda: read_once(tasks), thread_time))
    arrays = sum(len(task.inputs) for task in tasks)
    ratio = median(a / b for a, b in zip(metrics, reading, strict=True))
    print(f"{sum(len(task.metrics) for task in tasks)} metrics of {arrays} arrays of {MANY:,}:")
    print(f"  metrics, seconds of the processor   {median(metrics):.3f}")
    print(f"  NumPy reading the arrays once       {median(reading):.3f}")
    print(f"  ratio                               {ratio:.1f}")
    print(f"  operations for each array           {operations_of(tasks) / arrays:.1f}")
    print(f"  sampling, times the metrics         {sampling / median(metrics):.1f}")


def indices() -> None:
    """Sobol' indices of all segments."""
    study = open_chapter(draws=DRAWS)
    for points in (2**12, 2**13):
        took = usual(lambda n=points: [sobol(study, segment, n) for segment in study.segments])
        print(f"Sobol' indices of all segments, {points:,} points, 8 scrambles: {took:.2f} s")


if __name__ == "__main__":
    small()
    large()
    indices()
