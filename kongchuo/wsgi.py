import os

from django.core.wsgi import get_wsgi_application

from kongchuo.checks import refuse_unsound_environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kongchuo.settings")

application = get_wsgi_application()
refuse_unsound_environment()
