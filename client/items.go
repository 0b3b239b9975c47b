package client

// check fails the items that no node would take and returns the others.
func (b *batch) check(items []int) (valid []int) {
	for _, i := range items {
		err := b.c.limits.CheckKey(b.keys[i])
		if err == nil && b.values != nil {
			err = b.c.limits.CheckValue(b.values[i])
		}
		if err != nil {
			b.fail(i, err)
			continue
		}
		valid = append(valid, i)
	}
	return valid
}

// failAll fails items for one reason.
func (b *batch) failAll(items []int, err error) {
	for _, i := range items {
		b.fail(i, err)
	}
}

// itemSize returns the bytes that item adds to a request.
func (b *batch) itemSize(item int) int {
	size := len(b.keys[item])
	if b.values != nil {
		size += len(b.values[item])
	}
	return size
}

// pick returns the keys of items.
func (b *batch) pick(items []int) [][]byte {
	out := make([][]byte, len(items))
	for n, i := range items {
		out[n] = b.keys[i]
	}
	return out
}
