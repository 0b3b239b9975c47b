package wire

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// bigPut is a Put request with a value of n bytes.
func bigPut(id uint32, n int) []byte {
	value := bytes.Repeat([]byte{'v'}, n)
	return AppendPut(AppendRequest(nil, id, MethodPut), []byte("key"), value, Options{Epoch: 9})
}

func smallGet(id uint32) []byte {
	return AppendGet(AppendRequest(nil, id, MethodGet), []byte("key"), Options{})
}

// ragged gives 1..most bytes a read.
type ragged struct {
	r    io.Reader
	most int
	rng  *rand.Rand
}

func (g ragged) Read(p []byte) (int, error) {
	if n := 1 + g.rng.IntN(g.most); n < len(p) {
		p = p[:n]
	}
	return g.r.Read(p)
}

func TestFrameReaderCutsAnyStreamIntoItsMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 100, 4000, 5000, 16383, 16384, 40000, 200000}), 1, 8).Draw(t, "sizes")
		var stream []byte
		var want [][]byte
		for i, n := range sizes {
			message := bigPut(uint32(i), n)
			want = append(want, message)
			stream = append(stream, message...)
		}
		most := rapid.SampledFrom([]int{1, 7, 1000, 1 << 20}).Draw(t, "most")
		r := ragged{bytes.NewReader(stream), most, rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))}
		budget := NewBudget(1 << 20)
		f := NewFrameReader(r, DefaultLimits(), budget)
		f.Lend = rapid.Bool().Draw(t, "lend")
		var buf []byte
		for i, message := range want {
			frame, reserved, err := f.ReadFrame(buf)
			if err != nil || !bytes.Equal(frame, message) {
				t.Fatalf("message %d: %d bytes, %v, want %d bytes", i, len(frame), err, len(message))
			}
			if f.Lent() && (!f.Lend || len(frame) > freeSize || cap(frame) > len(frame)) {
				t.Fatalf("message %d of %d bytes is lent", i, len(frame))
			}
			if len(frame) > freeSize && reserved < int64(len(frame)) || reserved != budget.Used() {
				t.Fatalf("reserved %d, budget says %d, for %d bytes", reserved, budget.Used(), len(frame))
			}
			budget.Release(reserved)
			if !f.Lent() {
				buf = frame
			}
		}
		if _, _, err := f.ReadFrame(buf); !errors.Is(err, io.EOF) {
			t.Fatalf("at the end: %v, want io.EOF", err)
		}
		if budget.Used() != 0 {
			t.Fatalf("%d bytes stay reserved", budget.Used())
		}
	})
}

// Small messages that are there whole lie where they were read, and are no copies.
func TestSmallMessagesAreLent(t *testing.T) {
	stream := slices.Concat(smallGet(1), bigPut(2, 5000), smallGet(3))
	f := NewFrameReader(bytes.NewReader(stream), DefaultLimits(), nil)
	f.Lend = true
	for i, lent := range []bool{true, false, true} {
		frame, _, err := f.ReadFrame(nil)
		if err != nil || f.Lent() != lent {
			t.Fatalf("message %d: lent %v, %v", i, f.Lent(), err)
		}
		if lent && &frame[0] != &f.buf[f.start-len(frame)] {
			t.Fatalf("message %d is a copy", i)
		}
	}
}

func TestFrameReaderEndsInsideAMessage(t *testing.T) {
	message := bigPut(1, 50000)
	for _, cut := range []int{1, 2, 5, 100, 16384, 30000, len(message) - 1} {
		budget := NewBudget(1 << 20)
		f := NewFrameReader(bytes.NewReader(message[:cut]), DefaultLimits(), budget)
		if _, _, err := f.ReadFrame(nil); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut at %d: %v, want io.ErrUnexpectedEOF", cut, err)
		}
		if budget.Used() != 0 {
			t.Errorf("cut at %d: %d bytes stay reserved", cut, budget.Used())
		}
		if _, _, err := f.ReadFrame(nil); err == nil {
			t.Errorf("cut at %d: another message came", cut)
		}
	}
}

func TestClaimedLengthsCostNothing(t *testing.T) {
	// Sixty million bytes are claimed and few sent: memory and budget stay
	// in proportion to those.
	message := AppendArrayHeader(AppendRequest(nil, 1, MethodPut), 2)
	message = AppendBin(message, []byte("key"))
	message = AppendBinHeader(message, 60_000_000)
	for _, sent := range []int{0, 100, 100_000} {
		budget := NewBudget(1 << 30)
		most := int64(0)
		r := io.MultiReader(bytes.NewReader(message), bytes.NewReader(make([]byte, sent)))
		f := NewFrameReader(r, DefaultLimits(), budget)
		f.BeforeRead = func(int64, int) { most = max(most, budget.Used()) }
		if _, _, err := f.ReadFrame(nil); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%d bytes sent: %v", sent, err)
		}
		if bound := int64(2*sent + firstGrowth); most > bound {
			t.Errorf("%d bytes sent: %d reserved, want at most %d", sent, most, bound)
		}
	}
}

