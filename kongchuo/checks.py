"""What must be right before the first request: each finding says which variable to set, and how."""

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.core.exceptions import ImproperlyConfigured


@register(Tags.security)
def environment_is_sound(app_configs, **kwargs):
    """Every variable could be read."""
    return [Error(problem.message, hint=problem.hint, id="kongchuo.E001") for problem in settings.ENVIRONMENT.problems]


@register(Tags.security)
def a_gateway_has_its_token(app_configs, **kwargs):
    """Without one anybody could say that a message was delivered."""
    if settings.GATEWAY_URL and not settings.GATEWAY_TOKEN:
        return [Error("设了消息网关,没有设令牌。", hint="设 KONGCHUO_GATEWAY_TOKEN。", id="kongchuo.E005")]
    return []


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
    if settings.SESSION_COOKIE_SECURE and not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        hint = "设 KONGCHUO_PROXIES=1:否则所有人看起来都从反向代理的地址登录,会一起被限速。"
        wrong.append(Error("启用了 HTTPS,却没有说前面有几层代理。", hint=hint, id="kongchuo.E005"))
    return wrong


def refuse_unsound_environment():
    """For servers and workers, which run no system checks of their own. Raises ImproperlyConfigured with every hint."""
    problems = settings.ENVIRONMENT.problems
    if problems:
        raise ImproperlyConfigured("".join(f"\n{problem.message} {problem.hint}" for problem in problems))
