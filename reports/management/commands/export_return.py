from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from organisation.errors import Refused
from organisation.models import Unit
from reports.actions.returns import KINDS, make_return, write_return


class Command(BaseCommand):
    help = "把一个单位的报表写成 Excel 文件。"

    def add_arguments(self, parser):
        parser.add_argument("kind", nargs="?", help="报表种类,见 --list")
        parser.add_argument("--list", action="store_true", help="列出报表种类")
        parser.add_argument("--unit")
        parser.add_argument("--period", help="如 2026-11")
        parser.add_argument("--output", type=Path)

    def handle(self, *args, kind=None, unit=None, period=None, output=None, **options):
        if options["list"]:
            for name, label in KINDS.items():
                self.stdout.write(f"{name}\t{label}")
            return
        if not (kind and unit and period and output):
            raise CommandError("用法:export_return KIND --unit CODE --period 2026-11 --output FILE(--list 列出种类)")
        found = Unit.objects.filter(code=unit).first()
        if found is None:
            raise CommandError(f"没有单位 {unit}")
        try:
            kept, _ = make_return(found, period, kind=kind)
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        write_return(kept, output)
        self.stdout.write(f"已写入 {output}")
