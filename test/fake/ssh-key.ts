import ssh2 from 'ssh2'

/**
 * A new ed25519 key pair. ssh2 1.17 writes about one in 180 so that it cannot read it again ("Malformed OpenSSH
 * private key"); another one is made then.
 */
export function newSshKey(): { readonly private: string; readonly public: string } {
  for (;;) {
    const key = ssh2.utils.generateKeyPairSync('ed25519')
    if (!(ssh2.utils.parseKey(key.private) instanceof Error)) return key
  }
}
