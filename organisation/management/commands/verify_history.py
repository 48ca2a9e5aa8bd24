import json
import sys
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from organisation.models import Unit
from organisation.queries.chain import verify_history


class Command(BaseCommand):
    help = "核对封存的历史:查阅记录、轨迹、点名、个案等有没有被改动、删除、插入;完好返回 0,否则返回 1 并指明第一处。"

    def add_arguments(self, parser):
        parser.add_argument("--unit", help="县(区)代码,默认全部")
        parser.add_argument(
            "--anchor", action="append", default=[], help="上交过的校验值,形如 520502:17:abc…,可以给多个"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args, unit=None, anchor=(), **options):
        county = _county(unit) if unit else ""
        bar = tqdm(unit="段", disable=not sys.stderr.isatty(), file=sys.stderr)

        def progress(done, total):
            bar.total = total
            bar.update(done - bar.n)

        try:
            proof = verify_history(county, anchors=[_anchor(one) for one in anchor], progress=progress)
        finally:
            bar.close()
        if options["json"]:
            self.stdout.write(json.dumps({"whole": not proof.broken, **asdict(proof)}, ensure_ascii=False))
        else:
            for fault in proof.broken:
                self.stdout.write(fault.sentence)
            said = f"核对 {proof.seals} 段封存、{proof.rows} 条记录;{proof.unsealed} 条还没到封存的时候。"
            self.stdout.write(said + ("" if proof.broken else "历史完好。"))
        if proof.broken:
            sys.exit(1)


def _county(code) -> str:
    unit = Unit.objects.filter(code=code, kind="county").first()
    if unit is None:
        raise CommandError(f"没有县(区) {code}")
    return unit.path


def _anchor(text) -> tuple[str, int, str]:
    code, _, rest = "".join(text.split()).partition(":")
    number, _, digest = rest.partition(":")
    if not (number.isascii() and number.isdigit() and digest):
        raise CommandError(f"看不懂校验值 {text}")
    return ("" if code == "-" else _county(code), int(number), digest)
