"""A time stamp authority of the tests' own: OpenSSL's, behind HTTP on the loopback."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

from providers.days import stamps
from tests.gateways.stand_in import Served, Silent

_CONFIG = """
[tsa]
default_tsa = it
[it]
dir = {folder}
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[signing]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
"""


class Authority(Served):
    """Answers at ``url``; ``roots`` is its root certificate. ``mood`` says what it does with a request.

    In the mood “halves” it keeps the second half of its reply until ``go_on`` is set. ``sends``: the certificates that
    it sends beside its own, as files; with “middle.pem” that one has signed its own, and the root the middle one.
    """

    def __init__(self, folder: Path, sends: tuple[str, ...] = ()) -> None:
        self.folder, self.mood, self.asked, self.sends = folder, "stamp", 0, sends
        self.go_on = threading.Event()
        self._make_certificates()
        authority = self

        class Handler(Silent):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["content-length"]))
                status, reply = authority._answer(query)
                self.send_response(status)
                self.send_header("content-type", "application/timestamp-reply")
                self.send_header("content-length", str(len(reply)))
                self.end_headers()
                half = len(reply) // 2 if authority.mood == "halves" else len(reply)
                self.wfile.write(reply[:half])
                self.wfile.flush()
                if authority.mood != "halves" or authority.go_on.wait(60):
                    self.wfile.write(reply[half:])

        self.serve(Handler)
        self.url = f"http://127.0.0.1:{self.port}/tsa"
        self.roots = folder / "ca.pem"

    def _answer(self, query: bytes) -> tuple[int, bytes]:
        self.asked += 1
        if self.mood == "broken":
            return 500, b"no"
        if self.mood == "babble":
            return 200, b"hello"
        if self.mood == "flood":
            return 200, bytes(stamps.LARGEST + 1)
        if self.mood == "refuse":
            return 200, bytes.fromhex("30053003020102")  # a PKIStatusInfo alone, status 2: rejection
        if self.mood == "earlier":
            return 200, self.last
        (self.folder / "query").write_bytes(query)
        beside = ("-chain", "beside.pem") if self.sends else ()
        made = ("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply")
        self._openssl(*made, *beside)
        self.last = (self.folder / "reply").read_bytes()
        return 200, self.last

    def _make_certificates(self) -> None:
        (self.folder / "tsa.cnf").write_text(_CONFIG.format(folder=self.folder))
        (self.folder / "serial").write_text("01\n")
        new = ("req", "-newkey", "rsa:2048", "-nodes", "-config", "tsa.cnf", "-subj")
        (self.folder / "tsa.cnf").write_text(
            (self.folder / "tsa.cnf").read_text() + "[req]\ndistinguished_name = dn\n[dn]\n"
        )
        self._openssl(*new, "/CN=Root of tests", "-x509", "-extensions", "root", "-keyout", "ca.key", "-out", "ca.pem")
        signer = "ca"
        if "middle.pem" in self.sends:
            self._openssl(*new, "/CN=Middle of tests", "-keyout", "middle.key", "-out", "middle.csr")
            self._sign("middle", "root", "ca")
            signer = "middle"
        self._openssl(*new, "/CN=Time of tests", "-keyout", "tsa.key", "-out", "tsa.csr")
        self._sign("tsa", "signing", signer)
        (self.folder / "beside.pem").write_text("".join((self.folder / name).read_text() for name in self.sends))

    def _sign(self, whose: str, extensions: str, by: str) -> None:
        """The certificate ``whose``.pem, signed by another."""
        made = ("x509", "-req", "-in", f"{whose}.csr", "-out", f"{whose}.pem", "-CAcreateserial")
        self._openssl(
            *made, "-CA", f"{by}.pem", "-CAkey", f"{by}.key", "-extfile", "tsa.cnf", "-extensions", extensions
        )

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, timeout=60)
