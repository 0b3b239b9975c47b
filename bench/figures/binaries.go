package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// binariesFigure weighs what users are given.
func binariesFigure(ctx context.Context) (*sheet, error) {
	dir, err := os.MkdirTemp("", "pikv-figure-")
	if err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cmd := exec.CommandContext(ctx, "packaging/build", dir)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("measure: build the packages: %w", err)
	}
	var rows []tableRow
	size := func(name, goal string, bytes int64) {
		rows = append(rows, tableRow{name: name, goal: goal, format: "%.1f MB", values: []float64{float64(bytes) / 1e6}})
	}
	archives, err := filepath.Glob(filepath.Join(dir, "*.tar.gz"))
	if err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	for _, archive := range archives {
		// pikv_VERSION_linux_ARCH.tar.gz
		arch := strings.TrimSuffix(archive[strings.LastIndexByte(archive, '_')+1:], ".tar.gz")
		sizes, err := programs(archive)
		if err != nil {
			return nil, fmt.Errorf("measure: read %s: %w", filepath.Base(archive), err)
		}
		for _, p := range []string{"pikvd", "pikv"} {
			if sizes[p] == 0 {
				return nil, fmt.Errorf("measure: there is no %s in %s", p, filepath.Base(archive))
			}
			size(p+", "+arch, "at most 25 MB", sizes[p])
		}
	}
	packages, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	for _, p := range slices.Concat(archives, packages) {
		info, err := os.Stat(p)
		if err != nil {
			return nil, fmt.Errorf("measure: %w", err)
		}
		name := filepath.Base(p)
		_, kind, _ := strings.Cut(name[strings.LastIndexByte(name, '_')+1:], ".")
		arch, _, _ := strings.Cut(name[strings.LastIndexByte(name, '_')+1:], ".")
		size("to fetch: "+kind+", "+arch, "", info.Size())
	}
	s := newSheet()
	s.say("What `make dist` builds: static, without debug information.\n\n")
	s.table("", rows...)
	return s, nil
}

// programs returns the sizes of the files in a compressed archive, by the last part of their
// names, in bytes.
func programs(archive string) (map[string]int64, error) {
	f, err := os.Open(archive)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	zipped, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	sizes := make(map[string]int64)
	for r := tar.NewReader(zipped); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return sizes, nil
		}
		if err != nil {
			return nil, err
		}
		if header.Mode&0o100 != 0 && header.Typeflag == tar.TypeReg {
			sizes[path.Base(header.Name)] = header.Size
		}
	}
}
