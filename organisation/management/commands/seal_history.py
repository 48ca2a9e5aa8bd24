from django.core.management.base import BaseCommand

from organisation.actions.chain import seal_history


class Command(BaseCommand):
    help = "立即封存新写的历史(平时每十分钟自动进行);再运行一次只封存新的。"

    def handle(self, *args, **options):
        self.stdout.write(f"封存 {seal_history()} 条。")
