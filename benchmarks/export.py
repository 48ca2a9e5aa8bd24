"""The register as a workbook, against writing the same cells as a sheet's XML by hand."""

from benchmarks.measure import Line, side_by_side, statements_of
from benchmarks.sheets import write_sheet
from organisation import clock
from organisation.queries.workbooks import read_sheets
from students.actions.export import export_roster


def measure(world):
    path, floor_path = world.folder / "export.xlsx", world.folder / "floor.xlsx"

    def export():
        return export_roster(path, world.county.path, on=clock.today())

    number = export()
    (rows,) = read_sheets(path).values()
    ours, floor = side_by_side(export, lambda: write_sheet(floor_path, rows))
    line = {"is_rate": True, "statements": statements_of(export), "also": {"rows": number, "columns": len(rows[0])}}
    yield Line("export the register", world.pupils, "rows/s", number / ours, number / floor, **line)
