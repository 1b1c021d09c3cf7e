"""A certificate for localhost that signed itself, made with openssl."""

import subprocess


def make_certificate(folder, name="web", subject="localhost"):
    """Returns the paths of certificate and key."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", f"/CN={subject}", "-addext", f"subjectAltName=DNS:{subject}",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )
    return certificate, key
