from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from organisation.actions.setup import import_holidays
from organisation.errors import Refused


class Command(BaseCommand):
    help = "导入法定节假日与调休(日期、上班或休息、说明)。"

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)

    def handle(self, *args, file, **options):
        if not file.is_file():
            raise CommandError(f"没有文件 {file}")
        try:
            self.stdout.write(f"已导入 {import_holidays(file)} 天")
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
