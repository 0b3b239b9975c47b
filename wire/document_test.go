package wire

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// constants returns the values of the constants in a file whose names begin
// with prefix.
func constants(t *testing.T, file, prefix string) (values []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && strings.HasPrefix(spec.Names[0].Name, prefix) && len(spec.Values) == 1 {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, value)
		}
		return true
	})
	return values
}

// rows returns the rows of the tables in docs/WIRE.md, by each name in their
// first column.
func rows(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../docs/WIRE.md")
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string][]string)
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		for _, name := range regexp.MustCompile("`([A-Za-z_]+)`").FindAllStringSubmatch(cells[0], -1) {
			if strings.HasPrefix(line, "| `") {
				found[name[1]] = cells
			}
		}
	}
	return found
}

// docs/WIRE.md knows every method and error code, and says of each error what
// Retryable says.
func TestTheDocumentIsComplete(t *testing.T) {
	documented := rows(t)
	codes := constants(t, "errors.go", "Code")
	if len(codes) < 19 {
		t.Fatalf("only %d codes found", len(codes))
	}
	for _, code := range codes {
		row := documented[code]
		if len(row) != 3 {
			t.Errorf("no row for the error %s", code)
			continue
		}
		if says := strings.HasPrefix(row[2], "yes"); says != (&Error{Code: Code(code)}).Retryable() {
			t.Errorf("%s: retry is %q, Retryable is %v", code, row[2], !says)
		}
	}
	methods := constants(t, "messages.go", "Method")
	if len(methods) < 19 {
		t.Fatalf("only %d methods found", len(methods))
	}
	for _, method := range methods {
		between := method == MethodReport || method == MethodChange || method == MethodPeer
		if _, found := documented[method]; found == between {
			t.Errorf("%s: in the table of methods for clients: %v", method, found)
		}
	}
	for _, option := range []string{"ttl", "if", "version", "epoch", "client", "seq", "finished", "attempt"} {
		if len(documented[option]) != 4 {
			t.Errorf("no row for the option %s", option)
		}
	}
}
