"""A Celery queue in a folder, for one school or a trial: kombu's filesystem transport, made safe.

A message is written under a temporary name, forced to disk, then renamed, so that a reader never meets half of one;
names sort by time; a file that cannot be read is set aside instead of ending the worker.
"""

import logging
import os
import time
import uuid
from pathlib import Path
from queue import Empty

from kombu.transport import filesystem
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps, loads

logger = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    def _folder(self, queue) -> Path:
        folder = Path(self.data_folder_in) / queue
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _put(self, queue, payload, **kwargs):
        folder = self._folder(queue)
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}"
        draft = folder / f"{name}.part"
        with draft.open("wb") as file:
            file.write(str_to_bytes(dumps(payload)))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(folder / f"{name}.msg")

    def _get(self, queue):
        for message in sorted(self._folder(queue).glob("*.msg")):
            taken = message.with_suffix(f".{os.getpid()}-{uuid.uuid4().hex}")
            try:
                message.rename(taken)
            except FileNotFoundError:  # another worker was faster
                continue
            try:
                payload = loads(bytes_to_str(taken.read_bytes()))
            except ValueError:
                taken.rename(message.with_suffix(".bad"))
                logger.error("a message that cannot be read was set aside: %s", message.name)
                continue
            taken.unlink()
            return payload
        raise Empty

    def _purge(self, queue):
        messages = list(self._folder(queue).glob("*.msg"))
        for message in messages:
            message.unlink(missing_ok=True)
        return len(messages)

    def _size(self, queue):
        return sum(1 for _ in self._folder(queue).glob("*.msg"))


class Transport(filesystem.Transport):
    Channel = Channel
