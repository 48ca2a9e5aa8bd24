import sys
from datetime import date
from random import Random

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from kongchuo.demo import accountable, county, findings, followed, pupils, year
from kongchuo.demo.flush import without_triggers
from kongchuo.demo.today import school_days_until
from organisation import clock
from organisation.actions.holidays import seed_statutory_days
from organisation.models import Job, Person, StatutoryDay

MARK = "kongchuo.demo"
A_YEAR = 365


class Command(BaseCommand):
    help = "载入一个虚构的演示县。只用于演示环境;不是演示库的数据库一律拒绝。"

    def add_arguments(self, parser):
        parser.add_argument("--pupils", type=int, default=3000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--as-of", type=date.fromisoformat, help="演示的今天,默认 KONGCHUO_TODAY")
        parser.add_argument("--if-empty", action="store_true", help="已有演示数据就保持不动")
        parser.add_argument("--logins", action="store_true", help="只列出演示账号")

    def handle(self, *args, seed, as_of=None, **options):
        if options["logins"]:
            self._tell_logins()
            return
        if not settings.KONGCHUO_DEMO:
            raise CommandError("这不是演示环境(KONGCHUO_DEMO),不能载入演示数据。")
        is_demo = Job.objects.filter(kind=MARK).exists()
        if is_demo and options["if_empty"]:
            return
        if not is_demo and Person.objects.exists():
            raise CommandError("这个数据库里有真实数据,不能载入演示数据。")
        if not 100 <= options["pupils"] <= 200_000:
            raise CommandError("--pupils 应在 100 到 200000 之间。")
        if is_demo:
            with without_triggers():  # what nobody else may delete
                call_command("flush", interactive=False, verbosity=0)
            seed_statutory_days(StatutoryDay)
        if as_of:
            settings.KONGCHUO_TODAY = as_of.isoformat()
        self._load(Random(seed), options["pupils"], clock.today())

    def _load(self, random, number, today):
        with transaction.atomic():
            days = school_days_until(today, back=A_YEAR)
            self._say("单位、人员、岗位")
            built = county.build(random, number, today)
            self._say("学生")
            children = pupils.enrol(random, built, today, days[0])
            self._say(f"{len(days)} 个上课日的点名")
            fates = year.draw_fates(random, children, days, built.main_class)
            year.call(random, children, days, fates, built.main_class, today)
            self._say("旷课处理、待办、辍学率、月报")
            followed.follow(random, built, days, fates, today)
            findings.fill(today)
            accountable.fill(built, today)
            Job.objects.create(kind=MARK, title="演示数据", state="done", expires_on=None)
        self._say(",".join(f"{label} {count}" for label, count in followed.counted().items()))

    def _say(self, text):
        print(f"演示县:{text}", file=sys.stderr)

    def _tell_logins(self):
        self.stdout.write(f"演示账号(密码都是 {county.PASSWORD}):")
        for login, post in county.LOGINS.items():
            self.stdout.write(f"  {login:<12} {post}")
