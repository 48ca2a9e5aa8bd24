"""What every page's frame shows."""

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from organisation import clock
from organisation.enums import PUPIL_POSTS, PostKind
from organisation.registry import navigation_for, section_of

SEARCHERS = (*PUPIL_POSTS, PostKind.TOWNSHIP_OFFICER)


def shell(request):
    """Demo banner, today, and for who is signed in: navigation and posts, read only where a template asks."""
    today = clock.today()
    person = getattr(request, "user", None)
    context = {"demo": settings.KONGCHUO_DEMO, "today": today}
    if person is None or not person.is_authenticated:
        return context
    return context | {
        "navigation": SimpleLazyObject(lambda: navigation_for(person, on=today)),
        "posts": SimpleLazyObject(lambda: person.posts_on(today)),
        "may_search": SimpleLazyObject(lambda: bool(person.paths(on=today, kinds=SEARCHERS))),
        "section": section_of(request.path),
    }
