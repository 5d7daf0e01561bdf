package assets

import _ "embed"

// CopySchema describes data.json in the copies made for a person (JSON Schema,
// draft 2020-12).
//
//go:embed copy.schema.json
var CopySchema []byte
