"""What is wrong with an uploaded workbook, as a workbook: its errors and its warnings, each with row and column."""

import xlsxwriter


def write_findings(path, errors, warnings):
    """Two sheets of findings, every cell a text."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True})
    for name, findings in (("错误", errors), ("提醒", warnings)):
        sheet = book.add_worksheet(name)
        sheet.set_column(1, 3, 22)
        for column, heading in enumerate(("行", "栏目", "代码", "说明")):
            sheet.write_string(0, column, heading, bold)
        for line, finding in enumerate(findings, start=1):
            sheet.write_number(line, 0, finding.row)
            for column, text in enumerate((finding.column, finding.code, finding.message), start=1):
                sheet.write_string(line, column, text)
    book.close()
