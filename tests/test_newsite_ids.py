"""`scrapy newsite`: the id of an article is what varies between addresses."""

from __future__ import annotations

import re

import pytest

from crawler.draft.addresses import forms, own_host
from crawler.draft.idents import Form
from crawler.profiles.patterns import pattern

SITES = {
    "netease": ["https://www.163.com/dy/article/G33O1QTA05372UZS.html", "https://www.163.com/dy/article/G40A8B1C05372UZS.html", "https://www.163.com/dy/article/H12B3C4D05372UZS.html"],
    "netease channel": ["https://money.163.com/19/0907/13/EOFOC8MJ00258105.html", "https://news.163.com/19/0907/16/EOG1Q3BU0001875P.html", "https://news.163.com/20/0229/18/F6ISIFBD0001899O.html"],
    "sohu, one account": ["https://www.sohu.com/a/780060546_458722", "https://www.sohu.com/a/733320600_458722", "https://www.sohu.com/a/701234567_458722"],
    "sohu, three accounts": ["https://www.sohu.com/a/780060546_458722", "https://www.sohu.com/a/733320600_120099902", "https://www.sohu.com/a/701234567_115362"],
    "sohu, long account": ["https://www.sohu.com/a/780060546_120099902", "https://www.sohu.com/a/733320600_120099902", "https://www.sohu.com/a/701234567_120099902"],
    "wechat by sn": [f"https://mp.weixin.qq.com/s?__biz=MzA5MTAxMjEyMQ==&mid=265092{n}&idx={i}&sn={sn}&chksm=84d2b4f2" for n, i, sn in ((1001, 1, "a6e1b5fce31bdd9bc64ef6ec2b5ab7e1"), (1001, 2, "0c51f6a9a7d0a3de1f0a3b2c4d5e6f70"), (1944, 1, "b7f2c6adf42cee0ad75f07fd3c6bc8f2"))],
    "wechat by mid and idx": [f"https://mp.weixin.qq.com/s?__biz=MzA5MTAxMjEyMQ==&mid={mid}&idx={idx}" for mid, idx in ((2650921001, 1), (2650921001, 2), (2650921944, 1))],
    "wechat, mids that differ": [f"https://mp.weixin.qq.com/s?__biz=MzA5MTAxMjEyMQ==&mid={mid}&idx=1" for mid in (2650921001, 2650921377, 2650921944)],
    "wechat short": ["https://mp.weixin.qq.com/s/NJgNozEXo47KCvmRL4hDiw", "https://mp.weixin.qq.com/s/c_QcHeu2nTqLmM-m3rVbJA", "https://mp.weixin.qq.com/s/VwXyZAbCdEfGhIjKlMnOpQ"],
    "baijiahao": ["https://baijiahao.baidu.com/s?id=1646796218135408573&wfr=spider&for=pc", "https://baijiahao.baidu.com/s?id=1594379932298080127&wfr=spider&for=pc", "https://baijiahao.baidu.com/s?id=1700123456789012345&wfr=spider&for=pc"],
    "ifeng": ["https://news.ifeng.com/c/7rtKNyg6PU9", "https://finance.ifeng.com/c/8ZkPq2LmN4a", "https://ent.ifeng.com/c/8AbCdEfGhIj"],
    "ifeng 2016": ["http://nb.ifeng.com/a/20200911/14526474_0.shtml", "http://nb.ifeng.com/a/20181001/13025111_0.shtml", "http://nb.ifeng.com/a/20190123/13531999_0.shtml"],
    "thepaper": ["https://www.thepaper.cn/newsDetail_forward_4506347", "https://www.thepaper.cn/newsDetail_forward_4150096", "https://www.thepaper.cn/newsDetail_forward_21640158"],
    "qq daily number": ["https://finance.qq.com/a/20190923/000843.htm", "https://finance.qq.com/a/20190924/000843.htm", "http://tech.qq.com/a/20161014/006270.htm"],
    "qq rain": ["https://new.qq.com/rain/a/20240518A060RN00", "https://new.qq.com/rain/a/20240518A05ZXC00", "https://new.qq.com/rain/a/20231002A012AB00"],
    "qq omn": ["https://new.qq.com/omn/20200708/20200708A0KVA400.html", "https://new.qq.com/omn/20200709/20200709A0B1C200.html", "https://new.qq.com/omn/20210101/20210101A0QWE300.html"],
    "sina": ["https://news.sina.com.cn/c/2019-11-25/doc-iihnzahi3275702.shtml", "https://news.sina.com.cn/c/2019-10-23/doc-iicezuev4202091.shtml", "https://news.sina.com.cn/o/2024-05-16/doc-inavmmfi1968342.shtml"],
    "xinhuanet": ["http://www.xinhuanet.com/world/2019-12/10/c_1125327450.htm", "http://www.xinhuanet.com/politics/2020-07/08/c_1126212966.htm", "http://www.xinhuanet.com/fortune/2018-03/02/c_1122475191.htm"],
    "news.cn": ["http://www.news.cn/politics/20231117/0123456789abcdef0123456789abcdef/c.html", "http://www.news.cn/world/20231118/89abcdef0123456789abcdef01234567/c.html", "http://www.news.cn/politics/20231117/fedcba9876543210fedcba9876543210/c.html"],
    "people": ["http://culture.people.com.cn/n1/2019/0615/c1013-31153719.html", "http://finance.people.com.cn/n1/2024/0510/c1004-40232587.html", "http://culture.people.com.cn/n1/2019/0616/c1013-31153820.html"],
    "youth": ["http://edu.youth.cn/jyzx/jyxw/201703/t20170310_9260562.htm", "http://edu.youth.cn/jyzx/jyxw/201703/t20170310_9260771.htm", "http://edu.youth.cn/jyzx/jyxw/201704/t20170402_9401120.htm"],
    "gmw": ["http://tech.gmw.cn/2017-03/10/content_23937776.htm", "https://news.gmw.cn/2024-05/20/content_37330990.htm", "https://news.gmw.cn/2024-05/20/content_37331222.htm"],
    "guancha": ["https://www.guancha.cn/politics/2019_09_08_516983.shtml", "https://www.guancha.cn/politics/2019_09_08_517001.shtml", "https://www.guancha.cn/internation/2024_05_20_735123.shtml"],
    "china.com.cn": ["http://news.china.com.cn/2018-05/20/content_51450000.htm", "http://news.china.com.cn/2018-05/20/content_51450171.htm", "http://news.china.com.cn/2023-05/20/content_117190001.shtml"],
    "toutiao": ["https://www.toutiao.com/a6732819573189378572/", "https://www.toutiao.com/a6734577895106150924/", "https://www.toutiao.com/a6734577895106150999/"],
    "toutiao 2021": ["https://www.toutiao.com/article/7370966182997787176/", "https://www.toutiao.com/article/7370966182997700001/", "https://www.toutiao.com/article/7169012345678901234/?log_from=a1b2c3d4e5f6_1700000000"],
    "huanqiu": ["https://world.huanqiu.com/article/9CaKrnKmYzq", "https://world.huanqiu.com/article/4HsN1q2wXyZ", "https://china.huanqiu.com/article/9CaKrnKnAbC"],
    "csdn": ["https://blog.csdn.net/someone/article/details/102345678", "https://blog.csdn.net/someone/article/details/98765432", "https://blog.csdn.net/other_one/article/details/120011223"],
    "bilibili": ["https://www.bilibili.com/read/cv1234567", "https://www.bilibili.com/read/cv23456789", "https://www.bilibili.com/read/cv3456701?from=search"],
    "cctv": ["https://news.cctv.com/2019/09/08/ARTIvTQz8dSMsqk7YmBL7sYh190908.shtml", "https://news.cctv.com/2024/05/20/ARTI0aBcDeFgHiJkLmNoPqRs240520.shtml", "https://news.cctv.com/2024/05/20/ARTItUvWxYz1234567890aBc240520.shtml"],
    "36kr": ["https://36kr.com/p/1725012345678", "https://36kr.com/p/2781234567890123", "https://36kr.com/p/2781234567890999"],
    "ithome": ["https://www.ithome.com/0/768/123.htm", "https://www.ithome.com/0/768/456.htm", "https://www.ithome.com/0/769/123.htm"],
    "chinanews": ["https://www.chinanews.com.cn/gn/2024/05-20/10219876.shtml", "https://www.chinanews.com.cn/sh/2024/05-20/10219999.shtml", "https://www.chinanews.com.cn/gn/2019/09-08/8950123.shtml"],
    "zhihu": ["https://zhuanlan.zhihu.com/p/81234567", "https://zhuanlan.zhihu.com/p/698765432", "https://zhuanlan.zhihu.com/p/7001"],
    "slug and date": ["https://www.timeslive.example/news/south-africa/2025-11-10-legal-team-argues-state-has-been-spying/", "https://www.timeslive.example/news/south-africa/2025-11-10-harbour-closes-for-repairs/", "https://www.timeslive.example/news/south-africa/2024-02-01-library-opens-in-old-depot/"],
    "slug and number": ["https://www.city.example/politik/ampeln-tot-s-bahnen-stoppen-410390514.html", "https://www.city.example/politik/doku-gelobt-410390777.html", "https://www.city.example/politik/wie-sicher-ist-das-netz-409111222.html"],
    "number before the slug": ["https://www.city.example/sport/article242348272/Kampf-um-die-Krone.html", "https://www.city.example/sport/article242348999/Sieg-im-Regen.html", "https://www.city.example/sport/article241000001/Neue-Halle-am-Fluss.html"],
    "one slug on two days": ["https://www.city.example/2025/11/10/morning-news/", "https://www.city.example/2025/11/11/morning-news/", "https://www.city.example/2025/11/11/evening-news/"],
    "section and number": ["https://www.city.example/news.php?cat=3&id=1934", "https://www.city.example/news.php?cat=3&id=77", "https://www.city.example/news.php?cat=3&id=1204"],
}  # fmt: skip
"""Three articles of each site; forms as on real sites, ids invented."""

