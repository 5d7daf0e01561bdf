package assets

import "embed"

// Demo holds the demonstration shop as data: demo/orders.toml, and the mails of
// demo/mails-*.toml. All persons in it are invented, all addresses reserved
// (RFC 2606), all telephone numbers of the ranges kept free for fiction.
//
//go:embed demo/*.toml
var Demo embed.FS
