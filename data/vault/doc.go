// Package vault holds the keys and secrets of a profile: one random master
// key, wrapped by a passphrase (Argon2id) or kept in the keyring of the
// operating system, and an encrypted file for the passwords of the services.
//
// In from the left: a passphrase or the keyring. Out to the right: subkeys for
// the store, secrets for the connectors, encrypted backups. The master key is
// never written in clear, and no secret is ever put into an error.
package vault
