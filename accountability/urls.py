from django.urls import path

from accountability.views import (
    awards,
    commendations,
    complain,
    complaints,
    exhibits,
    finding_papers,
    findings,
    leads,
    overview,
)

urlpatterns = [
    path("leads/", leads.leads, name="leads"),
    path("leads/new/", leads.lead_new, name="lead_new"),
    path("leads/<int:pk>/", leads.lead, name="lead"),
    path("exhibits/<uuid:pk>/", exhibits.exhibit, name="exhibit"),
    path("complain/", complain.complain, name="complain"),
    path("complain/query/", complain.complaint_query, name="complaint_query"),
    path("complaints/", complaints.complaints, name="complaints"),
    path("complaints/<int:pk>/", complaints.complaint, name="complaint"),
    path("accountability/", overview.overview, name="accountability"),
    path("nominations/", awards.nominations, name="nominations"),
    path("commendations/", commendations.commendations, name="commendations"),
    path("commendations/<int:pk>/", commendations.commendation, name="commendation"),
    path("findings/", findings.findings, name="findings"),
    path("findings/mine/", findings.findings_mine, name="findings_mine"),
    path("findings/new/", findings.finding_new, name="finding_new"),
    path("findings/<int:pk>/", findings.finding, name="finding"),
    path("findings/<int:pk>/file/<uuid:file>/", finding_papers.finding_file, name="finding_file"),
    path("findings/<int:pk>/dossier/", finding_papers.finding_dossier, name="finding_dossier"),
    path("findings/<int:pk>/dossier.pdf", finding_papers.finding_dossier_pdf, name="finding_dossier_pdf"),
    path("findings/<int:pk>/documents/<int:document>/", finding_papers.finding_document, name="finding_document"),
    path(
        "findings/<int:pk>/documents/<int:document>/word/",
        finding_papers.finding_document_file,
        name="finding_document_file",
    ),
]