func TestFrameOverALimitIsToldWithItsID(t *testing.T) {
	limits := Limits{Key: 100, Value: 1000, Frame: 2000, Depth: 4, Elements: 100}
	keys := make([][]byte, 200)
	deep := AppendRequest(nil, 7, "Get")
	for range 10 {
		deep = AppendArrayHeader(deep, 1)
	}
	many := AppendMapHeader(AppendPut(AppendRequest(nil, 7, MethodPut), []byte("k"), make([]byte, 30_000), Options{}), 150)
	many[bytes.IndexByte(many, codeFixArray|2)] = codeFixArray | 3
	for range 300 {
		many = AppendNil(many)
	}
	for _, c := range []struct {
		name    string
		message []byte
		want    error
		discard bool
	}{
		{"value, then elements", many, ErrFrameTooLarge, true},
		{"value", bigPut(7, 3000), ErrFrameTooLarge, true},
		{"large value", bigPut(7, 300_000), ErrFrameTooLarge, true},
		{"elements", AppendMGet(AppendRequest(nil, 7, MethodMGet), keys, Options{}), ErrTooMany, true},
		{"depth", deep, ErrTooDeep, false},
		{"malformed", append(AppendRequest(nil, 7, "Get"), codeNever), ErrMalformed, false},
	} {
		for _, oneByte := range []bool{false, true} {
			var r io.Reader = bytes.NewReader(append(bytes.Clone(c.message), smallGet(8)...))
			if oneByte {
				r = iotest.OneByteReader(r)
			}
			f := NewFrameReader(r, limits, nil)
			_, _, err := f.ReadFrame(nil)
			var frameErr *FrameError
			if !errors.Is(err, c.want) || !errors.As(err, &frameErr) {
				t.Fatalf("%s: %v, want %v", c.name, err, c.want)
			}
			if !frameErr.Request || frameErr.ID != 7 || frameErr.CanDiscard != c.discard {
				t.Errorf("%s: %+v, want request 7", c.name, *frameErr)
			}
			if _, _, again := f.ReadFrame(nil); !errors.Is(again, err) {
				t.Errorf("%s: second ReadFrame: %v", c.name, again)
			}
			err = f.Discard(1 << 20)
			if !c.discard {
				if err == nil {
					t.Errorf("%s: discarded", c.name)
				}
				continue
			}
			if err != nil {
				t.Fatalf("%s: Discard: %v", c.name, err)
			}
			if frame, _, err := f.ReadFrame(nil); err != nil || !bytes.Equal(frame, smallGet(8)) {
				t.Errorf("%s: the next message: % x, %v", c.name, frame, err)
			}
		}
	}
}

func TestDiscardOfMalformedBytes(t *testing.T) {
	limits := DefaultLimits()
	limits.Frame = 1000
	message := append(AppendBin(AppendArrayHeader(AppendNil(AppendResponseOK(nil, 9)[:3]), 2), make([]byte, 3000)), codeNever)
	f := NewFrameReader(iotest.OneByteReader(bytes.NewReader(message)), limits, nil)
	if err := f.Discard(1); err != nil {
		t.Errorf("nothing to discard: %v", err)
	}
	_, _, err := f.ReadFrame(nil)
	var frameErr *FrameError
	if !errors.As(err, &frameErr) || !frameErr.Response || frameErr.Request || frameErr.ID != 9 || !frameErr.CanDiscard {
		t.Fatalf("%+v, want response 9", frameErr)
	}
	if err := f.Discard(1 << 20); !errors.Is(err, frameErr) || frameErr.CanDiscard || !strings.Contains(err.Error(), "frame limit") {
		t.Errorf("Discard: %v", err)
	}
	f = NewFrameReader(bytes.NewReader(message[:2000]), limits, nil)
	if _, _, err := f.ReadFrame(nil); !errors.Is(err, ErrFrameTooLarge) {
		t.Fatal(err)
	}
	if err := f.Discard(1 << 20); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Discard of a cut message: %v", err)
	}
}

