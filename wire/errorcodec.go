package wire

// AppendError appends e as [code, text], or [code, text, owner, epoch] for
// CodeMoved.
func AppendError(buf []byte, e *Error) []byte {
	moved := e.Code == CodeMoved
	if moved {
		buf = AppendArrayHeader(buf, 4)
	} else {
		buf = AppendArrayHeader(buf, 2)
	}
	buf = AppendStr(buf, string(e.Code))
	buf = AppendStr(buf, e.Text)
	if moved {
		buf = AppendStr(buf, e.Owner)
		buf = AppendUint(buf, e.Epoch)
	}
	return buf
}

// DecodeError reads an error as AppendError writes it; elements that follow
// are ignored, so that later versions may add some. An error in another form
// becomes CodeInternal; its text is that of a foreign server which sends a
// mere string. Nothing in the result aliases the input. It is nil only when
// the decoder fails.
func DecodeError(d *Decoder) *Error {
	raw := d.Raw()
	if d.err != nil {
		return nil
	}
	v := Decoder{data: raw}
	if k := v.Kind(); k == KindStr || k == KindBin {
		return &Error{Code: CodeInternal, Text: v.Str()}
	}
	n := v.ArrayHeader()
	if n < 2 {
		return Errorf(CodeInternal, "error in an unknown form")
	}
	e := &Error{Code: Code(v.Str()), Text: v.Str()}
	if e.Code == CodeMoved && n >= 4 {
		e.Owner, e.Epoch = v.Str(), v.Uint()
	}
	if v.err != nil {
		return Errorf(CodeInternal, "error in an unknown form")
	}
	return e
}
