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
