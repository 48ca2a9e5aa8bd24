from django.urls import path

from casework.views import appeals, cases, duties, inquiries, ladder

urlpatterns = [
    path("duties/", duties.duties, name="duties"),
    path("duties/<int:pk>/", duties.duty, name="duty"),
    path("cases/", cases.cases, name="cases"),
    path("cases/assign/", cases.cases_assign, name="cases_assign"),
    path("cases/new/<slug:number>/", cases.case_new, name="case_new"),
    path("cases/<int:pk>/", cases.case, name="case"),
    path("ratios/", inquiries.ratios, name="ratios"),
    path("ratios/<int:pk>/", inquiries.ratio, name="ratio"),
    path("inquiries/", inquiries.inquiries, name="inquiries"),
    path("inquiries/new/<slug:number>/", inquiries.inquiry_new, name="inquiry_new"),
    path("inquiries/<int:pk>/", inquiries.inquiry, name="inquiry"),
    path("appeals/", appeals.appeals, name="appeals"),
    path("appeals/new/<int:pk>/", appeals.appeal_new, name="appeal_new"),
    path("appeals/<int:pk>/", appeals.appeal, name="appeal"),
    path("escalations/<int:pk>/hearing/", appeals.hearing, name="hearing"),
    path("escalations/", ladder.escalations, name="escalations"),
    path("escalations/<int:pk>/", ladder.escalation, name="escalation"),
]