NOISE = ("{url}", "{url}#comments", "{url}{mark}from=timeline&isappinstalled=0", "{url}{mark}utm_source=app")


def ident(found: list[Form], url: str) -> str | None:
    """Return the id by the first form that matches, as a profile reads it."""
    form = next((one for one in found if pattern(one.match).search(url)), None)
    return form.id_of(url) if form is not None else None


def noisy(url: str) -> list[str]:
    """Return an address as it is passed around: with a fragment, with parameters of trackers, by the other scheme."""
    mark = "&" if "?" in url else "?"
    found = [form.format(url=url, mark=mark) for form in NOISE]
    if "?" in url:
        page, _, query = url.partition("?")
        found.append(f"{page}?from=singlemessage&{query}")
    return [*found, re.sub(r"^https?", "http", url)]


@pytest.mark.parametrize("site", SITES)
def test_ids_separate_the_articles_of_a_site(site: str) -> None:
    """Three articles have three ids, and an article keeps its id whatever is appended to its address."""
    urls = SITES[site]
    found = forms(urls, own_host(urls))
    idents = [ident(found, url) for url in urls]
    assert None not in idents
    assert 3 == len(set(idents))
    assert idents == [next(iter({ident(found, variant) for variant in noisy(url)})) for url in urls]
    for url, own in zip(urls, idents, strict=True):
        assert {own} == {ident(found, variant) for variant in noisy(url)}
