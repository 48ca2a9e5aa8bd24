import json
import sys
from datetime import date
from pathlib import Path

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from organisation.errors import Refused
from students.actions.roster import import_roster
from students.queries.roster import RosterPlan
from students.rules.roster import Finding


class Command(BaseCommand):
    help = "导入学生名册:全部导入(退出码 0),或有错误时一行也不导入(退出码 1)。"

    # The pages' own checks would take as long, and as much memory, as ten thousand rows.
    requires_system_checks = [Tags.security]

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--from", dest="since", type=date.fromisoformat, help="名册所说的日期,默认今天")
        parser.add_argument("--dry-run", action="store_true", help="只检查,不导入")
        parser.add_argument("--json", action="store_true", help="结果以 JSON 输出")

    def handle(self, *args, file, since=None, dry_run=False, **options):
        if not file.is_file():
            raise CommandError(f"没有文件 {file}")
        bar = tqdm(unit="行", disable=not sys.stderr.isatty(), file=sys.stderr)

        def progress(done, total):
            bar.total = total or None
            bar.update(done - bar.n)

        try:
            plan = import_roster(file, since=since, dry_run=dry_run, progress=progress)
        except Refused as refusal:
            if not options["json"]:
                raise CommandError(refusal.message) from refusal
            plan = RosterPlan(errors=[Finding(0, "", refusal.code, refusal.message)])
        finally:
            bar.close()
        report = plan.report(dry_run=dry_run)
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        else:
            self._tell(report)
        if plan.errors:
            sys.exit(1)

    def _tell(self, report):
        for finding in report["errors"]:
            self.stderr.write(f"第 {finding['row']} 行 {finding['column']}:{finding['message']}({finding['code']})")
        verb = "检查通过" if report["dry_run"] else "已导入"
        if report["errors"]:
            self.stdout.write(f"共 {report['rows']} 行,{len(report['errors'])} 处错误,一行也没有导入")
            return
        self.stdout.write(
            f"{verb}:共 {report['rows']} 行,新增 {report['created']},更新 {report['updated']},未变 {report['unchanged']},"
            f"名册中没有 {report['missing']} 人,提醒 {len(report['warnings'])} 条"
        )