func TestDiscardIsBounded(t *testing.T) {
	limits := DefaultLimits()
	limits.Frame = 1000
	f := NewFrameReader(bytes.NewReader(bigPut(1, 100_000)), limits, nil)
	if _, _, err := f.ReadFrame(nil); !errors.Is(err, ErrFrameTooLarge) {
		t.Fatal(err)
	}
	if err := f.Discard(50_000); !errors.Is(err, ErrFrameTooLarge) {
		t.Errorf("Discard of more than allowed: %v", err)
	}
	if f.Buffered() > readSize {
		t.Errorf("%d bytes buffered", f.Buffered())
	}
}

func TestBudgetUsedUp(t *testing.T) {
	budget := NewBudget(100_000)
	stream := append(append(bigPut(1, 60_000), bigPut(2, 60_000)...), bigPut(3, 60_000)...)
	f := NewFrameReader(bytes.NewReader(stream), DefaultLimits(), budget)
	_, first, err := f.ReadFrame(nil)
	if err != nil || first < 60_000 {
		t.Fatalf("first: reserved %d, %v", first, err)
	}
	var frameErr *FrameError
	if _, _, err = f.ReadFrame(nil); !errors.Is(err, ErrBudget) || !errors.As(err, &frameErr) || frameErr.ID != 2 {
		t.Fatalf("second: %v, want ErrBudget for id 2", err)
	}
	if budget.Used() != first {
		t.Errorf("%d bytes used, want the first message's %d", budget.Used(), first)
	}
	if err := f.Discard(100_000); err != nil {
		t.Fatal(err)
	}
	budget.Release(first)
	frame, third, err := f.ReadFrame(nil)
	if err != nil || len(frame) < 60_000 {
		t.Fatalf("third: %d bytes, %v", len(frame), err)
	}
	budget.Release(third)
	if budget.Used() != 0 {
		t.Errorf("%d bytes stay reserved", budget.Used())
	}
}

func TestGarbageIsRefusedAtItsFirstByte(t *testing.T) {
	for _, garbage := range []string{
		"GET / HTTP/1.1\r\n\r\n", "*1\r\n$4\r\nPING\r\n", "\x16\x03\x01", "\x00", "\xdb\xff\xff\xff\xff", "\xc1", "\x95",
	} {
		f := NewFrameReader(bytes.NewReader([]byte(garbage)), DefaultLimits(), nil)
		_, _, err := f.ReadFrame(nil)
		var frameErr *FrameError
		if !errors.Is(err, ErrNotMessage) || !errors.As(err, &frameErr) || frameErr.CanDiscard {
			t.Errorf("%q: %v, want ErrNotMessage", garbage, err)
		}
	}
}

func TestBeforeReadTellsWhetherAMessageHasBegun(t *testing.T) {
	message, most := bigPut(1, 40_000), 0
	f := NewFrameReader(ragged{bytes.NewReader(append(bytes.Clone(message), message...)), 5000, rand.New(rand.NewPCG(1, 2))}, DefaultLimits(), nil)
	var seen []int64
	f.BeforeRead = func(arrived int64, missing int) {
		seen = append(seen, arrived)
		if missing > 0 && arrived+int64(missing) > int64(len(message)) {
			t.Errorf("%d bytes missing of %d, of which %d have arrived", missing, len(message), arrived)
		}
		most = max(most, missing)
	}
	for range 2 {
		if _, _, err := f.ReadFrame(nil); err != nil {
			t.Fatal(err)
		}
	}
	if seen[0] != 0 || len(seen) < 4 {
		t.Fatalf("arrived: %v", seen)
	}
	if most < 20_000 {
		t.Errorf("at most %d bytes were said to be missing", most)
	}
	for i, n := range seen[1:] {
		if n > int64(len(message)) || n <= seen[i] && n > 5000 {
			t.Errorf("arrived: %v", seen)
		}
	}
}

func TestDeadlineBetweenMessagesDoesNoHarm(t *testing.T) {
	r := io.MultiReader(iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(nil))), bytes.NewReader(smallGet(1)))
	f := NewFrameReader(iotest.TimeoutReader(io.MultiReader(bytes.NewReader(smallGet(0)), r)), DefaultLimits(), nil)
	if _, _, err := f.ReadFrame(nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.ReadFrame(nil); !errors.Is(err, iotest.ErrTimeout) {
		t.Fatalf("want a timeout, got %v", err)
	}
	if frame, _, err := f.ReadFrame(nil); err != nil || !bytes.Equal(frame, smallGet(1)) {
		t.Fatalf("after the timeout: % x, %v", frame, err)
	}
}

// silent returns nothing, for ever.
type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

