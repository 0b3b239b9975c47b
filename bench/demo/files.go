package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// files stores the source tree that the demo runs in, without its tests, one key per file,
// reads every file back, and compares.
func (d *demo) files(ctx context.Context) error {
	sums := map[string][sha256.Size]byte{}
	names, err := sources(".")
	if err != nil {
		return err
	}
	var bytes int64
	for i, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read source: %w", err)
		}
		sums[name] = sha256.Sum256(data)
		bytes += int64(len(data))
		args := []string{"put", name, "--file", name}
		if i < 3 {
			fmt.Println("$ bin/pikv", strings.Join(args, " "))
		}
		if _, err := d.pikv(ctx, args...); err != nil {
			return err
		}
	}
	fmt.Printf("  ... %d files, %d bytes\n", len(names), bytes)
	for i, name := range names {
		if i < 1 {
			fmt.Printf("$ bin/pikv get %s | sha256sum\n", name)
		}
		data, err := d.pikv(ctx, "get", name)
		if err != nil {
			return err
		}
		if sha256.Sum256(data) != sums[name] {
			return fmt.Errorf("compare %s: what came back differs from what was stored", name)
		}
	}
	fmt.Printf("  all %d came back with the same SHA-256\n", len(names))
	if err := d.show(ctx, "locate", names[0]); err != nil {
		return err
	}
	keys, err := d.pikv(ctx, "keys", "--prefix", "placement/")
	if err != nil {
		return err
	}
	fmt.Printf("$ bin/pikv keys --prefix placement/ | wc -l\n  %d\n", strings.Count(string(keys), "\n"))
	if _, err := d.pikv(ctx, append([]string{"del"}, names...)...); err != nil {
		return err
	}
	fmt.Println("$ bin/pikv del", names[0], "...\n  deleted")
	return nil
}

// sources lists the files of the tree, without what was built, is hidden or is for
// tests alone: each takes two processes here.
func sources(root string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == "bin" || path == "dist" || entry.Name() == "testdata" || path != root && strings.HasPrefix(entry.Name(), ".")):
			return filepath.SkipDir
		case entry.Type().IsRegular() && !strings.HasSuffix(path, "_test.go"):
			names = append(names, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the source tree: %w", err)
	}
	return names, nil
}
