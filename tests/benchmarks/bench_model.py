"""How quick the model is, as ratios measured in one run: `python tests/benchmarks/bench_model.py`. Not a test.

Identities and reading are timed in turns and in seconds of the processor, so that what else runs on the machine matters little. No
evaluation that does one operation at a time can be quicker than its operations, each of which reads one or two arrays and writes one.
"""

from statistics import median
from time import perf_counter, thread_time

from numpy.lib.mixins import NDArrayOperatorsMixin

from analysis.findings.sensitivity import sobol
from analysis.model.metrics import IDENTITIES, Case
from analysis.show.chapter import open_chapter

DRAWS, MANY, CHUNK, REPEATS = 16384, 2**20, 2**15, 11


def seconds(work, clock=perf_counter) -> float:
    start = clock()
    work()
    return clock() - start


def evaluate(case: Case, names: list[str]) -> None:
    for name in names:
        getattr(case, name)


def in_chunks(cases: list, n: int) -> None:
    for model, inputs, names in cases:
        for start in range(0, n, CHUNK):
            evaluate(Case(model, {p: x[start : start + CHUNK] for p, x in inputs.items()}), names)


def read_once(cases: list) -> None:
    for _, inputs, _ in cases:
        for x in inputs.values():
            x.sum()


class Counted(NDArrayOperatorsMixin):
    """A number that counts the operations done on it: each would be a pass over arrays that reads one or two and writes one."""

    operations = 0

    def __array_ufunc__(self, *call, **options) -> "Counted":
        Counted.operations += 1
        return self


def operations_of(cases: list) -> int:
    before = Counted.operations
    for model, inputs, names in cases:
        evaluate(Case(model, dict.fromkeys(inputs, Counted())), names)
    return Counted.operations - before


def cases_of(study) -> list:
    """For each segment: its business model, the arrays that its identities read, and the identities."""
    found = []
    for segment in study.segments:
        case, model = study.drawn(segment), study.point(segment).business_model
        names = [name for name, i in IDENTITIES.items() if model in i.formulas]
        point = study.point(segment).replace()
        evaluate(point, names)
        found.append(
            (
                model,
                {p: case._inputs[p] for p in study.assumptions.of(segment) if p in point.__dict__},
                names,
            )
        )
    return found


def everything() -> None:
    study = open_chapter(draws=DRAWS)
    for segment in study.segments:
        evaluate(
            study.drawn(segment),
            [
                name
                for name, i in IDENTITIES.items()
                if study.point(segment).business_model in i.formulas
            ],
        )


def main() -> None:
    opening = median(seconds(lambda: open_chapter(draws=DRAWS)) for _ in range(REPEATS))
    whole = median(seconds(everything) for _ in range(REPEATS))
    print(
        f"draw and evaluate all segments, {DRAWS:,} draws: {whole - opening:.3f} s (before that, tables read: {opening:.3f} s)"
    )
    study, cases = open_chapter(draws=MANY), []
    sampling = seconds(lambda: cases.extend(cases_of(study)), thread_time)
    read_once(cases)
    pairs = [
        (
            seconds(lambda: in_chunks(cases, MANY), thread_time),
            seconds(lambda: read_once(cases), thread_time),
        )
        for _ in range(REPEATS)
    ]
    identities, reading = (median(column) for column in zip(*pairs))
    arrays, metrics = (
        sum(len(inputs) for _, inputs, _ in cases),
        sum(len(names) for *_, names in cases),
    )
    ratio, operations = median(a / b for a, b in pairs), operations_of(cases) / arrays
    print(
        f"{metrics} identities of {arrays} arrays of {MANY:,} draws in chunks of {CHUNK:,}: {identities:.3f} s of the processor; "
        f"NumPy reading the arrays once: {reading:.3f} s; ratio {ratio:.1f}, with {operations:.1f} operations for each array"
    )
    print(f"sampling them: {sampling:.3f} s, {sampling / identities:.1f} times the identities")
    fresh = open_chapter(draws=DRAWS)
    for points in (2**12, 2**13):
        took = median(
            seconds(lambda: [sobol(fresh, segment, points) for segment in fresh.segments])
            for _ in range(REPEATS)
        )
        print(f"Sobol' indices of all segments, {points:,} points, 8 scrambles: {took:.2f} s")


if __name__ == "__main__":
    main()
