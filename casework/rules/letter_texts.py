"""The product's own wording of each letter, the names of its blanks, and a sample of each (P30).

`$name` and the like are filled in. A bureau may put a Word file of its own in place; there the blanks have Chinese names.
"""

from string import Template

from casework.enums import COMMITMENT_LETTERS, STAFF_LETTERS, LetterKind

K = LetterKind
# An official letter is punctuated in full width; what people fill in stays as they wrote it.
FULL_WIDTH = str.maketrans({",": "\uff0c", ":": "\uff1a", ";": "\uff1b", "(": "\uff08", ")": "\uff09", "?": "\uff1f"})
COLONS = (":", "\uff1a")
# The word in a letter's number that says what it is.
WORDS = {
    K.WRITTEN_WARNING: "警",
    K.SUMMONS: "约",
    K.HOME_VISIT: "访",
    K.TALK: "谈",
    K.LEAVE_DECISION: "休",
    K.TUTORING: "辅",
    K.CONFERENCE: "会",
    K.DROPOUT_REPORT: "辍报",
    K.RETURN_NOTICE: "返",
    K.ENQUIRY: "协",
    K.ORDER: "责改",
    K.REFERRAL: "移",
    K.APPEAL_ANSWER: "诉",
    K.HEARING: "听",
    K.FINDING_NOTICE: "告",
    K.FINDING_DECISION: "处",
    K.FINDING_ORDER: "责令",
    K.FINDING_ANSWER: "复",
    K.FINDING_REFERRAL: "案移",
    K.COMMIT_TOWNSHIP: "责",
    K.COMMIT_PRINCIPAL: "校责",
    K.COMMIT_TEACHER: "师责",
    K.COMMIT_GUARDIAN: "家责",
}
# Records and letters between offices; letters to guardians wait for their receipt.
NEEDS_NO_RECEIPT = (
    K.HOME_VISIT,
    K.TALK,
    K.DROPOUT_REPORT,
    K.ENQUIRY,
    K.REFERRAL,
    K.FINDING_REFERRAL,
    *COMMITMENT_LETTERS,
)
WORDING = {
    K.WRITTEN_WARNING: (
        "$guardians:\n"
        "您的孩子$name($place)于$days无故旷课,本学期已累计 $count 次。按时到校上课是学生的义务,督促孩子到校是监护人的责任。"
        "现依据《中小学教育惩戒规则(试行)》对其予以书面警告。\n"
        "请您督促孩子按时到校,并与班主任说明原因;学习、生活上有困难的,学校会尽力帮助。\n"
        "如对本警告有异议,可在收到之日起十五个工作日内向学校学生申诉委员会提出申诉。"
    ),
    K.SUMMONS: (
        "$guardians:\n"
        "因$name($place)$reason,请您于$appointed到$where面谈,共同商定孩子按时到校的办法。\n"
        "确有不便的,请提前与班主任联系,另约时间。不能到场又不说明的,学校将再次书面通知,并依法向教育行政部门报告。"
    ),
    K.HOME_VISIT: (
        "学生:$name($place)\n家访时间:$at\n家访地点:$where\n家访人:$visitors\n"
        "了解到的情况:$text\n监护人意见:$view\n商定的措施:$next_step"
    ),
    K.TALK: "学生:$name($place)\n谈话时间:$at\n谈话地点:$where\n谈话人:$speaker\n谈话内容:$text\n学生陈述:$statement",
    K.LEAVE_DECISION: (
        "$guardians:\n"
        "您为$name($place)提出的$leave申请及所附材料收悉。经审核,依据《中华人民共和国义务教育法》第十一条,"
        "同意其自$since起至$until止$leave,原因:$reason。\n"
        "期满请按时到校办理复学;仍不能到校的,请在期满前重新申请。$leave期间保留学籍。"
    ),
    K.TUTORING: (
        "甲方:$issuer\n乙方(监护人):$guardians\n"
        "为帮助$name($place)按时到校、跟上学业,双方约定如下:\n"
        "一、学校安排:$school_part\n二、家长配合:$family_part\n"
        "三、本协议自$since起至$until止,期满双方共同评估效果。本协议不收取任何费用。"
    ),
    K.CONFERENCE: (
        "$guardians:\n"
        "为了解$name($place)近期的困难、商定帮扶措施,学校定于$appointed在$where召开帮扶会议,请您参加。\n"
        "您的意见会写入会议记录;确有不便的,请提前告知,另约时间或以电话参加。"
    ),
    K.DROPOUT_REPORT: (
        "$addressee:\n"
        "$name,$sex,$born_on出生,$place学生,家住$address。监护人:$guardians($relation)。\n"
        "最后到校日:$last_attended。原因:$causes。去向:$whereabouts。\n劝返经过:$visits\n"
        "学校多次劝返无效。现依据《中华人民共和国未成年人保护法》第二十八条书面报告。\n报告人:$by"
    ),
    K.RETURN_NOTICE: (
        "$guardians:\n"
        "您的孩子$name($place)自$last_attended后未到校。《中华人民共和国义务教育法》第五条、第十一条规定,"
        "适龄儿童、少年的父母或者其他法定监护人应当依法保证其按时入学接受并完成义务教育。\n"
        "请您自收到本通知之日起 $days 日内送孩子返校。有困难请提出,学校和$issuer会帮助解决。\n"
        "无正当理由逾期不送返校的,将依据《中华人民共和国义务教育法》第五十八条给予批评教育,责令限期改正。"
    ),
    K.ENQUIRY: (
        "$addressee:\n"
        "我处学生$name($sex,$born_on出生)现未在校就读,据了解可能在你处居住、就读或随家人务工。请协助查找,"
        "已就读的请出具在读证明,未就读的请劝其返校或就近入学,并将情况函复$issuer。\n请注意保护学生个人信息。"
    ),
    K.ORDER: (
        "$guardians:\n"
        "经查,您未依法送$name入学接受义务教育。依据$basis,责令您自收到本通知之日起 $days 日内改正,送其返校。\n"
        "如不服本决定,可依法申请行政复议或者提起行政诉讼。"
    ),
    K.REFERRAL: (
        "$addressee:\n"
        "现将$name($sex,$born_on出生)的有关情况移送你单位依法处理:\n$text\n"
        "请将处理结果函告$issuer。本件涉及未成年人,请注意保密。"
    ),
    K.APPEAL_ANSWER: (
        "$guardians:\n"
        "您于$filed就$matter提出的申诉收悉。经审查:$text\n决定:$decision\n"
        "如不服本决定,可在收到之日起十五个工作日内向$next申请复核。"
    ),
    K.HEARING: (
        "$guardians:\n"
        "学校拟对$name($place)作出$measure。在作出决定之前,您和学生有权要求听证、陈述意见和申辩。\n"
        "听证定于$appointed在$where举行,请参加;不能参加的,可提交书面意见。"
    ),
    K.FINDING_NOTICE: (
        "$addressee:\n"
        "经调查,$subject有以下情形。\n$grounds\n查明的事实:$facts\n依据:$basis\n拟作出的处理:$proposal\n"
        "你(单位)有权陈述和申辩。请自收到本告知书之日起 $days 个工作日内提出,可以书面,也可以口头;"
        "也可以放弃。逾期未提出的,视为放弃。不因陈述、申辩而加重处理。"
    ),
    K.FINDING_DECISION: (
        "$addressee:\n"
        "经调查,$subject有以下情形。\n$grounds\n查明的事实:$facts\n依据:$basis\n"
        "陈述和申辩:$defence\n量处的理由:$reasons\n现决定:$form。$span\n"
        "如不服本决定,可自收到之日起 $review_days 日内向$next申请复核;对复核结果仍不服的,"
        "可自收到复核决定之日起 $appeal_days 日内向$appeal提出申诉。复核、申诉期间不停止本决定的执行。"
    ),
    K.FINDING_ORDER: (
        "$addressee:\n"
        "经查,$subject有下列问题:$facts\n依据$basis,责令你(单位)于$until前改正:$what\n"
        "改正后请书面报告$issuer,由$issuer核查:$check\n逾期不改正或改正不到位的,将依照规定从重处理。"
    ),
    K.FINDING_ANSWER: (
        "$addressee:\n你(单位)于$filed对$matter提出的$instance收悉。经审查:$text\n决定:$decision\n$next_step"
    ),
    K.FINDING_REFERRAL: (
        "$addressee:\n"
        "我单位在办理问责事项中发现$subject涉嫌违法犯罪,依据$basis移送你单位依法处理。\n情况:$text\n"
        "附有关材料。请将处理结果函告$issuer。"
    ),
    K.COMMIT_TOWNSHIP: (
        "甲方:$party_a\n乙方:$party_b\n"
        "为落实《中华人民共和国义务教育法》,保障适龄儿童少年完成义务教育,双方签订$year责任书如下。\n"
        "$clauses\n控辍目标:$target\n本责任书一式两份,双方各执一份,自签字之日起至本学年结束有效。\n"
        "甲方(签字、盖章):\n乙方(签字):\n签订日期:"
    ),
    K.COMMIT_PRINCIPAL: (
        "甲方:$party_a\n乙方:$party_b\n"
        "为落实《中华人民共和国义务教育法》,切实控制学生辍学,双方签订$year责任书如下。\n"
        "$clauses\n控辍目标:$target\n"
        "发生辍学不等于失职:按时限如实报告、尽力劝返的不追究;迟报、瞒报、不作为的依规追究。\n"
        "本责任书一式两份,双方各执一份,自签字之日起至本学年结束有效。\n"
        "甲方(签字、盖章):\n乙方(签字):\n签订日期:"
    ),
    K.COMMIT_TEACHER: (
        "甲方:$party_a\n乙方:$party_b\n"
        "为控制学生辍学,保障每一名学生完成义务教育,双方签订$year责任书如下。\n"
        "$clauses\n控辍目标:$target\n"
        "发生辍学不等于失职:及时报告、家访劝返的不追究;迟报、瞒报、不作为的依规追究。\n"
        "本责任书一式两份,双方各执一份,自签字之日起至本学年结束有效。\n"
        "甲方(签字、盖章):\n乙方(签字):\n签订日期:"
    ),
    K.COMMIT_GUARDIAN: (
        "甲方:$party_a\n乙方(学生$name的监护人):$party_b\n"
        "依据《中华人民共和国义务教育法》第五条、第十一条,为保证孩子读完九年义务教育,双方签订$year责任书如下。\n"
        "$clauses\n学校保证平等对待每一名学生,不收取任何费用,有困难帮助解决。\n"
        "本责任书一式两份,双方各执一份,自签字之日起至本学年结束有效。\n"
        "甲方(签字、盖章):\n乙方(签字):\n签订日期:"
    ),
}
TEXTS = {kind: text.translate(FULL_WIDTH) for kind, text in WORDING.items()}
# What every letter knows of itself, the child and the sender.
KNOWN = {
    "issuer": "发文单位",
    "title": "文书名称",
    "number": "文号",
    "date": "发文日期",
    "addressee": "受文人",
    "name": "学生姓名",
    "sex": "性别",
    "born_on": "出生日期",
    "place": "学校班级",
    "address": "家庭住址",
    "guardians": "监护人",
    "relation": "监护人关系",
    "by": "经办人",
}
# The same of a document about staff or a unit, which speaks of no child.
KNOWN_OF_STAFF = {
    "issuer": "发文单位",
    "title": "文书名称",
    "number": "文号",
    "date": "发文日期",
    "addressee": "受文人",
    "by": "经办人",
}
# The frame around the text; what stands in it is no part of the text.
FRAME = ("issuer", "title", "number", "date")
OWN = {
    "days": "期限天数",
    "count": "累计次数",
    "reason": "事由",
    "appointed": "约定时间",
    "where": "地点",
    "at": "时间",
    "visitors": "家访人",
    "speaker": "谈话人",
    "text": "情况",
    "view": "监护人意见",
    "next_step": "商定的措施",
    "statement": "学生陈述",
    "since": "起始日期",
    "until": "截止日期",
    "leave": "审批类别",
    "school_part": "学校安排",
    "family_part": "家长配合",
    "last_attended": "最后到校日",
    "causes": "原因",
    "whereabouts": "去向",
    "visits": "劝返经过",
    "basis": "法律依据",
    "filed": "申诉日期",
    "matter": "申诉事项",
    "decision": "处理决定",
    "next": "复核机关",
    "measure": "拟作出的决定",
    "subject": "当事人",
    "grounds": "追究情形",
    "facts": "查明的事实",
    "proposal": "拟作出的处理",
    "defence": "申辩及采纳情况",
    "reasons": "量处的理由",
    "form": "处理形式",
    "span": "影响期",
    "review_days": "复核期限天数",
    "appeal_days": "申诉期限天数",
    "appeal": "申诉机关",
    "what": "改正内容",
    "check": "核查办法",
    "instance": "申请类别",
    "party_a": "甲方",
    "party_b": "乙方",
    "year": "学年",
    "clauses": "责任内容",
    "target": "目标",
}
SPECIAL = {
    (K.WRITTEN_WARNING, "days"): "旷课日期",
    (K.FINDING_ANSWER, "next_step"): "后续权利",
    (K.FINDING_REFERRAL, "basis"): "移送依据",
}
# An invented child: previews and test fillings never use a real one.
INVENTED = {
    "issuer": "清溪镇示范学校",
    "number": "示范学校警〔2026〕1号",
    "date": "2026年11月23日",
    "addressee": "李大山、王秀英",
    "name": "李小满(虚构)",
    "sex": "女",
    "born_on": "2013年4月1日",
    "place": "清溪镇示范学校 八(1)班",
    "address": "清溪镇示范村一组",
    "guardians": "李大山、王秀英",
    "relation": "父亲",
    "by": "余老师",
    "count": "2",
    "reason": "本学期多次旷课",
    "appointed": "2026年11月25日15:00",
    "where": "学校接待室",
    "at": "2026年11月22日16:00",
    "visitors": "余老师、村干部王某",
    "speaker": "余老师",
    "text": "孩子近来由祖父母照看,早上起得晚。",
    "view": "愿意配合,每天送孩子到校。",
    "next_step": "班主任每周电话联系一次。",
    "statement": "我会按时到校。",
    "since": "2026年12月1日",
    "until": "2027年1月15日",
    "leave": "休学",
    "school_part": "每周二、四放学后补习数学。",
    "family_part": "每晚督促完成作业,按时送到校。",
    "last_attended": "2026年11月3日",
    "causes": "家庭变故",
    "whereabouts": "随亲戚外出",
    "visits": "11月5日家访,未见到本人;11月9日家访,监护人同意劝返",
    "basis": "《中华人民共和国义务教育法》第五十八条",
    "filed": "2026年11月10日",
    "matter": "书面警告",
    "decision": "维持原警告。",
    "next": "县教育局",
    "measure": "记过处分",
    "subject": "某老师(虚构)",
    "grounds": "帮扶劝返不落实:接报后十日未家访",
    "facts": "接到旷课报告后未在规定期限内家访。",
    "proposal": "警示批评",
    "defence": "当事人称当时在外培训,经核属实,予以采纳。",
    "reasons": "未造成严重后果并及时改正。",
    "form": "警示批评",
    "span": "自送达之日起生效。",
    "review_days": "30",
    "appeal_days": "30",
    "appeal": "县人民政府",
    "what": "补齐三名学生的家访记录。",
    "check": "派员查阅记录并电话回访家长。",
    "instance": "复核申请",
    "party_a": "清溪镇示范学校 张校长",
    "party_b": "八(1)班班主任 余老师",
    "year": "2026—2027学年",
    "clauses": "一、每天如实点名,学生未到校及时核实并告知家长。",
    "target": "全学年辍学率不超过 1.8%",
}
BLANK = "________"


