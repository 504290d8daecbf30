# SPDX-License-Identifier: Apache-2.0
"""A small certificate authority in a folder: good certificates for localhost and the kinds of bad ones, made by
openssl; and a TLS end in front of a plain server, whose certificate can be changed while it runs."""

import contextlib
import selectors
import socket
import ssl
import subprocess
import threading

NAMES = "DNS:localhost,IP:127.0.0.1"
CA_CONFIG = """[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""


class Authority:
    """NAME.crt and NAME.key of good, expired, wrong-name and unknown (another authority's), client (natmill's own,
    for the user natmill), NAME.pem with both; ca.crt."""

    BAD = ("expired", "wrong-name", "unknown")

    def __init__(self, folder):
        self.folder = folder
        (folder / "ca.cnf").write_text(CA_CONFIG, encoding="ascii")
        (folder / "index.txt").touch()
        for name in ("ca", "stranger"):
            self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                          "-days", "2", "-subj", f"/CN=natmill {name}", "-keyout", f"{name}.key", "-out", f"{name}.crt")
        self._make("good")
        self._make("expired", dates=("-startdate", "20200101000000Z", "-enddate", "20200201000000Z"))
        self._make("wrong-name", names="DNS:elsewhere.example")
        self._make("unknown", by="stranger")
        self._make("client", subject="natmill", names="DNS:natmill.example")

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, timeout=60)

    def _make(self, name, by="ca", names=NAMES, subject="localhost", dates=("-days", "2")):
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                      f"/CN={subject}", "-addext", f"subjectAltName={names}", "-keyout", f"{name}.key", "-out",
                      f"{name}.csr")
        self._openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", f"{by}.crt", "-keyfile", f"{by}.key",
                      "-in", f"{name}.csr", "-out", f"{name}.crt", *dates)
        both = self.key(name).read_text(encoding="ascii") + self.certificate(name).read_text(encoding="ascii")
        (self.folder / f"{name}.pem").write_text(both, encoding="ascii")

    def certificate(self, name):
        return self.folder / f"{name}.crt"

    def key(self, name):
        return self.folder / f"{name}.key"

    def pem(self, name):
        return self.folder / f"{name}.pem"

    @property
    def ca(self):
        return self.certificate("ca")


class Front:
    """Connections to `port` go on to a plain server; with an authority they are TLS. show() changes the certificate
    for new connections, cut() breaks those there are."""

    def __init__(self, target, authority=None, mutual=False):
        self.target, self.authority, self.mutual = target, authority, mutual
        self.context = None
        self.open = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        if authority:
            self.show("good")
        threading.Thread(target=self._accept, daemon=True).start()

    def show(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.authority.certificate(name), self.authority.key(name))
        if self.mutual:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.authority.ca)
        self.context = context

    def cut(self):
        for one in list(self.open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            client.settimeout(10)
            if self.context:
                client = self.context.wrap_socket(client, server_side=True)
            client.settimeout(None)
            self.open.add(client)
            with socket.create_connection(("127.0.0.1", self.target)) as server:
                self._pump(client, server)
        except OSError:
            pass  # the test looks at natmill's end
        finally:
            self.open.discard(client)
            client.close()

    @staticmethod
    def _pump(client, server):
        selector = selectors.DefaultSelector()
        selector.register(client, selectors.EVENT_READ, server)
        selector.register(server, selectors.EVENT_READ, client)
        while True:
            for key, _ in selector.select():
                data = key.fileobj.recv(65536)
                if not data:
                    return
                key.data.sendall(data)
                while isinstance(key.fileobj, ssl.SSLSocket) and key.fileobj.pending():
                    key.data.sendall(key.fileobj.recv(65536))

    def close(self):
        self.listener.close()
        self.cut()
