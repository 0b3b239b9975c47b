package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"pikv/client"
)

// The examples need a cluster: pikvd dev starts one on this machine. They are
// compiled, and run by hand.

func Example() {
	ctx := context.Background()
	c, err := client.New(ctx, []string{"127.0.0.1:7700"})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Put(ctx, "greeting", []byte("hello")); err != nil {
		log.Fatal(err)
	}
	value, err := c.Get(ctx, "greeting")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(value))
}

// A key that expires, and how to tell that it has.
func ExampleClient_Put() {
	ctx := context.Background()
	c, err := client.New(ctx, []string{"127.0.0.1:7700"})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Put(ctx, "session:42", []byte("open"), client.TTL(30*time.Minute)); err != nil {
		log.Fatal(err)
	}
	switch _, err := c.Get(ctx, "session:42"); {
	case errors.Is(err, client.ErrNotFound):
		fmt.Println("logged out")
	case err != nil:
		log.Fatal(err)
	}
}

// What to do about a write that was sent and not answered: putting the same
// value again does no harm, adding to a counter again would.
func ExampleClient_Put_unknownFate() {
	ctx := context.Background()
	c, err := client.New(ctx, []string{"127.0.0.1:7700"}, client.WithTimeout(2*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	for {
		_, err := c.Put(ctx, "config", []byte("v7"))
		if err == nil {
			break
		}
		if !errors.Is(err, client.ErrUnknownFate) {
			log.Fatal(err)
		}
	}
}

// Batches go to all owners side by side; each item has its own result.
func ExampleClient_MPut() {
	ctx := context.Background()
	c, err := client.New(ctx, []string{"127.0.0.1:7700"})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	pairs := []client.Pair{{Key: "a", Value: []byte("1")}, {Key: "b", Value: []byte("2")}}
	results, err := c.MPut(ctx, pairs)
	if err != nil { // at least one failed
		for i, r := range results {
			if r.Err != nil {
				log.Print(pairs[i].Key, ": ", r.Err)
			}
		}
	}
	values, err := c.MGet(ctx, []string{"a", "b", "c"})
	if err != nil {
		log.Fatal(err)
	}
	for _, v := range values {
		fmt.Println(string(v.Value), v.Found)
	}
}

// All keys of one kind.
func ExampleClient_Keys() {
	ctx := context.Background()
	c, err := client.New(ctx, []string{"pi1.local", "pi2.local:7700"})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	for key, err := range c.Keys(ctx, "session:") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(key)
	}
}
