"""A line to a PostgreSQL server that can swallow what goes over it, as a network does that drops packets."""

from __future__ import annotations

import socket
import tempfile
import threading
from contextlib import suppress
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy.engine import make_url

_SOCKET = ".s.PGSQL.5432"


class Loss(Enum):
    """What does not arrive; connections stay open and nobody is told."""

    NOTHING = "nothing"
    ANSWERS = "answers"  # the server does what it is asked
    ALL = "all"


class Line:
    """Stands between programs and a server; ``url`` leads through it."""

    def __init__(self, url: str) -> None:
        self._to = str(Path(str(make_url(url).query["host"])) / _SOCKET)
        self._folder = tempfile.TemporaryDirectory(prefix="izin-line-", dir="/tmp")
        self.url = make_url(url).update_query_dict({"host": self._folder.name}).render_as_string(False)
        self.loss = Loss.NOTHING
        self.arrived = bytearray()
        """What came from programs, since it was emptied last."""
        self._open: list[socket.socket] = []
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(Path(self._folder.name) / _SOCKET))
        self._listening.listen(100)
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.close()
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._folder.cleanup()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                program, _ = self._listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._to)
                self._open += [program, server]
                threading.Thread(target=self._carry, args=(program, server, False), daemon=True).start()
                threading.Thread(target=self._carry, args=(server, program, True), daemon=True).start()

    def _carry(self, origin: socket.socket, goal: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while data := origin.recv(65536):
                if not answers:
                    self.arrived += data
                if self.loss is Loss.NOTHING or (self.loss is Loss.ANSWERS and not answers):
                    goal.sendall(data)
            if self.loss is Loss.NOTHING:  # else the other side does not hear that this one has hung up either
                goal.shutdown(socket.SHUT_RDWR)
