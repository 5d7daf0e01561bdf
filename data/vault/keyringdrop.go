package vault

// ForgetKeyringSecret removes a secret of a service from the keyring of the
// operating system, where it was put before it was read into the vault. A keyring
// that does not answer keeps it.
func ForgetKeyringSecret(name string) { dropFromKeyring(name) }
