#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace kismet::testing {

/// A certificate that signed itself, and its key, as PEM texts.
struct Certificate {
  std::string certificate;
  std::string key;
};

inline std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

/// For localhost, valid from `from` to `until`, seconds from now. RSA of `rsa_bits` instead of a P-256 key if not 0;
/// the key encrypted with `passphrase` if not empty.
inline Certificate make_certificate(const std::string& name = "localhost", long from = -60,
                                    long until = 365L * 24 * 3600, unsigned rsa_bits = 0,
                                    const std::string& passphrase = {}) {
  EVP_PKEY* key = rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(rsa_bits);
  X509* made = X509_new();
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
  X509_gmtime_adj(X509_getm_notBefore(made), from);
  X509_gmtime_adj(X509_getm_notAfter(made), until);
  X509_set_pubkey(made, key);
  X509_NAME* subject = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(made, subject);
  X509_sign(made, key, EVP_sha256());
  Certificate pair;
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, made);
  pair.certificate = text_of(bio);
  bio = BIO_new(BIO_s_mem());
  const EVP_CIPHER* cipher = passphrase.empty() ? nullptr : EVP_aes_128_cbc();
  PEM_write_bio_PrivateKey(bio, key, cipher, nullptr, 0, nullptr,
                           passphrase.empty() ? nullptr : const_cast<char*>(passphrase.c_str()));
  pair.key = text_of(bio);
  X509_free(made);
  EVP_PKEY_free(key);
  return pair;
}

}  // namespace kismet::testing
