"""Who changed what on a record, in the words of its fields."""

from organisation.queries.history import history_of


def test_a_record_without_history_shows_none(class_a):
    class_a.history.all().delete()
    assert history_of(class_a) == []


def test_only_fields_that_people_have_a_word_for_are_named(class_a):
    class_a.name, class_a.path = "新名", class_a.path + "0009"
    class_a.save()
    labels = [label for entry in history_of(class_a) for label, *_ in entry["changes"]]
    assert "名称" in labels
    assert "path" not in labels
