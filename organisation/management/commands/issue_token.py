from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from knox.models import get_token_model

from organisation.models import Person


class Command(BaseCommand):
    help = "发放接口令牌:只显示这一次,数据库里只存摘要。"

    def add_arguments(self, parser):
        parser.add_argument("login", help="登录名")
        parser.add_argument("--days", type=int, required=True, help="有效天数")

    def handle(self, *args, login, days, **options):
        person = Person.objects.filter(login=login, is_active=True).first()
        if person is None:
            raise CommandError(f"没有名为“{login}”的启用账号。")
        if days < 1:
            raise CommandError("有效天数至少为 1。")
        _, token = get_token_model().objects.create(user=person, expiry=timedelta(days=days))
        self.stdout.write(token)
