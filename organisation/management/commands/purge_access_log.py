from datetime import date

from django.core.management.base import BaseCommand, CommandError

from organisation.actions.chain import purge_access_log
from organisation.errors import Refused
from organisation.models import Person


class Command(BaseCommand):
    help = "清除保存期已过的查阅记录(至少保存六个月),留下签名的清除记录。"

    def add_arguments(self, parser):
        parser.add_argument("--before", type=date.fromisoformat, required=True, help="清除这一天以前的")
        parser.add_argument("--by", required=True, help="经办人登录名")
        parser.add_argument("--reason", required=True, help="事由和依据")

    def handle(self, *args, before, by, reason, **options):
        person = Person.objects.filter(login=by).first()
        if person is None:
            raise CommandError(f"没有这个登录名:{by}")
        try:
            gone = purge_access_log(before=before, by=person, reason=reason)
        except Refused as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(f"已清除 {gone} 条,清除记录已签名留存。")
