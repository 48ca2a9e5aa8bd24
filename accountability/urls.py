from django.urls import path

from accountability.views import finding_papers, findings, leads

urlpatterns = [
    path("leads/", leads.leads, name="leads"),
    path("leads/<int:pk>/", leads.lead, name="lead"),
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