def own_names(kind) -> list[str]:
    """The blanks that only this kind of letter has, in the order of its text."""
    found = dict.fromkeys(Template(TEXTS[kind]).get_identifiers())
    return [name for name in found if name not in known_of(kind)]


def known_of(kind) -> dict[str, str]:
    """What every letter knows; of a document about staff nothing of a child."""
    return KNOWN_OF_STAFF if kind in STAFF_LETTERS else KNOWN


def labels_of(kind) -> dict[str, str]:
    """{blank: its Chinese name}: what every letter knows, and what this kind asks for."""
    return known_of(kind) | {name: SPECIAL.get((kind, name), OWN[name]) for name in own_names(kind)}


def invented(kind) -> dict[str, str]:
    """A filling for a child that does not exist."""
    days = "2026年11月17日、11月20日" if kind == K.WRITTEN_WARNING else "7"
    values = INVENTED | {"title": LetterKind(kind).label, "days": days}
    if kind in STAFF_LETTERS:
        values["addressee"] = values["subject"]
    return {name: values[name] for name in labels_of(kind)}


def fill_text(kind, values) -> str:
    """The product's own text of a letter with its blanks filled; what is not known is left to be written by hand."""
    return Template(TEXTS[kind]).substitute({name: values.get(name) or BLANK for name in labels_of(kind)})
