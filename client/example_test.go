package client_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pikv/client"
)

// seeds names some nodes of the cluster, masters or workers, such as
// []string{"pi1:7700", "pi2:7700"}.
func Example() {
	ctx := context.Background()
	c, err := client.New(ctx, seeds)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	if _, err := c.Put(ctx, "greeting", []byte("hello")); err != nil {
		fmt.Println(err)
		return
	}
	value, err := c.Get(ctx, "greeting")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(value))
	// Output: hello
}

func ExampleClient_Get() {
	ctx := context.Background()
	c, err := client.New(ctx, seeds)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	switch _, err := c.Get(ctx, "session:42"); {
	case errors.Is(err, client.ErrNotFound):
		fmt.Println("nobody is logged in")
	case errors.Is(err, client.ErrUnavailable):
		fmt.Println("try again later")
	case err != nil:
		fmt.Println(err)
		return
	}
	// Output: nobody is logged in
}

// A write that is not answered is repeated by the client and takes effect
// once. Only when nobody could tell in time what became of it is it for the
// caller: putting the same value again does no harm.
func ExampleClient_Put() {
	ctx := context.Background()
	c, err := client.New(ctx, seeds, client.WithTimeout(2*time.Second))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	_, err = c.Put(ctx, "config", []byte("v7"), client.TTL(12*time.Hour))
	for errors.Is(err, client.ErrUnknownFate) {
		_, err = c.Put(ctx, "config", []byte("v7"), client.TTL(12*time.Hour))
	}
	fmt.Println(err)
	// Output: <nil>
}

// Read, change, and write only if nobody else has written meanwhile.
func ExampleIfVersion() {
	ctx := context.Background()
	c, err := client.New(ctx, seeds)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	if _, err := c.Put(ctx, "list", []byte("milk")); err != nil {
		fmt.Println(err)
		return
	}
	for {
		list, version, err := c.GetVersion(ctx, "list")
		if err != nil {
			fmt.Println(err)
			return
		}
		_, err = c.Put(ctx, "list", append(list, ", bread"...), client.IfVersion(version))
		if errors.Is(err, client.ErrConditionFailed) {
			continue // somebody was faster
		}
		list, _ = c.Get(ctx, "list")
		fmt.Println(string(list), err)
		return
	}
	// Output: milk, bread <nil>
}

// One of several programs becomes the leader for a while.
func ExampleIfAbsent() {
	ctx := context.Background()
	c, err := client.New(ctx, seeds)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	for _, name := range []string{"ada", "grace"} {
		_, err := c.Put(ctx, "leader", []byte(name), client.IfAbsent(), client.TTL(time.Minute))
		fmt.Println(name, "leads:", !errors.Is(err, client.ErrConditionFailed))
	}
	// Output:
	// ada leads: true
	// grace leads: false
}

// A counter counts each call once, whatever connections break.
func ExampleClient_Incr() {
	ctx := context.Background()
	c, err := client.New(ctx, seeds)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	for range 2 {
		visits, err := c.Incr(ctx, "visits", 1)
		fmt.Println(visits, err)
	}
	// Output:
	// 1 <nil>
	// 2 <nil>
}

// Batches go to all owners side by side; each item has its own result.
func ExampleClient_MGet() {
	ctx := context.Background()
	c, err := client.New(ctx, seeds)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	pairs := []client.Pair{{Key: "a", Value: []byte("1")}, {Key: "b", Value: []byte("2")}}
	results, err := c.MPut(ctx, pairs)
	if err != nil { // at least one failed
		for i, r := range results {
			fmt.Println(pairs[i].Key, r.Err)
		}
	}
	values, err := c.MGet(ctx, []string{"a", "b", "c"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range values {
		fmt.Printf("%q %v\n", v.Value, v.Found)
	}
	// Output:
	// "1" true
	// "2" true
	// "" false
}

// All keys of one kind.
func ExampleClient_Keys() {
	ctx := context.Background()
	c, err := client.New(ctx, seeds)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	for _, key := range []string{"user:ada", "user:grace", "group:staff"} {
		if _, err := c.Put(ctx, key, nil); err != nil {
			fmt.Println(err)
			return
		}
	}
	for key, err := range c.Keys(ctx, "user:") {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(key)
	}
	// Unordered output:
	// user:ada
	// user:grace
}

// WithProxy sends every request through the master, for comparison.
func ExampleWithProxy() {
	ctx := context.Background()
	c, err := client.New(ctx, seeds, client.WithProxy())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	_, err = c.Put(ctx, "k", []byte("v"))
	fmt.Println(err)
	// Output: <nil>
}
