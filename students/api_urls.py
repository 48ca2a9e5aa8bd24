from django.urls import path

from students.api import pupils, rolls

urlpatterns = [
    path("classes/", rolls.Classes.as_view(), name="api_classes"),
    path("classes/<str:code>/", rolls.ClassDetail.as_view(), name="api_class"),
    path("classes/<str:code>/rolls/<str:date>/<str:session>/", rolls.RollView.as_view(), name="api_roll"),
    path("students/", pupils.Pupils.as_view(), name="api_students"),
    path("students/search/", pupils.PupilSearch.as_view(), name="api_student_search"),
    path("students/<slug:number>/", pupils.PupilDetail.as_view(), name="api_student"),
    path("students/<slug:number>/timeline/", pupils.PupilTimeline.as_view(), name="api_student_timeline"),
    path("students/<slug:number>/reveal/", pupils.PupilReveal.as_view(), name="api_student_reveal"),
    path("students/<slug:number>/changes/", pupils.PupilChanges.as_view(), name="api_student_changes"),
    path("students/<slug:number>/papers/", pupils.Papers.as_view(), name="api_student_papers"),
]
