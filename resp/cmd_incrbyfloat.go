package resp

import "math/big"

const (
	errNotFloat = "ERR value is not a valid float"
	errInfinite = "ERR increment would produce NaN or Infinity"
)

func incrbyfloat(c *Call) {
	if _, ok := parseFloat(c.Args[2]); !ok {
		c.Fail(errNotFloat)
		return
	}
	c.Keyspace().Update(c, c.Args[1], incrbyfloatUpdate)
}

func incrbyfloatUpdate(c *Call, it *Item) Change {
	was, ok := new(big.Float).SetPrec(floatBits), true
	if it.Found {
		was, ok = parseFloat(it.Value)
	}
	if !ok {
		c.Fail(errNotFloat)
		return Change{}
	}
	more, _ := parseFloat(c.Args[2])
	if was.IsInf() || more.IsInf() || overflows(was.Add(was, more)) {
		c.Fail(errInfinite)
		return Change{}
	}
	text := printFloat(was)
	c.Bulk(text)
	return Change{Kind: Put, Value: text, KeepTTL: true}
}
