"""Tables that a test may spoil."""

import csv
import shutil

import pytest

from analysis.errors import InputError
from analysis.inputs.scenarios import read_scenario
from analysis.inputs.tables import DATA, read_tables


class Folder:
    """A copy of the tables."""

    def __init__(self, path):
        self.path = path

    def rows(self, table):
        """A table's rows as lists of texts, the head first."""
        with (self.path / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    def edit(self, table, change):
        """Rewrite a table after `change` has altered its rows."""
        rows = self.rows(table)
        change(rows)
        with (self.path / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)

    def spoil(self, table, column, text, row=1):
        """Put a text into a cell; row 1 is the first below the head, a spreadsheet's row 2."""
        self.edit(table, lambda rows: rows[row].__setitem__(rows[0].index(column), text))

    def complaint(self):
        """What is said of the tables."""
        with pytest.raises(InputError) as caught:
            read_tables(self.path)
        return str(caught.value)


@pytest.fixture(scope="session")
def short(tmp_path_factory):
    """A copy of the tables; of the long ones the first rows and those that are cited will do."""
    copy = Folder(shutil.copytree(DATA, tmp_path_factory.mktemp("short") / "data"))
    citing = ("assumptions", "backtests", "hosted_prices")
    cited = {word for table in citing for row in copy.rows(table) for word in " ".join(row).split()}
    for name in ("inference_benchmarks", "gpu_prices", "api_prices"):
        head, *rows = copy.rows(name)
        kept = rows[:3] + [row for row in rows[3:] if row[0] in cited]
        copy.edit(name, lambda rows, kept=kept: rows.__setitem__(slice(1, None), kept))
    return copy


@pytest.fixture
def folder(short, tmp_path):
    """Tables that a test may spoil."""
    return Folder(shutil.copytree(short.path, tmp_path / "data"))


@pytest.fixture
def scenario(tmp_path):
    """Write a scenario file `mine` and read it."""

    def write(text):
        (tmp_path / "mine.yaml").write_text(text, "utf-8")
        return read_scenario("mine", tmp_path)

    write.folder = tmp_path
    return write
