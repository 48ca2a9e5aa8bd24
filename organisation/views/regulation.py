"""The regulation in force, in plain Chinese (F70)."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from organisation import clock
from organisation.errors import NotYours
from organisation.queries.regulations import RegulationBook
from organisation.queries.units import the_day, visible_unit
from organisation.rules.regulation import Rules
from organisation.views.regulation_routine import commitment_lines, routine_lines

OWNERS = {
    "class_teacher": "班主任",
    "grade_head": "年级组长",
    "head_of_teaching": "教导主任",
    "principal": "校长(或副校长)",
}
MEASURES = {
    "verbal_warning": "口头警告",
    "written_warning": "书面警告",
    "individual_talk": "个别谈话",
    "class_talk": "班级集体教育(不点名)",
    "criticism": "严肃批评",
    "guardians_told": "告知家长",
    "one_to_one_talk": "一对一谈话",
    "home_visit": "家访",
    "discipline": "教育惩戒(依法)",
}


@require_safe
def regulation(request):
    """What holds for a unit on a day, section by section, and which unit changed what."""
    today = clock.today()
    posts = request.user.posts_on(today)
    if not posts:
        raise NotYours("permission_denied", "您目前没有岗位,看不到适用的制度。")
    code = request.GET.get("unit")
    unit = visible_unit(request.user, code, on=today) if code else posts[0].unit
    on = the_day(request.GET["on"]) if request.GET.get("on") else today
    book = RegulationBook(unit.path)
    rules = book.of(unit.path, on=on)
    context = {
        "unit": unit,
        "label": unit.label(on=today),
        "on": on,
        "rules": rules,
        "sections": sections(rules),
        "layers": book.layers(unit.path, on=on),
        "is_default": rules == Rules(),
    }
    return render(request, "organisation/regulation.html", context)


def sections(rules: Rules) -> list[tuple[str, list[str]]]:
    """The rules as sentences."""
    return [
        ("点名", _roll(rules.roll)),
        ("旷课处理", _ladder(rules.ladder)),
        ("待办与逾期", _duties(rules.duty)),
        ("辍学率控制线", _thresholds(rules.thresholds)),
        ("缺勤比例", _ratio(rules.ratio)),
        ("严重逃学", _truancy(rules.truancy)),
        ("风险预警", [*_warning(rules.warning), _backtest(rules.backtest)]),
        ("学业等级", _marks(rules.marks)),
        ("劝返", _case(rules.case)),
        ("文书与送达", _letters(rules.letter)),
        ("比对排查", _compare(rules.compare)),
        ("劳动监察移送", _labour(rules.labour)),
        ("责任书", commitment_lines(rules.commitment)),
        ("常规工作", routine_lines(rules.routine)),
        ("责任追究", _accountability(rules.accountability)),
        ("真实性核查", _truth(rules.truth)),
        ("报表", [f"学校月报于次月 {rules.returns.monthly_due_day} 日前报送,没有变动也要报。"]),
    ]


def _roll(roll):
    return [
        f"上午 {roll.am_by:%H:%M}、下午 {roll.pm_by:%H:%M} 前完成点名;寄宿制学校晚自习 {roll.evening_by:%H:%M} 前。到时没有点名,记为班主任的逾期待办。",
        f"首次提交最晚到下 {roll.first_submission_days} 个上课日结束,更正最晚到下 {roll.change_days} 个上课日结束;以后由教导主任办理并写明原因。",
        f"“待核实”须在 {roll.find_out_by:%H:%M} 前核实去向,当天没有核实的按旷课处理。",
        f"请假 {roll.slip_days_class_teacher} 天以内班主任准假,{roll.slip_days_head_of_teaching} 天以内教导主任,更长由校长;病假超过 {roll.certificate_over_days} 天须有医院证明。",
        f"同班同日 {roll.sick_alert_same_day} 人症状相同,或 {roll.sick_alert_window_days} 天内 {roll.sick_alert_in_window} 人病假,提醒学校按规定报告。",
    ]


def _ladder(ladder):
    period = "一个学期" if ladder.counting_period == "semester" else "一个学年"
    lines = [f"按{period}累计旷课天数,一天有一节旷课就算一天。"]
    for number, rung in enumerate(ladder.rungs):
        following = ladder.rungs[number + 1].from_count if number + 1 < len(ladder.rungs) else None
        times = f"第 {rung.from_count} 次" if following == rung.from_count + 1 else f"第 {rung.from_count} 次起"
        measures = "、".join(MEASURES.get(kind, kind) for kind in rung.measures)
        lines.append(f"{times}:{OWNERS[rung.owner]}办理——{measures};文书:{rung.document};{rung.due_days} 个上课日内。")
    weights = ladder.weights
    if weights.late or weights.early_leave or weights.incident:
        lines.append(f"迟到按 {weights.late} 天、早退按 {weights.early_leave} 天、违纪按 {weights.incident} 天折算。")
    else:
        lines.append("迟到、早退、违纪不折算为旷课:惩戒须与过错相当。学校可以另行规定。")
    lines.append(
        "任何情况下不得罚款、开除、劝退、取消学籍(义务教育法第二十七条、未成年人保护法第二十八条)。"
        "有的制度文本写有这些内容,以法律为准。"
    )
    return lines


def _duties(duty):
    return [
        f"到期当天提醒责任人;逾期 {duty.remind_holder_days} 天再提醒,逾期 {duty.remind_next_days} 天告知上一级岗位。",
        f"逾期 {duty.lead_days} 天形成问责线索,{duty.screening_days} 天内由上级初核;线索不是结论。",
    ]


def _thresholds(limits):
    return [
        f"小学 {_percent(limits.permille('primary'))},初中 {_percent(limits.permille('junior'))};达到控制线的 {limits.near_percent}% 提示“接近控制线”。",
        f"口径:{'辍学率' if limits.formula == 'dropout_rate' else '辍学率(含已劝返)'};巩固率目标 {_percent(limits.retention_permille)}。",
        f"依据:{limits.source}。",
    ]


def _percent(permille):
    return f"{permille / 10:.2f}".rstrip("0").rstrip(".") + "%"


def _ratio(ratio):
    return [
        f"学年旷课超过应到的 {ratio.year_percent}%:补课计划和家长配合协议。",
        f"近 {ratio.of_last} 学期中有 {ratio.semesters} 学期超过 {ratio.semester_percent}%,或一学期超过 {ratio.one_semester_percent}%:家访、约谈、警告。",
    ]


def _truancy(truancy):
    return [
        f"近 {truancy.within} 个上课日旷课 {truancy.days} 天,{truancy.group_days} 天内成立调查小组,{truancy.evidence_days} 天内取证。"
    ]


def _warning(warning):
    return [
        f"红:只看事件——连续 {warning.red_days_in_a_row} 个上课日无假未到,开学第 {warning.back_by_term_day} 天仍未到校,去向不明,有进行中的个案。",
        f"橙:连续 {warning.orange_days_in_a_row} 天无假未到,或满 {warning.orange_points} 分;黄:满 {warning.yellow_points} 分。",
        *(f"{name}:{scale}。" for name, scale in points_in_words(warning)),
        "性别、民族、家庭经济、留守、特殊家庭、残疾一律不计分,只提示应当落实的帮扶。没有点名的时段既不算到校也不算缺勤。",
        f"黄色:班主任 {warning.talk_days} 天内谈话;橙色:{warning.orange_conference_days} 天内由教导主任主持会议;"
        f"红色:{warning.red_conference_days} 天内由校长主持;都由班主任召集,请家长参加。",
        f"低于黄色满 {warning.below_yellow_days} 个上课日、帮扶计划已评估的解除;班主任名单默认列 {warning.shown_per_class_teacher} 人,橙、红全部列出。",
        f"每学期开学前 {warning.contact_before_term_days} 天内,班主任逐一联系橙色、红色预警的学生。",
        "预警的意思是“去了解情况”,不是给学生贴标签;不得以预警为由惩戒。",
    ]


def _backtest(backtest):
    return (
        f"检验预警是否有效:每学期从第 {backtest.first_school_day} 个上课日起每 {backtest.every_school_days} 个上课日看一次,"
        f"{backtest.horizon_days} 天内辍学或疑似辍学的算离校;不足 {backtest.small_group} 人次或离校不足 {backtest.small_left} 人次的注明人数少。"
    )


def points_in_words(warning) -> list[tuple[str, str]]:
    """The table of points as (signal, scale): 近 20 个上课日旷课 — 1 天 1 分,2 天 2 分,4 天 4 分."""
    points, days = warning.points, warning.window_days
    return [
        (f"近 {days} 个上课日旷课", _scale(points.truant_days, "天")),
        ("本学期缺勤(含病事假)占应到", _scale(points.absence_percent, "%")),
        (f"开学 {warning.first_month_calendar_days} 天内全天未到", _scale(points.first_month_days, "天")),
        (
            f"缺勤比例达到 {warning.rise_least_percent}% 且为上学期的 {warning.rise_percent}% 以上",
            f"{points.absence_rise} 分",
        ),
        (f"近 {days} 个上课日迟到早退", _scale(points.late_and_early, "次")),
        ("比上学期降等的科目", _scale(points.marks_down, "科")),
        ("语文、数学、外语不合格", _scale(points.failing_core, "科")),
        ("本学期违纪记录", _scale(points.incidents, "次")),
        ("一年内辍学或劝返复学", f"{points.earlier_dropout} 分"),
        ("兄弟姐妹辍学", f"{points.sibling_dropout} 分"),
        ("超过年级适龄", _scale(points.over_age, "岁")),
        ("假期已满未返校", f"{points.slip_overrun} 分"),
        (
            f"教师报告({warning.report_window_days} 个上课日内有效,取最高)",
            f"{points.report_least} 至 {points.report_most} 分,由教师写明理由",
        ),
    ]


def _scale(steps, unit):
    return ",".join(f"{step.at_least} {unit}以上 {step.points} 分" for step in steps)


def _marks(marks):
    return [
        "成绩只记等级:优、良、合格、不合格;不排名次。小学只登记等级。",
        f"初中分数按占满分的比例折成等级:{marks.excellent_from}% 以上优,{marks.good_from}% 以上良,"
        f"{marks.pass_from}% 以上合格;分数本身不保存。",
    ]


def _compare(compare):
    return [
        f"适龄:学年开始前的 8 月 31 日满 {compare.age_from} 至 {compare.age_to} 周岁。名单按身份证件号与学籍比对,再按姓名、出生日期和监护人找录错的号码。",
        f"在籍不在校:近 {compare.away_school_days} 个上课日每次点名都缺席,或一次也没有点名。",
        f"每学期开学后教育局 {compare.field_check_days} 个工作日内实地核查;“在他处就读”的 {compare.elsewhere_again_days} 个工作日内重新取证。",
    ]


def _labour(labour):
    return [
        f"未满 {labour.under_age} 周岁务工(危险作业未满 {labour.hazardous_under_age} 周岁)的,{labour.refer_days} 个工作日内移送人社部门;"
        f"人社部门 {labour.outcome_days} 个工作日内登记结果,每半年至少检查一次用工单位(义务教育法第十四条、禁止使用童工规定)。",
        "疑似侵害、早婚、强迫婚姻、失联的,当天移送公安机关或民政部门(未成年人保护法第十一条)。",
    ]


def _case(case):
    return [
        f"连续 {case.suspected_after_school_days} 个上课日无假未到为疑似辍学,{case.first_visit_days} 天内家访,{case.settle_suspicion_school_days} 个上课日内确认或排除。",
        f"劝返 {case.persuasion_calendar_days} 天无效即书面报告;乡镇 {case.notice_days} 天内送达返校通知书,期限 {case.notice_term_days} 天。",
        f"复学后第 {'、'.join(map(str, case.follow_up_days))} 天回访,到校满 {case.attended_days_to_close} 天方可销号。",
    ]


def _letters(letter):
    return [
        f"家长签收链接 {letter.link_days} 天内有效,一份文书一个链接,签收一次即止;纸质回执与链接签收效力相同。",
        f"家长的答复 {letter.reply_days} 个上课日内阅处;消息没有送达的,{letter.unserved_days} 个上课日内改用其他方式送达。",
    ]


def _accountability(rules):
    local = [f"本地情形 {code}:{text}。" for code, text in sorted(rules.local_grounds.items())]
    return [
        f"诫勉谈话影响期 {rules.talk_months} 个月,警告 {rules.warning_months} 个月,记过 {rules.demerit_months} 个月,降低岗位等级 {rules.lowered_post_months} 个月。",
        f"调查人不少于 {rules.investigators} 人,{rules.team_days} 个工作日内组成,{rules.investigation_days} 个工作日内查清;当事人、其下属、与事项有未办结待办的人回避。",
        f"处理前把事实和依据告知当事人,{rules.defence_days} 个工作日内可以陈述申辩,书面答复;不因申辩加重处理。",
        f"不服可在 {rules.review_days} 天内申请复核,复核后 {rules.appeal_days} 天内申诉;复核、申诉期间不停止执行。",
        "学生辍学本身不是追究的理由;迟延、虚假、不作为才是。",
        f"投诉举报 {rules.complaint_accept_days} 个工作日内受理,受理后 {rules.complaint_answer_days} 个工作日内答复。",
        *local,
    ]


def _truth(truth):
    return [
        f"每晚核对近 {truth.look_back_days} 天:点名在校而个案说不在校;清点与点名相差 {truth.headcount_difference} 人以上;点名在校而当天学籍在别校;"
        f"{truth.full_school_days} 个上课日次次全勤而全县从不全勤(按班额和全县缺勤率,这样的巧合不到千分之{truth.full_chance_permille});"
        f"{truth.bulk_minutes} 分钟内补录 {truth.bulk_rolls} 次以上以往的点名;待办到期后把旷课改为到校。",
        f"对不上只是线索,不是结论:{truth.decide_days} 天内由校长(校长的由教育局)核实,点名人本人不核实;属实的转为问责线索。断网后补传的点名按点名的时间算。",
    ]
