package wire

// Default sizes in bytes.
const (
	MaxKey   = 64 << 10
	MaxValue = 64 << 20
	// MaxBody bounds a map body (MarshalBody, UnmarshalBody).
	MaxBody = 8 << 20
)

// Limits bound what one end of a connection accepts from the other. Begin
// with DefaultLimits: the zero value refuses everything.
type Limits struct {
	Key      int // bytes of a key
	Value    int // bytes of a value
	Frame    int // bytes of a whole message
	Depth    int // arrays and maps inside each other, the message itself included
	Elements int // values in a message, those inside others included
}

// DefaultLimits is what nodes and clients use unless told otherwise.
func DefaultLimits() Limits {
	return Limits{
		Key:      MaxKey,
		Value:    MaxValue,
		Frame:    MaxValue + 1<<20, // the largest value, its key, and room around them
		Depth:    16,               // a status reply, the deepest body, needs six
		Elements: 1 << 18,          // a decoded element costs up to 48 bytes: 12 MiB
	}
}

// CheckKey returns an *Error for a key that is empty or over the limit.
func (l Limits) CheckKey(key []byte) error {
	if len(key) == 0 {
		return Errorf(CodeEmptyKey, "empty key")
	}
	if len(key) > l.Key {
		return Errorf(CodeTooLarge, "key of %d bytes is over the limit of %d", len(key), l.Key)
	}
	return nil
}

// CheckValue returns an *Error for a value over the limit.
func (l Limits) CheckValue(value []byte) error {
	if len(value) > l.Value {
		return Errorf(CodeTooLarge, "value of %d bytes is over the limit of %d", len(value), l.Value)
	}
	return nil
}
