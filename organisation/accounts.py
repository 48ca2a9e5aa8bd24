"""Sign-in (allauth) and its lockout (axes)."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import password_changed
from django.conf import settings
from django.dispatch import receiver
from django.shortcuts import render


class Adapter(DefaultAccountAdapter):
    """Accounts are given by those who run an installation: nobody signs up, nothing is mailed."""

    def is_open_for_signup(self, request):
        return False

    def send_mail(self, template_prefix, email, context):
        """There are no mail addresses."""


@receiver(password_changed)
def own_password_chosen(sender, request, user, **kwargs):
    """The first password has served; from now on the person's own one counts."""
    if user.must_change_password:
        user.must_change_password = False
        user.save(update_fields=["must_change_password"])


def locked_out(request, credentials=None, *args, **kwargs):
    """The page for an account that is locked after too many wrong passwords; the same for unknown accounts."""
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    context = {"minutes": minutes, "attempts": settings.AXES_FAILURE_LIMIT}
    return render(request, "account/lockout.html", context, status=429)
