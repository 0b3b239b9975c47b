package pikv

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	noSign  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestLinks: what a page points to exists, with the heading behind the #.
func TestLinks(t *testing.T) {
	links := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".md" {
			if d != nil && d.IsDir() && len(d.Name()) > 1 && (d.Name()[0] == '.' || d.Name() == "dist" || d.Name() == "out") {
				return filepath.SkipDir
			}
			return err
		}
		page, err := os.ReadFile(path)
		for _, m := range link.FindAllStringSubmatch(string(page), -1) {
			to, err := url.Parse(m[1])
			if err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			if to.Scheme != "" {
				continue
			}
			links++
			target, folder := path, filepath.Dir(path)
			if folder == "packaging" { // its README is at the top of what is packed
				folder = "."
			}
			if to.Path != "" {
				target = filepath.Join(folder, to.Path)
			}
			if !hasHeading(target, to.Fragment) {
				t.Errorf("%s: %s is not there", path, m[1])
			}
		}
		return err
	})
	require.NoError(t, err)
	require.Greater(t, links, 30)
}

// hasHeading reports whether a file or folder is there, with a heading of that anchor, as
// GitHub makes it: small letters, signs left out, hyphens for spaces.
func hasHeading(path, anchor string) bool {
	if anchor == "" {
		_, err := os.Stat(path)
		return err == nil
	}
	page, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	for _, h := range heading.FindAllStringSubmatch(string(page), -1) {
		text := noSign.ReplaceAllString(strings.ToLower(h[1]), "")
		if strings.ReplaceAll(text, " ", "-") == anchor {
			return true
		}
	}
	return false
}
