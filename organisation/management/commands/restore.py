from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from organisation.actions.backup import keys_fit, restore_backup
from organisation.errors import Refused


class Command(BaseCommand):
    help = "把备份恢复到空的安装:先核对每个文件的校验值,恢复后核对行数。损坏的备份不恢复。"
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, *args, folder, **options):
        try:
            manifest = restore_backup(folder)
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        except OSError as error:
            raise CommandError(f"没有恢复成:{error}") from error
        rows = sum(manifest["counts"].values())
        self.stdout.write(f"已恢复 {manifest['made_at']} 的备份:{rows} 行,校验值和行数都相符。请再运行 migrate。")
        if not keys_fit(manifest):
            self.stderr.write("注意:这里的密钥打不开备份里的证件号、学籍号和电话。请把备份时的 keys/ 放回数据文件夹。")
