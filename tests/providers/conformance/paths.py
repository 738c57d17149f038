"""docs/iys-paths.md: each call of the regulator's document, and whether it is served here.

``python -m tests.providers.conformance.paths`` writes it; a test compares.
"""

from __future__ import annotations

from tests import ROOT
from tests.providers.conformance.deviations import (
    FAULTS,
    NEVER,
    NOT_TOLD,
    SCHEMAS,
    SHAPES,
    STATUSES,
    UNNAMED,
    served,
    unnamed,
)
from tests.providers.conformance.document import Operation, operations, raw

PAGE = ROOT / "docs" / "iys-paths.md"
WHY = {
    "/widget/": "ViA Frame, İYS's form within pages of other sites, whose scripts could read what is typed, tick what "
    "nobody ticked and hide what is refused; a link to the page that ViA sends does the same for people",
}


def page() -> str:
    """The whole page."""
    done = [operation for operation in operations() if served(operation)]
    lines = [
        "# İYS's calls, one by one",
        "",
        f"The API document of İYS, version {raw()['info']['version']}, has {len(raw()['paths'])} paths with "
        f"{len(operations())} operations. {len(done)} are",
        f"served here; {len(operations()) - len(done)} are not, and answer 501 Z501.",
        "",
        "This page is made from the document, the route table and `tests/providers/conformance/deviations.py` by",
        "`python -m tests.providers.conformance.paths`; a test compares.",
        "",
        "| call | operation | here |",
        "|---|---|---|",
        *(f"| `{one.line}` | {one.id} | {_here(one)} |" for one in operations()),
        "",
        "## Where the document contradicts itself",
        "The answers here follow its examples, which its own schemas do not allow. Times are "
        "`YYYY-MM-DD HH:mm:ss` in all its",
        "examples; its schemas have `date-time` or `date`. `subRequestId` is spelled as in the examples, not "
        "`subrequestId`;",
        "`code` never with the colon that some examples have.",
        *(f"- {name}: {why}." for name, why in SCHEMAS.items()),
        *(f"- {name} {status}: {why}." for (name, status), why in STATUSES.items()),
        "",
        "## Errors that differ from its schemas",
        "Programs generated from the document should read these answers without its types. Each item of `errors` has",
        "`code` and `message`, and `location`, `value` and `index` if they apply.",
        *(f"- {status} of {_all(of)}: {why}." for (status, why), of in _shapes().items()),
        "",
        "The document does not name these statuses for these calls:",
        *(f"- {status} of {_all(of)}: {UNNAMED[status]}." for status, of in unnamed().items()),
        "- 404 and 405 of every unknown path and method (Z404, Z405), 501 of every call that is not served (Z501).",
        "",
        "## Mistakes with another answer",
        *(f"- {name}, {example}: {why}." for (name, example), why in FAULTS.items()),
        "",
        "## Codes that are not used",
        *(f"- {code}: {why}." for code, why in NOT_TOLD.items()),
        *(f"- {', '.join(codes)}: {why}." for why, codes in _never().items()),
        "- 5xx examples name İYS's own components; here H015 (500) and H123 (503).",
    ]
    return "\n".join(lines) + "\n"


def _shapes() -> dict[tuple[int, str], list[str]]:
    """The operations that differ alike: by status and reason."""
    found: dict[tuple[int, str], list[str]] = {}
    for (name, status), why in SHAPES.items():
        found.setdefault((status, why), []).append(name)
    return found


def _never() -> dict[str, list[str]]:
    """The codes of ViA that are not used, by reason."""
    found: dict[str, list[str]] = {}
    for code, why in sorted(NEVER.items()):
        found.setdefault(why, []).append(code)
    return found


def _all(names: list[str]) -> str:
    """Operations in a sentence; all that are served need no list."""
    return "every call" if len(names) == sum(map(served, operations())) else ", ".join(names)


def _here(operation: Operation) -> str:
    if served(operation):
        return "done"
    return "no: " + next(why for start, why in WHY.items() if operation.path.startswith(start))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
