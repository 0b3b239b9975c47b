package pikv

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// CI runs few tests twice: what the race detector has run need not run without it, too. The
// tests below find what would run nowhere so, or otherwise than it is meant to.

// makeList returns the words of a variable of the Makefile, with those of variables in it.
func makeList(t *testing.T, name, separator string) (words []string) {
	t.Helper()
	text, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^` + name + ` *:= *(.*)$`).FindSubmatch(text)
	if line == nil {
		t.Fatalf("the Makefile has no %s", name)
	}
	for word := range strings.SplitSeq(string(line[1]), separator) {
		if inner, ok := strings.CutPrefix(word, "$("); ok {
			words = append(words, makeList(t, strings.TrimSuffix(inner, ")"), separator)...)
			continue
		}
		words = append(words, strings.TrimPrefix(word, "./"))
	}
	return words
}

// goFile is one of the project's.
type goFile struct {
	name   string // from here
	pkg    string // its folder
	test   bool
	parsed *ast.File
	text   string
}

func goFiles(t *testing.T) (files []goFile) {
	t.Helper()
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || len(name) > 1 && strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		files = append(files, goFile{name, path.Dir(name), strings.HasSuffix(name, "_test.go"), parsed, string(text)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// begins says how a piece of code begins a goroutine, "" if it does not.
func begins(node ast.Node) (how string) {
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			how = "go"
		case *ast.SelectorExpr:
			if slices.Contains([]string{"Go", "Parallel", "RunParallel", "AfterFunc"}, n.Sel.Name) {
				how = n.Sel.Name
			}
		}
		return how == ""
	})
	return how
}

// testRest reports whether make test-rest runs the tests of a package.
func testRest(t *testing.T, pkg string) bool {
	t.Helper()
	return pkg == "cmd/pikvd" || slices.ContainsFunc(makeList(t, "TEST_REST", " "), func(entry string) bool { return covers(entry, pkg) })
}

// Where no goroutine is begun the race detector has nothing to find.
func TestRaceLeavesOutWhatHasOneGoroutine(t *testing.T) {
	files, imports := goFiles(t), importsOf(t)
	for _, pkg := range makeList(t, "RACE_NOT", " ") {
		if !testRest(t, pkg) {
			t.Errorf("neither race nor test-rest runs the tests of %s", pkg)
		}
		needs := []string{pkg}
		for i := 0; i < len(needs); i++ {
			for _, imp := range imports[needs[i]] {
				if dep, ours := strings.CutPrefix(imp, "pikv/"); ours && !slices.Contains(needs, dep) {
					needs = append(needs, dep)
				}
			}
		}
		found := false
		for _, f := range files {
			if f.pkg != pkg && (f.test || !slices.Contains(needs, f.pkg)) {
				continue
			}
			found = found || f.pkg == pkg
			if how := begins(f.parsed); how != "" {
				t.Errorf("%s begins goroutines (%s): make race must not leave out %s", f.name, how, pkg)
			}
		}
		if !found {
			t.Errorf("there is no package %s for make race to leave out", pkg)
		}
	}
	skipped := makeList(t, "RACE_SKIP", "|")
	seen := map[string]int{}
	for _, f := range files {
		for _, d := range f.parsed.Decls {
			test, ok := d.(*ast.FuncDecl)
			if !ok || test.Recv != nil || !slices.Contains(skipped, test.Name.Name) {
				continue
			}
			seen[test.Name.Name]++
			if how := begins(test); how != "" {
				t.Errorf("%s begins goroutines (%s): make race must not skip it", test.Name.Name, how)
			}
			if !testRest(t, f.pkg) {
				t.Errorf("%s: neither race nor test-rest runs %s", f.pkg, test.Name.Name)
			}
		}
	}
	for _, name := range skipped {
		if seen[name] != 1 {
			t.Errorf("make race skips %s, which is there %d times", name, seen[name])
		}
	}
}

// What -short or the race detector changes runs without them, too.
func TestWhatRaceDoesOtherwiseRunsWithoutIt(t *testing.T) {
	changes := regexp.MustCompile(`testing\.Short\(\)|\braceEnabled\b|(?m)^//go:build .*\brace\b`)
	for _, f := range goFiles(t) {
		switch {
		case f.pkg == ".": // this file
		case f.pkg == "testcluster": // there it has tests run one after the other, no more
		case !testRest(t, f.pkg) && changes.MatchString(f.text):
			t.Errorf("%s: %s; test-rest does not run it", f.name, changes.FindString(f.text))
		}
	}
}
