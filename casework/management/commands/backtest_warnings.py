import json
import sys
from datetime import date

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from casework.actions.warnings.backtest import backtest_warnings
from casework.enums import Method, Tier
from organisation import clock
from organisation.models import Unit


class Command(BaseCommand):
    help = "用本单位以往的记录检验预警是否有效;只用当天已知的情况,什么都不改动。"

    def add_arguments(self, parser):
        parser.add_argument("--unit", help="单位代码,默认全部")
        parser.add_argument("--as-of", type=date.fromisoformat, help="截止日期,默认今天")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args, unit=None, as_of=None, **options):
        found = Unit.objects.filter(code=unit).first() if unit else None
        if unit and found is None:
            raise CommandError(f"没有单位 {unit}")
        as_of = as_of or clock.today()
        with tqdm(unit="天", disable=not sys.stderr.isatty(), file=sys.stderr) as bar:
            tried = backtest_warnings(found, as_of=as_of, progress=lambda done, total: _show(bar, done, total))
        for note in tried["notes"]:
            self.stderr.write(note)
        if options["json"]:
            self.stdout.write(json.dumps(tried["figures"], ensure_ascii=False))
        else:
            self._tell(tried)

    def _tell(self, tried):
        figures = tried["figures"]
        self.stdout.write(
            f"截止 {figures['as_of']},{len(tried['days'])} 个评估日,{figures['n']} 人次,{figures['horizon_days']} 天内"
        )
        for one in figures["methods"]:
            numbers = [_number(one[name]) for name in ("auc", "precision_at_k", "recall_at_k", "lead_days_median")]
            name = Method(one["name"]).label
            self.stdout.write("{}:AUC {},查准 {},查全 {},提前 {} 天".format(name, *numbers))
            for row in one["tiers"]:
                self.stdout.write(f"  {Tier(row['tier']).label}:{row['n']} 人次中 {row['left']} 人次离校")


def _show(bar, done, total):
    bar.total = total
    bar.update(done - bar.n)


def _number(value) -> str:
    return "—" if value is None else f"{value:g}"
