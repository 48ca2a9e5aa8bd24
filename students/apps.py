from importlib import import_module

from django.apps import AppConfig


class StudentsConfig(AppConfig):
    name = "students"
    verbose_name = "学生与考勤"

    def ready(self):
        import_module("students.panels").register()
        import_module("students.queries.chain").seal_students()
