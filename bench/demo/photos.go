package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
)

const (
	photos    = 54
	photoSize = 1 << 20
)

// photo returns what is stored under a key: no two have the same.
func photo(name string) []byte {
	return bytes.Repeat([]byte(name+" "), photoSize/(len(name)+1))
}

// storePhotos stores them, and returns the keys.
func (d *demo) storePhotos(ctx context.Context) (names []string, err error) {
	fmt.Printf("$ for i in {1..%d}; do bin/pikv put photo-$i --file %s; done    # 1 MiB each\n", photos, filepath.Join(d.dir, "photo-$i.jpg"))
	for i := range photos {
		name := fmt.Sprintf("photo-%d", i+1)
		file := filepath.Join(d.dir, name+".jpg")
		if err := os.WriteFile(file, photo(name), 0o600); err != nil {
			return nil, fmt.Errorf("make a photo: %w", err)
		}
		if _, err := d.pikv(ctx, "put", name, "--file", file); err != nil {
			return nil, err
		}
		if err := os.Remove(file); err != nil {
			return nil, fmt.Errorf("clean up: %w", err)
		}
		names = append(names, name)
	}
	return names, nil
}

// lookAtPhotos reads them back: to lose one that was acknowledged, or a part of one, is an error.
func (d *demo) lookAtPhotos(ctx context.Context, names []string) error {
	fmt.Printf("$ for i in {1..%d}; do bin/pikv get photo-$i; done\n", len(names))
	for _, name := range names {
		data, err := d.pikv(ctx, "get", name)
		if err != nil {
			return err
		}
		if !bytes.Equal(data, photo(name)) {
			return fmt.Errorf("compare %s: what came back differs from what was stored", name)
		}
	}
	fmt.Printf("  all %d came back as they were\n", len(names))
	return nil
}
