package wire

import (
	"errors"
	"slices"
)

// The Append functions below append a method's parameters, the Decode
// functions read them. Keys and values travel as bin, and are read from str
// too. What Decode returns aliases params. Its errors are *Error with
// CodeBadRequest; an empty or oversized key is not its business
// (Limits.CheckKey).

// AppendGet appends [key, options?].
func AppendGet(buf, key []byte, o Options) []byte {
	buf = AppendArrayHeader(buf, 1+o.params())
	return o.append(AppendBin(buf, key))
}

// DecodeGet reads the parameters of Get.
func DecodeGet(params []byte) (key []byte, o Options, err error) {
	d := Decoder{data: params}
	n := d.params(1, 2)
	key = d.Bytes()
	if n == 2 {
		d.options(&o, takesVersion, oneKey)
	}
	if err := d.paramsDone("Get: want [key, options?]"); err != nil {
		return nil, Options{}, err
	}
	return key, o, nil
}

// AppendPut appends [key, value, options?].
func AppendPut(buf, key, value []byte, o Options) []byte {
	buf = AppendArrayHeader(buf, 2+o.params())
	buf = AppendBin(buf, key)
	return o.append(AppendBin(buf, value))
}

// AppendPutHead appends what AppendPut puts before a value of n bytes, AppendPutTail
// what it puts after it.
func AppendPutHead(buf, key []byte, n int, o Options) []byte {
	buf = AppendArrayHeader(buf, 2+o.params())
	return AppendBinHeader(AppendBin(buf, key), n)
}

// AppendPutTail belongs to AppendPutHead.
func AppendPutTail(buf []byte, o Options) []byte { return o.append(buf) }

// DecodePut reads the parameters of Put.
func DecodePut(params []byte) (key, value []byte, o Options, err error) {
	return decodePair(params, "Put: want [key, value, options?]")
}

func decodePair(params []byte, want string) (key, value []byte, o Options, err error) {
	d := Decoder{data: params}
	n := d.params(2, 3)
	key, value = d.Bytes(), d.Bytes()
	if n == 3 {
		d.options(&o, takesTTL|takesIf|takesName, oneKey)
	}
	if err := d.paramsDone(want); err != nil {
		return nil, nil, Options{}, err
	}
	return key, value, o, nil
}

// AppendDel appends [key...].
func AppendDel(buf []byte, keys ...[]byte) []byte {
	buf = AppendArrayHeader(buf, len(keys))
	for _, key := range keys {
		buf = AppendBin(buf, key)
	}
	return buf
}

// DecodeDel reads the parameters of Del and appends the keys to into.
func DecodeDel(params []byte, into [][]byte) (keys [][]byte, err error) {
	d := Decoder{data: params}
	keys = d.keys(into)
	if err := d.paramsDone("Del: want [key...]"); err != nil {
		return nil, err
	}
	return keys, nil
}

// AppendMGet appends [[key...], options?].
func AppendMGet(buf []byte, keys [][]byte, o Options) []byte {
	buf = AppendArrayHeader(buf, 1+o.params())
	return o.append(AppendDel(buf, keys...))
}

// DecodeMGet reads the parameters of MGet and appends the keys to into.
func DecodeMGet(params []byte, into [][]byte) (keys [][]byte, o Options, err error) {
	return decodeKeys(params, into, takesNone, "MGet: want [[key...], options?]")
}

// AppendMDel appends [[key...], options?].
func AppendMDel(buf []byte, keys [][]byte, o Options) []byte { return AppendMGet(buf, keys, o) }

// DecodeMDel reads the parameters of MDel and appends the keys to into.
func DecodeMDel(params []byte, into [][]byte) (keys [][]byte, o Options, err error) {
	return decodeKeys(params, into, takesIf|takesName, "MDel: want [[key...], options?]")
}

func decodeKeys(params []byte, into [][]byte, some takes, want string) (keys [][]byte, o Options, err error) {
	d := Decoder{data: params}
	n := d.params(1, 2)
	keys = d.keys(into)
	if n == 2 {
		d.options(&o, some, len(keys)-len(into))
	}
	if err := d.paramsDone(want); err != nil {
		return nil, Options{}, err
	}
	return keys, o, nil
}

// AppendMPut appends [[[key, value]...], options?].
func AppendMPut(buf []byte, pairs []Pair, o Options) []byte {
	buf = AppendArrayHeader(buf, 1+o.params())
	buf = AppendArrayHeader(buf, len(pairs))
	for _, p := range pairs {
		buf = AppendArrayHeader(buf, 2)
		buf = AppendBin(buf, p.Key)
		buf = AppendBin(buf, p.Value)
	}
	return o.append(buf)
}

// DecodeMPut reads the parameters of MPut and appends the pairs to into.
func DecodeMPut(params []byte, into []Pair) (pairs []Pair, o Options, err error) {
	d := Decoder{data: params}
	n := d.params(1, 2)
	count := d.count(KindArray, 3) // a pair takes three bytes at least
	pairs = slices.Grow(into, count)
	for i := 0; i < count && d.err == nil; i++ {
		d.params(2, 2)
		pairs = append(pairs, Pair{Key: d.Bytes(), Value: d.Bytes()})
	}
	if n == 2 {
		d.options(&o, takesTTL|takesIf|takesName, len(pairs)-len(into))
	}
	if err := d.paramsDone("MPut: want [[[key, value]...], options?]"); err != nil {
		return nil, Options{}, err
	}
	return pairs, o, nil
}

// AppendOwner appends [key].
func AppendOwner(buf, key []byte) []byte { return AppendDel(buf, key) }

// DecodeOwner reads the parameters of Owner.
func DecodeOwner(params []byte) (key []byte, err error) {
	d := Decoder{data: params}
	d.params(1, 1)
	key = d.Bytes()
	if err := d.paramsDone("Owner: want [key]"); err != nil {
		return nil, err
	}
	return key, nil
}

// params reads the header of an array of least to most values.
func (d *Decoder) params(least, most int) int {
	n := d.ArrayHeader()
	if n < least || n > most {
		d.Fail(ErrType)
		return 0
	}
	return n
}

// keys reads an array of keys and appends them to into.
func (d *Decoder) keys(into [][]byte) [][]byte {
	n := d.ArrayHeader()
	into = slices.Grow(into, n)
	for i := 0; i < n && d.err == nil; i++ {
		into = append(into, d.Bytes())
	}
	return into
}

// paramsDone ends the reading of parameters. Its errors are *Error, with
// CodeBadRequest and a text that says what was wanted.
func (d *Decoder) paramsDone(want string) error {
	err := d.Done()
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	return Errorf(CodeBadRequest, "%s: %v", want, err)
}
