"""Word lists of the prose generator: invented towns, people, offices and things, and templates for sentences.

Every place, office, medium and person is invented. The fixed parts of the templates are short (under a dozen
characters), so that no two generated sentences share a run that a shingle test would report as a copy.
"""

TOWNS = (
    "青屿市 临溪县 白塔镇 鹭川市 云梯县 石桥镇 望潮市 南榆区 沙湾街道 北岑县 竹溪口 梧桐渡 雁回市 松涛县 乌篷镇 "
    "柳林湾 金鸥新区 桂岭县 明渠镇 长汐市 苇塘乡 东篱县 半夏镇 星河口 龙泉坳 甘棠市 枫桥坪 双槐县 澄湖区 铁索镇"
).split()
COUNTRIES = "赛诺兰 北梵岛 柯瑞亚 蓝墩国 维里亚 东屏群岛 欧特兰".split()
SURNAMES = "沈 陆 顾 韩 邵 温 裴 钟 简 柯 骆 安 盛 尹 虞 卓 邢 牧 诸葛 欧阳 闻人 岑 游 樊 庄 鲍".split()
GIVEN = "望舒 知远 清和 砚秋 若木 怀瑾 晚晴 子衿 云帆 敬之 疏影 南星 墨白 明澈 长庚 予安 听雨 景行 木槿 小满 立冬 阿蛮".split()
OFFICES = (
    "水务局 交通运输局 气象台 博物馆 图书馆 农业技术推广站 消防救援大队 第三小学 职业技术学院 地铁公司 公交集团 "
    "体育中心 疾控中心 植物园 海事处 文化馆 统计调查队 供电所 中心医院 规划展示馆 渔业协会 灯塔管理站 邮政分局"
).split()
COMPANIES = "远帆科技 蓝鲸半导体 青藤能源 知更鸟机器人 拾光影业 麦浪食品 北斗星座物流 橙叶医疗 木星汽车 海雀航空 半山茶业 纸鸢传媒".split()
LATIN = (
    "OpenHarbor-7",
    "LoRa",
    "Wi-Fi 6",
    "R&D",
    "ISO9001",
    "GPU",
    "eVTOL",
    "LED",
    "5G-A",
    "COP31",
    "A/B",
    "Type-C",
    "PM2.5<10",
)
THINGS = (
    "跨海渡轮 旧码头仓库 社区食堂 夜间公交 雨水花园 乡村图书角 潮汐车道 智能路灯 候鸟观测站 海带养殖架 老式蒸汽机车 "
    "木拱廊桥 旧书集市 共享雨伞 校园气象站 无人清扫船 山地缆车 稻田步道 海水淡化装置 手工酱油坊 城市绿道 便民修补摊 "
    "风力发电机 盲道 垃圾分类站 儿童友好公园 口袋书店 渔港冷库 地下管廊 梯田灌渠"
).split()
ACTIONS = (
    "启动改造 试运行 延长开放时间 接受检修 免费开放 更换设备 公开征集意见 进入调试阶段 迎来首批访客 完成验收 "
    "暂停服务两天 扩建一倍 引入志愿者 改为预约制 接入数据平台 恢复使用 通过专家评审 重新命名 完成搬迁 上调补贴"
).split()
TIMES = (
    "上周三 本月初 昨天傍晚 清明前后 入冬以来 今年一季度 前年夏天 雨季到来之前 周末清晨 去年年底 放学之后 凌晨两点 "
    "台风过境后 开渔首日 中秋前夕 连续三个月 早高峰期间 春耕时节"
).split()
FEELINGS = "既惊又喜 心里踏实 哭笑不得 半信半疑 忙得停不下来 松了一口气 颇感意外 不太习惯 由衷佩服 略有担心".split()
REASONS = (
    "客流增长过快 管线已经老化 居民反复提议 预算终于到位 水位持续偏低 零件难以买到 两地口音不同 学生人数翻番 "
    "旧图纸无从查找 夜里风浪太大 油价出现波动 老师傅即将退休 地形过于陡峭 标准前后不一"
).split()
RESULTS = (
    "排队时间缩短近半 每天少跑两趟 噪声降到了允许范围 订单排到了明年 村口多了一盏灯 孩子们不必绕路 投诉量明显回落 "
    "老人学会了扫码 海鸟重新飞回滩涂 仓库腾出一层楼 收入比往年多了三成 试点扩大到六个街区"
).split()
UNITS = "吨 公里 户 张床位 平方米 班次 名学员 台设备 亩 份问卷 万元 座岗亭".split()
TOPICS = "交通 教育 科技 体育 文化 财经 健康 环保 海洋 天气 美食 旅行 汽车 考古 农业 就业".split()
MEDIA_HEAD = "鹭川 青屿 望潮 白塔 临溪 云梯 雁回 甘棠 长汐 澄湖 松涛 金鸥".split()
MEDIA_TAIL = "晚报 日报 发布 观察 新闻网 电视台 商报 周刊 早班车 融媒".split()
HAO_HEAD = "老槐树下 半截粉笔 海边的阿蛮 二十四桥 慢火车 一碗清汤 木匠与猫 夜航船 纸上山河 风筝误 隔壁修表铺 灯下漫笔 南窗 潮间带 拾穗 麻雀电台".split()
HAO_TAIL = "说事 笔记 聊科技 看球 讲故事 漫谈 的书房 观察室 生活志 V 2号 Lab 播报 旅行记".split()
SLOGANS = (
    "专注{topic}，每天一条{feel}的小事",
    "带你看{town}的{thing}",
    "{topic}领域创作者，欢迎指正",
    "记录{time}的{topic}变化!",
    "写给{feel}的读者",
)
HEADLINES = (
    "{town}{thing}{action}，{person}：{result}",
    "{town}“{thing}”{action} {office}回应",
    '{town}"{thing}"{action} {media}:{result}',
    "{num}{unit}！{town}{thing}{time}{action}",
    "{person}：{reason}，{thing}为何还要{action}？",
    "{time}，{town}人{feel}：{thing}{action}了",
    "{company}{action} {town}{num}{unit}订单花落谁家",
    "实拍{town}{thing}{action} 网友{feel}",
    "{country}{thing}{action} {person}谈“{reason}”",
    "{topic}丨{town}{office}：{thing}{action}",
    "{thing}{action}背后：{reason}，{result}",
    "从{num}到{num}，{town}{thing}凭什么{result}",
    "{office}提醒：{time}{thing}{action}，请留意",
)
SENTENCES = (
    "{time}，{town}{office}宣布，{thing}将{action}，涉及{num}{unit}。",
    "“{reason}，这是没办法的事。”{person}指着{thing}说，“不过{result}，大家{feel}。”",
    "据{media}报道，{town}共有{num}{unit}与{thing}有关，其中{num}{unit}已经{action}。",
    "{office}负责人{person}介绍，由于{reason}，原定{time}进行的{action}推迟到了{month}月{day}日。",
    "记者在{town}看到，{thing}旁边立着一块“{action}”的牌子，{person}正在登记{num}{unit}的去向。",
    "{company}表示，{latin}方案比旧方案节省{age}%，{result}。",
    "{person}今年{age}岁，从{town}搬来已有{small}年，对{thing}{action}一事{feel}。",
    "一份由{office}完成的统计显示：{time}，{thing}的使用率为{age}.{small}%，{result}。",
    "不少人问，既然{reason}，为什么不早些{action}？{person}的回答是：“要等{thing}先稳下来。”",
    "{town}的做法并不复杂：先{action}，再请{office}核对{num}{unit}，最后由{company}接手。",
    "与{country}不同，{town}的{thing}只有{num}{unit}，却{result}。",
    "按照计划，{month}月{day}日前，{latin}设备会装进{thing}，{person}负责看护。",
    "{time}下过一场雨，{thing}停了{small}个小时，{office}连夜派出{num}人。",
    "“我{feel}，”{person}说，“{town}终于等到了{thing}{action}的这一天。”",
    "算下来，每{unit}的成本约为{num}元，比{time}低了{small}个百分点，原因在于{reason}。",
    "《{town}{topic}志》里写过，{thing}最早出现在{small}十年前，当时{reason}。",
    "{media}评论员{person}认为，{action}只是第一步，能否{result}，还要看{office}怎么做。",
    "傍晚时分，{person}和{person}沿着{thing}走了{small}公里，数出{num}处待修的地方。",
    "{company}的工程师{person}补充说，{latin}在{town}测试了{num}次，失败{small}次。",
    "截至{month}月{day}日{hour}时，{town}报名人数达到{num}，{office}决定{action}。",
    "也有居民{feel}，理由是{reason}；对此，{office}答复称将在{time}之前给出说法。",
    "{topic}圈里流传一句话：{thing}不{action}，{town}就睡不着。",
    "名单上列着{num}个名字，排在头一个的是{person}，末一个是{person}。",
    "{person}把账本翻到{month}月{day}日那一页：收{num}元，支{num}元，余{small}元。",
    "{country}代表团{time}到访{office}，对{thing}看了又看，临走留下{small}箱样品。",
    "两年之后再看，{town}与{town}之间的{thing}已经{action}，来回不到{age}分钟。",
    "{company}股价当天下跌{small}.{small}%，{person}解释称，{reason}所致，与{latin}无关。",
    "球赛踢到第{age}分钟，{town}队的{person}禁区外起脚，全场{feel}。",
    "气温降到零下{small}℃，{thing}表面结了薄冰，{office}改用{latin}传感器读数。",
    "样本一共{num}件，出土于{town}东南，{office}鉴定后认为与{small}百年前的{thing}同源。",
    "“先别急着{action}，”{person}摆了摆手，“把{num}{unit}数清楚再说。”",
    "{person}在{media}的节目里算过一笔账：{num}{unit}摊到每个人头上，还不到{small}元。",
    "学校门口的{person}卖了{age}年糖粥，{time}头一回听说{thing}要{action}。",
    "论文发表在《{topic}通报》第{small}期，作者{person}用{latin}重做了{num}组对照。",
    "{office}把电话公布出来，头一天接到{num}个来电，问得最多的是“{thing}还在不在”。",
    "列车驶过{town}大桥，窗外的{thing}一闪而过，{person}按下了第{num}次快门。",
    "菜单上只有{small}样东西，卖得最好的叫“{town}{topic}面”，一碗{age}元。",
    "法庭没有当庭宣判，{person}的代理人表示，将就{num}{unit}的归属继续举证。",
)
ENDINGS = (
    "这一次，{town}把{thing}的钥匙交给了{person}，{result}。",
    "至于下一步怎么走，{office}说，{month}月见分晓。",
    "“慢一点没关系，”{person}最后说，“{result}就好。”",
    "{thing}还在那里，{time}的风照样吹过{town}。",
)
SUBHEADS = ("{reason}怎么办", "{num}{unit}从哪里来", "一个{feel}的决定", "{action}之后", "“{result}”", "{town}的算盘")
CAPTIONS = (
    "{town}{thing}，{time}拍摄",
    "图为{person}在{town}检查{thing}",
    "{thing}示意图 来源：{office}",
    "{time}的{town}街头",
)
COMMENTS = (
    "{town}人路过，{thing}确实该{action}了",
    "看完{feel}，{result}就行",
    "{reason}？我看未必",
    "支持{person}！",
    "希望{office}也来我们这里看看{thing}",
    "{small}年前就盼着这事",
)

COMMON = (
    "山水风云林石海岛桥船花草树叶鸟鱼马牛羊米茶布衣灯火土木金玉铁沙波浪雨雪雷春夏秋冬东南西北红黄蓝绿青白黑紫高低长短宽窄深浅轻重快慢"
    "冷热干湿甜苦酸辣香远近里外左右来去走跑坐站看听说读写画唱跳笑哭吃喝睡醒买卖借还开关进出推拉搬送取放洗扫修补造建种收打踢抓握举"
    "门窗墙屋院街路村城店厂田园河湖井泉谷坡峰岭湾港堤岸塔亭楼阁桌椅床柜箱袋瓶碗杯盘刀剪针线绳布纸笔墨砚书信册琴棋鼓钟镜伞帽鞋袜"
    "头手足耳眼口鼻心肩背腰膝父母兄弟姐妹叔姨孩童友邻师徒客主兵农工商医匠渔猎牧耕织染"
)
"""Common characters that mean nothing together: what scrubbed pages are written in."""
