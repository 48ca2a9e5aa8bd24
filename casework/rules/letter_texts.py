"""The product's own wording of each letter; a bureau may put its own in place (P30). `$name` and the like are filled in."""

from casework.enums import LetterKind

K = LetterKind
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
}
# Records and letters between offices; letters to guardians wait for their receipt.
NEEDS_NO_RECEIPT = (K.HOME_VISIT, K.TALK, K.DROPOUT_REPORT, K.ENQUIRY, K.REFERRAL)
TEXTS = {
    K.WRITTEN_WARNING: (
        "$guardians:\n您的孩子 $name($place)于 $days 旷课,本学期已累计 $count 次。"
        "学校依据《中小学教育惩戒规则(试行)》予以书面警告,并请您配合督促孩子按时到校。"
        "如有困难请与班主任联系,学校会提供帮助。\n如对本警告有异议,可在收到之日起十五个工作日内向学校学生申诉委员会申诉。"
    ),
    K.SUMMONS: (
        "$guardians:\n因 $name($place)$reason,请您于 $appointed 到 $where 面谈,共同商定孩子按时到校的办法。"
        "如确有不便,请提前联系改约。"
    ),
    K.HOME_VISIT: "学生:$name($place)\n家访时间:$at\n地点:$where\n家访人:$visitors\n情况:$text\n监护人意见:$view\n商定的措施:$next_step",
    K.TALK: "学生:$name($place)\n时间:$at\n地点:$where\n谈话人:$by\n内容:$text\n学生陈述:$statement",
    K.LEAVE_DECISION: "$guardians:\n经审核,同意 $name($place)自 $since 至 $until $kind,原因:$reason。期满请按时办理复学。",
    K.TUTORING: (
        "甲方:$issuer\n乙方(监护人):$guardians\n为帮助 $name($place)按时到校、跟上学业,双方约定:\n一、学校安排:$school_part\n"
        "二、家长配合:$family_part\n三、自 $since 至 $until,期满共同评估。"
    ),
    K.CONFERENCE: "$guardians:\n学校定于 $appointed 在 $where 召开 $name($place)的帮扶会议,商定帮扶措施,请您参加。您的意见会写入会议记录。",
    K.DROPOUT_REPORT: (
        "报:$addressee\n学生:$name,$sex,$born_on 出生,$place,家住 $address。监护人:$guardians($relation)。\n"
        "最后到校日:$last_attended。原因:$causes。去向:$whereabouts。\n劝返经过:$visits\n"
        "依据《中华人民共和国未成年人保护法》第二十八条,学校多次劝返无效,现书面报告。\n报告人:$by"
    ),
    K.RETURN_NOTICE: (
        "$guardians:\n您的孩子 $name($place)自 $last_attended 后未到校。依据《中华人民共和国义务教育法》第五条、第十一条、第五十八条,"
        "适龄儿童、少年的父母或者其他法定监护人应当依法保证其按时入学接受并完成义务教育。"
        "请您在收到本通知之日起 $days 日内送孩子返校;有困难请提出,学校和 $issuer 会帮助解决。\n"
        "逾期不送返校的,将依法给予批评教育、责令限期改正。"
    ),
    K.ENQUIRY: "$addressee:\n我县学生 $name($sex,$born_on 出生)随父母在你处务工或居住,现未在校就读。请协助查找并劝其返校,情况请函复 $issuer。",
    K.ORDER: (
        "$guardians:\n经查,您未依法送 $name 入学接受义务教育。依据$basis,责令您自收到本通知之日起 $days 日内改正,送其返校。"
        "如不服,可依法申请行政复议或提起行政诉讼。"
    ),
    K.REFERRAL: "$addressee:\n现将 $name($sex,$born_on 出生)的有关情况移送你单位依法处理:$text\n请将处理结果函告 $issuer。",
    K.APPEAL_ANSWER: "$guardians:\n您于 $filed 就 $about 提出的申诉收悉。经审查:$text\n决定:$decision\n如不服,可在收到之日起十五个工作日内向 $next 申请复核。",
    K.HEARING: "$guardians:\n学校拟对 $name 作出$measure。您有权要求听证。听证定于 $appointed 在 $where 举行,请参加并陈述意见。",
}