func TestReaderWithoutProgress(t *testing.T) {
	if _, _, err := NewFrameReader(silent{}, DefaultLimits(), nil).ReadFrame(nil); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v, want io.ErrNoProgress", err)
	}
}

// packets gives what one packet of an Ethernet carries a read, and counts the reads.
type packets struct {
	r     io.Reader
	reads int
}

func (p *packets) Read(b []byte) (int, error) {
	p.reads++
	return p.r.Read(b[:min(len(b), 1448)])
}

// On a slow link the first packet of a large message is there alone.
func TestAMessageThatComesInPacketsIsReadInPackets(t *testing.T) {
	for _, size := range []int{3000, 20_000, 100_000, 1_000_000} {
		for _, growth := range []int64{2, 16} {
			message := bigPut(1, size)
			in := &packets{r: bytes.NewReader(message)}
			f := NewFrameReader(in, DefaultLimits(), nil)
			f.Growth = growth
			frame, _, err := f.ReadFrame(nil)
			if err != nil || !bytes.Equal(frame, message) {
				t.Fatalf("%d bytes: %d came, %v", size, len(frame), err)
			}
			if most := len(message)/1448 + 16; in.reads > most { // 16: where the room ends within a packet
				t.Errorf("%d bytes took %d reads, more than %d", size, in.reads, most)
			}
		}
	}
}

func TestManyValuesAreNotCopiedOnceEach(t *testing.T) {
	for _, value := range []int64{1, 100, 20_000} {
		have, steps := int64(0), 0
		for need := int64(readSize); need < 64<<20; {
			have, steps = nextCap(have, need, value, 2), steps+1
			need = have + 1
		}
		if steps > 40 {
			t.Errorf("values of %d bytes: %d steps to 64 MiB", value, steps)
		}
	}
	if c := nextCap(512<<10, 512<<10+1, 512<<10, 2); c > 1<<20+200 {
		t.Errorf("one value of a mebibyte gets room for %d bytes", c)
	}
}

func TestBudget(t *testing.T) {
	b := NewBudget(10)
	if !b.Acquire(10) || b.Acquire(1) || b.Used() != 10 || b.Limit() != 10 {
		t.Errorf("used %d of %d", b.Used(), b.Limit())
	}
	b.Release(4)
	if b.Acquire(5) || !b.Acquire(4) {
		t.Errorf("used %d of %d", b.Used(), b.Limit())
	}
	var none *Budget
	if !none.Acquire(1<<62) || none.Used() != 0 || none.Limit() != 0 {
		t.Error("a nil budget refuses")
	}
	none.Release(1)
}

func BenchmarkFrameReaderSmall(b *testing.B) {
	stream := bytes.Repeat(smallGet(1), 512)
	r := bytes.NewReader(stream)
	f := NewFrameReader(r, DefaultLimits(), NewBudget(1<<20))
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		frame, _, err := f.ReadFrame(buf)
		if errors.Is(err, io.EOF) {
			r.Reset(stream)
			continue
		}
		buf = frame
	}
}

func BenchmarkFrameReaderMebibyte(b *testing.B) {
	stream := bigPut(1, 1<<20)
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	r := bytes.NewReader(stream)
	for b.Loop() {
		r.Reset(stream)
		if _, _, err := NewFrameReader(r, DefaultLimits(), NewBudget(1<<30)).ReadFrame(nil); err != nil {
			b.Fatal(err)
		}
	}
}

// stutter fails before each piece that it gives.
type stutter struct {
	rest  []byte
	piece int
	gave  bool
}

func (s *stutter) Read(p []byte) (int, error) {
	if s.gave = !s.gave; s.gave {
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(p, s.rest[:min(s.piece, len(s.rest))])
	s.rest = s.rest[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestAReaderResumesInsideAMessage(t *testing.T) {
	small := AppendBin(AppendResponseOK(nil, 7), []byte("value"))
	large := AppendBin(AppendResponseOK(nil, 8), bytes.Repeat([]byte{3}, 100<<10))
	for _, piece := range []int{1, 7, 1000, 1 << 20} {
		f := NewFrameReader(&stutter{rest: slices.Concat(small, large, small), piece: piece}, DefaultLimits(), nil)
		f.Resume = true
		for i, want := range [][]byte{small, large, small} {
			var got []byte
			err := os.ErrDeadlineExceeded
			for errors.Is(err, os.ErrDeadlineExceeded) {
				got, _, err = f.ReadFrame([]byte("other"))
			}
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("pieces of %d, message %d: %d bytes, %v", piece, i, len(got), err)
			}
		}
	}
}
