from django.core.management.base import BaseCommand, CommandError

from organisation.models import Seal, Unit
from organisation.queries.chain import digests


class Command(BaseCommand):
    help = "每个县(区)最近的校验值,一行一个,用来抄送上级;日后用 verify_history --anchor 核对。"

    def add_arguments(self, parser):
        parser.add_argument("--unit", help="县(区)代码,默认全部")
        parser.add_argument("--days", type=int, default=1, help="最近几天,默认最近一天")

    def handle(self, *args, unit=None, days=1, **options):
        found = Unit.objects.filter(code=unit, kind="county").first() if unit else None
        if unit and found is None:
            raise CommandError(f"没有县(区) {unit}")
        seals = Seal.objects.filter(county=found.path) if found else Seal.objects.all()
        for one in digests(seals, days=days):
            self.stdout.write(one.line)
