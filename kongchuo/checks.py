"""What must be right before the first request: each finding says which variable to set, and how."""

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security)
def environment_is_sound(app_configs, **kwargs):
    """Every variable could be read."""
    return [Error(problem.message, hint=problem.hint, id="kongchuo.E001") for problem in settings.ENVIRONMENT.problems]


@register(Tags.security, deploy=True)
def a_real_installation_is_no_demo(app_configs, **kwargs):
    """A demo's open password and shifted day must never serve real children."""
    wrong = []
    if settings.KONGCHUO_DEMO:
        wrong.append(Error("这是演示环境。", hint="去掉 KONGCHUO_DEMO。", id="kongchuo.E002"))
    if settings.KONGCHUO_TODAY:
        wrong.append(Error("“今天”被改动了。", hint="去掉 KONGCHUO_TODAY。", id="kongchuo.E003"))
    if not settings.SESSION_COOKIE_SECURE:
        wrong.append(Error("没有启用 HTTPS。", hint="设 KONGCHUO_HTTPS=1,由反向代理提供证书。", id="kongchuo.E004"))
    return wrong
