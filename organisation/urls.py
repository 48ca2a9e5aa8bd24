from django.urls import path

from organisation.views import health, history, home, jobs, regulation, settings

urlpatterns = [
    path("", home.home, name="home"),
    path("start/", home.start, name="start"),
    path("badges/", home.badges, name="badges"),
    path("healthz", health.healthz, name="healthz"),
    path("regulation/", regulation.regulation, name="regulation"),
    path("settings/", settings.settings_home, name="settings"),
    path("settings/calendar/", settings.calendar, name="calendar"),
    path("settings/calendar/<int:pk>/forget/", settings.calendar_forget, name="calendar_forget"),
    path("settings/people/", settings.people, name="people"),
    path("settings/people/<int:pk>/", settings.person, name="person"),
    path("history/", history.history, name="history"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<uuid:pk>/", jobs.job, name="job"),
    path("jobs/<uuid:pk>/file/", jobs.job_file, name="job_file"),
]
