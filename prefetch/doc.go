// Package prefetch asks the processor for memory that is needed soon.
//
// A read of a store looks at a few places, each of which tells where the next one is,
// and in a large store none of them is in a cache: it waits for memory several times,
// one after the other. Who knows what the next requests are about asks for the first
// place of all of them, then for the second of all, and so on, and waits for all of
// them at a time.
package prefetch
