import json

from django.core.management.base import BaseCommand, CommandError

from accountability.actions.truth import check_truth
from accountability.enums.truth import TruthKind
from organisation.models import Unit


class Command(BaseCommand):
    help = "真实性核查:点名与个案、清点、学籍、补录、更正对照;再运行一次不会重复提示。"

    def add_arguments(self, parser):
        parser.add_argument("--unit", help="单位代码,默认全部")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args, unit=None, **options):
        found = Unit.objects.filter(code=unit).first() if unit else None
        if unit and found is None:
            raise CommandError(f"没有单位 {unit}")
        findings = check_truth(found.path if found else "")
        codes = dict(Unit.objects.filter(pk__in={one.school_class for one in findings}).values_list("pk", "code"))
        said = [
            {
                "kind": str(one.kind),
                "unit": codes[one.school_class],
                "evidence": [{"side": line.side, "text": line.text} for line in one.evidence],
            }
            for one in findings
        ]
        if options["json"]:
            self.stdout.write(json.dumps({"findings": said}, ensure_ascii=False))
            return
        for one, line in zip(findings, said, strict=True):
            self.stdout.write(f"{TruthKind(one.kind).label} {line['unit']}:{one.title}")
        self.stdout.write(f"共 {len(said)} 处需要看一看。")
