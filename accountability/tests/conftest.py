"""Papers as people upload them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


@pytest.fixture
def pdf():
    return SimpleUploadedFile("证明.pdf", PDF, "application/pdf")


@pytest.fixture
def html():
    return SimpleUploadedFile("证明.pdf", b"<html><script>alert(1)</script>", "application/pdf")
