package wire

// SmallValue is the size in bytes up to which a value travels with others. A
// larger one has a connection of its own, so that small ones do not wait behind it.
const SmallValue = 64 << 10

// AppendAtMost appends the parameters of AtMost: [bytes].
func AppendAtMost(buf []byte, bytes int) []byte {
	return AppendUint(AppendArrayHeader(buf, 1), uint64(bytes))
}

// DecodeAtMost reads the parameters of AtMost, which are 0 for any number. Its
// errors are *Error with CodeBadRequest.
func DecodeAtMost(params []byte) (bytes uint64, err error) {
	d := Decoder{data: params}
	d.params(1, 1)
	bytes = d.Uint()
	return bytes, d.paramsDone("AtMost: want [bytes]")
}
