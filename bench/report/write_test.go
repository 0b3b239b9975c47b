package report

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryFigureIsInEveryForm writes a report over an earlier one and looks at all
// its files.
func TestEveryFigureIsInEveryForm(t *testing.T) {
	r := built(play().all())
	require.Empty(t, r.Missing())
	dir := t.TempDir()
	if keep := os.Getenv("PIKV_REPORT_DIR"); keep != "" { // to look at it
		dir = keep
	}
	stale := filepath.Join(dir, plotsFolder, "f1-of-yesterday.svg")
	require.NoError(t, os.MkdirAll(filepath.Dir(stale), 0o755))
	require.NoError(t, os.WriteFile(stale, nil, 0o644))
	require.NoError(t, r.Write(dir))
	require.NoFileExists(t, stale)

	page, err := os.ReadFile(filepath.Join(dir, PageFile))
	require.NoError(t, err)
	markdown, err := os.ReadFile(filepath.Join(dir, MarkdownFile))
	require.NoError(t, err)
	names := make(map[string]bool)
	for _, f := range r.Figures {
		require.NotEmpty(t, f.Conclusions, f.ID)
		require.NotEmpty(t, f.Tables, f.ID)
		require.FileExists(t, filepath.Join(dir, valuesFolder, slug(f.ID)+".csv"))
		for _, p := range f.Panels {
			require.False(t, names[p.Name], "two plots are called %s", p.Name)
			names[p.Name] = true
			require.False(t, p.empty(), p.Name)
			require.Contains(t, string(page), `aria-labelledby="`+p.Name+`-alt"`)
			require.Contains(t, string(markdown), "("+plotsFolder+"/"+p.Name+".png)")
			picture, err := os.ReadFile(filepath.Join(dir, plotsFolder, p.Name+".png"))
			require.NoError(t, err)
			size, err := png.DecodeConfig(bytes.NewReader(picture))
			require.NoError(t, err)
			require.Greater(t, size.Width, 1000)
		}
	}
	require.Equal(t, strings.Count(string(page), "<svg"), len(names))
	for _, loads := range []string{`src=`, `<link`, `<script`, `@import`, `url\(`, `href="[^#]`} { // all that the page needs is in it
		require.Empty(t, regexp.MustCompile(loads).FindString(string(page)), loads)
	}
}

// TestSimulatedIsSaidEverywhere: no plot, table or sentence about the Pis goes
// without the word.
func TestSimulatedIsSaidEverywhere(t *testing.T) {
	p := play()
	p.Run.Targets = p.Run.Targets[1:]
	r := built(p.all())
	for _, f := range append(r.Figures, *r.Bottleneck) {
		for _, panel := range f.Panels {
			text := panel.About + strings.Join(panel.Categories, " ")
			require.Contains(t, text, "simulated", panel.Name)
		}
		for _, c := range f.Conclusions {
			require.Contains(t, c, "simulated", f.ID)
		}
		for _, table := range f.Tables {
			text := table.Title
			if len(table.Rows) > 0 {
				text += table.Rows[0][0]
			}
			require.Regexp(t, "simulated|Projected", text, f.ID)
		}
	}
}

// TestAForeignNameIsOnlyText: what a folder says cannot become a part of the page.
func TestAForeignNameIsOnlyText(t *testing.T) {
	p := play().all()
	p.Run.Figures = []string{"F5", "F7"}
	p.Run.Machine.Model = `<script>alert("x")</script>`
	p.Run.Targets[1].Notes = []string{`</svg><img src=x>`}
	for i := range p.Points {
		p.Points[i].Mark = `"><b>`
	}
	dir := t.TempDir()
	require.NoError(t, built(p).Write(dir))
	for _, name := range []string{PageFile, MarkdownFile} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		for _, tag := range []string{"<script", "<img", "<b>"} {
			require.NotContains(t, string(content), tag, name)
		}
	}
}
