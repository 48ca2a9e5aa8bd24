import json
from datetime import date

from django.core.management.base import BaseCommand, CommandError

from organisation import clock
from organisation.models import Unit
from organisation.rules.grades import school_year
from reports.actions.rates import compute_rates


class Command(BaseCommand):
    help = "计算并保存一个单位及其下所有单位的辍学率。"

    def add_arguments(self, parser):
        parser.add_argument("--unit", help="单位代码,默认全部")
        parser.add_argument("--as-of", type=date.fromisoformat, help="截止日期,默认今天")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args, unit=None, as_of=None, **options):
        found = Unit.objects.filter(code=unit).first() if unit else None
        if unit and found is None:
            raise CommandError(f"没有单位 {unit}")
        as_of = as_of or clock.today()
        computed = compute_rates(found, as_of=as_of)
        if options["json"]:
            figures = [figure.as_dict() for figure in computed.figures]
            document = {"as_of": as_of.isoformat(), "school_year": school_year(as_of), "figures": figures}
            self.stdout.write(json.dumps(document, ensure_ascii=False))
        else:
            self.stdout.write(f"截止 {as_of}:{len(computed.figures)} 个指标")
