"""The portal's fixed words: menus of the navigation, the footer's links, the standing phrases.

Channel names and the standing phrases are the portal's own (they are what its pages are recognised by); the menus'
order and most product names are ours.
"""

QUICK: tuple[tuple[tuple[str, str], ...], ...] = (
    (("新闻", "news.163.com"), ("军事", "war.163.com"), ("国际", "news.163.com/world"), ("国内", "news.163.com/domestic"),
     ("社会", "news.163.com/shehui"), ("评论", "view.163.com"), ("图片", "news.163.com/photo")),
    (("体育", "sports.163.com"), ("中超", "sports.163.com/zc"), ("CBA", "sports.163.com/cba"), ("NBA", "sports.163.com/nba"),
     ("英超", "sports.163.com/yc"), ("意甲", "sports.163.com/yj"), ("西甲", "sports.163.com/xj"), ("综合", "sports.163.com/allsports")),
    (("娱乐", "ent.163.com"), ("音乐", "ent.163.com/music"), ("电视", "ent.163.com/tv"), ("电影", "ent.163.com/movie"),
     ("明星", "ent.163.com/star")),
    (("财经", "money.163.com"), ("基金", "money.163.com/fund"), ("理财", "money.163.com/licai"), ("股票", "money.163.com/stock"),
     ("商业", "biz.163.com"), ("新股", "money.163.com/ipo")),
    (("汽车", "auto.163.com"), ("新能源", "auto.163.com/elec"), ("购车", "auto.163.com/buy"), ("车型库", "product.auto.163.com")),
    (("科技", "tech.163.com"), ("互联网", "tech.163.com/internet"), ("通信", "tech.163.com/telecom/"), ("IT", "tech.163.com/it"),
     ("网易智能", "tech.163.com/smart/")),
    (("时尚", "fashion.163.com"), ("艺术", "fashion.163.com/art"), ("亲子", "baby.163.com")),
    (("手机", "mobile.163.com"), ("数码", "digi.163.com/"), ("易评机", "mobile.163.com/special/cpshi_list/")),
    (("房产", "house.163.com"), ("家居", "home.163.com"), ("楼盘库", "xf.house.163.com"), ("卫浴", "home.163.com/weiyu/")),
    (("旅游", "travel.163.com"), ("美食", "travel.163.com/food"), ("户外", "travel.163.com/outdoor")),
    (("教育", "edu.163.com"), ("高考", "edu.163.com/gaokao"), ("外语", "edu.163.com/en"), ("留学", "edu.163.com/liuxue")),
)  # fmt: skip

APPS = (("newsapp", "网易新闻", "m.163.com/newsapp/"), ("mail", "邮箱大师", "mail.163.com/client/dl.html"),
        ("open", "网易公开课", "open.163.com/"), ("yanxuan", "网易严选", "you.163.com/"), ("study", "云课堂", "study.163.com/"))  # fmt: skip

PRODUCTS = (
    ("huatian", "公开课", "open.163.com/", ("付费精品", "赏课", "TED", "名校课程", "纪录片")),
    ("lofter", "严选", "you.163.com/", ("新品", "餐厨", "居家", "服饰", "母婴", "限时购")),
    ("money", "支付", "ecard.163.com/", ("一卡通充值", "我的支付", "智造")),
    ("mail", "邮箱", "email.163.com/", ("企业邮箱", "免费邮箱", "VIP邮箱", "客户端下载")),
)

FOOTER = (
    ("公司简介", "https://corp.163.com/gb/about/overview.html"),
    ("招聘信息", "https://corp.163.com/gb/job/job.html"),
    ("About NetEase", "https://corp.163.com/"),
    ("联系方法", "https://corp.163.com/gb/contactus.html"),
    ("隐私政策", "https://corp.163.com/gb/legal.html"),
    ("客户服务", "https://help.163.com/"),
    ("广告服务", "http://emarketing.163.com/"),
    ("侵权投诉", "https://corp.163.com/special/008397U0/reporting_infringements_dy.html"),
    ("不良信息举报", "http://jubao.aq.163.com/"),
)

DISCLAIMER = (
    "特别声明：以上内容(如有图片或视频亦包括在内)为自媒体平台“网易号”用户上传并发布，本平台仅提供信息存储服务。"
)
NOTICE = (
    "Notice: The content above (including the pictures and videos if any) is uploaded and posted by a user of NetEase Hao, "
    "which is a social media platform and only provides information storage services."
)
TIP = "打开网易新闻 查看精彩图片"

CHANNELS = {
    "news": ("新闻", "网易新闻", "https://news.163.com/"),
    "sports": ("体育", "网易体育", "https://sports.163.com/"),
    "money": ("财经", "网易财经", "https://money.163.com/"),
    "tech": ("科技", "网易科技", "https://tech.163.com/"),
    "ent": ("娱乐", "网易娱乐", "https://ent.163.com/"),
    "gov": ("政务", "网易政务", "https://gov.163.com/"),
    "auto": ("汽车", "网易汽车", "https://auto.163.com/"),
    "dy": ("网易号", "网易订阅", "https://dy.163.com/"),
}
