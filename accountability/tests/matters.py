"""Matters as tests need them: put by the bureau head against a principal, or by the principal against a class teacher,
and walked to a state by the product's own verbs, since the database takes no other way."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accountability.actions.findings.deciding import decide_matter, refer_matter, serve_decision
from accountability.actions.findings.hearing import hear_defence, notify_subject
from accountability.actions.findings.opening import dismiss_matter, put_matter, screen_matter
from accountability.actions.findings.reviewing import answer_review, ask_review
from accountability.actions.findings.team import add_evidence, name_team
from accountability.models import Finding
from organisation.models import Person

GROUND = {"code": "G4", "act": "omitted", "text": "接报后十日没有家访,也没有联系家长"}
ORDER = ("screening", "investigating", "notified", "heard", "decided", "served")


def again(person):
    """The person as signed in anew: posts are read once per object."""
    return Person.objects.get(pk=person.pk)


def picture(name="证据.png"):
    kept = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(kept, "PNG")
    return SimpleUploadedFile(name, kept.getvalue(), "image/png")


def put(decider, code="G4", **subject) -> Finding:
    return put_matter(by=decider, grounds=[{**GROUND, "code": code}], text="督导检查中发现", **subject)


def investigate(finding, decider, team):
    return name_team(finding, team, by=decider, text="调查需要")


def prove(finding, team):
    for ground in finding.grounds.all():
        add_evidence(finding, ground, title="家访登记簿", text="登记簿上没有家访记录", by=team[0])
    return Finding.objects.get(pk=finding.pk)


def notify(finding, team, form="admonition", **more):
    said = {"facts": "接报后十日没有家访。", "basis": "责任追究办法第三条", "form": form}
    return notify_subject(finding, by=team[0], **{**said, **more})


def hear(finding, team, **more):
    said = {"text": "当时在外培训。", "answer": "培训属实,但未委托他人。", "outcome": "partly"}
    return hear_defence(finding, by=team[0], **{**said, **more})


def decide(finding, decider, form="admonition", **more):
    return decide_matter(finding, form=form, reasons="情节轻微,态度端正", by=decider, **more)


def serve(finding, team, **more):
    return serve_decision(finding, by=team[0], **{"received_by": "本人", **more})


def walk(decider, team, to, **subject) -> Finding:
    """A matter in that state."""
    finding = put(decider, **subject)
    form = "criticism" if "subject_unit" in subject else "admonition"
    if to == "dismissed":
        return dismiss_matter(finding, text="不属实", by=decider)
    steps = [
        lambda: screen_matter(finding, text="有具体行为,应当调查", by=decider),
        lambda: notify(prove(investigate(finding, decider, team), team), team, form=form),
        lambda: hear(finding, team),
        lambda: decide(finding, decider, form=form),
        lambda: serve(finding, team),
    ]
    wanted = {"revoked": 5, "expired": 5, "judicial": 2}.get(to)
    for step in steps[: ORDER.index(to) if wanted is None else wanted]:
        step()
    if to == "judicial":
        refer_matter(finding, authority="县公安局", basis="刑法", text="涉嫌犯罪", by=decider)
    if to == "revoked":
        ask_review(finding, text="处理过重", by=team[0])
        answer_review(finding, outcome="revoked", text="事实不清", by=decider)
    return Finding.objects.get(pk=finding.pk)
