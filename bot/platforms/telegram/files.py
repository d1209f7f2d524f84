"""A file that a person sends in private: the text of an import."""

import logging

from telegram import Document
from telegram.error import TelegramError

LARGEST = 60_000
"""Bytes; an export of thirty alerts has a few thousand."""

TOO_LARGE = f"/import a file of more than {LARGEST} bytes"
UNREAD = "/import a file that could not be fetched"

log = logging.getLogger(__name__)


async def import_of(document: Document) -> str:
    """What sending this file says: to import its text; words that are no import where it has none.

    The error of a fetch names an address with the token in it, so only its class is logged.
    """
    if document.file_size is None or document.file_size > LARGEST:
        return TOO_LARGE
    try:
        content = await (await document.get_file()).download_as_bytearray()
    except TelegramError as error:
        log.warning("file not fetched why=%s", type(error).__name__)
        return UNREAD
    if len(content) > LARGEST:
        return TOO_LARGE
    return f"/import {content.decode(errors='replace')}"
