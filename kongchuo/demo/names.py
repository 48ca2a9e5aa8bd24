"""Names that sound right in a county of Guizhou: Han and minority ones, none of anybody in particular."""

from random import Random

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
    "范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤安管禄"
)
GIVEN = {
    "male": "伟强军磊洋勇杰涛超鹏浩宇轩博文俊豪子涵天佑家明志海波小龙建国永兴贵云飞江山林成光辉国栋思远晨阳",
    "female": "芳娜敏静丽娟燕艳霞玲雪梅佳琪雨婷欣怡梦洁诗涵思语晓红秀英桂兰春花小雨可馨紫萱玉珍彩云",
}
YI = ("阿苏", "吉克", "沙马", "阿木", "的日", "莫色")
YI_GIVEN = ("伍果", "拉者", "阿支", "尔布", "木呷", "古者", "阿依", "日哈")
UYGHUR = ("阿依古丽", "买买提", "古丽娜尔", "艾合买提", "吐尔逊", "热依汗", "努尔兰", "阿迪力")
HUI = "马哈撒穆海买锁"
ETHNICITIES = (
    ("汉族", 62),
    ("苗族", 13),
    ("彝族", 11),
    ("布依族", 6),
    ("回族", 4),
    ("仡佬族", 2),
    ("穿青人", 1.5),
    ("维吾尔族", 0.5),
)
VILLAGES = ("新村", "大寨", "下坝", "青山", "石门", "白岩", "龙塘", "河边", "二台", "花苗寨")
RELATIONS = (("父亲", 38), ("母亲", 34), ("祖父", 10), ("祖母", 12), ("外祖母", 4), ("叔叔", 2))


def pick(random: Random, weighted):
    values, weights = zip(*weighted, strict=True)
    return random.choices(values, weights)[0]


def name(random: Random, sex: str, ethnicity: str) -> str:
    """A full name as a person of that sex and ethnicity may bear."""
    if ethnicity == "维吾尔族":
        return "·".join(random.sample(UYGHUR, 2))
    if ethnicity == "彝族" and random.random() < 0.4:
        return f"{random.choice(YI)}·{random.choice(YI_GIVEN)}"
    surname = random.choice(HUI if ethnicity == "回族" else SURNAMES)
    return surname + "".join(random.choice(GIVEN[sex]) for _ in range(1 if random.random() < 0.2 else 2))


def adult(random: Random) -> str:
    return name(random, random.choice(("male", "female")), "汉族")
