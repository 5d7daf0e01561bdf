package ui

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"greffier/app/cases"
	"greffier/app/erasure"
	"greffier/app/plan"
	"greffier/assets"
)

// sentinels reads the text of every exported Err… variable below the folders
// whose errors reach the window.
func sentinels(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, root := range []string{"../app", "../data", "../reports"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			for _, decl := range file.Decls {
				g, ok := decl.(*ast.GenDecl)
				if !ok || g.Tok != token.VAR {
					continue
				}
				for _, spec := range g.Specs {
					v := spec.(*ast.ValueSpec)
					for i, name := range v.Names {
						if !strings.HasPrefix(name.Name, "Err") || i >= len(v.Values) {
							continue
						}
						call, ok := v.Values[i].(*ast.CallExpr)
						if !ok || len(call.Args) == 0 {
							continue
						}
						lit, ok := call.Args[0].(*ast.BasicLit)
						if !ok {
							continue
						}
						text, err := strconv.Unquote(lit.Value)
						if err != nil {
							return err
						}
						out[file.Name.Name+"."+name.Name] = text
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestEveryExportedErrorHasWordsInBothLanguages(t *testing.T) {
	all := sentinels(t)
	if len(all) < 20 {
		t.Fatalf("only %d errors were found: the walk is broken", len(all))
	}
	for name, text := range all {
		for _, lang := range assets.Langs {
			for _, part := range []string{".what", ".next"} {
				if !assets.Has(lang, errorKey+text+part) {
					t.Errorf("%s (%q) has no text %s in %s", name, text, errorKey+text+part, lang)
				}
			}
		}
	}
}

func TestExplainFindsTheSentinelUnderItsWrapping(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"a wrapped sentinel", fmt.Errorf("erase case 3: %w", plan.ErrStale), "the plan is stale"},
		{"two errors joined", errors.Join(errors.New("other"), fmt.Errorf("x: %w", cases.ErrReason)), "a written reason is needed"},
		{"two errors wrapped at once", fmt.Errorf("%w: %w", erasure.ErrOffline, errors.New("dial tcp")), "the storage cannot be reached"},
		{"a type of its own that matches by Is", &erasure.LockedError{}, "the object is locked by the storage"},
		{"a driver's text inside a longer one", errors.New("imap.example:993: mail server's certificate cannot be verified: x509"), "mail server's certificate cannot be verified"},
		{"a cancelled context", fmt.Errorf("list: %w", context.Canceled), "cancelled"},
		{"a deadline", context.DeadlineExceeded, "too long"},
		{"an error that nobody knows", errors.New("boom"), "unexpected"},
		{"no error", nil, "unexpected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := sentinelOf(c.err, "fr"); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
			for _, lang := range assets.Langs {
				what, next := Explain(c.err, lang)
				if what == "" || next == "" || strings.HasPrefix(what, errorKey) {
					t.Errorf("%s: %q, %q", lang, what, next)
				}
			}
		})
	}
}
