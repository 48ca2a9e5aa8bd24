"""Papers and photos: what is inside decides, not the name; photos are re-encoded, so that no place stays in them."""

import hashlib
import io

from django.conf import settings
from PIL import Image, ImageOps, UnidentifiedImageError

from organisation.errors import Malformed
from students.models import Attachment

PIXELS = 40_000_000
LONGEST_SIDE = 2400
ACTIVE_PDF = (b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/RichMedia")


def store_attachment(upload, *, by, path) -> Attachment:
    """Check and keep an uploaded paper. Raises Malformed (`too_large`, `bad_file`)."""
    content, kind = checked_paper(upload)
    paper = Attachment(
        name=upload.name[-120:],
        content_type=kind,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        path=path,
        uploaded_by=by,
    )
    target = file_of(paper)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    target.chmod(0o600)
    paper.save(force_insert=True)
    return paper


def checked_paper(upload, *, limit_mb: int | None = None) -> tuple[bytes, str]:
    """What is inside an upload, fit to be kept, and its type. Raises Malformed (`too_large`, `bad_file`)."""
    limit_mb = limit_mb or settings.UPLOAD_LIMIT_MB
    if upload.size > limit_mb * 1024 * 1024:
        raise Malformed("too_large", f"文件超过 {limit_mb} MB,请压缩后再传。")
    raw = upload.read()
    if raw[:5] == b"%PDF-":
        return _checked_pdf(raw), "application/pdf"
    return _checked_image(raw), "image/jpeg"


def file_of(paper: Attachment):
    """Where the paper lies: outside the web root, under a random name."""
    return settings.DATA_DIR / "uploads" / str(paper.pk)


def _checked_pdf(raw):
    if b"%%EOF" not in raw[-2048:] or any(word in raw for word in ACTIVE_PDF):
        raise Malformed("bad_file", "这个 PDF 不完整,或含有脚本、附件,不能上传。请重新打印为 PDF 或拍照上传。")
    return raw


def _checked_image(raw):
    try:
        with Image.open(io.BytesIO(raw)) as image:
            if image.format not in ("JPEG", "PNG", "WEBP") or image.width * image.height > PIXELS:
                raise Malformed("bad_file", "只能上传 JPG、PNG、WebP 照片或 PDF,照片不能过大。")
            picture = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Malformed("bad_file", "文件打不开:只能上传 JPG、PNG、WebP 照片或 PDF。") from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=85)
    return kept.getvalue()
