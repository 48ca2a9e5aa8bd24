from django.urls import path

from casework.api import ladder

urlpatterns = [
    path("escalations/", ladder.Escalations.as_view(), name="api_escalations"),
    path("escalations/<int:pk>/perform/", ladder.Perform.as_view(), name="api_escalation_perform"),
    path("duties/", ladder.Duties.as_view(), name="api_duties"),
    path("duties/<int:pk>/complete/", ladder.Complete.as_view(), name="api_duty_complete"),
]
