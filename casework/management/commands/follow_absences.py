import json
from datetime import date

from django.core.management.base import BaseCommand, CommandError

from casework.actions.follow import follow_absences, follow_facts
from organisation.models import Unit


class Command(BaseCommand):
    help = "由点名重新推出旷课处理;再运行一次什么都不变。"

    def add_arguments(self, parser):
        parser.add_argument("--unit", help="单位代码,默认全部")
        parser.add_argument("--since", type=date.fromisoformat, help="只看这一天以来有变动的学生")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args, unit=None, since=None, **options):
        found = Unit.objects.filter(code=unit).first() if unit else None
        if unit and found is None:
            raise CommandError(f"没有单位 {unit}")
        counted = follow_absences(found.path if found else "", since=since)
        follow_facts(given_up=True)
        if options["json"]:
            self.stdout.write(json.dumps(counted))
        else:
            labels = {
                "created": "新增",
                "voided": "作废",
                "overturned": "撤销",
                "relevelled": "改级",
                "unchanged": "不变",
            }
            self.stdout.write(",".join(f"{label} {counted[name]}" for name, label in labels.items()))
