"""What a report is and holds, told to machines: datapackage.json and the page's JSON-LD.

Columns and metrics get their words from inputs/dictionary.csv and from the model, formulas from
what runs, and chapters from the page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from bs4 import BeautifulSoup
from nbformat import NotebookNode

from analysis.build.tree import parsed
from analysis.findings.study import Study
from analysis.inputs.fingerprint import digest
from analysis.inputs.tables import DATA
from analysis.model.registry import METRICS, Metric
from analysis.show import formulas

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
MEDIA = {".csv": "text/csv", ".json": "application/json", ".svg": "image/svg+xml"}
KEYS = {
    "results": ["segment", "metric", "detail"],
    "claims": ["claim", "subject"],
    "assumptions": ["segment", "parameter"],
}
LONGEST = 300  # characters of a description in a list of search results


def verdict(notebooks: Sequence[NotebookNode]) -> list[str]:
    """The paragraphs of the verdict as bare text, from the first chapter that has one."""
    shown = (
        output.get("data", {}).get("text/html", "")
        for notebook in notebooks
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )
    found = "".join(text for text in shown if 'class="verdict"' in text)
    return [" ".join(p.get_text().split()) for p in parsed(found).select(".verdict p")]


def in_brief(paragraphs: Sequence[str]) -> str:
    """As many first sentences as a description may have.

    >>> in_brief(["It pays. " * 99]).endswith("pays.")
    True
    """
    text = " ".join(" ".join(paragraphs).split())
    if len(text) <= LONGEST:
        return text
    return text[: text.rfind(". ", 0, LONGEST) + 1]


def linked_data(title: str, meta: Mapping, folder: Path) -> dict:
    """The report as schema.org has it, with the files of its folder and their hashes."""
    files = [
        {
            "@type": "DataDownload",
            "name": path.name,
            "contentUrl": path.name,
            "encodingFormat": MEDIA[path.suffix],
            "sha256": digest(path.read_bytes()),
        }
        for path in sorted(folder.iterdir())
        if path.suffix in MEDIA
    ]
    about = {
        "name": title,
        "description": meta["description"],
        "version": f"edition {meta['edition']}, {meta['name']}",
        "dateModified": meta["evidence_until"],
        "license": LICENCE,
        "author": {"@type": "Organization", "name": "The contributors"},
    }
    data = {"@type": "Dataset", **about, "distribution": files}
    page = {"@type": "Report", **about, "inLanguage": "en", "identifier": meta["hash"]}
    return {"@context": "https://schema.org", **page, "hasPart": data}


def shown_in(page: BeautifulSoup) -> dict[str, list[str]]:
    """The metrics of the numbers on the page, each with the ids of the sections that show it."""
    found = defaultdict(dict)
    for section in page.select("section.chapter:not(:has(section.run)), section.run"):
        for tag in section.select("[data-result]"):
            _, metric, *_ = tag["data-result"].split("/")
            found[metric][section["id"]] = None
    return {metric: list(sections) for metric, sections in found.items()}


def data_package(
    study: Study, title: str, meta: Mapping, folder: Path, shown: Mapping[str, list[str]]
) -> dict:
    """What every CSV of the folder, every column and every metric means: a Data Package."""
    words = pd.read_csv(DATA.parent / "dictionary.csv", keep_default_na=False)
    metrics = study.results.groupby("metric", sort=False)["unit"].first()
    told = words[words["of"] == "metric"].set_index("name")["meaning"]
    return {
        "$schema": PROFILE,
        "name": meta["name"].lower(),
        "title": title,
        "description": "\n".join(meta["verdict"]),
        "version": str(meta["edition"]),
        "licenses": [{"name": "CC-BY-4.0", "path": LICENCE}],
        "resources": [
            _resource(path, words[words["of"] == path.stem])
            for path in sorted(folder.glob("*.csv"))
        ],
        "metrics": [
            _metric(name, unit, told, shown.get(name, [])) for name, unit in metrics.items()
        ],
    }


def _resource(path: Path, columns: pd.DataFrame) -> dict:
    content = path.read_bytes()
    fields = columns[["name", "type", "meaning"]].rename(columns={"meaning": "description"})
    return {
        "name": path.stem,
        "path": path.name,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{digest(content)}",
        "schema": {
            "fields": fields.to_dict("records"),
            "primaryKey": KEYS[path.stem],
            "missingValues": [""],
        },
    }


def _metric(name: str, unit: str, told: Mapping[str, str], sections: list[str]) -> dict:
    metric = METRICS.get(name)
    meaning = metric.meaning if metric else told.get(name, "")
    about = {"name": name, "unit": unit, "meaning": meaning}
    formula = {"formula": _formula(metric)} if metric else {}
    return about | formula | {"shownIn": [f"report.html#{section}" for section in sections]}


def _formula(metric: Metric) -> str | dict[str, str]:
    """As text; by business model where they differ."""
    texts = {model: formulas.text(model, metric.name) for model in metric.formulas}
    one, *others = set(texts.values())
    return texts if others else one
