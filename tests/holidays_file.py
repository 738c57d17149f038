"""consents/holidays.csv: the public holidays of Türkiye, a line for each year, as the package ``holidays`` has them.

``python -m tests.holidays_file`` writes it; a test compares. The site does not need the package, which loads the
calendars of 250 countries for one.
"""

from __future__ import annotations

from collections.abc import Iterator

from holidays import PUBLIC, country_holidays

from consents.business_days import HOLIDAYS

_ESTIMATED = "(tahmini)"


def text() -> str:
    """The whole file."""
    return "year,certain,days\n" + "".join(_lines())


def _lines() -> Iterator[str]:
    calendar = country_holidays("TR")
    for year in range(calendar.start_year, calendar.end_year + 1):
        names = country_holidays("TR", language="tr", years=year).values()
        certain = not any(_ESTIMATED in name for name in names)
        days = sorted(country_holidays("TR", categories=PUBLIC, years=year))
        yield f"{year},{'yes' if certain else 'no'},{' '.join(f'{day:%m-%d}' for day in days)}\n"


if __name__ == "__main__":
    HOLIDAYS.write_text(text(), encoding="utf-8")
