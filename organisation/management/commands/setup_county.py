import csv
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from organisation.actions.setup import setup_county
from organisation.errors import Refused


class Command(BaseCommand):
    help = "用一个工作簿(单位、人员、岗位、校历)建立或补充一个县;有一处错误就什么都不改。"

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--passwords", type=Path, help="为新人员生成一次性密码,写入这个 CSV 文件")

    def handle(self, *args, file, passwords=None, **options):
        if not file.is_file():
            raise CommandError(f"没有文件 {file}")
        try:
            report = setup_county(file, passwords=passwords is not None)
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        if passwords is not None:
            with passwords.open("w", encoding="utf-8-sig", newline="") as out:
                csv.writer(out).writerows([("登录名", "姓名", "一次性密码"), *report.passwords])
            passwords.chmod(0o600)
        self.stdout.write(
            f"新增单位 {report.units},人员 {report.people},岗位 {report.posts},学期 {report.terms},校历调整 {report.days} 天"
        )
