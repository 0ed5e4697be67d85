"""The certificate of the servers of a user, and how both ends speak TLS with it.

It signs itself: a client believes the one certificate whose SHA-256 its address names, and no authority. So a
name or a date in it means nothing, and it lasts until its file is removed.
"""

import datetime
import hashlib
import hmac
import socket
import ssl
from pathlib import Path

from shotlane.sessions._error import SessionError
from shotlane.sessions._tokens import make_private, refuse_foreign, state_folder

_END = "-----END CERTIFICATE-----"
_START = "-----BEGIN CERTIFICATE-----"
_YEARS = 30


def server_context(certificate: Path | None, key: Path | None) -> tuple[ssl.SSLContext, str]:
    """What a server speaks TLS with, and the SHA-256 of its certificate. Raises `SessionError`."""
    path = certificate or own_certificate()
    try:
        refuse_foreign(key or path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(path, key)
        return context, fingerprint(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise SessionError(f"{path} cannot be used as a certificate: {why}", "give both, in PEM") from None


def fingerprint(path: Path) -> str:
    """SHA-256 of the first certificate of a PEM file, in hexadecimal."""
    text = path.read_text(encoding="ascii")
    start, end = text.index(_START), text.index(_END) + len(_END)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text[start:end])).hexdigest()


def own_certificate() -> Path:
    """The file of this user's own one, with its key; made the first time. Raises `SessionError`."""
    path = state_folder() / "certificate.pem"
    if not path.exists():
        try:
            make_private(path, _new())
        except OSError as error:
            why = error.strerror or error
            raise SessionError(f"the certificate cannot be kept in {path}: {why}") from None
    return path


def _new() -> str:
    """A certificate and its key, in PEM."""
    try:
        from cryptography import x509  # late: once in the life of an installation
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        raise SessionError(
            "a certificate for the network is made by the package cryptography, which is not installed",
            "pip install 'shotlane[remote]', or give --certificate and --key",
        ) from None
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shotlane")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365 * _YEARS))
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    return (secret + made.public_bytes(pem)).decode("ascii")


def secured(line: socket.socket, pin: str) -> ssl.SSLSocket:
    """Speak TLS to a server that has the certificate with this SHA-256, and to no other.

    Raises `SessionError`, with nothing sent to another one, and `OSError`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Not less strict than an authority: one certificate alone is believed, two lines below.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    wrapped = context.wrap_socket(line)
    found = hashlib.sha256(wrapped.getpeercert(binary_form=True) or b"").hexdigest()
    if not hmac.compare_digest(found, pin):
        wrapped.close()
        raise SessionError(
            "another certificate answers than the address says: another server, or somebody in between",
            "if its certificate was made anew, copy the line that the server prints",
        )
    return wrapped
