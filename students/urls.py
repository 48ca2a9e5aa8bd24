from django.urls import path

from students.views import pupils, rolls, roster, slips, transfers

urlpatterns = [
    path("rolls/", rolls.rolls, name="rolls"),
    path("rolls/day/", rolls.roll_day, name="roll_day"),
    path("rolls/substitute/<str:code>/", rolls.substitute, name="substitute"),
    path("rolls/together/<str:code>/<str:day>/<str:session>/", rolls.roll_together, name="roll_together"),
    path("rolls/<str:code>/<str:day>/<str:session>/", rolls.roll, name="roll"),
    path("students/", pupils.students, name="students"),
    path("students/search/", pupils.student_search, name="student_search"),
    path("students/import/", roster.roster_import, name="roster_import"),
    path("students/import/<uuid:pk>/", roster.roster_confirm, name="roster_confirm"),
    path("students/export/", roster.roster_export, name="roster_export"),
    path("students/<slug:number>/transfer/", transfers.transfer_new, name="transfer_new"),
    path("students/<slug:number>/", pupils.student, name="student"),
    path("transfers/", transfers.transfers, name="transfers"),
    path("transfers/<int:pk>/", transfers.transfer, name="transfer"),
    path("arrivals/", transfers.arrivals, name="arrivals"),
    path("arrivals/<int:pk>/", transfers.arrival, name="arrival"),
    path("students/<slug:number>/reveal/", pupils.student_reveal, name="student_reveal"),
    path("students/<slug:number>/change/", pupils.student_change, name="student_change"),
    path("students/<slug:number>/edit/", pupils.student_edit, name="student_edit"),
    path("students/<slug:number>/merge/", pupils.student_merge, name="student_merge"),
    path("attachments/<uuid:pk>/", pupils.attachment, name="attachment"),
    path("slips/", slips.slips, name="slips"),
    path("slips/new/", slips.slip_new, name="slip_new"),
    path("slips/<int:pk>/", slips.slip, name="slip"),
]
