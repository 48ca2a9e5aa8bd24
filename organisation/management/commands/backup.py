from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from organisation.actions.backup import make_backup
from organisation.errors import Refused


class Command(BaseCommand):
    help = "备份到一个空文件夹:数据库、上传的文件、带校验值和行数的清单。不含密钥(keys/),密钥另外保管。可以边用边备份。"

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, *args, folder, **options):
        try:
            manifest = make_backup(folder)
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        except OSError as error:
            raise CommandError(f"写不进备份:{error}") from error
        rows, files = sum(manifest["counts"].values()), len(manifest["files"])
        self.stdout.write(f"已备份到 {folder}:{rows} 行,{files} 个文件。密钥不在其中,请另外保管 keys/ 文件夹。")
