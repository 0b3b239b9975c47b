package report

import (
	"fmt"
	"os"
	"path/filepath"
)

// Names of what Write makes.
const (
	PageFile     = "index.html"
	MarkdownFile = "README.md"
	plotsFolder  = "plots"
	valuesFolder = "values"
)

// Write makes the report's files in a folder, and removes the plots and values of
// an earlier report there: the page in PageFile, the same as Markdown, each plot
// as SVG and PNG, and the values of each figure as CSV.
func (r *Report) Write(dir string) error {
	for _, sub := range []string{plotsFolder, valuesFolder} {
		if err := emptied(filepath.Join(dir, sub)); err != nil {
			return err
		}
	}
	svgs := make(map[string][]byte)
	for _, f := range r.Figures {
		for _, p := range f.Panels {
			svg, err := svgOf(p)
			if err != nil {
				return err
			}
			png, err := pngOf(p)
			if err != nil {
				return err
			}
			svgs[p.Name] = svg
			if err := write(dir, plotsFolder, p.Name+".svg", svg); err != nil {
				return err
			}
			if err := write(dir, plotsFolder, p.Name+".png", png); err != nil {
				return err
			}
		}
		values, err := valuesOfFigure(f)
		if err != nil {
			return err
		}
		if err := write(dir, valuesFolder, slug(f.ID)+".csv", values); err != nil {
			return err
		}
	}
	page, err := pageOf(r, svgs)
	if err != nil {
		return err
	}
	if err := write(dir, "", MarkdownFile, markdownOf(r)); err != nil {
		return err
	}
	return write(dir, "", PageFile, page)
}

// emptied makes a folder, or removes the files of an earlier report from it. Other
// files stay.
func emptied(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder of the report: %w", err)
	}
	for _, kind := range []string{"f*.svg", "f*.png", "f*.csv"} {
		old, err := filepath.Glob(filepath.Join(dir, kind))
		if err != nil {
			return fmt.Errorf("look for an earlier report: %w", err)
		}
		for _, name := range old {
			if err := os.Remove(name); err != nil {
				return fmt.Errorf("remove an earlier report: %w", err)
			}
		}
	}
	return nil
}

// write makes a file of the report.
func write(dir, sub, name string, content []byte) error {
	if err := os.WriteFile(filepath.Join(dir, sub, name), content, 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
