from django.urls import path

from casework.views import cases, duties, ladder

urlpatterns = [
    path("duties/", duties.duties, name="duties"),
    path("duties/<int:pk>/", duties.duty, name="duty"),
    path("cases/", cases.cases, name="cases"),
    path("cases/assign/", cases.cases_assign, name="cases_assign"),
    path("cases/new/<slug:number>/", cases.case_new, name="case_new"),
    path("cases/<int:pk>/", cases.case, name="case"),
    path("escalations/", ladder.escalations, name="escalations"),
    path("escalations/<int:pk>/", ladder.escalation, name="escalation"),
]
