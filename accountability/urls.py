from django.urls import path

from accountability.views import activities, commitments, inspections, leads, plans, public, routine, surveys

urlpatterns = [
    path("leads/", leads.leads, name="leads"),
    path("leads/<int:pk>/", leads.lead, name="lead"),
    path("commitments/", commitments.commitments, name="commitments"),
    path("commitments/make/", commitments.commitments_make, name="commitments_make"),
    path("commitments/gaps/", commitments.commitment_gaps, name="commitment_gaps"),
    path("commitments/progress/", commitments.commitment_progress, name="commitment_progress"),
    path("commitments/print/", commitments.commitments_print, name="commitments_print"),
    path("commitments/sign/", commitments.commitments_sign, name="commitments_sign"),
    path("commitments/<int:pk>/", commitments.commitment, name="commitment"),
    path("commitments/<int:pk>/file/", commitments.commitment_file, name="commitment_file"),
    path("c/<str:token>/", public.commitment_link, name="commitment_link"),
    path("routine/", routine.routine, name="routine"),
    path("routine/plans/<str:code>/", plans.year_plan, name="year_plan"),
    path("routine/items/<int:pk>/", plans.plan_item, name="plan_item"),
    path("routine/groups/<str:code>/", plans.leading_groups, name="leading_groups"),
    path("routine/activities/", activities.activities, name="activities"),
    path("routine/activities/new/", activities.activity_new, name="activity_new"),
    path("routine/activities/<int:pk>/", activities.activity, name="activity"),
    path("routine/surveys/", surveys.surveys, name="surveys"),
    path("routine/surveys/<int:pk>/", surveys.survey, name="survey"),
    path("q/<str:token>/", public.survey_link, name="survey_link"),
    path("routine/inspections/", inspections.self_inspections, name="self_inspections"),
    path("routine/inspections/new/<str:code>/", inspections.self_inspection_new, name="self_inspection_new"),
    path("routine/inspections/<int:pk>/", inspections.self_inspection, name="self_inspection"),
    path("routine/deficiencies/<int:pk>/", inspections.deficiency, name="deficiency"),
    path("routine/contacts/<str:code>/", routine.home_contacts, name="home_contacts"),
    path("routine/contacts/new/<slug:number>/", routine.home_contact_new, name="home_contact_new"),
]
