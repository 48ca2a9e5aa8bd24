from django.urls import path

from casework.views import duties, ladder

urlpatterns = [
    path("duties/", duties.duties, name="duties"),
    path("duties/<int:pk>/", duties.duty, name="duty"),
    path("escalations/", ladder.escalations, name="escalations"),
    path("escalations/<int:pk>/", ladder.escalation, name="escalation"),
]
