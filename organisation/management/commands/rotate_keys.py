import sys

from django.core.management.base import BaseCommand
from tqdm import tqdm

from organisation.actions.keys import rotate_keys


class Command(BaseCommand):
    help = "换密钥:证件号、学籍号、电话(含历史)用新密钥重新封存并重建索引。中断后再运行会接着做。先备份 keys/ 文件夹。"

    def handle(self, *args, **options):
        bar = tqdm(unit="行", disable=not sys.stderr.isatty(), file=sys.stderr)

        def progress(done, total):
            bar.total = total
            bar.update(done - bar.n)

        try:
            written = rotate_keys(progress)
        finally:
            bar.close()
        self.stdout.write(
            f"已换新密钥,改写 {written} 行。旧密钥已从 keys/ 中去掉;旧备份仍要用旧密钥,请与旧备份分开保管。"
        )
