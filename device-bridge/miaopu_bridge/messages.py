"""What the bridge says to people, Chinese and English, by code; the codes are stable.

The only home of these words: `miaopu generate` writes the application's copy, for what it says by
itself with the same codes, such as of a reader that types.
"""

from collections.abc import Mapping

from miaopu_bridge.shapes import BothLanguages

MESSAGES: Mapping[str, tuple[str, str]] = {
    "card.no_data": (
        "卡上没有读到数据，请换个方向再刷一次，或人工查找",
        "Nothing was read. Turn the card and swipe again, or search",
    ),
    "card.too_short": (
        "卡号不足 6 位，请确认是接种证的卡",
        "A card's number has 6 digits or more; is it a certificate's card?",
    ),
    "card.no_start": (
        "卡没有读完整，请匀速再刷一次",
        "The card was read in part; swipe it again at an even speed",
    ),
    "card.no_end": (
        "卡没有读完整，请匀速再刷一次",
        "The card was read in part; swipe it again at an even speed",
    ),
    "card.bad_character": (
        "卡上的数据不是本系统的，请确认是接种证的卡",
        "This is not a certificate's card",
    ),
    "card.too_long": (
        "卡上的数据太长，请确认是接种证的卡",
        "The card holds too much; is it a certificate's card?",
    ),
    "card.bad_lrc": (
        "读卡校验不对，请擦净磁条后再刷一次",
        "The card was misread; wipe the stripe and swipe it again",
    ),
    "card.bad_frame": (
        "读卡器传来的数据不完整，请再刷一次",
        "The reader sent broken data; swipe again",
    ),
    "card.write_failed": (
        "卡没有写成，请匀速再刷一次；再失败请换一张卡。没有登记发卡",
        "The card was not written. Try again at an even speed, then with another card; nothing "
        "was recorded as issued",
    ),
    "card.write_timeout": (
        "等了 30 秒没有刷卡，已停止写卡。没有登记发卡",
        "No card was swiped within 30 seconds; nothing was written or recorded as issued",
    ),
    "card.write_stopped": ("已停止写卡，没有登记发卡", "Writing was stopped; nothing was issued"),
    "card.write_unplugged": (
        "写卡中途写卡器断开了，这张卡不能发。没有登记发卡",
        "The writer was unplugged while it wrote: do not hand this card out; nothing was issued",
    ),
    "card.not_read_back": (
        "卡写了但读不回来，这张卡不能发。请重写，或换一张卡",
        "The card was written but cannot be read: do not hand it out. Write again or take another",
    ),
    "card.mismatch": (
        "读回的卡号与写入的不同，这张卡不能发。请重写，或换一张卡",
        "What was read back is another number: do not hand the card out. Write it again",
    ),
    "card.cannot_write": (
        "卡号应为 6 至 37 位数字，没有写卡",
        "A card's number has 6 to 37 digits; nothing was written",
    ),
    "id.not_read": (
        "身份证没有读到，请拿开后再放一次",
        "The ID card was not read; take it away and put it there again",
    ),
    "id.not_text": (
        "身份证里的文字读不懂，请手工录入",
        "The ID card's text makes no sense; type it in",
    ),
    "scan.no_end": (
        "条码没有传完，请再扫一次；扫码枪应设为加回车（CR）",
        "The code broke off; scan again. The scanner must end a code with CR",
    ),
    "device.unplugged": (
        "没有接通（{port}）：请看线是否插好、设备是否开机",
        "Not there ({port}): is the cable in, is the device on?",
    ),
    "device.no_answer": (
        "设备没有回应（{port}，波特率 {baud}）：请看是否开机；"
        "波特率是否相符，可用 miaopu-bridge probe {id} 试",
        "The device does not answer ({port} at {baud} baud): is it on? Is the baud rate right? "
        "Try: miaopu-bridge probe {id}",
    ),
    "device.wrong_baud": (
        "传来的是乱码，像是波特率不对（现用 {baud}）。可用 miaopu-bridge probe {id} 试出",
        "What comes makes no sense: this looks like a wrong baud rate; tried {baud}. "
        "Find the right one by: miaopu-bridge probe {id}",
    ),
    "device.in_use": (
        "端口 {port} 被另一个程序占用，请先关掉它",
        "Another program uses {port}; close it first",
    ),
    "device.no_permission": (
        "没有权限打开 {port}：请把运行设备桥的用户加入 dialout 组",
        "{port} may not be opened: add the bridge's user to the group dialout",
    ),
    "device.no_port": ("没有设置端口（port）", "No port is configured"),
    "device.driver_failed": (
        "驱动程序出错，已停用；详见设备桥的日志",
        "The driver failed and is stopped; see the bridge's log",
    ),
    "device.none": (
        "没有接通能做这件事的设备",
        "There is no device here that can do this",
    ),
    "device.busy": (
        "写卡器正在写另一张卡，请先完成或取消",
        "The writer is busy with another card; finish or stop that first",
    ),
    "pin.bad_length": ("密码应为 4 至 12 位数字", "A password has 4 to 12 digits"),
    "pin.bad_character": ("密码只能是数字", "A password has digits only"),
    "pin.not_finished": ("密码没有按“确认”键，请重新输入", "Enter was not pressed; type it again"),
    "origin.missing": (
        "设备桥只回答浏览器里的应用程序",
        "The bridge answers the application in a browser only",
    ),
    "origin.not_allowed": (
        "此网址不在设备桥的许可列表中，请在本机配置 allow_origins",
        "This address is not on the bridge's list; add it to allow_origins on this PC",
    ),
    "host.not_allowed": (
        "请用 127.0.0.1 或 localhost 访问设备桥",
        "Reach the bridge as 127.0.0.1 or localhost",
    ),
    "pair.wrong_code": (
        "配对码不对，请看本机设备桥窗口中的六位数字",
        "Wrong code: type the six digits that the bridge shows on this PC",
    ),
    "pair.too_many_tries": (
        "试错太多，设备桥已换新的配对码，请稍候再试",
        "Too many wrong codes; the bridge shows a new one: wait, then try again",
    ),
    "pair.required": (
        "本浏览器还没有与设备桥配对，请先输入配对码",
        "This browser is not paired with the bridge; enter its code first",
    ),
    "request.bad": ("请求的内容不对", "The request is not well formed"),
    "request.too_big": ("请求的内容太大", "The request is too big"),
    "not_found": ("没有这个地址", "There is nothing at this address"),
    "print.unknown_template": ("没有这种打印单证", "There is no such form"),
    "print.bad_data": ("打印内容不完整或有错", "The form's data are incomplete or wrong"),
    "print.no_glyph": (
        "本机没有含此字的字库，没有打印。请安装字库，或改用浏览器打印后手写补上",
        "No font of this PC has one of the characters; nothing was printed. Install a font that "
        "has it, or print with the browser and write it by hand",
    ),
    "print.does_not_fit": (
        "内容超出纸上的位置，没有打印。请缩短后重打",
        "A text is wider than its place on the paper; nothing was printed. Shorten it",
    ),
    "print.too_long": (
        "内容超出这种纸能容纳的页数，没有打印",
        "The form takes more pages than its paper has; nothing was printed",
    ),
    "print.too_slow": (
        "排版用时过长，已中止，没有打印",
        "Setting the form took too long; nothing was printed",
    ),
    "print.stopped": ("打印程序中断，请重试", "The printing process ended; print again"),
    "print.problem": (
        "打印失败，请重试；再失败请找管理员",
        "Printing failed; retry, then ask for help",
    ),
    "printer.unknown": ("没有这台打印机", "There is no such printer"),
    "printer.cannot_print": (
        "这台打印机不能打印这种单证",
        "This printer cannot print this form",
    ),
    "printer.off_page": (
        "打印位置超出纸边，请重新校准这台打印机",
        "The printer's calibration moves text over the edge; measure it again",
    ),
    "printer.label_small": (
        "标签纸太小，放不下内容。请换大一点的标签，并改 width_mm、height_mm",
        "The label is too small for what goes on it; take a bigger one and set its size",
    ),
    "printer.no_paper": ("打印机缺纸，装纸后请重试", "The printer has no paper; load it and retry"),
    "printer.paper_ended": (
        "打印中途缺纸：纸上可能只有一部分。请看纸，装纸后从缺的那一行起重打",
        "The paper ran out while printing: a part may be on it. Look, load paper, and print on "
        "from the line that is missing",
    ),
    "printer.offline": (
        "打印机没有联机，请按打印机上的“联机”键后重试",
        "The printer is off line; press its on-line key and retry",
    ),
    "printer.fault": (
        "打印机报告故障（盖子、卡纸），排除后重试",
        "The printer reports a fault (cover, paper jam); mend it and retry",
    ),
    "printer.unplugged": (
        "打印机没有接通，请检查电源和连线后重试",
        "The printer is off or unplugged; check it and retry",
    ),
    "printer.no_answer": (
        "打印机没有回应，请检查电源和连线后重试",
        "The printer does not answer; check it and retry",
    ),
    "printer.not_accepting": (
        "打印机不接收数据，请看是否联机、有纸，然后重试",
        "The printer takes no data; put it on line, with paper, and retry",
    ),
    "printer.folder": (
        "PDF 文件夹不能写入，请检查磁盘空间和权限",
        "The PDF folder cannot be written; check the disk's space and rights",
    ),
    "printer.no_cups": ("本机没有安装 CUPS（lp）", "CUPS (lp) is not installed on this PC"),
    "printer.cups": ("打印系统拒绝了任务", "The print system refused the job"),
    "job.unknown": ("没有这个打印任务", "There is no such print job"),
    "job.not_now": ("打印任务现在不能这样做", "The job's state does not allow this"),
    "job.no_pdf": ("这个任务没有 PDF 文件", "This job has no PDF file"),
    "job.failed": (
        "打印失败，请重试；再失败请找管理员",
        "Printing failed; retry, then ask for help",
    ),
    "job.files": (
        "打印任务的文件不能读写，请检查磁盘空间",
        "The job's files cannot be used; check the disk's space",
    ),
    "job.interrupted": (
        "打印中途中断，请看纸上是否已打印，再决定是否重打",
        "Printing was interrupted; look at the paper before you print again",
    ),
}


def say(code: str, **facts: object) -> BothLanguages:
    """The message of `code`, with the facts that it names filled in (`port`, `baud`, `id`).

    Raises KeyError for a code that does not exist.
    """
    zh, en = MESSAGES[code]
    return BothLanguages(zh=zh.format(**facts), en=en.format(**facts))


def words_of(code: str, **facts: object) -> BothLanguages | None:
    """The message of `code`; None for none, and for a plug-in's own code."""
    return say(code, **facts) if code in MESSAGES else None
