package wire

// AppendIncr appends [key, delta, options?].
func AppendIncr(buf, key []byte, delta int64, o Options) []byte {
	buf = AppendArrayHeader(buf, 2+o.params())
	buf = AppendBin(buf, key)
	return o.append(AppendInt(buf, delta))
}

// DecodeIncr reads the parameters of Incr.
func DecodeIncr(params []byte) (key []byte, delta int64, o Options, err error) {
	d := Decoder{data: params}
	n := d.params(2, 3)
	key, delta = d.Bytes(), d.Int()
	if n == 3 {
		d.options(&o, takesName, oneKey)
	}
	if err := d.paramsDone("Incr: want [key, delta, options?]"); err != nil {
		return nil, 0, Options{}, err
	}
	return key, delta, o, nil
}

// AppendGetSet appends [key, value, options?].
func AppendGetSet(buf, key, value []byte, o Options) []byte { return AppendPut(buf, key, value, o) }

// DecodeGetSet reads the parameters of GetSet.
func DecodeGetSet(params []byte) (key, value []byte, o Options, err error) {
	return decodePair(params, "GetSet: want [key, value, options?]")
}

// AppendVersionedResult appends the result of a Get with Options.WithVersion:
// [value, version], or nil when not found.
func AppendVersionedResult(buf, value []byte, version uint64, found bool) []byte {
	if !found {
		return AppendNil(buf)
	}
	return AppendVersionedTail(append(AppendVersionedHead(buf, len(value)), value...), version)
}

// AppendVersionedHead appends what AppendVersionedResult puts before a value of
// n bytes, AppendVersionedTail what it puts after it.
func AppendVersionedHead(buf []byte, n int) []byte {
	return AppendBinHeader(AppendArrayHeader(buf, 2), n)
}

// AppendVersionedTail belongs to AppendVersionedHead.
func AppendVersionedTail(buf []byte, version uint64) []byte { return AppendUint(buf, version) }

// DecodeVersionedResult reads the result of a Get with Options.WithVersion;
// value aliases the input and is not nil when found.
func DecodeVersionedResult(d *Decoder) (value []byte, version uint64, found bool, err error) {
	if d.Nil() {
		return nil, 0, false, nil
	}
	d.params(2, 2)
	value, version = d.Bytes(), d.Uint()
	return value, version, d.err == nil, d.err
}
