"""What is wrong with an uploaded workbook, as a workbook: its errors and its warnings, each with row and column."""

from organisation.actions.workbook import Table, write_workbook

HEADINGS = ("行", "栏目", "代码", "说明")
WIDTHS = (8, 22, 22, 44)


def write_findings(path, errors, warnings):
    """Two sheets of findings: the row is a number, all else is text."""
    write_workbook(
        path,
        *(
            Table(name, HEADINGS, (_cells(finding) for finding in findings), WIDTHS)
            for name, findings in (("错误", errors), ("提醒", warnings))
        ),
    )


def _cells(finding):
    return finding.row, finding.column, finding.code, finding.message
