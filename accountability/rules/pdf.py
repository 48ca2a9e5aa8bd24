"""A page as one PDF: HTML in, bytes out; nothing is fetched, pictures come along in the page itself. Pure."""

from organisation.errors import Refused

try:
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher
except (ImportError, OSError):  # the library, or the pango under it, is not on this machine
    HTML = None


def can_make_pdf() -> bool:
    return HTML is not None


def make_pdf(html: str) -> bytes:
    """Raises Refused (`no_pdf`) on a machine that cannot."""
    if HTML is None:
        raise Refused("no_pdf", "这台服务器没有安装 PDF 组件,请用“打印全卷”在浏览器里打印或另存为 PDF。")
    return HTML(string=html, url_fetcher=URLFetcher(allowed_protocols={"data"}), base_url=None).write_pdf()
