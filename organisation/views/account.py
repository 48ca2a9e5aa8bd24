from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def ask_administrator(request):
    """Forgotten passwords and new accounts: the administrator of one's unit helps, nothing goes by mail."""
    return render(request, "account/ask_administrator.html")
