from django.urls import path

from casework.api import cases, ladder, warnings

urlpatterns = [
    path("escalations/", ladder.Escalations.as_view(), name="api_escalations"),
    path("escalations/<int:pk>/perform/", ladder.Perform.as_view(), name="api_escalation_perform"),
    path("warnings/", warnings.Warnings.as_view(), name="api_warnings"),
    path("cases/", cases.Cases.as_view(), name="api_cases"),
    path("cases/<int:pk>/", cases.CaseDetail.as_view(), name="api_case"),
    path("cases/<int:pk>/visits/", cases.CaseVisits.as_view(), name="api_case_visits"),
    path("cases/<int:pk>/<slug:verb>/", cases.CaseStep.as_view(), name="api_case_step"),
    path("duties/", ladder.Duties.as_view(), name="api_duties"),
    path("duties/<int:pk>/complete/", ladder.Complete.as_view(), name="api_duty_complete"),
]
